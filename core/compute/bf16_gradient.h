#ifndef HRM_COMPUTE_BF16_GRADIENT_H
#define HRM_COMPUTE_BF16_GRADIENT_H

#include "core/compute/bf16.h"

/// The two sides of the gradient of a linear map y = x w^T.
struct hrm_bf16_gradient {
    int rows, out, in;
    const uint16_t *dy; ///< bf16 [rows, dy_stride], the first `out` columns count
    int dy_stride;
    const uint16_t *x; ///< bf16 [rows, in]
    float *dw;         ///< [out, in], added to
    struct hrm_bf16_scratch scratch;
};

/// dw[out,in] += dy[rows,out]^T x[rows,in], summed in fp32 in the order of the rows.
void hrm_bf16_gradient_add(const struct hrm_bf16_gradient *g);

#endif
