#include "core/sudoku/mixing.h"

#include "core/sudoku/solver.h"

#include <stddef.h>

/// The cells that are blank, or those that are not.
static int list_cells(const struct hrm_board *board, bool blank, int cells[HRM_CELLS])
{
    int count = 0;
    for (int i = 0; i < HRM_CELLS; i++)
        if ((board->cell[i] == 0) == blank)
            cells[count++] = i;
    return count;
}

struct hrm_board hrm_board_mix(const struct hrm_board *question, const struct hrm_board *answer,
                               struct hrm_random *random)
{
    struct hrm_board mixed = *question;
    int blanks[HRM_CELLS];
    int count = list_cells(question, true, blanks);
    if (count <= 1)
        return mixed;
    int filled = 1 + (int)hrm_random_below(random, (uint32_t)count - 1);
    hrm_random_shuffle(random, blanks, count);
    for (int i = 0; i < filled; i++)
        mixed.cell[blanks[i]] = answer->cell[blanks[i]];
    return mixed;
}

/// Leave out the first of the givens without which there is one solution, of so many guesses.
static bool leave_out(struct hrm_board *board, const int *givens, int count, int least)
{
    int guesses;
    for (int i = 0; i < count; i++) {
        uint8_t digit = board->cell[givens[i]];
        board->cell[givens[i]] = 0;
        if (hrm_board_rate(board, &guesses) == HRM_SOLUTIONS_ONE && guesses >= least)
            return true;
        board->cell[givens[i]] = digit;
    }
    return false;
}

struct hrm_board hrm_board_move(const struct hrm_board *question, const struct hrm_board *answer,
                                int moves, struct hrm_random *random)
{
    struct hrm_board moved = *question;
    int blanks[HRM_CELLS], givens[HRM_CELLS], guesses;
    hrm_board_rate(question, &guesses);
    int least = guesses - guesses / 4;
    for (int i = 0; i < moves; i++) {
        int count = list_cells(&moved, true, blanks);
        int others = list_cells(&moved, false, givens);
        if (count == 0)
            return moved;
        int added = blanks[hrm_random_below(random, (uint32_t)count)];
        hrm_random_shuffle(random, givens, others);
        moved.cell[added] = answer->cell[added];
        if (!leave_out(&moved, givens, others, least))
            moved.cell[added] = 0;
    }
    return moved;
}
