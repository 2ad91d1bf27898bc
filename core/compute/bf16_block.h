#ifndef HRM_COMPUTE_BF16_BLOCK_H
#define HRM_COMPUTE_BF16_BLOCK_H

#include "core/compute/tile.h"

#include <stdbool.h>

/// Blocks of 32 x 32 sums in the tiles 0..3, and what becomes of them when they are complete.

/// What is done with a finished row of a pair: 16 sums of each of its two tile columns.
typedef void hrm_bf16_finish(const void *context, int column, int row, const float *left,
                             const float *right);

/// A block of sums that waits: to be finished, or where the depth is chunked, to be added to what
/// other chunks gave before.
struct hrm_bf16_pending {
    float *tiles;   ///< [32,32]
    float *partial; ///< [32,32] of the chunks before, or NULL
    bool last;      ///< no chunk follows
    int column, row, next, rows;
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

/// One step along the depth of a 32 x 32 block: four products for four loads, those of the left
/// weights before those of the right. The weights are loaded so that they do not push the rows out
/// of the first cache. The lower 16 rows lie `below` bytes behind the upper.
HRM_ALWAYS_INLINE void hrm_bf16_step_left(const uint8_t *x, size_t stride, size_t below,
                                          const uint8_t *left)
{
    hrm_tile_stream(6, left, 64);
    hrm_tile_load(4, x, stride);
    hrm_tile_multiply(0, 4, 6);
    hrm_tile_load(5, x + below, stride);
    hrm_tile_multiply(2, 5, 6);
}

HRM_ALWAYS_INLINE void hrm_bf16_step_right(const uint8_t *right)
{
    hrm_tile_stream(7, right, 64);
    hrm_tile_multiply(1, 4, 7);
    hrm_tile_multiply(3, 5, 7);
}

HRM_ALWAYS_INLINE void hrm_bf16_step(const uint8_t *x, size_t stride, size_t below,
                                     const uint8_t *left, const uint8_t *right)
{
    hrm_bf16_step_left(x, stride, below, left);
    hrm_bf16_step_right(right);
}

/// The same with the roles of the sides exchanged: the rows, packed tiles here, stream.
HRM_ALWAYS_INLINE void hrm_bf16_step_back(const uint8_t *x, size_t below, const uint8_t *left,
                                          const uint8_t *right)
{
    hrm_tile_stream(4, x, 64);
    hrm_tile_load(6, left, 64);
    hrm_tile_multiply(0, 4, 6);
    hrm_tile_load(7, right, 64);
    hrm_tile_multiply(1, 4, 7);
    hrm_tile_stream(5, x + below, 64);
    hrm_tile_multiply(2, 5, 6);
    hrm_tile_multiply(3, 5, 7);
}

/// The same for a last block of at most 16 rows.
HRM_ALWAYS_INLINE void hrm_bf16_half_step(const uint8_t *x, size_t stride, const uint8_t *left,
                                          const uint8_t *right)
{
    hrm_tile_stream(6, left, 64);
    hrm_tile_load(4, x, stride);
    hrm_tile_multiply(0, 4, 6);
    hrm_tile_stream(7, right, 64);
    hrm_tile_multiply(1, 4, 7);
}

HRM_ALWAYS_INLINE void hrm_bf16_zero_sums(void)
{
    hrm_tile_zero(0);
    hrm_tile_zero(1);
    hrm_tile_zero(2);
    hrm_tile_zero(3);
}

/// sums[32,32] = the tiles 0..3
HRM_ALWAYS_INLINE void hrm_bf16_store_sums(float *sums)
{
    hrm_tile_store(0, sums, 128);
    hrm_tile_store(1, sums + 16, 128);
    hrm_tile_store(2, sums + 512, 128);
    hrm_tile_store(3, sums + 528, 128);
}

#endif
