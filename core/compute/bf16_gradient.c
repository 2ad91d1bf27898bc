#include "core/compute/bf16_gradient.h"
#include "core/compute/amx_tile.h"
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
    return panel_bytes(rows) * (size_t)(hrm_bf16_up(smaller, 32) / 32 + 1);
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

/// Left tiles of dy^T for the outputs first..first+31.
static void pack_left(const struct hrm_bf16_gradient *g, int first, uint8_t *panel)
{
    const int steps = depth_steps(g->rows);
    for (int s = 0; s < 2 * steps; s++)
        pack_left_tile(g, first + s / steps * HRM_TILE, s % steps, panel + s * HRM_TILE_BYTES);
}

/// Right tiles of x for the inputs first..first+31.
static void pack_right(const struct hrm_bf16_gradient *g, int first, uint8_t *panel)
{
    const int steps = depth_steps(g->rows);
    const size_t stride = 2 * (size_t)g->in;
    for (int s = 0; s < steps; s++) {
        const int row = s * HRM_TILE_DEPTH, rows = g->rows - row;
        const uint16_t *x = g->x + (size_t)row * (size_t)g->in + first;
        uint8_t *tile = panel + s * HRM_TILE_BYTES, *second = tile + steps * HRM_TILE_BYTES;
        if (first + 32 <= g->in) {
            hrm_tile_from_depth_two(x, stride, rows, tile, second);
            continue;
        }
        hrm_tile_from_depth(x, stride, rows, hrm_lanes_first(g->in - first), tile);
        hrm_tile_from_depth(x + HRM_TILE, stride, rows, hrm_lanes_first(g->in - first - HRM_TILE),
                            second);
    }
}

/// Tiles 0..3 = sum over the rows of two left and two right tile columns.
static void sum_block(const uint8_t *left, const uint8_t *right, int steps)
{
    const size_t half = (size_t)steps * HRM_TILE_BYTES;
    hrm_tile_fence();
    for (int s = 0; s < steps; s++, left += HRM_TILE_BYTES, right += HRM_TILE_BYTES) {
        _tile_loadd(4, left, 64);
        _tile_loadd(6, right, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, right + half, 64);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, left + half, 64);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
}

/// A block at the edge of dw goes through the scratch tiles.
static void add_edge(const struct hrm_bf16_gradient *g, int out, int in)
{
    float *tiles = g->scratch.tiles;
    _tile_stored(0, tiles, 128);
    _tile_stored(1, tiles + 16, 128);
    _tile_stored(2, tiles + 512, 128);
    _tile_stored(3, tiles + 528, 128);
    for (int r = 0; r < 32 && out + r < g->out; r++) {
        for (int c = 0; c < 32; c += HRM_LANES) {
            const __mmask16 lanes = hrm_lanes_first(g->in - in - c);
            float *dw = g->dw + (size_t)(out + r) * (size_t)g->in + in + c;
            const __m512 sum = _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, dw),
                                             _mm512_loadu_ps(tiles + 32 * r + c));
            _mm512_mask_storeu_ps(dw, lanes, sum);
        }
    }
}

/// dw[out..out+31, in..in+31] += the product of a left and a right panel.
static void add_block(const struct hrm_bf16_gradient *g, int out, int in, const uint8_t *left,
                      const uint8_t *right)
{
    const int steps = depth_steps(g->rows);
    const size_t stride = sizeof(float) * (size_t)g->in;
    if (out + 32 > g->out || in + 32 > g->in) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        sum_block(left, right, steps);
        add_edge(g, out, in);
        return;
    }
    float *top = g->dw + (size_t)out * (size_t)g->in + in;
    float *bottom = top + HRM_TILE * (size_t)g->in;
    _tile_loadd(0, top, stride);
    _tile_loadd(1, top + HRM_TILE, stride);
    _tile_loadd(2, bottom, stride);
    _tile_loadd(3, bottom + HRM_TILE, stride);
    sum_block(left, right, steps);
    _tile_stored(0, top, stride);
    _tile_stored(1, top + HRM_TILE, stride);
    _tile_stored(2, bottom, stride);
    _tile_stored(3, bottom + HRM_TILE, stride);
}

void hrm_bf16_gradient_add(const struct hrm_bf16_gradient *g)
{
    const size_t bytes = panel_bytes(g->rows);
    const int wide = g->out > g->in; // the smaller side is packed once, the other panel-wise
    const int inner = wide ? g->in : g->out, outer = wide ? g->out : g->in;
    uint8_t *panel = g->scratch.rest, *packed = panel + bytes;
    for (int i = 0; i < inner; i += 32)
        (wide ? pack_right : pack_left)(g, i, packed + bytes * (size_t)(i / 32));
    hrm_tile_open();
    for (int o = 0; o < outer; o += 32) {
        (wide ? pack_left : pack_right)(g, o, panel);
        for (int i = 0; i < inner; i += 32) {
            const uint8_t *other = packed + bytes * (size_t)(i / 32);
            if (wide)
                add_block(g, o, i, panel, other);
            else
                add_block(g, i, o, other, panel);
        }
    }
    hrm_tile_close();
}
