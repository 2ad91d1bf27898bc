#include "mpi/trainer.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/// Floats whose squares are summed in one go.
#define NORM_BLOCK ((size_t)1 << 16)

int hrm_training_shards(int batch)
{
    int shards = 1;
    while (shards < 16 && batch % (2 * shards) == 0)
        shards *= 2;
    return shards;
}

int hrm_training_check(const struct hrm_training *training, int ranks, struct hrm_error *error)
{
    int shards = training->shards, batch = training->batch;
    if (shards < 1 || (shards & (shards - 1)) != 0) {
        hrm_fail(error, HRM_USAGE, "train.shards = %d is no power of two", shards);
        return hrm_hint(error, "for example train.shards = %d", hrm_training_shards(batch));
    }
    if (batch % shards != 0) {
        hrm_fail(error, HRM_USAGE, "train.batch = %d cannot be cut into train.shards = %d", batch,
                 shards);
        return hrm_hint(error, "take a multiple of %d as train.batch, or train.shards = %d", shards,
                        hrm_training_shards(batch));
    }
    int64_t owners = (int64_t)ranks * training->threads;
    if (shards < owners) {
        int64_t wanted = 1;
        while (wanted < owners)
            wanted *= 2;
        hrm_fail(error, HRM_USAGE,
                 "train.shards = %d are too few for %d ranks of %d threads a replica", shards,
                 ranks, training->threads);
        return hrm_hint(error,
                        "take train.shards = %" PRId64 " or more with a train.batch that it "
                        "divides, or fewer ranks or threads",
                        wanted);
    }
    return HRM_OK;
}

// --- memory -------------------------------------------------------------------------------------

/// Bytes that a thread's update by Muon works with, whole cache lines.
static size_t muon_scratch(const struct hrm_trainer *trainer)
{
    return (hrm_muon_scratch(&trainer->model.layout, trainer->model.backend) + 63) / 64 * 64;
}

/// Take the pieces from the arena, or measure them.
static void lay_out(struct hrm_trainer *trainer)
{
    struct hrm_arena *arena = &trainer->arena;
    const struct hrm_layout *layout = &trainer->model.layout;
    const struct hrm_model_config *config = &trainer->model.config;
    size_t trained = layout->trained * sizeof(float);
    size_t blocks = layout->trained / NORM_BLOCK + 1;
    trainer->params = hrm_arena_take(arena, layout->total * sizeof(float));
    trainer->m = hrm_arena_take(arena, trained);
    trainer->v = hrm_arena_take(arena, trained);
    trainer->ema = trainer->training.ema > 0 ? hrm_arena_take(arena, trained) : NULL;
    trainer->packed = NULL;
    if (hrm_model_packed_bytes(&trainer->model) > 0)
        trainer->packed = hrm_arena_take(arena, hrm_model_packed_bytes(&trainer->model));
    trainer->sums =
        hrm_arena_take(arena, (size_t)trainer->training.shards * HRM_SUMS * sizeof(double));
    trainer->norms = hrm_arena_take(arena, blocks * sizeof(double));
    trainer->muon = NULL;
    if (trainer->training.muon.momentum > 0)
        trainer->muon =
            hrm_arena_take(arena, (size_t)trainer->training.threads * muon_scratch(trainer));
    trainer->sign_sum = hrm_arena_take(arena, ((size_t)config->puzzle_emb + 1) * sizeof(double));
    trainer->sign_ids = hrm_arena_take(arena, ((size_t)config->puzzle_ids + 1) * sizeof(int32_t));
}

/// The share of this rank: its slots and its threads' lanes.
static int init_lanes(struct hrm_trainer *trainer, struct hrm_error *error)
{
    const struct hrm_training *training = &trainer->training;
    const struct hrm_group *group = trainer->group;
    int first = hrm_part_begin(training->shards, group->size, group->rank);
    int shards = hrm_part_begin(training->shards, group->size, group->rank + 1) - first;
    int slots = training->batch / training->shards;
    int status =
        hrm_slots_init(&trainer->slots, &trainer->model, first * slots, shards * slots, error);
    if (status)
        return status;
    trainer->lanes = calloc((size_t)training->threads, sizeof *trainer->lanes);
    if (!trainer->lanes)
        return hrm_fail(error, HRM_FAILED, "no memory for %d threads", training->threads);
    for (int t = 0; t < training->threads && status == HRM_OK; t++) {
        int begin = hrm_part_begin(shards, training->threads, t);
        int end = hrm_part_begin(shards, training->threads, t + 1);
        status = hrm_lane_init(&trainer->lanes[t], &trainer->training, &trainer->model,
                               &trainer->slots, first + begin, end - begin, error);
    }
    return status;
}

