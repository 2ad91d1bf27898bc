#!/bin/sh
# Output that nobody takes: a full disk ends every subcommand with 1 and a message, a pipe that
# nobody reads ends it quietly, and a training saves its state first. Input that never comes is not
# waited for.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
expect_exit 0 "$HRMPI" train --preset tiny --steps 2 --threads 1 --output run
eval="eval run --puzzles test --first 4 --segments 1 --perturbations none --threads 1 --output votes.h5"
# shellcheck disable=SC2086 # a list of words
expect_exit 0 "$HRMPI" $eval
puzzle=.69341852142895367538267194273689541954123678681574923316452789495738216827916435

write_bench
bench="--bench bench.json --contention 1"

# --- a full disk

# full COMMAND: code 1, and a message with a remedy.
full() {
    code=0
    # shellcheck disable=SC2086
    "$HRMPI" $1 >/dev/full 2>err || code=$?
    : >out
    [ $code -eq 1 ] || fail "exit code $code: $1 on a full disk"
    expect_text "standard output cannot be written: No space left on device" "hint: "
}
if [ -c /dev/full ]; then
    for command in --help --version "help vote" "vote --help" "train --print-config" info \
        "vote votes.h5" "vote votes.h5 --format json" "plan run --puzzles test $bench" \
        "data summarize test" "data check val" "solve --checkpoints run $puzzle --threads 1" \
        "bench --help" "$eval"; do
        full "$command"
    done
    ! command -v gnuplot >/dev/null || full "plot run"
    code=0
    run_mpi 2 vote votes.h5 >/dev/full 2>err || code=$?
    # The launcher may take the output without a word: it is what would have to tell. Some do, by a
    # code of their own.
    [ $code -le 1 ] || [ $code -eq 255 ] || fail "exit code $code on two ranks"
else
    echo "no /dev/full here: full disks are left out"
fi

# --- a pipe that nobody reads

mkfifo nobody
# unread ARGUMENT...: hrmpi writes into a pipe whose reader has gone; code and $scratch/err.
unread() {
    : <nobody &
    exec 4>nobody
    wait $!
    code=0
    "$HRMPI" "$@" >&4 2>err </dev/null || code=$?
    exec 4>&-
    : >out
}
for command in --help info "vote votes.h5" "data summarize test" "plan run --puzzles test $bench"; do
    # shellcheck disable=SC2086
    unread $command
    [ $code -eq 141 ] || [ $code -eq 0 ] || fail "exit code $code: $command into a closed pipe"
    [ ! -s err ] || fail "not quiet: $command"
done
unread train --preset tiny --steps 3 --threads 1 --output unread
[ $code -eq 141 ] || fail "exit code $code of a training"
expect_text "saved step 1" "run the same command again"
[ -f unread/replica-0/state-00000001.h5 ] || fail "the training is lost"
expect_exit 0 "$HRMPI" train --preset tiny --steps 3 --threads 1 --output unread
expect_text "going on from step 1"

# Closed from the beginning: nothing else gets the lines.
code=0
"$HRMPI" data convert val closed.csv >&- 2>err || code=$?
expect_exit 0 "$HRMPI" data convert val open.csv
cmp -s open.csv closed.csv || fail "the set got lines that were to be printed"
[ $code -eq 1 ] || fail "exit code $code without standard output"

# --- input that never comes, or has no end

mkfifo never never.ini
# refused CODE ARGUMENT...: at once, not by the limit, and with a remedy.
refused() {
    refused_code=$1
    shift
    expect_exit "$refused_code" timeout -k 5 60 "$HRMPI" "$@"
    expect_text "hint: "
}
for command in "vote votes.h5" train; do
    # shellcheck disable=SC2086
    refused 2 $command --config .
    # shellcheck disable=SC2086
    refused 2 $command --config /dev/zero
    # shellcheck disable=SC2086
    refused 2 $command --config never.ini
done
refused 3 vote never
refused 3 vote votes.h5 never
refused 3 eval never --puzzles test
refused 3 eval run --puzzles never
refused 3 export never
refused 3 data summarize never
refused 3 solve --pass never:0
refused 3 solve --checkpoints never $puzzle
refused 3 plot never
printf '[vote]\nconfidence = 0.9\n' >vote.ini
expect_exit 0 "$HRMPI" vote --print-config --config vote.ini
mv out wanted
exec 5<vote.ini
"$HRMPI" vote --print-config --config /dev/fd/5 >out 2>err || fail "a descriptor as configuration"
cmp -s out wanted || fail "another configuration"
exec 5<&-
{ sleep 0.1 && cat vote.ini; } | "$HRMPI" vote --print-config --config /dev/stdin >out 2>err
cmp -s out wanted || fail "another configuration from a pipe"

refused 2 eval --checkpoints , --puzzles test
refused 2 solve --checkpoints , $puzzle
refuse_text "no memory"

# A file that one host alone lacks ends all ranks.
expect_exit 2 timeout -k 5 60 "${HRM_MPIEXEC:-mpiexec}" -n 1 "$HRMPI" vote votes.h5 --config vote.ini : \
    -n 1 "$HRMPI" vote votes.h5 --config none.ini
expect_text "none.ini"
