#include "core/compute/bf16_gradient.h"
#include "core/compute/bf16_lanes.h"
#include "core/compute/bf16_norm.h"
#include "core/compute/bf16_product.h"

/// Up to this hidden size a product with `gate_up` costs less than keeping what it gave: the tape
/// of it would be written to and read from memory.
#define RECOMPUTED 256

/// Rows that go through all of the backward pass together, at hidden size 128: their gradients
/// stay in the second cache. A multiple of the 32 rows of a tile step.
#define PART_ROWS 352

bool hrm_bf16_mlp_recomputes(const struct hrm_block_shape *shape)
{
    return shape->hidden <= RECOMPUTED;
}

/// The gradients of a part. d has an odd number of lines between its rows: a power of two would
/// put the rows of a tile into the same few sets of the first cache.
struct part {
    int rows, hidden, inner, pitch;
    uint16_t *dz;  // [rows, hidden]
    uint16_t *act; // [rows, inner]: its gradient, then act itself
    uint16_t *d;   // [rows, pitch]: gradient of [g | u]
    const uint16_t *n1;
    struct hrm_bf16_scratch scratch;
};

/// From g, u and the gradient of act: act and d[g | u]. silu'(g) = s + g s (1 - s), s = sigmoid(g).
HRM_ALWAYS_INLINE void finish_gate(const void *context, int column, int row, const float *left,
                                   const float *right)
{
    const struct part *t = context;
    uint16_t *act = t->act + (size_t)row * (size_t)t->inner + column;
    uint16_t *d = t->d + (size_t)row * (size_t)t->pitch + column;
    const __m512 g = _mm512_loadu_ps(left), u = _mm512_loadu_ps(right), da = hrm_lanes_load(act);
    const __m512 s = hrm_lanes_sigmoid(g), silu = _mm512_mul_ps(g, s);
    const __m512 slope = _mm512_fnmadd_ps(silu, s, _mm512_add_ps(silu, s));
    hrm_lanes_store(act, _mm512_mul_ps(silu, u));
    hrm_lanes_store(d, _mm512_mul_ps(_mm512_mul_ps(da, u), slope));
    hrm_lanes_store(d + t->inner, _mm512_mul_ps(da, silu));
}

/// act, which holds its gradient, and d from n1.
static void recompute(const struct part *t, const struct hrm_weight *w)
{
    const struct hrm_bf16_product p = {.x = (const uint8_t *)t->n1,
                                       .rows = t->rows,
                                       .depth = t->hidden,
                                       .columns = w->packed,
                                       .pairs = t->inner / HRM_TILE,
                                       .group = t->inner / HRM_TILE,
                                       .scratch = t->scratch};
    hrm_bf16_product_run(&p, finish_gate, t);
}

/// The product of dy[rows, depth] with the transpose of w.
static struct hrm_bf16_product product_back(const struct part *t, const struct hrm_weight *w,
                                            const uint16_t *dy, int pitch)
{
    return (struct hrm_bf16_product){.x = (const uint8_t *)dy,
                                     .rows = t->rows,
                                     .depth = w->out,
                                     .pitch = pitch,
                                     .columns = hrm_bf16_packed_transpose(w),
                                     .pairs = hrm_bf16_up(w->in, 32) / 32,
                                     .group = 1,
                                     .scratch = t->scratch};
}

static void add_gradient(const struct part *t, const struct hrm_weight *w, const uint16_t *dy,
                         int pitch, const uint16_t *x, float *dw)
{
    const struct hrm_bf16_gradient g = {.rows = t->rows,
                                        .out = w->out,
                                        .in = w->in,
                                        .dy = dy,
                                        .dy_stride = pitch,
                                        .x = x,
                                        .dw = dw,
                                        .scratch = t->scratch};
    hrm_bf16_gradient_add(&g);
}

static void part_backward(const struct part *t, const struct hrm_mlp *mlp)
{
    const struct hrm_bf16_product down = product_back(t, mlp->down, t->dz, t->hidden);
    const struct hrm_bf16_product gate_up = product_back(t, mlp->gate_up, t->d, t->pitch);
    hrm_bf16_product_store(&down, t->inner, t->act);
    recompute(t, mlp->gate_up);
    add_gradient(t, mlp->down, t->dz, t->hidden, t->act, mlp->ddown);
    hrm_bf16_product_add(&gate_up, t->hidden, t->dz);
    add_gradient(t, mlp->gate_up, t->d, t->pitch, t->n1, mlp->dgate_up);
}

void hrm_bf16_mlp_backward(const struct hrm_block_shape *shape, const struct hrm_mlp *mlp, void *dz,
                           void *scratch)
{
    const int rows = hrm_bf16_rows(shape), hidden = shape->hidden;
    const int parts = (rows + PART_ROWS - 1) / PART_ROWS;
    const int part_rows = hrm_bf16_up((rows + parts - 1) / parts, 32);
    struct part t = {.hidden = hidden,
                     .inner = shape->inner,
                     .pitch = 2 * shape->inner + 32,
                     .act = mlp->act,
                     .scratch = hrm_bf16_scratch_split(shape, scratch)};
    t.d = (uint16_t *)t.scratch.rest;
    t.scratch.rest += hrm_bf16_swiglu_backward_bytes(shape);
    for (int row = 0; row < rows; row += t.rows) {
        const size_t at = (size_t)row * (size_t)hidden;
        t.rows = rows - row < part_rows ? rows - row : part_rows;
        t.dz = (uint16_t *)dz + at;
        t.n1 = (const uint16_t *)mlp->n1 + at;
        hrm_bf16_norm_backward(t.rows, hidden, mlp->inv_rms + row, (const uint16_t *)mlp->n2 + at,
                               t.dz, t.dz);
        part_backward(&t, mlp);
    }
}
