#include "core/model/edges.h"
#include "core/model/embedding.h"
#include "core/model/module.h"
#include "core/model/segment.h"

#include <assert.h>

/// dz[M,D] from the gradients of logits and q; adds those of the heads' weights.
static void heads_backward(const struct hrm_worker *worker,
                           const struct hrm_module_context *context, const float *dlogits,
                           const float *dq, float *gradient)
{
    const struct hrm_model *model = worker->model;
    const struct hrm_edges *edges = hrm_model_edges(&model->config);
    struct hrm_worker_buffers *b = worker->buffers;
    const struct hrm_block_shape *shape = &context->shape;
    edges->unembed_backward(&model->config, shape->puzzles, dlogits, b->dscores);
    model->backend->head_backward(shape, worker->z_h, &model->lm_head, b->dscores, b->dz,
                                  gradient + b->at.lm_head, b->scratch);
    edges->pool_backward(worker, context, dq, gradient + b->at.q_head);
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
