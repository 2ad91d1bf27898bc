#include "jobs/bench/bench_model.h"

#include "core/model/halting.h"
#include "core/model/segment.h"
#include "jobs/cli/console.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// One thread's share.
struct lane {
    struct hrm_worker worker;
    struct hrm_batch batch;
    uint16_t *inputs;                         // [puzzles, cells]
    float *dlogits, *dq, *gradient, *dpuzzle; // as hrm_segment_backward() takes them
};

/// A model with lanes on it, for evaluation or for training.
struct rig {
    const struct hrm_bench_setup *setup;
    struct hrm_model model;
    struct hrm_arena arena;
    float *params;
    void *packed;
    struct lane *lanes; // [threads]
    int puzzles;
    bool training;
};

static void lay_out(struct rig *rig)
{
    const struct hrm_model_config *config = &rig->setup->config;
    size_t puzzles = (size_t)rig->puzzles, rows = puzzles * (size_t)hrm_model_seq(config);
    rig->params = hrm_arena_take(&rig->arena, rig->model.layout.total * sizeof(float));
    rig->packed = hrm_arena_take(&rig->arena, hrm_model_packed_bytes(&rig->model) + 1);
    for (int t = 0; t < rig->setup->threads; t++) {
        struct lane *lane = &rig->lanes[t];
        lane->inputs =
            hrm_arena_take(&rig->arena, puzzles * (size_t)config->cells * sizeof *lane->inputs);
        if (!rig->training)
            continue;
        lane->dlogits = hrm_arena_take(&rig->arena, rows * (size_t)config->vocab * sizeof(float));
        lane->dq = hrm_arena_take(&rig->arena, 2 * puzzles * sizeof(float));
        lane->gradient =
            hrm_arena_take(&rig->arena, (rig->model.layout.trained + 16) * sizeof(float));
        lane->dpuzzle =
            hrm_arena_take(&rig->arena, (puzzles * (size_t)config->puzzle_emb + 1) * sizeof(float));
    }
}

static void fill_lane(const struct rig *rig, struct lane *lane, int number)
{
    const struct hrm_model_config *config = &rig->setup->config;
    struct hrm_random random = hrm_random_open(1, HRM_RANDOM_STATE, 0, (uint64_t)number);
    size_t cells = (size_t)rig->puzzles * (size_t)config->cells;
    for (size_t i = 0; i < cells; i++)
        lane->inputs[i] = (uint16_t)hrm_random_below(&random, (uint32_t)config->vocab);
    lane->batch = (struct hrm_batch){.puzzles = rig->puzzles, .inputs = lane->inputs};
    for (int p = 0; p < rig->puzzles; p++)
        hrm_state_reset(&lane->worker, p, 0, NULL);
    if (!rig->training)
        return;
    size_t rows = (size_t)rig->puzzles * (size_t)hrm_model_seq(config);
    for (size_t i = 0; i < rows * (size_t)config->vocab; i++)
        lane->dlogits[i] = (float)hrm_random_uniform(&random) - 0.5f;
    for (int i = 0; i < 2 * rig->puzzles; i++)
        lane->dq[i] = (float)hrm_random_uniform(&random) - 0.5f;
}

static int open_rig(struct rig *rig, struct hrm_error *error)
{
    const struct hrm_bench_setup *setup = rig->setup;
    const struct hrm_backend *backend =
        setup->threads == 1 ? hrm_probe_wrap(setup->backend) : setup->backend;
    int status = hrm_model_init(&rig->model, &setup->config, backend,
                                rig->training ? HRM_PACK_BOTH : HRM_PACK_FORWARD, error);
    if (status)
        return status;
    rig->lanes = calloc((size_t)setup->threads, sizeof *rig->lanes);
    if (!rig->lanes)
        return hrm_fail(error, HRM_FAILED, "no memory for %d threads", setup->threads);
    lay_out(rig);
    status = hrm_arena_reserve(&rig->arena, error);
    if (status)
        return status;
    lay_out(rig);
    hrm_params_draw(&rig->model.layout, 0, rig->params);
    hrm_model_attach(&rig->model, rig->params,
                     hrm_model_packed_bytes(&rig->model) > 0 ? rig->packed : NULL);
    hrm_model_pack(&rig->model, 0, 1);
    for (int t = 0; t < setup->threads && status == HRM_OK; t++) {
        status =
            hrm_worker_init(&rig->lanes[t].worker, &rig->model, rig->puzzles, rig->training, error);
        if (status == HRM_OK)
            fill_lane(rig, &rig->lanes[t], t);
    }
    return status;
}

static void close_rig(struct rig *rig)
{
    for (int t = 0; rig->lanes && t < rig->setup->threads; t++)
        hrm_worker_free(&rig->lanes[t].worker);
    free(rig->lanes);
    hrm_arena_free(&rig->arena);
    hrm_model_free(&rig->model);
}

static void run_lane(const struct rig *rig, struct lane *lane)
{
    hrm_segment_forward(&lane->worker, &lane->batch);
    if (!rig->training)
        return;
    if (hrm_halting_bootstraps(&rig->setup->config))
        hrm_segment_peek(&lane->worker, &lane->batch);
    hrm_segment_backward(&lane->worker, &lane->batch, lane->dlogits, lane->dq,
                         lane->gradient + rig->model.layout.lead, lane->dpuzzle);
}

/// Several blocks in a row on every thread, so that starting the threads does not count.
static double run_lanes(const struct rig *rig, int times)
{
    double start = hrm_seconds();
#pragma omp parallel for schedule(static, 1) num_threads(rig->setup->threads)
    for (int t = 0; t < rig->setup->threads; t++)
        for (int i = 0; i < times; i++)
            run_lane(rig, &rig->lanes[t]);
    return (hrm_seconds() - start) / times;
}

static int measure(const struct hrm_bench_setup *setup, bool training,
                   struct hrm_bench_figure *figure, struct hrm_error *error)
{
    struct rig rig = {.setup = setup, .training = training};
    rig.puzzles = setup->puzzles > 0 ? setup->puzzles
                                     : hrm_model_block_puzzles(&setup->config, setup->backend);
    figure->puzzles = rig.puzzles * setup->threads;
    figure->gflop = figure->puzzles * (training ? hrm_model_training_gflop(&setup->config)
                                                : hrm_model_segment_gflop(&setup->config));
    figure->seconds = INFINITY;
    int status = open_rig(&rig, error);
    double once = status == HRM_OK ? run_lanes(&rig, 1) : 0;
    int times = once > 0 && once < 0.02 ? (int)(0.02 / once) + 1 : 1;
    for (double end = hrm_seconds() + setup->seconds;
         status == HRM_OK && (isinf(figure->seconds) || hrm_seconds() < end);) {
        hrm_probe_reset();
        double seconds = run_lanes(&rig, times);
        if (seconds >= figure->seconds)
            continue;
        figure->seconds = seconds;
        figure->parts = hrm_probe_read();
    }
    close_rig(&rig);
    return status;
}

int hrm_bench_model(const struct hrm_bench_setup *setup, struct hrm_bench_result *result,
                    struct hrm_error *error)
{
    *result = (struct hrm_bench_result){0};
    int status = measure(setup, false, &result->evaluation, error);
    return status ? status : measure(setup, true, &result->training, error);
}
