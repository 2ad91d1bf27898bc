#!/bin/sh
# The program checks itself, on every backend that info names.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
expect_exit 0 "$HRMPI" info --json
backends=$(sed -n '/"backends"/,/}/s/^ *"\(ref\|blas\|bf16[^"]*\)": "\(.*\)",\{0,1\}$/\1 \2/p' out)
[ "$(echo "$backends" | wc -l)" -ge 2 ] || fail "info names no backends"
expect_exit 0 "$HRMPI" selftest
echo "$backends" | while read -r name detail; do
    case $detail in
    *"not on this machine"*) grep -q "^- *$name  *not on this machine" out || fail "$name" ;;
    *) [ "$(grep -c "^ok *$name " out)" -ge 4 ] || fail "$name is not checked" ;;
    esac
done || exit 1
grep -q '^ok *solver' out || fail "no solver"
grep -q '^ok *vote' out || fail "no vote"
! grep -q FAILED out || fail "a check failed"
expect_text ": ok, " "deviation"
expect_exit 0 "$HRMPI" selftest --help
expect_text "Code 4"
expect_exit 2 "$HRMPI" selftest --none
expect_exit 2 "$HRMPI" selftest extra
