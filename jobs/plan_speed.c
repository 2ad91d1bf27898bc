#include "jobs/plan_speed.h"

#include "core/base/arena.h"
#include "core/vote/runner.h"
#include "jobs/console.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void set_speed(struct plan_speed *speed, double alone, double crowded, const char *from)
{
    *speed = (struct plan_speed){alone, fmax(1, crowded / alone), from};
}

// --- a file of hrmpi bench -----------------------------------------------------------------------

static bool is_model(const json_t *model, const struct hrm_model_config *config)
{
    const struct {
        const char *key;
        int value;
    } sizes[] = {{"hidden", config->hidden},        {"heads", config->heads},
                 {"h_layers", config->h_layers},    {"l_layers", config->l_layers},
                 {"h_cycles", config->h_cycles},    {"l_cycles", config->l_cycles},
                 {"inner", hrm_model_inner(config)}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (json_integer_value(json_object_get(model, sizes[i].key)) != sizes[i].value)
            return false;
    return true;
}

int plan_speed_bench(struct plan_speed *speed, const char *path,
                     const struct hrm_model_config *config, bool *found, struct hrm_error *error)
{
    json_error_t problem;
    json_t *root = json_load_file(path, 0, &problem);
    const json_t *models = json_object_get(root, "models"), *model;
    json_int_t threads = json_integer_value(json_object_get(root, "threads"));
    size_t i;
    *found = false;
    if (!json_is_array(models) || threads < 1) {
        hrm_fail(error, HRM_DATA, "%s: %s", path,
                 root ? "no figures of hrmpi bench are in it" : problem.text);
        json_decref(root);
        return hrm_hint(error, "write one: hrmpi bench --json > bench.json");
    }
    json_array_foreach(models, i, model)
    {
        const json_t *figure = json_object_get(model, "evaluation");
        double seconds = json_number_value(json_object_get(figure, "seconds"));
        double puzzles = json_number_value(json_object_get(figure, "puzzles"));
        if (!is_model(model, config) || !(seconds > 0 && puzzles > 0))
            continue;
        *found = true;
        set_speed(speed, seconds * (double)threads / puzzles, 0, "from hrmpi bench");
    }
    json_decref(root);
    return HRM_OK;
}

// --- blocks --------------------------------------------------------------------------------------

enum { RANGES = 16, ROUNDS = 4096 }; ///< ranges of puzzles that are held, rounds at most

/// A thread and its memory.
struct hand {
    struct hrm_runner runner;
    struct hrm_pass *passes;  ///< [block]
    double seconds, segments; ///< of the last block
    int status;
    struct hrm_error error;
};

struct trial {
    const struct plan_trial *how;
    struct plan_blocks *blocks;
    struct hrm_votes_puzzles puzzles; ///< [held]
    int64_t held;
    struct hand *hands;    ///< [cores]
    double *alone, *crowd; ///< [ROUNDS] seconds a segment
    int64_t alone_count, crowd_count, next;
};

static void close_trial(struct trial *trial)
{
    for (int i = 0; trial->hands && i < trial->how->cores; i++) {
        hrm_runner_free(&trial->hands[i].runner);
        free(trial->hands[i].passes);
    }
    free(trial->hands);
    free(trial->puzzles.questions);
    free(trial->puzzles.answers);
    free(trial->puzzles.ratings);
    free(trial->alone);
    free(trial->crowd);
}

static int open_trial(struct trial *trial, struct hrm_error *error)
{
    struct plan_blocks *blocks = trial->blocks;
    int block = blocks->plan->block, cores = trial->how->cores;
    int64_t room = (int64_t)RANGES * block, had = trial->how->source->count;
    size_t most = (size_t)ROUNDS + (size_t)cores;
    trial->held = had < room ? had : room;
    trial->puzzles.questions = calloc((size_t)trial->held, sizeof *trial->puzzles.questions);
    trial->puzzles.answers = calloc((size_t)trial->held, sizeof *trial->puzzles.answers);
    trial->puzzles.ratings = calloc((size_t)trial->held, sizeof *trial->puzzles.ratings);
    trial->hands = calloc((size_t)cores, sizeof *trial->hands);
    trial->alone = calloc(most, sizeof *trial->alone);
    trial->crowd = calloc(most, sizeof *trial->crowd);
    blocks->segments = calloc(2 * most, sizeof *blocks->segments);
    if (!trial->puzzles.questions || !trial->puzzles.answers || !trial->puzzles.ratings ||
        !trial->hands || !trial->alone || !trial->crowd || !blocks->segments)
        return hrm_fail(error, HRM_FAILED, "no memory for a measurement");
    for (int i = 0; i < cores; i++) {
        struct hand *hand = &trial->hands[i];
        int slots = hrm_runner_slots(blocks->models, block);
        hand->passes = calloc((size_t)block, sizeof *hand->passes);
        int status = hrm_runner_init(&hand->runner, blocks->models, slots, error);
        if (status || !hand->passes)
            return status ? status : hrm_fail(error, HRM_FAILED, "no memory for a measurement");
    }
    return puzzle_source_read(trial->how->source, 0, trial->held, &trial->puzzles, error);
}

/// CPU time of the calling thread.
static double thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/// Run block `number` of some that are spread over the plan.
static void run_block(const struct trial *trial, struct hand *hand, int64_t number)
{
    const struct plan_blocks *blocks = trial->blocks;
    const struct hrm_plan *plan = blocks->plan;
    int64_t ranges = (trial->held - 1) / plan->block + 1, first = number % ranges * plan->block;
    int64_t left = trial->held - first;
    int64_t row = number * 7919 % ((int64_t)plan->checkpoints * plan->perturbations);
    struct hrm_perturbation perturbation =
        hrm_perturbations_make(blocks->perturbations, (int)(row % plan->perturbations));
    struct hrm_runner_task task = {.model = &blocks->models[row / plan->perturbations],
                                   .perturbation = &perturbation,
                                   .seed = blocks->seed,
                                   .first = first,
                                   .count = left < plan->block ? (int)left : plan->block,
                                   .segments = plan->segments,
                                   .leave_certified = blocks->leave_certified,
                                   .questions = trial->puzzles.questions + first,
                                   .passes = hand->passes};
    int64_t before = hand->runner.segments;
    double start = thread_seconds();
    hand->status = hrm_runner_run(&hand->runner, &task, &hand->error);
    double segments = (double)(hand->runner.segments - before);
    hand->seconds = (thread_seconds() - start) / segments;
    hand->segments = segments * plan->block / task.count;
}

/// A block on each of `threads` threads.
static int run_round(struct trial *trial, int threads, double *seconds, int64_t *count,
                     struct hrm_error *error)
{
    int64_t next = trial->next;
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int t = 0; t < threads; t++)
        run_block(trial, &trial->hands[t], next + t);
    trial->next += threads;
    for (int t = 0; t < threads; t++) {
        const struct hand *hand = &trial->hands[t];
        if (hand->status) {
            *error = hand->error;
            return hand->status;
        }
        seconds[(*count)++] = hand->seconds;
        trial->blocks->segments[trial->blocks->count++] = hand->segments;
    }
    return HRM_OK;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/// A quarter of the values are smaller: what other processes disturb is larger.
static double quartile(double *values, int64_t count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[(count - 1) / 4];
}

int plan_speed_blocks(struct plan_speed *speed, const struct plan_trial *how,
                      struct plan_blocks *blocks, struct hrm_error *error)
{
    struct trial trial = {.how = how, .blocks = blocks};
    blocks->count = 0;
    int status = open_trial(&trial, error);
    double end = hrm_seconds() + how->seconds;
    bool more = true;
    while (status == HRM_OK && more && trial.crowd_count < ROUNDS && trial.alone_count < ROUNDS) {
        status = run_round(&trial, 1, trial.alone, &trial.alone_count, error);
        if (status == HRM_OK)
            status = run_round(&trial, how->cores, trial.crowd, &trial.crowd_count, error);
        more = hrm_seconds() < end;
    }
    if (status == HRM_OK)
        set_speed(speed, quartile(trial.alone, trial.alone_count),
                  quartile(trial.crowd, trial.crowd_count), "measured on blocks of the evaluation");
    close_trial(&trial);
    return status;
}

// --- a model of random weights -------------------------------------------------------------------

static void lay_out(struct hrm_arena *arena, struct hrm_model *model)
{
    size_t bytes = hrm_model_packed_bytes(model);
    float *params = hrm_arena_take(arena, model->layout.total * sizeof(float));
    hrm_model_attach(model, params, bytes > 0 ? hrm_arena_take(arena, bytes) : NULL);
}

int plan_speed_random(struct plan_speed *speed, const struct plan_trial *trial,
                      const struct hrm_model_config *config, struct hrm_error *error)
{
    enum { SEGMENTS = 2 };
    struct hrm_model model = {0};
    struct hrm_arena arena = {0};
    struct hrm_perturbations identity = {0};
    int status = hrm_model_init(&model, config, trial->backend, HRM_PACK_FORWARD, error);
    if (status)
        return status;
    struct hrm_plan plan = {.checkpoints = 1,
                            .perturbations = 1,
                            .segments = SEGMENTS,
                            .block = hrm_runner_slots(&model, INT32_MAX),
                            .puzzles = trial->source->count};
    struct plan_blocks blocks = {.plan = &plan, .models = &model, .perturbations = &identity};
    lay_out(&arena, &model);
    status = hrm_arena_reserve(&arena, error);
    if (status)
        goto done;
    lay_out(&arena, &model);
    // Any small numbers do; to draw millions from the right distribution takes a second.
    for (size_t i = 0; i < model.layout.total; i++)
        model.params[i] = (float)((double)(i * 2654435761u % 65536) / 65536 - 0.5) / 16;
    hrm_model_pack(&model, 0, 1);
    status = plan_speed_blocks(speed, trial, &blocks, error);
    speed->from = "measured on random weights";
done:
    free(blocks.segments);
    hrm_arena_free(&arena);
    hrm_model_free(&model);
    return status;
}
