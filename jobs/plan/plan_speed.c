#include "jobs/plan/plan_speed.h"

#include "core/base/arena.h"
#include "core/eval/runner.h"
#include "core/task/task.h"
#include "jobs/cli/console.h"

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
    } sizes[] = {{"hidden", config->hidden},         {"heads", config->heads},
                 {"h_layers", config->h_layers},     {"l_layers", config->l_layers},
                 {"h_cycles", config->h_cycles},     {"l_cycles", config->l_cycles},
                 {"inner", hrm_model_inner(config)}, {"rows", hrm_model_rows(config)}};
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

enum {
    CHUNKS = 8,     ///< of puzzles that are held
    SAMPLES = 65536 ///< blocks whose segments are kept, at most
};

/// A thread and its memory.
struct hand {
    struct hrm_runner runner;
    void *passes;                ///< [chunk] records
    struct hrm_runner_job *jobs; ///< [chunk]
    int count;                   ///< of the last chunk
    double seconds, segments;    ///< of it
    int status;
    struct hrm_error error;
};

struct trial {
    const struct plan_trial *how;
    struct plan_blocks *blocks;
    unsigned char *items; ///< [held]
    int64_t held;
    size_t item, record; ///< bytes of an item and of a pass
    int chunk;           ///< puzzles
    struct hand *hands;  ///< [cores]
};

static void close_trial(struct trial *trial)
{
    for (int i = 0; trial->hands && i < trial->how->cores; i++) {
        hrm_runner_free(&trial->hands[i].runner);
        free(trial->hands[i].passes);
        free(trial->hands[i].jobs);
    }
    free(trial->hands);
    free(trial->items);
}

static int open_trial(struct trial *trial, struct hrm_error *error)
{
    struct plan_blocks *blocks = trial->blocks;
    int cores = trial->how->cores;
    trial->chunk = (int)blocks->most * blocks->plan->block;
    struct puzzle_source *source = trial->how->source;
    const struct hrm_task *task = trial->how->task;
    int64_t room = (int64_t)CHUNKS * trial->chunk, had = source ? source->count : room;
    trial->held = had < room ? had : room;
    trial->item = (size_t)task->shape.item_bytes;
    trial->record = hrm_pass_bytes(task->shape.answer_bytes);
    trial->hands = calloc((size_t)cores, sizeof *trial->hands);
    blocks->segments = calloc(SAMPLES, sizeof *blocks->segments);
    trial->items = calloc((size_t)trial->held, trial->item);
    if (!trial->hands || !blocks->segments || !trial->items)
        return hrm_fail(error, HRM_FAILED, "no memory for a measurement");
    for (int i = 0; i < cores; i++) {
        struct hand *hand = &trial->hands[i];
        int slots = hrm_runner_slots(blocks->models, trial->chunk);
        hand->passes = calloc((size_t)trial->chunk, trial->record);
        hand->jobs = calloc((size_t)trial->chunk, sizeof *hand->jobs);
        int status = hrm_runner_init(&hand->runner, task, blocks->models, slots, error);
        if (status || !hand->passes || !hand->jobs)
            return status ? status : hrm_fail(error, HRM_FAILED, "no memory for a measurement");
    }
    return source ? puzzle_source_read(source, 0, trial->held, trial->items, error) : HRM_OK;
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/// Run chunk `number` of some that are spread over the plan.
static void run_chunk(const struct trial *trial, struct hand *hand, int64_t number)
{
    const struct plan_blocks *blocks = trial->blocks;
    const struct hrm_plan *plan = blocks->plan;
    int64_t first = number % ((trial->held - 1) / trial->chunk + 1) * trial->chunk;
    int64_t left = trial->held - first;
    int64_t row = number * 7919 % ((int64_t)plan->checkpoints * plan->perturbations);
    struct hrm_perturbation perturbation =
        hrm_perturbations_make(blocks->perturbations, (int)(row % plan->perturbations));
    hand->count = left < trial->chunk ? (int)left : trial->chunk;
    struct hrm_runner_work work = {.model = &blocks->models[row / plan->perturbations],
                                   .seed = blocks->seed,
                                   .segments = plan->segments,
                                   .leave = blocks->leave,
                                   .settled = blocks->settled,
                                   .jobs = hand->jobs,
                                   .count = hand->count};
    for (int i = 0; i < work.count; i++) {
        const void *item = trial->items + (size_t)(first + i) * trial->item;
        hand->jobs[i] = (struct hrm_runner_job){&perturbation, item, false, first + i,
                                                hrm_pass_at(hand->passes, trial->record, i)};
    }
    int64_t before = hand->runner.segments;
    clockid_t clock = trial->how->wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
    double start = seconds_of(clock);
    hand->status = hrm_runner_run(&hand->runner, &work, &hand->error);
    hand->seconds = seconds_of(clock) - start;
    hand->segments = (double)(hand->runner.segments - before);
}

/// Keep the segments of each block of a chunk.
static void sample(const struct trial *trial, const struct hand *hand)
{
    struct plan_blocks *blocks = trial->blocks;
    int block = blocks->plan->block;
    for (int first = 0; first < hand->count && blocks->count < SAMPLES; first += block) {
        int count = hand->count - first < block ? hand->count - first : block;
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += hrm_pass_at(hand->passes, trial->record, first + i)->segments;
        blocks->segments[blocks->count++] = sum * block / count;
    }
}

/// What several chunks took.
struct toll {
    int64_t chunks;
    double seconds, segments;
    double best; ///< seconds a segment
};

/// Seconds a segment: the mean with what else runs here, else the best, as of hrmpi bench.
static double rate_of(const struct toll *toll, bool wall)
{
    return wall ? toll->seconds / toll->segments : toll->best;
}

/// A chunk on each of `threads` threads.
static int run_round(struct trial *trial, int threads, struct toll *toll, struct hrm_error *error)
{
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int t = 0; t < threads; t++)
        run_chunk(trial, &trial->hands[t], toll->chunks + t);
    toll->chunks += threads;
    for (int t = 0; t < threads; t++) {
        const struct hand *hand = &trial->hands[t];
        if (hand->status) {
            *error = hand->error;
            return hand->status;
        }
        toll->seconds += hand->seconds;
        toll->segments += hand->segments;
        toll->best = fmin(toll->best, hand->seconds / hand->segments);
        sample(trial, hand);
    }
    return HRM_OK;
}

