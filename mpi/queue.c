#include "mpi/queue.h"

#include "mpi/shared.h"

#include <assert.h>
#include <stddef.h>
#include <time.h>

enum { TAG_CLAIM = 1, TAG_GRANT = 2 };

// --- start ---------------------------------------------------------------------------------------

/// Where shared memory is full, one rank would fail and the others wait for it.
static int check_room(const struct hrm_queue *queue, struct hrm_error *error)
{
    bool room = false;
    int status = hrm_shared_has_room(queue->comm, &room, error);
    if (status || room)
        return status;
    hrm_fail(error, HRM_FAILED, "no shared memory (/dev/shm) is free for one-sided claims");
    return hrm_hint(error, "remove what killed programs left there, or take --claims messages");
}

static int open_window(struct hrm_queue *queue, struct hrm_error *error)
{
    if (check_room(queue, error))
        return error->status;
    MPI_Aint bytes = queue->rank == 0 ? (MPI_Aint)sizeof *queue->counter : 0;
    int64_t *base = NULL;
    int status = HRM_MPI(MPI_Win_allocate(bytes, (int)sizeof *base, MPI_INFO_NULL, queue->comm,
                                          &base, &queue->window),
                         error);
    if (hrm_agree(queue->comm, status, error)) {
        queue->window = MPI_WIN_NULL;
        return error->status;
    }
    status = HRM_MPI(MPI_Win_set_errhandler(queue->window, MPI_ERRORS_RETURN), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Win_lock_all(0, queue->window), error);
    if (status == HRM_OK && queue->rank == 0) {
        queue->counter = base;
        *base = 0;
        status = HRM_MPI(MPI_Win_sync(queue->window), error);
    }
    // Nobody claims before the counter is there, nor waits for one whom this has failed.
    return hrm_agree(queue->comm, status, error);
}

int hrm_queue_init(struct hrm_queue *queue, const struct hrm_world *world,
                   const struct hrm_guided *work, enum hrm_queue_kind kind, pthread_mutex_t *lock,
                   struct hrm_error *error)
{
    assert(work->total >= 0 && work->most > 0 && work->workers > 0);
    *queue = (struct hrm_queue){.comm = MPI_COMM_NULL,
                                .rank = world->rank,
                                .size = world->size,
                                .work = *work,
                                .lock = lock,
                                .window = MPI_WIN_NULL};
    queue->counter = &queue->own_counter;
    int status = HRM_MPI(MPI_Comm_dup(world->comm, &queue->comm), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Comm_set_errhandler(queue->comm, MPI_ERRORS_RETURN), error);
    if (status || kind == HRM_QUEUE_MESSAGES || (kind == HRM_QUEUE_AUTO && world->size == 1))
        return status;
    struct hrm_error problem = {0};
    status = open_window(queue, &problem);
    if (status && (kind == HRM_QUEUE_ONE_SIDED || queue->window != MPI_WIN_NULL))
        return hrm_fail(error, status, "%s", problem.text);
    return HRM_OK;
}

// --- claims --------------------------------------------------------------------------------------
// Everything below runs with the lock held.

/// Add to the counter of rank 0 and return what it was.
static int add_one_sided(struct hrm_queue *queue, int64_t amount, int64_t *before,
                         struct hrm_error *error)
{
    int status = HRM_MPI(
        MPI_Fetch_and_op(&amount, before, MPI_INT64_T, 0, 0, MPI_SUM, queue->window), error);
    return status ? status : HRM_MPI(MPI_Win_flush(0, queue->window), error);
}

/// Rank 0's half of a claim.
static int64_t grant(struct hrm_queue *queue, int64_t amount)
{
    int64_t before = *queue->counter;
    *queue->counter += amount;
    return before;
}

static int add_by_message(struct hrm_queue *queue, int64_t amount, int64_t *before,
                          struct hrm_error *error)
{
    if (queue->rank == 0) {
        *before = grant(queue, amount);
        return HRM_OK;
    }
    int status = HRM_MPI(MPI_Send(&amount, 1, MPI_INT64_T, 0, TAG_CLAIM, queue->comm), error);
    return status ? status
                  : HRM_MPI(MPI_Recv(before, 1, MPI_INT64_T, 0, TAG_GRANT, queue->comm,
                                     MPI_STATUS_IGNORE),
                            error);
}

