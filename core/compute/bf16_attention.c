#include "core/compute/bf16_heads.h"

/// Attention goes through items: blocks of 16 queries of a head of a puzzle. Three of them are
/// at work at once, so that the matrix unit and the vector units have something to do at the
/// same time: the scores of the next, the softmax of the current, the values of the previous.
/// All that they touch fits into the first cache together.
struct item {
    int head, block; // head counts through all puzzles; -1: none
};

/// The softmax of an item, which goes on in steps.
struct softmax {
    float *scores;             // [16, keys]; bf16 probabilities take the place of their scores
    struct hrm_bf16_mask mask; // of its rows
    int first;                 // row that is done first, 16: none
    int row;                   // the next row
    int step, steps;
};

/// Sums that wait in tiles to be stored.
struct waiting {
    float *y; // or NULL
    int pitch;
    bool sums, odd; // which tiles
};

struct attention {
    struct hrm_bf16_heads heads;
    const struct hrm_block_shape *shape;
    const uint16_t *qkv;
    uint16_t *o;
    uint8_t *copies[3];       // padded q, k, v [keys, depth] of a head
    struct hrm_bf16_matrix q; // of the head whose scores are made
    uint8_t *k_tiles;         // k^T of the same head
    uint8_t *v_tiles;         // v of the head whose values are mixed
    uint8_t *ones;            // a tile
    float *scores[2];         // of items in turn
    float *spare;             // [16, keys]
    float *out;               // [16, depth]
    float *sums;              // [16, 16]: the sum of a row of probabilities, in all columns
    float tops[16];           // what is taken off the exponents of a row
    uint16_t *everywhere;     // a row of a mask: all of seq
    uint16_t *rows;           // of a mask that is made for an item: [16, keys/16]
    struct softmax softmax;
    struct waiting waiting;
};

size_t hrm_bf16_attention_bytes(const struct hrm_block_shape *shape)
{
    const struct hrm_bf16_heads heads = hrm_bf16_heads_of(shape);
    const size_t keys = (size_t)heads.keys, depth = (size_t)heads.depth;
    return 5 * keys * depth * 2 + HRM_TILE_BYTES +
           16 * (3 * keys + depth + HRM_TILE) * sizeof(float) +
           17 * (size_t)hrm_mask_words(shape->seq) * sizeof(uint16_t);
}

static void *take(uint8_t **rest, size_t bytes)
{
    uint8_t *piece = *rest;
    *rest += bytes;
    return piece;
}

static void split(struct attention *t, uint8_t *rest)
{
    const size_t keys = (size_t)t->heads.keys, depth = (size_t)t->heads.depth;
    t->k_tiles = take(&rest, keys * depth * 2);
    t->v_tiles = take(&rest, keys * depth * 2);
    t->ones = take(&rest, HRM_TILE_BYTES);
    t->scores[0] = take(&rest, 16 * keys * sizeof(float));
    t->scores[1] = take(&rest, 16 * keys * sizeof(float));
    t->out = take(&rest, 16 * depth * sizeof(float));
    t->sums = take(&rest, 16 * HRM_TILE * sizeof(float));
    t->spare = take(&rest, 16 * keys * sizeof(float));
    for (int i = 0; i < 3; i++)
        t->copies[i] = take(&rest, keys * depth * 2);
    t->everywhere = take(&rest, (size_t)hrm_mask_words(t->heads.seq) * sizeof(uint16_t));
    t->rows = take(&rest, 16 * (size_t)hrm_mask_words(t->heads.seq) * sizeof(uint16_t));
    for (int i = 0; i < hrm_mask_words(t->heads.seq); i++)
        t->everywhere[i] = hrm_lanes_first(t->heads.seq - HRM_LANES * i);
    for (int i = 0; i < HRM_TILE; i++)
        _mm512_storeu_si512(t->ones + 64 * i, _mm512_set1_epi16(0x3f80));
}

/// Where the head's columns of its puzzle's rows begin in a matrix of `columns` columns.
static size_t head_at(const struct attention *t, int head, int columns)
{
    const size_t puzzle = (size_t)(head / t->shape->heads), h = (size_t)(head % t->shape->heads);
    return puzzle * (size_t)t->heads.seq * (size_t)columns + h * (size_t)t->heads.size;
}

