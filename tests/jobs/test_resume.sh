#!/bin/sh
# How a run stops and is resumed: signals to one rank, time limits, a file STOP, a rank that dies, a
# replica that diverges; and which state it goes on from, or why it refuses to.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
same="$(dirname "$HRMPI")/tests/same_data"
[ -x "$same" ] || exit 77

endless="train --preset tiny --steps 1000000 --snapshot-every 0 --state-minutes 0 --batch 16"

# --- a signal to one rank of two replicas stops all of them
# shellcheck disable=SC2086
"${HRM_MPIEXEC:-mpiexec}" -n 3 "$HRMPI" $endless --replicas 2 --output one >out 2>err </dev/null &
child=$!
until_true grep -q train one/replica-1/metrics.jsonl 2>/dev/null
kill -USR1 "$(ranks_of $child | tail -n 1)"
ended 75
expect_text "stopped by" "run the same command again to continue" "saved step"
for replica in 0 1; do
    [ -s "one/replica-$replica/$(cat one/replica-$replica/LATEST)" ] || fail "no state"
done

# --- time limits
# shellcheck disable=SC2086
expect_every 75 2 $endless --output limit --max-time 1
expect_text "stopped by the time limit"
SLURM_JOB_END_TIME=$(($(date +%s) + 20))
export SLURM_JOB_END_TIME
# shellcheck disable=SC2086
expect_exit 75 run_mpi 2 $endless --output limit
unset SLURM_JOB_END_TIME
expect_text "going on from step" "stopped by the time limit"

# --- the folder of a run says which model it is
expect_every 75 2 train --output limit --max-time 1
expect_text "going on from step"
expect_exit 2 "$HRMPI" train --output limit --hidden 64
expect_text "model.hidden = 64 was wanted, 32 was found"
expect_exit 2 "$HRMPI" train --output nothing
expect_text "add --preset NAME"

# --- a file STOP, which stays and stops the next start as well
touch limit/STOP
# shellcheck disable=SC2086
expect_every 75 3 $endless --output limit
expect_text "stopped by the file STOP"
rm limit/STOP

# --- the states of a run: two, those of keep_every, and LATEST
train="train --preset tiny --snapshot-every 0 --log-every 2 --state-every 2"
# shellcheck disable=SC2086
expect_exit 0 run_mpi 2 $train --output kept --steps 14 --keep-every 6
names=$(cd kept/replica-0 && echo *)
wanted="LATEST metrics.jsonl state-00000006.h5 state-00000012.h5 state-00000014.h5 step-00000014.h5"
[ "$names" = "$wanted" ] || fail "other files: $names"
[ "$(cat kept/replica-0/LATEST)" = state-00000014.h5 ] || fail "LATEST is another"

# A run that is done is not run again; a longer one goes on and is the same as in one go.
# shellcheck disable=SC2086
expect_exit 0 run_mpi 1 $train --output kept --steps 14 --keep-every 6
expect_text "going on from step 14 of 14"
# shellcheck disable=SC2086
expect_exit 0 run_mpi 3 $train --output kept --steps 20 --keep-every 6
# shellcheck disable=SC2086
expect_exit 0 run_mpi 1 $train --output whole --steps 20
"$same" whole/replica-0/step-00000020.h5 kept/replica-0/step-00000020.h5 >out || fail "other weights"

# A branch has a schedule of its own, and goes on from its own states once it has some.
branch="$train --output branch --branch kept/replica-0/state-00000012.h5 --lr-min-ratio 0 --lr 1e-3"
# shellcheck disable=SC2086
expect_exit 0 run_mpi 2 $branch --steps 16
expect_text "going on from step 12 of 16"
# shellcheck disable=SC2086
expect_exit 0 run_mpi 1 $branch --steps 16
expect_text "going on from step 16 of 16"
# shellcheck disable=SC2086
expect_exit 2 run_mpi 1 $train --output branch-2 --branch kept/replica-0/state-00000012.h5 --batch 32
expect_text "train.batch = 32 was wanted"
# shellcheck disable=SC2086
expect_every 3 2 $train --output branch-3 --branch missing.h5
expect_text "missing.h5: cannot open"
refuse_text "--overwrite"

# From a state that is named.
mkdir -p named/replica-0
# shellcheck disable=SC2086
expect_exit 0 run_mpi 2 $train --output named --steps 20 --resume kept/replica-0/state-00000006.h5
expect_text "going on from step 6 of 20"
"$same" whole/replica-0/step-00000020.h5 named/replica-0/step-00000020.h5 >out || fail "other weights"

