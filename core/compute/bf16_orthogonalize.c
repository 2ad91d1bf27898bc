#include "core/compute/bf16_gradient.h"
#include "core/compute/bf16_product.h"
#include "core/compute/orthogonalize.h"

#include <string.h>

/// The steps run on the side that is at least as long as it is wide, x or its transpose: then
/// g = x^T x is a weight gradient and the step, x (a + b g + c g g), a product with a matrix that
/// is its own transpose. As in the source, x is rounded to bf16 after every step.
struct work {
    int longer, small;
    struct hrm_bf16_scratch scratch;
    uint16_t *x, *next;   // [longer, small]
    float *gram, *square; // [small, small]
    uint16_t *rounded;    // [small, small]
    void *packed;
};

static struct hrm_block_shape shape_of(int rows, int cols)
{
    return rows < cols ? (struct hrm_block_shape){.puzzles = cols, .seq = 1, .hidden = rows}
                       : (struct hrm_block_shape){.puzzles = rows, .seq = 1, .hidden = cols};
}

static uint8_t *take(uint8_t **rest, size_t bytes)
{
    uint8_t *piece = *rest;
    *rest += (bytes + 63) / 64 * 64;
    return piece;
}

/// Lay the work out from `scratch` on. Returns its end.
static uint8_t *lay_out(const struct hrm_block_shape *shape, uint8_t *scratch, struct work *work)
{
    const int longer = shape->puzzles, small = shape->hidden;
    const size_t side = (size_t)hrm_rows_padded(longer) * (size_t)small * sizeof(uint16_t);
    const size_t square = (size_t)small * (size_t)small;
    uint8_t *rest = scratch + hrm_bf16_scratch_fixed(shape);
    *work = (struct work){.longer = longer, .small = small};
    work->scratch = hrm_bf16_scratch_split(shape, scratch);
    take(&rest, hrm_bf16_gradient_bytes(longer, small, small));
    work->x = (uint16_t *)take(&rest, side);
    work->next = (uint16_t *)take(&rest, side);
    work->gram = (float *)take(&rest, square * sizeof(float));
    work->square = (float *)take(&rest, square * sizeof(float));
    work->rounded = (uint16_t *)take(&rest, square * sizeof(uint16_t));
    work->packed = take(&rest, hrm_bf16_packed_bytes(small, small, HRM_PACK_FORWARD));
    return rest;
}

size_t hrm_bf16_orthogonalize_bytes(int rows, int cols)
{
    const struct hrm_block_shape shape = shape_of(rows, cols);
    static uint8_t base[64];
    struct work work;
    return (size_t)(lay_out(&shape, base, &work) - base);
}

/// g[small,small] = x[rows,small]^T x
static void multiply(const struct work *work, int rows, const uint16_t *x, float *g)
{
    memset(g, 0, (size_t)work->small * (size_t)work->small * sizeof *g);
    hrm_bf16_gradient_add(&(struct hrm_bf16_gradient){.rows = rows,
                                                      .out = work->small,
                                                      .in = work->small,
                                                      .dy = x,
                                                      .dy_stride = work->small,
                                                      .x = x,
                                                      .dw = g,
                                                      .scratch = work->scratch});
}

/// next = x (a + b g + c g g)
static void iterate(const struct work *work)
{
    const int small = work->small;
    const size_t count = (size_t)small * (size_t)small;
    float *square = work->square;
    multiply(work, work->longer, work->x, work->gram);
    hrm_bf16_from_float(count, work->gram, work->rounded);
    multiply(work, small, work->rounded, square);
    for (size_t i = 0; i < count; i++)
        square[i] = hrm_orthogonalize_b * work->gram[i] + hrm_orthogonalize_c * square[i];
    for (size_t i = 0; i < count; i += (size_t)small + 1)
        square[i] += hrm_orthogonalize_a;
    hrm_bf16_pack(small, small, square, HRM_PACK_FORWARD, work->packed);
    const struct hrm_bf16_product product = {.x = (const uint8_t *)work->x,
                                             .rows = work->longer,
                                             .depth = small,
                                             .columns = work->packed,
                                             .pairs = hrm_bf16_up(small, 32) / 32,
                                             .group = 1,
                                             .scratch = work->scratch};
    hrm_bf16_product_store(&product, small, work->next);
}

/// y[cols,rows] = x[rows,cols]^T
static void transpose(int rows, int cols, const uint16_t *x, uint16_t *y)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < cols; c++)
            y[(size_t)c * (size_t)rows + (size_t)r] = x[(size_t)r * (size_t)cols + (size_t)c];
}

void hrm_bf16_orthogonalize(int rows, int cols, float *x, void *scratch)
{
    const struct hrm_block_shape shape = shape_of(rows, cols);
    const size_t count = (size_t)rows * (size_t)cols;
    struct work work;
    lay_out(&shape, scratch, &work);
    hrm_bf16_from_float(count, x, rows < cols ? work.next : work.x);
    if (rows < cols)
        transpose(rows, cols, work.next, work.x);
    for (int step = 0; step < HRM_ORTHOGONALIZE_STEPS; step++) {
        iterate(&work);
        uint16_t *swap = work.x;
        work.x = work.next;
        work.next = swap;
    }
    if (rows < cols)
        transpose(cols, rows, work.x, work.next);
    hrm_bf16_to_float(count, rows < cols ? work.next : work.x, x);
}
