#!/usr/bin/env bash
# One rank, eight ranks on four hosts started by srun, and eight started by mpirun: the same
# training, the same votes.
. "$(dirname "$0")/lib.sh"
needs train --resume
needs eval --perturbations
start_cluster 4

puzzles="--puzzles train-1k --test test --perturbations cyclic:3"
eval_args="--eval-args '--first 100 --block 16 --segments 4'"
run() { here "$submit" "$1" --output "$2" --preset tiny "$puzzles" "$eval_args" "${@:3}" >>submitted; }
wide="--ranks 8 --nodes 4"

run train one --ranks 1
run train srun "$wide"
HRM_LAUNCH="mpirun --bind-to none" run train mpirun "$wide"
check "all have ended" until_true 90 queue_is_empty
for name in one srun mpirun; do
    check "$name: trained" is_state $name/train.job 'done'
done
check "the same losses with srun" same_losses one srun
check "the same losses with mpirun" same_losses one mpirun
check "ranks on all hosts" has srun/slurm/train.log '^8 ranks'
check "bound to a CPU each" has srun/slurm/train.log ' 1 of [0-9]* CPUs: '
check "ranks of mpirun on all hosts" has mpirun/slurm/train.log '^8 ranks'

# The same checkpoints for all three.
shared="--checkpoints one"
run eval one --ranks 1 "$shared"
run eval srun "$wide" "$shared"
HRM_LAUNCH="mpirun --bind-to none" run eval mpirun "$wide" "$shared"
check "all have ended" until_true 90 queue_is_empty
for name in one srun mpirun; do
    check "$name: evaluated" is_state $name/eval.job 'done'
done
check "the same votes with srun" same_votes one srun
check "the same votes with mpirun" same_votes one mpirun

echo "--- without PMI"
train="$HRMPI train --preset tiny --steps 2 --threads 1 --overwrite --output"
code=0
here "srun --ntasks=1 $train alone" >alone.log 2>&1 || code=$?
check "a task of srun runs alone" same "$code" 0
code=0
here "srun --ntasks=2 $train several" >several.log 2>&1 || code=$?
check "two do not" same "$code" 2
check "and one of them says what to do" same "$(grep -c 'srun --mpi=pmi.* mpirun' several.log)" 1
here "sbatch --wait --ntasks=4 --output=batch.log --wrap='$train batch'" >>submitted
check "a batch script of four tasks is warned" has batch.log 'warning: the job has 4 tasks'
check "and runs" has batch.log '^1 rank x 1 thread'
finish
