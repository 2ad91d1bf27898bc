#include "core/model/model.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/// Behind hrm_model.owned.
struct owned {
    struct hrm_model_block *blocks; ///< L blocks, then H blocks unless shared
    int count;
    float *angles;   ///< cos, then sin
    uint16_t *mask;  ///< of the attention, or NULL
    int32_t *groups; ///< or NULL
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
    model->lm_head = (struct hrm_weight){.out = config->symbol_equivariant ? 1 : config->vocab,
                                         .in = config->hidden};
    model->q_head = (struct hrm_weight){.out = 2, .in = config->hidden};
    return HRM_OK;
}

/// Of the line of positions; rounded to fp32 where the reference rounds.
static double line_angle(const struct hrm_model_config *config, int position, int pair)
{
    int size = config->hidden / config->heads;
    float frequency = (float)pow(config->rope_theta, -2.0 * pair / size);
    float angle = (float)position * frequency;
    return (double)angle;
}

/// Of the grid: as many pairs for the row of a cell as for its column and its box, the harmonics
/// 1, 2, ... of the side, so that a head can single out the cells of the same unit: the harmonics
/// up to half the side sum to a peak at distance 0. Other pairs, and the positions before the
/// cells, are not rotated.
static double grid_angle(const struct hrm_model_config *config, int position, int pair)
{
    int side = hrm_model_side(config), box = (int)lround(sqrt(side));
    int half = config->hidden / config->heads / 2, cell = position - hrm_model_prefix(config);
    int harmonics = half / 3 < side / 2 ? half / 3 : side / 2;
    if (cell < 0 || pair >= 3 * harmonics)
        return 0;
    int row = cell / side, column = cell % side;
    int units[] = {row, column, row / box * box + column / box};
    int turns = units[pair / harmonics] * (pair % harmonics + 1) % side;
    return 2 * acos(-1) * turns / side;
}

static int build_rope(struct hrm_model *model, struct owned *owned, struct hrm_error *error)
{
    const struct hrm_model_config *config = &model->config;
    if (config->positions == HRM_POSITIONS_LEARNED || config->positions == HRM_POSITIONS_MASKS)
        return HRM_OK;
    int seq = hrm_model_seq(config), half = config->hidden / config->heads / 2;
    size_t count = (size_t)seq * (size_t)half;
    owned->angles = calloc(2 * count, sizeof *owned->angles);
    if (owned->angles == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory for the rotary angles");
    for (size_t at = 0; at < count; at++) {
        int position = (int)at / half, pair = (int)at % half;
        double angle = config->positions >= HRM_POSITIONS_GRID ? grid_angle(config, position, pair)
                                                               : line_angle(config, position, pair);
        owned->angles[at] = (float)cos(angle);
        owned->angles[count + at] = (float)sin(angle);
    }
    model->rope = (struct hrm_rope){owned->angles, owned->angles + count};
    return HRM_OK;
}

/// Whether two positions are in one unit: of kind 0 row, 1 column, 2 box, 3 everything. What comes
/// before the cells is in every unit.
static bool share_unit(const struct hrm_model_config *config, int kind, int a, int b)
{
    int side = hrm_model_side(config), box = (int)lround(sqrt(side));
    int first = a - hrm_model_prefix(config), second = b - hrm_model_prefix(config);
    if (first < 0 || second < 0 || kind == 3)
        return true;
    int rows[] = {first / side, second / side}, columns[] = {first % side, second % side};
    if (kind == 0)
        return rows[0] == rows[1];
    if (kind == 1)
        return columns[0] == columns[1];
    return rows[0] / box == rows[1] / box && columns[0] / box == columns[1] / box;
}

static int build_mask(struct hrm_model *model, struct owned *owned, struct hrm_error *error)
{
    const struct hrm_model_config *config = &model->config;
    int seq = hrm_model_seq(config), words = hrm_mask_words(seq), rows = config->heads * seq;
    if (config->positions < HRM_POSITIONS_UNITS || config->symbol_equivariant)
        return HRM_OK;
    owned->mask = calloc((size_t)rows * (size_t)words, sizeof *owned->mask);
    if (owned->mask == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory for the mask of the attention");
    for (int row = 0; row < rows; row++)
        for (int k = 0; k < seq; k++)
            if (share_unit(config, row / seq % 4, row % seq, k))
                owned->mask[row * words + k / 16] |= (uint16_t)(1u << k % 16);
    model->mask = owned->mask;
    return HRM_OK;
}

/// Member i of group j of a symbol-equivariant model: of a row, a column or a box in one plane, or
/// of the planes of a cell.
static int member(const struct hrm_model_config *config, int kind, int j, int i)
{
    int side = hrm_model_side(config), box = (int)lround(sqrt(side)), cells = config->cells;
    int plane = j / side * cells, unit = j % side;
    if (kind == 0)
        return plane + unit * side + i;
    if (kind == 1)
        return plane + i * side + unit;
    if (kind == 2)
        return plane + (unit / box * box + i / box) * side + unit % box * box + i % box;
    return i * cells + j;
}

static int build_groups(struct hrm_model *model, struct owned *owned, struct hrm_error *error)
{
    const struct hrm_model_config *config = &model->config;
    int rows = hrm_model_rows(config), side = hrm_model_side(config);
    if (!config->symbol_equivariant)
        return HRM_OK;
    owned->groups = calloc((size_t)(config->heads * rows), sizeof *owned->groups);
    if (owned->groups == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory for the groups of the attention");
    for (int at = 0; at < config->heads * rows; at++)
        owned->groups[at] = member(config, at / rows % 4, at % rows / side, at % side);
    model->groups = owned->groups;
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
    int puzzles = backend->block_puzzles / hrm_model_symbols(config);
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
        status = build_rope(model, owned, error);
    if (status == HRM_OK)
        status = build_mask(model, owned, error);
    if (status == HRM_OK)
        status = build_groups(model, owned, error);
    if (status != HRM_OK)
        hrm_model_free(model);
    return status;
}

void hrm_model_free(struct hrm_model *model)
{
    struct owned *owned = model->owned;
    if (owned != NULL) {
        free(owned->blocks);
        free(owned->angles);
        free(owned->mask);
        free(owned->groups);
    }
    free(owned);
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
