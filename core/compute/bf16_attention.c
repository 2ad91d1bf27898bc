#include "core/compute/bf16_heads.h"

/// Scratch of one head.
struct work {
    uint8_t *copy[3];  // padded q, k, v [keys, depth]
    uint8_t *k_tiles;  // k^T
    uint8_t *v_tiles;  // v
    float *scores;     // [32, keys]
    float *out;        // [32, depth]
    uint16_t *p;       // [32, keys]
    float inverse[32]; // 1 / sum of a row of p
};

size_t hrm_bf16_attention_bytes(const struct hrm_block_shape *shape)
{
    const struct hrm_bf16_heads heads = hrm_bf16_heads_of(shape);
    const size_t keys = (size_t)heads.keys, depth = (size_t)heads.depth;
    return 5 * keys * depth * 2 + 32 * (keys + depth) * sizeof(float) + 32 * keys * 2;
}

static void work_split(const struct hrm_bf16_heads *heads, uint8_t *rest, struct work *work)
{
    const size_t keys = (size_t)heads->keys, depth = (size_t)heads->depth;
    for (int i = 0; i < 3; i++, rest += keys * depth * 2)
        work->copy[i] = rest;
    work->k_tiles = rest;
    work->v_tiles = work->k_tiles + keys * depth * 2;
    work->scores = (float *)(work->v_tiles + keys * depth * 2);
    work->out = work->scores + 32 * keys;
    work->p = (uint16_t *)(work->out + 32 * depth);
}

/// p = un-normalised probabilities in bf16, work->inverse = what they are divided by at the end.
static void softmax(const struct hrm_bf16_heads *heads, struct work *work)
{
    for (int r = 0; r < 32; r++) {
        float *s = work->scores + (size_t)r * (size_t)heads->keys;
        uint16_t *p = work->p + (size_t)r * (size_t)heads->keys;
        work->inverse[r] = 1.0f / hrm_bf16_heads_exp(heads, s);
        for (int j = 0; j < heads->keys; j += HRM_LANES)
            hrm_lanes_store(p + j, _mm512_loadu_ps(s + j));
    }
}

/// o[seq,size] of one head of one puzzle.
static void attend(const struct hrm_bf16_heads *heads, const uint16_t *qkv, int hidden, uint16_t *o,
                   struct work *work)
{
    const int steps = heads->depth / HRM_TILE_DEPTH, key_steps = heads->keys / HRM_TILE_DEPTH;
    struct hrm_bf16_matrix m[3];
    for (int i = 0; i < 3; i++)
        m[i] = hrm_bf16_heads_matrix(heads, qkv + i * hidden, 3 * hidden, work->copy[i]);
    hrm_bf16_heads_pack_rows(heads, m[1], work->k_tiles);
    hrm_bf16_heads_pack_depth(heads, m[2], work->v_tiles);
    const struct hrm_bf16_matrix p = {(const uint8_t *)work->p, 2 * (size_t)heads->keys};
    const int rows = heads->seq < 32 ? heads->seq : 32;
    for (int i = 0; i < key_steps; i++) {
        const int row = hrm_bf16_heads_block(heads, i);
        const struct hrm_bf16_matrix q = {m[0].at + m[0].stride * (size_t)row, m[0].stride};
        hrm_bf16_heads_strip(q, steps, work->k_tiles, 2 * key_steps, work->scores);
        softmax(heads, work);
        hrm_bf16_heads_strip(p, key_steps, work->v_tiles, 2 * steps, work->out);
        hrm_bf16_heads_store(heads, work->out, work->inverse, rows,
                             o + (size_t)row * (size_t)hidden, hidden);
    }
}

void hrm_bf16_attention(const struct hrm_block_shape *shape, const void *qkv, void *o,
                        void *scratch)
{
    const struct hrm_bf16_heads heads = hrm_bf16_heads_of(shape);
    const size_t hidden = (size_t)shape->hidden;
    struct work work;
    work_split(&heads, hrm_bf16_scratch_split(shape, scratch).rest, &work);
    hrm_tile_open();
    for (int puzzle = 0; puzzle < shape->puzzles; puzzle++) {
        const size_t row = (size_t)puzzle * (size_t)shape->seq;
        for (int head = 0; head < shape->heads; head++) {
            const size_t column = (size_t)head * (size_t)heads.size;
            attend(&heads, (const uint16_t *)qkv + row * 3 * hidden + column, shape->hidden,
                   (uint16_t *)o + row * hidden + column, &work);
        }
    }
    hrm_tile_close();
}
