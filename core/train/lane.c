#include "core/train/lane.h"

#include "core/model/halting.h"
#include "core/model/loss.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct hrm_gradient_layout hrm_gradient_layout(const struct hrm_model *model)
{
    size_t ids = model->config.puzzle_emb > 0 ? (size_t)model->config.puzzle_ids : 0;
    struct hrm_gradient_layout layout = {.trained = model->layout.trained};
    layout.puzzle_at = layout.trained;
    layout.seen_at = layout.puzzle_at + ids * (size_t)model->config.puzzle_emb;
    layout.floats = layout.seen_at + ids;
    return layout;
}

int hrm_lane_micro_batch(const struct hrm_training *training, const struct hrm_model *model)
{
    int shard = training->batch / training->shards;
    int wanted = training->micro_batch ? training->micro_batch : model->backend->block_puzzles;
    return wanted < shard ? wanted : shard;
}

/// Take the pieces from the arena, or measure them.
static void lay_out(struct hrm_lane *lane, const struct hrm_model_config *config, int depth)
{
    size_t puzzles = (size_t)lane->micro_batch;
    size_t logits = (size_t)hrm_model_seq(config) * (size_t)config->vocab;
    size_t width = (size_t)config->puzzle_emb;
    lane->gradients = hrm_arena_take(&lane->arena, (size_t)depth * lane->pitch * sizeof(float));
    lane->dlogits = hrm_arena_take(&lane->arena, puzzles * logits * sizeof(float));
    lane->dq = hrm_arena_take(&lane->arena, puzzles * 2 * sizeof(float));
    lane->noise = hrm_arena_take(&lane->arena, puzzles * sizeof *lane->noise);
    lane->dpuzzle = NULL;
    if (width > 0)
        lane->dpuzzle = hrm_arena_take(&lane->arena, puzzles * width * sizeof(float));
}

/// All but the memory, which is measured. Returns the depth of the tree of sums.
static int measure(struct hrm_lane *lane, const struct hrm_training *training,
                   const struct hrm_model *model, int first, int shards)
{
    *lane = (struct hrm_lane){.training = training, .first = first, .shards = shards};
    int depth = hrm_partials_depth(first, shards);
    lane->micro_batch = hrm_lane_micro_batch(training, model);
    lane->layout = hrm_gradient_layout(model);
    lane->lead = model->layout.lead;
    lane->pitch = (lane->lead + lane->layout.floats + 15) / 16 * 16;
    lay_out(lane, &model->config, depth);
    return depth;
}

size_t hrm_lane_bytes(const struct hrm_training *training, const struct hrm_model *model, int first,
                      int shards)
{
    struct hrm_lane lane;
    measure(&lane, training, model, first, shards);
    return lane.arena.used + hrm_worker_bytes(model, lane.micro_batch, true);
}

int hrm_lane_init(struct hrm_lane *lane, const struct hrm_training *training,
                  const struct hrm_model *model, struct hrm_slots *slots, int first, int shards,
                  struct hrm_error *error)
{
    int depth = measure(lane, training, model, first, shards);
    lane->slots = slots;
    int status = hrm_arena_reserve(&lane->arena, error);
    if (status == HRM_OK) {
        lay_out(lane, &model->config, depth);
        status = hrm_worker_init(&lane->worker, model, lane->micro_batch, true, error);
    }
    if (status)
        hrm_lane_free(lane);
    return status;
}

void hrm_lane_free(struct hrm_lane *lane)
{
    hrm_worker_free(&lane->worker);
    hrm_arena_free(&lane->arena);
    *lane = (struct hrm_lane){0};
}

// --- one micro-batch ----------------------------------------------------------------------------

/// Puzzles that go through a step together: slots first .. first + puzzles - 1.
struct micro {
    int64_t step;
    int first, puzzles;
    float *gradient; ///< of the shard
    double *sums;    ///< [HRM_SUMS] of the shard
};

static struct hrm_batch begin_slots(struct hrm_lane *lane, const struct micro *micro)
{
    struct hrm_slots *slots = lane->slots;
    const struct hrm_training *training = lane->training;
    size_t i = (size_t)(micro->first - slots->first);
    struct hrm_batch batch = {.puzzles = micro->puzzles,
                              .inputs = slots->inputs + i * (size_t)slots->cells,
                              .ids = slots->ids + i,
                              .noise_sigma = training->noise_sigma};
    for (int p = 0; p < micro->puzzles; p++) {
        hrm_slot_begin(slots, training, micro->step, micro->first + p, &lane->worker, p);
        lane->noise[p] = hrm_random_open(training->seed, HRM_RANDOM_NOISE, (uint64_t)micro->step,
                                         (uint64_t)(micro->first + p));
    }
    if (training->noise_sigma > 0)
        batch.noise = lane->noise;
    return batch;
}

