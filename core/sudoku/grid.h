#ifndef HRM_SUDOKU_GRID_H
#define HRM_SUDOKU_GRID_H

#include <stdbool.h>
#include <stdint.h>

#define HRM_SUDOKU_SIDE  16  ///< of the largest grid
#define HRM_SUDOKU_CELLS 256 ///< cells of it

/// A size of Sudoku: n x n cells, of which every row, every column and every box holds the digits
/// 1..n once. Sides 4, 6, 9 and 16; boxes of 2x2, 2x3, 3x3 and 4x4 cells (rows x columns).
///
/// A grid is its cells row by row: 0 is blank, else 1..n.
struct hrm_sudoku {
    int side, cells;
    int box_rows, box_columns;
    const uint8_t *units; ///< [3 * side, side] cells: the rows, the columns, the boxes
};

/// The size with that side; NULL when there is none. A constant; nothing to free.
const struct hrm_sudoku *hrm_sudoku_of(int side);

/// Whether every cell is one of 1..n.
bool hrm_grid_is_complete(const struct hrm_sudoku *sudoku, const uint8_t *grid);

/// Whether `grid` has every given of `question` in its place.
bool hrm_grid_keeps_givens(const struct hrm_sudoku *sudoku, const uint8_t *question,
                           const uint8_t *grid);

/// E(grid) = sum over all units and digits of max(0, count - 1). Blanks do not count. Zero for a
/// legal grid (Ren and Liu, arXiv 2601.10679).
int hrm_grid_conflicts(const struct hrm_sudoku *sudoku, const uint8_t *grid);

/// Whether the grid is a solution of the question: complete, keeps the givens, no conflict.
/// For a question with one solution this proves the grid right without the answer.
bool hrm_grid_is_certified(const struct hrm_sudoku *sudoku, const uint8_t *question,
                           const uint8_t *grid);

#endif