/// One of q, k, v of a head.
static struct hrm_bf16_matrix part(const struct attention *t, int head, int i)
{
    const int hidden = t->shape->hidden;
    const uint16_t *from = t->qkv + head_at(t, head, 3 * hidden) + i * hidden;
    return hrm_bf16_heads_matrix(&t->heads, from, 3 * hidden, t->copies[i]);
}

/// Prepare for the scores of a head.
static void begin_scores(struct attention *t, int head)
{
    t->q = part(t, head, 0);
    hrm_bf16_heads_pack_rows(&t->heads, part(t, head, 1), t->k_tiles);
}

/// Prepare for the values of a head.
static void begin_values(struct attention *t, int head)
{
    hrm_bf16_heads_pack_depth(&t->heads, part(t, head, 2), t->v_tiles);
}

/// The first row of a block of 16 queries. The last block overlaps the one before, so that no
/// block reaches beyond the puzzle.
static int block_row(const struct attention *t, int block)
{
    const int last = t->heads.seq > 16 ? t->heads.seq - 16 : 0;
    return 16 * block < last ? 16 * block : last;
}

/// The first row of a block that the block before did not have.
static int block_first(const struct attention *t, int block)
{
    return 16 * block - block_row(t, block);
}

/// A row of probabilities, 2^(factor s - top) in bf16, zero where the mask is. `keys` is
/// heads.keys, given apart so that it can be a constant.
HRM_ALWAYS_INLINE void soften_row(__m512 factor, __m512 top, const uint16_t *mask, int keys,
                                  const float *s, uint16_t *p)
{
#pragma GCC unroll 3
    for (int j = 0; j < keys; j += 2 * HRM_LANES) {
        const __m512 a = _mm512_fmsub_ps(factor, _mm512_loadu_ps(s + j), top);
        const __m512 b = _mm512_fmsub_ps(factor, _mm512_loadu_ps(s + j + HRM_LANES), top);
        hrm_lanes_store_two(p + j, hrm_lanes_exp2_some(mask[j / HRM_LANES], a),
                            hrm_lanes_exp2_some(mask[j / HRM_LANES + 1], b));
    }
}

HRM_ALWAYS_INLINE void soften(const struct attention *t, int keys, int first, int end)
{
    const __m512 factor = _mm512_set1_ps(t->heads.scale * 1.44269504f);
    for (int r = first; r < end; r++) {
        float *s = t->softmax.scores + r * keys;
        soften_row(factor, _mm512_set1_ps(t->tops[r]),
                   t->softmax.mask.rows + r * t->softmax.mask.pitch, keys, s, (uint16_t *)s);
    }
}

/// A step of the softmax.
static void step(struct attention *t)
{
    struct softmax *s = &t->softmax;
    s->step++;
    const int end = s->first + (16 - s->first) * s->step / s->steps;
    if (t->heads.keys == 96)
        soften(t, 96, s->row, end);
    else
        soften(t, t->heads.keys, s->row, end);
    s->row = end;
}

/// A piece of the work of the matrix unit: y[16,32] = a[16, 32 steps] b, b two columns of right
/// tiles; if asked for, also the sums of the rows of a.
struct unit {
    struct hrm_bf16_matrix a;
    const uint8_t *b;
    int steps;
    bool sums;
    float *y;
    int pitch; // floats between rows of y
};

/// Store the sums that wait.
HRM_ALWAYS_INLINE void store_waiting(struct attention *t)
{
    struct waiting *w = &t->waiting;
    const size_t stride = sizeof(float) * (size_t)w->pitch;
    if (w->y && w->odd) {
        hrm_tile_store(2, w->y, stride);
        hrm_tile_store(3, w->y + HRM_TILE, stride);
    } else if (w->y) {
        hrm_tile_store(0, w->y, stride);
        hrm_tile_store(1, w->y + HRM_TILE, stride);
    }
    if (w->y && w->sums)
        hrm_tile_store(5, t->sums, 64);
    w->y = NULL;
}

#define ADD_UP(first, second)                                                                      \
    hrm_tile_zero(first);                                                                          \
    hrm_tile_zero(second);                                                                         \
    for (int s = 0; s < u->steps; s++, b += HRM_TILE_BYTES) {                                      \
        hrm_tile_load(4, u->a.at + 64 * s, u->a.stride);                                           \
        hrm_tile_load(6, b, 64);                                                                   \
        hrm_tile_multiply(first, 4, 6);                                                            \
        hrm_tile_load(7, b + u->steps * HRM_TILE_BYTES, 64);                                       \
        hrm_tile_multiply(second, 4, 7);                                                           \
        if (u->sums) {                                                                             \
            hrm_tile_load(6, t->ones, 64);                                                         \
            hrm_tile_multiply(5, 4, 6);                                                            \
        }                                                                                          \
        store_waiting(t);                                                                          \
        step(t);                                                                                   \
    }

