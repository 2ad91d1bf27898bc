#include "core/model/edges.h"
#include "core/model/segment.h"
#include "core/model/truncated.h"
#include "core/model/workspace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/// Takes activation and fp32 buffers of `rows` rows from an arena.
struct taker {
    struct hrm_arena *arena;
    size_t element;
    size_t rows; ///< padded
};

static void *take(const struct taker *taker, size_t width)
{
    return hrm_arena_take(taker->arena, taker->rows * width * taker->element);
}

static float *take_floats(const struct taker *taker, size_t width)
{
    return hrm_arena_take(taker->arena, taker->rows * width * sizeof(float));
}

/// inner 0: act and gate_up are computed anew.
static struct hrm_block_tape take_block(const struct taker *taker, size_t hidden, size_t inner)
{
    return (struct hrm_block_tape){.qkv = take(taker, 3 * hidden),
                                   .o = take(taker, hidden),
                                   .n1 = take(taker, hidden),
                                   .gate_up = inner > 0 ? take(taker, 2 * inner) : NULL,
                                   .act = inner > 0 ? take(taker, inner) : NULL,
                                   .n2 = take(taker, hidden),
                                   .inv1 = take_floats(taker, 1),
                                   .inv2 = take_floats(taker, 1)};
}

static struct hrm_call_tape take_call(const struct taker *taker, const struct hrm_worker_buffers *b,
                                      const struct hrm_model *model, int count)
{
    const struct hrm_backend *backend = model->backend;
    size_t hidden = (size_t)b->shape.hidden, inner = (size_t)b->shape.inner;
    if (backend->mlp_recomputes != NULL && backend->mlp_recomputes(&b->shape))
        inner = 0;
    struct hrm_call_tape call = {.input = take(taker, hidden)};
    call.blocks = hrm_arena_take(taker->arena, (size_t)count * sizeof *call.blocks);
    for (int i = 0; i < count; i++) {
        struct hrm_block_tape block = take_block(taker, hidden, inner);
        if (call.blocks != NULL)
            call.blocks[i] = block;
    }
    return call;
}

static void lay_out_training(const struct taker *taker, const struct taker *first,
                             const struct hrm_model *model, struct hrm_worker_buffers *b)
{
    const struct hrm_model_config *config = &model->config;
    size_t d = (size_t)config->hidden;
    b->l_calls = config->gradient == HRM_GRADIENT_LAST_CYCLE ? config->l_cycles : 1;
    b->calls = hrm_arena_take(taker->arena, ((size_t)b->l_calls + 1) * sizeof *b->calls);
    for (int i = 0; i <= b->l_calls; i++) {
        int count = i < b->l_calls ? model->l_count : model->h_count;
        struct hrm_call_tape call = take_call(taker, b, model, count);
        if (b->calls != NULL)
            b->calls[i] = call;
    }
    b->dz = take(taker, d);
    b->dfirst = take(hrm_model_edges(config)->pools_first ? first : taker, d);
    b->dx = take_floats(taker, d);
    b->dscores = take_floats(taker, (size_t)model->lm_head.out);
}

static struct hrm_worker_buffers *lay_out(struct hrm_worker *worker, const struct hrm_model *model,
                                          struct hrm_worker_buffers *b)
{
    const struct hrm_model_config *config = &model->config;
    const struct hrm_backend *backend = model->backend;
    size_t d = (size_t)config->hidden, f = (size_t)hrm_model_inner(config);
    int rows = hrm_model_rows(config), puzzles = worker->puzzles;
    struct hrm_arena *arena = &worker->arena;
    struct taker all = {arena, backend->element, (size_t)hrm_rows_padded(puzzles * rows)};
    struct taker first = {arena, backend->element, (size_t)hrm_rows_padded(puzzles)};
    b->shape = (struct hrm_block_shape){.puzzles = puzzles,
                                        .seq = rows,
                                        .hidden = config->hidden,
                                        .heads = config->heads,
                                        .inner = (int)f,
                                        .vocab = config->vocab,
                                        .attention = model->tables.attention};
    worker->z_h = take(&all, d);
    worker->z_l = take(&all, d);
    b->lengths = hrm_arena_take(arena, (size_t)puzzles * sizeof *b->lengths);
    b->shape.lengths = b->lengths; // of the scratch that is asked for: with padding
    b->scratch = hrm_arena_take(arena, backend->scratch_bytes(&b->shape));
    b->x = take(&all, d);
    b->injection = take(&all, d);
    b->next_h = take(&all, d);
    b->next_l = take(&all, d);
    b->work =
        (struct hrm_block_tape){.qkv = take(&all, 3 * d), .o = take(&all, d), .act = take(&all, f)};
    b->first_h = take(&first, d);
    b->first_o = take(&first, d);
    b->first_act = take(&first, f);
    b->rows = take_floats(&all, d);
    b->scores = take_floats(&all, (size_t)model->lm_head.out);
    b->logits = b->scores;
    if (hrm_model_edges(config)->unembed != NULL) {
        struct taker cells = {arena, 0, (size_t)(puzzles * hrm_model_seq(config))};
        b->logits = take_floats(&cells, (size_t)config->vocab);
    }
    if (!hrm_model_edges(config)->pools_first)
        b->row_q = take_floats(&all, 2);
    b->q = take_floats(&first, 2);
    b->next_q = take_floats(&first, 2);
    if (worker->training)
        lay_out_training(&all, &first, model, b);
    return b;
}

