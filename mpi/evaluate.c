#include "mpi/evaluate.h"

#include "core/eval/chunk.h"
#include "core/eval/perturbation.h"
#include "core/eval/runner.h"
#include "mpi/store.h"
#include "mpi/weights.h"
#include "mpi/world.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/// What the threads of a rank share.
struct team {
    const struct hrm_evaluation *evaluation;
    struct hrm_chunk_work work;
    struct hrm_queue queue;
    atomic_bool cancel; ///< leave everything as it is
    atomic_int working; ///< threads
    pthread_mutex_t failing;
    struct hrm_error error; ///< the first; under `failing`
};

/// A thread and its memory.
struct member {
    struct team *team;
    struct hrm_chunk chunk;
    double queue;         ///< seconds
    atomic_llong claimed; ///< indices of the queue
    pthread_t thread;
    bool started;
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// --- a thread ------------------------------------------------------------------------------------

/// Things to claim: blocks, or ranges of puzzles with all their blocks.
static int64_t claims_of(const struct hrm_evaluation *evaluation)
{
    const struct hrm_plan *plan = &evaluation->store->votes.plan;
    return evaluation->prune != HRM_RULES ? plan->ranges : plan->blocks;
}

/// Passes of the plan.
static int64_t passes_of(const struct hrm_evaluation *evaluation)
{
    const struct hrm_plan *plan = &evaluation->store->votes.plan;
    return (int64_t)plan->checkpoints * plan->perturbations * plan->puzzles;
}

/// Keep the first failure and make everybody stop.
static void give_up(struct team *team, const struct hrm_error *error)
{
    pthread_mutex_lock(&team->failing);
    if (team->error.status == HRM_OK)
        team->error = *error;
    pthread_mutex_unlock(&team->failing);
    atomic_store(&team->cancel, true);
}

/// Run blocks first .. first+count-1 of the order in which they are claimed: by pass, then range;
/// or those ranges with all their passes.
static int run_claim(struct member *member, int64_t first, int64_t count, struct hrm_error *error)
{
    const struct hrm_evaluation *evaluation = member->team->evaluation;
    int64_t ranges = evaluation->store->votes.plan.ranges;
    if (evaluation->prune != HRM_RULES)
        return hrm_chunk_run(&member->chunk, 0, first, count, error);
    int status = HRM_OK;
    while (count > 0 && status == HRM_OK) {
        int64_t range = first % ranges, part = ranges - range < count ? ranges - range : count;
        status = hrm_chunk_run(&member->chunk, (int)(first / ranges), range, part, error);
        first += part;
        count -= part;
    }
    return status;
}

/// Claim and run what comes next; *left becomes false when there is nothing.
static int work_once(struct member *member, bool *left, struct hrm_error *error)
{
    int64_t first = 0, count = 0;
    double begin = seconds();
    int status = hrm_queue_claim(&member->team->queue, &first, &count, error);
    member->queue += seconds() - begin;
    atomic_fetch_add(&member->claimed, count);
    *left = status == HRM_OK && count > 0;
    return *left ? run_claim(member, first, count, error) : status;
}

static void *work(void *argument)
{
    struct member *member = argument;
    struct hrm_error error = {0};
    bool left = true;
    while (left && !atomic_load(&member->team->cancel))
        if (work_once(member, &left, &error)) {
            if (error.status != HRM_STOPPED)
                give_up(member->team, &error);
            break;
        }
    atomic_fetch_sub(&member->team->working, 1);
    return NULL;
}

// --- the rank ------------------------------------------------------------------------------------

static void free_members(struct member *members, int count)
{
    for (int i = 0; members && i < count; i++)
        hrm_chunk_free(&members[i].chunk);
    free(members);
}

static int init_members(struct team *team, struct member **members, struct hrm_error *error)
{
    int count = team->evaluation->threads, status = HRM_OK;
    *members = calloc((size_t)count, sizeof **members);
    if (!*members)
        return hrm_fail(error, HRM_FAILED, "no memory for %d threads", count);
    for (int i = 0; i < count && status == HRM_OK; i++) {
        (*members)[i].team = team;
        status = hrm_chunk_init(&(*members)[i].chunk, &team->work, error);
    }
    return status;
}

/// Rank 0 knows what all have claimed, and how far it is with its own claims.
static int tell_progress(struct team *team, struct member *members, struct hrm_error *error)
{
    const struct hrm_evaluation *evaluation = team->evaluation;
    int64_t claimed = 0, own = 0, done = 0, skipped = 0, passes = passes_of(evaluation);
    for (int i = 0; i < evaluation->threads; i++) {
        own += atomic_load(&members[i].claimed);
        done += atomic_load(&members[i].chunk.done);
        skipped += atomic_load(&members[i].chunk.skipped);
    }
    int status = hrm_queue_claimed(&team->queue, &claimed, error);
    if (status)
        return status;
    double share = own > 0 ? (double)claimed / (double)own : 0;
    done = (int64_t)(share * (double)done);
    done = done < passes ? done : passes;
    skipped = (int64_t)(share * (double)skipped);
    evaluation->progress(evaluation->user, done, skipped < done ? skipped : done);
    return HRM_OK;
}

/// Let MPI move and tell of progress while the threads work.
static int watch(struct team *team, struct member *members, struct hrm_error *error)
{
    const struct hrm_evaluation *evaluation = team->evaluation;
    bool tells = evaluation->progress && evaluation->world->rank == 0;
    double shown = 0;
    while (atomic_load(&team->working) > 0) {
        int status = hrm_queue_poll(&team->queue, error);
        if (status)
            return status;
        if (evaluation->stop && *evaluation->stop)
            atomic_store(&team->cancel, true);
        if (tells && seconds() - shown > 0.1) {
            shown = seconds();
            status = tell_progress(team, members, error);
            if (status)
                return status;
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return tells ? tell_progress(team, members, error) : HRM_OK;
}

static void start_members(struct team *team, struct member *members)
{
    for (int i = 0; i < team->evaluation->threads; i++) {
        atomic_fetch_add(&team->working, 1);
        members[i].started = pthread_create(&members[i].thread, NULL, work, &members[i]) == 0;
        if (members[i].started)
            continue;
        struct hrm_error error = {0};
        hrm_fail(&error, HRM_FAILED, "cannot start thread %d of a rank", i);
        hrm_hint(&error, "give a smaller --threads");
        atomic_fetch_sub(&team->working, 1);
        give_up(team, &error);
    }
}

/// From the first claim to the last, on this rank.
static void run_members(struct team *team, struct member *members)
{
    struct hrm_error error = {0};
    start_members(team, members);
    int status = watch(team, members, &error);
    for (int i = 0; i < team->evaluation->threads; i++)
        if (members[i].started)
            pthread_join(members[i].thread, NULL);
    if (status == HRM_OK)
        status = hrm_queue_cancel(&team->queue, &error);
    if (status == HRM_OK)
        status = hrm_queue_finish(&team->queue, &error);
    // Without the queue the others would wait for this rank without end.
    if (status)
        hrm_world_abort(team->evaluation->world, &error);
}

static int sum_up(const struct hrm_evaluation *evaluation, const struct member *members,
                  struct hrm_evaluation_result *result, struct hrm_error *error)
{
    int64_t counts[4] = {0};
    double times[3] = {0};
    for (int i = 0; i < evaluation->threads; i++) {
        const struct hrm_chunk_result *own = &members[i].chunk.result;
        const int64_t count[4] = {own->blocks, own->skipped, own->passes, own->segments};
        const double time[3] = {own->busy, members[i].queue, own->storage};
        for (int k = 0; k < 4; k++)
            counts[k] += count[k];
        for (int k = 0; k < 3; k++)
            times[k] += time[k];
    }
    double ends[2] = {-times[0], times[0]};
    MPI_Comm comm = evaluation->world->comm;
    int status = HRM_MPI(MPI_Allreduce(MPI_IN_PLACE, counts, 4, MPI_INT64_T, MPI_SUM, comm), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Allreduce(MPI_IN_PLACE, times, 3, MPI_DOUBLE, MPI_SUM, comm), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Allreduce(MPI_IN_PLACE, ends, 2, MPI_DOUBLE, MPI_MAX, comm), error);
    *result = (struct hrm_evaluation_result){.blocks = counts[0],
                                             .skipped = counts[1],
                                             .passes = counts[2],
                                             .segments = counts[3],
                                             .busy = times[0],
                                             .queue = times[1],
                                             .storage = times[2],
                                             .least = -ends[0],
                                             .greatest = ends[1]};
    result->finished = counts[0] + counts[1] == evaluation->store->votes.plan.blocks;
    return status;
}

static int read_puzzles(void *user, const struct hrm_plan_block *block, void *items,
                        struct hrm_error *error)
{
    return hrm_store_puzzles(user, block, items, error);
}

static int get_passes(void *user, int64_t index, int64_t count, void *records, bool *stored,
                      struct hrm_error *error)
{
    return hrm_store_get(user, index, count, records, stored, error);
}

static int put_passes(void *user, int64_t index, int64_t count, const void *records,
                      struct hrm_error *error)
{
    return hrm_store_put(user, index, count, records, error);
}

/// What the threads run, and where it goes.
static void share_work(struct team *team)
{
    const struct hrm_evaluation *evaluation = team->evaluation;
    team->work =
        (struct hrm_chunk_work){.plan = &evaluation->store->votes.plan,
                                .task = &evaluation->store->votes.task,
                                .models = evaluation->weights->models,
                                .newest = evaluation->weights->newest,
                                .perturbations = evaluation->perturbations,
                                .seed = evaluation->seed,
                                .leave = evaluation->leave,
                                .settled = evaluation->settled,
                                .prune = evaluation->prune,
                                .patience = evaluation->patience,
                                .store = {read_puzzles, get_passes, put_passes, evaluation->store},
                                .stored = evaluation->stored,
                                .user = evaluation->user,
                                .cancel = &team->cancel};
}

int hrm_evaluate(const struct hrm_evaluation *evaluation, struct hrm_evaluation_result *result,
                 struct hrm_error *error)
{
    const struct hrm_world *world = evaluation->world;
    struct member *members = NULL;
    struct team team = {.evaluation = evaluation, .failing = PTHREAD_MUTEX_INITIALIZER};
    struct hrm_guided work = {.total = claims_of(evaluation),
                              .most =
                                  hrm_chunk_most(&evaluation->store->votes.plan, evaluation->prune),
                              .workers = (int64_t)world->size * evaluation->threads};
    assert(evaluation->threads > 0 && !evaluation->store->complete);
    share_work(&team);
    int status = hrm_agree(world->comm, init_members(&team, &members, error), error);
    if (status == HRM_OK)
        status = hrm_queue_init(&team.queue, world, &work, evaluation->queue,
                                evaluation->store->lock, error);
    status = hrm_agree(world->comm, status, error);
    if (status)
        goto done;
    run_members(&team, members);
    if (team.error.status)
        *error = team.error;
    status = hrm_agree(world->comm, team.error.status, error);
    if (status == HRM_OK)
        status = sum_up(evaluation, members, result, error);
    if (status == HRM_OK && !result->finished) {
        status = hrm_fail(error, HRM_STOPPED, "stopped with %lld of %lld blocks stored",
                          (long long)(result->blocks + result->skipped),
                          (long long)evaluation->store->votes.plan.blocks);
        hrm_hint(error, "run the same command again to continue");
    }
done:
    free_members(members, evaluation->threads);
    return status;
}
