#!/bin/sh
# How a process was started: alone, by srun with and without PMI, by the mpirun of another MPI. The
# environment of each is made up.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

unset SLURM_JOB_ID SLURM_JOBID SLURM_STEP_ID SLURM_STEPID SLURM_PROCID SLURM_NTASKS \
    SLURM_STEP_NUM_TASKS SLURM_TASK_PID
train="$HRMPI train --preset tiny --threads 1 --steps 2 --overwrite --output run"
job="SLURM_JOB_ID=7 SLURM_JOBID=7 SLURM_NODELIST=localhost"

# step RANK TASKS: the environment of a task of srun without PMI.
step() {
    echo "$job SLURM_STEP_ID=0 SLURM_STEPID=0 SLURM_PROCID=$1 SLURM_LOCALID=$1" \
        "SLURM_NTASKS=$2 SLURM_STEP_NUM_TASKS=$2"
}

# shellcheck disable=SC2046,SC2086 # lists of words
{
    # A step of one task runs alone, and its seeming rank mutes nothing.
    expect_exit 0 env $(step 0 1) $train
    expect_text "1 rank x 1 thread"
    refuse_text "PMI" "warning"
    expect_exit 0 env $(step 1 1) $train
    expect_text "1 rank x 1 thread"
    expect_exit 3 env $(step 1 1) "$HRMPI" vote none.h5
    expect_text "none.h5"

    # A process alone needs no session directory of MPI, whose name it would share with others.
    touch file
    expect_exit 3 env TMPDIR="$PWD/file" "$HRMPI" vote none.h5
    expect_text "none.h5"

    # So does what another step's environment is left to, where no MPI is asked.
    for command in "info" "data summarize train-1k"; do
        expect_exit 0 "$HRMPI" $command
        lines=$(wc -l <out)
        expect_exit 0 env SLURM_PROCID=3 PMIX_RANK=2 PMI_RANK=1 OMPI_COMM_WORLD_RANK=1 "$HRMPI" $command
        [ "$(wc -l <out)" -eq "$lines" ] || fail "other output of a later rank: $command"
    done
    expect_exit 2 env SLURM_PROCID=1 "$HRMPI" solve --no-such-option
    expect_text "unknown option"

    # Several tasks that cannot find each other do nothing, and say it in a line.
    for rank in 0 1; do
        expect_exit 2 env $(step $rank 4) "$HRMPI" vote none.h5
        expect_text "4 processes" "srun --mpi=pm" "mpirun"
        [ "$(cat out err | wc -l)" -eq 1 ] || fail "more than a line"
    done
    # The tasks themselves say it once.
    # shellcheck disable=SC2016 # expanded by that shell
    for rank in 0 1; do
        expect_exit 2 env $(step $rank 4) \
            sh -c 'SLURM_TASK_PID=$$ exec "$0" vote none.h5' "$HRMPI"
        [ "$(cat out err | wc -l)" -eq $((1 - rank)) ] || fail "task $rank does not speak in its turn"
    done

    # A batch script of several tasks without a launcher.
    expect_exit 0 env $job SLURM_PROCID=0 SLURM_NTASKS=4 $train
    expect_text "warning: the job has 4 tasks" "mpirun" "1 rank x 1 thread"
    expect_exit 0 env $job SLURM_PROCID=0 SLURM_NTASKS=1 $train
    refuse_text "warning"

    # The launcher of another MPI: each process would take itself for all.
    expect_exit 2 env MV2_COMM_WORLD_SIZE=2 "$HRMPI" vote none.h5
    expect_text "2 processes were started" "the same files" "mpirun"
    # What started a launcher of one process does not count.
    expect_exit 0 "${HRM_MPIEXEC:-mpiexec}" -n 1 env $(step 0 2) $train

    # Nothing is started beside a process without a launcher.
    HRM_TEST_PAUSE="2:$scratch/held" $train >out 2>err </dev/null &
    process=$!
    until [ -e held ]; do
        kill -0 $process || fail "not held"
        sleep 0.05
    done
    children=$(cat "/proc/$process/task/$process/children" 2>/dev/null)
    rm held
    wait $process || fail "held, and not ended well"
    [ -z "$children" ] || fail "a process beside it: $children"
}
exit 0
