#include "mpi/evaluate.h"

#include "core/eval/chunk.h"
#include "core/eval/perturbation.h"
#include "core/eval/runner.h"
#include "mpi/store.h"
#include "mpi/team.h"
#include "mpi/weights.h"
#include "mpi/world.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

/// What the threads of a rank share.
struct evaluating {
    const struct hrm_evaluation *evaluation;
    struct hrm_team team;
    struct hrm_chunk_work work;
    struct hrm_chunk *chunks; ///< [threads]
};

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

/// Run blocks first .. first+count-1 of the order in which they are claimed: by pass, then range;
/// or those ranges with all their passes.
static int run_claim(void *user, int thread, int64_t first, int64_t count, struct hrm_error *error)
{
    const struct evaluating *evaluating = user;
    const struct hrm_evaluation *evaluation = evaluating->evaluation;
    struct hrm_chunk *chunk = &evaluating->chunks[thread];
    int64_t ranges = evaluation->store->votes.plan.ranges;
    if (evaluation->prune != HRM_RULES)
        return hrm_chunk_run(chunk, 0, first, count, error);
    int status = HRM_OK;
    while (count > 0 && status == HRM_OK) {
        int64_t range = first % ranges, part = ranges - range < count ? ranges - range : count;
        status = hrm_chunk_run(chunk, (int)(first / ranges), range, part, error);
        first += part;
        count -= part;
    }
    return status;
}

/// Rank 0 knows what all have claimed, and how far it is with its own claims.
static void tell_progress(void *user, int64_t claimed, int64_t own)
{
    const struct evaluating *evaluating = user;
    const struct hrm_evaluation *evaluation = evaluating->evaluation;
    int64_t done = 0, skipped = 0, passes = passes_of(evaluation);
    for (int i = 0; i < evaluation->threads; i++) {
        done += atomic_load(&evaluating->chunks[i].done);
        skipped += atomic_load(&evaluating->chunks[i].skipped);
    }
    double share = own > 0 ? (double)claimed / (double)own : 0;
    done = (int64_t)(share * (double)done);
    done = done < passes ? done : passes;
    skipped = (int64_t)(share * (double)skipped);
    evaluation->progress(evaluation->user, done, skipped < done ? skipped : done);
}

static int init_chunks(struct evaluating *evaluating, struct hrm_error *error)
{
    int count = evaluating->evaluation->threads, status = HRM_OK;
    evaluating->chunks = calloc((size_t)count, sizeof *evaluating->chunks);
    if (!evaluating->chunks)
        return hrm_fail(error, HRM_FAILED, "no memory for %d threads", count);
    for (int i = 0; i < count && status == HRM_OK; i++)
        status = hrm_chunk_init(&evaluating->chunks[i], &evaluating->work, error);
    return status;
}

static void free_chunks(struct evaluating *evaluating)
{
    for (int i = 0; evaluating->chunks && i < evaluating->evaluation->threads; i++)
        hrm_chunk_free(&evaluating->chunks[i]);
    free(evaluating->chunks);
}

static int sum_up(const struct evaluating *evaluating, struct hrm_evaluation_result *result,
                  struct hrm_error *error)
{
    const struct hrm_evaluation *evaluation = evaluating->evaluation;
    int64_t counts[4] = {0};
    double times[3] = {0, evaluating->team.waited, 0};
    for (int i = 0; i < evaluation->threads; i++) {
        const struct hrm_chunk_result *own = &evaluating->chunks[i].result;
        const int64_t count[4] = {own->blocks, own->skipped, own->passes, own->segments};
        for (int k = 0; k < 4; k++)
            counts[k] += count[k];
        times[0] += own->busy;
        times[2] += own->storage;
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
static void share_work(struct evaluating *evaluating)
{
    const struct hrm_evaluation *evaluation = evaluating->evaluation;
    evaluating->work =
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
                                .cancel = &evaluating->team.cancel};
    evaluating->team =
        (struct hrm_team){.world = evaluation->world,
                          .lock = evaluation->store->lock,
                          .queue = evaluation->queue,
                          .total = claims_of(evaluation),
                          .most = hrm_chunk_most(&evaluation->store->votes.plan, evaluation->prune),
                          .threads = evaluation->threads,
                          .stop = evaluation->stop,
                          .run = run_claim,
                          .watch = evaluation->progress ? tell_progress : NULL,
                          .user = evaluating};
}

int hrm_evaluate(const struct hrm_evaluation *evaluation, struct hrm_evaluation_result *result,
                 struct hrm_error *error)
{
    struct evaluating evaluating = {.evaluation = evaluation};
    assert(evaluation->threads > 0 && !evaluation->store->complete);
    share_work(&evaluating);
    int status = hrm_agree(evaluation->world->comm, init_chunks(&evaluating, error), error);
    if (status == HRM_OK)
        status = hrm_team_run(&evaluating.team, error);
    if (status == HRM_OK)
        status = sum_up(&evaluating, result, error);
    if (status == HRM_OK && !result->finished) {
        status = hrm_fail(error, HRM_STOPPED, "stopped with %lld of %lld blocks stored",
                          (long long)(result->blocks + result->skipped),
                          (long long)evaluation->store->votes.plan.blocks);
        hrm_hint(error, "run the same command again to continue");
    }
    free_chunks(&evaluating);
    return status;
}
