#include "core/vote/pass.h"

#include <string.h>

void hrm_grid_pack(const uint8_t cells[HRM_GRID_CELLS], uint8_t packed[HRM_GRID_PACKED])
{
    memset(packed, 0, HRM_GRID_PACKED);
    for (int i = 0; i < HRM_GRID_CELLS; i++)
        packed[i / 2] = (uint8_t)(packed[i / 2] | (cells[i] & 15) << (i % 2 ? 0 : 4));
}

void hrm_grid_unpack(const uint8_t packed[HRM_GRID_PACKED], uint8_t cells[HRM_GRID_CELLS])
{
    for (int i = 0; i < HRM_GRID_CELLS; i++)
        cells[i] = (packed[i / 2] >> (i % 2 ? 0 : 4)) & 15;
}

bool hrm_pass_equals(const struct hrm_pass *pass, const uint8_t packed[HRM_GRID_PACKED])
{
    return memcmp(pass->grid, packed, HRM_GRID_PACKED) == 0;
}

bool hrm_pass_certified(const struct hrm_pass *pass, const uint8_t question[HRM_GRID_CELLS])
{
    if (pass->conflicts > 0)
        return false;
    uint8_t cells[HRM_GRID_CELLS];
    hrm_grid_unpack(pass->grid, cells);
    for (int i = 0; i < HRM_GRID_CELLS; i++)
        if (cells[i] < 1 || cells[i] > 9 || (question[i] && question[i] != cells[i]))
            return false;
    return true;
}
