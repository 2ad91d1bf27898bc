#ifndef HRM_JOBS_SELFTEST_H
#define HRM_JOBS_SELFTEST_H

#include "core/base/error.h"
#include "core/compute/backend.h"

/// What `hrmpi selftest` checks: small computations against numbers that are stored in the program.
struct selftest {
    int checks, failed;
};

/// Print the line of a check and count it. It fails where the deviation is above the limit or not a
/// number.
/// @param subject  [in] backend or part of the program
/// @param what     [in] what was computed
void selftest_check(struct selftest *test, const char *subject, const char *what, double deviation,
                    double limit);

/// The larger of two deviations; one that is not a number counts as larger.
static inline double selftest_worse(double a, double b)
{
    return a >= b || a != a ? a : b;
}

/// Run two small models, made from the counter-based generator, forward, and through a training
/// step. The deviation is the relative error, by norm, of some sums that every number enters with a
/// sign of its own. Errors: HRM_FAILED when memory is short.
int selftest_backend(struct selftest *test, const struct hrm_backend *backend,
                     struct hrm_error *error);

/// Random numbers, the exact solver, voting rules and intervals. Errors: HRM_FAILED.
int selftest_exact(struct selftest *test, struct hrm_error *error);

#endif
