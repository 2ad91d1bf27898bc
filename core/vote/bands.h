#ifndef HRM_VOTE_BANDS_H
#define HRM_VOTE_BANDS_H

#include <stdint.h>

#define HRM_BANDS 8 ///< at most

/// How hard puzzles are, as a report groups them: what the ratings of a task mean. The last
/// band is shown only where it has puzzles.
struct hrm_bands {
    int count;
    const char *const *names;  ///< [count]: "4-7"
    int (*of)(int32_t rating); ///< 0 .. count-1
};

#endif
