#!/bin/sh
# Evaluation: the same votes on any number of ranks and threads, after a kill, and clear errors.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=votes_lib.sh
. "$HRM_SOURCE/tests/jobs/votes_lib.sh"

# 2 checkpoints x 3 perturbations x 70 puzzles in 5 ranges.
bytes=$((2 * 3 * 70 * 60 + 2 * 3 * 5 * 8))
expect_exit 0 evaluate 1 one.h5 --threads 1
expect_text "2 checkpoints" "single" "95% interval" "passes and" "puzzles/s" "GFLOP/s"
expect_exit 0 "$HRMPI" vote one.h5 --format json
sed '/"path": "[^\/]*h5"/d' out >one.json
for ranks in 2 3 4; do
    expect_exit 0 evaluate $ranks $ranks.h5 --threads 1
    same_votes one.h5 $ranks.h5 $bytes
    expect_exit 0 run_mpi $ranks vote $ranks.h5 --format json
    sed '/"path": "[^\/]*h5"/d' out >$ranks.json
    cmp -s one.json $ranks.json || fail "the table differs on $ranks ranks"
done
expect_exit 0 evaluate 2 threads.h5 --threads 2 --claims messages
same_votes one.h5 threads.h5 $bytes
expect_exit 0 "$HRMPI" eval run --last 2 --first 70 --block 16 --segments 3 \
    --perturbations cyclic:3 --output alone.h5
same_votes one.h5 alone.h5 $bytes
[ -z "$(find . -name '*.part' -o -name '*.partial')" ] || fail "something is left"

# A complete file is not computed again; one of another evaluation is not lost by mistake.
expect_exit 0 evaluate 2 one.h5
expect_text "all done before"
expect_exit 2 evaluate 2 one.h5 --segments 2
expect_text "one.h5 holds another evaluation: eval.segments = 2 was wanted, 3 was found" "--overwrite"
expect_exit 0 evaluate 2 one.h5 --segments 2 --overwrite
expect_text "up to 2 segments"

# Killed without warning, then stopped by a signal, then continued.
long="eval run --last 2 --puzzles test --first 400 --block 8 --segments 6 --threads 1"
long="$long --perturbations cyclic:2"
bytes=$((2 * 2 * 400 * 60 + 2 * 2 * 50 * 8))
# shellcheck disable=SC2086
expect_exit 0 "$HRMPI" $long --output whole.h5
interrupt() {
    # shellcheck disable=SC2086
    start_paused 20 "$HRMPI" $long --output again.h5
    kill "-$1" "$child"
    ended "$2"
}
interrupt KILL 137
[ -e again.h5 ] && fail "an unfinished file has the final name"
# What was begun with other settings is told by their keys.
cp again.h5.part begun
while read -r key wanted found arguments; do
    # shellcheck disable=SC2086
    expect_exit 2 "$HRMPI" $long --output again.h5 $arguments
    expect_text "again.h5.part holds another evaluation: eval.$key = $wanted was wanted, $found" \
        "give eval.$key as it was"
done <<EOF
segments 5 6 --segments 5
block 16 8 --block 16
leave halted never --leave halted
prune plurality off --prune plurality
seed 1 0 --seed 1
first 300 400 --first 300
subset 50 0 --subset 50
puzzles val test --puzzles val
perturbations none cyclic:2 --perturbations none
backend ref $(sed -n 's/.*backend \([a-z0-9-]*\).*/\1/p' "$scratch/out" | head -1) --backend ref
EOF
# shellcheck disable=SC2086
expect_exit 2 "$HRMPI" $long --output again.h5 --last 1
expect_text "eval.checkpoints = run/replica-0/step-00000012.h5 ("
cmp -s again.h5.part begun || fail "a refused evaluation has changed what was begun"
expect_exit 3 "$HRMPI" vote again.h5.part
expect_text "no votes yet" "hint: run the same hrmpi eval again"
interrupt USR1 75
expect_text "blocks stored" "run the same command again to continue"
# shellcheck disable=SC2086
expect_exit 0 "$HRMPI" $long --output again.h5
expect_text "continued"
same_votes whole.h5 again.h5 $bytes

