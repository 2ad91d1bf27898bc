#include "core/compute/bf16_gradient.h"
#include "core/compute/bf16_lanes.h"
#include "core/compute/bf16_product.h"

static int depth_steps(int rows)
{
    return hrm_bf16_up(rows, HRM_TILE_DEPTH) / HRM_TILE_DEPTH;
}

/// Bytes of 32 packed columns of either side.
static size_t panel_bytes(int rows)
{
    return 2 * (size_t)depth_steps(rows) * HRM_TILE_BYTES;
}

size_t hrm_bf16_gradient_bytes(int rows, int out, int in)
{
    const int smaller = out < in ? out : in;
    return panel_bytes(rows) * (size_t)(hrm_bf16_up(smaller, 32) / 32 + 2);
}

/// The left tile of dy^T at step s for 16 outputs; what lies beyond dy becomes zero.
static void pack_left_tile(const struct hrm_bf16_gradient *g, int column, int s, void *tile)
{
    const int row = s * HRM_TILE_DEPTH, rows = g->rows - row;
    const uint16_t *dy = g->dy + (size_t)row * (size_t)g->dy_stride + column;
    if (rows >= HRM_TILE_DEPTH && column + HRM_TILE <= g->out) {
        hrm_tile_from_transpose(dy, 2 * (size_t)g->dy_stride, tile, 64);
        return;
    }
    uint16_t edge[HRM_TILE_DEPTH][HRM_TILE] = {{0}};
    const __mmask16 columns = hrm_lanes_first(g->out - column);
    for (int r = 0; r < rows && r < HRM_TILE_DEPTH; r++, dy += g->dy_stride)
        _mm256_storeu_si256((__m256i *)edge[r], _mm256_maskz_loadu_epi16(columns, dy));
    hrm_tile_from_transpose(edge, sizeof edge[0], tile, 64);
}

/// Left tiles of dy^T at step s for the outputs first..first+31.
static void pack_left(const struct hrm_bf16_gradient *g, int first, int s, uint8_t *panel)
{
    const int steps = depth_steps(g->rows);
    uint8_t *tile = panel + (size_t)s * HRM_TILE_BYTES;
    pack_left_tile(g, first, s, tile);
    pack_left_tile(g, first + HRM_TILE, s, tile + (size_t)steps * HRM_TILE_BYTES);
}

/// Right tiles of x at step s for the inputs first..first+31.
static void pack_right(const struct hrm_bf16_gradient *g, int first, int s, uint8_t *panel)
{
    const size_t stride = 2 * (size_t)g->in;
    const int row = s * HRM_TILE_DEPTH, rows = g->rows - row;
    const uint16_t *x = g->x + (size_t)row * (size_t)g->in + first;
    uint8_t *tile = panel + (size_t)s * HRM_TILE_BYTES;
    uint8_t *second = tile + (size_t)depth_steps(g->rows) * HRM_TILE_BYTES;
    if (first + 32 <= g->in) {
        hrm_tile_from_depth_two(x, stride, rows, tile, second);
        return;
    }
    hrm_tile_from_depth(x, stride, rows, hrm_lanes_first(g->in - first), tile);
    hrm_tile_from_depth(x + HRM_TILE, stride, rows, hrm_lanes_first(g->in - first - HRM_TILE),
                        second);
}

/// The way through a gradient. The smaller side of dw is packed once, the larger side a panel of
/// 32 columns ahead of its use; a panel stays in the first cache while the packed side streams
/// past it. Sums are added to dw while the next ones are made.
struct walk {
    const struct hrm_bf16_gradient *g;
    bool wide;          // the panels are outputs, else inputs
    int inner, outer;   // columns of the packed side and of the panels
    int steps;          // of the depth
    size_t bytes;       // of a panel
    uint8_t *panels[2]; // the current and the next
    const uint8_t *packed;
    int column;       // of the current panel
    int ready, share; // steps of the next panel that are packed, and packed with each block
    int turn;         // of the result blocks
    struct hrm_bf16_pending pending;
};

/// dw[row, column..column+31] += the sums
HRM_ALWAYS_INLINE void finish_gradient(const void *context, int column, int row, const float *left,
                                       const float *right)
{
    const struct hrm_bf16_gradient *g = context;
    float *dw = g->dw + (size_t)row * (size_t)g->in + column;
    const __mmask16 low = hrm_lanes_first(g->in - column);
    const __mmask16 high = hrm_lanes_first(g->in - column - HRM_LANES);
    _mm512_mask_storeu_ps(dw, low,
                          _mm512_add_ps(_mm512_maskz_loadu_ps(low, dw), _mm512_loadu_ps(left)));
    dw += HRM_LANES;
    _mm512_mask_storeu_ps(dw, high,
                          _mm512_add_ps(_mm512_maskz_loadu_ps(high, dw), _mm512_loadu_ps(right)));
}

