#ifndef HRM_MPI_TEAM_H
#define HRM_MPI_TEAM_H

#include "core/base/error.h"
#include "mpi/queue.h"
#include "mpi/world.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

/// The threads of all ranks, which share out work by claims (queue.h): each claims some
/// neighbouring indices, does them, and claims again, until none is left. A failure of one thread
/// stops the threads of its rank, and the queue gives nothing more to anybody.
struct hrm_team {
    const struct hrm_world *world; ///< not owned
    pthread_mutex_t *lock;         ///< guards every MPI call; not owned
    enum hrm_queue_kind queue;
    int64_t total;                     ///< indices 0 .. total-1
    int64_t most;                      ///< of a claim, at most
    int threads;                       ///< of this rank, > 0
    const volatile sig_atomic_t *stop; ///< not 0: leave what is unfinished; or NULL

    /// Do indices first .. first+count-1; called by thread 0 .. threads-1 of this rank.
    /// HRM_STOPPED: what it does was cancelled. Other errors stop the team.
    int (*run)(void *user, int thread, int64_t first, int64_t count, struct hrm_error *error);
    /// Called on rank 0 about ten times a second, and at the end: how many indices all ranks have
    /// claimed, and this one. Or NULL.
    void (*watch)(void *user, int64_t claimed, int64_t own);
    void *user;

    atomic_bool cancel; ///< set when all shall leave what they do as it is; `run` looks at it
    double waited;      ///< [out] seconds that threads of this rank waited for claims
};

/// Let all work until nothing is left or the team is stopped. When MPI fails in between, the job is
/// aborted: the others would wait without end. Collective on world.
/// Errors, the same on every rank: those of `run`, HRM_FAILED.
int hrm_team_run(struct hrm_team *team, struct hrm_error *error);

#endif
