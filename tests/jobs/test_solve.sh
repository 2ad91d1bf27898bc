#!/bin/sh
# Solving single puzzles, and everything that a person can type wrong.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=votes_lib.sh
. "$HRM_SOURCE/tests/jobs/votes_lib.sh"
puzzle=7.....8....2..5....3..6..9..7.6....1...1.3.7.....7.9.....4.2....9..3..1..2..1643.
solved=769341852142895367538267194273689541954123678681574923316452789495738216827916435
good=run/replica-0/step-00000012.h5

expect_exit 0 "$HRMPI" solve --checkpoints run $puzzle --perturbations cyclic:2
expect_text "------+-------+------" "certified" "confidence 0." "rule " "passes gave this grid"
refuse_text "warning"
expect_exit 0 "$HRMPI" solve --checkpoints $good --plain $puzzle $puzzle
[ "$(wc -l <out)" -eq 2 ] || fail "a line for each puzzle"
awk 'length != 81 { exit 1 }' out || fail "81 characters a line"
cp out wanted
for threads in 1 2 5; do
    expect_exit 0 "$HRMPI" solve --checkpoints $good --plain --threads $threads $puzzle $puzzle
    cmp -s out wanted || fail "the answer depends on the threads"
done
expect_exit 0 "$HRMPI" solve --checkpoints run --last 0 --json --perturbations none $puzzle
expect_text '"passes": 3' '"rule": "' '"certified": false' '"solutions": "one"' "\"question\": \"$puzzle\""
expect_exit 0 "$HRMPI" solve --checkpoints $good --trace --segments 3 --perturbations none $puzzle
[ "$(grep -c 'puzzle 1   segment' out)" -eq 3 ] || fail "a grid for each segment"

# Puzzles from files: a text, a CSV, the standard input.
printf '# two puzzles\n%s\n\n%s\n' $puzzle $solved >puzzles.txt
expect_exit 0 "$HRMPI" solve --checkpoints $good --plain --file puzzles.txt
[ "$(wc -l <out)" -eq 2 ] || fail "two puzzles in the file"
printf 'source,question,answer,rating\nx,%s,%s,12\n' $puzzle $solved >puzzles.csv
expect_exit 0 "$HRMPI" solve --checkpoints $good --plain --file puzzles.csv
head -1 wanted >one
cmp -s out one || fail "the CSV gives another answer"
"$HRMPI" solve --checkpoints $good --plain - <puzzles.csv >out 2>err || fail "standard input"
cmp -s out one || fail "the standard input gives another answer"

# Not exactly one solution: a warning, and still an answer.
expect_exit 0 "$HRMPI" solve --checkpoints $good --plain "$(printf '%081d' 0)"
grep -q "warning: puzzle 1 has several solutions" err || fail "no warning of several solutions"
expect_exit 0 "$HRMPI" solve --checkpoints $good --plain 77"$(printf '%079d' 0)"
grep -q "warning: puzzle 1 has no solution" err || fail "no warning of no solution"

expect_bad() {
    expect_bad_code=$1
    expect_bad_text=$2
    shift 2
    expect_exit "$expect_bad_code" "$HRMPI" solve "$@"
    expect_text "hrmpi: error:" "hint:" "$expect_bad_text"
}
printf '%s\n123\n' $puzzle >short.txt
: >empty.txt
head -c 3000 $good >truncated.h5
expect_bad 2 "no puzzle was given" --checkpoints $good
expect_bad 3 "wanted 81" --checkpoints $good 12345
expect_bad 3 "x" --checkpoints $good "x$(printf '%080d' 0)"
expect_bad 3 "none.txt" --checkpoints $good --file none.txt
expect_bad 3 "short.txt:2" --checkpoints $good --file short.txt
expect_bad 3 "empty.txt has no puzzles" --checkpoints $good --file empty.txt
expect_bad 3 "none.h5: No such file" --checkpoints none.h5 $puzzle
expect_bad 3 "truncated.h5" --checkpoints truncated.h5 $puzzle
expect_bad 2 "model.hidden" --checkpoints run,other $puzzle
expect_bad 2 "perturbation" --checkpoints $good --perturbations spin:3 $puzzle
expect_bad 2 "there is no backend" --checkpoints $good --backend gpu $puzzle
