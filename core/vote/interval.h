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

#endif
