#include "core/model/module.h"

#include <assert.h>
#include <string.h>

struct hrm_module_context hrm_module_open(const struct hrm_worker *worker,
                                          const struct hrm_batch *batch)
{
    struct hrm_worker_buffers *b = worker->buffers;
    struct hrm_module_context context = {worker->model, b, b->shape};
    int prefix = hrm_model_prefix(&worker->model->config);
    context.shape.puzzles = batch->puzzles;
    context.shape.lengths = batch->lengths != NULL ? b->lengths : NULL;
    for (int p = 0; batch->lengths != NULL && p < batch->puzzles; p++) {
        assert(batch->lengths[p] > 0 && batch->lengths[p] <= worker->model->config.cells);
        b->lengths[p] = prefix + batch->lengths[p];
    }
    return context;
}

size_t hrm_module_q_row(const struct hrm_block_shape *shape, int p)
{
    size_t first = (size_t)p * (size_t)shape->seq;
    if (shape->attention.kind != HRM_ATTENTION_CAUSAL)
        return first;
    return first + (size_t)(shape->lengths != NULL ? shape->lengths[p] : shape->seq) - 1;
}

void hrm_module_gather(const struct hrm_module_context *context, const void *rows, void *first)
{
    const struct hrm_block_shape *shape = &context->shape;
    size_t row = (size_t)shape->hidden * context->model->backend->element;
    for (int p = 0; p < shape->puzzles; p++)
        memcpy((char *)first + (size_t)p * row,
               (const char *)rows + hrm_module_q_row(shape, p) * row, row);
}

/// n2 of `tape` <- block(h). h may be n1 and n2.
static void block_forward(const struct hrm_module_context *context,
                          const struct hrm_model_block *block, const void *h,
                          const struct hrm_block_tape *tape)
{
    const struct hrm_backend *k = context->model->backend;
    const struct hrm_block_shape *shape = &context->shape;
    float eps = (float)context->model->config.rms_eps;
    void *scratch = context->buffers->scratch;
    void *act = tape->act != NULL ? tape->act : context->buffers->work.act;
    k->qkv(shape, h, &block->qkv, &context->model->tables.rope, tape->qkv, scratch);
    k->attention(shape, tape->qkv, tape->o, scratch);
    k->project(shape, tape->o, &block->o, h, eps, tape->n1, tape->inv1, scratch);
    k->swiglu(shape, tape->n1, &block->gate_up, tape->gate_up, act, scratch);
    k->project(shape, act, &block->down, tape->n1, eps, tape->n2, tape->inv2, scratch);
}

static size_t state_elements(const struct hrm_block_shape *shape)
{
    return (size_t)shape->puzzles * (size_t)shape->seq * (size_t)shape->hidden;
}

void hrm_module_forward(const struct hrm_module_context *context, struct hrm_module module, void *z,
                        const void *injection)
{
    struct hrm_block_tape work = context->buffers->work;
    work.n1 = work.n2 = z;
    context->model->backend->add(state_elements(&context->shape), z, injection, z);
    for (int i = 0; i < module.count; i++)
        block_forward(context, &module.blocks[i], z, &work);
}

void hrm_module_record(const struct hrm_module_context *context, struct hrm_module module, void *z,
                       const void *injection, struct hrm_call_tape *tape)
{
    const struct hrm_backend *backend = context->model->backend;
    size_t elements = state_elements(&context->shape);
    backend->add(elements, z, injection, tape->input);
    const void *h = tape->input;
    for (int i = 0; i < module.count; i++) {
        block_forward(context, &module.blocks[i], h, &tape->blocks[i]);
        h = tape->blocks[i].n2;
    }
    memcpy(z, h, elements * backend->element);
}

static void block_first(const struct hrm_module_context *context,
                        const struct hrm_model_block *block, const void *h)
{
    const struct hrm_backend *k = context->model->backend;
    struct hrm_worker_buffers *b = context->buffers;
    struct hrm_block_shape first = context->shape;
    first.seq = 1;
    float eps = (float)context->model->config.rms_eps;
    k->qkv(&context->shape, h, &block->qkv, &context->model->tables.rope, b->work.qkv, b->scratch);
    k->attention(&context->shape, b->work.qkv, b->work.o, b->scratch);
    hrm_module_gather(context, h, b->first_h);
    hrm_module_gather(context, b->work.o, b->first_o);
    k->project(&first, b->first_o, &block->o, b->first_h, eps, b->first_h, NULL, b->scratch);
    k->swiglu(&first, b->first_h, &block->gate_up, NULL, b->first_act, b->scratch);
    k->project(&first, b->first_act, &block->down, b->first_h, eps, b->first_h, NULL, b->scratch);
}

void hrm_module_first(const struct hrm_module_context *context, struct hrm_module module, void *z,
                      const void *injection)
{
    int last = module.count - 1;
    hrm_module_forward(context, (struct hrm_module){module.blocks, last}, z, injection);
    block_first(context, &module.blocks[last], z);
}

/// dz [M,D]: gradient of the block's output, then of n1.
static void mlp_backward(const struct hrm_module_context *context,
                         const struct hrm_model_block *block, const struct hrm_block_tape *tape,
                         void *dz, float *gradient)
{
    const struct hrm_backend *k = context->model->backend;
    const struct hrm_block_shape *shape = &context->shape;
    struct hrm_worker_buffers *b = context->buffers;
    float *ddown = gradient + block->down_at, *dgate_up = gradient + block->gate_up_at;
    void *act = b->work.act;
    if (tape->act == NULL) {
        const struct hrm_mlp mlp = {.gate_up = &block->gate_up,
                                    .down = &block->down,
                                    .n1 = tape->n1,
                                    .n2 = tape->n2,
                                    .inv_rms = tape->inv2,
                                    .act = act,
                                    .dgate_up = dgate_up,
                                    .ddown = ddown};
        k->mlp_backward(shape, &mlp, dz, b->scratch);
        return;
    }
    k->project_backward(shape, tape->act, &block->down, tape->n2, tape->inv2, dz, dz, act, ddown,
                        b->scratch);
    k->swiglu_backward(shape, tape->n1, &block->gate_up, tape->gate_up, act, dz, dgate_up,
                       b->scratch);
}

/// dz [M,D]: gradient of the block's output, then of its input h.
static void block_backward(const struct hrm_module_context *context,
                           const struct hrm_model_block *block, const void *h,
                           const struct hrm_block_tape *tape, void *dz, float *gradient)
{
    const struct hrm_backend *k = context->model->backend;
    const struct hrm_block_shape *shape = &context->shape;
    struct hrm_worker_buffers *b = context->buffers;
    void *d_o = b->work.o, *dqkv = b->work.qkv;
    mlp_backward(context, block, tape, dz, gradient);
    k->project_backward(shape, tape->o, &block->o, tape->n1, tape->inv1, dz, dz, d_o,
                        gradient + block->o_at, b->scratch);
    k->attention_backward(shape, tape->qkv, tape->o, d_o, dqkv, b->scratch);
    k->qkv_backward(shape, h, &block->qkv, &context->model->tables.rope, dqkv, dz,
                    gradient + block->qkv_at, b->scratch);
}

void hrm_module_backward(const struct hrm_module_context *context, struct hrm_module module,
                         struct hrm_call_tape *tape, void *dz, float *gradient)
{
    for (int i = module.count - 1; i >= 0; i--) {
        const void *h = i == 0 ? tape->input : tape->blocks[i - 1].n2;
        block_backward(context, &module.blocks[i], h, &tape->blocks[i], dz, gradient);
    }
}
