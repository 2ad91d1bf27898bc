#ifndef HRM_TRAIN_TRAINING_H
#define HRM_TRAIN_TRAINING_H

#include "core/model/muon.h"

#include <stdint.h>

/// Where a training run takes its examples from.
struct hrm_source {
    /// Called by one thread before the examples of a step are drawn; NULL: nothing to do.
    void (*begin)(void *context, int64_t step);
    /// Write the example that slot `slot` of the global batch is offered at `step` (from 1).
    /// Called by several threads at once; the result must depend on step and slot alone.
    /// @param inputs, labels  [out] tokens [cells]
    /// @param id              [out] puzzle identifier
    void (*draw)(void *context, int64_t step, int slot, uint16_t *inputs, uint16_t *labels,
                 int32_t *id);
    void *context; ///< not owned
};

/// In which order the ranks' sums of the gradients are added.
enum hrm_reduce_kind {
    HRM_REDUCE_ORDERED,  ///< in the order of the tree of shards: the same bits for any P
    HRM_REDUCE_ALLREDUCE ///< as MPI_Allreduce likes: the bits depend on the number of ranks
};

/// How one replica is trained. Every rank of its group holds the same values.
struct hrm_training {
    struct hrm_source source;
    uint64_t seed;   ///< of this replica
    int batch;       ///< B: slots of the global batch
    int shards;      ///< G: a power of two that divides B; see core/train/partials.h
    int micro_batch; ///< puzzles that go through a segment together; part of what "same result"
                     ///< means; 0: as the backend likes, at most B/G
    int threads;     ///< of a rank, at least 1
    enum hrm_reduce_kind reduce;
    struct hrm_schedule schedule;
    struct hrm_adam adam;
    struct hrm_muon muon; ///< for the matrices of the blocks; momentum 0: AdamATan2 for these too
    double puzzle_rate, puzzle_decay; ///< sign descent of the puzzle embedding
    double ema;         ///< rate of the moving average of the weights, such as 0.999; 0: none
    double state_sigma; ///< standard deviation of noise on a new example's initial state; 0: none
    double noise_sigma; ///< of noise on the state after every module call; 0: none
};

#endif
