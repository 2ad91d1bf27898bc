#include "core/vote/interval.h"

#include <assert.h>
#include <math.h>

double hrm_interval_z(double confidence)
{
    assert(confidence > 0 && confidence < 1);
    // erf is monotone: bisection reaches the last bit, and nothing here is hot.
    double low = 0, high = 40;
    for (int i = 0; i < 80; i++) {
        double middle = 0.5 * (low + high);
        if (erfc(middle * M_SQRT1_2) > 1 - confidence)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

struct hrm_interval hrm_interval_wilson(double share, int64_t n, double confidence)
{
    if (n == 0)
        return (struct hrm_interval){0, 1};
    double count = (double)n, z = hrm_interval_z(confidence), z2n = z * z / count;
    double centre = (share + z2n / 2) / (1 + z2n);
    double half = z / (1 + z2n) * sqrt(share * (1 - share) / count + z2n / (4 * count));
    return (struct hrm_interval){share <= 0 ? 0 : fmax(0, centre - half),
                                 share >= 1 ? 1 : fmin(1, centre + half)};
}
