#ifndef HRM_TRAIN_LANE_H
#define HRM_TRAIN_LANE_H

#include "core/base/arena.h"
#include "core/base/error.h"
#include "core/model/segment.h"
#include "core/train/partials.h"
#include "core/train/slots.h"
#include "core/train/training.h"

#include <stddef.h>
#include <stdint.h>

/// What is counted in a step, in fp64. The first three are sums over all slots, the others over
/// the slots that halt, as in the reference.
enum hrm_sum {
    HRM_SUM_LM,
    HRM_SUM_Q_HALT,
    HRM_SUM_Q_CONTINUE,
    HRM_SUM_HALTED,
    HRM_SUM_ACCURACY, ///< share of the cells that are right
    HRM_SUM_EXACT,    ///< puzzles with all cells right
    HRM_SUM_Q_RIGHT,  ///< q_halt >= 0 just when the puzzle is right
    HRM_SUM_SEGMENTS, ///< segments that the puzzle has had
    HRM_SUM_REQUEST,  ///< no count: the rank's enum hrm_request, on its way to the others
    HRM_SUMS
};

/// The gradient that a step sums up, as one vector of floats: the trained parameters; then
/// [puzzle_ids, puzzle_emb] of the puzzle embedding; then [puzzle_ids] how many slots have each
/// identifier.
struct hrm_gradient_layout {
    size_t trained;
    size_t puzzle_at, seen_at; ///< both `floats` without a puzzle embedding
    size_t floats;
};
struct hrm_gradient_layout hrm_gradient_layout(const struct hrm_model *model);

/// One thread's part of every training step: consecutive shards of the global batch.
///
/// Memory: the worker's tape for one micro-batch, and hrm_partials_depth() gradient vectors, one
/// when a thread has one shard, log2(n) + 1 when it has n = 2^k.
struct hrm_lane {
    const struct hrm_training *training; ///< not owned, as is the model
    struct hrm_slots *slots;             ///< of the rank; a lane touches those of its shards
    struct hrm_worker worker;
    int first, shards; ///< shards first .. first + shards - 1
    int micro_batch;   ///< at least 1
    struct hrm_gradient_layout layout;
    struct hrm_partials partials; ///< the sums of the last step
    size_t lead, pitch;           ///< floats before a gradient vector, and from one to the next
    float *gradients;             ///< [depth, pitch], what the partials' values point into
    float *dlogits, *dq;          ///< of a micro-batch: [B,S,V], [B,2]
    float *dpuzzle;               ///< [B, puzzle_emb]; NULL without one
    struct hrm_random *noise;     ///< [B]
    struct hrm_arena arena;
};

/// Puzzles that go through a segment together, as the training asks or the backend likes, of any
/// size: sums depend on it. A lane's memory grows with this times the rows of a puzzle; where
/// puzzles are large, train.micro_batch = 1 takes least.
int hrm_lane_micro_batch(const struct hrm_training *training, const struct hrm_model *model);

/// Errors: HRM_FAILED when memory is short.
int hrm_lane_init(struct hrm_lane *lane, const struct hrm_training *training,
                  const struct hrm_model *model, struct hrm_slots *slots, int first, int shards,
                  struct hrm_error *error);
size_t hrm_lane_bytes(const struct hrm_training *training, const struct hrm_model *model, int first,
                      int shards);
void hrm_lane_free(struct hrm_lane *lane);

/// Run one segment on every slot of the lane's shards, forward and backward. The gradient of
/// (sum of the losses) / B is left in lane->partials.
/// @param sums  [out] fp64 [G, HRM_SUMS]; the rows of the lane's shards are written
void hrm_lane_run(struct hrm_lane *lane, int64_t step, double *sums);

#endif
