#ifndef HRM_MPI_LAUNCH_H
#define HRM_MPI_LAUNCH_H

#include "core/base/error.h"

#include <stdbool.h>

/// How this process was started, as far as its environment tells: by a launcher that MPI can ask
/// for the other processes, by Slurm's srun without one, or alone.
///
/// Without a launcher MPI takes the process for the only one. That is right for one process, and
/// fatal for several: they would do the same work and write the same files.
struct hrm_launch {
    int processes;  ///< started together; 1: alone
    char note[512]; ///< what the user should know though the run goes on, or ""
    bool speaks;    ///< false: another process of the same start says what this one would say
    char *step[2];  ///< Slurm's names of its step, put aside while MPI starts
};

/// Look at the environment, and tell MPI in it what it cannot know. Before MPI is started.
/// Errors, the same in every process of the start: HRM_USAGE for several processes of srun that MPI
/// cannot bring together.
int hrm_launch_begin(struct hrm_launch *launch, struct hrm_error *error);

/// Put the environment back, after MPI was started.
void hrm_launch_end(struct hrm_launch *launch);

/// Errors: HRM_USAGE when MPI sees this process alone, and its launcher has started several.
/// @param ranks  that MPI counts
int hrm_launch_check(const struct hrm_launch *launch, int ranks, struct hrm_error *error);

#endif
