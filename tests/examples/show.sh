#!/usr/bin/env bash
# show.sh PROGRAM SOURCE_DIR: examples/show writes the golden files byte for byte, knows every task of the library,
# tells operands from which the same problems can be written again, and says where an instance is wrong.
set -uo pipefail
show=$1 source=$2
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT
bad=0
same() {  # WHAT: the two files of the scratch folder
    cmp "$scratch/got" "$scratch/wanted" && [ -s "$scratch/got" ] || { echo "differs: $1"; bad=1; }
}
says() {  # CODE TEXT FLAGS...
    bash "$source/tests/support/expect.sh" "$1" "$2" "$show" "${@:3}" || bad=1
}

# Golden files, whole and with their operands alone, with names of columns and without.
files=0
for golden in "$source"/tests/golden/*.tsv; do
    name=$(basename "$golden" .tsv)
    case $name in
        positions) continue ;;
        copy|reverse) task=$name format=plain ;;
        multiplication_cot) task=multiplication format=chain_of_thought ;;
        square_root_*) task=square_root format=${name#square_root_} ;;
        *) task=${name%%_*} format=${name#*_} ;;
    esac
    operands=1
    if [[ $(head -1 "$golden") == a$'\t'b$'\t'* ]]; then operands=2; fi
    tail -n +2 "$golden" | cut -f$((operands + 1))- >"$scratch/wanted"
    cut -f-$operands "$golden" >"$scratch/operands.tsv"
    tail -n +2 "$scratch/operands.tsv" >"$scratch/nameless.tsv"
    for instances in "$golden" "$scratch/operands.tsv" "$scratch/nameless.tsv"; do
        "$show" --task "$task" --format "$format" --instances "$instances" >"$scratch/got"
        same "$name from $instances"
    done
    files=$((files + 1))
done
[ "$files" -ge 15 ] || { echo "golden files: got $files, wanted 15"; bad=1; }

# What is given is not drawn.
says 2 "--count: got one, wanted none" --task copy --a 4071 --count 3
says 2 "--seed: got one, wanted none" --task copy --instances "$scratch/operands.tsv" --seed 1
says 0 "" --task copy --difficulty 3 --count 1 --seed 2 --stream training

# Every task has a file of its own, which names it.
"$show" --list | tail -n +2 >"$scratch/list"
for task in $(sed -n 's|.*"rung/task/\(.*\)\.hpp"|\1|p' "$source/include/rung/tasks.hpp"); do
    case $task in scratchpad|detailed_scratchpad|errors) continue ;; esac
    grep -q "^$task " "$scratch/list" || { echo "not shown: $task"; bad=1; }
done

grep -q '^addition .* prompt, target  one number, or one each$' "$scratch/list" || { echo 'no two numbers of addition'; bad=1; }
grep -q '^copy .* one number$' "$scratch/list" || { echo 'not one number of copy'; bad=1; }
says 0 '"difficulty":[3,2]' --task addition --difficulty 3,2 --count 1 --json

# What a sample was made from makes it again, where nothing else of it is left to chance.
rows=0
while read -r task format _; do
    "$show" --task "$task" --format "$format" --count 3 --json >"$scratch/sample" || bad=1
    [ "$(wc -l <"$scratch/sample")" = 3 ] || { echo "no three samples: $task $format"; bad=1; }
    case $format in noisy*|index_hints) continue ;; esac
    sed -n 's/.*,"operands":{"[a-z]*":"\([^"]*\)"\(,"[a-z]*":"\([^"]*\)"\)\{0,1\}}}$/\1\t\3/p' "$scratch/sample" |
        sed 's/\t$//; s/\\u000a/\\n/g' >"$scratch/operands.tsv"
    [ -s "$scratch/operands.tsv" ] || continue
    "$show" --task "$task" --format "$format" --count 3 >"$scratch/wanted"
    "$show" --task "$task" --format "$format" --instances "$scratch/operands.tsv" >"$scratch/got"
    same "sample of $task $format"
    rows=$((rows + 1))
done <"$scratch/list"
[ "$rows" -ge 30 ] || { echo "formats written again: got $rows, wanted at least 30"; bad=1; }

says 0 $'853+9741=\t73810' --task addition --format reversed --a 358 --b 1479
says 0 $'bacba=\tc' --task p_hop --a bacba --hops 1
says 0 $'315+120=\t4350' --task nary_addition --format reversed --terms 513+021
says 0 '"difficulty":[8,4],"prompt":"' --task maze --difficulty 8,4 --json
says 0 $'592+621\nTarget:\nA->3 , C->0\n' --task addition --format simplified_scratchpad --difficulty 3 --verbatim
says 2 "--task: got 'adition', wanted one of addition, subtraction, " --task adition
says 2 "wanted one of copy's: plain" --task copy --format reversed
says 2 "--b: Addition: number; got '4x', wanted decimal digits" --task addition --a 3 --b 4x
says 2 '--b: got none, wanted one' --task addition --a 3
says 2 "--x: got '1', wanted operands a, b" --task addition --x 1
says 2 "--difficulty: got '3x', wanted an integer of at least 1" --task copy --difficulty 3x
says 2 'wanted two numbers, nodes and hops' --task maze --difficulty 3
says 1 "--instances: cannot be read; got '$scratch/none'" --task copy --instances "$scratch/none"
says 1 "--instances: cannot be read; got '$scratch', wanted a file (is it a folder?)" --task copy --instances "$scratch"
printf 'b\tnote\ta\r\n4\tx\t3\r\n5\tx\t1y\r\n' >"$scratch/bad.tsv"
says 1 "$scratch/bad.tsv, line 3, column a: Addition: number; got '1y', wanted decimal digits" \
    --task addition --instances "$scratch/bad.tsv"
says 1 "$scratch/bad.tsv, line 1, columns: got 3, wanted 1 with x" --task sine --instances "$scratch/bad.tsv"
printf '\xef\xbb\xbfb\ta\n1479\t358\n\n' >"$scratch/edited.tsv"
says 0 $'853+9741=\t73810' --task addition --instances "$scratch/edited.tsv"
printf '\n12\n' >"$scratch/edited.tsv"
says 1 "$scratch/edited.tsv, line 1, columns: got 1, wanted 2 with a, b" --task addition --instances "$scratch/edited.tsv"
exit $bad