/// The products of a unit, a step of the softmax with each. The sums wait until the next unit is
/// at work: a tile that is stored as soon as it is complete holds up the matrix unit.
HRM_ALWAYS_INLINE void multiply(struct attention *t, const struct unit *u)
{
    const uint8_t *b = u->b;
    const bool odd = !t->waiting.odd;
    if (u->sums)
        hrm_tile_zero(5);
    if (odd) {
        ADD_UP(2, 3)
    } else {
        ADD_UP(0, 1)
    }
    t->waiting = (struct waiting){u->y, u->pitch, u->sums, odd};
}

/// Scores of an item.
static void score(struct attention *t, struct item item, float *scores)
{
    const size_t row = (size_t)block_row(t, item.block);
    const int steps = t->heads.depth / HRM_TILE_DEPTH;
    for (int i = 0; i < t->heads.keys; i += 32)
        multiply(t, &(struct unit){.a = {t->q.at + t->q.stride * row, t->q.stride},
                                   .b = t->k_tiles + i / HRM_TILE * steps * HRM_TILE_BYTES,
                                   .steps = steps,
                                   .y = scores + i,
                                   .pitch = t->heads.keys});
}

/// out = p v, and the sums of p.
static void mix(struct attention *t, const float *scores)
{
    const int steps = t->heads.keys / HRM_TILE_DEPTH;
    const size_t stride = sizeof(float) * (size_t)t->heads.keys;
    for (int i = 0; i < t->heads.depth; i += 32)
        multiply(t, &(struct unit){.a = {(const uint8_t *)scores, stride},
                                   .b = t->v_tiles + i / HRM_TILE * steps * HRM_TILE_BYTES,
                                   .steps = steps,
                                   .sums = i == 0,
                                   .y = t->out + i,
                                   .pitch = t->heads.depth});
}

/// y[size] = factor * sums[size]
HRM_ALWAYS_INLINE void write_row(int size, __m512 factor, const float *sums, uint16_t *y)
{
    int j = 0;
    for (; j + 32 <= size; j += 32)
        hrm_lanes_store_two(y + j, _mm512_mul_ps(factor, _mm512_loadu_ps(sums + j)),
                            _mm512_mul_ps(factor, _mm512_loadu_ps(sums + j + HRM_LANES)));
    for (; j < size; j += HRM_LANES)
        hrm_lanes_store_some(y + j, hrm_lanes_first(size - j),
                             _mm512_mul_ps(factor, _mm512_loadu_ps(sums + j)));
}

/// Write an item: out divided by the sums. Returns whether these lie in the range.
static bool write_rows(const struct attention *t, struct item item)
{
    const int hidden = t->shape->hidden, first = block_first(t, item.block);
    const int rows = t->heads.seq < 16 ? t->heads.seq : 16;
    uint16_t *y =
        t->o + head_at(t, item.head, hidden) + (size_t)block_row(t, item.block) * (size_t)hidden;
    __m512 least = _mm512_set1_ps(1.0f), most = least;
    for (int r = first; r < rows; r++) {
        const __m512 sum = _mm512_loadu_ps(t->sums + HRM_TILE * r);
        least = _mm512_min_ps(least, sum);
        most = _mm512_max_ps(most, sum);
        write_row(t->heads.size, _mm512_rcp14_ps(sum), t->out + t->heads.depth * r,
                  y + (size_t)r * (size_t)hidden);
    }
    return hrm_bf16_heads_in_range(least, most);
}

/// What the rows of an item's block look at.
static struct hrm_bf16_mask mask_of(const struct attention *t, struct item item)
{
    const struct hrm_attention *attention = &t->shape->attention;
    const int head = item.head % t->shape->heads, row = block_row(t, item.block);
    const int seq = t->heads.seq, words = hrm_mask_words(seq);
    const int length = hrm_bf16_heads_length(t->shape, item.head / t->shape->heads);
    if (attention->kind == HRM_ATTENTION_ALL && length == seq)
        return (struct hrm_bf16_mask){t->everywhere, 0};
    if (attention->kind == HRM_ATTENTION_MASK && length == seq && seq >= 16)
        return (struct hrm_bf16_mask){hrm_mask_row(t->shape, attention->mask, head, row), words};
    for (int r = 0; r < 16; r++)
        hrm_bf16_heads_looks(t->shape, head, length, row + r < seq ? row + r : seq - 1,
                             t->rows + words * r);
    return (struct hrm_bf16_mask){t->rows, words};
}

