#ifndef HRM_MPI_QUEUE_H
#define HRM_MPI_QUEUE_H

#include "core/base/error.h"
#include "core/eval/guided.h"
#include "mpi/world.h"

#include <mpi.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/// How claims reach rank 0.
enum hrm_queue_kind {
    HRM_QUEUE_AUTO,      ///< one-sided where MPI can, else messages
    HRM_QUEUE_ONE_SIDED, ///< fetch-and-add on a counter in a window of rank 0
    HRM_QUEUE_MESSAGES   ///< rank 0 answers in hrm_queue_poll(); over plain TCP Open MPI has no
                         ///< windows
};

/// Self-scheduling: workers on all ranks claim 0, 1, ... total-1, each exactly once, as they get
/// free; many neighbours at a time as long as much is left, and one at a time at the end, so that
/// all get ready together. Threads of a rank may claim at the same time. All MPI calls are made
/// under `lock`.
struct hrm_queue {
    MPI_Comm comm; ///< own duplicate
    int rank, size;
    struct hrm_guided work; ///< what is claimed
    int64_t seen;           ///< the counter after this rank's last claim
    bool exhausted;         ///< this rank has been told that nothing is left
    pthread_mutex_t *lock;  ///< not owned
    MPI_Win window;         ///< MPI_WIN_NULL: messages
    int64_t *counter;       ///< on rank 0: the next index to claim, in the window or own_counter
    int64_t own_counter;
    int told; ///< on rank 0: other ranks that know that nothing is left
};

/// Collective on world. @param lock  [in] guards every MPI call that runs beside the queue
/// Errors: HRM_FAILED on every rank.
int hrm_queue_init(struct hrm_queue *queue, const struct hrm_world *world,
                   const struct hrm_guided *work, enum hrm_queue_kind kind, pthread_mutex_t *lock,
                   struct hrm_error *error);

/// Claim indices *first .. *first + *count - 1; *count is 0 when nothing is left. Any thread.
int hrm_queue_claim(struct hrm_queue *queue, int64_t *first, int64_t *count,
                    struct hrm_error *error);

/// Take all that is left from everybody: later claims of any rank give none. Any thread.
int hrm_queue_cancel(struct hrm_queue *queue, struct hrm_error *error);

/// Let MPI move and answer waiting claims. A thread of every rank calls this about every
/// millisecond while others compute: claims need rank 0 where the network has no hardware for
/// them.
int hrm_queue_poll(struct hrm_queue *queue, struct hrm_error *error);

/// Indices that all ranks have claimed so far; rank 0 only.
int hrm_queue_claimed(struct hrm_queue *queue, int64_t *claimed, struct hrm_error *error);

/// Wait for all ranks and free. Every rank must have been told that nothing is left; a queue
/// whose MPI calls have failed cannot be finished. Collective on world.
int hrm_queue_finish(struct hrm_queue *queue, struct hrm_error *error);

#endif
