#ifndef HRM_SUDOKU_PACKED_GRID_H
#define HRM_SUDOKU_PACKED_GRID_H

#include "core/sudoku/board.h"

#include <stdbool.h>
#include <stdint.h>

#define HRM_GRID_PACKED 41 ///< bytes of a grid at 4 bits a cell

/// Pack a board. The even cell is the high half of its byte, so that the byte
/// order of packed grids (memcmp) is the lexical order of the grids.
void hrm_grid_pack(const struct hrm_board *board, uint8_t packed[HRM_GRID_PACKED]);
void hrm_grid_unpack(const uint8_t packed[HRM_GRID_PACKED], struct hrm_board *board);

/// What a grid is worth.
struct hrm_grid_verdict {
    bool right;     ///< it is the answer
    bool certified; ///< hrm_board_is_certified(): with one solution, the solution
    int conflicts;  ///< hrm_board_conflicts()
    int matches;    ///< cells that are those of the answer: 0..81
};

/// @param answer  [in] NULL: not known, and then nothing is right
struct hrm_grid_verdict hrm_grid_judge(const struct hrm_board *question,
                                       const struct hrm_board *answer,
                                       const struct hrm_board *grid);

#endif