/// The softmax of an item's rows from `first` on, in so many steps.
static void begin_softmax(struct attention *t, struct item item, float *scores, int first,
                          int steps)
{
    t->softmax = (struct softmax){.scores = scores, .first = first, .row = first, .steps = steps};
    if (first < 16)
        t->softmax.mask = mask_of(t, item);
}

/// Whether a row is made again as it was: one that looks at none behind it must not change with
/// those.
static bool stays(const struct attention *t, int row)
{
    const __m512 sum = _mm512_loadu_ps(t->sums + HRM_TILE * row);
    return t->shape->attention.kind == HRM_ATTENTION_CAUSAL && hrm_bf16_heads_in_range(sum, sum);
}

/// Make an item again with the largest exponent of each row taken off. Spoils the keys.
static void repeat(struct attention *t, struct item item)
{
    begin_scores(t, item.head);
    begin_softmax(t, item, t->spare, 16, 1);
    hrm_tile_fence();
    score(t, item, t->spare);
    store_waiting(t);
    begin_softmax(t, item, t->spare, 0, 1);
    for (int r = 0; r < 16; r++)
        if (!stays(t, r))
            t->tops[r] =
                t->heads.scale * 1.44269504f *
                hrm_bf16_heads_max(t->heads.keys, t->softmax.mask.rows + r * t->softmax.mask.pitch,
                                   t->spare + r * t->heads.keys);
    step(t);
    memset(t->tops, 0, sizeof t->tops);
    begin_softmax(t, item, t->spare, 16, 1);
    hrm_tile_fence();
    mix(t, t->spare);
    store_waiting(t);
    write_rows(t, item);
}

static struct item item_at(const struct attention *t, int i)
{
    const int blocks = (t->heads.seq + 15) / 16,
              count = t->shape->puzzles * t->shape->heads * blocks;
    if (i < 0 || i >= count)
        return (struct item){-1, 0};
    return (struct item){i / blocks, i % blocks};
}

/// One turn: the softmax of item i goes along with the products of its neighbours.
static void turn(struct attention *t, int i)
{
    const struct item last = item_at(t, i - 1), current = item_at(t, i);
    const struct item next = item_at(t, i + 1), after = item_at(t, i + 2);
    float *mine = t->scores[i & 1], *other = t->scores[(i + 1) & 1];
    const int sides = (last.head >= 0) + (next.head >= 0);
    begin_softmax(t, current, mine, current.head < 0 ? 16 : block_first(t, current.block),
                  sides * (t->heads.depth / 32) * (t->heads.keys / 32));
    hrm_tile_fence();
    if (last.head >= 0)
        mix(t, other);
    if (next.head >= 0)
        score(t, next, other);
    if (next.head < 0)
        store_waiting(t);
    if (sides == 0)
        soften(t, t->heads.keys, 0, 16);
    const bool spoilt = last.head >= 0 && !write_rows(t, last);
    if (spoilt)
        repeat(t, last);
    if (after.head >= 0 && (spoilt || after.block == 0))
        begin_scores(t, after.head);
    if (current.head >= 0 && current.block == 0)
        begin_values(t, current.head);
}

void hrm_bf16_attention(const struct hrm_block_shape *shape, const void *qkv, void *o,
                        void *scratch)
{
    struct attention t = {.heads = hrm_bf16_heads_of(shape), .shape = shape, .qkv = qkv, .o = o};
    if (shape->attention.kind == HRM_ATTENTION_GROUPS) {
        hrm_bf16_groups(shape, qkv, o, hrm_bf16_scratch_split(shape, scratch).rest);
        return;
    }
    split(&t, hrm_bf16_scratch_split(shape, scratch).rest);
    const int count = shape->puzzles * shape->heads * ((t.heads.seq + 15) / 16);
    hrm_tile_open();
    begin_scores(&t, 0);
    for (int i = -1; i <= count; i++)
        turn(&t, i);
    hrm_tile_close();
}
