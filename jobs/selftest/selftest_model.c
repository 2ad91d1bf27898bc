#include "core/base/random.h"
#include "core/model/loss.h"
#include "core/model/segment.h"
#include "jobs/selftest/selftest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 2, SEGMENTS = 1, SUMS = 8 };

/// A small model and what it computes, in fp32 by plain C.
static const struct sample {
    const char *forward, *training;
    const char *keys[6], *values[6]; ///< of the model's options
    double logits[SUMS], q[2 * ITEMS];
    double loss, norm, gradient[SUMS]; ///< of the training step: mean loss, norm, sums
} SAMPLES[] = {
    {.forward = "forward, rotary angles",
     .training = "training, rotary angles",
     .keys = {"puzzle_emb", "h_layers"},
     .values = {"64", "2"},
     .logits = {-41.90511, -52.795794, 0.38699955, -10.96297, 21.44398, -33.81069, 39.355114,
                -43.179108},
     .q = {0.43560886, 0.11235569, 0.45832053, -0.18689898},
     .loss = 3.5022304,
     .norm = 10.972409,
     .gradient = {-7.8363414, 7.7261698, 16.742671, 0.28471216, 6.7410777, 14.854768, 19.657982,
                  5.746213}},
    {.forward = "forward, symbols",
     .training = "training, symbols",
     .keys = {"puzzle_emb", "positions", "symbol_equivariant", "shared", "gradient"},
     .values = {"0", "masks", "true", "true", "last_cycle"},
     .logits = {1.2731865, 8.1508844, 17.260757, 35.177682, 4.1941476, 3.882788, 21.396245,
                -1.3626888},
     .q = {-1.8974949, -1.0554873, -1.9831189, -1.0569874},
     .loss = 2.5775506,
     .norm = 3.7643595,
     .gradient = {-6.8055707, -3.5824817, 3.5857755, 5.9205384, 0.24795406, 1.892048, -2.8775891,
                  -4.1397392}},
};

/// A sample on its way.
struct rig {
    const struct sample *sample;
    struct hrm_model model;
    struct hrm_worker worker;
    float *params, *gradient, *dlogits, *dpuzzle;
    void *packed;
    uint16_t *inputs, *labels;
};

static void *zeroed(size_t bytes)
{
    void *memory = aligned_alloc(64, bytes / 64 * 64 + 64);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

/// The published initial values, but for what is zero there, which is drawn too.
static void draw(struct rig *rig)
{
    const struct hrm_layout *layout = &rig->model.layout;
    struct hrm_random random = hrm_random_open(2, HRM_RANDOM_WEIGHTS, 0, 0);
    hrm_params_draw(layout, 1, rig->params);
    for (int i = 0; i < layout->count; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        size_t count = (size_t)tensor->rows * (size_t)tensor->cols;
        bool zero = tensor->kind == HRM_TENSOR_PUZZLE || strncmp(tensor->name, "q_head", 6) == 0;
        for (size_t j = 0; zero && j < count; j++)
            rig->params[tensor->offset + j] = (float)hrm_random_normal(&random) * 0.2f;
    }
    int cells = rig->model.config.cells;
    for (int i = 0; i < ITEMS * cells; i++) {
        rig->labels[i] = (uint16_t)(2 + hrm_random_below(&random, 9));
        rig->inputs[i] = hrm_random_below(&random, 3) ? 1 : rig->labels[i];
    }
}

static int make(struct rig *rig, const struct hrm_backend *backend, struct hrm_error *error)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    const struct sample *sample = rig->sample;
    hrm_options_default(&section, 1);
    config.hidden = 64;
    config.heads = 4;
    config.h_layers = config.l_layers = 1;
    for (int i = 0; sample->keys[i]; i++)
        hrm_options_set(&section, 1, sample->keys[i], sample->values[i], NULL);
    int status = hrm_model_init(&rig->model, &config, backend, HRM_PACK_BOTH, error);
    if (status)
        return status;
    size_t tokens = (size_t)(ITEMS * config.cells), rows = (size_t)(ITEMS * hrm_model_seq(&config));
    rig->params = zeroed(rig->model.layout.total * sizeof(float));
    rig->gradient = zeroed(rig->model.layout.trained * sizeof(float));
    rig->dlogits = zeroed(rows * (size_t)config.vocab * sizeof(float));
    rig->dpuzzle = zeroed((size_t)(ITEMS * config.puzzle_emb) * sizeof(float));
    rig->packed = zeroed(hrm_model_packed_bytes(&rig->model));
    rig->inputs = zeroed(tokens * sizeof(uint16_t));
    rig->labels = zeroed(tokens * sizeof(uint16_t));
    if (!rig->params || !rig->gradient || !rig->dlogits || !rig->dpuzzle || !rig->packed ||
        !rig->inputs || !rig->labels)
        return hrm_fail(error, HRM_FAILED, "no memory for a model of the selftest");
    return hrm_worker_init(&rig->worker, &rig->model, ITEMS, true, error);
}

