#ifndef HRM_COMPUTE_FP32_ELEMENTWISE_H
#define HRM_COMPUTE_FP32_ELEMENTWISE_H

#include <stddef.h>

/// The fp32 work between the large matrix products, compiled once per instruction set.
/// Every row is computed by itself, so its result does not depend on the rows beside it.
/// exp is accurate to 1.2e-7 relative.
struct hrm_fp32_elementwise {
    const char *name; ///< of the instruction set

    /// y[i] = a[i] + b[i]; y may be a or b.
    void (*add)(size_t n, const float *a, const float *b, float *y);
    /// y[rows,out] = x[rows,in] w[out,in]^T.
    void (*head)(size_t rows, size_t out, size_t in, const float *x, const float *w, float *y);
    /// y[rows,d] <- y r, r = 1/sqrt(mean(y^2) + eps); r to inv_rms [rows] unless NULL.
    void (*rms)(size_t rows, size_t d, float eps, float *y, float *inv_rms);
    /// dy[rows,d] = inv_rms (dn - n mean(dn n)); dy may be dn.
    void (*rms_backward)(size_t rows, size_t d, const float *n, const float *inv_rms,
                         const float *dn, float *dy);
    /// Rotate `vectors` vectors of size 2 half, one behind the other, by one position's angles
    /// c, s [half]; back with sign -1.
    void (*rotate)(size_t vectors, size_t half, const float *c, const float *s, float sign,
                   float *v);
    /// p[rows,cols], row t at p + t * stride: softmax of every row in place.
    void (*softmax)(size_t rows, size_t cols, size_t stride, float *p);
    /// dp <- scale p (dp - sum(p dp)) for every row.
    void (*softmax_backward)(size_t rows, size_t cols, size_t stride, float scale, const float *p,
                             float *dp);
    /// act[rows,f] = silu(g) u of gate_up[rows,2f] = [g | u].
    void (*swiglu)(size_t rows, size_t f, const float *gate_up, float *act);
    /// gate_up <- [dact u silu'(g) | dact silu(g)].
    void (*swiglu_backward)(size_t rows, size_t f, float *gate_up, const float *dact);
};

extern const struct hrm_fp32_elementwise hrm_fp32_baseline;
extern const struct hrm_fp32_elementwise hrm_fp32_avx2;
extern const struct hrm_fp32_elementwise hrm_fp32_avx512;

/// The best that this machine can run.
const struct hrm_fp32_elementwise *hrm_fp32_select(void);

#endif
