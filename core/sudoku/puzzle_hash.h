#ifndef HRM_SUDOKU_PUZZLE_HASH_H
#define HRM_SUDOKU_PUZZLE_HASH_H

#include "core/base/error.h"
#include "core/sudoku/puzzles.h"

#include <stdint.h>

/// The checksum of a puzzle set, taken row by row: XXH3 (64 bits) over question and answer of every
/// puzzle in order, one byte a cell, blanks as 0. The same as hrm_puzzles.hash.
/// It is what puzzle sets, checkpoints and votes files say of their puzzles.
struct hrm_puzzle_hash {
    void *state; ///< of xxhash
};

/// Errors: HRM_FAILED when memory is short. The caller closes.
int hrm_puzzle_hash_open(struct hrm_puzzle_hash *hash, struct hrm_error *error);

void hrm_puzzle_hash_add(struct hrm_puzzle_hash *hash, const struct hrm_board *question,
                         const struct hrm_board *answer);

/// Of the puzzles so far.
uint64_t hrm_puzzle_hash_value(const struct hrm_puzzle_hash *hash);

/// Free. A zeroed hash is allowed.
void hrm_puzzle_hash_close(struct hrm_puzzle_hash *hash);

#endif
