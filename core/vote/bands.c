#include "core/vote/bands.h"

#define UNRATED (HRM_BANDS - 1)

static int band_of(int32_t rating)
{
    int band = 0;
    if (rating < 0)
        return UNRATED;
    for (int32_t low = 1; band < UNRATED - 1 && rating >= low; low = low < 4 ? 4 : 2 * low)
        band++;
    return band;
}

static const char *const names[HRM_BANDS] = {"0",     "1-3",   "4-7", "8-15",
                                             "16-31", "32-63", "64+", "none"};

const struct hrm_bands hrm_bands_sudoku = {HRM_BANDS, names, band_of};