int hrm_trainer_measure(const struct hrm_training *training, const struct hrm_model_config *config,
                        const struct hrm_backend *backend, const struct hrm_group *group,
                        size_t *bytes, struct hrm_error *error)
{
    struct hrm_trainer trainer = {.training = *training, .group = group};
    int status = hrm_model_init(&trainer.model, config, backend, HRM_PACK_BOTH, error);
    if (status)
        return status;
    lay_out(&trainer);
    int first = hrm_part_begin(training->shards, group->size, group->rank);
    int shards = hrm_part_begin(training->shards, group->size, group->rank + 1) - first;
    *bytes = trainer.arena.used +
             hrm_slots_bytes(&trainer.model, shards * (training->batch / training->shards));
    for (int t = 0; t < training->threads; t++) {
        int begin = hrm_part_begin(shards, training->threads, t);
        int end = hrm_part_begin(shards, training->threads, t + 1);
        *bytes += hrm_lane_bytes(training, &trainer.model, first + begin, end - begin);
    }
    hrm_model_free(&trainer.model);
    return HRM_OK;
}

/// What can fail on one rank and not on another.
static int init_here(struct hrm_trainer *trainer, const struct hrm_model_config *config,
                     const struct hrm_backend *backend, struct hrm_error *error)
{
    int status = hrm_model_init(&trainer->model, config, backend, HRM_PACK_BOTH, error);
    if (status)
        return status;
    lay_out(trainer);
    status = hrm_arena_reserve(&trainer->arena, error);
    if (status)
        return status;
    lay_out(trainer);
    hrm_model_attach(&trainer->model, trainer->params, trainer->packed);
    status = hrm_reduce_init(&trainer->reduce, trainer->group->comm, trainer->training.shards,
                             trainer->training.reduce, error);
    return status ? status : init_lanes(trainer, error);
}

int hrm_trainer_init(struct hrm_trainer *trainer, const struct hrm_training *training,
                     const struct hrm_model_config *config, const struct hrm_backend *backend,
                     const struct hrm_group *group, struct hrm_error *error)
{
    *trainer = (struct hrm_trainer){.training = *training, .group = group};
    int status = hrm_training_check(training, group->size, error);
    if (status == HRM_OK)
        status = init_here(trainer, config, backend, error);
    status = hrm_agree(group->comm, status, error);
    if (status) {
        hrm_trainer_free(trainer);
        return status;
    }
    hrm_params_draw(&trainer->model.layout, training->seed, trainer->params);
    hrm_trainer_load(trainer, trainer->params);
    return HRM_OK;
}

void hrm_trainer_free(struct hrm_trainer *trainer)
{
    for (int t = 0; trainer->lanes && t < trainer->training.threads; t++)
        hrm_lane_free(&trainer->lanes[t]);
    free(trainer->lanes);
    hrm_reduce_free(&trainer->reduce);
    hrm_slots_free(&trainer->slots);
    hrm_arena_free(&trainer->arena);
    hrm_model_free(&trainer->model);
    *trainer = (struct hrm_trainer){0};
}

size_t hrm_trainer_bytes(const struct hrm_trainer *trainer)
{
    size_t bytes = trainer->arena.capacity + trainer->slots.arena.capacity;
    for (int t = 0; t < trainer->training.threads; t++)
        bytes += trainer->lanes[t].arena.capacity + trainer->lanes[t].worker.arena.capacity;
    return bytes;
}

void hrm_trainer_pack(struct hrm_trainer *trainer)
{
    int threads = trainer->training.threads;
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int t = 0; t < threads; t++)
        hrm_model_pack(&trainer->model, t, threads);
}

void hrm_trainer_load(struct hrm_trainer *trainer, const float *values)
{
    const struct hrm_layout *layout = &trainer->model.layout;
    if (values != trainer->params)
        memcpy(trainer->params, values, layout->total * sizeof *values);
    if (trainer->ema)
        memcpy(trainer->ema, values, layout->trained * sizeof *values);
    hrm_trainer_pack(trainer);
}

