#ifndef HRM_COMPUTE_BF16_PRODUCT_H
#define HRM_COMPUTE_BF16_PRODUCT_H

#include "core/compute/amx_tile.h"
#include "core/compute/bf16.h"

/// A product with packed weights: y[rows,out] = x[rows,depth] w[out,depth]^T.
///
/// It goes through pairs of tile columns, and for each through all rows in blocks of 32: a pair
/// stays in the first cache while the rows stream past it. What is done with the results of a
/// block is interleaved into the sums of the next block, so that vector work runs beside the
/// matrix unit. Every row sums in the same order wherever it lies.
struct hrm_bf16_product {
    const uint8_t *x; ///< bf16 [rows, depth]
    int rows, depth;
    const uint8_t *columns; ///< packed, see hrm_bf16_pack()
    int pairs;              ///< pairs of tile columns
    int group;              ///< tile columns between the two of a pair
    struct hrm_bf16_scratch scratch;
};

/// What is done with a finished row of a pair: 16 sums of each of its two tile columns.
typedef void hrm_bf16_finish(const void *context, int column, int row, const float *left,
                             const float *right);

/// The first of the two tile columns of a pair; the second is `group` behind it.
static inline int hrm_bf16_pair_column(int pair, int group)
{
    return pair / group * 2 * group + pair % group;
}

/// A block of results that waits for its finish.
struct hrm_bf16_pending {
    const float *tiles; ///< [32,32]
    int column, row, next, rows;
};

HRM_ALWAYS_INLINE void hrm_bf16_finish_some(struct hrm_bf16_pending *pending, int count,
                                            hrm_bf16_finish *finish, const void *context)
{
    int end = pending->next + count;
    if (end > pending->rows)
        end = pending->rows;
    for (int r = pending->next; r < end; r++)
        finish(context, pending->column, pending->row + r, pending->tiles + 32 * r,
               pending->tiles + 32 * r + 16);
    pending->next = end;
}

/// One step along the depth of a 32 x 32 block: four products for four loads.
HRM_ALWAYS_INLINE void hrm_bf16_step(const uint8_t *x, size_t stride, const uint8_t *left,
                                     const uint8_t *right)
{
    _tile_loadd(4, x, stride);
    _tile_loadd(6, left, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, right, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, x + HRM_TILE * stride, stride);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
}

/// The same for a last block of at most 16 rows.
HRM_ALWAYS_INLINE void hrm_bf16_half_step(const uint8_t *x, size_t stride, const uint8_t *left,
                                          const uint8_t *right)
{
    _tile_loadd(4, x, stride);
    _tile_loadd(6, left, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, right, 64);
    _tile_dpbf16ps(1, 4, 7);
}

/// The sums of one block, left in the tiles 0..3, while the pending block is finished.
HRM_ALWAYS_INLINE void hrm_bf16_block(const struct hrm_bf16_product *p, int row,
                                      const uint8_t *left, const uint8_t *right,
                                      struct hrm_bf16_pending *pending, hrm_bf16_finish *finish,
                                      const void *context)
{
    const size_t stride = 2 * (size_t)p->depth;
    const uint8_t *x = p->x + stride * (size_t)row;
    const int steps = p->depth / HRM_TILE_DEPTH;
    const int share = (32 + steps - 1) / (steps > 0 ? steps : 1);
    const int tall = p->rows - row > HRM_TILE;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int s = 0; s < steps; s++) {
        const size_t at = (size_t)s * HRM_TILE_BYTES;
        if (tall)
            hrm_bf16_step(x + 64 * s, stride, left + at, right + at);
        else
            hrm_bf16_half_step(x + 64 * s, stride, left + at, right + at);
        hrm_bf16_finish_some(pending, share, finish, context);
    }
    if (p->depth % HRM_TILE_DEPTH) {
        const size_t at = (size_t)steps * HRM_TILE_BYTES;
        hrm_bf16_step((const uint8_t *)p->scratch.tail + 64 * (size_t)row, 64, left + at,
                      right + at);
    }
    hrm_bf16_finish_some(pending, 32, finish, context);
}

/// Copy the columns of x beyond the last full step into the tail, padded with zeros.
void hrm_bf16_product_tail(const struct hrm_bf16_product *p);

/// Run a product. `finish` and its context decide what becomes of the sums; it is called once
/// for every row below `rows` and every pair. Opens and closes the tiles.
HRM_ALWAYS_INLINE void hrm_bf16_product_run(const struct hrm_bf16_product *p,
                                            hrm_bf16_finish *finish, const void *context)
{
    const size_t bytes =
        (size_t)hrm_bf16_up(p->depth, HRM_TILE_DEPTH) / HRM_TILE_DEPTH * HRM_TILE_BYTES;
    struct hrm_bf16_pending pending = {0};
    int turn = 0;
    hrm_bf16_product_tail(p);
    hrm_tile_open();
    for (int pair = 0; pair < p->pairs; pair++) {
        const int column = hrm_bf16_pair_column(pair, p->group);
        const uint8_t *left = p->columns + bytes * (size_t)column;
        const uint8_t *right = left + bytes * (size_t)p->group;
        for (int row = 0; row < p->rows; row += 32, turn ^= 1) {
            float *tiles = p->scratch.tiles + turn * 1024;
            hrm_bf16_block(p, row, left, right, &pending, finish, context);
            _tile_stored(0, tiles, 128);
            _tile_stored(1, tiles + 16, 128);
            _tile_stored(2, tiles + 512, 128);
            _tile_stored(3, tiles + 528, 128);
            const int rows = p->rows - row < 32 ? p->rows - row : 32;
            pending = (struct hrm_bf16_pending){tiles, column * HRM_TILE, row, 0, rows};
        }
    }
    hrm_bf16_finish_some(&pending, 32, finish, context);
    hrm_tile_close();
}

/// y[rows,out] = the sums, bf16. The pairs are neighbours: group 1.
void hrm_bf16_product_store(const struct hrm_bf16_product *p, int out, void *y);
/// y[rows,out] += the sums, bf16.
void hrm_bf16_product_add(const struct hrm_bf16_product *p, int out, void *y);

#endif
