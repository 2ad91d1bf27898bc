#include "mpi/launch.h"

#include "mpi/version.h"

#include <mpi.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef OPEN_MPI
#define SRUN "srun --mpi=pmix"
#else
#define SRUN "srun --mpi=pmi2"
#endif

#define LENGTH(names) ((int)(sizeof(names) / sizeof *(names)))

/// What launchers leave in the environment of their processes, by which MPI finds the others.
static const char *const LAUNCHERS[] = {"PMIX_NAMESPACE",
                                        "OMPI_COMM_WORLD_SIZE",
                                        "PMI_FD",
                                        "PMI_RANK",
                                        "PMI_SIZE",
                                        "PMI_PORT",
                                        "PMI_CONTROL_PORT",
                                        "PALS_RANKID",
                                        "MV2_COMM_WORLD_SIZE",
                                        "MPIRUN_RANK",
                                        "ALPS_APP_PE"};

/// Of those the ones that say how many processes there are.
static const char *const SIZES[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"};

static const char *const STEP[] = {"SLURM_STEP_ID", "SLURM_STEPID"};

// --- the environment -----------------------------------------------------------------------------

/// A variable's number; 0 where it is not set or no number.
static long number_of(const char *name)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

static bool has_launcher(void)
{
    for (int i = 0; i < LENGTH(LAUNCHERS); i++)
        if (getenv(LAUNCHERS[i]))
            return true;
    return false;
}

/// Whether srun has started this process or one above it. A batch script is no such step: where
/// it has a number at all, that is one of the last.
static bool is_in_step(void)
{
    const char *step = getenv(STEP[0]) ? getenv(STEP[0]) : getenv(STEP[1]);
    return step && strtoul(step, NULL, 10) < 0xfffffff0U;
}

/// Tasks of the step; of the job where a step does not say it.
static long step_tasks(void)
{
    return getenv("SLURM_STEP_NUM_TASKS") ? number_of("SLURM_STEP_NUM_TASKS")
                                          : number_of("SLURM_NTASKS");
}

/// Processes that were started together with this one.
static int count_processes(void)
{
    long most = 0;
    for (int i = 0; i < LENGTH(SIZES); i++)
        most = number_of(SIZES[i]) > most ? number_of(SIZES[i]) : most;
    if (most == 0 && is_in_step())
        most = step_tasks();
    return most > 1 && most < 1L << 30 ? (int)most : 1;
}

/// A task of srun itself, and not what a task has started in turn, has brothers that meet the same
/// error: the first speaks for all.
static bool speaks(void)
{
    return number_of("SLURM_TASK_PID") != getpid() || number_of("SLURM_PROCID") == 0;
}

// --- start ---------------------------------------------------------------------------------------

/// What Open MPI is told unless the user has said otherwise. Other MPIs do not read it.
static void advise_open_mpi(bool alone)
{
    // Nothing here uses shared file pointers, and these components take no long paths.
    setenv("OMPI_MCA_sharedfp", "^sm,lockedfile", 0);
    if (!alone)
        return;
    // One process needs no daemon beside it, and no network: to look for one takes longest.
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    // Nor a session directory: all processes that are alone share one name for it, so that one that
    // ends can remove it under another that begins (Open MPI 4.1.4).
    setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
    setenv("OMPI_MCA_pml", "ob1", 0);
    setenv("OMPI_MCA_btl", "self", 0);
}

/// Open MPI 4 takes a step of Slurm for a start by srun, asks it for the other tasks, and ends the
/// process when nobody answers.
static void hide_step(struct hrm_launch *launch)
{
    for (int i = 0; i < LENGTH(STEP); i++) {
        const char *value = getenv(STEP[i]);
        launch->step[i] = value ? strdup(value) : NULL;
        unsetenv(STEP[i]);
    }
}

void hrm_launch_end(struct hrm_launch *launch)
{
    for (int i = 0; i < LENGTH(STEP); i++) {
        if (launch->step[i])
            setenv(STEP[i], launch->step[i], 1);
        free(launch->step[i]);
        launch->step[i] = NULL;
    }
}

int hrm_launch_begin(struct hrm_launch *launch, struct hrm_error *error)
{
    long tasks = number_of("SLURM_NTASKS");
    *launch = (struct hrm_launch){.processes = count_processes(), .speaks = true};
    advise_open_mpi(!has_launcher());
    if (is_in_step() && launch->processes == 1 && !getenv("PMIX_NAMESPACE"))
        hide_step(launch);
    if (has_launcher())
        return HRM_OK;
    if (is_in_step() && launch->processes > 1) {
        launch->speaks = speaks();
        return hrm_fail(error, HRM_USAGE,
                        "srun has started %d processes, and without PMI none finds the others: "
                        "start them with " SRUN ", or with mpirun -n %d",
                        launch->processes, launch->processes);
    }
    if (!is_in_step() && getenv("SLURM_JOB_ID") && tasks > 1)
        snprintf(launch->note, sizeof launch->note,
                 "the job has %ld tasks, and this is one process alone: to use them all, start it "
                 "with " SRUN ", or with mpirun",
                 tasks);
    return HRM_OK;
}

int hrm_launch_check(const struct hrm_launch *launch, int ranks, struct hrm_error *error)
{
    if (ranks > 1 || launch->processes == 1)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE,
             "%d processes were started, and %s finds one: each would do all the work and write "
             "the same files",
             launch->processes, hrm_mpi_library());
    return hrm_hint(error, "start them with the mpirun of that MPI, or with " SRUN);
}
