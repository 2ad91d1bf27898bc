#ifndef HRM_COMPUTE_BF16_PRODUCT_H
#define HRM_COMPUTE_BF16_PRODUCT_H

#include "core/compute/amx_tile.h"
#include "core/compute/bf16.h"

/// A product with packed weights: y[rows,out] = x[rows,depth] w[out,depth]^T.
///
/// Pairs of tile columns are taken in slices that stay in the second cache. Through a slice pass
/// all rows in blocks of 32; a block, or for a great depth a chunk of it, stays in the first
/// cache while the pairs of the slice stream past it. What is done with the results of a block is
/// interleaved into the sums of the next one, so that vector work runs beside the matrix unit.
/// Every row sums in the same order wherever it lies. Nothing is fetched by instruction: the
/// hardware foresees all of it, and fetching would take its places in the first cache.
struct hrm_bf16_product {
    const uint8_t *x; ///< bf16 [rows, depth]
    int rows, depth;
    int pitch;              ///< columns between rows of x, at least depth; 0: depth
    const uint8_t *columns; ///< packed, see hrm_bf16_pack()
    int pairs;              ///< pairs of tile columns
    int group;              ///< tile columns between the two of a pair
    bool whole_rows;        ///< finish all columns of 32 rows before the next: a single slice
    struct hrm_bf16_scratch scratch;
};

/// Bytes between rows of x.
static inline size_t hrm_bf16_product_stride(const struct hrm_bf16_product *p)
{
    return 2 * (size_t)(p->pitch > 0 ? p->pitch : p->depth);
}

/// What is done with a finished row of a pair: 16 sums of each of its two tile columns.
typedef void hrm_bf16_finish(const void *context, int column, int row, const float *left,
                             const float *right);

/// The first of the two tile columns of a pair; the second is `group` behind it.
static inline int hrm_bf16_pair_column(int pair, int group)
{
    return pair / group * 2 * group + pair % group;
}

/// A block of sums that waits: to be finished, or where the depth is chunked, to be added to what
/// other chunks gave before.
struct hrm_bf16_pending {
    float *tiles;   ///< [32,32]
    float *partial; ///< [32,32] of the chunks before, or NULL
    bool last;      ///< no chunk follows
    int column, row, next, rows;
};

/// Steps of a chunk: 32 rows of it take 32 KB.
#define HRM_BF16_CHUNK 16

/// Bytes of a slice of weights.
#define HRM_BF16_SLICE (768 << 10)

/// A walk through the blocks of a product: slices of pairs, in each the rows in blocks of 32, in
/// each the chunks, in each the pairs.
struct hrm_bf16_walk {
    const struct hrm_bf16_product *product;
    int depth_steps, chunks, slice; ///< steps of the depth, chunks of it, pairs of a slice
    size_t column;                  ///< bytes of a tile column
    int first, count;               ///< the pairs of the current slice
    int row, chunk, pair;           ///< the current block
    int steps;                      ///< of the current chunk
    const uint8_t *x, *left, *right;
};

/// y[32] += x[32]
HRM_ALWAYS_INLINE void hrm_bf16_add_row(float *y, const float *x)
{
    _mm512_storeu_ps(y, _mm512_add_ps(_mm512_loadu_ps(y), _mm512_loadu_ps(x)));
    _mm512_storeu_ps(y + 16, _mm512_add_ps(_mm512_loadu_ps(y + 16), _mm512_loadu_ps(x + 16)));
}

HRM_ALWAYS_INLINE void hrm_bf16_finish_some(struct hrm_bf16_pending *pending, int count,
                                            hrm_bf16_finish *finish, const void *context)
{
    int end = pending->next + count;
    if (end > pending->rows)
        end = pending->rows;
    for (int r = pending->next; r < end; r++) {
        float *sums = pending->tiles + 32 * r;
        if (!pending->last) {
            hrm_bf16_add_row(pending->partial + 32 * r, sums);
            continue;
        }
        if (pending->partial)
            hrm_bf16_add_row(sums, pending->partial + 32 * r);
        finish(context, pending->column, pending->row + r, sums, sums + 16);
    }
    pending->next = end;
}

/// Rows finished in each of `steps` steps.
static inline int hrm_bf16_finish_share(int steps)
{
    return steps >= 32 ? 1 : steps >= 16 ? 2 : steps >= 8 ? 4 : steps >= 4 ? 8 : 32;
}

