#include "core/compute/bf16_heads.h"

#include <math.h>

struct hrm_bf16_heads hrm_bf16_heads_of(const struct hrm_block_shape *shape)
{
    const int size = shape->hidden / shape->heads;
    return (struct hrm_bf16_heads){.seq = shape->seq,
                                   .size = size,
                                   .keys = hrm_bf16_up(shape->seq, 32),
                                   .depth = hrm_bf16_up(size, 32),
                                   .scale = 1.0f / sqrtf((float)size)};
}

struct hrm_bf16_matrix hrm_bf16_heads_matrix(const struct hrm_bf16_heads *heads, const uint16_t *x,
                                             int columns, void *copy)
{
    if (heads->size == heads->depth && heads->seq >= 32)
        return (struct hrm_bf16_matrix){(const uint8_t *)x, 2 * (size_t)columns};
    uint16_t *to = copy;
    for (int r = 0; r < heads->keys; r++, to += heads->depth) {
        const uint16_t *from = x + (size_t)r * (size_t)columns;
        for (int j = 0; j < heads->depth; j += HRM_LANES) {
            const __mmask16 lanes = r < heads->seq ? hrm_lanes_first(heads->size - j) : 0;
            _mm256_storeu_si256((__m256i *)(to + j), _mm256_maskz_loadu_epi16(lanes, from + j));
        }
    }
    return (struct hrm_bf16_matrix){copy, 2 * (size_t)heads->depth};
}

void hrm_bf16_heads_pack_rows(const struct hrm_bf16_heads *heads, struct hrm_bf16_matrix m,
                              void *tiles)
{
    uint8_t *tile = tiles;
    for (int row = 0; row < heads->keys; row += HRM_TILE) {
        const uint8_t *at = m.at + m.stride * (size_t)row;
        for (int j = 0; j < heads->depth; j += HRM_TILE_DEPTH, tile += HRM_TILE_BYTES)
            hrm_tile_from_rows(at + 2 * j, m.stride, heads->seq - row, ~(__mmask32)0, tile);
    }
}

void hrm_bf16_heads_pack_depth(const struct hrm_bf16_heads *heads, struct hrm_bf16_matrix m,
                               void *tiles)
{
    uint8_t *tile = tiles;
    for (int j = 0; j < heads->depth; j += HRM_TILE) {
        for (int row = 0; row < heads->keys; row += HRM_TILE_DEPTH, tile += HRM_TILE_BYTES)
            hrm_tile_from_depth(m.at + m.stride * (size_t)row + 2 * j, m.stride, heads->seq - row,
                                0xffff, tile);
    }
}

void hrm_bf16_heads_store(const struct hrm_bf16_heads *heads, const float *sums, const float *scale,
                          int rows, uint16_t *y, int columns)
{
    for (int r = 0; r < rows; r++, sums += heads->depth, y += columns) {
        const __m512 factor = _mm512_set1_ps(scale[r]);
        for (int j = 0; j < heads->size; j += HRM_LANES)
            hrm_lanes_store_some(y + j, hrm_lanes_first(heads->size - j),
                                 _mm512_mul_ps(factor, _mm512_loadu_ps(sums + j)));
    }
}
