# shellcheck shell=sh
# Sourced after lib.sh by tests that need checkpoints: run/ has three of one small model, other/
# one of another.
"$HRMPI" train --preset tiny --output run --steps 12 --snapshot-every 4 --threads 1 \
    >out 2>err || fail "training"
"$HRMPI" train --preset tiny --output other --steps 2 --hidden 64 --threads 1 \
    >out 2>err || fail "training"

# evaluate RANKS OUTPUT ARGUMENT...: a small evaluation.
evaluate() {
    evaluate_ranks=$1
    evaluate_output=$2
    shift 2
    timeout 900 "${HRM_MPIEXEC:-mpiexec}" -n "$evaluate_ranks" "$HRMPI" eval run --last 2 \
        --puzzles test --first 70 --block 16 --segments 3 --perturbations cyclic:3 \
        --output "$evaluate_output" "$@"
}

# same_votes A B BYTES: /passes and /blocks lie at the end of the file.
same_votes() {
    tail -c "$3" "$1" >left
    tail -c "$3" "$2" >right
    cmp -s left right || fail "$1 and $2 have different votes"
}
