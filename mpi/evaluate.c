#include "mpi/evaluate.h"

#include "core/vote/runner.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/// What the threads of a rank share.
struct crew {
    const struct hrm_evaluation *evaluation;
    struct hrm_queue queue;
    atomic_bool cancel; ///< leave everything as it is
    atomic_int working; ///< threads
    pthread_mutex_t failing;
    struct hrm_error error; ///< the first; under `failing`
};

/// A thread and its memory.
struct hand {
    struct crew *crew;
    struct hrm_runner runner;
    struct hrm_votes_puzzles puzzles; ///< of a block
    struct hrm_pass *passes;          ///< [block]
    bool *certified;                  ///< [block] which need no more passes
    struct hrm_evaluation_result result;
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

/// Keep the first failure and make everybody stop.
static void give_up(struct crew *crew, const struct hrm_error *error)
{
    pthread_mutex_lock(&crew->failing);
    if (crew->error.status == HRM_OK)
        crew->error = *error;
    pthread_mutex_unlock(&crew->failing);
    atomic_store(&crew->cancel, true);
}

/// Run the passes of a block, whose puzzles are read, and store them.
static int run_block(struct hand *hand, int64_t index, struct hrm_error *error)
{
    const struct hrm_evaluation *evaluation = hand->crew->evaluation;
    const struct hrm_plan *plan = &evaluation->store->votes.plan;
    struct hrm_plan_block block = hrm_plan_block_at(plan, index);
    struct hrm_perturbation perturbation =
        hrm_perturbations_make(evaluation->perturbations, block.perturbation);
    struct hrm_runner_task task = {.model = &evaluation->weights->models[block.checkpoint],
                                   .perturbation = &perturbation,
                                   .seed = evaluation->seed,
                                   .first = block.first,
                                   .count = block.count,
                                   .segments = plan->segments,
                                   .leave_certified = evaluation->leave_certified,
                                   .questions = hand->puzzles.questions,
                                   .passes = hand->passes,
                                   .skip = evaluation->stop_certified ? hand->certified : NULL,
                                   .cancel = &hand->crew->cancel};
    int status = hrm_runner_run(&hand->runner, &task, error);
    if (status == HRM_OK)
        status = hrm_store_put(evaluation->store, index, hand->passes, error);
    if (status)
        return status;
    hand->result.blocks++;
    for (int i = 0; i < block.count; i++)
        hand->result.passes += hand->passes[i].segments > 0;
    return HRM_OK;
}

/// Run a block unless an earlier run has stored it. Its records are in hand->passes afterwards.
static int provide_block(struct hand *hand, int64_t index, struct hrm_error *error)
{
    bool stored = false;
    int status = hrm_store_has(hand->crew->evaluation->store, index, hand->passes, &stored, error);
    hand->result.skipped += stored;
    return status || stored ? status : run_block(hand, index, error);
}

static int read_puzzles(struct hand *hand, int64_t index, struct hrm_error *error)
{
    struct hrm_store *store = hand->crew->evaluation->store;
    struct hrm_plan_block block = hrm_plan_block_at(&store->votes.plan, index);
    return hrm_store_puzzles(store, &block, &hand->puzzles, error);
}

/// All passes of a range of puzzles in a fixed order, so that what is left out does not depend
/// on the number of ranks.
static int run_range(struct hand *hand, int64_t range, struct hrm_error *error)
{
    const struct hrm_plan *plan = &hand->crew->evaluation->store->votes.plan;
    int rows = plan->checkpoints * plan->perturbations;
    int status = read_puzzles(hand, range, error);
    memset(hand->certified, false, (size_t)plan->block * sizeof *hand->certified);
    for (int t = 0; t < rows && status == HRM_OK; t++) {
        int checkpoint = t % plan->checkpoints, perturbation = t / plan->checkpoints;
        int64_t row = (int64_t)checkpoint * plan->perturbations + perturbation;
        struct hrm_plan_block block = hrm_plan_block_at(plan, row * plan->ranges + range);
        status = provide_block(hand, row * plan->ranges + range, error);
        for (int i = 0; i < block.count && status == HRM_OK; i++)
            hand->certified[i] = hand->certified[i] ||
                                 hrm_pass_certified(&hand->passes[i], &hand->puzzles.questions[i]);
    }
    return status;
}

/// Claim and run the next block or range; *left becomes false when there is none.
static int work_once(struct hand *hand, bool *left, struct hrm_error *error)
{
    struct crew *crew = hand->crew;
    int64_t index = -1;
    int status = hrm_queue_claim(&crew->queue, &index, error);
    *left = status == HRM_OK && index >= 0;
    if (!*left)
        return status;
    if (crew->evaluation->stop_certified)
        return run_range(hand, index, error);
    status = read_puzzles(hand, index, error);
    return status ? status : provide_block(hand, index, error);
}

static void *work(void *argument)
{
    struct hand *hand = argument;
    struct hrm_error error = {0};
    double begin = seconds();
    bool left = true;
    while (left && !atomic_load(&hand->crew->cancel))
        if (work_once(hand, &left, &error)) {
            if (error.status != HRM_STOPPED)
                give_up(hand->crew, &error);
            break;
        }
    hand->result.segments = hand->runner.segments;
    hand->result.busy = seconds() - begin;
    atomic_fetch_sub(&hand->crew->working, 1);
    return NULL;
}

// --- the rank ------------------------------------------------------------------------------------

static void free_hands(struct hand *hands, int count)
{
    for (int i = 0; hands && i < count; i++) {
        hrm_runner_free(&hands[i].runner);
        free(hands[i].puzzles.questions);
        free(hands[i].puzzles.answers);
        free(hands[i].puzzles.ratings);
        free(hands[i].passes);
        free(hands[i].certified);
    }
    free(hands);
}

static int init_hand(struct hand *hand, struct crew *crew, struct hrm_error *error)
{
    const struct hrm_evaluation *evaluation = crew->evaluation;
    const struct hrm_model *model = &evaluation->weights->models[0];
    int block = evaluation->store->votes.plan.block;
    hand->crew = crew;
    hand->puzzles.questions = calloc((size_t)block, sizeof *hand->puzzles.questions);
    hand->puzzles.answers = calloc((size_t)block, sizeof *hand->puzzles.answers);
    hand->puzzles.ratings = calloc((size_t)block, sizeof *hand->puzzles.ratings);
    hand->passes = calloc((size_t)block, sizeof *hand->passes);
    hand->certified = calloc((size_t)block, sizeof *hand->certified);
    if (!hand->puzzles.questions || !hand->puzzles.answers || !hand->puzzles.ratings ||
        !hand->passes || !hand->certified)
        return hrm_fail(error, HRM_FAILED, "no memory for blocks of %d puzzles", block);
    return hrm_runner_init(&hand->runner, model, hrm_runner_slots(model, block), error);
}

static int init_hands(struct crew *crew, struct hand **hands, struct hrm_error *error)
{
    int count = crew->evaluation->threads, status = HRM_OK;
    *hands = calloc((size_t)count, sizeof **hands);
    if (!*hands)
        return hrm_fail(error, HRM_FAILED, "no memory for %d threads", count);
    for (int i = 0; i < count && status == HRM_OK; i++)
        status = init_hand(&(*hands)[i], crew, error);
    return status;
}

/// Things to claim: blocks, or ranges of puzzles with all their blocks.
static int64_t claims_of(const struct hrm_evaluation *evaluation)
{
    const struct hrm_plan *plan = &evaluation->store->votes.plan;
    return evaluation->stop_certified ? plan->ranges : plan->blocks;
}

/// Let MPI move and tell of progress while the threads work.
static int watch(struct crew *crew, struct hrm_error *error)
{
    const struct hrm_evaluation *evaluation = crew->evaluation;
    const struct hrm_plan *plan = &evaluation->store->votes.plan;
    double shown = 0;
    int64_t claimed = 0;
    while (atomic_load(&crew->working) > 0) {
        int status = hrm_queue_poll(&crew->queue, error);
        if (status)
            return status;
        if (evaluation->stop && *evaluation->stop)
            atomic_store(&crew->cancel, true);
        if (evaluation->progress && evaluation->world->rank == 0 && seconds() - shown > 0.1) {
            shown = seconds();
            status = hrm_queue_claimed(&crew->queue, &claimed, error);
            if (status)
                return status;
            evaluation->progress(evaluation->user, claimed * plan->blocks / claims_of(evaluation));
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return HRM_OK;
}

static void start_hands(struct crew *crew, struct hand *hands)
{
    for (int i = 0; i < crew->evaluation->threads; i++) {
        atomic_fetch_add(&crew->working, 1);
        hands[i].started = pthread_create(&hands[i].thread, NULL, work, &hands[i]) == 0;
        if (hands[i].started)
            continue;
        struct hrm_error error = {0};
        hrm_fail(&error, HRM_FAILED, "cannot start thread %d of a rank", i);
        hrm_hint(&error, "give a smaller --threads");
        atomic_fetch_sub(&crew->working, 1);
        give_up(crew, &error);
    }
}

/// From the first claim to the last, on this rank.
static void run_hands(struct crew *crew, struct hand *hands)
{
    struct hrm_error error = {0};
    start_hands(crew, hands);
    int status = watch(crew, &error);
    for (int i = 0; i < crew->evaluation->threads; i++)
        if (hands[i].started)
            pthread_join(hands[i].thread, NULL);
    if (status == HRM_OK)
        status = hrm_queue_cancel(&crew->queue, &error);
    if (status == HRM_OK)
        status = hrm_queue_finish(&crew->queue, &error);
    // Without the queue the others would wait for this rank without end.
    if (status)
        hrm_world_abort(crew->evaluation->world, &error);
}

static int sum_up(const struct hrm_evaluation *evaluation, const struct hand *hands,
                  struct hrm_evaluation_result *result, struct hrm_error *error)
{
    int64_t counts[4] = {0};
    double busy = 0;
    for (int i = 0; i < evaluation->threads; i++) {
        counts[0] += hands[i].result.blocks;
        counts[1] += hands[i].result.skipped;
        counts[2] += hands[i].result.passes;
        counts[3] += hands[i].result.segments;
        busy += hands[i].result.busy;
    }
    MPI_Comm comm = evaluation->world->comm;
    int status = HRM_MPI(MPI_Allreduce(MPI_IN_PLACE, counts, 4, MPI_INT64_T, MPI_SUM, comm), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Allreduce(MPI_IN_PLACE, &busy, 1, MPI_DOUBLE, MPI_SUM, comm), error);
    bool finished = counts[0] + counts[1] == evaluation->store->votes.plan.blocks;
    *result =
        (struct hrm_evaluation_result){counts[0], counts[1], counts[2], counts[3], busy, finished};
    return status;
}

int hrm_evaluate(const struct hrm_evaluation *evaluation, struct hrm_evaluation_result *result,
                 struct hrm_error *error)
{
    const struct hrm_world *world = evaluation->world;
    struct hand *hands = NULL;
    struct crew crew = {.evaluation = evaluation, .failing = PTHREAD_MUTEX_INITIALIZER};
    assert(evaluation->threads > 0 && !evaluation->store->complete);
    int status = hrm_agree(world->comm, init_hands(&crew, &hands, error), error);
    if (status == HRM_OK)
        status = hrm_queue_init(&crew.queue, world, claims_of(evaluation), 1, evaluation->queue,
                                evaluation->store->lock, error);
    status = hrm_agree(world->comm, status, error);
    if (status)
        goto done;
    run_hands(&crew, hands);
    if (crew.error.status)
        *error = crew.error;
    status = hrm_agree(world->comm, crew.error.status, error);
    if (status == HRM_OK)
        status = sum_up(evaluation, hands, result, error);
    if (status == HRM_OK && !result->finished) {
        status = hrm_fail(error, HRM_STOPPED, "stopped with %lld of %lld blocks stored",
                          (long long)(result->blocks + result->skipped),
                          (long long)evaluation->store->votes.plan.blocks);
        hrm_hint(error, "run the same command again to continue");
    }
done:
    free_hands(hands, evaluation->threads);
    return status;
}
