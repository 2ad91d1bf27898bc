#!/bin/sh
# The command that made the model that comes along makes it again: the beginning of its training is
# the same on any number of ranks, and like the one that was recorded.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

model=$HRM_SOURCE/jobs/models/mixing
recorded=$model/replica-0/metrics.jsonl

# begin RANKS FOLDER STEPS: train the preset until the snapshot of that step is there.
begin() {
    run_mpi "$1" train --preset sudoku --puzzles "$HRM_SOURCE/jobs/data/train-1k.csv.gz" \
        --output "$2" --snapshot-every "$3" --snapshot-from 0 --validate "" >"$2.log" 2>&1 &
    begin_pid=$!
    until [ -f "$2/replica-0/step-$(printf '%08d' "$3").h5" ]; do
        kill -0 $begin_pid 2>/dev/null || fail "the training ended: $(tail -3 "$2.log")"
        sleep 0.2
    done
    touch "$2/STOP"
    begin_code=0
    wait $begin_pid || begin_code=$?
    [ $begin_code -eq 75 ] || fail "exit code $begin_code instead of 75"
}

begin 1 one 10
begin 2 two 10
expect_exit 0 "$HRMPI" export one/replica-0/step-00000010.h5 --no-round --output a
expect_exit 0 "$HRMPI" export two/replica-0/step-00000010.h5 --no-round --output b
if ! command -v h5diff >/dev/null; then
    echo "skipped: h5diff is not installed (hdf5-tools)"
    exit 77
fi
expect_exit 0 h5diff a/replica-0/step-00000010.h5 b/replica-0/step-00000010.h5 /params /params

# loss FILE: of the first line, which is the mean over the steps before.
loss() {
    sed -n '1s/.*"loss":\([0-9.e-]*\).*/\1/p' "$1"
}

if ! "$HRMPI" info | grep -q '^ *bf16.*(chosen)'; then
    echo "skipped: the record is of a bf16 backend"
    exit 0
fi
# Another version of the program may round otherwise, which after these steps of four puzzles each is
# 2 % of the loss; half the rate is 8 %.
steps=$(sed -n '1s/.*"step":\([0-9]*\).*/\1/p' "$recorded")
begin 1 again "$steps"
awk -v a="$(loss again/replica-0/metrics.jsonl)" -v b="$(loss "$recorded")" \
    'BEGIN { exit !(a > 0 && b > 0 && (a - b) ^ 2 <= (0.04 * b) ^ 2) }' ||
    fail "the loss of the first $steps steps is $(loss again/replica-0/metrics.jsonl) and was $(loss "$recorded")"