/// One step along the depth of a 32 x 32 block: four products for four loads. The weights are
/// loaded so that they do not push the rows out of the first cache. The lower 16 rows lie
/// `below` bytes behind the upper.
HRM_ALWAYS_INLINE void hrm_bf16_step(const uint8_t *x, size_t stride, size_t below,
                                     const uint8_t *left, const uint8_t *right)
{
    _tile_stream_loadd(6, left, 64);
    _tile_loadd(4, x, stride);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(5, x + below, stride);
    _tile_dpbf16ps(2, 5, 6);
    _tile_stream_loadd(7, right, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(3, 5, 7);
}

/// The same with the roles of the sides exchanged: the rows, packed tiles here, stream.
HRM_ALWAYS_INLINE void hrm_bf16_step_back(const uint8_t *x, size_t below, const uint8_t *left,
                                          const uint8_t *right)
{
    _tile_stream_loadd(4, x, 64);
    _tile_loadd(6, left, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, right, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_stream_loadd(5, x + below, 64);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
}

/// The same for a last block of at most 16 rows.
HRM_ALWAYS_INLINE void hrm_bf16_half_step(const uint8_t *x, size_t stride, const uint8_t *left,
                                          const uint8_t *right)
{
    _tile_stream_loadd(6, left, 64);
    _tile_loadd(4, x, stride);
    _tile_dpbf16ps(0, 4, 6);
    _tile_stream_loadd(7, right, 64);
    _tile_dpbf16ps(1, 4, 7);
}

HRM_ALWAYS_INLINE void hrm_bf16_zero_sums(void)
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
}

/// sums[32,32] = the tiles 0..3
HRM_ALWAYS_INLINE void hrm_bf16_store_sums(float *sums)
{
    _tile_stored(0, sums, 128);
    _tile_stored(1, sums + 16, 128);
    _tile_stored(2, sums + 512, 128);
    _tile_stored(3, sums + 528, 128);
}

/// The sums of one block, in the tiles 0..3, while the pending block is finished.
HRM_ALWAYS_INLINE void hrm_bf16_block(const struct hrm_bf16_walk *at,
                                      struct hrm_bf16_pending *pending, hrm_bf16_finish *finish,
                                      const void *context)
{
    const struct hrm_bf16_product *p = at->product;
    const size_t stride = hrm_bf16_product_stride(p);
    const int full = p->depth / HRM_TILE_DEPTH - at->chunk * HRM_BF16_CHUNK;
    const int steps = full < at->steps ? full : at->steps;
    const int share = hrm_bf16_finish_share(at->steps);
    const bool tall = p->rows - at->row > HRM_TILE;
    for (int s = 0; s < steps; s++) {
        const size_t line = (size_t)s * HRM_TILE_BYTES;
        if (tall)
            hrm_bf16_step(at->x + 64 * s, stride, HRM_TILE * stride, at->left + line,
                          at->right + line);
        else
            hrm_bf16_half_step(at->x + 64 * s, stride, at->left + line, at->right + line);
        hrm_bf16_finish_some(pending, share, finish, context);
    }
    if (steps < at->steps) {
        const size_t line = (size_t)steps * HRM_TILE_BYTES;
        hrm_bf16_step((const uint8_t *)p->scratch.tail + 64 * (size_t)at->row, 64, HRM_TILE_BYTES,
                      at->left + line, at->right + line);
    }
    hrm_bf16_finish_some(pending, 32, finish, context);
}

/// Copy the columns of x beyond the last full step into the tail, padded with zeros.
void hrm_bf16_product_tail(const struct hrm_bf16_product *p);

/// A walk at the first block, and on to the next; behind the last block, count is 0.
void hrm_bf16_walk_begin(struct hrm_bf16_walk *at, const struct hrm_bf16_product *p);
void hrm_bf16_walk_advance(struct hrm_bf16_walk *at);

/// Run a product. `finish` and its context decide what becomes of the sums; it is called once
/// for every row below `rows` and every pair, for a row in the order of the pairs. Opens and
/// closes the tiles.
HRM_ALWAYS_INLINE void hrm_bf16_product_run(const struct hrm_bf16_product *p,
                                            hrm_bf16_finish *finish, const void *context)
{
    struct hrm_bf16_pending pending = {0};
    int turn = 0;
    hrm_bf16_product_tail(p);
    hrm_tile_open();
    struct hrm_bf16_walk at;
    hrm_bf16_walk_begin(&at, p);
    for (; at.count > 0; hrm_bf16_walk_advance(&at)) {
        float *partial = p->scratch.partial + 1024 * (at.pair - at.first);
        float *tiles = p->scratch.tiles + 1024 * turn;
        hrm_bf16_zero_sums();
        hrm_bf16_block(&at, &pending, finish, context);
        if (at.chunk == 0 && at.chunks > 1) {
            hrm_bf16_store_sums(partial);
            continue;
        }
        hrm_bf16_store_sums(tiles);
        pending =
            (struct hrm_bf16_pending){.tiles = tiles,
                                      .partial = at.chunk > 0 ? partial : NULL,
                                      .last = at.chunk == at.chunks - 1,
                                      .column = hrm_bf16_pair_column(at.pair, p->group) * HRM_TILE,
                                      .row = at.row,
                                      .rows = p->rows - at.row < 32 ? p->rows - at.row : 32};
        turn ^= 1;
    }
    hrm_bf16_finish_some(&pending, 32, finish, context);
    hrm_tile_close();
}

/// Rows that a backward pass takes at a time, so that what it has just written, `depth` columns
/// of bf16, is in the second cache when it is multiplied: a multiple of 32.
static inline int hrm_bf16_part_rows(int depth)
{
    const int fit = (1200 << 10) / (2 * depth) / 32 * 32;
    return fit > 32 ? fit : 32;
}

/// y[rows,out] = the sums, bf16. The pairs are neighbours: group 1.
void hrm_bf16_product_store(const struct hrm_bf16_product *p, int out, void *y);
/// y[rows,out] += the sums, bf16.
void hrm_bf16_product_add(const struct hrm_bf16_product *p, int out, void *y);

#endif
