#!/bin/sh
# hrmpi train: what a run leaves, that ranks do not matter, and what every rank says of a mistake.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# A few puzzles with known answers: a cyclic Latin square whose digits and clues are shifted.
awk 'BEGIN {
    print "source,question,answer,rating"
    for (k = 0; k < 12; k++) {
        question = answer = ""
        for (i = 0; i < 81; i++) {
            r = int(i / 9); c = i % 9
            digit = (3 * (r % 3) + int(r / 3) + c + k) % 9 + 1
            answer = answer digit
            question = question ((i * 7 + k) % 5 < 3 ? digit : ".")
        }
        print "made," question "," answer ",0"
    }
}' >puzzles.csv

# train RANKS ARGUMENT...: the smallest model on these puzzles.
train() {
    train_ranks=$1
    shift
    run_mpi "$train_ranks" train --preset tiny --puzzles puzzles.csv "$@"
}

# losses FILE: metrics without what depends on the clock.
losses() {
    sed 's/,"slot_steps_per_s".*//; s/,"seconds".*//' "$1"
}

# The largest model is not begun because nothing was said: the hint has size and time of all presets.
expect_exit 2 timeout 60 "$HRMPI" train --puzzles puzzles.csv --output bare --max-time 1
expect_text "hrmpi: error:" "which model?" "hint: add --preset NAME" "million parameters" "core-hours"
for preset in "$HRM_SOURCE"/jobs/presets/*.ini; do
    expect_text "$(basename "$preset" .ini) "
done
[ ! -e bare ] || fail "a run was begun"

# Files of a run with two replicas.
expect_exit 0 train 2 --replicas 2 --output two --validate puzzles.csv --validate-first 5 \
    --validate-every 4
# Figures of training say what they are of; CPU seconds are those of all ranks.
expect_text "progress tells of the slots that halt" "of all 2 ranks" "% of the validation puzzles right"
expect_text "2 ranks x 1 thread" "snapshots and metrics are in two/replica-*" "slot-steps/s" \
    "done: wall"
for replica in 0 1; do
    for step in 4 8; do
        [ -s "two/replica-$replica/step-0000000$step.h5" ] || fail "no snapshot at step $step"
    done
    lines=$(grep -c '"kind":"train"' "two/replica-$replica/metrics.jsonl")
    [ "$lines" -eq 4 ] || fail "$lines lines of metrics"
    grep -q '"kind":"validation","step":8,"puzzles":5' "two/replica-$replica/metrics.jsonl" ||
        fail "no validation"
done
[ "$(find two -name 'step-*' | wc -l)" -eq 4 ] || fail "more snapshots than asked for"
losses two/replica-0/metrics.jsonl >zero
losses two/replica-1/metrics.jsonl >one
cmp -s zero one && fail "the replicas are the same"

# Replica r is what seed + r gives alone; ranks and threads do not matter.
for ranks in 1 2 3 4; do
    expect_exit 0 train "$ranks" --seed 1 --output "alone$ranks" --threads 2 --validate \
        puzzles.csv --validate-first 5 --validate-every 4
    losses "alone$ranks/replica-0/metrics.jsonl" >alone
    cmp -s alone one || fail "$ranks ranks give other losses"
done

# The configuration that a run leaves starts the same run again.
expect_exit 0 run_mpi 1 train --config two/config.ini --replicas 1 --output again
losses again/replica-0/metrics.jsonl >alone
cmp -s alone zero || fail "config.ini gives another run"

# A run is not overwritten by mistake, nor gone on with as another one.
expect_exit 2 train 2 --output two --replicas 2 --resume never
expect_text "two holds a run already" "--overwrite"
expect_exit 2 train 2 --output two --replicas 2 --lr 2e-3
expect_text "two holds another run: train.lr = 0.002 was wanted, 0.001 was found" "--overwrite"
expect_exit 0 train 2 --output two --overwrite --steps 2
[ "$(find two -name 'step-*')" = two/replica-0/step-00000002.h5 ] || fail "old snapshots stayed"

# Mistakes end the run on every rank with the same code.
codes() {
    rm -f codes.*
    # shellcheck disable=SC2016
    "${HRM_MPIEXEC:-mpiexec}" -n 2 sh -c '"$0" train --preset tiny --puzzles puzzles.csv "$@"
        echo $? >codes.$$' "$HRMPI" "$@"
    cat codes.*
}
expect_codes() {
    wanted=$1
    shift
    codes "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    [ "$(sort codes.* | uniq | tr '\n' ' ')" = "$wanted " ] || fail "other codes than $wanted: $*"
    [ "$(find . -name 'codes.*' | wc -l)" -eq 2 ] || fail "a rank is missing: $*"
}
expect_codes 2 --output x --replicas 3
expect_text "replicas"
expect_codes 2 --output x --batch 12 --shards 8
expect_text "train.batch = 12 cannot be cut" "hint: take a multiple of 8"
expect_codes 2 --output x --batch 2 --threads 2
expect_text "too few for 2 ranks of 2 threads" "train.shards = 4"
expect_codes 2 --output x --heads 5
expect_codes 2 --output x --stepz 5
expect_text "unknown option '--stepz'" "--steps"
expect_codes 2 --output x --backend gpu
expect_text "there is no backend 'gpu'" "hrmpi info"
# A model of some TiB is refused before it is allocated.
expect_codes 2 --output x --hidden 65536 --heads 64
expect_text "TiB of memory on this node, and there are" "hint: lower model.hidden"
expect_codes 2 --output puzzles.csv/x
expect_text "puzzles.csv/x" "--output"
expect_codes 3 --output x --puzzles missing.csv
expect_text "missing.csv"
sed '5s/^made,./made,q/' puzzles.csv >bad.csv
expect_codes 3 --output x --puzzles bad.csv
expect_text "bad.csv:5"
expect_codes 3 --output x --validate bad.csv
[ ! -e x ] || fail "a mistake left a folder"

# A replica that diverges says so, and the others go on.
expect_codes 4 --output nan --replicas 2 --lr 1e38
expect_text "diverged at step" "lower train.lr"
