#include "core/compute/ref.h"

#include <math.h>
#include <string.h>

static size_t rows_of(const struct hrm_block_shape *shape)
{
    return (size_t)shape->puzzles * (size_t)shape->seq;
}

/// dx[in] += dy[out] w[out,in], dw[out,in] += dy^T x, for one row.
static void linear_row_backward(const struct hrm_weight *w, const float *x, const float *dy,
                                float *dx, float *dw)
{
    size_t in = (size_t)w->in;
    for (size_t j = 0; j < (size_t)w->out; j++) {
        const float *weights = w->values + j * in;
        float *dweights = dw + j * in;
        for (size_t i = 0; i < in; i++)
            dx[i] += dy[j] * weights[i];
        for (size_t i = 0; i < in; i++)
            dweights[i] += dy[j] * x[i];
    }
}

void hrm_ref_qkv_backward(const struct hrm_block_shape *shape, const void *h,
                          const struct hrm_weight *w, const struct hrm_rope *rope, void *dqkv,
                          void *dh, float *dw, void *scratch)
{
    (void)scratch;
    size_t d = (size_t)shape->hidden;
    // The adjoint of a rotation is the rotation back.
    hrm_ref_rotate(shape, rope, -1, dqkv);
    for (size_t row = 0; row < rows_of(shape); row++)
        linear_row_backward(w, (const float *)h + row * d, (const float *)dqkv + row * 3 * d,
                            (float *)dh + row * d, dw);
}

/// One query's share: dq [E] is written, keys' and values' gradients are added to.
/// With p = softmax(s) and dp = do v^T: ds = p (dp - sum(p dp)), of s = q k^T / sqrt(E).
static void attend_backward(const struct hrm_block_shape *shape, const struct hrm_ref_view *view,
                            const float *qkv, size_t i, const float *d_o, float *dqkv, float *p)
{
    size_t d = (size_t)shape->hidden, e = d / (size_t)shape->heads;
    size_t query = hrm_ref_row(view, i);
    const float *q = qkv + query * 3 * d + view->column;
    const float *dout = d_o + query * d + view->column;
    float *dq = dqkv + query * 3 * d + view->column, *dp = p + view->count;
    float scale = 1 / sqrtf((float)e), mean = 0;
    hrm_ref_softmax_row(shape, view, qkv, i, p);
    for (size_t t = 0; t < view->count; t++) {
        size_t at = hrm_ref_row(view, t) * 3 * d + 2 * d + view->column;
        dp[t] = 0;
        for (size_t j = 0; j < e; j++) {
            dp[t] += dout[j] * qkv[at + j];
            dqkv[at + j] += p[t] * dout[j];
        }
        mean += p[t] * dp[t];
    }
    for (size_t t = 0; t < view->count; t++) {
        size_t at = hrm_ref_row(view, t) * 3 * d + d + view->column;
        float ds = scale * p[t] * (dp[t] - mean);
        for (size_t j = 0; j < e; j++) {
            dq[j] += ds * qkv[at + j];
            dqkv[at + j] += ds * q[j];
        }
    }
}

void hrm_ref_attention_backward(const struct hrm_block_shape *shape, const void *qkv, const void *o,
                                const void *d_o, void *dqkv, void *scratch)
{
    (void)o;
    memset(dqkv, 0, rows_of(shape) * 3 * (size_t)shape->hidden * sizeof(float));
    for (size_t n = 0; n < hrm_ref_view_count(shape); n++) {
        const struct hrm_ref_view view = hrm_ref_view(shape, n);
        for (size_t i = 0; i < view.count; i++)
            attend_backward(shape, &view, qkv, i, d_o, dqkv, scratch);
    }
}

void hrm_ref_project_backward(const struct hrm_block_shape *shape, const void *x,
                              const struct hrm_weight *w, const void *n, const float *inv_rms,
                              const void *dn, void *dresidual, void *dx, float *dw, void *scratch)
{
    (void)scratch;
    size_t d = (size_t)w->out, in = (size_t)w->in;
    for (size_t row = 0; row < rows_of(shape); row++) {
        const float *out = (const float *)n + row * d, *dout = (const float *)dn + row * d;
        float *dy = (float *)dresidual + row * d, *dx_row = (float *)dx + row * in;
        float mean = 0;
        for (size_t j = 0; j < d; j++)
            mean += dout[j] * out[j] / (float)d;
        for (size_t j = 0; j < d; j++)
            dy[j] = inv_rms[row] * (dout[j] - out[j] * mean);
        memset(dx_row, 0, in * sizeof *dx_row);
        linear_row_backward(w, (const float *)x + row * in, dy, dx_row, dw);
    }
}

void hrm_ref_swiglu_backward(const struct hrm_block_shape *shape, const void *h,
                             const struct hrm_weight *w, void *gate_up, const void *dact, void *dh,
                             float *dw, void *scratch)
{
    (void)scratch;
    size_t d = (size_t)w->in, f = (size_t)shape->inner;
    for (size_t row = 0; row < rows_of(shape); row++) {
        float *g = (float *)gate_up + row * 2 * f, *u = g + f;
        for (size_t j = 0; j < f; j++) {
            float da = ((const float *)dact)[row * f + j];
            float sigmoid = 1 / (1 + expf(-g[j])), silu = g[j] * sigmoid;
            // silu' = sigmoid (1 + g (1 - sigmoid)) = sigmoid + silu (1 - sigmoid)
            float dg = da * u[j] * (sigmoid + silu * (1 - sigmoid));
            u[j] = da * silu;
            g[j] = dg;
        }
        linear_row_backward(w, (const float *)h + row * d, g, (float *)dh + row * d, dw);
    }
}

void hrm_ref_head_backward(const struct hrm_block_shape *shape, const void *x,
                           const struct hrm_weight *w, const float *dy, void *dx, float *dw,
                           void *scratch)
{
    (void)scratch;
    size_t d = (size_t)w->in, out = (size_t)w->out;
    memset(dx, 0, rows_of(shape) * d * sizeof(float));
    for (size_t row = 0; row < rows_of(shape); row++)
        linear_row_backward(w, (const float *)x + row * d, dy + row * out, (float *)dx + row * d,
                            dw);
}
