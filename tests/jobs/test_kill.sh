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

# interrupt VICTIM TENTHS RANKS ARGUMENT...: start hrmpi on that many ranks, and after so many
# tenths of a second kill one rank, all ranks, or whoever is writing a state (`writing`).
interrupt() {
    victim=$1
    tenths=$2
    ranks=$3
    shift 3
    "${HRM_MPIEXEC:-mpiexec}" -n "$ranks" "$HRMPI" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null &
    launcher=$!
    sleep "$((tenths / 10)).$((tenths % 10))"
    if [ "$victim" = writing ]; then
        while [ -z "$(find . -name '*.partial')" ] && kill -0 $launcher 2>/dev/null; do :; done
        victim=all
    fi
    processes=$(ps -o pid= --ppid $launcher)
    [ "$victim" = one ] && processes=$(echo "$processes" | sed -n "$((tenths % ranks + 1))p")
    # shellcheck disable=SC2086
    kill -KILL $processes 2>/dev/null
    code=0
    wait $launcher 2>/dev/null || code=$?
}

# pick INDEX WORD...: the word of that number.
pick() {
    shift $(($1 + 1))
    echo "$1"
}

# --- training
train="train --preset tiny --steps 60 --state-every 3 --snapshot-every 20 --keep-every 30
    --validate train-1k --validate-first 16 --validate-every 15"
# shellcheck disable=SC2086
expect_exit 0 run_mpi 2 $train --output whole
done=0
run=0
while [ $done -lt $kills ]; do
    run=$((run + 1))
    tries=0
    killed=0
    while [ $tries -lt 2 ] && [ $done -lt $kills ]; do
        tries=$((tries + 1))
        victim=$(pick "$(random 3)" one all writing)
        # shellcheck disable=SC2086
        interrupt "$victim" $((3 + $(random 10))) $((1 + $(random 4))) $train --output "run$run"
        if [ $code -ne 0 ]; then
            done=$((done + 1))
            killed=$((killed + 1))
        fi
    done
    # shellcheck disable=SC2086
    expect_exit 0 run_mpi $((1 + $(random 4))) $train --output "run$run"
    for file in whole/replica-0/*.h5; do
        same_data "$file" "run$run/${file#whole/}"
    done
    losses whole/replica-0/metrics.jsonl >wanted
    losses "run$run/replica-0/metrics.jsonl" >got
    cmp -s wanted got || fail "run$run has other metrics"
    [ "$(find "run$run" | sed 's/^[^/]*//' | sort)" = "$(find whole | sed 's/^[^/]*//' | sort)" ] ||
        fail "run$run has other files"
    echo "training: $done killed, $killed of them in run$run" >&3
    rm -rf "run$run"
done 3>&1

# --- evaluation
eval="eval whole --last 2 --puzzles test --first 160 --block 8 --segments 6 --threads 1
    --perturbations cyclic:3"
# shellcheck disable=SC2086
expect_exit 0 run_mpi 2 $eval --output whole.h5
done=0
while [ $done -lt $kills ]; do
    tries=0
    while [ $tries -lt 3 ] && [ $done -lt $kills ]; do
        tries=$((tries + 1))
        victim=$(pick "$(random 2)" one all)
        # shellcheck disable=SC2086
        interrupt "$victim" $((3 + $(random 12))) $((1 + $(random 4))) $eval --output again.h5
        [ $code -ne 0 ] && done=$((done + 1))
    done
    # shellcheck disable=SC2086
    expect_exit 0 run_mpi $((1 + $(random 4))) $eval --output again.h5
    same_data whole.h5 again.h5
    [ -z "$(find . -name 'again.h5.*')" ] || fail "something is left"
    rm again.h5
    echo "evaluation: $done killed" >&3
done 3>&1
