#ifndef HRM_VOTE_INTERVAL_H
#define HRM_VOTE_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

/// A confidence interval of a share.
struct hrm_interval {
    double low, high; ///< 0..1
};

/// Wilson's score interval (Wilson 1927) of a share seen in n independent trials.
/// @param share       [in] 0..1; need not be a whole number of trials
/// @param n           [in] trials; 0 gives the interval 0..1
/// @param confidence  [in] 0 < confidence < 1, e.g. 0.95
struct hrm_interval hrm_interval_wilson(double share, int64_t n, double confidence);

/// z with P(|Z| <= z) = confidence for a standard normal Z; 1.959964 for 0.95.
double hrm_interval_z(double confidence);

/// t with P(|T| <= t) = confidence for Student's T with `degrees` > 0 degrees of freedom;
/// 12.7062 for 0.95 and 1.
double hrm_interval_t(double confidence, int degrees);

/// Runs that an interval of their mean takes: t of two runs is 12.7 at 95%, so that their interval
/// says nothing of a share.
#define HRM_SPREAD_RUNS 3

/// What the shares of several runs say of the mean over all such runs.
struct hrm_spread {
    int n;
    double mean; ///< 0..1
    double sd;   ///< sample standard deviation; 0 for n < 2
    bool known;  ///< whether there is an interval: n >= HRM_SPREAD_RUNS
    /// Student's t interval of the mean, cut to 0..1: a mean of shares lies there, so that what is
    /// cut off never holds it. Minus to plus infinity where it is not known.
    struct hrm_interval interval;
};

/// @param shares  [in] [n], 0..1, n > 0
struct hrm_spread hrm_spread_of(const double *shares, int n, double confidence);

#endif
