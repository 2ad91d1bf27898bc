#include "core/model/truncated.h"

#include <math.h>
#include <pthread.h>

#define HALF_SQRT_PI 0.88622692545275801365
#define SQRT_2       1.41421356237309504880
/// erf(2 / sqrt(2)): the mass within two standard deviations.
#define MASS 0.9544997361036416
/// 1 / sqrt(1 - 4 phi(2) / MASS): what the cut takes from the standard deviation, given back.
#define SIGMA 1.1368472343385565

static double polynomial(const double *coefficients, int count, double x)
{
    double value = coefficients[0];
    for (int i = 1; i < count; i++)
        value = value * x + coefficients[i];
    return value;
}

double hrm_erfinv(double y)
{
    static const double centre[] = {2.81022636e-08,  3.43273939e-07, -3.5233877e-06,
                                    -4.39150654e-06, 0.00021858087,  -0.00125372503,
                                    -0.00417768164,  0.246640727,    1.50140941};
    static const double tail[] = {-0.000200214257, 0.000100950558, 0.00134934322,
                                  -0.00367342844,  0.00573950773,  -0.0076224613,
                                  0.00943887047,   1.00167406,     2.83297682};
    double w = -log1p(-y * y);
    double x = y * (w < 5 ? polynomial(centre, 9, w - 2.5) : polynomial(tail, 9, sqrt(w) - 3));
    return x - (erf(x) - y) * HALF_SQRT_PI * exp(x * x);
}

/// The number below which a share of (1 + u) / 2 of them lies.
static double quantile(double u)
{
    double value = SQRT_2 * hrm_erfinv(u * MASS);
    return SIGMA * fmin(fmax(value, -2), 2);
}

double hrm_truncated_normal(struct hrm_random *random)
{
    // The middle of one of 2^32 cells, so that the ends of (-1, 1) cannot come up.
    return quantile(2 * (hrm_random_bits(random) + 0.5) * 0x1p-32 - 1);
}

/// Quantiles at the ends of 2^12 equal shares. The density is nowhere below 0.05, so that the chord
/// of a share is as good as its curve.
static float quantiles[(1 << 12) + 1];
static pthread_once_t filled = PTHREAD_ONCE_INIT;

static void fill_quantiles(void)
{
    for (int i = 0; i <= 1 << 12; i++)
        quantiles[i] = (float)quantile(2 * (i * 0x1p-12) - 1);
}

void hrm_truncated_normal_add(struct hrm_random *random, double sigma, size_t count, float *values)
{
    (void)pthread_once(&filled, fill_quantiles);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = hrm_random_bits(random);
        const float *share = quantiles + (bits >> 20);
        float within = (float)(bits & 0xfffff) * 0x1p-20f;
        values[i] += (float)sigma * (share[0] + within * (share[1] - share[0]));
    }
}
