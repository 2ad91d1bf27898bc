#include "core/sudoku/mixing.h"

struct hrm_board hrm_board_mix(const struct hrm_board *question, const struct hrm_board *answer,
                               struct hrm_random *random)
{
    struct hrm_board mixed = *question;
    int blanks[HRM_CELLS];
    int count = 0;
    for (int i = 0; i < HRM_CELLS; i++) {
        if (question->cell[i] == 0)
            blanks[count++] = i;
    }
    if (count <= 1)
        return mixed;
    int filled = 1 + (int)hrm_random_below(random, (uint32_t)count - 1);
    hrm_random_shuffle(random, blanks, count);
    for (int i = 0; i < filled; i++)
        mixed.cell[blanks[i]] = answer->cell[blanks[i]];
    return mixed;
}
