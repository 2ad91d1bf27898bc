#ifndef HRM_SUDOKU_PUZZLE_COPY_H
#define HRM_SUDOKU_PUZZLE_COPY_H

#include "core/sudoku/puzzles.h"

#include <stdint.h>

/// Copies of a puzzle under the symmetries of Sudoku that look like other puzzles and are as hard.
///
/// Copy 0 is the puzzle itself. Copy k has its cells rearranged at random and its digits renamed
/// so that the first row of its answer is permutation (r + a k) mod 9! of the digits, in the order
/// of the alphabet, where r is that of the puzzle's own answer and a is drawn prime to 9!. So no
/// two copies of a puzzle are equal, and nothing has to be remembered to know that. Copies of
/// puzzles that are not equivalent are never equal.
#define HRM_PUZZLE_COPIES 362880 ///< of a puzzle, with itself: 9!

/// Copy `copy` of puzzle `number` of a set, from HRM_RANDOM_EXPAND at (seed, copy, number). The
/// rating stays that of the puzzle, although it was measured for its rows as they are written.
/// @param copy  0..HRM_PUZZLE_COPIES-1
struct hrm_puzzle hrm_puzzle_copy(const struct hrm_puzzle *puzzle, int64_t number, uint64_t seed,
                                  int64_t copy);

#endif
