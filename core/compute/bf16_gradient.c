#include "core/compute/bf16_gradient.h"
#include "core/compute/bf16_block.h"
#include "core/compute/bf16_lanes.h"
#include "core/compute/tile_pack.h"

/// Most steps of 32 rows that are summed in one go. Fewer leave room in the first cache for the
/// panel in the making; more spare traffic of dw, which counts where dw is beyond the second.
#define CHUNK          24
#define CHUNK_OF_SMALL 12

/// A dw of so many floats stays in the second cache.
#define SMALL (256 << 10)

/// A step of a panel, 32 rows of 32 columns, is packed in so many pieces.
#define PIECES 4

static int depth_steps(int rows)
{
    return hrm_bf16_up(rows, HRM_TILE_DEPTH) / HRM_TILE_DEPTH;
}

/// Bytes of 32 packed columns of `steps` steps.
static size_t panel_bytes(int steps)
{
    return 2 * (size_t)steps * HRM_TILE_BYTES;
}

size_t hrm_bf16_gradient_bytes(int rows, int out, int in)
{
    const int smaller = out < in ? out : in, steps = depth_steps(rows);
    return 2 * panel_bytes(CHUNK) + panel_bytes(steps) * (size_t)(hrm_bf16_up(smaller, 32) / 32);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/// Some consecutive steps of the depth for 32 columns of a side: the tiles of its first 16
/// columns, then those of the others.
struct panel {
    uint8_t *tiles;
    int column;       // of the side; beyond it: nothing is packed
    int first, steps; // of the depth
    int ready;        // pieces that are packed
};

/// A piece of the left tiles of dy^T: 8 outputs. What lies beyond dy becomes zero.
static void pack_left(const struct hrm_bf16_gradient *g, const struct panel *p, int s, int piece)
{
    const int row = (p->first + s) * HRM_TILE_DEPTH, rows = g->rows - row;
    const int column = p->column + 8 * piece;
    const uint16_t *dy = g->dy + (size_t)row * (size_t)g->dy_stride + column;
    uint8_t *tile = p->tiles + HRM_TILE_BYTES * (s + p->steps * (piece / 2)) + 512 * (piece % 2);
    if (rows >= HRM_TILE_DEPTH && column + 8 <= g->out) {
        hrm_tile_from_transpose_half(dy, 2 * (size_t)g->dy_stride, tile, 64);
        return;
    }
    uint16_t edge[HRM_TILE_DEPTH][8] = {{0}};
    const __mmask8 columns = (__mmask8)(hrm_lanes_first(g->out - column) & 0xff);
    for (int r = 0; r < rows && r < HRM_TILE_DEPTH; r++, dy += g->dy_stride)
        _mm_storeu_si128((__m128i *)edge[r], _mm_maskz_loadu_epi16(columns, dy));
    hrm_tile_from_transpose_half(edge, sizeof edge[0], tile, 64);
}

/// A piece of the right tiles of x: 8 rows of the sum.
static void pack_right(const struct hrm_bf16_gradient *g, const struct panel *p, int s, int piece)
{
    const int row = (p->first + s) * HRM_TILE_DEPTH + 8 * piece, left = g->in - p->column;
    const __mmask32 columns = left >= 32 ? 0xffffffffu : (1u << left) - 1u;
    const uint16_t *x = g->x + (size_t)row * (size_t)g->in + p->column;
    uint8_t *tile = p->tiles + HRM_TILE_BYTES * s + 256 * piece;
    for (int i = 0; i < 4; i++, x += 2 * g->in, tile += 64)
        hrm_tile_pairs(x, 2 * (size_t)g->in, g->rows - row - 2 * i, columns, tile,
                       tile + HRM_TILE_BYTES * p->steps);
}

/// The way through a gradient. The smaller side of dw is packed once. The larger is packed panel
/// by panel, each while the one before is multiplied: a panel stays in the first cache while the
/// packed side streams past it, and the sums go on from what stands in dw.
struct walk {
    const struct hrm_bf16_gradient *g;
    bool wide;        // the panels are outputs, else inputs
    int inner, outer; // columns of the packed side and of the panels
    int steps, chunk; // of the depth; of a panel
    const uint8_t *packed;
    struct panel panel, next;
    int share; // pieces of the next panel that are packed with each step
};

/// Pack up to `count` more pieces of a panel of the larger side.
HRM_ALWAYS_INLINE void pack_some(const struct walk *at, struct panel *p, int count, bool wide)
{
    const int end = p->column < at->outer ? smaller(p->ready + count, PIECES * p->steps) : 0;
    for (; p->ready < end; p->ready++)
        (wide ? pack_left : pack_right)(at->g, p, p->ready / PIECES, p->ready % PIECES);
}

/// Fetch the rows of dw [32,32] that belong to step s of `steps`.
HRM_ALWAYS_INLINE void fetch_rows(const float *dw, int in, int s, int steps)
{
    for (int r = 32 * s / steps; r < 32 * (s + 1) / steps; r++) {
        _mm_prefetch((const char *)(dw + (size_t)r * (size_t)in), _MM_HINT_T0);
        _mm_prefetch((const char *)(dw + (size_t)r * (size_t)in + HRM_LANES), _MM_HINT_T0);
    }
}

/// The tiles 0..3 += the current panel times 32 columns of the packed side.
HRM_ALWAYS_INLINE void sum_block(struct walk *at, const uint8_t *packed, const float *follower,
                                 bool wide)
{
    const struct panel *p = &at->panel;
    const size_t own = (size_t)p->steps * HRM_TILE_BYTES;
    const size_t other = (size_t)at->steps * HRM_TILE_BYTES;
    packed += (size_t)p->first * HRM_TILE_BYTES;
    for (int s = 0; s < p->steps; s++, packed += HRM_TILE_BYTES) {
        const uint8_t *tile = p->tiles + HRM_TILE_BYTES * s;
        if (wide)
            hrm_bf16_step(tile, 64, own, packed, packed + other);
        else
            hrm_bf16_step_back(packed, other, tile, tile + own);
        pack_some(at, &at->next, at->share, wide);
        fetch_rows(follower, at->g->in, s, p->steps);
    }
}

/// dw[row..,column..] += sums[32,32], as far as dw reaches.
static void add_sums(const struct hrm_bf16_gradient *g, int row, int column, const float *sums)
{
    const __mmask16 low = hrm_lanes_first(g->in - column);
    const __mmask16 high = hrm_lanes_first(g->in - column - HRM_LANES);
    float *dw = g->dw + (size_t)row * (size_t)g->in + column;
    for (int r = 0; r < 32 && row + r < g->out; r++, dw += g->in, sums += 32) {
        const __m512 a = _mm512_maskz_loadu_ps(low, dw);
        const __m512 b = _mm512_maskz_loadu_ps(high, dw + HRM_LANES);
        _mm512_mask_storeu_ps(dw, low, _mm512_add_ps(a, _mm512_loadu_ps(sums)));
        _mm512_mask_storeu_ps(dw + HRM_LANES, high,
                              _mm512_add_ps(b, _mm512_loadu_ps(sums + HRM_LANES)));
    }
}

/// The block of dw that the current panel and the inner columns from i on make.
HRM_ALWAYS_INLINE void add_block(struct walk *at, int i, bool wide)
{
    const struct hrm_bf16_gradient *g = at->g;
    const int row = wide ? at->panel.column : i, column = wide ? i : at->panel.column;
    const uint8_t *packed = at->packed + panel_bytes(at->steps) * (size_t)(i / 32);
    const size_t stride = sizeof(float) * (size_t)g->in, below = HRM_TILE * (size_t)g->in;
    float *dw = g->dw + (size_t)row * (size_t)g->in + column;
    const float *follower = wide ? dw + 32 : dw + 2 * below;
    if (row + 32 > g->out || column + 32 > g->in) {
        hrm_bf16_zero_sums();
        sum_block(at, packed, follower, wide);
        hrm_bf16_store_sums(g->scratch.tiles);
        add_sums(g, row, column, g->scratch.tiles);
        return;
    }
    hrm_tile_load_sums(0, dw, stride);
    hrm_tile_load_sums(1, dw + HRM_TILE, stride);
    hrm_tile_load_sums(2, dw + below, stride);
    hrm_tile_load_sums(3, dw + below + HRM_TILE, stride);
    sum_block(at, packed, follower, wide);
    hrm_tile_store(0, dw, stride);
    hrm_tile_store(1, dw + HRM_TILE, stride);
    hrm_tile_store(2, dw + below, stride);
    hrm_tile_store(3, dw + below + HRM_TILE, stride);
}

/// Make what is behind `p` the panel to be packed next, in the other one's memory.
static struct panel panel_behind(const struct walk *at, const struct panel *p, uint8_t *tiles)
{
    struct panel next = {.tiles = tiles, .column = p->column, .first = p->first + p->steps};
    if (next.first >= at->steps) {
        next.first = 0;
        next.column += 32;
    }
    next.steps = smaller(at->chunk, at->steps - next.first);
    return next;
}

/// Pack the smaller side.
static void pack_inner(const struct walk *at, uint8_t *packed)
{
    struct panel p = {.tiles = packed, .steps = at->steps};
    for (; p.column < at->inner; p.column += 32, p.tiles += panel_bytes(at->steps)) {
        for (int i = 0; i < PIECES * at->steps; i++)
            (at->wide ? pack_right : pack_left)(at->g, &p, i / PIECES, i % PIECES);
    }
}

HRM_ALWAYS_INLINE void add_panels(struct walk *at, bool wide)
{
    pack_some(at, &at->panel, PIECES * at->chunk, wide);
    while (at->panel.column < at->outer) {
        hrm_tile_fence();
        for (int i = 0; i < at->inner; i += 32)
            add_block(at, i, wide);
        pack_some(at, &at->next, PIECES * at->chunk, wide);
        uint8_t *free_tiles = at->panel.tiles;
        at->panel = at->next;
        at->next = panel_behind(at, &at->panel, free_tiles);
    }
}

void hrm_bf16_gradient_add(const struct hrm_bf16_gradient *g)
{
    struct walk at = {.g = g, .wide = g->out > g->in, .steps = depth_steps(g->rows)};
    const int most = g->out * g->in > SMALL ? CHUNK : CHUNK_OF_SMALL;
    const int chunks = (at.steps + most - 1) / most;
    uint8_t *tiles = g->scratch.rest, *packed = tiles + 2 * panel_bytes(CHUNK);
    at.inner = at.wide ? g->in : g->out;
    at.outer = at.wide ? g->out : g->in;
    at.chunk = (at.steps + chunks - 1) / chunks;
    at.packed = packed;
    at.share = at.inner < 128 ? PIECES : 1;
    at.panel = (struct panel){.tiles = tiles, .steps = smaller(at.chunk, at.steps)};
    at.next = panel_behind(&at, &at.panel, tiles + panel_bytes(CHUNK));
    pack_inner(&at, packed);
    hrm_tile_open();
    if (at.wide)
        add_panels(&at, true);
    else
        add_panels(&at, false);
    hrm_tile_close();
}
