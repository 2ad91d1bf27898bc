#ifndef HRM_SUDOKU_MIXING_H
#define HRM_SUDOKU_MIXING_H

#include "core/base/random.h"
#include "core/sudoku/board.h"

/// Other questions with the same answer, for training.

/// An easier copy of a question: k of its blank cells are filled in from the answer, k uniform in
/// 1..blanks-1, cells without replacement (Ren and Liu, arXiv 2601.10679, data mixing).
/// A question with at most one blank is returned unchanged, and draws nothing.
struct hrm_board hrm_board_mix(const struct hrm_board *question, const struct hrm_board *answer,
                               struct hrm_random *random);

/// A question of as many givens, some of them at other cells: `moves` times a blank cell is filled
/// in from the answer and another given is left out, the first in a random order without which
/// there is still one solution and at least three quarters of the guesses of the question (see
/// hrm_board_rate()). Where there is no such given, that move is not made. So questions stay as
/// hard as they are: eight moves take the guesses of train-1k from 43.7 to 42.9 in the mean, and to
/// 7.8 without the bound. A move takes 0.3 to 0.5 ms.
struct hrm_board hrm_board_move(const struct hrm_board *question, const struct hrm_board *answer,
                                int moves, struct hrm_random *random);

#endif
