#ifndef HRM_COMPUTE_BF16_PRODUCT_H
#define HRM_COMPUTE_BF16_PRODUCT_H

#include "core/compute/amx_tile.h"
#include "core/compute/bf16.h"

/// A product with packed weights: y[rows,out] = x[rows,depth] w[out,depth]^T.
///
/// It goes through pairs of tile columns, along each in chunks that stay in the first cache,
/// and for each chunk through all rows in blocks of 32 that stream past it. The next chunk is
/// fetched meanwhile. What is done with the results of a block is interleaved into the sums of
/// the next block, so that vector work runs beside the matrix unit. Every row sums in the same
/// order wherever it lies.
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

/// Ask for the line that the same column of the next block of rows will be written to.
static inline void hrm_bf16_fetch_next(const void *y, size_t row_bytes)
{
    __builtin_prefetch((const uint8_t *)y + 32 * row_bytes, 1, 3);
}

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

/// Steps of a chunk: 32 columns of weights take 32 KB.
#define HRM_BF16_CHUNK 16

/// A chunk of two tile columns, and the one that comes after it, NULL at the end.
struct hrm_bf16_chunk {
    const uint8_t *left, *right, *next_left, *next_right;
    int first, steps; ///< steps along the depth
    bool last;        ///< of its pair
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

/// One step along the depth of a 32 x 32 block: four products for four loads. The rows are
/// loaded so that they do not push the weights out of the first cache.
HRM_ALWAYS_INLINE void hrm_bf16_step(const uint8_t *x, size_t stride, const uint8_t *left,
                                     const uint8_t *right)
{
    _tile_stream_loadd(4, x, stride);
    _tile_loadd(6, left, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, right, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_stream_loadd(5, x + HRM_TILE * stride, stride);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
}

/// The same for a last block of at most 16 rows.
HRM_ALWAYS_INLINE void hrm_bf16_half_step(const uint8_t *x, size_t stride, const uint8_t *left,
                                          const uint8_t *right)
{
    _tile_stream_loadd(4, x, stride);
    _tile_loadd(6, left, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, right, 64);
    _tile_dpbf16ps(1, 4, 7);
}

HRM_ALWAYS_INLINE void hrm_bf16_load_sums(const float *sums)
{
    _tile_loadd(0, sums, 128);
    _tile_loadd(1, sums + 16, 128);
    _tile_loadd(2, sums + 512, 128);
    _tile_loadd(3, sums + 528, 128);
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

/// Fetch a share of the next chunk into the second cache.
HRM_ALWAYS_INLINE void hrm_bf16_fetch(const struct hrm_bf16_chunk *chunk, size_t at, int lines)
{
    if (chunk->next_left == NULL)
        return;
    for (int i = 0; i < lines; i++) {
        _mm_prefetch((const char *)chunk->next_left + at + 64 * i, _MM_HINT_T1);
        _mm_prefetch((const char *)chunk->next_right + at + 64 * i, _MM_HINT_T1);
    }
}

/// The sums of one block along a chunk, in the tiles 0..3, while the pending block is finished.
HRM_ALWAYS_INLINE void hrm_bf16_block(const struct hrm_bf16_product *p, int row,
                                      const struct hrm_bf16_chunk *chunk,
                                      struct hrm_bf16_pending *pending, hrm_bf16_finish *finish,
                                      const void *context)
{
    const size_t stride = 2 * (size_t)p->depth;
    const uint8_t *x = p->x + stride * (size_t)row + 64 * (size_t)chunk->first;
    const int full = p->depth / HRM_TILE_DEPTH - chunk->first;
    const int steps = full < chunk->steps ? full : chunk->steps;
    const int share = (32 + chunk->steps - 1) / chunk->steps;
    const int blocks = hrm_rows_padded(p->rows) / 32;
    const int lines = (HRM_TILE + blocks - 1) / blocks;
    const size_t fetched = (size_t)(row / 32) * (size_t)(lines * chunk->steps) * 64;
    const bool tall = p->rows - row > HRM_TILE;
    for (int s = 0; s < steps; s++) {
        const size_t at = (size_t)s * HRM_TILE_BYTES;
        if (tall)
            hrm_bf16_step(x + 64 * s, stride, chunk->left + at, chunk->right + at);
        else
            hrm_bf16_half_step(x + 64 * s, stride, chunk->left + at, chunk->right + at);
        hrm_bf16_fetch(chunk, fetched + (size_t)(s * lines) * 64, lines);
        hrm_bf16_finish_some(pending, share, finish, context);
    }
    if (steps < chunk->steps) {
        const size_t at = (size_t)steps * HRM_TILE_BYTES;
        hrm_bf16_step((const uint8_t *)p->scratch.tail + 64 * (size_t)row, 64, chunk->left + at,
                      chunk->right + at);
    }
    hrm_bf16_finish_some(pending, 32, finish, context);
}

/// Chunks of a pair.
static inline int hrm_bf16_product_chunks(const struct hrm_bf16_product *p)
{
    const int steps = hrm_bf16_up(p->depth, HRM_TILE_DEPTH) / HRM_TILE_DEPTH;
    return hrm_bf16_up(steps, HRM_BF16_CHUNK) / HRM_BF16_CHUNK;
}

/// Copy the columns of x beyond the last full step into the tail, padded with zeros.
void hrm_bf16_product_tail(const struct hrm_bf16_product *p);

/// Where the i-th chunk of a product lies; the chunks of a pair follow each other.
struct hrm_bf16_chunk hrm_bf16_product_chunk(const struct hrm_bf16_product *p, int i);

/// Run a product. `finish` and its context decide what becomes of the sums; it is called once
/// for every row below `rows` and every pair. Opens and closes the tiles.
HRM_ALWAYS_INLINE void hrm_bf16_product_run(const struct hrm_bf16_product *p,
                                            hrm_bf16_finish *finish, const void *context)
{
    const int chunks = hrm_bf16_product_chunks(p);
    struct hrm_bf16_pending pending = {0};
    int turn = 0;
    hrm_bf16_product_tail(p);
    hrm_tile_open();
    for (int i = 0; i < p->pairs * chunks; i++) {
        const struct hrm_bf16_chunk chunk = hrm_bf16_product_chunk(p, i);
        const int column = hrm_bf16_pair_column(i / chunks, p->group) * HRM_TILE;
        for (int row = 0; row < p->rows; row += 32) {
            float *partial = p->scratch.partial + 32 * (size_t)row;
            float *tiles = p->scratch.tiles + turn * 1024;
            if (chunk.first == 0)
                hrm_bf16_zero_sums();
            else
                hrm_bf16_load_sums(partial);
            hrm_bf16_block(p, row, &chunk, &pending, finish, context);
            hrm_bf16_store_sums(chunk.last ? tiles : partial);
            if (!chunk.last)
                continue;
            const int rows = p->rows - row < 32 ? p->rows - row : 32;
            pending = (struct hrm_bf16_pending){tiles, column, row, 0, rows};
            turn ^= 1;
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
