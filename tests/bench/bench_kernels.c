// How fast the bf16 kernels are on one core: each kernel, a whole evaluation segment and a
// training step built from them, in GFLOP/s and as a share of the matrix unit's peak measured
// in the same run. Times are sums of the fastest runs of each call. Usage: bench_kernels [puzzles
// per block] [hidden]

#include "core/compute/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HRM_HAVE_BF16

#include "core/compute/bf16_peak.h"

#include <sys/mman.h>
#include <time.h>

static const struct hrm_backend *const b = &hrm_backend_bf16;

enum { LAYERS = 8, HALF = LAYERS / 2, CALLS = 256 };

/// Seconds that a measurement repeats its runs.
static double patience = 2.0;

enum kernel {
    QKV,
    ATTENTION,
    PROJECT,
    SWIGLU,
    DOWN,
    ADD,
    QKV_BACKWARD,
    ATTENTION_BACKWARD,
    PROJECT_BACKWARD,
    SWIGLU_BACKWARD,
    DOWN_BACKWARD,
    KERNELS
};

static const char *const names[KERNELS] = {
    "qkv",
    "attention",
    "project",
    "swiglu",
    "project (down)",
    "add",
    "qkv backward",
    "attention backward",
    "project backward",
    "swiglu backward",
    "project (down) backward",
};

/// What one transformer block needs: weights, their gradients, and the tape of a training step.
struct layer {
    struct hrm_weight qkv, o, gate_up, down;
    float *d_qkv, *d_o, *d_gate_up, *d_down;
    uint16_t *h, *tape_qkv, *tape_o, *n, *tape_gate_up, *act;
    float *r1, *r2;
};

