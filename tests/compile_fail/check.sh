#!/usr/bin/env bash
# check.sh FILE COMPILER [FLAGS]: FILE must not compile, and the compiler must say what the first line promises:
#     // expect: <message>
# With -DRUNG_FIXED the same file must compile, or a broken include path would make every such test pass.
set -uo pipefail
file=$1
shift
case $("$1" --version) in  # without the quoted source lines, in which any text would pass for a message
    *clang*) terse=-fno-caret-diagnostics ;;
    *) terse=-fno-diagnostics-show-caret ;;
esac
compile=("$@" -fsyntax-only -fmessage-length=0 "$terse" "$file")

read -r first <"$file"
message=${first#// expect: }
if [ "$message" = "$first" ] || [ -z "$message" ]; then
    echo "the first line must read '// expect: <message>'; got: $first"
    exit 1
fi
"${compile[@]}" -DRUNG_FIXED || { echo "with -DRUNG_FIXED this should compile"; exit 1; }
output=$("${compile[@]}" 2>&1) && { echo "this should not compile"; exit 1; }
[[ $output == *"$message"* ]] || { printf '%s\n\nwanted this message: %s\n' "$output" "$message"; exit 1; }
