#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2094,SC2129,SC2317 # words for later; checks called by name
# The pipeline of a sweep on four hosts with a real Slurm: to the end, with a seed that fails, with
# a run that stops early and continues, and with one that is cancelled.
. "$(dirname "$0")/lib.sh"
needs train --resume
needs eval --perturbations
needs vote usage
start_cluster 4

puzzles="--puzzles train.csv --test test.csv --perturbations cyclic:3"
zcat "$HRM_SOURCE/jobs/data/train-1k.csv.gz" | head -n 33 >train.csv
zcat "$HRM_SOURCE/jobs/data/test.csv.gz" | head -n 101 >test.csv

echo "--- four seeds, of which one diverges; a rank on each of two hosts"
# shellcheck disable=SC2016
echo '[ "${SLURM_ARRAY_TASK_ID:-}" = 2 ] && HRM_TRAIN_ARGS+=" --lr 1e30"' >site
here "$submit" sweep --name four --output four --seeds 0-3 --preset tiny "$puzzles" --site site \
    --ranks 2 --nodes 2 --train-args "'--steps 20'" --eval-args "'--first 24'" >submitted
check "three jobs were submitted" same "$(grep -c ': job ' submitted)" 3
check "everything has ended" until_true 60 queue_is_empty
for seed in 0 1 3; do
    check "seed $seed is trained" is_state four/seed-$seed/train.job 'done'
    check "seed $seed is evaluated" is_state four/seed-$seed/eval.job 'done'
done
check "seed 2 failed" is_state four/seed-2/train.job failed
check "it was not evaluated" test ! -e four/seed-2/eval.job
check "the report says so" has four/report.txt 'left out: four/seed-2'
here "$submit" status four >status
cat four/report.txt status
check "status shows a seed that is done" has status 'seed-0 *done .* done'
check "status shows the seed that failed" has status 'seed-2 *failed, code 4'

echo "--- an evaluation that is interrupted and one that is not give the same votes"
evaluate() {
    here "$submit" eval --output "$1" --checkpoints four/seed-0 "$puzzles" --eval-args "'--block 4'" \
        "${@:2}" >>submitted
}
evaluate whole
pause_after 300 # of 375 blocks, so that its second life does not wait
evaluate broken --site pausing
check "one is under way" until_true 30 test -e pause
here "scancel --batch --signal=USR1 $(job_of broken eval)"
check "it has stored what it had" until_true 20 has broken/slurm/eval.log 'back into the queue'
check "the other ends" until_true 90 is_state whole/eval.job 'done'
check "the first one too" until_true 90 is_state broken/eval.job 'done'
check "in its second life" same "$(restarts_of broken/eval.job)" 1
check "continuing" has broken/slurm/eval.log 'continued$'
check "the same votes" same_votes whole broken

echo "--- a run that Slurm warns, and one that stops by itself, continue; a STOP file ends it"
train() { here "$submit" train --output "$1" --preset tiny "$puzzles" "${@:2}" >>submitted; }
pause_after 400
train plain --ranks 2 --train-args "'--steps 600 --snapshot-every 0'"
train warned --train-args "'--steps 600 --snapshot-every 0'" --site pausing
train lost --train-args "'--steps 1000000 --snapshot-every 0'"
is_restart() { [ "$(restarts_of "$1")" -ge "$2" ] && is_state "$1" running; }
saved_of() { sed -n 's/^saved //p' "$1"; }
check "the warned run trains" until_true 30 test -e pause
here "scancel --batch --signal=USR1 $(job_of warned train)"
check "it has saved" until_true 20 has warned/slurm/train.log 'back into the queue'
check "it ends" until_true 90 is_state warned/train.job 'done'
check "in its second life" same "$(restarts_of warned/train.job)" 1
check "from where it was" test "$(saved_of warned/train.job)" -gt 0
check "the undisturbed one ends, on two ranks" until_true 90 is_state plain/train.job 'done'
check "the same losses" same_losses plain warned
train early --train-args "'--steps 1000000 --snapshot-every 0 --max-time 4'"
check "the run that stops by itself is in its third life" until_true 90 is_restart early/train.job 2
touch early/STOP
check "the file STOP ends it" until_true 20 is_state early/train.job stopped

echo "--- scancel"
here "$submit" status lost >status
check "status shows the run" has status 'lost *running n[1-4] .*/1000000'
here "$submit" train --output lost >again 2>&1
check "nothing else may run in its folder" has again 'still in the queue'
here "scancel $(job_of lost train)"
check "everything has ended" until_true 30 queue_is_empty
check "the cancelled run knows" is_state lost/train.job interrupted
check "and left a state to continue from" test -n "$(find lost -name 'state-*.h5')"
finish