struct bench {
    struct hrm_block_shape shape;
    struct hrm_rope rope;
    struct layer layers[LAYERS];
    uint16_t *z[2], *qkv, *o, *n, *act; ///< states and work of an evaluation
    uint16_t *dh, *dqkv, *d_o, *dact;
    void *scratch;
    double start;          ///< of the current call
    int calls;             ///< of the current run
    double seconds[CALLS]; ///< of each call, the fastest of all runs
    enum kernel kernel[CALLS];
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void stop(struct bench *x, enum kernel kernel)
{
    const double seconds = now() - x->start;
    const int i = x->calls++;
    if (i >= CALLS)
        exit(1);
    x->kernel[i] = kernel;
    if (seconds < x->seconds[i])
        x->seconds[i] = seconds;
    x->start = now();
}

static void *take(size_t bytes)
{
    const size_t huge = (size_t)1 << 21;
    const size_t size = (bytes + huge - 1) / huge * huge;
    void *memory = aligned_alloc(huge, size);
    if (!memory)
        exit(1);
    if (!getenv("BENCH_SMALL_PAGES"))
        madvise(memory, size, MADV_HUGEPAGE);
    memset(memory, 0, size);
    return memory;
}

static size_t rows(const struct bench *x)
{
    return (size_t)hrm_rows_padded(x->shape.puzzles * x->shape.seq);
}

static uint16_t *activation(const struct bench *x, int columns)
{
    const size_t n = rows(x) * (size_t)columns;
    float *values = malloc(n * sizeof *values);
    uint16_t *y = take(n * 2);
    for (size_t i = 0; i < n; i++)
        values[i] = (float)(rand() % 2001 - 1000) / 600.0f;
    b->from_float(n, values, y);
    free(values);
    return y;
}

static struct hrm_weight weight(int out, int in)
{
    const size_t n = (size_t)out * (size_t)in;
    float *values = malloc(n * sizeof *values);
    void *packed = take(b->packed_bytes(out, in, HRM_PACK_BOTH));
    for (size_t i = 0; i < n; i++)
        values[i] = (float)(rand() % 2001 - 1000) / 15000.0f;
    b->pack(out, in, values, HRM_PACK_BOTH, packed);
    free(values);
    return (struct hrm_weight){out, in, NULL, packed};
}

static void open_layer(struct bench *x, struct layer *l)
{
    const int d = x->shape.hidden, f = x->shape.inner;
    l->qkv = weight(3 * d, d);
    l->o = weight(d, d);
    l->gate_up = weight(2 * f, d);
    l->down = weight(d, f);
    l->d_qkv = take((size_t)(3 * d * d) * sizeof(float));
    l->d_o = take((size_t)(d * d) * sizeof(float));
    l->d_gate_up = take((size_t)(2 * f * d) * sizeof(float));
    l->d_down = take((size_t)(f * d) * sizeof(float));
    l->h = activation(x, d);
    l->tape_qkv = activation(x, 3 * d);
    l->tape_o = activation(x, d);
    l->n = activation(x, d);
    l->tape_gate_up = activation(x, 2 * f);
    l->act = activation(x, f);
    l->r1 = take(rows(x) * sizeof(float));
    l->r2 = take(rows(x) * sizeof(float));
}

static void open_bench(struct bench *x, const struct hrm_block_shape *shape)
{
    const int d = shape->hidden, f = shape->inner, half = d / shape->heads / 2;
    *x = (struct bench){.shape = *shape};
    float *angles = take((size_t)(shape->seq * half) * sizeof *angles);
    for (int i = 0; i < shape->seq * half; i++)
        angles[i] = 0.7f;
    x->rope = (struct hrm_rope){angles, angles};
    for (int i = 0; i < LAYERS; i++)
        open_layer(x, &x->layers[i]);
    x->z[0] = activation(x, d);
    x->z[1] = activation(x, d);
    x->qkv = activation(x, 3 * d);
    x->o = activation(x, d);
    x->n = activation(x, d);
    x->act = activation(x, f);
    x->dh = activation(x, d);
    x->dqkv = activation(x, 3 * d);
    x->d_o = activation(x, d);
    x->dact = activation(x, f);
    x->scratch = take(b->scratch_bytes(shape));
}

/// One block of an evaluation: h becomes the output.
static void evaluate_block(struct bench *x, const struct layer *l, uint16_t *h)
{
    const struct hrm_block_shape *s = &x->shape;
    b->qkv(s, h, &l->qkv, &x->rope, x->qkv, x->scratch);
    stop(x, QKV);
    b->attention(s, x->qkv, x->o, x->scratch);
    stop(x, ATTENTION);
    b->project(s, x->o, &l->o, h, 1e-5f, x->n, NULL, x->scratch);
    stop(x, PROJECT);
    b->swiglu(s, x->n, &l->gate_up, NULL, x->act, x->scratch);
    stop(x, SWIGLU);
    b->project(s, x->act, &l->down, x->n, 1e-5f, h, NULL, x->scratch);
    stop(x, DOWN);
}

/// Six module calls of four blocks each: L, L, H, L, L, H.
static void evaluate_segment(struct bench *x)
{
    const size_t n = rows(x) * (size_t)x->shape.hidden;
    for (int call = 0; call < 6; call++) {
        const int high = call % 3 == 2;
        b->add(n, x->z[high], x->z[!high], x->z[high]);
        stop(x, ADD);
        for (int i = 0; i < HALF; i++)
            evaluate_block(x, &x->layers[high * HALF + i], x->z[high]);
    }
}

static void train_forward(struct bench *x, struct layer *l, uint16_t *next)
{
    const struct hrm_block_shape *s = &x->shape;
    b->qkv(s, l->h, &l->qkv, &x->rope, l->tape_qkv, x->scratch);
    stop(x, QKV);
    b->attention(s, l->tape_qkv, l->tape_o, x->scratch);
    stop(x, ATTENTION);
    b->project(s, l->tape_o, &l->o, l->h, 1e-5f, l->n, l->r1, x->scratch);
    stop(x, PROJECT);
    b->swiglu(s, l->n, &l->gate_up, l->tape_gate_up, l->act, x->scratch);
    stop(x, SWIGLU);
    b->project(s, l->act, &l->down, l->n, 1e-5f, next, l->r2, x->scratch);
    stop(x, DOWN);
}

static void train_backward(struct bench *x, struct layer *l, const uint16_t *next)
{
    const struct hrm_block_shape *s = &x->shape;
    b->project_backward(s, l->act, &l->down, next, l->r2, x->dh, x->dh, x->dact, l->d_down,
                        x->scratch);
    stop(x, DOWN_BACKWARD);
    b->swiglu_backward(s, l->n, &l->gate_up, l->tape_gate_up, x->dact, x->dh, l->d_gate_up,
                       x->scratch);
    stop(x, SWIGLU_BACKWARD);
    b->project_backward(s, l->tape_o, &l->o, l->n, l->r1, x->dh, x->dh, x->d_o, l->d_o, x->scratch);
    stop(x, PROJECT_BACKWARD);
    b->attention_backward(s, l->tape_qkv, l->tape_o, x->d_o, x->dqkv, x->scratch);
    stop(x, ATTENTION_BACKWARD);
    b->qkv_backward(s, l->h, &l->qkv, &x->rope, x->dqkv, x->dh, l->d_qkv, x->scratch);
    stop(x, QKV_BACKWARD);
}

/// The differentiated part of a step: eight blocks forward with tape, then backward.
static void train_step(struct bench *x)
{
    for (int i = 0; i < LAYERS; i++)
        train_forward(x, &x->layers[i], i + 1 < LAYERS ? x->layers[i + 1].h : x->z[0]);
    for (int i = LAYERS - 1; i >= 0; i--)
        train_backward(x, &x->layers[i], i + 1 < LAYERS ? x->layers[i + 1].h : x->z[0]);
}

/// FLOP of a kernel on one row block.
static double flop(const struct hrm_block_shape *s, enum kernel kernel)
{
    const double m = (double)s->puzzles * s->seq, d = s->hidden, f = s->inner;
    const double forward[] = {6 * m * d * d, 4 * m * s->seq * d, 2 * m * d * d,
                              4 * m * d * f, 2 * m * d * f,      0};
    return kernel <= ADD ? forward[kernel] : 2 * forward[kernel - QKV_BACKWARD];
}

static void report(const struct bench *x, const char *what, const double *seconds, int blocks,
                   double peak)
{
    double work = 0, time = 0;
    for (int k = 0; k < KERNELS; k++) {
        if (seconds[k] > 0)
            work += blocks * flop(&x->shape, (enum kernel)k);
        time += seconds[k];
    }
    printf("%s: %.2f ms, %.1f puzzles/s, %.0f GFLOP/s, %.1f %% of the peak\n", what, 1e3 * time,
           x->shape.puzzles / time, 1e-9 * work / time, 100 * work / time / peak);
    for (int k = 0; k < KERNELS; k++) {
        const double rate = blocks * flop(&x->shape, (enum kernel)k) / seconds[k];
        if (seconds[k] > 0)
            printf("    %-24s %6.2f ms %5.1f %% of the time %6.0f GFLOP/s %5.1f %% of the peak\n",
                   names[k], 1e3 * seconds[k], 100 * seconds[k] / time, 1e-9 * rate,
                   100 * rate / peak);
    }
}

/// Operands that fit the first cache.
enum { PROBE = 16 << 10 };
static void *probe;

static void measure_peaks(void)
{
    const size_t large = (size_t)1 << 20;
    probe = take(large);
    double best[3] = {0};
    for (const double begin = now(); now() < begin + patience / 4;) {
        const double got[3] = {hrm_bf16_peak(), hrm_bf16_peak_fed(probe, PROBE),
                               hrm_bf16_peak_fed(probe, large)};
        for (int j = 0; j < 3; j++)
            best[j] = got[j] > best[j] ? got[j] : best[j];
    }
    printf("matrix unit, GFLOP/s: %.0f from registers, %.0f from L1, %.0f from L2\n",
           1e-9 * best[0], 1e-9 * best[1], 1e-9 * best[2]);
}

/// Whether tiles from the first cache are multiplied as fast as tiles in registers: neighbours on
/// a shared machine can slow the loads of a core to a quarter for seconds.
static bool fast(void)
{
    return hrm_bf16_peak_fed(probe, PROBE) > 0.8 * hrm_bf16_peak();
}

/// Wait for full speed until the allowance is spent.
static void wait_for_speed(double *allowance)
{
    while (*allowance > 0 && !fast()) {
        const double start = now();
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        *allowance -= now() - start;
    }
}

/// The sum over the calls of the fastest of some runs: other work on the machine, which would
/// hit every whole run somewhere, is left out. Slow times do not count as patience.
static void measure(struct bench *x, const char *what, void (*run)(struct bench *), int blocks)
{
    double seconds[KERNELS] = {0}, peak = 0, allowance = 30, spent = 0;
    for (int i = 0; i < CALLS; i++)
        x->seconds[i] = 1e30;
    while (spent < patience) {
        wait_for_speed(&allowance);
        const double measured = hrm_bf16_peak();
        peak = measured > peak ? measured : peak;
        x->calls = 0;
        const double start = x->start = now();
        run(x);
        const double seconds_run = now() - start;
        if (fast())
            spent += seconds_run;
        else
            allowance -= seconds_run;
        if (allowance < 0)
            spent += seconds_run;
    }
    for (int i = 0; i < x->calls; i++)
        seconds[x->kernel[i]] += x->seconds[i];
    report(x, what, seconds, blocks, peak);
}

int main(int argc, char **argv)
{
    static const struct hrm_block_shape shapes[] = {
        {0, 82, 128, 4, 512},
        {0, 82, 192, 6, 512},
        {0, 82, 256, 4, 768},
        {0, 82, 512, 8, 1536},
    };
    static struct bench bench;
    if (!b->available()) {
        puts("this machine has no AMX with bf16");
        return 0;
    }
    if (argc > 3)
        patience = atof(argv[3]);
    measure_peaks();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct hrm_block_shape shape = shapes[i];
        if (argc > 2 && atoi(argv[2]) > 0 && atoi(argv[2]) != shape.hidden)
            continue;
        shape.puzzles = argc > 1 && atoi(argv[1]) > 0 ? atoi(argv[1]) : b->block_puzzles;
        open_bench(&bench, &shape);
        printf("\nhidden %d, %d heads, inner %d, %d puzzles\n", shape.hidden, shape.heads,
               shape.inner, shape.puzzles);
        measure(&bench, "evaluation segment", evaluate_segment, 24);
        measure(&bench, "training step", train_step, LAYERS);
    }
    return 0;
}

#else

int main(void)
{
    puts("built without the bf16 backend");
    return 0;
}

#endif
