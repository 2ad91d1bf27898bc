#!/bin/sh
# Passes that are left out and passes that leave early: the same answers of the rule in use, the same
# file on any number of ranks and after a stop.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=votes_lib.sh
. "$HRM_SOURCE/tests/jobs/votes_lib.sh"

# 2 checkpoints x 7 starts that differ little x 60 puzzles in 15 ranges: many passes agree.
bytes=$((2 * 7 * 60 * 60 + 2 * 7 * 15 * 8))
cast() {
    cast_ranks=$1
    cast_output=$2
    shift 2
    expect_exit 0 timeout 900 "${HRM_MPIEXEC:-mpiexec}" -n "$cast_ranks" "$HRMPI" eval run --last 2 \
        --puzzles test --first 60 --block 4 --segments 4 --perturbations init:7:0.001 --threads 1 \
        --output "$cast_output" "$@"
}
cast 2 off.h5 --prune off
refuse_text "passes were not run"
cp out off
for rule in plurality halted-vote q-weighted valid-first; do
    cast 2 $rule.h5 --prune $rule
    cp out $rule
    grep "^ *$rule " off >wanted
    grep "^ *$rule " out | cmp -s - wanted || fail "$rule is not what it is without pruning"
done
for ranks in 1 3 4; do
    cast $ranks $ranks.h5 --prune plurality
    same_votes plurality.h5 $ranks.h5 $bytes
done
# Half of the passes are enough where all agree, and other rules are not counted then.
grep -q "passes were not run" plurality || fail "plurality has left nothing out"
grep -q "^ *published " plurality && fail "published is counted without its passes"

# Which passes leave early decides the votes; --settled-segments only where it is looked at.
for how in halted "settled --settled-segments 1"; do
    # shellcheck disable=SC2086
    cast 2 left.h5 --leave $how
    # shellcheck disable=SC2086
    cast 3 again.h5 --leave $how
    same_votes left.h5 again.h5 $bytes
    expect_text "computing" "claiming" "storing" "% of those that could have been"
    rm left.h5 again.h5
done
cast 2 off.h5 --settled-segments 3
expect_text "all done before"
expect_exit 2 run_mpi 2 eval run --last 2 --puzzles test --first 60 --block 4 --segments 4 \
    --perturbations init:7:0.001 --threads 1 --output off.h5 --prune plurality
expect_text "another evaluation"