/// Move the counter; *before may be beyond the end.
static int take(struct hrm_queue *queue, int64_t amount, int64_t *before, struct hrm_error *error)
{
    int status = queue->window != MPI_WIN_NULL ? add_one_sided(queue, amount, before, error)
                                               : add_by_message(queue, amount, before, error);
    if (status)
        return status;
    queue->exhausted = *before >= queue->work.total;
    queue->seen = *before + amount;
    return HRM_OK;
}

int hrm_queue_claim(struct hrm_queue *queue, int64_t *first, int64_t *count,
                    struct hrm_error *error)
{
    int status = HRM_OK;
    int64_t before = queue->work.total, amount = 0;
    pthread_mutex_lock(queue->lock);
    if (!queue->exhausted) {
        amount = hrm_guided_chunk(&queue->work, queue->seen);
        status = take(queue, amount, &before, error);
    }
    pthread_mutex_unlock(queue->lock);
    int64_t left = queue->work.total - before;
    *first = before;
    *count = status || left < 0 ? 0 : left < amount ? left : amount;
    return status;
}

int hrm_queue_cancel(struct hrm_queue *queue, struct hrm_error *error)
{
    int status = HRM_OK;
    int64_t before = 0;
    pthread_mutex_lock(queue->lock);
    // The first claim takes all that is left, the second is answered with "nothing".
    while (status == HRM_OK && !queue->exhausted)
        status = take(queue, queue->work.total + 1, &before, error);
    pthread_mutex_unlock(queue->lock);
    return status;
}

// --- rank 0's service ----------------------------------------------------------------------------

/// Answer one waiting claim, if there is one.
static int serve_one(struct hrm_queue *queue, bool *served, struct hrm_error *error)
{
    int waiting = 0;
    int64_t amount = 0;
    MPI_Status from;
    int status =
        HRM_MPI(MPI_Iprobe(MPI_ANY_SOURCE, TAG_CLAIM, queue->comm, &waiting, &from), error);
    *served = waiting != 0;
    if (status || !waiting)
        return status;
    status = HRM_MPI(MPI_Recv(&amount, 1, MPI_INT64_T, from.MPI_SOURCE, TAG_CLAIM, queue->comm,
                              MPI_STATUS_IGNORE),
                     error);
    if (status)
        return status;
    int64_t before = grant(queue, amount);
    queue->told += before >= queue->work.total;
    return HRM_MPI(MPI_Send(&before, 1, MPI_INT64_T, from.MPI_SOURCE, TAG_GRANT, queue->comm),
                   error);
}

int hrm_queue_poll(struct hrm_queue *queue, struct hrm_error *error)
{
    int status = HRM_OK;
    bool served = true;
    pthread_mutex_lock(queue->lock);
    while (status == HRM_OK && served)
        status = serve_one(queue, &served, error);
    pthread_mutex_unlock(queue->lock);
    return status;
}

int hrm_queue_claimed(struct hrm_queue *queue, int64_t *claimed, struct hrm_error *error)
{
    assert(queue->rank == 0);
    int status = HRM_OK;
    pthread_mutex_lock(queue->lock);
    if (queue->window != MPI_WIN_NULL)
        status = add_one_sided(queue, 0, claimed, error);
    else
        *claimed = *queue->counter;
    pthread_mutex_unlock(queue->lock);
    if (*claimed > queue->work.total)
        *claimed = queue->work.total;
    return status;
}

int hrm_queue_finish(struct hrm_queue *queue, struct hrm_error *error)
{
    int status = HRM_OK;
    assert(queue->exhausted);
    bool serving = queue->rank == 0 && queue->window == MPI_WIN_NULL;
    while (status == HRM_OK && serving && queue->told < queue->size - 1) {
        nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
        status = hrm_queue_poll(queue, error);
    }
    if (status == HRM_OK && queue->window != MPI_WIN_NULL)
        status = HRM_MPI(MPI_Win_unlock_all(queue->window), error);
    if (status == HRM_OK && queue->window != MPI_WIN_NULL)
        status = HRM_MPI(MPI_Win_free(&queue->window), error);
    return status ? status : HRM_MPI(MPI_Comm_free(&queue->comm), error);
}