/// Tiles 0..3 += two left times two right tile columns; the packed side is loaded so that it
/// does not push the panel out of the first cache.
HRM_ALWAYS_INLINE void sum_block(struct walk *at, const uint8_t *left, const uint8_t *right)
{
    const size_t half = (size_t)at->steps * HRM_TILE_BYTES;
    const int share = hrm_bf16_finish_share(at->steps);
    for (int s = 0; s < at->steps; s++, left += HRM_TILE_BYTES, right += HRM_TILE_BYTES) {
        if (at->wide)
            hrm_bf16_step(left, 64, half, right, right + half);
        else
            hrm_bf16_step_back(left, half, right, right + half);
        hrm_bf16_finish_some(&at->pending, share, finish_gradient, at->g);
    }
    hrm_bf16_finish_some(&at->pending, 32, finish_gradient, at->g);
}

/// dw[out..out+31, in..in+31] += the product of a left and a right panel.
static void add_block(struct walk *at, int out, int in, const uint8_t *left, const uint8_t *right)
{
    const struct hrm_bf16_gradient *g = at->g;
    float *tiles = g->scratch.tiles + 1024 * at->turn;
    hrm_bf16_zero_sums();
    sum_block(at, left, right);
    hrm_bf16_store_sums(tiles);
    at->pending = (struct hrm_bf16_pending){.tiles = tiles,
                                            .last = true,
                                            .column = in,
                                            .row = out,
                                            .rows = g->out - out < 32 ? g->out - out : 32};
    at->turn ^= 1;
}

/// Ask for the block of dw that the next panel will be added to.
static void fetch_block(const struct walk *at, int inner)
{
    const struct hrm_bf16_gradient *g = at->g;
    const int next = at->column + 32;
    const int out = at->wide ? next : inner, in = at->wide ? inner : next;
    for (int r = 0; r < 32 && out + r < g->out && in < g->in; r++) {
        const char *dw = (const char *)(g->dw + (size_t)(out + r) * (size_t)g->in + in);
        _mm_prefetch(dw, _MM_HINT_T1);
        _mm_prefetch(dw + 64, _MM_HINT_T1);
    }
}

/// Pack up to `count` more steps of the next panel.
static void pack_next(struct walk *at, int count)
{
    const int next = at->column + 32;
    for (; count > 0 && at->ready < at->steps && next < at->outer; count--, at->ready++)
        (at->wide ? pack_left : pack_right)(at->g, next, at->ready, at->panels[1]);
}

/// Add everything that the current panel contributes, and make the next one ready.
static void add_panel(struct walk *at)
{
    at->ready = 0;
    hrm_tile_fence();
    for (int i = 0; i < at->inner; i += 32) {
        const uint8_t *other = at->packed + at->bytes * (size_t)(i / 32);
        if (at->wide)
            add_block(at, at->column, i, at->panels[0], other);
        else
            add_block(at, i, at->column, other, at->panels[0]);
        fetch_block(at, i);
        pack_next(at, at->share);
    }
    pack_next(at, at->steps);
}

/// Pack the smaller side and the first panel.
static void begin(struct walk *at)
{
    uint8_t *packed = at->panels[1] + at->bytes;
    at->packed = packed;
    for (int i = 0; i < at->inner; i += 32, packed += at->bytes) {
        for (int s = 0; s < at->steps; s++)
            (at->wide ? pack_right : pack_left)(at->g, i, s, packed);
    }
    at->column = -32;
    at->ready = 0;
    pack_next(at, at->steps);
}

void hrm_bf16_gradient_add(const struct hrm_bf16_gradient *g)
{
    struct walk at = {.g = g, .wide = g->out > g->in, .steps = depth_steps(g->rows)};
    at.inner = at.wide ? g->in : g->out;
    at.outer = at.wide ? g->out : g->in;
    at.bytes = panel_bytes(g->rows);
    at.panels[0] = g->scratch.rest;
    at.panels[1] = at.panels[0] + at.bytes;
    at.share = (at.steps * 32 + at.inner - 1) / at.inner;
    begin(&at);
    hrm_tile_open();
    for (at.column = 0; at.column < at.outer; at.column += 32) {
        uint8_t *ready = at.panels[1];
        at.panels[1] = at.panels[0];
        at.panels[0] = ready;
        add_panel(&at);
    }
    hrm_bf16_finish_some(&at.pending, 32, finish_gradient, g);
    hrm_tile_close();
}
