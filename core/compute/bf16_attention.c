#include "core/compute/bf16_heads.h"

/// Attention goes through items: blocks of 32 queries of a head of a puzzle. Three of them are
/// at work at once, so that the matrix unit and the vector units have something to do at the
/// same time: the scores of the next, the softmax of the current, the values of the previous.
struct item {
    int head, block; // head counts through all puzzles; -1: none
};

/// What an item leaves for its next stage; items alternate between two of them.
struct stage {
    float *scores;     // [32, keys]
    uint16_t *p;       // [32, keys]
    float inverse[32]; // 1 / sum of a row of p
};

/// Heads that can be at work at once.
enum { SIDES = 3 };

struct attention {
    struct hrm_bf16_heads heads;
    const struct hrm_block_shape *shape;
    const uint16_t *qkv;
    uint16_t *o;
    uint8_t *copies[SIDES][3];                // padded q, k, v [keys, depth] of the heads at work
    struct hrm_bf16_matrix q[SIDES];          // of the heads at work
    uint8_t *k_tiles[SIDES], *v_tiles[SIDES]; // k^T and v of the heads at work
    struct stage stages[2];
    float *out; // [32, depth]
};

size_t hrm_bf16_attention_bytes(const struct hrm_block_shape *shape)
{
    const struct hrm_bf16_heads heads = hrm_bf16_heads_of(shape);
    const size_t keys = (size_t)heads.keys, depth = (size_t)heads.depth;
    return SIDES * 5 * keys * depth * 2 + 32 * (2 * keys + depth) * sizeof(float) +
           2 * 32 * keys * 2;
}

static void split(struct attention *t, uint8_t *rest)
{
    const size_t keys = (size_t)t->heads.keys, depth = (size_t)t->heads.depth;
    for (int i = 0; i < SIDES; i++) {
        for (int j = 0; j < 3; j++, rest += keys * depth * 2)
            t->copies[i][j] = rest;
        t->k_tiles[i] = rest;
        t->v_tiles[i] = rest + keys * depth * 2;
        rest += 2 * keys * depth * 2;
    }
    for (int i = 0; i < 2; i++) {
        t->stages[i].scores = (float *)rest;
        t->stages[i].p = (uint16_t *)(t->stages[i].scores + 32 * keys);
        rest = (uint8_t *)(t->stages[i].p + 32 * keys);
    }
    t->out = (float *)rest;
}

/// Where the head's columns of its puzzle's rows begin in a matrix of `columns` columns.
static size_t head_at(const struct attention *t, int head, int columns)
{
    const size_t puzzle = (size_t)(head / t->shape->heads), h = (size_t)(head % t->shape->heads);
    return puzzle * (size_t)t->heads.seq * (size_t)columns + h * (size_t)t->heads.size;
}

/// Pack k and v of a head before its first item.
static void prepare(struct attention *t, int head)
{
    const int side = head % SIDES, hidden = t->shape->hidden;
    const uint16_t *from = t->qkv + head_at(t, head, 3 * hidden);
    struct hrm_bf16_matrix m[3];
    for (int i = 0; i < 3; i++)
        m[i] = hrm_bf16_heads_matrix(&t->heads, from + i * hidden, 3 * hidden, t->copies[side][i]);
    t->q[side] = m[0];
    hrm_bf16_heads_pack_rows(&t->heads, m[1], t->k_tiles[side]);
    hrm_bf16_heads_pack_depth(&t->heads, m[2], t->v_tiles[side]);
}

/// Fetch a part of the head that is prepared next: it lies in pieces that no hardware foresees.
static void fetch(const struct attention *t, int head, int block)
{
    const int hidden = t->shape->hidden, first = 32 * block;
    if (head >= t->shape->puzzles * t->shape->heads)
        return;
    const uint16_t *from = t->qkv + head_at(t, head, 3 * hidden);
    for (int r = first; r < first + 32 && r < t->heads.seq; r++) {
        const uint16_t *row = from + (size_t)r * 3 * (size_t)hidden;
        for (int i = 0; i < 3; i++, row += hidden) {
            for (int j = 0; j < t->heads.size; j += 32)
                _mm_prefetch((const char *)(row + j), _MM_HINT_T1);
        }
    }
}

