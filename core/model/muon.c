#include "core/model/muon.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/// A step of the iteration takes a singular value s to a s + b s^3 + c s^5, which brings all of
/// (0, 1] to within 0.3 of 1 in five; the coefficients are those of Jordan et al.
static const float A = 3.4445f, B = -4.7750f, C = 2.0315f;
enum { STEPS = 5 };

/// The maps that a tensor stacks: [rows, cols] each.
struct map {
    int count, rows, cols;
};

static struct map map_of(const struct hrm_tensor *tensor)
{
    int count = strstr(tensor->name, "qkv_proj") ? 3 : strstr(tensor->name, "gate_up_proj") ? 2 : 1;
    return (struct map){count, tensor->rows / count, tensor->cols};
}

bool hrm_muon_takes(const struct hrm_tensor *tensor)
{
    return tensor->kind == HRM_TENSOR_TRAINED && strstr(tensor->name, ".layers.");
}

size_t hrm_muon_begin(const struct hrm_layout *layout)
{
    size_t begin = layout->trained;
    for (int i = 0; i < layout->count; i++)
        if (hrm_muon_takes(&layout->tensors[i]) && layout->tensors[i].offset < begin)
            begin = layout->tensors[i].offset;
    return begin;
}

static size_t work_floats(const struct map *map)
{
    size_t rows = (size_t)map->rows, cols = (size_t)map->cols;
    size_t small = rows < cols ? rows : cols;
    return 2 * rows * cols + 2 * small * small;
}

size_t hrm_muon_scratch(const struct hrm_layout *layout)
{
    size_t most = 0;
    for (int i = 0; i < layout->count; i++) {
        struct map map = map_of(&layout->tensors[i]);
        if (hrm_muon_takes(&layout->tensors[i]) && work_floats(&map) > most)
            most = work_floats(&map);
    }
    return most;
}

void hrm_muon_prepare(void)
{
    openblas_set_num_threads(1);
}

static void to_length_one(size_t count, float *x)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)x[i] * (double)x[i];
    float scale = (float)(1 / (sqrt(sum) + 1e-30));
    for (size_t i = 0; i < count; i++)
        x[i] *= scale;
}

/// One step on x[rows,cols]; next[rows,cols] is the result. The products are those of the shorter
/// side, gram and square [small,small].
static void iterate(int rows, int cols, const float *x, float *next, float *gram, float *square)
{
    const int small = rows < cols ? rows : cols;
    const size_t count = (size_t)small * (size_t)small;
    if (rows < cols)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, rows, cols, 1, x, cols, x, cols,
                    0, gram, rows);
    else
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, cols, cols, rows, 1, x, cols, x, cols,
                    0, gram, cols);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, small, small, small, C, gram, small,
                gram, small, 0, square, small);
    for (size_t i = 0; i < count; i++)
        square[i] += B * gram[i];
    memcpy(next, x, (size_t)rows * (size_t)cols * sizeof *x);
    if (rows < cols)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, cols, rows, 1, square, rows, x,
                    cols, A, next, cols);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, cols, cols, 1, x, cols, square,
                    cols, A, next, cols);
}

/// What an update does to one map.
struct part {
    size_t count;
    const float *g;
    float *p, *m, *ema;
};

static void update(const struct hrm_muon *muon, const struct map *map, const struct part *part,
                   double ema_rate, float *scratch)
{
    const float momentum = (float)muon->momentum;
    const int longer = map->rows > map->cols ? map->rows : map->cols;
    const size_t small = (size_t)(map->rows + map->cols - longer);
    float *x = scratch, *next = x + part->count, *gram = next + part->count;
    for (size_t i = 0; i < part->count; i++) {
        part->m[i] = momentum * part->m[i] + part->g[i];
        x[i] = part->g[i] + momentum * part->m[i];
    }
    to_length_one(part->count, x);
    for (int step = 0; step < STEPS; step++) {
        iterate(map->rows, map->cols, x, next, gram, gram + small * small);
        float *swap = x;
        x = next;
        next = swap;
    }
    const float keep = (float)(1 - muon->rate * muon->decay);
    const float rate = (float)(muon->rate * 0.2 * sqrt(longer));
    for (size_t i = 0; i < part->count; i++)
        part->p[i] = part->p[i] * keep - rate * x[i];
    for (size_t i = 0; part->ema && i < part->count; i++)
        part->ema[i] += (float)(1 - ema_rate) * (part->p[i] - part->ema[i]);
}

void hrm_muon_update(const struct hrm_muon *muon, const struct hrm_optimizer_state *state,
                     const struct hrm_tensor *tensor, float *scratch)
{
    const struct map map = map_of(tensor);
    const size_t count = (size_t)map.rows * (size_t)map.cols;
    for (int i = 0; i < map.count; i++) {
        const size_t at = tensor->offset + (size_t)i * count;
        const struct part part = {.count = count,
                                  .g = state->gradient + at,
                                  .p = state->params + at,
                                  .m = state->m + at,
                                  .ema = state->ema ? state->ema + at : NULL};
        update(muon, &map, &part, state->ema_rate, scratch);
    }
}
