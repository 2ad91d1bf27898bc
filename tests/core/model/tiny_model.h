#ifndef HRM_TESTS_TINY_MODEL_H
#define HRM_TESTS_TINY_MODEL_H

#include "core/model/segment.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// A model small enough for finite differences, with its memory.
struct tiny {
    struct hrm_model model;
    struct hrm_worker worker;
    float *params;
    void *packed;
};

static inline struct hrm_model_config tiny_config(void)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    hrm_options_default(&section, 1);
    config.hidden = 12;
    config.heads = 3;
    config.h_layers = 2;
    config.l_layers = 2;
    config.cells = 7;
    config.vocab = 5;
    config.puzzle_emb = 17;
    config.puzzle_ids = 3;
    return config;
}

/// Weights drawn, with q_head and the puzzle embedding not zero.
static inline void tiny_open(struct tiny *tiny, const struct hrm_model_config *config,
                             const struct hrm_backend *backend, int puzzles, bool training)
{
    struct hrm_error error = {0};
    ck_assert(backend->available());
    ck_assert_msg(hrm_model_init(&tiny->model, config, backend, HRM_PACK_BOTH, &error) == HRM_OK,
                  "%s", error.text);
    tiny->params = calloc(tiny->model.layout.total, sizeof(float));
    hrm_params_draw(&tiny->model.layout, 5, tiny->params);
    struct hrm_random random = hrm_random_open(6, HRM_RANDOM_WEIGHTS, 0, 0);
    for (int i = 0; i < tiny->model.layout.count; i++) {
        const struct hrm_tensor *tensor = &tiny->model.layout.tensors[i];
        bool zero = tensor->kind == HRM_TENSOR_PUZZLE || strncmp(tensor->name, "q_head", 6) == 0;
        for (int j = 0; zero && j < tensor->rows * tensor->cols; j++)
            tiny->params[tensor->offset + (size_t)j] = (float)hrm_random_normal(&random) * 0.5f;
    }
    size_t packed = hrm_model_packed_bytes(&tiny->model);
    tiny->packed = packed > 0 ? aligned_alloc(64, packed) : NULL;
    hrm_model_attach(&tiny->model, tiny->params, tiny->packed);
    hrm_model_pack(&tiny->model, 0, 1);
    ck_assert_int_eq(hrm_worker_init(&tiny->worker, &tiny->model, puzzles, training, &error),
                     HRM_OK);
    for (int p = 0; p < puzzles; p++)
        hrm_state_reset(&tiny->worker, p, 0, NULL);
}

static inline void tiny_close(struct tiny *tiny)
{
    hrm_worker_free(&tiny->worker);
    hrm_model_free(&tiny->model);
    free(tiny->params);
    free(tiny->packed);
}

/// Distance of two arrays over the norm of the second.
static inline double tiny_distance(size_t count, const float *got, const float *want)
{
    double difference = 0, norm = 0;
    for (size_t i = 0; i < count; i++) {
        const double d = (double)got[i] - (double)want[i];
        difference += d * d;
        norm += (double)want[i] * (double)want[i];
    }
    return sqrt(difference / norm);
}

/// Backends that this machine has, NULL at the end.
static inline const struct hrm_backend *const *tiny_backends(void)
{
    static const struct hrm_backend *usable[8];
    int count = 0;
    for (int i = 0; hrm_backends()[i] != NULL; i++)
        if (hrm_backends()[i]->available())
            usable[count++] = hrm_backends()[i];
    usable[count] = NULL;
    return usable;
}

/// How far a backend may be from the plain one, by norm.
static inline double tiny_bound(const struct hrm_backend *backend)
{
    return backend->element == 2 ? 0.05 : 2e-5;
}

/// Tokens of puzzles of tiny_config().
static const uint16_t tiny_inputs[4 * 7] = {1, 2, 3, 4, 0, 1, 2, 4, 4, 1, 3, 2, 2, 0,
                                            3, 1, 4, 1, 2, 3, 0, 2, 2, 4, 3, 1, 1, 4};
static const int32_t tiny_ids[4] = {1, 0, 1, 2};

#endif
