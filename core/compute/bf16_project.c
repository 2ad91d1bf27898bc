#include "core/compute/bf16_gradient.h"
#include "core/compute/bf16_lanes.h"
#include "core/compute/bf16_norm.h"
#include "core/compute/bf16_product.h"

#include <math.h>

/// The rows before the norm are kept in fp32 from the sums to the norm, 32 at a time: sixteen rows
/// are normalized when the last columns of the last are finished, before the next 32 rows begin.
struct stream {
    const uint16_t *residual; // [rows, hidden]
    uint16_t *n;              // [rows, hidden]
    float *inv_rms;           // [rows] or NULL
    float *y;                 // [32, hidden]
    float *squares;           // [32, 16], sums of squares by lane
    int rows, hidden;
    float eps;
};

/// The sums over the lanes of sixteen vectors, each in the lane of its number.
static __m512 add_lanes(const float *x)
{
    __m512 v[16];
    for (int i = 0; i < 8; i++) {
        const __m512 a = _mm512_load_ps(x + 32 * i), b = _mm512_load_ps(x + 32 * i + 16);
        v[i] = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    }
    for (int i = 0; i < 4; i++) {
        const __m512d a = _mm512_castps_pd(v[2 * i]), b = _mm512_castps_pd(v[2 * i + 1]);
        v[i] = _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(a, b)),
                             _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)));
    }
    for (int i = 0; i < 2; i++)
        v[i] = _mm512_add_ps(_mm512_shuffle_f32x4(v[2 * i], v[2 * i + 1], 0x88),
                             _mm512_shuffle_f32x4(v[2 * i], v[2 * i + 1], 0xdd));
    return _mm512_add_ps(_mm512_shuffle_f32x4(v[0], v[1], 0x88),
                         _mm512_shuffle_f32x4(v[0], v[1], 0xdd));
}

/// n = y r of up to sixteen rows, the last of which is `row`.
static void normalize_rows(const struct stream *t, int row)
{
    const int first = row / HRM_LANES * HRM_LANES, hidden = t->hidden;
    const float *y = t->y + (size_t)(first % 32) * (size_t)hidden;
    uint16_t *n = t->n + (size_t)first * (size_t)hidden;
    const __m512 mean = _mm512_mul_ps(add_lanes(t->squares + HRM_LANES * (first % 32)),
                                      _mm512_set1_ps(1.0f / (float)hidden));
    const __m512 r = _mm512_div_ps(_mm512_set1_ps(1.0f),
                                   _mm512_sqrt_ps(_mm512_add_ps(mean, _mm512_set1_ps(t->eps))));
    float each[HRM_LANES];
    _mm512_storeu_ps(each, r);
    for (int i = 0; i <= row - first; i++, y += hidden, n += hidden) {
        const __m512 scale = _mm512_set1_ps(each[i]);
        int j = 0;
        for (; j + 32 <= hidden; j += 32)
            hrm_lanes_store_two(n + j, _mm512_mul_ps(scale, _mm512_loadu_ps(y + j)),
                                _mm512_mul_ps(scale, _mm512_loadu_ps(y + j + HRM_LANES)));
        if (j < hidden)
            hrm_lanes_store(n + j, _mm512_mul_ps(scale, _mm512_loadu_ps(y + j)));
    }
    if (t->inv_rms)
        _mm512_mask_storeu_ps(t->inv_rms + first, hrm_lanes_first(row - first + 1), r);
}

HRM_ALWAYS_INLINE void finish_residual(const void *context, int column, int row, const float *left,
                                       const float *right)
{
    const struct stream *t = context;
    const uint16_t *residual = t->residual + (size_t)row * (size_t)t->hidden + column;
    float *y = t->y + (size_t)(row % 32) * (size_t)t->hidden + column;
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
    if (column + 2 * HRM_TILE >= t->hidden &&
        (row % HRM_LANES == HRM_LANES - 1 || row == t->rows - 1))
        normalize_rows(t, row);
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
                                  .rows = hrm_bf16_rows(shape),
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
