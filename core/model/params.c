#include "core/model/params.h"

#include "core/base/random.h"
#include "core/model/edges.h"
#include "core/model/truncated.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct builder {
    struct hrm_layout *layout;
    const struct hrm_model_config *config;
};

static struct hrm_tensor *append(struct builder *builder, enum hrm_tensor_kind kind, int rows,
                                 int cols, const char *name)
{
    struct hrm_tensor *tensor = &builder->layout->tensors[builder->layout->count++];
    *tensor = (struct hrm_tensor){.rows = rows, .cols = cols, .kind = kind};
    snprintf(tensor->name, sizeof tensor->name, "%s", name);
    return tensor;
}

static void append_block(struct builder *builder, const char *network, int layer)
{
    int d = builder->config->hidden, f = hrm_model_inner(builder->config);
    const struct {
        const char *name;
        int maps, rows, cols;
    } matrices[] = {{"self_attn.qkv_proj", 3, 3 * d, d},
                    {"self_attn.o_proj", 1, d, d},
                    {"mlp.gate_up_proj", 2, 2 * f, d},
                    {"mlp.down_proj", 1, d, f}};
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_level.layers.%d.%s.weight", network, layer,
                 matrices[i].name);
        append(builder, HRM_TENSOR_TRAINED, matrices[i].rows, matrices[i].cols, name)->maps =
            matrices[i].maps;
    }
}

/// The tensors in the order of the reference's state dict.
static void append_all(struct builder *builder)
{
    const struct hrm_model_config *c = builder->config;
    const struct hrm_edges *edges = hrm_model_edges(c);
    append(builder, HRM_TENSOR_FIXED, 1, c->hidden, "H_init");
    append(builder, HRM_TENSOR_FIXED, 1, c->hidden, "L_init");
    append(builder, HRM_TENSOR_TRAINED, edges->token_rows(c), c->hidden,
           "embed_tokens.embedding_weight");
    append(builder, HRM_TENSOR_TRAINED, edges->scores(c), c->hidden, "lm_head.weight");
    append(builder, HRM_TENSOR_TRAINED, 2, c->hidden, "q_head.weight");
    append(builder, HRM_TENSOR_TRAINED, 1, 2, "q_head.bias");
    if (c->puzzle_emb > 0)
        append(builder, HRM_TENSOR_PUZZLE, c->puzzle_ids, c->puzzle_emb, "puzzle_emb.weights");
    if (c->angles == HRM_ANGLES_LEARNED)
        append(builder, HRM_TENSOR_TRAINED, hrm_model_seq(c), c->hidden,
               "embed_pos.embedding_weight");
    for (int layer = 0; !c->shared && layer < c->h_layers; layer++)
        append_block(builder, "H", layer);
    for (int layer = 0; layer < c->l_layers; layer++)
        append_block(builder, "L", layer);
}

static void place(struct hrm_layout *layout, enum hrm_tensor_kind kind)
{
    for (int i = 0; i < layout->count; i++) {
        struct hrm_tensor *tensor = &layout->tensors[i];
        if (tensor->kind != kind)
            continue;
        tensor->offset = layout->total;
        layout->total += (size_t)tensor->rows * (size_t)tensor->cols;
    }
}

int hrm_layout_init(struct hrm_layout *layout, const struct hrm_model_config *config,
                    struct hrm_error *error)
{
    *layout = (struct hrm_layout){0};
    int networks = config->l_layers + (config->shared ? 0 : config->h_layers);
    size_t most = 8 + 4 * (size_t)networks;
    layout->tensors = calloc(most, sizeof *layout->tensors);
    if (layout->tensors == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory for a table of %zu tensors", most);
    append_all(&(struct builder){layout, config});
    place(layout, HRM_TENSOR_TRAINED);
    layout->trained = layout->total;
    layout->lead = (16 - layout->trained % 16) % 16;
    place(layout, HRM_TENSOR_PUZZLE);
    place(layout, HRM_TENSOR_FIXED);
    return HRM_OK;
}

void hrm_layout_free(struct hrm_layout *layout)
{
    free(layout->tensors);
    *layout = (struct hrm_layout){0};
}

const struct hrm_tensor *hrm_layout_find(const struct hrm_layout *layout, const char *name)
{
    for (int i = 0; i < layout->count; i++)
        if (strcmp(layout->tensors[i].name, name) == 0)
            return &layout->tensors[i];
    return NULL;
}

/// Nearest bf16 number, ties to even, of a finite value.
static float round_to_bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits += 0x7fff + (bits >> 16 & 1);
    bits &= 0xffff0000u;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void draw(const struct hrm_tensor *tensor, struct hrm_random *random, float *values)
{
    size_t count = (size_t)tensor->rows * (size_t)tensor->cols;
    bool fixed = tensor->kind == HRM_TENSOR_FIXED;
    double deviation = fixed ? 1 : 1 / sqrt(tensor->cols);
    for (size_t i = 0; i < count; i++) {
        float value = (float)(deviation * hrm_truncated_normal(random));
        values[i] = fixed ? round_to_bf16(value) : value;
    }
}

static void fill(float *values, size_t count, float value)
{
    for (size_t i = 0; i < count; i++)
        values[i] = value;
}

void hrm_params_round(const struct hrm_layout *layout, float *values)
{
    for (int i = 0; i < layout->count; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        const size_t count = (size_t)tensor->rows * (size_t)tensor->cols;
        for (size_t k = 0; tensor->maps > 0 && k < count; k++)
            values[tensor->offset + k] = round_to_bf16(values[tensor->offset + k]);
    }
}

void hrm_params_draw(const struct hrm_layout *layout, uint64_t seed, float *values)
{
    for (int i = 0; i < layout->count; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        size_t count = (size_t)tensor->rows * (size_t)tensor->cols;
        float *at = values + tensor->offset;
        struct hrm_random random = hrm_random_open(seed, HRM_RANDOM_WEIGHTS, (uint64_t)i, 0);
        if (strcmp(tensor->name, "q_head.bias") == 0)
            fill(at, count, -5);
        else if (tensor->kind == HRM_TENSOR_PUZZLE || strcmp(tensor->name, "q_head.weight") == 0)
            fill(at, count, 0);
        else
            draw(tensor, &random, at);
    }
}
