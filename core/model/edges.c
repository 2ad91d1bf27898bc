#include "core/model/edges.h"

#include <string.h>

// --- plain ---------------------------------------------------------------------------------------

static int all_tokens(const struct hrm_model_config *config)
{
    return config->vocab;
}

static size_t own_row(const struct hrm_model_config *config, uint16_t token, int plane)
{
    (void)config;
    (void)plane;
    return token;
}

/// The heads have their own copy of dlogits, in which the puzzle embedding predicts nothing.
static void copy_dlogits(const struct hrm_model_config *config, int puzzles, const float *dlogits,
                         float *dscores)
{
    size_t prefix = (size_t)hrm_model_prefix(config) * (size_t)config->vocab;
    size_t puzzle = (size_t)hrm_model_seq(config) * (size_t)config->vocab;
    for (size_t p = 0; p < (size_t)puzzles; p++) {
        float *to = dscores + p * puzzle;
        memset(to, 0, prefix * sizeof *to);
        memcpy(to + prefix, dlogits + p * puzzle + prefix, (puzzle - prefix) * sizeof *to);
    }
}

static void pool_first(const struct hrm_worker *worker, const struct hrm_module_context *context,
                       const void *z_h, float *q)
{
    struct hrm_worker_buffers *b = worker->buffers;
    struct hrm_block_shape first = context->shape;
    (void)z_h;
    first.seq = 1;
    worker->model->backend->head(&first, b->first_h, &worker->model->q_head, q, b->scratch);
}

static void pool_first_backward(const struct hrm_worker *worker,
                                const struct hrm_module_context *context, const float *dq,
                                float *dhead)
{
    const struct hrm_backend *backend = worker->model->backend;
    struct hrm_worker_buffers *b = worker->buffers;
    struct hrm_block_shape first = context->shape;
    first.seq = 1;
    size_t row = (size_t)first.hidden * backend->element;
    hrm_module_gather(context, worker->z_h, b->first_h);
    backend->head_backward(&first, b->first_h, &worker->model->q_head, dq, b->dfirst, dhead,
                           b->scratch);
    for (int p = 0; p < first.puzzles; p++) {
        char *to = (char *)b->dz + hrm_module_q_row(&context->shape, p) * row;
        backend->add((size_t)first.hidden, to, (char *)b->dfirst + (size_t)p * row, to);
    }
}

// --- symbol-equivariant --------------------------------------------------------------------------

/// The tokens before the symbols, this symbol, another symbol, the tokens behind the symbols.
static int token_roles(const struct hrm_model_config *config)
{
    return config->vocab - hrm_model_symbols(config) + 2;
}

static size_t role_of(const struct hrm_model_config *config, uint16_t token, int plane)
{
    int first = config->first_symbol, count = hrm_model_symbols(config);
    int own = first, other = first + 1;
    if (token < first)
        return token;
    if (token >= first + count)
        return (size_t)(token - count + 2);
    return (size_t)(token == first + plane ? own : other);
}

static int one_score(const struct hrm_model_config *config)
{
    (void)config;
    return 1;
}

/// Logits of tokens that are no symbols are so low that no loss sees them, and finite.
static void gather_planes(const struct hrm_model_config *config, int puzzles, const float *scores,
                          float *logits)
{
    const size_t cells = (size_t)config->cells, planes = (size_t)hrm_model_planes(config);
    const size_t first = (size_t)config->first_symbol;
    for (size_t at = 0; at < (size_t)puzzles * cells; at++, logits += config->vocab) {
        const float *own = scores + at / cells * planes * cells + at % cells;
        for (int j = 0; j < config->vocab; j++)
            logits[j] = -1e30f;
        for (size_t k = 0; k < planes; k++)
            logits[first + k] = own[k * cells];
    }
}

static void spread_planes(const struct hrm_model_config *config, int puzzles, const float *dlogits,
                          float *dscores)
{
    const size_t cells = (size_t)config->cells, planes = (size_t)hrm_model_planes(config);
    const size_t first = (size_t)config->first_symbol;
    for (size_t at = 0; at < (size_t)puzzles * cells; at++, dlogits += config->vocab) {
        float *own = dscores + at / cells * planes * cells + at % cells;
        for (size_t k = 0; k < planes; k++)
            own[k * cells] = dlogits[first + k];
    }
}

/// The mean over all rows of a puzzle.
static void pool_mean(const struct hrm_worker *worker, const struct hrm_module_context *context,
                      const void *z_h, float *q)
{
    const struct hrm_block_shape *shape = &context->shape;
    struct hrm_worker_buffers *b = worker->buffers;
    int rows = shape->seq;
    worker->model->backend->head(shape, z_h, &worker->model->q_head, b->row_q, b->scratch);
    for (int i = 0; i < 2 * shape->puzzles; i++) {
        const float *own = b->row_q + i / 2 * rows * 2 + i % 2;
        float sum = 0;
        for (int k = 0; k < rows; k++)
            sum += own[2 * k];
        q[i] = sum / (float)rows;
    }
}

static void pool_mean_backward(const struct hrm_worker *worker,
                               const struct hrm_module_context *context, const float *dq,
                               float *dhead)
{
    const struct hrm_block_shape *shape = &context->shape;
    const struct hrm_backend *backend = worker->model->backend;
    struct hrm_worker_buffers *b = worker->buffers;
    int rows = shape->seq;
    for (int i = 0; i < 2 * shape->puzzles * rows; i++)
        b->row_q[i] = dq[i / (2 * rows) * 2 + i % 2] / (float)rows;
    backend->head_backward(shape, worker->z_h, &worker->model->q_head, b->row_q, b->dfirst, dhead,
                           b->scratch);
    backend->add((size_t)(shape->puzzles * rows * shape->hidden), b->dz, b->dfirst, b->dz);
}

// --- the table -----------------------------------------------------------------------------------

static const struct hrm_edges KINDS[] = {
    {all_tokens, own_row, all_tokens, NULL, copy_dlogits, true, pool_first, pool_first_backward},
    {token_roles, role_of, one_score, gather_planes, spread_planes, false, pool_mean,
     pool_mean_backward},
};

const struct hrm_edges *hrm_model_edges(const struct hrm_model_config *config)
{
    return &KINDS[config->symbol_equivariant];
}
