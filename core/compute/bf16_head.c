#include "core/compute/bf16_gradient.h"
#include "core/compute/bf16_lanes.h"
#include "core/compute/bf16_product.h"

struct scores {
    float *y; // [rows, out]
    int out;
};

HRM_ALWAYS_INLINE void finish_scores(const void *context, int column, int row, const float *left,
                                     const float *right)
{
    const struct scores *t = context;
    float *y = t->y + (size_t)row * (size_t)t->out + column;
    _mm512_mask_storeu_ps(y, hrm_lanes_first(t->out - column), _mm512_loadu_ps(left));
    _mm512_mask_storeu_ps(y + HRM_TILE, hrm_lanes_first(t->out - column - HRM_TILE),
                          _mm512_loadu_ps(right));
}

size_t hrm_bf16_head_bytes(const struct hrm_block_shape *shape)
{
    return 2 * (size_t)hrm_rows_padded(hrm_bf16_rows(shape)) *
           (size_t)hrm_bf16_up(shape->vocab, 32);
}

void hrm_bf16_head(const struct hrm_block_shape *shape, const void *x, const struct hrm_weight *w,
                   float *y, void *scratch)
{
    const struct scores scores = {y, w->out};
    const struct hrm_bf16_product p = {.x = x,
                                       .rows = hrm_bf16_rows(shape),
                                       .depth = shape->hidden,
                                       .columns = w->packed,
                                       .pairs = hrm_bf16_up(w->out, 32) / 32,
                                       .group = 1,
                                       .scratch = hrm_bf16_scratch_split(shape, scratch)};
    hrm_bf16_product_run(&p, finish_scores, &scores);
}

/// Round dy to bf16 with rows padded with zeros to `padded` columns.
static void round_scores(const float *dy, int rows, int out, int padded, uint16_t *rounded)
{
    for (int r = 0; r < rows; r++) {
        for (int j = 0; j < padded; j += HRM_LANES) {
            const __mmask16 lanes = hrm_lanes_first(out - j);
            hrm_lanes_store(rounded + (size_t)r * (size_t)padded + j,
                            _mm512_maskz_loadu_ps(lanes, dy + (size_t)r * (size_t)out + j));
        }
    }
}

void hrm_bf16_head_backward(const struct hrm_block_shape *shape, const void *x,
                            const struct hrm_weight *w, const float *dy, void *dx, float *dw,
                            void *scratch)
{
    const int rows = hrm_bf16_rows(shape), padded = hrm_bf16_up(w->out, 32);
    struct hrm_bf16_scratch split = hrm_bf16_scratch_split(shape, scratch);
    uint16_t *rounded = (uint16_t *)split.rest;
    split.rest += hrm_bf16_head_bytes(shape);
    round_scores(dy, rows, w->out, padded, rounded);
    const struct hrm_bf16_product p = {.x = (const uint8_t *)rounded,
                                       .rows = rows,
                                       .depth = padded,
                                       .columns = hrm_bf16_packed_transpose(w),
                                       .pairs = hrm_bf16_up(w->in, 32) / 32,
                                       .group = 1,
                                       .scratch = split};
    hrm_bf16_product_store(&p, w->in, dx);
    const struct hrm_bf16_gradient g = {.rows = rows,
                                        .out = w->out,
                                        .in = w->in,
                                        .dy = rounded,
                                        .dy_stride = padded,
                                        .x = x,
                                        .dw = dw,
                                        .scratch = split};
    hrm_bf16_gradient_add(&g);
}
