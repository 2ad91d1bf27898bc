#include "core/model/embedding.h"

#include "core/model/edges.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static float embedding_scale(const struct hrm_model_config *config)
{
    double scale = sqrt(config->hidden);
    if (config->angles == HRM_ANGLES_LEARNED)
        scale *= 0.70710678118654752440;
    return (float)scale;
}

/// Copy the `count` floats of a puzzle embedding to the first P rows, zeros behind it.
static void copy_puzzle(const float *embedding, size_t count, size_t room, float *rows)
{
    memcpy(rows, embedding, count * sizeof *rows);
    memset(rows + count, 0, (room - count) * sizeof *rows);
}

/// e[S,D] of one puzzle, of one plane.
static void gather(const struct hrm_worker *worker, const uint16_t *inputs, int32_t id, int plane,
                   float *e)
{
    const struct hrm_edges *edges = hrm_model_edges(&worker->model->config);
    const struct hrm_model_config *config = &worker->model->config;
    const struct hrm_segment_offsets *at = &worker->buffers->at;
    const float *params = worker->model->params;
    size_t d = (size_t)config->hidden, width = (size_t)config->puzzle_emb;
    size_t prefix = (size_t)hrm_model_prefix(config);
    assert(id >= 0 && id < config->puzzle_ids);
    if (prefix > 0)
        copy_puzzle(params + at->puzzle + (size_t)id * width, width, prefix * d, e);
    const float *tokens = params + at->embed_tokens;
    for (size_t n = 0; n < (size_t)config->cells; n++) {
        assert(inputs[n] < config->vocab);
        memcpy(e + (prefix + n) * d, tokens + edges->token_row(config, inputs[n], plane) * d,
               d * sizeof *e);
    }
}

static void scale_rows(size_t count, float scale, const float *positions, float *rows)
{
    for (size_t i = 0; positions != NULL && i < count; i++)
        rows[i] += positions[i];
    for (size_t i = 0; i < count; i++)
        rows[i] *= scale;
}

void hrm_embedding_forward(struct hrm_worker *worker, const struct hrm_batch *batch)
{
    const struct hrm_model_config *config = &worker->model->config;
    struct hrm_worker_buffers *b = worker->buffers;
    size_t plane = (size_t)hrm_model_seq(config) * (size_t)config->hidden;
    int planes = hrm_model_planes(config), count = batch->puzzles * planes;
    const float *positions =
        config->angles == HRM_ANGLES_LEARNED ? worker->model->params + b->at.embed_pos : NULL;
    for (int i = 0; i < count; i++) {
        float *rows = b->rows + (size_t)i * plane;
        int p = i / planes;
        int32_t id = batch->ids != NULL ? batch->ids[p] : 0;
        gather(worker, batch->inputs + (size_t)p * (size_t)config->cells, id, i % planes, rows);
        scale_rows(plane, embedding_scale(config), positions, rows);
    }
    worker->model->backend->from_float((size_t)count * plane, b->rows, b->x);
}

static void add_scaled(size_t count, float scale, const float *x, float *y)
{
    for (size_t i = 0; i < count; i++)
        y[i] += scale * x[i];
}

void hrm_embedding_backward(struct hrm_worker *worker, const struct hrm_batch *batch,
                            float *gradient, float *dpuzzle)
{
    const struct hrm_model_config *config = &worker->model->config;
    const struct hrm_worker_buffers *b = worker->buffers;
    size_t d = (size_t)config->hidden, width = (size_t)config->puzzle_emb;
    size_t prefix = (size_t)hrm_model_prefix(config), seq = (size_t)hrm_model_seq(config);
    const struct hrm_edges *edges = hrm_model_edges(config);
    int planes = hrm_model_planes(config);
    float scale = embedding_scale(config);
    for (int i = 0; i < batch->puzzles * planes; i++) {
        const float *dx = b->dx + (size_t)i * seq * d;
        const size_t p = (size_t)(i / planes);
        const uint16_t *inputs = batch->inputs + p * (size_t)config->cells;
        for (size_t n = 0; n < (size_t)config->cells; n++)
            add_scaled(d, scale, dx + (prefix + n) * d,
                       gradient + b->at.embed_tokens +
                           edges->token_row(config, inputs[n], i % planes) * d);
        if (config->angles == HRM_ANGLES_LEARNED)
            add_scaled(seq * d, scale, dx, gradient + b->at.embed_pos);
        for (size_t j = 0; dpuzzle != NULL && j < width; j++)
            dpuzzle[p * width + j] = scale * dx[j];
    }
}
