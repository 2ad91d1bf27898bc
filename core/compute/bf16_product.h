#ifndef HRM_COMPUTE_BF16_PRODUCT_H
#define HRM_COMPUTE_BF16_PRODUCT_H

#include "core/compute/bf16.h"
#include "core/compute/bf16_block.h"

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

/// The first of the two tile columns of a pair; the second is `group` behind it.
static inline int hrm_bf16_pair_column(int pair, int group)
{
    return pair / group * 2 * group + pair % group;
}

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
        if (tall) {
            hrm_bf16_step_left(at->x + 64 * s, stride, HRM_TILE * stride, at->left + line);
            hrm_bf16_finish_some(pending, share / 2, finish, context);
            hrm_bf16_step_right(at->right + line);
        } else {
            hrm_bf16_half_step(at->x + 64 * s, stride, at->left + line, at->right + line);
        }
        hrm_bf16_finish_some(pending, share - share / 2, finish, context);
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

/// Rows that pass by the weights of a pair in a product of a shallow depth: a multiple of 32.
#define HRM_BF16_SHALLOW_ROWS 128

/// Finish the rows first..first+3 of those that wait.
HRM_ALWAYS_INLINE void hrm_bf16_finish_four(const struct hrm_bf16_pending *pending, int first,
                                            hrm_bf16_finish *finish, const void *context)
{
    const int count = pending->rows - first, row = pending->row + first;
    const float *sums = pending->tiles + 32 * first;
    if (count >= 4) {
        for (int r = 0; r < 4; r++)
            finish(context, pending->column, row + r, sums + 32 * r, sums + 32 * r + 16);
        return;
    }
    for (int r = 0; r < count; r++)
        finish(context, pending->column, row + r, sums + 32 * r, sums + 32 * r + 16);
}

/// A matrix as it lies in memory.
struct hrm_bf16_rows {
    const uint8_t *at;
    size_t stride; ///< bytes between rows
};

/// The sums of 16 rows and a pair, whose weights are in the tiles 0..3: a step of `first`, where
/// there are two, and one of `last`. What waits is finished by four rows after each of the four
/// products, no more: the scheduler of the processor would fill with it and not see the next.
HRM_ALWAYS_INLINE void hrm_bf16_shallow_block(bool two, struct hrm_bf16_rows first,
                                              struct hrm_bf16_rows last, int row,
                                              const struct hrm_bf16_pending *pending,
                                              hrm_bf16_finish *finish, const void *context)
{
    hrm_tile_zero(6);
    hrm_tile_zero(7);
    if (two) {
        hrm_tile_load(4, first.at + first.stride * (size_t)row, first.stride);
        hrm_tile_multiply(6, 4, 0);
    }
    hrm_bf16_finish_four(pending, 0, finish, context);
    if (two)
        hrm_tile_multiply(7, 4, 1);
    hrm_bf16_finish_four(pending, 4, finish, context);
    hrm_tile_load(5, last.at + last.stride * (size_t)row, last.stride);
    hrm_tile_multiply(6, 5, 2);
    hrm_bf16_finish_four(pending, 8, finish, context);
    hrm_tile_multiply(7, 5, 3);
    hrm_bf16_finish_four(pending, 12, finish, context);
}

/// A product along at most two steps: the weights of a pair stay in tiles while rows pass by.
HRM_ALWAYS_INLINE void hrm_bf16_shallow_run(const struct hrm_bf16_product *p,
                                            hrm_bf16_finish *finish, const void *context)
{
    const bool two = p->depth > HRM_TILE_DEPTH, full = p->depth % HRM_TILE_DEPTH == 0;
    const size_t column = two ? 2 * HRM_TILE_BYTES : HRM_TILE_BYTES;
    const int block = p->whole_rows ? 32 : HRM_BF16_SHALLOW_ROWS;
    const struct hrm_bf16_rows x = {p->x, hrm_bf16_product_stride(p)};
    const struct hrm_bf16_rows rest = {x.at + (two ? 64 : 0), x.stride},
                               tail = {p->scratch.tail, 64};
    struct hrm_bf16_pending pending = {0};
    int turn = 0;
    for (int start = 0; start < p->rows; start += block) {
        const int end = start + block < p->rows ? start + block : p->rows;
        for (int pair = 0; pair < p->pairs; pair++) {
            const int at = hrm_bf16_pair_column(pair, p->group);
            const uint8_t *left = p->columns + column * (size_t)at;
            const uint8_t *right = left + column * (size_t)p->group;
            hrm_tile_load(0, left, 64);
            hrm_tile_load(1, right, 64);
            hrm_tile_load(2, left + column - HRM_TILE_BYTES, 64);
            hrm_tile_load(3, right + column - HRM_TILE_BYTES, 64);
            for (int row = start; row < end; row += HRM_TILE) {
                float *tiles = p->scratch.tiles + 512 * turn;
                hrm_bf16_shallow_block(two, x, full ? rest : tail, row, &pending, finish, context);
                hrm_tile_store(6, tiles, 128);
                hrm_tile_store(7, tiles + 16, 128);
                pending =
                    (struct hrm_bf16_pending){.tiles = tiles,
                                              .column = at * HRM_TILE,
                                              .row = row,
                                              .rows = end - row < HRM_TILE ? end - row : HRM_TILE};
                turn ^= 1;
            }
        }
    }
    for (int first = 0; first < HRM_TILE; first += 4)
        hrm_bf16_finish_four(&pending, first, finish, context);
}

/// A product along more steps, of 32 rows and a pair at a time.
HRM_ALWAYS_INLINE void hrm_bf16_deep_run(const struct hrm_bf16_product *p, hrm_bf16_finish *finish,
                                         const void *context)
{
    struct hrm_bf16_pending pending = {0};
    int turn = 0;
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
}

/// Run a product. `finish` and its context decide what becomes of the sums; it is called once
/// for every row below `rows` and every pair, for a row in the order of the pairs. Opens and
/// closes the tiles.
HRM_ALWAYS_INLINE void hrm_bf16_product_run(const struct hrm_bf16_product *p,
                                            hrm_bf16_finish *finish, const void *context)
{
    hrm_bf16_product_tail(p);
    hrm_tile_open();
    if (p->depth <= 2 * HRM_TILE_DEPTH)
        hrm_bf16_shallow_run(p, finish, context);
    else
        hrm_bf16_deep_run(p, finish, context);
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
