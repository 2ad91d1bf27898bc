#include "core/vote/beta.h"

#include <assert.h>
#include <float.h>
#include <math.h>

static double away_from_zero(double value)
{
    return fabs(value) < DBL_MIN ? DBL_MIN : value;
}

/// The continued fraction from its front (Lentz), which needs about sqrt(max(a, b)) terms where
/// x < (a + 1) / (a + b + 2).
static double fraction(double a, double b, double x)
{
    double ratio = 1, last = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), value = last;
    for (int m = 1; m < 100000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        last = 1 / away_from_zero(1 + even * last);
        ratio = away_from_zero(1 + even / ratio);
        value *= ratio * last;
        last = 1 / away_from_zero(1 + odd * last);
        ratio = away_from_zero(1 + odd / ratio);
        value *= ratio * last;
        if (fabs(ratio * last - 1) < 4 * DBL_EPSILON)
            break;
    }
    return value;
}

/// ln of Gamma(a + b) / (Gamma(a) Gamma(b)). lgamma() alone writes a global variable.
static double log_scale(double a, double b)
{
    int sign;
    return lgamma_r(a + b, &sign) - lgamma_r(a, &sign) - lgamma_r(b, &sign);
}

double hrm_beta_regularized(double a, double b, double x)
{
    assert(a > 0 && b > 0 && x >= 0 && x <= 1);
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    double front = exp(log_scale(a, b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * fraction(a, b, x) / a;
    return 1 - front * fraction(b, a, 1 - x) / b;
}