static void unmake(struct rig *rig)
{
    hrm_worker_free(&rig->worker);
    hrm_model_free(&rig->model);
    void *const owned[] = {rig->params, rig->gradient, rig->dlogits, rig->dpuzzle,
                           rig->packed, rig->inputs,   rig->labels};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free(owned[i]);
}

/// Sums of all values with random signs; the values of tokens that cannot be predicted are left
/// out.
static void add_up(const float *values, size_t count, double sums[SUMS])
{
    struct hrm_random random = hrm_random_open(3, HRM_RANDOM_SUBSET, 0, 0);
    memset(sums, 0, SUMS * sizeof *sums);
    for (size_t i = 0; i < count; i++) {
        uint32_t signs = hrm_random_bits(&random);
        for (int k = 0; k < SUMS && values[i] > -1e29f; k++)
            sums[k] += signs >> k & 1 ? (double)values[i] : -(double)values[i];
    }
}

/// ||found - wanted|| / ||wanted||
static double deviation(const double *found, const double *wanted, int count)
{
    double error = 0, norm = 0;
    for (int i = 0; i < count; i++) {
        error += (found[i] - wanted[i]) * (found[i] - wanted[i]);
        norm += wanted[i] * wanted[i];
    }
    return sqrt(error / norm);
}

static double run_forward(struct rig *rig, struct hrm_outputs *outputs)
{
    const struct hrm_model_config *config = &rig->model.config;
    struct hrm_batch batch = {.puzzles = ITEMS, .inputs = rig->inputs};
    double sums[SUMS], q[2 * ITEMS];
    for (int p = 0; p < ITEMS; p++)
        hrm_state_reset(&rig->worker, p, 0, NULL);
    for (int i = 0; i < SEGMENTS; i++)
        *outputs = hrm_segment_forward(&rig->worker, &batch);
    add_up(outputs->logits, (size_t)(ITEMS * hrm_model_seq(config) * config->vocab), sums);
    for (int i = 0; i < 2 * ITEMS; i++)
        q[i] = (double)outputs->q[i];
    return selftest_worse(deviation(sums, rig->sample->logits, SUMS),
                          deviation(q, rig->sample->q, 2 * ITEMS));
}

static double run_training(struct rig *rig, const struct hrm_outputs *outputs)
{
    const struct hrm_model_config *config = &rig->model.config;
    struct hrm_batch batch = {.puzzles = ITEMS, .inputs = rig->inputs};
    size_t logits = (size_t)hrm_model_seq(config) * (size_t)config->vocab,
           cells = (size_t)config->cells;
    float dq[2 * ITEMS];
    double sums[SUMS], loss = 0, norm = 0;
    for (size_t p = 0; p < ITEMS; p++) {
        struct hrm_puzzle_loss one = hrm_loss_puzzle(
            config, outputs->logits + p * logits, outputs->q + 2 * p, rig->labels + p * cells, 0.5,
            1.0 / ITEMS, rig->dlogits + p * logits, dq + 2 * p);
        loss += (one.lm + 0.5 * (one.q_halt + one.q_continue)) / ITEMS;
    }
    hrm_segment_backward(&rig->worker, &batch, rig->dlogits, dq, rig->gradient,
                         config->puzzle_emb ? rig->dpuzzle : NULL);
    size_t trained = rig->model.layout.trained;
    for (size_t i = 0; i < trained; i++)
        norm += (double)rig->gradient[i] * (double)rig->gradient[i];
    norm = sqrt(norm);
    add_up(rig->gradient, trained, sums);
    const struct sample *sample = rig->sample;
    return selftest_worse(
        selftest_worse(deviation(&loss, &sample->loss, 1), deviation(&norm, &sample->norm, 1)),
        deviation(sums, sample->gradient, SUMS));
}

static int run_sample(struct selftest *test, struct rig *rig, const struct hrm_backend *backend,
                      struct hrm_error *error)
{
    struct hrm_outputs outputs = {0};
    double limit = backend->element == sizeof(float) ? 1e-4 : 1e-1;
    int status = make(rig, backend, error);
    if (status == HRM_OK) {
        draw(rig);
        hrm_model_attach(&rig->model, rig->params,
                         hrm_model_packed_bytes(&rig->model) > 0 ? rig->packed : NULL);
        hrm_model_pack(&rig->model, 0, 1);
        selftest_check(test, backend->name, rig->sample->forward, run_forward(rig, &outputs),
                       limit);
        selftest_check(test, backend->name, rig->sample->training, run_training(rig, &outputs),
                       limit);
    }
    unmake(rig);
    return status;
}

int selftest_backend(struct selftest *test, const struct hrm_backend *backend,
                     struct hrm_error *error)
{
    int status = HRM_OK;
    for (size_t i = 0; i < sizeof SAMPLES / sizeof *SAMPLES && status == HRM_OK; i++) {
        struct rig rig = {.sample = &SAMPLES[i]};
        status = run_sample(test, &rig, backend, error);
    }
    return status;
}
