#include "core/compute/bf16_heads.h"
#include "core/compute/tile_pack.h"

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
        for (int j = 0; j < heads->depth; j += HRM_TILE_DEPTH) {
            const int left = r < heads->seq ? heads->size - j : 0;
            const __mmask32 lanes = left >= HRM_TILE_DEPTH ? ~0u : (1u << left) - 1;
            _mm512_storeu_si512(to + j, _mm512_maskz_loadu_epi16(lanes, from + j));
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
        const int rows = heads->seq - row;
        for (int j = 0; j < heads->depth; j += HRM_TILE_DEPTH, tile += HRM_TILE_BYTES) {
            if (rows >= HRM_TILE) {
                hrm_tile_from_rows(at + 2 * j, m.stride, tile);
                continue;
            }
            __m512i edge[HRM_TILE];
            for (int r = 0; r < HRM_TILE; r++)
                edge[r] = _mm512_maskz_loadu_epi64(r < rows ? 0xff : 0,
                                                   at + m.stride * (size_t)r + 2 * j);
            hrm_tile_from_rows(edge, 64, tile);
        }
    }
}

void hrm_bf16_heads_pack_depth(const struct hrm_bf16_heads *heads, struct hrm_bf16_matrix m,
                               void *tiles)
{
    const int steps = heads->keys / HRM_TILE_DEPTH;
    uint8_t *tile = tiles;
    for (int j = 0; j < heads->depth; j += 32, tile += steps * HRM_TILE_BYTES) {
        for (int row = 0; row < heads->keys; row += HRM_TILE_DEPTH, tile += HRM_TILE_BYTES)
            hrm_tile_from_depth_two(m.at + m.stride * (size_t)row + 2 * j, m.stride,
                                    heads->seq - row, tile, tile + steps * HRM_TILE_BYTES);
    }
}

void hrm_bf16_heads_store(const struct hrm_bf16_heads *heads, const float *sums, uint16_t *y,
                          int columns)
{
    for (int r = 0; r < heads->seq; r++, sums += heads->depth, y += columns) {
        int j = 0;
        for (; j + 32 <= heads->size; j += 32)
            hrm_lanes_store_two(y + j, _mm512_loadu_ps(sums + j),
                                _mm512_loadu_ps(sums + j + HRM_LANES));
        for (; j < heads->size; j += HRM_LANES)
            hrm_lanes_store_some(y + j, hrm_lanes_first(heads->size - j),
                                 _mm512_loadu_ps(sums + j));
    }
}

void hrm_bf16_heads_looks(const struct hrm_block_shape *shape, int head, int length, int query,
                          uint16_t *words)
{
    const struct hrm_attention *attention = &shape->attention;
    const bool padding = query >= length, causal = attention->kind == HRM_ATTENTION_CAUSAL;
    const int end = padding ? 0 : causal ? query + 1 : length;
    for (int i = 0; i < hrm_mask_words(shape->seq); i++) {
        words[i] = hrm_lanes_first(end - HRM_LANES * i);
        if (attention->kind == HRM_ATTENTION_MASK)
            words[i] &= hrm_mask_row(shape, attention->mask, head, query)[i];
    }
    words[query / HRM_LANES] |= (uint16_t)(1u << query % HRM_LANES);
}

void hrm_bf16_heads_lookers(const struct hrm_block_shape *shape, int head, int length, int i,
                            uint16_t *words)
{
    const struct hrm_attention *attention = &shape->attention;
    const uint16_t queries = hrm_lanes_first(length - HRM_LANES * i);
    for (int key = 0; key < shape->seq; key++) {
        words[key] = key < length ? queries : 0;
        if (attention->kind == HRM_ATTENTION_CAUSAL)
            words[key] &= (uint16_t)~hrm_lanes_first(key - HRM_LANES * i);
        if (attention->kind == HRM_ATTENTION_MASK)
            words[key] &= hrm_mask_row(shape, attention->mask_back, head, key)[i];
        if (key / HRM_LANES == i)
            words[key] |= (uint16_t)(1u << key % HRM_LANES);
    }
}
