// How much of OpenBLAS's own rate whole segments and training steps reach on the fp32 backend:
//   bench_fp32 [PUZZLES] [HIDDEN]
// One thread; the time is the thread's processor time, the best of several runs.

#include "core/model/segment.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS 5

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static float *numbers(size_t count)
{
    struct hrm_random random = hrm_random_open(1, HRM_RANDOM_NOISE, 0, 0);
    float *values = aligned_alloc(64, (count * sizeof *values + 63) / 64 * 64);
    for (size_t i = 0; values != NULL && i < count; i++)
        values[i] = (float)hrm_random_uniform(&random) - 0.5f;
    return values;
}

/// Seconds of y[rows,out] = x[rows,in] w[out,in]^T.
static double time_product(int rows, int out, int in)
{
    float *x = numbers((size_t)rows * (size_t)in), *w = numbers((size_t)out * (size_t)in);
    float *y = numbers((size_t)rows * (size_t)out);
    double best = INFINITY;
    for (int i = 0; i < RUNS; i++) {
        double start = now();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, out, in, 1, x, in, w, in, 0, y,
                    out);
        best = fmin(best, now() - start);
    }
    free(x);
    free(w);
    free(y);
    return best;
}

/// GFLOP/s of the four products of a block, weighted as the block does.
static double product_rate(int rows, int hidden, int inner)
{
    const int shapes[4][2] = {
        {3 * hidden, hidden}, {hidden, hidden}, {2 * inner, hidden}, {hidden, inner}};
    double flop = 0, seconds = 0;
    for (int i = 0; i < 4; i++) {
        double work = 2.0 * rows * shapes[i][0] * shapes[i][1];
        double time = time_product(rows, shapes[i][0], shapes[i][1]);
        printf("  sgemm %4d x %4d x %4d   %6.1f GFLOP/s\n", rows, shapes[i][0], shapes[i][1],
               1e-9 * work / time);
        flop += work;
        seconds += time;
    }
    return 1e-9 * flop / seconds;
}

/// Best seconds of a forward segment, a peek and a backward pass.
static void time_model(struct hrm_worker *worker, const struct hrm_batch *batch, double *seconds)
{
    const struct hrm_model *model = worker->model;
    size_t rows = (size_t)batch->puzzles * (size_t)hrm_model_seq(&model->config);
    float *dlogits = numbers(rows * (size_t)model->config.vocab);
    float *dq = numbers(2 * (size_t)batch->puzzles);
    float *gradient = numbers(model->layout.trained);
    float *dpuzzle = numbers((size_t)batch->puzzles * (size_t)model->config.puzzle_emb);
    seconds[0] = seconds[1] = seconds[2] = INFINITY;
    for (int i = 0; i < RUNS; i++) {
        double start = now();
        hrm_segment_forward(worker, batch);
        double forward = now();
        hrm_segment_peek(worker, batch);
        double peek = now();
        hrm_segment_backward(worker, batch, dlogits, dq, gradient, dpuzzle);
        double end = now();
        seconds[0] = fmin(seconds[0], forward - start);
        seconds[1] = fmin(seconds[1], peek - forward);
        seconds[2] = fmin(seconds[2], end - peek);
    }
    free(dlogits);
    free(dq);
    free(gradient);
    free(dpuzzle);
}

static int measure(struct hrm_model *model, int puzzles, double rate, struct hrm_error *error)
{
    struct hrm_worker worker = {0}, trainer = {0};
    double evaluation = INFINITY, training[3];
    uint16_t *inputs = calloc((size_t)(puzzles * model->config.cells), sizeof *inputs);
    struct hrm_batch batch = {.puzzles = puzzles, .inputs = inputs};
    int status = hrm_worker_init(&worker, model, puzzles, false, error);
    if (status == HRM_OK)
        status = hrm_worker_init(&trainer, model, puzzles, true, error);
    for (int p = 0; p < puzzles && status == HRM_OK; p++) {
        hrm_state_reset(&worker, p, 0, NULL);
        hrm_state_reset(&trainer, p, 0, NULL);
    }
    for (int i = 0; i < RUNS && status == HRM_OK; i++) {
        double start = now();
        hrm_segment_forward(&worker, &batch);
        evaluation = fmin(evaluation, now() - start);
    }
    if (status == HRM_OK) {
        time_model(&trainer, &batch, training);
        double segment = puzzles * hrm_model_segment_gflop(&model->config);
        double step = puzzles * hrm_model_training_gflop(&model->config);
        double total = training[0] + training[1] + training[2];
        printf("  evaluation segment      %7.1f ms  %6.1f GFLOP/s  %3.0f %% of sgemm\n",
               1e3 * evaluation, segment / evaluation, 100 * segment / evaluation / rate);
        printf("  training step           %7.1f ms  %6.1f GFLOP/s  %3.0f %% of sgemm\n",
               1e3 * total, step / total, 100 * step / total / rate);
        printf("    forward %.1f, peek %.1f, backward %.1f ms\n", 1e3 * training[0],
               1e3 * training[1], 1e3 * training[2]);
    }
    hrm_worker_free(&worker);
    hrm_worker_free(&trainer);
    free(inputs);
    return status;
}

int main(int argc, char **argv)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    struct hrm_error error = {0};
    struct hrm_model model = {0};
    hrm_options_default(&section, 1);
    const struct hrm_backend *backend = hrm_backend_find("blas");
    int puzzles = argc > 1 ? atoi(argv[1]) : backend->block_puzzles;
    config.hidden = argc > 2 ? atoi(argv[2]) : config.hidden;
    config.puzzle_emb = config.hidden;
    int status = hrm_model_init(&model, &config, backend, HRM_PACK_BOTH, &error);
    if (status == HRM_OK) {
        int rows = puzzles * hrm_model_seq(&config);
        printf("%d puzzles, hidden %d, %s\n", puzzles, config.hidden, backend->detail);
        double rate = product_rate(rows, config.hidden, hrm_model_inner(&config));
        printf("  all four                     %6.1f GFLOP/s\n", rate);
        float *params = numbers(model.layout.total);
        hrm_params_draw(&model.layout, 1, params);
        hrm_model_attach(&model, params, NULL);
        status = measure(&model, puzzles, rate, &error);
        hrm_model_free(&model);
        free(params);
    }
    if (status != HRM_OK)
        fprintf(stderr, "bench_fp32: %s\n", error.text);
    return status;
}