# A damaged newest state falls back to the one before; when none is left the run says so.
spoil() { printf 'XXXX' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
spoil kept/replica-0/state-00000020.h5 300000
# shellcheck disable=SC2086
expect_exit 0 run_mpi 2 $train --output kept --steps 20
expect_text "warning: " "state-00000020.h5: dataset '" "going back to an earlier state" \
    "going on from step 18 of 20"
for state in kept/replica-0/state-*.h5; do spoil "$state" 3000; done
# shellcheck disable=SC2086
expect_every 3 2 $train --output kept --steps 20
expect_text "damaged" "--overwrite"
[ -s kept/replica-0/step-00000020.h5 ] || fail "a snapshot is lost"

# --- a state of another run is refused, with the difference
refused() {
    refused_text=$1
    shift
    # shellcheck disable=SC2086
    expect_exit 2 "$HRMPI" $train --steps 20 "$@"
    expect_text "$refused_text" "hint: "
}
refused "train.lr = 0.5 was wanted, 0.001 was found" --output named --lr 0.5
refused "model.heads = 4 was wanted, 2 was found" --output named --heads 4
refused "train.seed = 3 was wanted, 0 was found" --output named --seed 3
refused "backend ref was wanted" --output named --backend ref
refused "puzzle set" --output named --puzzles test
refused "holds a run already" --output named --resume never
cp named/config.ini config.before
done_steps=$(sed -n 's/state-0*\([1-9][0-9]*\).h5/\1/p' named/replica-0/LATEST)
refused "$done_steps steps are done, but train.steps is 1" --output named --steps 1
expect_text "take train.steps = $done_steps or more to go on"
cmp -s named/config.ini config.before || fail "a refused run has changed config.ini"
# shellcheck disable=SC2086
expect_every 2 2 $train --output new --replicas 2 --resume kept/replica-0/state-00000020.h5
expect_text "one state for 2 replicas" "hint: "
# shellcheck disable=SC2086
expect_exit 3 "$HRMPI" $train --steps 20 --output other --resume missing.h5
expect_text "missing.h5"
# shellcheck disable=SC2086
expect_exit 3 "$HRMPI" $train --steps 20 --output other --resume whole/replica-0/step-00000020.h5
expect_text "step-00000020.h5" "hrmpi-state"

# --- a rank that dies of a fault names itself and its step
# shellcheck disable=SC2086
"${HRM_MPIEXEC:-mpiexec}" -n 2 "$HRMPI" $endless --output fault >out 2>err </dev/null &
child=$!
until_true grep -q train fault/replica-0/metrics.jsonl 2>/dev/null
kill -SEGV "$(ranks_of $child | tail -n 1)"
wait $child && fail "a fault ends with code 0"
expect_text "died of signal 11 in step"

# --- a replica that diverges: code 4, the place in the metrics, the last state kept
# shellcheck disable=SC2086
expect_every 4 2 $train --steps 20 --output nan --lr 1e38 --state-every 1
expect_text "diverged at step" "lower train.lr"
grep -q '"kind":"diverged","step":' nan/replica-0/metrics.jsonl || fail "no place in the metrics"

# --- an evaluation: time limit, STOP, and a head that is damaged; it waits until it is stopped
evaluation="eval whole --puzzles test --first 400 --block 8 --segments 16 --threads 1
    --perturbations cyclic:9 --output whole/votes.h5"
until_limit() {
    rm -f pause
    # shellcheck disable=SC2086
    HRM_TEST_PAUSE="4:$scratch/pause" expect_exit 75 run_mpi 2 $evaluation --max-time 1
    expect_text "stopped by the time limit" "blocks stored"
}
until_limit
# shellcheck disable=SC2086
start_paused 4 "${HRM_MPIEXEC:-mpiexec}" -n 2 "$HRMPI" $evaluation
touch whole/STOP
while kill -0 "$child" 2>/dev/null; do
    sleep 1 # rank 0 looks for the file once a second
    go_on
done
ended 75
expect_text "stopped by the file STOP"
rm whole/STOP

# --- SIGTERM to the launcher itself: the ranks may have little time left, and what is stored is kept
votes() { "$same" whole.h5 "$1" >out || fail "$1 has other votes"; }
short="eval whole --puzzles test --first 64 --block 4 --segments 2 --threads 1 --perturbations none"
# shellcheck disable=SC2086
expect_exit 0 run_mpi 1 $short --output whole.h5
# shellcheck disable=SC2086
start_paused 4 "${HRM_MPIEXEC:-mpiexec}" -n 2 "$HRMPI" $short --output term.h5
processes=$(ranks_of "$child")
kill -TERM "$child"
wait "$child" && fail "it was ended and has code 0"
go_on
for process in $processes; do
    while readlink "/proc/$process/exe" >/dev/null; do sleep 0.05; done
done
if [ -e term.h5 ] || [ ! -s term.h5.part ]; then fail "nothing is kept, or all is done"; fi
# shellcheck disable=SC2086
expect_exit 0 run_mpi 2 $short --output term.h5
expect_text "16 blocks of 4; continued"
ran=$(sed -n 's/^\([0-9]*\) segments were run, .*/\1/p' "$scratch/out")
[ "$ran" -le $(((64 - 4 * 4) * 2)) ] || fail "stored blocks were run again: $ran segments"
votes term.h5

spoil whole/votes.h5.part 3000
until_limit
expect_text "warning: " "votes.h5.part.damaged" "all blocks are run again"
[ -s whole/votes.h5.part.damaged ] || fail "the damaged votes are gone"
