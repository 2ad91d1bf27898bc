#!/bin/sh
# Runs that are killed at random moments and started again end as the undisturbed run does, to the
# bit: weights, metrics, votes. HRM_SLOW=1: 50 kills instead of a few. HRM_SEED chooses others.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
same="$(dirname "$HRMPI")/tests/same_data"
[ -x "$same" ] || exit 77
kills=6
[ -n "${HRM_SLOW:-}" ] && kills=50
seed=${HRM_SEED:-1}

# random N: a number below N, the same in every run of this test.
random() {
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    echo $((seed / 65536 % $1))
}

same_data() {
    "$same" "$1" "$2" >out || fail "$1 and $2 have different data"
}

# losses FILE: metrics without what depends on the clock.
losses() {
    sed 's/,"slot_steps_per_s".*//; s/,"seconds".*//' "$1"
}

# writes_or_waits: a state is being written, or the run waits again.
writes_or_waits() { [ -e pause ] || [ -n "$(find . -name '*.partial')" ]; }

# interrupt VICTIM UNITS RANKS ARGUMENT...: start hrmpi on that many ranks, and after so many steps or
# blocks kill one rank, all ranks, or all while a state is being written (`writing`).
interrupt() {
    victim=$1
    units=$2
    ranks=$3
    shift 3
    start_paused "$units" "${HRM_MPIEXEC:-mpiexec}" -n "$ranks" "$HRMPI" "$@"
    if [ "$victim" = writing ]; then
        go_on
        until writes_or_waits; do :; done
        victim=all
    fi
    processes=$(ranks_of "$child")
    [ "$victim" = one ] && processes=$(echo "$processes" | sed -n "$((units % ranks + 1))p")
    # shellcheck disable=SC2086
    kill -KILL $processes 2>/dev/null
    wait "$child" 2>/dev/null && fail "a run was killed and ended with code 0"
    go_on
    killed=$((killed + 1))
}

files_of() { (cd "$1" && find . | sort); }

# pick INDEX WORD...: the word of that number.
pick() {
    shift $(($1 + 1))
    echo "$1"
}

# --- training
train="train --preset tiny --steps 120 --state-every 5 --snapshot-every 40 --keep-every 60
    --validate train-1k --validate-first 16 --validate-every 30"
# shellcheck disable=SC2086
expect_exit 0 run_mpi 2 $train --output whole
killed=0
run=0
while [ $killed -lt $kills ]; do
    run=$((run + 1))
    for _ in 1 2; do
        victim=$(pick "$(random 3)" one all writing)
        # Two kills come within the 120 steps, and what is written once more after the first.
        # shellcheck disable=SC2086
        interrupt "$victim" $((5 + $(random 20))) $((1 + $(random 4))) $train --output "run$run"
    done
    # shellcheck disable=SC2086
    expect_exit 0 run_mpi $((1 + $(random 4))) $train --output "run$run"
    for file in whole/replica-0/*.h5; do
        same_data "$file" "run$run/${file#whole/}"
    done
    losses whole/replica-0/metrics.jsonl >wanted
    losses "run$run/replica-0/metrics.jsonl" >got
    cmp -s wanted got || fail "run$run has other metrics"
    files_of "run$run" >got
    files_of whole | diff - got >"$scratch/out" || fail "run$run has other files"
    rm -rf "run$run"
done

# --- evaluation, of all passes and of those that a vote needs
kills=$((kills / 2))
for how in "--perturbations cyclic:3" "--perturbations init:5:0.001 --prune plurality --leave settled"; do
    eval="eval whole --last 2 --puzzles test --first 160 --block 4 --segments 6 --threads 1 $how"
    # shellcheck disable=SC2086
    expect_exit 0 run_mpi 2 $eval --output whole.h5
    killed=0
    while [ $killed -lt $kills ]; do
        for _ in 1 2 3; do
            victim=$(pick "$(random 2)" one all)
            # shellcheck disable=SC2086
            interrupt "$victim" $((1 + $(random 9))) $((1 + $(random 4))) $eval --output again.h5
        done
        # shellcheck disable=SC2086
        expect_exit 0 run_mpi $((1 + $(random 4))) $eval --output again.h5
        same_data whole.h5 again.h5
        [ -z "$(find . -name 'again.h5.*')" ] || fail "something is left"
        rm again.h5
    done
    rm whole.h5
done
