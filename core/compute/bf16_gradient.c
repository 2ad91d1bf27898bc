#include "core/compute/bf16_gradient.h"
#include "core/compute/amx_pack.h"
#include "core/compute/bf16_block.h"
#include "core/compute/bf16_lanes.h"

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
    const size_t columns = (size_t)hrm_bf16_up(smaller, 32);
    return panel_bytes(rows) * (columns / 32 + 2) + 2 * 32 * columns * sizeof(float);
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
/// past it. Sums are added to dw while the next ones are made: where the panels are outputs, a
/// whole panel later, in the order in which dw lies in memory.
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
    float *sums[2];   // [inner / 32][32][32] of the current panel and of the one before
    int owed_row, owed_column;       // what of the one before is added to dw next
    struct hrm_bf16_pending pending; // where the panels are inputs
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

/// Add up to `count` pieces of 32 columns of the panel before to dw.
HRM_ALWAYS_INLINE void add_owed(struct walk *at, int count)
{
    const int first = at->column - 32, rows = at->g->out - first;
    for (; count > 0 && at->owed_row < 32 && at->owed_row < rows; count--) {
        const float *sums = at->sums[1] + 32 * at->owed_column + 32 * at->owed_row;
        finish_gradient(at->g, at->owed_column, first + at->owed_row, sums, sums + HRM_LANES);
        at->owed_column += 32;
        if (at->owed_column >= at->inner) {
            at->owed_column = 0;
            at->owed_row++;
        }
    }
}

/// Tiles 0..3 += two left times two right tile columns; the packed side is loaded so that it
/// does not push the panel out of the first cache.
HRM_ALWAYS_INLINE void sum_block(struct walk *at, const uint8_t *left, const uint8_t *right)
{
    const size_t half = (size_t)at->steps * HRM_TILE_BYTES;
    const int share = hrm_bf16_finish_share(at->steps);
    for (int s = 0; s < at->steps; s++, left += HRM_TILE_BYTES, right += HRM_TILE_BYTES) {
        if (at->wide) {
            hrm_bf16_step(left, 64, half, right, right + half);
            add_owed(at, share);
        } else {
            hrm_bf16_step_back(left, half, right, right + half);
            hrm_bf16_finish_some(&at->pending, share, finish_gradient, at->g);
        }
    }
}

/// The sums of one block of the current panel, kept for the next panel's turn.
static void sum_outputs(struct walk *at, int in, const uint8_t *right)
{
    hrm_bf16_zero_sums();
    sum_block(at, at->panels[0], right);
    hrm_bf16_store_sums(at->sums[0] + 32 * in);
}

/// The sums of one block of the current panel, kept for the next block's turn.
static void sum_inputs(struct walk *at, int out, const uint8_t *left)
{
    const struct hrm_bf16_gradient *g = at->g;
    float *tiles = g->scratch.tiles + 1024 * at->turn;
    hrm_bf16_zero_sums();
    sum_block(at, left, at->panels[0]);
    hrm_bf16_finish_some(&at->pending, 32, finish_gradient, g);
    hrm_bf16_store_sums(tiles);
    at->pending = (struct hrm_bf16_pending){.tiles = tiles,
                                            .last = true,
                                            .column = at->column,
                                            .row = out,
                                            .rows = g->out - out < 32 ? g->out - out : 32};
    at->turn ^= 1;
}

/// Pack up to `count` more steps of the next panel.
static void pack_next(struct walk *at, int count)
{
    const int next = at->column + 32;
    for (; count > 0 && at->ready < at->steps && next < at->outer; count--, at->ready++)
        (at->wide ? pack_left : pack_right)(at->g, next, at->ready, at->panels[1]);
}

/// Make the sums of the current panel, add those of the one before, pack the next.
static void add_panel(struct walk *at)
{
    at->ready = 0;
    hrm_tile_fence();
    for (int i = 0; i < at->inner; i += 32) {
        const uint8_t *other = at->packed + at->bytes * (size_t)(i / 32);
        if (at->wide)
            sum_outputs(at, i, other);
        else
            sum_inputs(at, i, other);
        pack_next(at, at->share);
    }
    pack_next(at, at->steps);
}

/// Exchange what is current and what is before or next.
static void turn_panel(struct walk *at)
{
    uint8_t *panel = at->panels[0];
    float *sums = at->sums[0];
    at->panels[0] = at->panels[1];
    at->panels[1] = panel;
    at->sums[0] = at->sums[1];
    at->sums[1] = sums;
    at->owed_column = 0;
    at->owed_row = at->column == 0 ? 32 : 0;
}

/// Pack the smaller side and the first panel.
static void begin(struct walk *at)
{
    uint8_t *packed = at->panels[1] + at->bytes;
    at->sums[0] = (float *)(packed + at->bytes * (size_t)(hrm_bf16_up(at->inner, 32) / 32));
    at->sums[1] = at->sums[0] + 32 * hrm_bf16_up(at->inner, 32);
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
        turn_panel(&at);
        add_panel(&at);
        if (at.wide)
            add_owed(&at, 32 * at.inner);
    }
    turn_panel(&at);
    if (at.wide)
        add_owed(&at, 32 * at.inner);
    hrm_bf16_finish_some(&at.pending, 32, finish_gradient, g);
    hrm_tile_close();
}
