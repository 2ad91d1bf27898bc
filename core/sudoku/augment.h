#ifndef HRM_SUDOKU_AUGMENT_H
#define HRM_SUDOKU_AUGMENT_H

#include "core/base/error.h"
#include "core/sudoku/board.h"

#include <stdbool.h>
#include <stdint.h>

/// What the augmentation of a training example depends on, and nothing else.
struct hrm_sample_key {
    uint64_t seed;
    int64_t step; ///< training step
    int64_t slot; ///< slot of the global batch
    int moves;    ///< times that a given moves, at most; 0: none
    bool mixing;  ///< replace half of the questions by easier copies
};

/// Draw a training example from a puzzle: a random symmetry of question and answer; then 0 to
/// key->moves times a given moves; then with probability 1/2 (if key->mixing) an easier copy of it.
/// Streams: HRM_RANDOM_AUGMENT, HRM_RANDOM_MOVE and HRM_RANDOM_MIXING at (seed, step, slot).
/// @param question, answer  [in, out] the puzzle, then the example
void hrm_sample_augment(const struct hrm_sample_key *key, struct hrm_board *question,
                        struct hrm_board *answer);

/// The order in which training draws puzzles: one random permutation of the set after another.
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
