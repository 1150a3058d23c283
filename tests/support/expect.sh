#!/usr/bin/env bash
# expect.sh CODE TEXT COMMAND...: passes if the command exits with CODE ("fail": any but 0) and prints TEXT on either stream.
code=$1 text=$2
shift 2
output=$("$@" 2>&1 </dev/null)
status=$?
case $code in
    fail) [ "$status" -ne 0 ] && [ "$status" -lt 126 ] ;;  # 126 and up: not found, or killed
    *) [ "$status" -eq "$code" ] ;;
esac && [[ $output == *"$text"* ]] && exit 0
printf 'got exit code %s and this output:\n%s\n\nwanted exit code %s and: %s\n' "$status" "$output" "$code" "$text"
exit 1
