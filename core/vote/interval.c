#include "core/vote/interval.h"

#include "core/vote/beta.h"

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

double hrm_interval_t(double confidence, int degrees)
{
    assert(confidence > 0 && confidence < 1 && degrees > 0);
    // P(|T| > t) = I_x(degrees / 2, 1 / 2) at x = degrees / (degrees + t^2), by bisection over t.
    double low = 0, high = 1e15;
    for (int i = 0; i < 200; i++) {
        double middle = high > 2 * low + 1 ? 2 * low + 1 : 0.5 * (low + high);
        double x = degrees / (degrees + middle * middle);
        if (hrm_beta_regularized(0.5 * degrees, 0.5, x) > 1 - confidence)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

struct hrm_spread hrm_spread_of(const double *shares, int n, double confidence)
{
    assert(n > 0);
    struct hrm_spread spread = {
        .n = n, .known = n >= HRM_SPREAD_RUNS, .interval = {-INFINITY, INFINITY}};
    double squares = 0;
    for (int i = 0; i < n; i++)
        spread.mean += shares[i] / n;
    for (int i = 0; i < n; i++)
        squares += (shares[i] - spread.mean) * (shares[i] - spread.mean);
    if (n > 1)
        spread.sd = sqrt(squares / (n - 1));
    if (!spread.known)
        return spread;
    double half = hrm_interval_t(confidence, n - 1) * spread.sd / sqrt(n);
    spread.interval =
        (struct hrm_interval){fmax(0, spread.mean - half), fmin(1, spread.mean + half)};
    return spread;
}
