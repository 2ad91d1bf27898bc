#include "mpi/team.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

/// A thread.
struct member {
    struct rank_team *mine;
    int index;
    double waited;
    atomic_llong claimed; ///< indices
    pthread_t thread;
    bool started;
};

/// The team on this rank.
struct rank_team {
    struct hrm_team *team;
    struct hrm_queue queue;
    struct member *members; ///< [team->threads]
    atomic_int working;
    pthread_mutex_t failing;
    struct hrm_error error; ///< the first; under `failing`
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// --- a thread ------------------------------------------------------------------------------------

/// Keep the first failure and make everybody stop.
static void give_up(struct rank_team *mine, const struct hrm_error *error)
{
    pthread_mutex_lock(&mine->failing);
    if (mine->error.status == HRM_OK)
        mine->error = *error;
    pthread_mutex_unlock(&mine->failing);
    atomic_store(&mine->team->cancel, true);
}

/// Claim and do what comes next; *left becomes false when there is nothing.
static int work_once(struct member *member, bool *left, struct hrm_error *error)
{
    const struct hrm_team *team = member->mine->team;
    int64_t first = 0, count = 0;
    double begin = seconds();
    int status = hrm_queue_claim(&member->mine->queue, &first, &count, error);
    member->waited += seconds() - begin;
    atomic_fetch_add(&member->claimed, count);
    *left = status == HRM_OK && count > 0;
    return *left ? team->run(team->user, member->index, first, count, error) : status;
}

static void *work(void *argument)
{
    struct member *member = argument;
    struct rank_team *mine = member->mine;
    struct hrm_error error = {0};
    bool left = true;
    while (left && !atomic_load(&mine->team->cancel))
        if (work_once(member, &left, &error)) {
            if (error.status != HRM_STOPPED)
                give_up(mine, &error);
            break;
        }
    atomic_fetch_sub(&mine->working, 1);
    return NULL;
}

static void start_members(struct rank_team *mine)
{
    for (int i = 0; i < mine->team->threads; i++) {
        struct member *member = &mine->members[i];
        member->mine = mine;
        member->index = i;
        atomic_fetch_add(&mine->working, 1);
        member->started = pthread_create(&member->thread, NULL, work, member) == 0;
        if (member->started)
            continue;
        struct hrm_error error = {0};
        hrm_fail(&error, HRM_FAILED, "cannot start thread %d of a rank", i);
        hrm_hint(&error, "give a smaller --threads");
        atomic_fetch_sub(&mine->working, 1);
        give_up(mine, &error);
    }
}

// --- the rank ------------------------------------------------------------------------------------

/// Rank 0 knows what all have claimed.
static int tell(struct rank_team *mine, struct hrm_error *error)
{
    const struct hrm_team *team = mine->team;
    int64_t claimed = 0, own = 0;
    for (int i = 0; i < team->threads; i++)
        own += atomic_load(&mine->members[i].claimed);
    int status = hrm_queue_claimed(&mine->queue, &claimed, error);
    if (status == HRM_OK)
        team->watch(team->user, claimed, own);
    return status;
}

/// Let MPI move and tell of progress while the threads work.
static int watch(struct rank_team *mine, struct hrm_error *error)
{
    struct hrm_team *team = mine->team;
    bool tells = team->watch && team->world->rank == 0;
    double shown = 0;
    while (atomic_load(&mine->working) > 0) {
        int status = hrm_queue_poll(&mine->queue, error);
        if (status)
            return status;
        if (team->stop && *team->stop)
            atomic_store(&team->cancel, true);
        if (tells && seconds() - shown > 0.1) {
            shown = seconds();
            status = tell(mine, error);
            if (status)
                return status;
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return tells ? tell(mine, error) : HRM_OK;
}

/// From the first claim to the last, on this rank.
static void run_members(struct rank_team *mine)
{
    struct hrm_error error = {0};
    start_members(mine);
    int status = watch(mine, &error);
    for (int i = 0; i < mine->team->threads; i++) {
        if (mine->members[i].started)
            pthread_join(mine->members[i].thread, NULL);
        mine->team->waited += mine->members[i].waited;
    }
    if (status == HRM_OK)
        status = hrm_queue_cancel(&mine->queue, &error);
    if (status == HRM_OK)
        status = hrm_queue_finish(&mine->queue, &error);
    if (status)
        hrm_world_abort(mine->team->world, &error);
}

int hrm_team_run(struct hrm_team *team, struct hrm_error *error)
{
    const struct hrm_world *world = team->world;
    struct rank_team mine = {.team = team, .failing = PTHREAD_MUTEX_INITIALIZER};
    struct hrm_guided claims = {team->total, team->most, (int64_t)world->size * team->threads};
    int status = HRM_OK;
    team->waited = 0;
    mine.members = calloc((size_t)team->threads, sizeof *mine.members);
    if (!mine.members)
        status = hrm_fail(error, HRM_FAILED, "no memory for %d threads", team->threads);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK) {
        status = hrm_queue_init(&mine.queue, world, &claims, team->queue, team->lock, error);
        status = hrm_agree(world->comm, status, error);
    }
    if (status == HRM_OK) {
        run_members(&mine);
        if (mine.error.status)
            *error = mine.error;
        status = hrm_agree(world->comm, mine.error.status, error);
    }
    free(mine.members);
    return status;
}
