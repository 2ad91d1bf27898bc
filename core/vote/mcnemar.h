#ifndef HRM_VOTE_MCNEMAR_H
#define HRM_VOTE_MCNEMAR_H

#include <stdint.h>

/// Two answers to each of n puzzles, by which of them are right.
struct hrm_mcnemar {
    int64_t both, first, second, neither; ///< `first`: only the first is right
};

#define HRM_MCNEMAR_COUNTS ((int)(sizeof(struct hrm_mcnemar) / sizeof(int64_t)))

/// Two-sided p of McNemar's test that both are right equally often (McNemar 1947): the exact
/// binomial test of `first` against `second` of the puzzles on which they differ, for any number
/// of them. 1 when they differ on none.
double hrm_mcnemar_exact(const struct hrm_mcnemar *table);

/// The same with half the probability of what was seen (Fagerland, Lydersen and Laake 2013): less
/// conservative where the puzzles that differ are few.
double hrm_mcnemar_midp(const struct hrm_mcnemar *table);

#endif
