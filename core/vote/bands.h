#ifndef HRM_VOTE_BANDS_H
#define HRM_VOTE_BANDS_H

#include <stdint.h>

#define HRM_BANDS 8 ///< at most

/// How hard puzzles are, as a report groups them: what the ratings of a task mean.
struct hrm_bands {
    int count;                 ///< with the last one, of puzzles without a rating
    const char *const *names;  ///< [count]: "4-7"
    int (*of)(int32_t rating); ///< 0 .. count-1
};

/// Of Sudoku puzzles, by the guesses of the tdoku solver: 0, 1-3, 4-7, 8-15, 16-31, 32-63, 64 and
/// more, none.
extern const struct hrm_bands hrm_bands_sudoku;

#endif