void hrm_trainer_swap_ema(struct hrm_trainer *trainer)
{
    if (!trainer->ema)
        return;
    for (size_t i = 0; i < trainer->model.layout.trained; i++) {
        float value = trainer->params[i];
        trainer->params[i] = trainer->ema[i];
        trainer->ema[i] = value;
    }
    hrm_trainer_pack(trainer);
}

// --- one step -----------------------------------------------------------------------------------

/// Part `part` of `parts` of `whole` floats begins here; on a cache line.
static size_t split(size_t whole, int parts, int part)
{
    return part == parts ? whole : whole / (size_t)parts * (size_t)part / 16 * 16;
}

static void run_lanes(struct hrm_trainer *trainer)
{
    const struct hrm_source *source = &trainer->training.source;
    int threads = trainer->training.threads;
    if (source->begin)
        source->begin(source->context, trainer->step + 1);
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int t = 0; t < threads; t++)
        hrm_lane_run(&trainer->lanes[t], trainer->step + 1, trainer->sums);
}

/// Push the lanes' nodes in the order of their shards, on floats first .. first + count - 1.
static void push_lanes(const struct hrm_trainer *trainer, struct hrm_partials *partials,
                       size_t first, size_t count)
{
    *partials = (struct hrm_partials){0};
    for (int t = 0; t < trainer->training.threads; t++)
        for (int n = 0; n < trainer->lanes[t].partials.count; n++)
            hrm_partials_push(partials, trainer->lanes[t].partials.nodes[n], first, count);
}

/// Sum the gradients of all shards. The sum is then in the values of the first partial.
static int sum_gradients(struct hrm_trainer *trainer, struct hrm_error *error)
{
    int threads = trainer->training.threads;
    size_t floats = trainer->lanes[0].layout.floats;
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int t = 0; t < threads; t++) {
        struct hrm_partials partials;
        size_t first = split(floats, threads, t);
        push_lanes(trainer, &partials, first, split(floats, threads, t + 1) - first);
    }
    push_lanes(trainer, &trainer->partials, 0, 0);
    trainer->sums[trainer->lanes[0].first * HRM_SUMS + HRM_SUM_REQUEST] = trainer->request;
    int status = hrm_reduce_sum(&trainer->reduce, &trainer->partials, floats, error);
    if (status == HRM_OK)
        status = hrm_reduce_gather(&trainer->reduce, trainer->sums, HRM_SUMS, error);
    return status;
}

/// Euclidean norm of the trained part; the same on every rank, whatever its threads.
static double gradient_norm(struct hrm_trainer *trainer, const float *gradient)
{
    size_t trained = trainer->model.layout.trained;
    int64_t blocks = (int64_t)((trained + NORM_BLOCK - 1) / NORM_BLOCK);
#pragma omp parallel for num_threads(trainer->training.threads)
    for (int64_t b = 0; b < blocks; b++) {
        size_t first = (size_t)b * NORM_BLOCK;
        size_t end = first + NORM_BLOCK < trained ? first + NORM_BLOCK : trained;
        double sum = 0;
        for (size_t i = first; i < end; i++)
            sum += (double)gradient[i] * gradient[i];
        trainer->norms[b] = sum;
    }
    double sum = 0;
    for (int64_t b = 0; b < blocks; b++)
        sum += trainer->norms[b];
    return sqrt(sum);
}

/// Add up the rows of the shards in their order.
static void take_metrics(struct hrm_trainer *trainer, struct hrm_metrics *metrics)
{
    const struct hrm_training *training = &trainer->training;
    *metrics = (struct hrm_metrics){0};
    for (int shard = 0; shard < training->shards; shard++) {
        const double *row = trainer->sums + shard * HRM_SUMS;
        for (int i = 0; i < HRM_SUM_REQUEST; i++)
            metrics->sums[i] += row[i];
        enum hrm_request request = (enum hrm_request)row[HRM_SUM_REQUEST];
        if (request > metrics->request)
            metrics->request = request;
    }
    metrics->gradient_norm = gradient_norm(trainer, trainer->partials.nodes[0].values);
    metrics->factor = hrm_schedule_factor(&training->schedule, trainer->step + 1);
}

