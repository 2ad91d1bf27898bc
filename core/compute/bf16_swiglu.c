#include "core/compute/bf16_gradient.h"
#include "core/compute/bf16_lanes.h"
#include "core/compute/bf16_product.h"

/// Where the gated products go.
struct gated {
    uint16_t *act;     // [rows, inner]
    uint16_t *gate_up; // [rows, 2 inner] or NULL
    int inner;
};

HRM_ALWAYS_INLINE void finish_gate(const void *context, int column, int row, const float *left,
                                   const float *right)
{
    const struct gated *t = context;
    const __m512 g = _mm512_loadu_ps(left), u = _mm512_loadu_ps(right);
    const __m512 silu = _mm512_mul_ps(g, hrm_lanes_sigmoid(g));
    uint16_t *act = t->act + (size_t)row * (size_t)t->inner + column;
    hrm_bf16_fetch_next(act);
    hrm_lanes_store(act, _mm512_mul_ps(silu, u));
    if (t->gate_up) {
        uint16_t *to = t->gate_up + (size_t)row * 2 * (size_t)t->inner + column;
        hrm_bf16_fetch_next(to);
        hrm_bf16_fetch_next(to + t->inner);
        hrm_lanes_store(to, g);
        hrm_lanes_store(to + t->inner, u);
    }
}

void hrm_bf16_swiglu(const struct hrm_block_shape *shape, const void *h, const struct hrm_weight *w,
                     void *gate_up, void *act, void *scratch)
{
    const struct gated gated = {act, gate_up, shape->inner};
    const struct hrm_bf16_product p = {.x = h,
                                       .rows = hrm_bf16_rows(shape),
                                       .depth = shape->hidden,
                                       .columns = w->packed,
                                       .pairs = shape->inner / HRM_TILE,
                                       .group = shape->inner / HRM_TILE,
                                       .scratch = hrm_bf16_scratch_split(shape, scratch)};
    hrm_bf16_product_run(&p, finish_gate, &gated);
}

/// One row: gate_up becomes its gradient. silu'(g) = s + g s (1 - s), s = sigmoid(g).
static void gate_backward(int inner, const uint16_t *dact, uint16_t *gate, uint16_t *up)
{
    const __m512 one = _mm512_set1_ps(1.0f);
    for (int j = 0; j < inner; j += HRM_LANES) {
        const __m512 g = hrm_lanes_load(gate + j), u = hrm_lanes_load(up + j);
        const __m512 d = hrm_lanes_load(dact + j);
        const __m512 s = hrm_lanes_sigmoid(g);
        const __m512 silu = _mm512_mul_ps(g, s);
        const __m512 slope = _mm512_fmadd_ps(silu, _mm512_sub_ps(one, s), s);
        hrm_lanes_store(gate + j, _mm512_mul_ps(_mm512_mul_ps(d, u), slope));
        hrm_lanes_store(up + j, _mm512_mul_ps(d, silu));
    }
}

void hrm_bf16_swiglu_backward(const struct hrm_block_shape *shape, const void *h,
                              const struct hrm_weight *w, void *gate_up, const void *dact, void *dh,
                              float *dw, void *scratch)
{
    const int rows = hrm_bf16_rows(shape), inner = shape->inner;
    const struct hrm_bf16_scratch split = hrm_bf16_scratch_split(shape, scratch);
    for (int r = 0; r < rows; r++) {
        uint16_t *gate = (uint16_t *)gate_up + (size_t)r * 2 * (size_t)inner;
        gate_backward(inner, (const uint16_t *)dact + (size_t)r * (size_t)inner, gate,
                      gate + inner);
    }
    const struct hrm_bf16_product p = {.x = gate_up,
                                       .rows = rows,
                                       .depth = w->out,
                                       .columns = hrm_bf16_packed_transpose(w),
                                       .pairs = hrm_bf16_up(w->in, 32) / 32,
                                       .group = 1,
                                       .scratch = split};
    hrm_bf16_product_add(&p, w->in, dh);
    const struct hrm_bf16_gradient g = {.rows = rows,
                                        .out = w->out,
                                        .in = w->in,
                                        .dy = gate_up,
                                        .dy_stride = w->out,
                                        .x = h,
                                        .dw = dw,
                                        .scratch = split};
    hrm_bf16_gradient_add(&g);
}
