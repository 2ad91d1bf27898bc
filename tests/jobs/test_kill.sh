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

# milliseconds: of the clock.
milliseconds() {
    echo $(($(date +%s%N) / 1000000))
}

# undisturbed ARGUMENT...: run hrmpi to its end; `lasted` is what it took, in milliseconds.
undisturbed() {
    since=$(milliseconds)
    expect_exit 0 run_mpi 2 "$@"
    lasted=$(($(milliseconds) - since))
}

# interrupt VICTIM PERCENT RANKS ARGUMENT...: start hrmpi on that many ranks, and after so much of
# what the undisturbed run took kill one rank, all ranks, or whoever is writing a state (`writing`).
interrupt() {
    victim=$1
    delay=$((lasted * $2 / 100))
    rank=$(($2 % $3 + 1))
    ranks=$3
    shift 3
    "${HRM_MPIEXEC:-mpiexec}" -n "$ranks" "$HRMPI" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null &
    launcher=$!
    sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
    if [ "$victim" = writing ]; then
        while [ -z "$(find . -name '*.partial')" ] && kill -0 $launcher 2>/dev/null; do :; done
        victim=all
    fi
    processes=$(ps -o pid= --ppid $launcher)
    [ "$victim" = one ] && processes=$(echo "$processes" | sed -n "${rank}p")
    # shellcheck disable=SC2086
    kill -KILL $processes 2>/dev/null
    code=0
    wait $launcher 2>/dev/null || code=$?
    [ $code -eq 0 ] || done=$((done + 1))
    attempts=$((attempts + 1))
    [ $attempts -le $((kills * 8)) ] || fail "only $done of $attempts runs were killed before they ended"
}

# pick INDEX WORD...: the word of that number.
pick() {
    shift $(($1 + 1))
    echo "$1"
}

# --- training
train="train --preset tiny --steps 120 --state-every 5 --snapshot-every 40 --keep-every 60
    --validate train-1k --validate-first 16 --validate-every 30"
# shellcheck disable=SC2086
undisturbed $train --output whole
done=0
attempts=0
run=0
while [ $done -lt $kills ]; do
    run=$((run + 1))
    before=$done
    for _ in 1 2; do
        [ $done -lt $kills ] || break
        victim=$(pick "$(random 3)" one all writing)
        # shellcheck disable=SC2086
        interrupt "$victim" $((20 + $(random 60))) $((1 + $(random 4))) $train --output "run$run"
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
    echo "training: $done killed, $((done - before)) of them in run$run" >&3
    rm -rf "run$run"
done 3>&1

# --- evaluation, of all passes and of those that a vote needs
kills=$((kills / 2))
for how in "--perturbations cyclic:3" "--perturbations init:5:0.001 --prune plurality --leave settled"; do
    eval="eval whole --last 2 --puzzles test --first 160 --block 4 --segments 6 --threads 1 $how"
    # shellcheck disable=SC2086
    undisturbed $eval --output whole.h5
    done=0
    attempts=0
    while [ $done -lt $kills ]; do
        for _ in 1 2 3; do
            [ $done -lt $kills ] || break
            victim=$(pick "$(random 2)" one all)
            # shellcheck disable=SC2086
            interrupt "$victim" $((20 + $(random 60))) $((1 + $(random 4))) $eval --output again.h5
        done
        # shellcheck disable=SC2086
        expect_exit 0 run_mpi $((1 + $(random 4))) $eval --output again.h5
        same_data whole.h5 again.h5
        [ -z "$(find . -name 'again.h5.*')" ] || fail "something is left"
        rm again.h5
        echo "evaluation with $how: $done killed" >&3
    done
    rm whole.h5
done 3>&1
