#include "core/compute/bf16_gradient.h"
#include "core/compute/bf16_lanes.h"
#include "core/compute/bf16_product.h"
#include "core/compute/bf16_rope.h"

/// What the edge of the product needs to rotate: both halves of a head are the columns of a pair.
struct rotation {
    uint16_t *qkv; // [rows, 3 hidden]
    int hidden, seq, half;
    const float *cos, *sin;
};

HRM_ALWAYS_INLINE void finish_rotate(const void *context, int column, int row, const float *left,
                                     const float *right)
{
    const struct rotation *t = context;
    uint16_t *to = t->qkv + (size_t)row * 3 * (size_t)t->hidden + column;
    __m512 a = _mm512_loadu_ps(left), b = _mm512_loadu_ps(right);
    if (column < 2 * t->hidden) {
        const int angle = row % t->seq * t->half + column % (2 * t->half);
        const __m512 c = _mm512_loadu_ps(t->cos + angle), s = _mm512_loadu_ps(t->sin + angle);
        const __m512 turned = _mm512_fnmadd_ps(b, s, _mm512_mul_ps(a, c));
        b = _mm512_fmadd_ps(a, s, _mm512_mul_ps(b, c));
        a = turned;
    }
    hrm_lanes_store(to, a);
    hrm_lanes_store(to + t->half, b);
}

void hrm_bf16_qkv(const struct hrm_block_shape *shape, const void *h, const struct hrm_weight *w,
                  const struct hrm_rope *rope, void *qkv, void *scratch)
{
    const int half = shape->hidden / shape->heads / 2;
    struct hrm_bf16_product p = {.x = h,
                                 .rows = hrm_bf16_rows(shape),
                                 .depth = shape->hidden,
                                 .columns = w->packed,
                                 .pairs = hrm_bf16_up(w->out, 32) / 32,
                                 .group = 1,
                                 .scratch = hrm_bf16_scratch_split(shape, scratch)};
    if (rope->cos && half % HRM_TILE == 0) {
        const struct rotation rotation = {qkv,  shape->hidden, shape->seq,
                                          half, rope->cos,     rope->sin};
        p.group = half / HRM_TILE;
        hrm_bf16_product_run(&p, finish_rotate, &rotation);
        return;
    }
    hrm_bf16_product_store(&p, w->out, qkv);
    if (rope->cos)
        hrm_bf16_rotate(shape, rope, 1.0f, 0, p.rows, qkv);
}

void hrm_bf16_qkv_backward(const struct hrm_block_shape *shape, const void *h,
                           const struct hrm_weight *w, const struct hrm_rope *rope, void *dqkv,
                           void *dh, float *dw, void *scratch)
{
    const int rows = hrm_bf16_rows(shape);
    const struct hrm_bf16_scratch split = hrm_bf16_scratch_split(shape, scratch);
    const int part = hrm_bf16_part_rows(w->out);
    for (int row = 0; row < rows; row += part) {
        const int count = rows - row < part ? rows - row : part;
        if (rope->cos)
            hrm_bf16_rotate(shape, rope, -1.0f, row, count, dqkv);
        const struct hrm_bf16_product p = {.x = (const uint8_t *)dqkv +
                                                2 * (size_t)row * (size_t)w->out,
                                           .rows = count,
                                           .depth = w->out,
                                           .columns = hrm_bf16_packed_transpose(w),
                                           .pairs = hrm_bf16_up(w->in, 32) / 32,
                                           .group = 1,
                                           .scratch = split};
        hrm_bf16_product_add(&p, w->in, (uint16_t *)dh + (size_t)row * (size_t)w->in);
    }
    const struct hrm_bf16_gradient g = {.rows = rows,
                                        .out = w->out,
                                        .in = w->in,
                                        .dy = dqkv,
                                        .dy_stride = w->out,
                                        .x = h,
                                        .dw = dw,
                                        .scratch = split};
    hrm_bf16_gradient_add(&g);
}