/// Scores of 32 queries with the i-th 32 keys.
static void score(struct attention *t, struct item item, struct stage *stage, int i)
{
    const struct hrm_bf16_matrix q = t->q[item.head % SIDES];
    const int row = hrm_bf16_heads_block(&t->heads, item.block);
    const struct hrm_bf16_matrix block = {q.at + q.stride * (size_t)row, q.stride};
    const int steps = t->heads.depth / HRM_TILE_DEPTH;
    hrm_bf16_heads_pair(block, steps,
                        t->k_tiles[item.head % SIDES] + 2 * i * steps * HRM_TILE_BYTES,
                        stage->scores + 32 * i, t->heads.keys);
}

/// The i-th 32 columns of p v.
static void mix(struct attention *t, struct item item, const struct stage *stage, int i)
{
    const struct hrm_bf16_matrix p = {(const uint8_t *)stage->p, 2 * (size_t)t->heads.keys};
    const int steps = t->heads.keys / HRM_TILE_DEPTH;
    hrm_bf16_heads_pair(p, steps, t->v_tiles[item.head % SIDES] + 2 * i * steps * HRM_TILE_BYTES,
                        t->out + 32 * i, t->heads.depth);
}

/// Un-normalised probabilities of the rows first..first+count-1 in bf16.
HRM_ALWAYS_INLINE void soften(const struct attention *t, struct stage *stage, int keys, int first,
                              int count)
{
    for (int r = first; r < first + count && r < 32; r++)
        stage->inverse[r] =
            hrm_bf16_heads_exp(&t->heads, keys, stage->scores + r * keys, stage->p + r * keys);
}

static void soften_rows(const struct attention *t, struct stage *stage, int first, int count)
{
    if (t->heads.keys == 96)
        soften(t, stage, 96, first, count);
    else
        soften(t, stage, t->heads.keys, first, count);
}

/// Write the previous item: out divided by the sums.
static void write_rows(struct attention *t, struct item item, struct stage *stage)
{
    const int row = hrm_bf16_heads_block(&t->heads, item.block), hidden = t->shape->hidden;
    const int rows = t->heads.seq < 32 ? t->heads.seq : 32;
    const __m512 one = _mm512_set1_ps(1.0f);
    for (int r = 0; r < 32; r += HRM_LANES)
        _mm512_storeu_ps(stage->inverse + r,
                         _mm512_div_ps(one, _mm512_loadu_ps(stage->inverse + r)));
    hrm_bf16_heads_store(&t->heads, t->out, stage->inverse, rows,
                         t->o + head_at(t, item.head, hidden) + (size_t)row * (size_t)hidden,
                         hidden);
}

static struct item item_at(const struct attention *t, int i)
{
    const int blocks = t->heads.keys / 32, count = t->shape->puzzles * t->shape->heads * blocks;
    if (i < 0 || i >= count)
        return (struct item){-1, 0};
    return (struct item){i / blocks, i % blocks};
}

/// One turn: the softmax of item i is interleaved with the products of its neighbours.
static void turn(struct attention *t, int i)
{
    const struct item next = item_at(t, i + 1), current = item_at(t, i), last = item_at(t, i - 1);
    struct stage *mine = &t->stages[i & 1], *other = &t->stages[(i + 1) & 1];
    const int scores = t->heads.keys / 32, values = t->heads.depth / 32;
    const int share = (32 + scores + values - 1) / (scores + values);
    if (next.head >= 0 && next.block == 0)
        prepare(t, next.head);
    if (next.head >= 0)
        fetch(t, next.head + 1, next.block);
    hrm_tile_fence();
    for (int u = 0; u < values + scores; u++) {
        if (u < values && last.head >= 0)
            mix(t, last, other, u);
        if (u >= values && next.head >= 0)
            score(t, next, other, u - values);
        if (current.head >= 0)
            soften_rows(t, mine, u * share, share);
    }
    if (last.head >= 0)
        write_rows(t, last, other);
}

void hrm_bf16_attention(const struct hrm_block_shape *shape, const void *qkv, void *o,
                        void *scratch)
{
    struct attention t = {.heads = hrm_bf16_heads_of(shape), .shape = shape, .qkv = qkv, .o = o};
    split(&t, hrm_bf16_scratch_split(shape, scratch).rest);
    const int count = shape->puzzles * shape->heads * (t.heads.keys / 32);
    hrm_tile_open();
    for (int i = -1; i <= count; i++)
        turn(&t, i);
    hrm_tile_close();
}