/// Count the segment and decide which slots halt.
static void decide_halting(struct hrm_lane *lane, const struct micro *micro, const float *q)
{
    struct hrm_slots *slots = lane->slots;
    for (int p = 0; p < micro->puzzles; p++) {
        int slot = micro->first + p, i = slot - slots->first;
        struct hrm_random random = hrm_random_open(lane->training->seed, HRM_RANDOM_EXPLORATION,
                                                   (uint64_t)micro->step, (uint64_t)slot);
        slots->steps[i]++;
        slots->halted[i] =
            hrm_halting_decide(&lane->worker.model->config, q + 2 * p, slots->steps[i], &random);
    }
}

static void count_puzzle(const struct hrm_slots *slots, int i, const struct hrm_puzzle_loss *loss,
                         const float *q, double *sums)
{
    sums[HRM_SUM_LM] += loss->lm;
    sums[HRM_SUM_Q_HALT] += loss->q_halt;
    sums[HRM_SUM_Q_CONTINUE] += loss->q_continue;
    if (!slots->halted[i] || loss->cells == 0)
        return;
    sums[HRM_SUM_HALTED] += 1;
    sums[HRM_SUM_ACCURACY] += (double)loss->right / loss->cells;
    sums[HRM_SUM_EXACT] += loss->exact;
    sums[HRM_SUM_Q_RIGHT] += (q[0] >= 0) == loss->exact;
    sums[HRM_SUM_SEGMENTS] += slots->steps[i];
}

/// Losses of every puzzle and their gradients. next_q: q of one more segment, or NULL.
static void take_losses(struct hrm_lane *lane, const struct micro *micro,
                        const struct hrm_outputs *outputs, const float *next_q)
{
    struct hrm_slots *slots = lane->slots;
    const struct hrm_model_config *config = &lane->worker.model->config;
    size_t logits = (size_t)hrm_model_seq(config) * (size_t)config->vocab;
    double scale = 1.0 / lane->training->batch;
    for (int p = 0; p < micro->puzzles; p++) {
        int i = micro->first + p - slots->first;
        size_t at = (size_t)p * logits;
        double target = next_q ? hrm_halting_target(config, next_q + 2 * p, slots->steps[i]) : NAN;
        struct hrm_puzzle_loss loss =
            hrm_loss_puzzle(config, outputs->logits + at, outputs->q + 2 * p,
                            slots->labels + (size_t)i * (size_t)slots->cells, target, scale,
                            lane->dlogits + at, lane->dq + 2 * p);
        count_puzzle(slots, i, &loss, outputs->q + 2 * p, micro->sums);
    }
}

/// Add the gradients of the puzzles' embedding vectors to those of their identifiers.
static void add_puzzle_gradients(struct hrm_lane *lane, const struct micro *micro)
{
    size_t width = (size_t)lane->worker.model->config.puzzle_emb;
    for (int p = 0; p < micro->puzzles; p++) {
        int32_t id = lane->slots->ids[micro->first + p - lane->slots->first];
        assert(id >= 0 && id < lane->worker.model->config.puzzle_ids);
        float *sum = micro->gradient + lane->layout.puzzle_at + (size_t)id * width;
        for (size_t j = 0; j < width; j++)
            sum[j] += lane->dpuzzle[(size_t)p * width + j];
        micro->gradient[lane->layout.seen_at + (size_t)id] += 1;
    }
}

static void run_micro(struct hrm_lane *lane, const struct micro *micro)
{
    struct hrm_batch batch = begin_slots(lane, micro);
    struct hrm_outputs outputs = hrm_segment_forward(&lane->worker, &batch);
    const float *next_q = NULL;
    decide_halting(lane, micro, outputs.q);
    if (hrm_halting_bootstraps(&lane->worker.model->config))
        next_q = hrm_segment_peek(&lane->worker, &batch);
    take_losses(lane, micro, &outputs, next_q);
    for (int p = 0; p < micro->puzzles; p++)
        hrm_slot_end(lane->slots, micro->first + p, &lane->worker, p);
    hrm_segment_backward(&lane->worker, &batch, lane->dlogits, lane->dq, micro->gradient,
                         lane->dpuzzle);
    if (lane->dpuzzle)
        add_puzzle_gradients(lane, micro);
}

void hrm_lane_run(struct hrm_lane *lane, int64_t step, double *sums)
{
    int shard_slots = lane->training->batch / lane->training->shards;
    size_t floats = lane->layout.floats;
    lane->partials.count = 0;
    for (int shard = lane->first; shard < lane->first + lane->shards; shard++) {
        size_t at = lane->lead + (size_t)lane->partials.count * lane->pitch;
        struct micro micro = {.step = step,
                              .first = shard * shard_slots,
                              .gradient = lane->gradients + at,
                              .sums = sums + (size_t)shard * HRM_SUMS};
        memset(micro.gradient, 0, floats * sizeof *micro.gradient);
        memset(micro.sums, 0, HRM_SUMS * sizeof *micro.sums);
        for (int done = 0; done < shard_slots; done += micro.puzzles) {
            int left = shard_slots - done;
            micro.puzzles = left < lane->micro_batch ? left : lane->micro_batch;
            run_micro(lane, &micro);
            micro.first += micro.puzzles;
        }
        struct hrm_partial leaf = {.first = shard, .span = 1, .values = micro.gradient};
        hrm_partials_push(&lane->partials, leaf, 0, floats);
    }
}
