#include "core/model/model.h"

#include "core/model/edges.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/// Behind hrm_model.owned.
struct owned {
    struct hrm_model_block *blocks; ///< L blocks, then H blocks unless shared
    int count;
};

static size_t aligned(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

static void describe(const struct hrm_layout *layout, const char *network, int layer,
                     const char *name, struct hrm_weight *weight, size_t *at)
{
    char full[64];
    snprintf(full, sizeof full, "%s_level.layers.%d.%s.weight", network, layer, name);
    const struct hrm_tensor *tensor = hrm_layout_find(layout, full);
    assert(tensor != NULL);
    *weight = (struct hrm_weight){.out = tensor->rows, .in = tensor->cols};
    *at = tensor->offset;
}

static void describe_block(const struct hrm_layout *layout, const char *network, int layer,
                           struct hrm_model_block *block)
{
    describe(layout, network, layer, "self_attn.qkv_proj", &block->qkv, &block->qkv_at);
    describe(layout, network, layer, "self_attn.o_proj", &block->o, &block->o_at);
    describe(layout, network, layer, "mlp.gate_up_proj", &block->gate_up, &block->gate_up_at);
    describe(layout, network, layer, "mlp.down_proj", &block->down, &block->down_at);
}

static int build_blocks(struct hrm_model *model, struct owned *owned, struct hrm_error *error)
{
    const struct hrm_model_config *config = &model->config;
    int own_h = config->shared ? 0 : config->h_layers;
    owned->count = config->l_layers + own_h;
    owned->blocks = calloc((size_t)owned->count, sizeof *owned->blocks);
    if (owned->blocks == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory for %d blocks", owned->count);
    model->l_blocks = owned->blocks;
    model->l_count = config->l_layers;
    model->h_blocks = config->shared ? owned->blocks : owned->blocks + config->l_layers;
    model->h_count = config->shared ? config->l_layers : config->h_layers;
    for (int i = 0; i < config->l_layers; i++)
        describe_block(&model->layout, "L", i, &model->l_blocks[i]);
    for (int i = 0; i < own_h; i++)
        describe_block(&model->layout, "H", i, &model->h_blocks[i]);
    model->lm_head =
        (struct hrm_weight){.out = hrm_model_edges(config)->scores(config), .in = config->hidden};
    model->q_head = (struct hrm_weight){.out = 2, .in = config->hidden};
    return HRM_OK;
}

/// Whether the backend has kernels for these sizes.
static int check_backend(const struct hrm_model_config *config, const struct hrm_backend *backend,
                         struct hrm_error *error)
{
    if (config->hidden % backend->hidden_step == 0)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "the %s backend cannot compute model.hidden = %d", backend->name,
             config->hidden);
    return hrm_hint(error, "take the blas backend, or model.hidden a multiple of %d",
                    backend->hidden_step);
}

int hrm_model_block_puzzles(const struct hrm_model_config *config,
                            const struct hrm_backend *backend)
{
    const int usual = 82; // rows of a puzzle for which backends say block_puzzles
    int puzzles = backend->block_puzzles * usual / hrm_model_rows(config);
    if (puzzles > backend->block_puzzles)
        return backend->block_puzzles;
    return puzzles > 1 ? puzzles : 1;
}

int hrm_model_init(struct hrm_model *model, const struct hrm_model_config *config,
                   const struct hrm_backend *backend, enum hrm_pack pack, struct hrm_error *error)
{
    *model = (struct hrm_model){.config = *config, .backend = backend, .pack = pack};
    int status = hrm_model_config_check(config, error);
    if (status == HRM_OK)
        status = check_backend(config, backend, error);
    if (status != HRM_OK)
        return status;
    struct owned *owned = calloc(1, sizeof *owned);
    if (owned == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory for a model");
    model->owned = owned;
    status = hrm_layout_init(&model->layout, config, error);
    if (status == HRM_OK)
        status = build_blocks(model, owned, error);
    if (status == HRM_OK)
        status = hrm_attention_tables_init(&model->tables, config, error);
    if (status != HRM_OK)
        hrm_model_free(model);
    return status;
}

void hrm_model_free(struct hrm_model *model)
{
    struct owned *owned = model->owned;
    if (owned != NULL)
        free(owned->blocks);
    free(owned);
    hrm_attention_tables_free(&model->tables);
    hrm_layout_free(&model->layout);
    *model = (struct hrm_model){0};
}

static int matrix_count(const struct hrm_model *model)
{
    const struct owned *owned = model->owned;
    return 4 * owned->count + 2;
}

/// Matrix i of the model: four of each block, then the two heads.
static struct hrm_weight *matrix(struct hrm_model *model, int i)
{
    struct owned *owned = model->owned;
    if (i == 4 * owned->count)
        return &model->lm_head;
    if (i == 4 * owned->count + 1)
        return &model->q_head;
    struct hrm_model_block *block = &owned->blocks[i / 4];
    struct hrm_weight *const parts[] = {&block->qkv, &block->o, &block->gate_up, &block->down};
    return parts[i % 4];
}

static size_t packed_size(const struct hrm_model *model, const struct hrm_weight *weight)
{
    return aligned(model->backend->packed_bytes(weight->out, weight->in, model->pack));
}

size_t hrm_model_packed_bytes(const struct hrm_model *model)
{
    const struct owned *owned = model->owned;
    size_t heads = packed_size(model, &model->lm_head) + packed_size(model, &model->q_head);
    size_t blocks = 0;
    for (int i = 0; i < owned->count; i++) {
        const struct hrm_model_block *block = &owned->blocks[i];
        blocks += packed_size(model, &block->qkv) + packed_size(model, &block->o) +
                  packed_size(model, &block->gate_up) + packed_size(model, &block->down);
    }
    return blocks + heads;
}

static void attach_values(struct hrm_model *model)
{
    const struct owned *owned = model->owned;
    for (int i = 0; i < owned->count; i++) {
        struct hrm_model_block *block = &owned->blocks[i];
        block->qkv.values = model->params + block->qkv_at;
        block->o.values = model->params + block->o_at;
        block->gate_up.values = model->params + block->gate_up_at;
        block->down.values = model->params + block->down_at;
    }
    model->lm_head.values =
        model->params + hrm_layout_find(&model->layout, "lm_head.weight")->offset;
    model->q_head.values = model->params + hrm_layout_find(&model->layout, "q_head.weight")->offset;
}

void hrm_model_attach(struct hrm_model *model, float *params, void *packed)
{
    model->params = params;
    model->packed = packed;
    attach_values(model);
    size_t at = 0;
    for (int i = 0; i < matrix_count(model); i++) {
        struct hrm_weight *weight = matrix(model, i);
        size_t size = packed_size(model, weight);
        weight->packed = size > 0 && packed != NULL ? model->packed + at : NULL;
        at += size;
    }
}

void hrm_model_pack(struct hrm_model *model, int first, int stride)
{
    assert(stride > 0);
    if (model->packed == NULL)
        return;
    for (int i = first; i < matrix_count(model); i += stride) {
        struct hrm_weight *weight = matrix(model, i);
        if (weight->packed == NULL)
            continue;
        void *packed = model->packed + ((const unsigned char *)weight->packed - model->packed);
        model->backend->pack(weight->out, weight->in, weight->values, model->pack, packed);
    }
}