# Every kind of bad input, on every rank, with the right code and without a hang.
expect_bad() {
    expect_bad_code=$1
    expect_bad_text=$2
    shift 2
    expect_exit "$expect_bad_code" timeout 900 "${HRM_MPIEXEC:-mpiexec}" -n 2 "$HRMPI" eval \
        --threads 1 --first 20 --segments 1 --perturbations none --output bad.h5 "$@"
    expect_text "hrmpi: error:" "hint:" "$expect_bad_text"
    [ "$(grep -c 'hrmpi: error:' err)" -eq 1 ] || fail "the error is not told once"
    [ ! -e bad.h5 ] || fail "bad.h5 was left behind"
}
good=run/replica-0/step-00000012.h5
head -c 3000 $good >truncated.h5
echo "no HDF5 at all" >foreign.h5
: >empty.h5
mkdir nothing
gzip -dc "$HRM_SOURCE/jobs/data/test.csv.gz" | head -50 >some.csv
gzip -c some.csv | head -c 500 >truncated.csv.gz
sed '3s/,[1-9]*,/,123,/' some.csv >wrong.csv
head -1 some.csv >header.csv
expect_bad 3 "checkpoint mixin: No such file" mixin
expect_bad 3 "missing.h5: No such file" missing.h5
expect_bad 3 "truncated.h5" truncated.h5
expect_bad 3 "not an HDF5 file" foreign.h5
expect_bad 3 "it is empty" empty.h5
expect_bad 3 "schema is 'hrmpi-votes'" whole.h5
expect_bad 3 "there are no checkpoints in nothing" nothing
expect_bad 2 "model.hidden" run other
expect_bad 3 "there is no puzzle file" $good --puzzles missing.csv
expect_bad 3 "truncated.csv.gz" $good --puzzles truncated.csv.gz
expect_bad 3 "wrong.csv:3" $good --puzzles wrong.csv
expect_bad 3 "header.csv" $good --puzzles header.csv
expect_bad 3 "foreign.h5" $good --puzzles foreign.h5
expect_bad 3 "whole.h5" $good --puzzles whole.h5
expect_bad 2 "none/votes.h5" $good --output none/votes.h5
expect_bad 2 "nothing is a folder" $good --output nothing
expect_bad 2 "foreign.h5 is in the way" $good --output foreign.h5
expect_bad 2 "the nearest is" $good --perturbation cyclic:9
expect_bad 2 "cyclic" $good --perturbations cyclic:10
expect_bad 2 "there is no backend 'gpu'" $good --backend gpu
expect_bad 2 "out of range" $good --segments 0

# What does not fit into memory is refused before it is allocated: 50 GiB of passes.
# shellcheck disable=SC3045 # Linux's shells know -v
(ulimit -v 20000000 && expect_exit 2 "$HRMPI" eval mixing --last 1 --first 5000 --block 5000 \
    --threads 1024 --prune plurality --perturbations init:100 --output large.h5) || exit 1
expect_text "of memory a rank (ulimit -v), and there are 19.1 GiB" "hint: lower eval.threads"
[ ! -e large.h5.part ] || fail "something was written"

# Passes that a certified puzzle does not need: only rules that this does not change are counted.
# Puzzles, not passes, are counted: of 10 in t seconds there are 10 / t a second, whatever is left out.
expect_exit 0 evaluate 2 stop.h5 --prune valid-first --leave certified
expect_text "valid-first" "of all 2 ranks"
expect_exit 0 "$HRMPI" eval mixing --last 1 --first 10 --perturbations init:3 --leave certified \
    --prune valid-first --output pruned.h5
expect_text "passes were not run"
awk '/^done: / { passes = 0
    for (i = 2; i <= NF; i++) {
        if ($i ~ /^puzzles\/s/) puzzles = $(i - 1)
        if ($i ~ /^passes\/s/) passes = $(i - 1)
    }
} / passes were not run/ { left = $1; all = $3 }
END { # passes and puzzles are of the same seconds
    ratio = passes / puzzles
    wanted = (all - left) / 10
    exit !(ratio > 0.98 * wanted && ratio < 1.02 * wanted)
}' out || fail "puzzles/s where passes are left out"
