#include "core/compute/bf16_gradient.h"
#include "core/compute/bf16_lanes.h"
#include "core/compute/bf16_product.h"

/// Where the gated products go. With a tape, the first of two neighbouring pairs, which gives
/// half a line of each result, waits in `held` for the second, so that whole lines are written.
struct gated {
    uint16_t *act;     // [rows, inner]
    uint16_t *gate_up; // [rows, 2 inner] or NULL
    __m256i *held;     // [32, 3]: act, gate, up
    int inner;
};

/// silu(g) u
HRM_ALWAYS_INLINE __m256i gate(__m512 g, __m512 u)
{
    return hrm_lanes_narrow(_mm512_mul_ps(_mm512_mul_ps(g, hrm_lanes_sigmoid(g)), u));
}

HRM_ALWAYS_INLINE void finish_act(const void *context, int column, int row, const float *left,
                                  const float *right)
{
    const struct gated *t = context;
    uint16_t *act = t->act + (size_t)row * (size_t)t->inner + column;
    _mm256_storeu_si256((__m256i *)act, gate(_mm512_loadu_ps(left), _mm512_loadu_ps(right)));
}

HRM_ALWAYS_INLINE __m512i join(__m256i low, __m256i high)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/// Write half a line of each result where no neighbour follows.
static void write_halves(const struct gated *t, int column, int row, const __m256i *halves)
{
    uint16_t *to = t->gate_up + (size_t)row * 2 * (size_t)t->inner + column;
    _mm256_storeu_si256((__m256i *)(t->act + (size_t)row * (size_t)t->inner + column), halves[0]);
    _mm256_storeu_si256((__m256i *)to, halves[1]);
    _mm256_storeu_si256((__m256i *)(to + t->inner), halves[2]);
}

/// Write a line of gate_up past the caches where it is aligned: it is read much later.
HRM_ALWAYS_INLINE void write_tape(uint16_t *to, __m512i line, int inner)
{
    if (inner % 32 == 0)
        _mm512_stream_si512((__m512i *)to, line);
    else
        _mm512_storeu_si512(to, line);
}

HRM_ALWAYS_INLINE void finish_tape(const void *context, int column, int row, const float *left,
                                   const float *right)
{
    const struct gated *t = context;
    const __m512 g = _mm512_loadu_ps(left), u = _mm512_loadu_ps(right);
    const __m256i now[3] = {gate(g, u), hrm_lanes_narrow(g), hrm_lanes_narrow(u)};
    __m256i *held = t->held + 3 * (row % HRM_BF16_SHALLOW_ROWS);
    if (column % 32 == 0 && column + HRM_TILE < t->inner) {
        held[0] = now[0];
        held[1] = now[1];
        held[2] = now[2];
        return;
    }
    if (column % 32 == 0) {
        write_halves(t, column, row, now);
        return;
    }
    const size_t line = (size_t)row * (size_t)t->inner + (size_t)column - HRM_TILE;
    _mm512_storeu_si512(t->act + line, join(held[0], now[0]));
    uint16_t *to = t->gate_up + line + (size_t)row * (size_t)t->inner;
    write_tape(to, join(held[1], now[1]), t->inner);
    write_tape(to + t->inner, join(held[2], now[2]), t->inner);
}

void hrm_bf16_swiglu(const struct hrm_block_shape *shape, const void *h, const struct hrm_weight *w,
                     void *gate_up, void *act, void *scratch)
{
    const struct hrm_bf16_scratch split = hrm_bf16_scratch_split(shape, scratch);
    const struct gated gated = {act, gate_up, (__m256i *)split.rest, shape->inner};
    const struct hrm_bf16_product p = {.x = h,
                                       .rows = hrm_bf16_rows(shape),
                                       .depth = shape->hidden,
                                       .columns = w->packed,
                                       .pairs = shape->inner / HRM_TILE,
                                       .group = shape->inner / HRM_TILE,
                                       .scratch = split};
    if (gate_up == NULL) {
        hrm_bf16_product_run(&p, finish_act, &gated);
        return;
    }
    hrm_bf16_product_run(&p, finish_tape, &gated);
    _mm_sfence();
}

/// One row: d[g | u] from dact. silu'(g) = s + g s (1 - s), s = sigmoid(g).
static void gate_backward(int inner, const uint16_t *dact, const uint16_t *gate, uint16_t *d)
{
    const __m512 one = _mm512_set1_ps(1.0f);
    for (int j = 0; j < inner; j += HRM_LANES) {
        const __m512 g = hrm_lanes_load(gate + j), u = hrm_lanes_load(gate + inner + j);
        const __m512 da = hrm_lanes_load(dact + j);
        const __m512 s = hrm_lanes_sigmoid(g);
        const __m512 silu = _mm512_mul_ps(g, s);
        const __m512 slope = _mm512_fmadd_ps(silu, _mm512_sub_ps(one, s), s);
        hrm_lanes_store(d + j, _mm512_mul_ps(_mm512_mul_ps(da, u), slope));
        hrm_lanes_store(d + inner + j, _mm512_mul_ps(da, silu));
    }
}

/// d[g | u] lies in scratch with an odd number of lines between its rows: a power of two would
/// put the rows of a tile into the same few sets of the first cache.
static int gradient_pitch(const struct hrm_block_shape *shape)
{
    return 2 * shape->inner + 32;
}

size_t hrm_bf16_swiglu_backward_bytes(const struct hrm_block_shape *shape)
{
    return 2 * (size_t)hrm_rows_padded(hrm_bf16_rows(shape)) * (size_t)gradient_pitch(shape);
}

void hrm_bf16_swiglu_backward(const struct hrm_block_shape *shape, const void *h,
                              const struct hrm_weight *w, void *gate_up, const void *dact, void *dh,
                              float *dw, void *scratch)
{
    const int rows = hrm_bf16_rows(shape), inner = shape->inner;
    const int part = hrm_bf16_part_rows(w->out);
    const size_t pitch = (size_t)gradient_pitch(shape);
    struct hrm_bf16_scratch split = hrm_bf16_scratch_split(shape, scratch);
    uint16_t *d = (uint16_t *)split.rest;
    split.rest += hrm_bf16_swiglu_backward_bytes(shape);
    for (int row = 0; row < rows; row += part) {
        const int count = rows - row < part ? rows - row : part;
        for (int r = row; r < row + count; r++)
            gate_backward(inner, (const uint16_t *)dact + (size_t)r * (size_t)inner,
                          (const uint16_t *)gate_up + (size_t)r * 2 * (size_t)inner,
                          d + (size_t)r * pitch);
        const struct hrm_bf16_product p = {.x = (const uint8_t *)(d + (size_t)row * pitch),
                                           .rows = count,
                                           .depth = w->out,
                                           .pitch = (int)pitch,
                                           .columns = hrm_bf16_packed_transpose(w),
                                           .pairs = hrm_bf16_up(w->in, 32) / 32,
                                           .group = 1,
                                           .scratch = split};
        hrm_bf16_product_add(&p, w->in, (uint16_t *)dh + (size_t)row * (size_t)w->in);
    }
    const struct hrm_bf16_gradient g = {.rows = rows,
                                        .out = w->out,
                                        .in = w->in,
                                        .dy = d,
                                        .dy_stride = (int)pitch,
                                        .x = h,
                                        .dw = dw,
                                        .scratch = split};
    hrm_bf16_gradient_add(&g);
}