static size_t offset_of(const struct hrm_layout *layout, const char *name)
{
    const struct hrm_tensor *tensor = hrm_layout_find(layout, name);
    return tensor != NULL ? tensor->offset : 0;
}

static struct hrm_segment_offsets find_offsets(const struct hrm_layout *layout)
{
    return (struct hrm_segment_offsets){
        .embed_tokens = offset_of(layout, "embed_tokens.embedding_weight"),
        .embed_pos = offset_of(layout, "embed_pos.embedding_weight"),
        .lm_head = offset_of(layout, "lm_head.weight"),
        .q_head = offset_of(layout, "q_head.weight"),
        .q_bias = offset_of(layout, "q_head.bias"),
        .puzzle = offset_of(layout, "puzzle_emb.weights"),
        .h_init = offset_of(layout, "H_init"),
        .l_init = offset_of(layout, "L_init")};
}

size_t hrm_worker_bytes(const struct hrm_model *model, int puzzles, bool training)
{
    struct hrm_worker worker = {.puzzles = puzzles, .training = training};
    struct hrm_worker_buffers buffers = {0};
    lay_out(&worker, model, &buffers);
    return worker.arena.used;
}

int hrm_worker_init(struct hrm_worker *worker, const struct hrm_model *model, int puzzles,
                    bool training, struct hrm_error *error)
{
    *worker = (struct hrm_worker){.model = model, .puzzles = puzzles, .training = training};
    struct hrm_worker_buffers *buffers = calloc(1, sizeof *buffers);
    if (buffers == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory for a worker");
    worker->buffers = buffers;
    lay_out(worker, model, buffers);
    int status = hrm_arena_reserve(&worker->arena, error);
    if (status != HRM_OK) {
        hrm_worker_free(worker);
        return status;
    }
    lay_out(worker, model, buffers);
    buffers->at = find_offsets(&model->layout);
    return HRM_OK;
}

void hrm_worker_free(struct hrm_worker *worker)
{
    free(worker->buffers);
    hrm_arena_free(&worker->arena);
    *worker = (struct hrm_worker){0};
}

size_t hrm_state_bytes(const struct hrm_model *model)
{
    return (size_t)hrm_model_rows(&model->config) * (size_t)model->config.hidden *
           model->backend->element;
}

/// One puzzle's state: `initial` [D] in every row plus noise.
static void reset_state(const struct hrm_worker *worker, const float *initial, double sigma,
                        struct hrm_random *random, void *state)
{
    const struct hrm_model_config *config = &worker->model->config;
    size_t d = (size_t)config->hidden, count = (size_t)hrm_model_rows(config);
    float *rows = worker->buffers->rows;
    for (size_t t = 0; t < count; t++)
        memcpy(rows + t * d, initial, d * sizeof *rows);
    if (sigma > 0)
        hrm_truncated_normal_add(random, sigma, count * d, rows);
    worker->model->backend->from_float(count * d, rows, state);
}

void hrm_state_reset(struct hrm_worker *worker, int p, double sigma, struct hrm_random *random)
{
    assert(p >= 0 && p < worker->puzzles);
    const float *params = worker->model->params;
    size_t at = (size_t)p * hrm_state_bytes(worker->model);
    reset_state(worker, params + worker->buffers->at.h_init, sigma, random,
                (char *)worker->z_h + at);
    reset_state(worker, params + worker->buffers->at.l_init, sigma, random,
                (char *)worker->z_l + at);
}

void hrm_state_load(struct hrm_worker *worker, int p, const void *z_h, const void *z_l)
{
    assert(p >= 0 && p < worker->puzzles);
    size_t bytes = hrm_state_bytes(worker->model);
    memcpy((char *)worker->z_h + (size_t)p * bytes, z_h, bytes);
    memcpy((char *)worker->z_l + (size_t)p * bytes, z_l, bytes);
}

void hrm_state_to_float(const struct hrm_worker *worker, int p, float *z_h, float *z_l)
{
    const struct hrm_backend *backend = worker->model->backend;
    const size_t bytes = hrm_state_bytes(worker->model), at = (size_t)p * bytes;
    assert(p >= 0 && p < worker->puzzles);
    if (z_h != NULL)
        backend->to_float(bytes / backend->element, (const char *)worker->z_h + at, z_h);
    if (z_l != NULL)
        backend->to_float(bytes / backend->element, (const char *)worker->z_l + at, z_l);
}

void hrm_state_from_float(struct hrm_worker *worker, int p, const float *z_h, const float *z_l)
{
    const struct hrm_backend *backend = worker->model->backend;
    const size_t bytes = hrm_state_bytes(worker->model), at = (size_t)p * bytes;
    assert(p >= 0 && p < worker->puzzles);
    if (z_h != NULL)
        backend->from_float(bytes / backend->element, z_h, (char *)worker->z_h + at);
    if (z_l != NULL)
        backend->from_float(bytes / backend->element, z_l, (char *)worker->z_l + at);
}

void hrm_state_store(const struct hrm_worker *worker, int p, void *z_h, void *z_l)
{
    assert(p >= 0 && p < worker->puzzles);
    size_t bytes = hrm_state_bytes(worker->model);
    memcpy(z_h, (const char *)worker->z_h + (size_t)p * bytes, bytes);
    memcpy(z_l, (const char *)worker->z_l + (size_t)p * bytes, bytes);
}
