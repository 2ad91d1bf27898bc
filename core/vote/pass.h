#ifndef HRM_VOTE_PASS_H
#define HRM_VOTE_PASS_H

#include "core/sudoku/board.h"

#include <stdbool.h>
#include <stdint.h>

#define HRM_GRID_PACKED 41 ///< bytes of a grid at 4 bits a cell

/// What is kept of a pass = (checkpoint, perturbation, puzzle): the record of the votes file.
/// The byte layout is part of that file's format, little-endian, without padding of its own.
struct hrm_pass {
    float q_halt, q_continue;      ///< at the last segment
    uint16_t segments;             ///< segments run; 0: this pass was not run
    uint16_t settled;              ///< first segment from which on the grid stayed as it is
    uint16_t conflicts;            ///< E(grid): repeated digits summed over the 27 units
    uint8_t halted;                ///< 1 when the halting head asked to stop at the last segment
    uint8_t grid[HRM_GRID_PACKED]; ///< mapped back to the question as it was given; packed
};

_Static_assert(sizeof(struct hrm_pass) == 56, "the votes file depends on this layout");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the votes file is little-endian");

/// Pack a board. The even cell is the high half of its byte, so that the byte
/// order of packed grids (memcmp) is the lexical order of the grids.
void hrm_grid_pack(const struct hrm_board *board, uint8_t packed[HRM_GRID_PACKED]);
void hrm_grid_unpack(const uint8_t packed[HRM_GRID_PACKED], struct hrm_board *board);

/// Whether the grid of the pass is `packed`, as after hrm_grid_pack().
bool hrm_pass_equals(const struct hrm_pass *pass, const uint8_t packed[HRM_GRID_PACKED]);

/// Cells of the grid that are those of `packed`: 0..81.
int hrm_pass_cells(const struct hrm_pass *pass, const uint8_t packed[HRM_GRID_PACKED]);

/// Whether the grid is full, breaks no rule and keeps the givens: with one solution, the solution.
bool hrm_pass_certified(const struct hrm_pass *pass, const struct hrm_board *question);

/// The passes of one puzzle inside an array [checkpoints, perturbations, stride]. A view.
struct hrm_passes {
    const struct hrm_pass *first; ///< of (checkpoint 0, perturbation 0)
    int checkpoints, perturbations;
    int64_t stride; ///< records from one perturbation to the next: 1 when only one puzzle is held
};

static inline const struct hrm_pass *hrm_passes_at(const struct hrm_passes *passes, int checkpoint,
                                                   int perturbation)
{
    int64_t row = (int64_t)checkpoint * passes->perturbations + perturbation;
    return passes->first + row * passes->stride;
}

#endif
