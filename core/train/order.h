#ifndef HRM_TRAIN_ORDER_H
#define HRM_TRAIN_ORDER_H

#include "core/base/error.h"

#include <stdint.h>

/// The order in which training draws items: one random permutation of the set after another.
/// The permutation of an epoch comes from HRM_RANDOM_ORDER at (seed, epoch).
struct hrm_sample_order {
    uint64_t seed;
    int64_t count;    ///< puzzles in the set
    int64_t epoch;    ///< of the permutation at hand, -1: none
    int *permutation; ///< [count]
};

/// @param count  puzzles, 1..INT_MAX
/// Errors: HRM_FAILED when memory is short. The caller frees with hrm_sample_order_free().
int hrm_sample_order_open(struct hrm_sample_order *order, uint64_t seed, int64_t count,
                          struct hrm_error *error);

/// The puzzle of the n-th example that is drawn, n = 0, 1, ... of the whole training.
/// Quick while n stays in one epoch; count draws of random numbers when it leaves it.
int64_t hrm_sample_order_at(struct hrm_sample_order *order, int64_t n);

/// Free and zero. A zeroed order is allowed.
void hrm_sample_order_free(struct hrm_sample_order *order);

#endif
