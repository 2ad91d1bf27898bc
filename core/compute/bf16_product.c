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

/// The part of the tile columns that a chunk covers.
static void place(const struct hrm_bf16_product *p, int i, const uint8_t **left,
                  const uint8_t **right)
{
    const int chunks = hrm_bf16_product_chunks(p);
    const size_t bytes = (size_t)hrm_bf16_up(p->depth, HRM_TILE_DEPTH) * 2 * HRM_TILE;
    const size_t column = (size_t)hrm_bf16_pair_column(i / chunks, p->group);
    const size_t first = (size_t)(i % chunks * HRM_BF16_CHUNK) * HRM_TILE_BYTES;
    *left = p->columns + bytes * column + first;
    *right = *left + bytes * (size_t)p->group;
}

struct hrm_bf16_chunk hrm_bf16_product_chunk(const struct hrm_bf16_product *p, int i)
{
    const int chunks = hrm_bf16_product_chunks(p);
    const int steps = hrm_bf16_up(p->depth, HRM_TILE_DEPTH) / HRM_TILE_DEPTH;
    const int first = i % chunks * HRM_BF16_CHUNK;
    struct hrm_bf16_chunk chunk = {.first = first,
                                   .steps = steps - first < HRM_BF16_CHUNK ? steps - first
                                                                           : HRM_BF16_CHUNK,
                                   .last = i % chunks == chunks - 1};
    place(p, i, &chunk.left, &chunk.right);
    if (i + 1 < p->pairs * chunks)
        place(p, i + 1, &chunk.next_left, &chunk.next_right);
    return chunk;
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
    hrm_bf16_fetch_next(y, 2 * (size_t)t->out);
    hrm_lanes_store(y, _mm512_loadu_ps(left));
    if (column + HRM_TILE < t->out)
        hrm_lanes_store(y + HRM_TILE, _mm512_loadu_ps(right));
}

HRM_ALWAYS_INLINE void finish_add(const void *context, int column, int row, const float *left,
                                  const float *right)
{
    const struct target *t = context;
    uint16_t *y = t->y + (size_t)row * (size_t)t->out + column;
    hrm_bf16_fetch_next(y, 2 * (size_t)t->out);
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
