#ifndef HRM_VOTE_BETA_H
#define HRM_VOTE_BETA_H

/// The regularized incomplete beta function I_x(a, b), the distribution function behind Student's t
/// and the binomial distribution, by its continued fraction (DLMF 8.17.22).
/// @param a, b  [in] > 0; relative error below 1e-11 up to 1e6
/// @param x     [in] 0..1
double hrm_beta_regularized(double a, double b, double x);

#endif
