#ifndef HRM_SUDOKU_SYMMETRY_H
#define HRM_SUDOKU_SYMMETRY_H

#include "core/base/random.h"
#include "core/sudoku/board.h"

#include <stdbool.h>
#include <stdint.h>

/// An element of the symmetry group of Sudoku: 9! relabellings of digits x 2 x (3!)^8
/// rearrangements of cells (transposition, bands, stacks, rows in bands, columns in stacks).
/// new.cell[i] = digit[old.cell[cell[i]]]; digit[0] = 0.
struct hrm_symmetry {
    uint8_t digit[10];
    uint8_t cell[HRM_CELLS];
};

/// Changes nothing.
struct hrm_symmetry hrm_symmetry_identity(void);

/// The relabelling d -> ((d - 1 + shift) mod 9) + 1, shift 0..8 (Ren and Liu, arXiv 2601.10679).
struct hrm_symmetry hrm_symmetry_cyclic(int shift);

/// A uniformly random relabelling of the digits; cells stay.
struct hrm_symmetry hrm_symmetry_random_digits(struct hrm_random *random);

/// A uniformly random element of the whole group, drawn as the HRM data builder does: digits,
/// transposition, then rows by band, then columns by stack.
struct hrm_symmetry hrm_symmetry_random(struct hrm_random *random);

/// The symmetry that applies `first` and then `second`.
struct hrm_symmetry hrm_symmetry_compose(const struct hrm_symmetry *first,
                                         const struct hrm_symmetry *second);

/// The symmetry that undoes this one.
struct hrm_symmetry hrm_symmetry_inverse(const struct hrm_symmetry *symmetry);

/// The image of a board.
struct hrm_board hrm_symmetry_apply(const struct hrm_symmetry *symmetry,
                                    const struct hrm_board *board);

/// Whether this is an element of the group: digits and cells are permuted and units go to units.
bool hrm_symmetry_is_member(const struct hrm_symmetry *symmetry);

#endif
