#include "core/compute/bf16_gradient.h"
#include "core/compute/bf16_lanes.h"
#include "core/compute/bf16_norm.h"
#include "core/compute/bf16_product.h"

#include <math.h>

/// The rows before the norm are kept in fp32 from the sums to the norm, 32 at a time: a row is
/// normalized when its last columns are finished, before the next 32 rows begin.
struct stream {
    const uint16_t *residual; // [rows, hidden]
    uint16_t *n;              // [rows, hidden]
    float *inv_rms;           // [rows] or NULL
    float *y;                 // [32, hidden]
    float *squares;           // [32, 16], sums of squares by lane
    int hidden;
    float eps;
};

/// n[row] = y r
HRM_ALWAYS_INLINE void normalize_row(const struct stream *t, int row, const float *y, __m512 sum)
{
    const float r = 1.0f / sqrtf(_mm512_reduce_add_ps(sum) / (float)t->hidden + t->eps);
    const __m512 scale = _mm512_set1_ps(r);
    uint16_t *n = t->n + (size_t)row * (size_t)t->hidden;
    for (int j = 0; j < t->hidden; j += HRM_LANES)
        hrm_lanes_store(n + j, _mm512_mul_ps(scale, _mm512_loadu_ps(y + j)));
    if (t->inv_rms)
        t->inv_rms[row] = r;
}

HRM_ALWAYS_INLINE void finish_residual(const void *context, int column, int row, const float *left,
                                       const float *right)
{
    const struct stream *t = context;
    const uint16_t *residual = t->residual + (size_t)row * (size_t)t->hidden + column;
    float *start = t->y + (size_t)(row % 32) * (size_t)t->hidden, *y = start + column;
    float *squares = t->squares + HRM_LANES * (row % 32);
    const __m512 a = _mm512_add_ps(_mm512_loadu_ps(left), hrm_lanes_load(residual));
    __m512 sum = column == 0 ? _mm512_setzero_ps() : _mm512_loadu_ps(squares);
    sum = _mm512_fmadd_ps(a, a, sum);
    _mm512_storeu_ps(y, a);
    if (column + HRM_TILE < t->hidden) {
        const __m512 b = _mm512_add_ps(_mm512_loadu_ps(right), hrm_lanes_load(residual + HRM_TILE));
        sum = _mm512_fmadd_ps(b, b, sum);
        _mm512_storeu_ps(y + HRM_TILE, b);
    }
    _mm512_storeu_ps(squares, sum);
    if (column + 2 * HRM_TILE >= t->hidden)
        normalize_row(t, row, start, sum);
}

void hrm_bf16_project(const struct hrm_block_shape *shape, const void *x,
                      const struct hrm_weight *w, const void *residual, float eps, void *n,
                      float *inv_rms, void *scratch)
{
    const int hidden = shape->hidden;
    const struct hrm_bf16_scratch split = hrm_bf16_scratch_split(shape, scratch);
    float *squares = (float *)split.rest;
    const struct stream stream = {.residual = residual,
                                  .n = n,
                                  .inv_rms = inv_rms,
                                  .y = squares + HRM_LANES * 32,
                                  .squares = squares,
                                  .hidden = hidden,
                                  .eps = eps};
    const struct hrm_bf16_product p = {.x = x,
                                       .rows = hrm_bf16_rows(shape),
                                       .depth = w->in,
                                       .columns = w->packed,
                                       .pairs = hrm_bf16_up(hidden, 32) / 32,
                                       .group = 1,
                                       .whole_rows = true,
                                       .scratch = split};
    hrm_bf16_product_run(&p, finish_residual, &stream);
}

void hrm_bf16_project_backward(const struct hrm_block_shape *shape, const void *x,
                               const struct hrm_weight *w, const void *n, const float *inv_rms,
                               const void *dn, void *dresidual, void *dx, float *dw, void *scratch)
{
    const int rows = hrm_bf16_rows(shape), hidden = shape->hidden;
    const struct hrm_bf16_scratch split = hrm_bf16_scratch_split(shape, scratch);
    hrm_bf16_norm_backward(rows, hidden, inv_rms, n, dn, dresidual);
    const struct hrm_bf16_product p = {.x = dresidual,
                                       .rows = rows,
                                       .depth = hidden,
                                       .columns = hrm_bf16_packed_transpose(w),
                                       .pairs = hrm_bf16_up(w->in, 32) / 32,
                                       .group = 1,
                                       .scratch = split};
    hrm_bf16_product_store(&p, w->in, dx);
    const struct hrm_bf16_gradient g = {.rows = rows,
                                        .out = w->out,
                                        .in = w->in,
                                        .dy = dresidual,
                                        .dy_stride = hidden,
                                        .x = x,
                                        .dw = dw,
                                        .scratch = split};
    hrm_bf16_gradient_add(&g);
}
