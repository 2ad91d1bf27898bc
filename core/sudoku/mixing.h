#ifndef HRM_SUDOKU_MIXING_H
#define HRM_SUDOKU_MIXING_H

#include "core/base/random.h"
#include "core/sudoku/board.h"

/// An easier copy of a question: k of its blank cells are filled in from the answer, k uniform in
/// 1..blanks-1, cells without replacement (Ren and Liu, arXiv 2601.10679, data mixing).
/// A question with at most one blank is returned unchanged, and draws nothing.
struct hrm_board hrm_board_mix(const struct hrm_board *question, const struct hrm_board *answer,
                               struct hrm_random *random);

#endif