int plan_speed_blocks(struct plan_speed *speed, const struct plan_trial *how,
                      struct plan_blocks *blocks, struct hrm_error *error)
{
    struct trial trial = {.how = how, .blocks = blocks};
    struct toll alone = {.best = INFINITY}, crowd = {.best = INFINITY};
    blocks->count = 0;
    int status = open_trial(&trial, error);
    double end = hrm_seconds() + how->seconds;
    bool more = true;
    while (status == HRM_OK && more) {
        status = run_round(&trial, 1, &alone, error);
        if (status == HRM_OK)
            status = run_round(&trial, how->cores, &crowd, error);
        more = hrm_seconds() < end;
    }
    if (status == HRM_OK)
        set_speed(speed, rate_of(&alone, how->wall), rate_of(&crowd, how->wall),
                  "measured on blocks of the evaluation");
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
    struct plan_trial own = *trial;
    struct hrm_task usual;
    hrm_task_default(&usual, hrm_task_kinds[0]);
    if (config->cells != own.task->shape.positions || config->vocab != own.task->shape.vocab) {
        own.task = &usual;
        own.source = NULL;
    }
    struct hrm_perturbations identity = {.task = *own.task};
    int status = hrm_model_init(&model, config, trial->backend, HRM_PACK_FORWARD, error);
    if (status)
        return status;
    struct hrm_plan plan = {.checkpoints = 1,
                            .perturbations = 1,
                            .segments = SEGMENTS,
                            .block = hrm_runner_slots(&model, INT32_MAX),
                            .puzzles = own.source ? own.source->count : INT32_MAX};
    struct plan_blocks blocks = {
        .plan = &plan, .models = &model, .perturbations = &identity, .most = 1};
    lay_out(&arena, &model);
    status = hrm_arena_reserve(&arena, error);
    if (status)
        goto done;
    lay_out(&arena, &model);
    // Any small numbers do; to draw millions from the right distribution takes a second.
    for (size_t i = 0; i < model.layout.total; i++)
        model.params[i] = (float)((double)(i * 2654435761u % 65536) / 65536 - 0.5) / 16;
    hrm_model_pack(&model, 0, 1);
    status = plan_speed_blocks(speed, &own, &blocks, error);
    speed->from = "measured on random weights";
done:
    free(blocks.segments);
    hrm_arena_free(&arena);
    hrm_model_free(&model);
    return status;
}
