#ifndef HRM_SUDOKU_SOLVER_H
#define HRM_SUDOKU_SOLVER_H

#include "core/sudoku/board.h"

#include <stdbool.h>

/// How many solutions a board has. SEVERAL means two or more: the search stops at the second.
enum hrm_solutions { HRM_SOLUTIONS_NONE, HRM_SOLUTIONS_ONE, HRM_SOLUTIONS_SEVERAL };

/// Solve a board exactly. Deterministic; safe to call from many threads.
///
/// Depth-first search over one set of cells per digit: cells with one digit left and digits with
/// one place left in a unit are filled first, then a cell with the fewest digits is tried.
/// @param question  [in] givens may contradict each other: then there is no solution
/// @param solution  [out] the first solution found; untouched when there is none; may be NULL
enum hrm_solutions hrm_board_solve(const struct hrm_board *question, struct hrm_board *solution);

/// The same, and how many cells had to be tried until it was known: how hard the board is, among
/// those with one solution.
enum hrm_solutions hrm_board_rate(const struct hrm_board *question, int *guesses);

/// How many solutions a board has, counted up to `most`, when no more than `guesses` cells are
/// tried.
/// @param known  [out] false when these were too few to find all of them
int hrm_board_count(const struct hrm_board *question, int most, int guesses, bool *known);

#endif
