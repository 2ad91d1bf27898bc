#include "core/compute/bf16_product.h"
#include "core/compute/bf16_lanes.h"

void hrm_bf16_product_tail(const struct hrm_bf16_product *p)
{
    const int left = p->depth % HRM_TILE_DEPTH;
    if (left == 0)
        return;
    const __mmask32 lanes = (1u << left) - 1u;
    const size_t stride = 2 * (size_t)p->depth;
    const uint8_t *x = p->x + stride - 2 * (size_t)left;
    uint8_t *tail = p->scratch.tail;
    for (int r = 0; r < p->rows; r++)
        _mm512_storeu_si512(tail + 64 * (size_t)r,
                            _mm512_maskz_loadu_epi16(lanes, x + stride * (size_t)r));
}

/// Where the sums of a plain product go.
struct target {
    uint16_t *y; // [rows, out]
    int out;
};

HRM_ALWAYS_INLINE void finish_store(const void *context, int column, int row, const float *left,
                                    const float *right)
{
    const struct target *t = context;
    uint16_t *y = t->y + (size_t)row * (size_t)t->out + column;
    hrm_lanes_store(y, _mm512_loadu_ps(left));
    if (column + HRM_TILE < t->out)
        hrm_lanes_store(y + HRM_TILE, _mm512_loadu_ps(right));
}

HRM_ALWAYS_INLINE void finish_add(const void *context, int column, int row, const float *left,
                                  const float *right)
{
    const struct target *t = context;
    uint16_t *y = t->y + (size_t)row * (size_t)t->out + column;
    hrm_lanes_store(y, _mm512_add_ps(_mm512_loadu_ps(left), hrm_lanes_load(y)));
    if (column + HRM_TILE < t->out)
        hrm_lanes_store(y + HRM_TILE,
                        _mm512_add_ps(_mm512_loadu_ps(right), hrm_lanes_load(y + HRM_TILE)));
}

void hrm_bf16_product_store(const struct hrm_bf16_product *p, int out, void *y)
{
    const struct target target = {y, out};
    hrm_bf16_product_run(p, finish_store, &target);
}

void hrm_bf16_product_add(const struct hrm_bf16_product *p, int out, void *y)
{
    const struct target target = {y, out};
    hrm_bf16_product_run(p, finish_add, &target);
}
