#include "core/vote/mcnemar.h"

#include "core/vote/beta.h"

#include <math.h>

/// P(X <= k) of a binomial X of n throws of a fair coin, 0 <= k <= n.
static double at_most(int64_t k, int64_t n)
{
    return k >= n ? 1 : hrm_beta_regularized((double)(n - k), (double)k + 1, 0.5);
}

/// P(X = k) of the same.
static double exactly(int64_t k, int64_t n)
{
    int sign;
    double ways = lgamma_r((double)n + 1, &sign) - lgamma_r((double)k + 1, &sign) -
                  lgamma_r((double)(n - k) + 1, &sign);
    return exp(ways - (double)n * M_LN2);
}

static int64_t smaller(const struct hrm_mcnemar *table)
{
    return table->first < table->second ? table->first : table->second;
}

double hrm_mcnemar_exact(const struct hrm_mcnemar *table)
{
    return fmin(1, 2 * at_most(smaller(table), table->first + table->second));
}

double hrm_mcnemar_midp(const struct hrm_mcnemar *table)
{
    int64_t n = table->first + table->second, k = smaller(table);
    if (table->first == table->second)
        return n == 0 ? 1 : 1 - exactly(k, n) / 2;
    return 2 * at_most(k, n) - exactly(k, n);
}
