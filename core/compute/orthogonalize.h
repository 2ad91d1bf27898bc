#ifndef HRM_COMPUTE_ORTHOGONALIZE_H
#define HRM_COMPUTE_ORTHOGONALIZE_H

#include <stddef.h>

/// A step of Newton and Schulz, x <- a x + (b g + c g g) x with g = x x^T, takes a singular value s
/// to a s + b s^3 + c s^5. Five steps bring all of (0, 1] to within about 0.3 of 1.
/// Source of the coefficients: Jordan et al. (2024), Muon.
static const float hrm_orthogonalize_a = 3.4445f;
static const float hrm_orthogonalize_b = -4.7750f;
static const float hrm_orthogonalize_c = 2.0315f;
enum { HRM_ORTHOGONALIZE_STEPS = 5 };

/// Entries of the blas backend (contracts in backend.h).
size_t hrm_blas_orthogonalize_bytes(int rows, int cols);
void hrm_blas_orthogonalize(int rows, int cols, float *x, void *scratch);

#endif
