#include "core/vote/pass.h"

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

bool hrm_pass_equals(const struct hrm_pass *pass, const uint8_t packed[HRM_GRID_PACKED])
{
    return memcmp(pass->grid, packed, HRM_GRID_PACKED) == 0;
}

int hrm_pass_cells(const struct hrm_pass *pass, const uint8_t packed[HRM_GRID_PACKED])
{
    int cells = 0;
    for (int i = 0; i < HRM_GRID_PACKED; i++) {
        int different = pass->grid[i] ^ packed[i];
        cells += ((different & 0xf0) == 0) + ((different & 0x0f) == 0);
    }
    return cells - (2 * HRM_GRID_PACKED - HRM_CELLS); // the padding is alike
}

bool hrm_pass_certified(const struct hrm_pass *pass, const struct hrm_board *question)
{
    if (pass->conflicts > 0)
        return false;
    struct hrm_board grid;
    hrm_grid_unpack(pass->grid, &grid);
    return hrm_board_is_certified(question, &grid);
}
