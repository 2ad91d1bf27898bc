#!/bin/sh
# Names in the sources that point to nothing: include guards of another file, and files in comments
# and texts that are not there. Needs the sources.
set -u
cd "$(dirname "$0")/../.." || exit 1
failed=0

wrong()
{
    echo "$1" >&2
    failed=1
}

# The guard that a header must have: HRM_<room>_<name>_H, the room being jobs/, mpi/, tests/, or
# a folder of core/.
guard_of()
{
    room=${1%%/*}
    [ "$room" = core ] && room=${1#core/} && room=${room%%/*}
    echo "HRM_${room}_$(basename "$1" .h)_H" | tr '[:lower:]-' '[:upper:]_'
}

headers=$(find core mpi jobs tests -name '*.h')
[ -n "$headers" ] || wrong "no headers found"
for header in $headers; do
    case $header in
    core/?rm.h) continue ;;  # the public one
    *_kernels.h) continue ;; # included once for every instruction set
    esac
    guard=$(guard_of "$header")
    found=$(sed -n 's/^#ifndef //p' "$header" | head -n 1)
    [ "$found" = "$guard" ] || wrong "$header: include guard $found, wanted $guard"
    sed -n 2p "$header" | grep -qx "#define $guard" || wrong "$header: no #define $guard"
done

# One process knows nothing of many.
if grep -rn '#include "\(mpi\|jobs\)/' core || grep -rn '#include "jobs/' mpi; then
    wrong "includes go up: jobs/ may use mpi/, and both core/"
fi

# Every path of a source, test or script that a source or page names.
find core mpi jobs slurm tests README.md -name '*.[ch]' -o -name '*.md' -o -name '*.sh' |
    xargs grep -noE '(^|[^A-Za-z0-9_/.-])(core|mpi|jobs|slurm|tests)/[a-z0-9_/]+\.(c|h|sh|md|cmake)\b' |
    sed -E 's/^([^:]*):([0-9]*):[^a-z]?/\1:\2 /' | sort -u |
    while read -r at path; do
        [ -e "$path" ] || echo "$at names $path, which does not exist"
    done >"${TMPDIR:-/tmp}/hrm-source.$$"
if [ -s "${TMPDIR:-/tmp}/hrm-source.$$" ]; then
    cat "${TMPDIR:-/tmp}/hrm-source.$$" >&2
    failed=1
fi
rm -f "${TMPDIR:-/tmp}/hrm-source.$$"
exit $failed
