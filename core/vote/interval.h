#ifndef HRM_VOTE_INTERVAL_H
#define HRM_VOTE_INTERVAL_H

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

/// What the values of several runs say of the mean over all such runs.
struct hrm_spread {
    int n;
    double mean;
    double sd; ///< sample standard deviation; 0 for n < 2
    /// Student's t interval of the mean, which may leave 0..1; for n < 2 minus to plus infinity.
    struct hrm_interval interval;
};

/// @param values  [in] [n], n > 0
struct hrm_spread hrm_spread_of(const double *values, int n, double confidence);

#endif
