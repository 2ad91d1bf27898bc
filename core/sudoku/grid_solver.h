#ifndef HRM_SUDOKU_GRID_SOLVER_H
#define HRM_SUDOKU_GRID_SOLVER_H

#include "core/base/random.h"
#include "core/sudoku/grid.h"

#include <stdbool.h>
#include <stdint.h>

/// Exact solving of a grid of any size. (core/sudoku/solver.h is many times faster on 9x9.)
///
/// Depth first: cells with one digit left and digits with one place left in a unit are filled
/// first; then a cell with the fewest digits is tried, its digits in rising or in random order.

/// What a search found.
struct hrm_grid_search {
    int solutions; ///< found, up to the limit
    int guesses;   ///< cells that were tried: how hard a grid with one solution is
    bool known;    ///< false: the limit of guesses ended the search
};

/// Count the solutions.
/// @param most      stop at so many solutions
/// @param guesses   try no more cells than that
/// @param solution  [out] [cells] the first that is found; untouched when there is none; or NULL
struct hrm_grid_search hrm_grid_solve(const struct hrm_sudoku *sudoku, const uint8_t *grid,
                                      int most, int guesses, uint8_t *solution);

/// Draw a complete legal grid. @param grid  [out] [cells]
void hrm_grid_draw(const struct hrm_sudoku *sudoku, struct hrm_random *random, uint8_t *grid);

/// Blank givens of a complete grid in a random order as long as one solution is left that takes at
/// most `guesses` guesses to find; 0: one that singles lead to.
/// @param question  [in,out] [cells] a complete legal grid, then the question
void hrm_grid_dig(const struct hrm_sudoku *sudoku, struct hrm_random *random, int guesses,
                  uint8_t *question);

#endif
