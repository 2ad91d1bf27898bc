#include "core/model/embedding.h"
#include "core/model/module.h"
#include "core/model/segment.h"
#include "core/model/symbols.h"

#include <assert.h>
#include <string.h>

/// The heads use their own copy of dlogits, in which rows that predict nothing are zero.
static void copy_dlogits(const struct hrm_worker *worker, int puzzles, const float *dlogits)
{
    const struct hrm_model_config *config = &worker->model->config;
    if (config->symbol_equivariant) {
        hrm_symbols_scores(config, puzzles, dlogits, worker->buffers->dscores);
        return;
    }
    size_t prefix = (size_t)hrm_model_prefix(config) * (size_t)config->vocab;
    size_t puzzle = (size_t)hrm_model_seq(config) * (size_t)config->vocab;
    for (size_t p = 0; p < (size_t)puzzles; p++) {
        float *to = worker->buffers->dscores + p * puzzle;
        memset(to, 0, prefix * sizeof *to);
        memcpy(to + prefix, dlogits + p * puzzle + prefix, (puzzle - prefix) * sizeof *to);
    }
}

/// dz += the gradient of the rows that q comes from: all, or one of every puzzle.
static void q_backward(const struct hrm_worker *worker, const struct hrm_module_context *context,
                       const float *dq, float *gradient)
{
    const struct hrm_model *model = worker->model;
    const struct hrm_block_shape *shape = &context->shape;
    const struct hrm_backend *backend = model->backend;
    struct hrm_worker_buffers *b = worker->buffers;
    struct hrm_block_shape first = *shape;
    float *dhead = gradient + b->at.q_head;
    if (model->config.symbol_equivariant) {
        hrm_symbols_spread_q(shape->seq, shape->puzzles, dq, b->row_q);
        backend->head_backward(shape, worker->z_h, &model->q_head, b->row_q, b->dfirst, dhead,
                               b->scratch);
        backend->add((size_t)(shape->puzzles * shape->seq * shape->hidden), b->dz, b->dfirst,
                     b->dz);
        return;
    }
    first.seq = 1;
    size_t row = (size_t)first.hidden * backend->element;
    hrm_module_gather(context, worker->z_h, b->first_h);
    backend->head_backward(&first, b->first_h, &model->q_head, dq, b->dfirst, dhead, b->scratch);
    for (int p = 0; p < first.puzzles; p++) {
        char *to = (char *)b->dz + hrm_module_q_row(shape, p) * row;
        backend->add((size_t)first.hidden, to, (char *)b->dfirst + (size_t)p * row, to);
    }
}

/// dz[M,D] from the gradients of logits and q; adds those of the heads' weights.
static void heads_backward(const struct hrm_worker *worker,
                           const struct hrm_module_context *context, const float *dlogits,
                           const float *dq, float *gradient)
{
    const struct hrm_model *model = worker->model;
    struct hrm_worker_buffers *b = worker->buffers;
    const struct hrm_block_shape *shape = &context->shape;
    copy_dlogits(worker, shape->puzzles, dlogits);
    model->backend->head_backward(shape, worker->z_h, &model->lm_head, b->dscores, b->dz,
                                  gradient + b->at.lm_head, b->scratch);
    q_backward(worker, context, dq, gradient);
    for (int p = 0; p < shape->puzzles; p++) {
        gradient[b->at.q_bias] += dq[2 * p];
        gradient[b->at.q_bias + 1] += dq[2 * p + 1];
    }
}

/// dx (+)= dz: x was injected into every differentiated L call.
static void collect_dx(const struct hrm_worker *worker, size_t elements, bool first)
{
    struct hrm_worker_buffers *b = worker->buffers;
    if (first) {
        worker->model->backend->to_float(elements, b->dz, b->dx);
        return;
    }
    worker->model->backend->to_float(elements, b->dz, b->rows);
    for (size_t i = 0; i < elements; i++)
        b->dx[i] += b->rows[i];
}

void hrm_segment_backward(struct hrm_worker *worker, const struct hrm_batch *batch,
                          const float *dlogits, const float *dq, float *gradient, float *dpuzzle)
{
    assert(worker->training);
    const struct hrm_model *model = worker->model;
    struct hrm_worker_buffers *b = worker->buffers;
    struct hrm_module_context context = hrm_module_open(worker, batch);
    size_t elements = (size_t)batch->puzzles * (size_t)b->shape.seq * (size_t)b->shape.hidden;
    heads_backward(worker, &context, dlogits, dq, gradient);
    // The H call's input gradient is that of z_L too; z_H before it is a constant.
    hrm_module_backward(&context, (struct hrm_module){model->h_blocks, model->h_count},
                        &b->calls[b->l_calls], b->dz, gradient);
    for (int i = b->l_calls - 1; i >= 0; i--) {
        hrm_module_backward(&context, (struct hrm_module){model->l_blocks, model->l_count},
                            &b->calls[i], b->dz, gradient);
        collect_dx(worker, elements, i == b->l_calls - 1);
    }
    hrm_embedding_backward(worker, batch, gradient, dpuzzle);
}
