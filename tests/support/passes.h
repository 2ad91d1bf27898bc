#ifndef HRM_TESTS_PASSES_H
#define HRM_TESTS_PASSES_H

#include "core/sudoku/packed_grid.h"
#include "core/task/sudoku.h"
#include "core/vote/pass.h"

#include <string.h>

/// Passes of Sudoku in arrays of a fixed size.
enum { PASS = 60 }; ///< bytes of a record

_Static_assert((HRM_PASS_HEAD + HRM_GRID_PACKED + 3) / 4 * 4 == PASS, "records of Sudoku");

#define PASSES(name, count) _Alignas(8) unsigned char name[(size_t)(count)*PASS]

static inline struct hrm_pass *pass_at(void *passes, int64_t i)
{
    return hrm_pass_at(passes, PASS, i);
}

/// A cleared record with what is given of its head. @param kind  [in] enum hrm_pass_flag
static inline struct hrm_pass *pass_set(void *passes, int64_t i, int kind, float q_halt)
{
    struct hrm_pass *pass = memset(pass_at(passes, i), 0, PASS);
    pass->segments = 16;
    pass->flags = (uint8_t)kind;
    pass->q_halt = q_halt;
    return pass;
}

/// Give a pass its grid and what follows from it.
static inline void pass_judge(struct hrm_pass *pass, const struct hrm_board *question,
                              const struct hrm_board *answer, const struct hrm_board *grid)
{
    struct hrm_grid_verdict verdict = hrm_grid_judge(question, answer, grid);
    pass->defects = (uint16_t)verdict.conflicts;
    pass->matches = (uint16_t)verdict.matches;
    pass->flags = (uint8_t)((pass->flags & HRM_PASS_HALTED) | (verdict.right ? HRM_PASS_RIGHT : 0) |
                            (verdict.certified ? HRM_PASS_CERTIFIED : 0));
    hrm_grid_pack(grid, pass->answer);
}

/// Sudoku 9 x 9.
static inline struct hrm_task sudoku_task(void)
{
    struct hrm_task task;
    hrm_task_default(&task, &hrm_sudoku_kind);
    return task;
}

static inline int band_of(int32_t rating)
{
    return hrm_sudoku_kind.band(rating);
}

#endif
