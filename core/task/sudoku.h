#ifndef HRM_TASK_SUDOKU_H
#define HRM_TASK_SUDOKU_H

#include "core/sudoku/board.h"
#include "core/sudoku/grid.h"
#include "core/task/task.h"

/// Section "sudoku" of a configuration.
struct hrm_sudoku_options {
    int side; ///< 4, 6, 9 or 16
};

/// The task: complete the grid (core/sudoku/grid.h). Tokens: pad, blank, the digits 1..n.
///
/// An item is the question and its solution, a byte a cell, and the rating, i32 little-endian:
/// guesses that a solver needs, -1: not known. An answer is the grid with 4 bits a cell, the even
/// cell in the high half, so that answers compare as grids do; on 16x16 a byte a cell. Only digits
/// are predicted: pad and blank leave a cell blank.
///
/// The side of a generated item: solution and question are drawn anew until a hash of both, which
/// no relabelling of digits changes, falls to the split that is asked for.
extern const struct hrm_task_kind hrm_sudoku_kind;

#define HRM_SUDOKU_ITEM (2 * HRM_CELLS + (int)sizeof(int32_t)) ///< bytes of an item of 9x9

/// An item of 9x9, as the files of puzzles hold it. @param item  [out] shape.item_bytes
void hrm_sudoku_item(const struct hrm_board *question, const struct hrm_board *answer,
                     int32_t rating, void *item);

/// The question and the answer of an item of 9x9.
static inline const struct hrm_board *hrm_sudoku_question(const void *item)
{
    return item;
}

static inline const struct hrm_board *hrm_sudoku_answer(const void *item)
{
    return (const struct hrm_board *)item + 1;
}

#endif
