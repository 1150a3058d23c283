#!/usr/bin/env bash
# check.sh PROGRAM OBJECT OBJECT: the program's two units, built for different processors, share no kernel that a linker
# could take from either, and the program computes what it should.
set -euo pipefail
program=$1 one=$2 two=$3
kernels() { nm -C --defined-only "$1" | sed -n 's/^[0-9a-f]* [VWu] //p' | grep '^.*rung::cpu::' | sort -u; }
shared=$(comm -12 <(kernels "$one") <(kernels "$two"))
[ -z "$shared" ] || { echo "both units define:"; echo "$shared" | head; exit 1; }
[ "$(kernels "$one" | wc -l)" -gt 0 ] || { echo "nm finds no kernel in $one"; exit 1; }
"$program"
