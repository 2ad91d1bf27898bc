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
/// 32 columns ahead of its use; a panel stays in the first cache in chunks of its depth while the
/// packed side streams past it.
struct walk {
    const struct hrm_bf16_gradient *g;
    bool wide;          // the panels are outputs, else inputs
    int inner, outer;   // columns of the packed side and of the panels
    int steps, chunk;   // of the depth, and of a chunk
    size_t bytes;       // of a panel
    uint8_t *panels[2]; // the current and the next
    const uint8_t *packed;
    int column;       // of the current panel
    int ready, share; // steps of the next panel that are packed, and packed with each block
};

/// Tiles 0..3 += steps first..first+count-1 of two left and two right tile columns.
HRM_ALWAYS_INLINE void sum_block(const struct walk *at, int first, int count, const uint8_t *left,
                                 const uint8_t *right)
{
    const size_t half = (size_t)at->steps * HRM_TILE_BYTES;
    left += (size_t)first * HRM_TILE_BYTES;
    right += (size_t)first * HRM_TILE_BYTES;
    for (int s = 0; s < count; s++, left += HRM_TILE_BYTES, right += HRM_TILE_BYTES) {
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
    hrm_bf16_store_sums(tiles);
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

/// dw[out..out+31, in..in+31] += a chunk of the product of a left and a right panel.
static void add_block(const struct walk *at, int out, int in, int first, const uint8_t *left,
                      const uint8_t *right)
{
    const struct hrm_bf16_gradient *g = at->g;
    const int count = at->steps - first < at->chunk ? at->steps - first : at->chunk;
    const size_t stride = sizeof(float) * (size_t)g->in;
    if (out + 32 > g->out || in + 32 > g->in) {
        hrm_bf16_zero_sums();
        sum_block(at, first, count, left, right);
        add_edge(g, out, in);
        return;
    }
    float *top = g->dw + (size_t)out * (size_t)g->in + in;
    float *bottom = top + HRM_TILE * (size_t)g->in;
    _tile_loadd(0, top, stride);
    _tile_loadd(1, top + HRM_TILE, stride);
    _tile_loadd(2, bottom, stride);
    _tile_loadd(3, bottom + HRM_TILE, stride);
    sum_block(at, first, count, left, right);
    _tile_stored(0, top, stride);
    _tile_stored(1, top + HRM_TILE, stride);
    _tile_stored(2, bottom, stride);
    _tile_stored(3, bottom + HRM_TILE, stride);
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
    for (int first = 0; first < at->steps; first += at->chunk) {
        for (int i = 0; i < at->inner; i += 32) {
            const uint8_t *other = at->packed + at->bytes * (size_t)(i / 32);
            if (at->wide)
                add_block(at, at->column, i, first, at->panels[0], other);
            else
                add_block(at, i, at->column, first, other, at->panels[0]);
            if (first == 0)
                fetch_block(at, i);
            pack_next(at, at->share);
        }
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
    const int chunks = (at.steps + HRM_BF16_CHUNK - 1) / HRM_BF16_CHUNK;
    at.inner = at.wide ? g->in : g->out;
    at.outer = at.wide ? g->out : g->in;
    at.chunk = (at.steps + chunks - 1) / chunks;
    at.bytes = panel_bytes(g->rows);
    at.panels[0] = g->scratch.rest;
    at.panels[1] = at.panels[0] + at.bytes;
    at.share = (at.steps * 32 + at.inner * chunks - 1) / (at.inner * chunks);
    begin(&at);
    hrm_tile_open();
    for (at.column = 0; at.column < at.outer; at.column += 32) {
        uint8_t *ready = at.panels[1];
        at.panels[1] = at.panels[0];
        at.panels[0] = ready;
        add_panel(&at);
    }
    hrm_tile_close();
}
