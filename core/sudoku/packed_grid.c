#include "core/sudoku/packed_grid.h"

#include <stddef.h>
#include <string.h>

void hrm_grid_pack(const struct hrm_board *board, uint8_t packed[HRM_GRID_PACKED])
{
    memset(packed, 0, HRM_GRID_PACKED);
    for (int i = 0; i < HRM_CELLS; i++)
        packed[i / 2] = (uint8_t)(packed[i / 2] | (board->cell[i] & 15) << (i % 2 ? 0 : 4));
}

void hrm_grid_unpack(const uint8_t packed[HRM_GRID_PACKED], struct hrm_board *board)
{
    for (int i = 0; i < HRM_CELLS; i++)
        board->cell[i] = (packed[i / 2] >> (i % 2 ? 0 : 4)) & 15;
}

struct hrm_grid_verdict hrm_grid_judge(const struct hrm_board *question,
                                       const struct hrm_board *answer, const struct hrm_board *grid)
{
    struct hrm_grid_verdict verdict = {.conflicts = hrm_board_conflicts(grid)};
    for (int i = 0; answer && i < HRM_CELLS; i++)
        verdict.matches += grid->cell[i] == answer->cell[i];
    verdict.right = verdict.matches == HRM_CELLS;
    verdict.certified = verdict.conflicts == 0 && hrm_board_is_certified(question, grid);
    return verdict;
}
