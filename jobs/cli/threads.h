#ifndef HRM_JOBS_THREADS_H
#define HRM_JOBS_THREADS_H

#include "core/base/error.h"

/// How many threads a process gets: the one place for the default and the limit of --threads.

#define HRM_THREADS_MAX 1024 ///< the upper end of every option --threads

/// Threads of a rank when none are asked for: the CPUs that it may use, or its share of them where
/// the ranks of a node are not bound to different ones; at most its share of a CPU quota, rounded
/// down; at least 1, at most HRM_THREADS_MAX.
/// @param cpus, online  CPUs that the process may use, and those of the machine
/// @param quota         CPUs of a quota, see hrm_machine_quota(); 0: none
int hrm_threads_share(int cpus, int online, double quota, int node_size);

/// hrm_threads_share() of this machine.
int hrm_threads_usable(int node_size);

/// What OMP_NUM_THREADS asks for: the first number of its list; 0: it is not set.
/// Errors: HRM_USAGE when that is no number from 1 to HRM_THREADS_MAX.
int hrm_threads_openmp(int *threads, struct hrm_error *error);

#endif
