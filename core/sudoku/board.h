#ifndef HRM_SUDOKU_BOARD_H
#define HRM_SUDOKU_BOARD_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define HRM_CELLS  81 ///< cells of a board
#define HRM_UNITS  27 ///< rows, columns and boxes
#define HRM_TOKENS 11 ///< what a model reads and writes of a cell: pad, blank, nine digits

/// A 9 x 9 board, row-major: 0 is blank, else 1..9.
struct hrm_board {
    uint8_t cell[HRM_CELLS];
};

/// The cells of the units: 0..8 rows, 9..17 columns, 18..26 boxes.
extern const uint8_t hrm_unit_cells[HRM_UNITS][9];

/// The cell that a character stands for: 1..9 a digit, 0 a blank, which is one of . 0 _ * x X - and
/// the space, -1 neither.
int hrm_board_cell(char character);

/// Read a board from 81 characters of hrm_board_cell(). The text must end there.
/// Errors: HRM_DATA naming position and character, or the length.
int hrm_board_parse(const char *text, struct hrm_board *board, struct hrm_error *error);

/// Write 81 characters, '.' for a blank, and a final NUL.
void hrm_board_format(const struct hrm_board *board, char text[HRM_CELLS + 1]);

#define HRM_BOARD_PRETTY 300 ///< bytes that hrm_board_pretty() needs

/// Write 11 lines, boxes separated by bars, each ended by a newline, and a final NUL.
void hrm_board_pretty(const struct hrm_board *board, char text[HRM_BOARD_PRETTY]);

/// The number of cells that are not blank.
int hrm_board_clues(const struct hrm_board *board);

/// Whether every cell is one of 1..9.
bool hrm_board_is_complete(const struct hrm_board *board);

/// Whether `grid` has every given of `question` in its place.
bool hrm_board_keeps_givens(const struct hrm_board *question, const struct hrm_board *grid);

/// E(grid) = sum over the 27 units and 9 digits of max(0, count - 1). Blanks do not count.
/// Zero for a legal grid (Ren and Liu, arXiv 2601.10679).
int hrm_board_conflicts(const struct hrm_board *grid);

/// Whether the grid is a solution of the question: complete, keeps the givens, no conflict.
/// For a question with one solution this proves the grid right without the answer.
bool hrm_board_is_certified(const struct hrm_board *question, const struct hrm_board *grid);

#endif
