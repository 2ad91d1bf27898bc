#ifndef HRM_SUDOKU_SYMMETRY_H
#define HRM_SUDOKU_SYMMETRY_H

#include "core/base/random.h"
#include "core/sudoku/board.h"
#include "core/sudoku/grid.h"

#include <stdbool.h>
#include <stdint.h>

/// An element of the symmetry group of a size of Sudoku: n! relabellings of digits, times the
/// rearrangements of cells that send units to units: bands, stacks, rows in bands, columns in
/// stacks, and the transposition where boxes are square. 9! x 2 x (3!)^8 for 9x9.
/// new[i] = digit[old[cell[i]]]; digit[0] = 0.
struct hrm_symmetry {
    int16_t side;
    uint8_t digit[HRM_SUDOKU_SIDE + 1]; ///< [side + 1]
    uint8_t cell[HRM_SUDOKU_CELLS];     ///< [side * side]
};

/// Changes nothing.
struct hrm_symmetry hrm_symmetry_identity(const struct hrm_sudoku *sudoku);

/// The relabelling d -> ((d - 1 + shift) mod n) + 1, shift 0..n-1 (Ren and Liu, arXiv 2601.10679).
struct hrm_symmetry hrm_symmetry_cyclic(const struct hrm_sudoku *sudoku, int shift);

/// A uniformly random relabelling of the digits; cells stay.
struct hrm_symmetry hrm_symmetry_random_digits(const struct hrm_sudoku *sudoku,
                                               struct hrm_random *random);

/// A uniformly random element of the whole group, drawn as the HRM data builder does: digits,
/// transposition (where there is one), then rows by band, then columns by stack.
struct hrm_symmetry hrm_symmetry_random(const struct hrm_sudoku *sudoku, struct hrm_random *random);

/// The symmetry that applies `first` and then `second`, of one size.
struct hrm_symmetry hrm_symmetry_compose(const struct hrm_symmetry *first,
                                         const struct hrm_symmetry *second);

/// The symmetry that undoes this one.
struct hrm_symmetry hrm_symmetry_inverse(const struct hrm_symmetry *symmetry);

/// The image of a grid. @param image  [out] [side * side], not `grid`
void hrm_symmetry_map(const struct hrm_symmetry *symmetry, const uint8_t *grid, uint8_t *image);

/// The image of a 9x9 board.
struct hrm_board hrm_symmetry_apply(const struct hrm_symmetry *symmetry,
                                    const struct hrm_board *board);

/// Whether this is an element of the group: digits and cells are permuted and units go to units.
bool hrm_symmetry_is_member(const struct hrm_symmetry *symmetry);

#endif
