#include "core/compute/bf16_product.h"
#include "core/compute/bf16_lanes.h"

#include <assert.h>

void hrm_bf16_product_tail(const struct hrm_bf16_product *p)
{
    const int left = p->depth % HRM_TILE_DEPTH;
    if (left == 0)
        return;
    const __mmask32 lanes = (1u << left) - 1u;
    const size_t stride = hrm_bf16_product_stride(p);
    const uint8_t *x = p->x + 2 * (size_t)(p->depth - left);
    uint8_t *tail = p->scratch.tail;
    for (int r = 0; r < p->rows; r++)
        _mm512_storeu_si512(tail + 64 * (size_t)r,
                            _mm512_maskz_loadu_epi16(lanes, x + stride * (size_t)r));
}

/// a / b, rounded up
static int share(int a, int b)
{
    return (a + b - 1) / b;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static const uint8_t *column_at(const struct hrm_bf16_walk *at, int pair)
{
    const struct hrm_bf16_product *p = at->product;
    return p->columns + at->column * (size_t)hrm_bf16_pair_column(pair, p->group);
}

/// Begin the slice of pairs from `first` on.
static void begin_slice(struct hrm_bf16_walk *at, int first)
{
    at->first = at->pair = first;
    at->count = smaller(at->slice, at->product->pairs - first);
}

/// The addresses of the current block.
static void place_block(struct hrm_bf16_walk *at)
{
    const struct hrm_bf16_product *p = at->product;
    const size_t stride = hrm_bf16_product_stride(p);
    const int step = at->chunk * HRM_BF16_CHUNK;
    at->steps = smaller(at->depth_steps - step, HRM_BF16_CHUNK);
    at->x = p->x + stride * (size_t)at->row + 64 * (size_t)step;
    at->left = column_at(at, at->pair) + (size_t)step * HRM_TILE_BYTES;
    at->right = at->left + at->column * (size_t)p->group;
}

void hrm_bf16_walk_begin(struct hrm_bf16_walk *at, const struct hrm_bf16_product *p)
{
    *at = (struct hrm_bf16_walk){.product = p, .depth_steps = share(p->depth, HRM_TILE_DEPTH)};
    at->chunks = share(at->depth_steps, HRM_BF16_CHUNK);
    at->column = (size_t)at->depth_steps * HRM_TILE_BYTES;
    const int fit = HRM_BF16_SLICE / (int)(2 * at->column);
    at->slice = p->whole_rows ? p->pairs : share(p->pairs, share(p->pairs, fit > 0 ? fit : 1));
    at->slice += at->slice & 1; // two neighbouring pairs may share a line of the result
    assert(at->chunks == 1 || at->slice <= HRM_BF16_PARTIALS || p->whole_rows);
    begin_slice(at, 0);
    place_block(at);
}

void hrm_bf16_walk_advance(struct hrm_bf16_walk *at)
{
    if (++at->pair == at->first + at->count) {
        at->pair = at->first;
        at->chunk++;
    }
    if (at->chunk == at->chunks) {
        at->chunk = 0;
        at->row += 32;
    }
    if (at->row >= at->product->rows) {
        at->row = 0;
        begin_slice(at, at->first + at->count);
    }
    if (at->count > 0)
        place_block(at);
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
    if (column + HRM_TILE < t->out)
        hrm_lanes_store_two(y, _mm512_loadu_ps(left), _mm512_loadu_ps(right));
    else
        hrm_lanes_store(y, _mm512_loadu_ps(left));
}

HRM_ALWAYS_INLINE void finish_add(const void *context, int column, int row, const float *left,
                                  const float *right)
{
    const struct target *t = context;
    uint16_t *y = t->y + (size_t)row * (size_t)t->out + column;
    const __m512 low = _mm512_add_ps(_mm512_loadu_ps(left), hrm_lanes_load(y));
    if (column + HRM_TILE < t->out)
        hrm_lanes_store_two(y, low,
                            _mm512_add_ps(_mm512_loadu_ps(right), hrm_lanes_load(y + HRM_TILE)));
    else
        hrm_lanes_store(y, low);
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
