#include "core/model/segment.h"

#include "core/model/edges.h"
#include "core/model/embedding.h"
#include "core/model/module.h"
#include "core/model/truncated.h"

#include <assert.h>
#include <string.h>

/// One pass through the cycles.
struct pass {
    struct hrm_worker *worker;
    const struct hrm_batch *batch;
    struct hrm_module_context context;
    void *z_h, *z_l;
    bool record;                         ///< keep the tape
    bool noise;                          ///< as the batch asks
    bool first_only;                     ///< of the result only position 0 of z_h is wanted
    const struct hrm_observer *observer; ///< or NULL
};

static struct pass open_pass(struct hrm_worker *worker, const struct hrm_batch *batch)
{
    assert(batch->puzzles > 0 && batch->puzzles <= worker->puzzles);
    struct pass pass = {.worker = worker, .batch = batch, .z_h = worker->z_h, .z_l = worker->z_l};
    pass.context = hrm_module_open(worker, batch);
    return pass;
}

static size_t puzzle_elements(const struct pass *pass)
{
    return (size_t)pass->context.shape.seq * (size_t)pass->context.shape.hidden;
}

/// z += sigma * truncated normal, from every puzzle's own stream.
static void add_noise(const struct pass *pass, void *z)
{
    const struct hrm_backend *backend = pass->worker->model->backend;
    const struct hrm_batch *batch = pass->batch;
    size_t elements = puzzle_elements(pass);
    float *rows = pass->worker->buffers->rows;
    for (int p = 0; p < batch->puzzles; p++) {
        void *state = (char *)z + (size_t)p * elements * backend->element;
        backend->to_float(elements, state, rows);
        hrm_truncated_normal_add(&batch->noise[p], batch->noise_sigma, elements, rows);
        backend->from_float(elements, rows, state);
    }
}

/// The tape of L call j of H cycle i, or NULL when that call is not differentiated.
static struct hrm_call_tape *l_tape(const struct pass *pass, int i, int j)
{
    const struct hrm_model_config *config = &pass->worker->model->config;
    struct hrm_worker_buffers *b = pass->worker->buffers;
    int first = config->l_cycles - b->l_calls;
    if (!pass->record || i < config->h_cycles - 1 || j < first)
        return NULL;
    return &b->calls[j - first];
}

static void call(const struct pass *pass, struct hrm_module module, void *z, const void *injection,
                 struct hrm_call_tape *tape)
{
    if (tape != NULL)
        hrm_module_record(&pass->context, module, z, injection, tape);
    else
        hrm_module_forward(&pass->context, module, z, injection);
    if (pass->noise)
        add_noise(pass, z);
}

/// Show the state after a call.
static void show(const struct pass *pass, enum hrm_level level, int h_cycle, int l_cycle)
{
    struct hrm_call call = {level, h_cycle, l_cycle, pass->batch->puzzles,
                            level == HRM_LEVEL_H ? pass->z_h : pass->z_l};
    if (pass->observer != NULL)
        pass->observer->after_call(pass->observer->user, pass->worker->model, &call);
}

static void h_call(const struct pass *pass, bool last)
{
    const struct hrm_model *model = pass->worker->model;
    struct hrm_worker_buffers *b = pass->worker->buffers;
    struct hrm_module module = {model->h_blocks, model->h_count};
    if (last && pass->first_only)
        hrm_module_first(&pass->context, module, pass->z_h, pass->z_l);
    else
        call(pass, module, pass->z_h, pass->z_l,
             last && pass->record ? &b->calls[b->l_calls] : NULL);
}

static void run_cycles(const struct pass *pass)
{
    const struct hrm_model *model = pass->worker->model;
    struct hrm_worker_buffers *b = pass->worker->buffers;
    struct hrm_module l = {model->l_blocks, model->l_count};
    size_t elements = (size_t)pass->batch->puzzles * puzzle_elements(pass);
    for (int i = 0; i < model->config.h_cycles; i++) {
        model->backend->add(elements, pass->z_h, b->x, b->injection);
        for (int j = 0; j < model->config.l_cycles; j++) {
            call(pass, l, pass->z_l, b->injection, l_tape(pass, i, j));
            show(pass, HRM_LEVEL_L, i, j);
        }
        h_call(pass, i == model->config.h_cycles - 1);
        show(pass, HRM_LEVEL_H, i, model->config.l_cycles);
    }
}

/// q[B,2].
static void run_q_head(const struct pass *pass, float *q)
{
    const struct hrm_model *model = pass->worker->model;
    const float *bias = model->params + pass->worker->buffers->at.q_bias;
    hrm_model_edges(&model->config)->pool(pass->worker, &pass->context, pass->z_h, q);
    for (int p = 0; p < pass->batch->puzzles; p++) {
        q[2 * p] += bias[0];
        q[2 * p + 1] += bias[1];
    }
}

/// Logits and q of z_H.
static struct hrm_outputs predict(const struct pass *pass)
{
    const struct hrm_worker *worker = pass->worker;
    const struct hrm_model *model = worker->model;
    const struct hrm_edges *edges = hrm_model_edges(&model->config);
    struct hrm_worker_buffers *b = worker->buffers;
    if (edges->pools_first)
        hrm_module_gather(&pass->context, worker->z_h, b->first_h);
    run_q_head(pass, b->q);
    model->backend->head(&pass->context.shape, worker->z_h, &model->lm_head, b->scores, b->scratch);
    if (edges->unembed != NULL)
        edges->unembed(&model->config, pass->batch->puzzles, b->scores, b->logits);
    return (struct hrm_outputs){b->logits, b->q};
}

struct hrm_outputs hrm_segment_forward(struct hrm_worker *worker, const struct hrm_batch *batch)
{
    struct pass pass = open_pass(worker, batch);
    pass.record = worker->training;
    pass.observer = worker->observer;
    pass.noise = batch->noise_sigma > 0;
    hrm_embedding_forward(worker, batch);
    run_cycles(&pass);
    return predict(&pass);
}

struct hrm_outputs hrm_segment_read_out(struct hrm_worker *worker, const struct hrm_batch *batch)
{
    assert(!worker->training);
    struct pass pass = open_pass(worker, batch);
    return predict(&pass);
}

const float *hrm_segment_peek(struct hrm_worker *worker, const struct hrm_batch *batch)
{
    struct hrm_worker_buffers *b = worker->buffers;
    struct pass pass = open_pass(worker, batch);
    size_t bytes =
        (size_t)batch->puzzles * puzzle_elements(&pass) * worker->model->backend->element;
    memcpy(b->next_h, worker->z_h, bytes);
    memcpy(b->next_l, worker->z_l, bytes);
    pass.z_h = b->next_h;
    pass.z_l = b->next_l;
    pass.first_only = hrm_model_edges(&worker->model->config)->pools_first;
    hrm_embedding_forward(worker, batch);
    run_cycles(&pass);
    run_q_head(&pass, b->next_q);
    return b->next_q;
}
