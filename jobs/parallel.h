#ifndef HRM_JOBS_PARALLEL_H
#define HRM_JOBS_PARALLEL_H

#include <stdbool.h>

/// How main runs a job whose row says `parallel`. jobs/with_mpi.c does it, and in a build without
/// MPI (HRM_MPI=OFF) jobs/without_mpi.c, which also stands for the jobs that are left out there.

/// Whether this program has those jobs.
extern const bool hrm_parallel;

/// What the help of the program says of such jobs: the lines behind a star.
extern const char hrm_parallel_note[];

/// Run a job on all ranks that a launcher has started. Returns the exit code, the same on all.
int hrm_parallel_run(int (*job)(int argc, char **argv), int argc, char **argv);

#endif