/// Every rank holds the same numbers, so every rank comes to the same verdict.
static int check_finite(const struct hrm_trainer *trainer, const struct hrm_metrics *metrics,
                        struct hrm_error *error)
{
    double loss = metrics->sums[HRM_SUM_LM] + metrics->sums[HRM_SUM_Q_HALT] +
                  metrics->sums[HRM_SUM_Q_CONTINUE];
    if (isfinite(loss) && isfinite(metrics->gradient_norm))
        return HRM_OK;
    hrm_fail(error, HRM_NUMERIC,
             "replica %d diverged at step %" PRId64 ": loss %g, gradient norm %g",
             trainer->group->replica, trainer->step + 1, loss / trainer->training.batch,
             metrics->gradient_norm);
    return hrm_hint(error, "lower train.lr, or give it a longer train.warmup");
}

/// Sign descent for the identifiers that some slot has.
static void update_puzzle(struct hrm_trainer *trainer, double factor, float *gradient)
{
    const struct hrm_model_config *config = &trainer->model.config;
    const struct hrm_gradient_layout *layout = &trainer->lanes[0].layout;
    struct hrm_sign_descent descent = {.rate = trainer->training.puzzle_rate * factor,
                                       .decay = trainer->training.puzzle_decay,
                                       .width = config->puzzle_emb};
    size_t width = (size_t)config->puzzle_emb;
    int seen = 0;
    for (int id = 0; layout->seen_at < layout->floats && id < config->puzzle_ids; id++) {
        if (gradient[layout->seen_at + (size_t)id] <= 0)
            continue;
        memmove(gradient + layout->puzzle_at + (size_t)seen * width,
                gradient + layout->puzzle_at + (size_t)id * width, width * sizeof *gradient);
        trainer->sign_ids[seen++] = id;
    }
    if (seen > 0)
        hrm_sign_descent_update(&descent, trainer->params + trainer->model.layout.trained, seen,
                                trainer->sign_ids, gradient + layout->puzzle_at, trainer->sign_sum);
}

/// The first `count` floats of the trained part.
static void update_by_adam(struct hrm_trainer *trainer, double factor, size_t count,
                           const struct hrm_optimizer_state *state)
{
    const int threads = trainer->training.threads;
    struct hrm_adam adam = trainer->training.adam;
    adam.rate *= factor;
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int t = 0; t < threads; t++) {
        size_t first = split(count, threads, t), end = split(count, threads, t + 1);
        hrm_adam_update(&adam, state, trainer->step + 1, first, end - first);
    }
}

/// The matrices of the blocks, each by one thread.
static void update_by_muon(struct hrm_trainer *trainer, double factor,
                           const struct hrm_optimizer_state *state)
{
    const struct hrm_layout *layout = &trainer->model.layout;
    const size_t scratch = muon_scratch(trainer);
    struct hrm_muon muon = trainer->training.muon;
    muon.rate *= factor;
#pragma omp parallel for schedule(dynamic, 1) num_threads(trainer->training.threads)
    for (int i = 0; i < layout->count; i++)
        if (hrm_muon_takes(&layout->tensors[i]))
            hrm_muon_update(&muon, trainer->model.backend, state, &layout->tensors[i],
                            trainer->muon + scratch * (size_t)omp_get_thread_num());
}

static void update(struct hrm_trainer *trainer, double factor)
{
    const struct hrm_training *training = &trainer->training;
    const struct hrm_layout *layout = &trainer->model.layout;
    const struct hrm_optimizer_state state = {.params = trainer->params,
                                              .gradient = trainer->partials.nodes[0].values,
                                              .m = trainer->m,
                                              .v = trainer->v,
                                              .ema = trainer->ema,
                                              .ema_rate = training->ema};
    update_puzzle(trainer, factor, state.gradient);
    update_by_adam(trainer, factor, trainer->muon ? hrm_muon_begin(layout) : layout->trained,
                   &state);
    if (trainer->muon)
        update_by_muon(trainer, factor, &state);
    hrm_trainer_pack(trainer);
}

int hrm_trainer_step(struct hrm_trainer *trainer, struct hrm_metrics *metrics,
                     struct hrm_error *error)
{
    run_lanes(trainer);
    int status = sum_gradients(trainer, error);
    if (status)
        return status;
    take_metrics(trainer, metrics);
    status = check_finite(trainer, metrics, error);
    if (status)
        return status;
    update(trainer, metrics->factor);
    trainer->step++;
    return HRM_OK;
}
