#ifndef HRM_MODEL_TRUNCATED_H
#define HRM_MODEL_TRUNCATED_H

#include "core/base/random.h"

#include <stddef.h>

/// Inverse of the error function on (-1, 1), relative error below 1e-12 where |y| < 0.99.
/// Giles, "Approximating the erfinv function" (2010), and one step of Newton's method.
double hrm_erfinv(double y);

/// A normal number cut off at two standard deviations and scaled so that its own standard
/// deviation is 1: |w| <= 2.2737. One draw from `random`.
/// Source: sapientinc/HRM, models/common.py (the convention of JAX).
double hrm_truncated_normal(struct hrm_random *random);

/// Add sigma times such numbers to `values` [count], from a table of quantiles: `count` draws, each
/// within 1e-5 of what hrm_truncated_normal makes of it. For many numbers, as of a state.
void hrm_truncated_normal_add(struct hrm_random *random, double sigma, size_t count, float *values);

#endif
