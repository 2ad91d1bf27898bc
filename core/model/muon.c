#include "core/model/muon.h"

#include <math.h>

/// Sums that run side by side.
enum { SUMS = 16 };

bool hrm_muon_takes(const struct hrm_tensor *tensor)
{
    return tensor->maps > 0;
}

size_t hrm_muon_begin(const struct hrm_layout *layout)
{
    size_t begin = layout->trained;
    for (int i = 0; i < layout->count; i++)
        if (hrm_muon_takes(&layout->tensors[i]) && layout->tensors[i].offset < begin)
            begin = layout->tensors[i].offset;
    return begin;
}

/// Bytes of one map, so that what is behind it is aligned.
static size_t map_bytes(const struct hrm_tensor *tensor)
{
    const size_t rows = (size_t)(tensor->rows / tensor->maps), cols = (size_t)tensor->cols;
    return (rows * cols * sizeof(float) + 63) / 64 * 64;
}

size_t hrm_muon_scratch(const struct hrm_layout *layout, const struct hrm_backend *backend)
{
    size_t most = 0;
    for (int i = 0; i < layout->count; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        if (!hrm_muon_takes(tensor))
            continue;
        const size_t bytes = map_bytes(tensor) + backend->orthogonalize_bytes(
                                                     tensor->rows / tensor->maps, tensor->cols);
        most = bytes > most ? bytes : most;
    }
    return most;
}

static void to_length_one(size_t count, float *x)
{
    double sums[SUMS] = {0}, sum = 0;
    for (size_t i = 0; i < count; i++)
        sums[i % SUMS] += (double)x[i] * (double)x[i];
    for (int i = 0; i < SUMS; i++)
        sum += sums[i];
    const float scale = (float)(1 / (sqrt(sum) + 1e-30));
    for (size_t i = 0; i < count; i++)
        x[i] *= scale;
}

/// What an update does to one map.
struct part {
    int rows, cols;
    const float *g;
    float *p, *m, *ema;
};

static void update(const struct hrm_muon *muon, const struct hrm_backend *backend,
                   const struct part *part, double ema_rate, float *x, void *scratch)
{
    const size_t count = (size_t)part->rows * (size_t)part->cols;
    const float momentum = (float)muon->momentum;
    for (size_t i = 0; i < count; i++) {
        part->m[i] = momentum * part->m[i] + part->g[i];
        x[i] = part->g[i] + momentum * part->m[i];
    }
    to_length_one(count, x);
    backend->orthogonalize(part->rows, part->cols, x, scratch);
    const int longer = part->rows > part->cols ? part->rows : part->cols;
    const float keep = (float)(1 - muon->rate * muon->decay);
    const float rate = (float)(muon->rate * 0.2 * sqrt(longer));
    for (size_t i = 0; i < count; i++)
        part->p[i] = part->p[i] * keep - rate * x[i];
    for (size_t i = 0; part->ema && i < count; i++)
        part->ema[i] += (float)(1 - ema_rate) * (part->p[i] - part->ema[i]);
}

void hrm_muon_update(const struct hrm_muon *muon, const struct hrm_backend *backend,
                     const struct hrm_optimizer_state *state, const struct hrm_tensor *tensor,
                     void *scratch)
{
    const int rows = tensor->rows / tensor->maps;
    for (int i = 0; i < tensor->maps; i++) {
        const size_t at = tensor->offset + (size_t)i * (size_t)rows * (size_t)tensor->cols;
        const struct part part = {.rows = rows,
                                  .cols = tensor->cols,
                                  .g = state->gradient + at,
                                  .p = state->params + at,
                                  .m = state->m + at,
                                  .ema = state->ema ? state->ema + at : NULL};
        update(muon, backend, &part, state->ema_rate, scratch, (char *)scratch + map_bytes(tensor));
    }
}
