#include "jobs/solve/solve_pass.h"

#include "core/base/settings.h"
#include "core/compute/backend.h"
#include "core/eval/perturbation.h"
#include "core/file/votes.h"
#include "core/task/task.h"
#include "jobs/cli/console.h"
#include "jobs/eval/checkpoint_list.h"
#include "jobs/eval/eval_options.h"
#include "jobs/solve/solve_answer.h"
#include "jobs/solve/solve_ensemble.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

/// A pass of a votes file.
struct repeat {
    char path[HRM_PATH];
    struct hrm_votes votes;
    int checkpoint, perturbation;
    int64_t puzzle, number; ///< of the pass among all: (checkpoint P + perturbation) N + puzzle
    unsigned char *item;    ///< owned
    char *text;             ///< [solve_text_bytes()]; owned
    struct hrm_perturbation how;
    struct eval_options options; ///< those of the evaluation that decide a pass
    const struct hrm_backend *backend;
    struct solve_ensemble ensemble;
    const struct hrm_model *model;
    struct hrm_pass *stored, *again; ///< owned
};

// --- which pass ----------------------------------------------------------------------------------

/// Numbers separated by commas. Returns how many, or -1 for another text.
static int read_numbers(const char *text, int64_t numbers[3])
{
    int count = 0;
    for (; count < 3 && *text >= '0' && *text <= '9'; count++) {
        char *end = NULL;
        errno = 0;
        numbers[count] = strtoll(text, &end, 10);
        if (errno != 0 || (*end != ',' && *end != '\0'))
            return -1;
        if (*end == '\0')
            return count + 1;
        text = end + 1;
    }
    return -1;
}

static int parse_name(struct repeat *repeat, const char *name, int64_t numbers[3], int *count,
                      struct hrm_error *error)
{
    const char *colon = strrchr(name, ':');
    *count = colon ? read_numbers(colon + 1, numbers) : -1;
    if (*count != 1 && *count != 3) {
        hrm_fail(error, HRM_USAGE, "--pass %.200s: wanted a votes file, a colon and a pass", name);
        return hrm_hint(error, "votes.h5:1234, or votes.h5:CHECKPOINT,PERTURBATION,PUZZLE; all "
                               "counted from 0");
    }
    snprintf(repeat->path, sizeof repeat->path, "%.*s", (int)(colon - name), name);
    return HRM_OK;
}

static int find_place(struct repeat *repeat, const int64_t numbers[3], int count,
                      struct hrm_error *error)
{
    const struct hrm_plan *plan = &repeat->votes.plan;
    int64_t c = plan->checkpoints, p = plan->perturbations, n = plan->puzzles;
    int64_t place[3] = {numbers[0] / n / p, numbers[0] / n % p, numbers[0] % n};
    if (count == 3)
        memcpy(place, numbers, sizeof place);
    if (place[0] >= c || place[1] >= p || place[2] >= n) {
        hrm_fail(error, HRM_USAGE, "there is no such pass in %s", repeat->path);
        return hrm_hint(error,
                        "it has %lld checkpoints x %lld perturbations x %lld puzzles: passes 0 to "
                        "%lld",
                        (long long)c, (long long)p, (long long)n, (long long)(c * p * n - 1));
    }
    repeat->checkpoint = (int)place[0];
    repeat->perturbation = (int)place[1];
    repeat->puzzle = place[2];
    repeat->number = (place[0] * p + place[1]) * n + place[2];
    return HRM_OK;
}

// --- what is stored ------------------------------------------------------------------------------

static int read_record(struct repeat *repeat, struct hrm_error *error)
{
    const struct hrm_plan *plan = &repeat->votes.plan;
    int64_t first = repeat->puzzle / plan->block * plan->block, left = plan->puzzles - first;
    int64_t count = left < plan->block ? left : plan->block;
    size_t rows = (size_t)plan->checkpoints * (size_t)plan->perturbations;
    size_t record = repeat->votes.record;
    void *records = calloc(rows * (size_t)count, record);
    repeat->stored = calloc(1, record);
    repeat->again = calloc(1, record);
    if (!records || !repeat->stored || !repeat->again)
        return hrm_fail(error, HRM_FAILED, "no memory for the passes of %lld puzzles",
                        (long long)count);
    int status = hrm_votes_read_passes(&repeat->votes, first, count, records, error);
    int64_t row = (int64_t)repeat->checkpoint * plan->perturbations + repeat->perturbation;
    memcpy(repeat->stored, hrm_pass_at(records, record, row * count + repeat->puzzle - first),
           record);
    free(records);
    if (status || repeat->stored->segments > 0)
        return status;
    hrm_fail(error, HRM_USAGE, "pass %lld of %s was left out: it could not change the answer",
             (long long)repeat->number, repeat->path);
    return hrm_hint(error, "choose a pass that was run");
}

/// Take the options of the evaluation that decide a pass.
static int take_options(struct hrm_option_section *section, const char *config)
{
    char value[HRM_SETTING];
    hrm_options_default(section, 1);
    for (int i = 0; i < section->count; i++)
        if (section->options[i].role == HRM_ROLE_PASS &&
            hrm_settings_find(config, section->name, section->options[i].key, value) &&
            hrm_options_set(section, 1, section->options[i].key, value, NULL))
            return HRM_USAGE;
    return HRM_OK;
}

static int read_options(struct repeat *repeat, struct hrm_error *error)
{
    const struct hrm_votes_about *about = &repeat->votes.about;
    struct hrm_option_section section = eval_options_section(&repeat->options);
    struct hrm_perturbations list;
    if (take_options(&section, about->config)) {
        hrm_fail(error, HRM_DATA, "%s was made with options that this version does not have",
                 repeat->path);
        return hrm_hint(error, "use the version that made it: %s", about->program);
    }
    int status = hrm_perturbations_parse(about->perturbations, &repeat->votes.task,
                                         (uint64_t)about->seed, &list, error);
    if (status)
        return status;
    if (hrm_perturbations_count(&list) == repeat->votes.plan.perturbations)
        repeat->how = hrm_perturbations_make(&list, repeat->perturbation);
    if (strcmp(repeat->how.name, repeat->votes.perturbations[repeat->perturbation]) == 0)
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "%s: perturbation %d is '%s', '%s' makes it '%s'", repeat->path,
             repeat->perturbation, repeat->votes.perturbations[repeat->perturbation],
             about->perturbations, repeat->how.name);
    return hrm_hint(error, "the file is damaged or of another version: run hrmpi eval again");
}

static int open_votes(struct repeat *repeat, const char *name, struct hrm_error *error)
{
    int64_t numbers[3] = {0};
    int count = 0;
    int status = parse_name(repeat, name, numbers, &count, error);
    if (status == HRM_OK)
        status = hrm_votes_open(&repeat->votes, repeat->path, H5F_ACC_RDONLY, error);
    if (status == HRM_OK)
        status = find_place(repeat, numbers, count, error);
    if (status == HRM_OK)
        status = read_record(repeat, error);
    repeat->item = calloc(1, (size_t)repeat->votes.task.shape.item_bytes + 1);
    repeat->text = calloc(1, solve_text_bytes(&repeat->votes.task));
    if (status == HRM_OK && (!repeat->item || !repeat->text))
        status = hrm_fail(error, HRM_FAILED, "no memory for a puzzle");
    if (status == HRM_OK)
        status = hrm_votes_read_puzzles(&repeat->votes, repeat->puzzle, 1, repeat->item, error);
    return status ? status : read_options(repeat, error);
}

// --- the model -----------------------------------------------------------------------------------

static int find_backend(struct repeat *repeat, const char *wanted, struct hrm_error *error)
{
    const char *stored = repeat->votes.about.backend;
    const char *name = strcmp(wanted, "auto") == 0 ? stored : wanted;
    repeat->backend = hrm_backend_find(name);
    if (repeat->backend)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "there is no backend '%s' here", name);
    return hrm_hint(error, "name another with --backend, which may differ in the last bits; "
                           "'hrmpi info' lists them");
}

/// The model with the weights of the pass, among the checkpoints that are given.
static int find_weights(struct repeat *repeat, const struct solve_pass_request *request,
                        struct hrm_error *error)
{
    const struct hrm_votes_checkpoint *wanted = &repeat->votes.checkpoints[repeat->checkpoint];
    const char *given = *request->checkpoints ? request->checkpoints : wanted->path;
    struct checkpoint_list list = {0};
    struct solve_ensemble *ensemble = &repeat->ensemble;
    if (given == wanted->path && access(given, R_OK) != 0) {
        hrm_fail(error, HRM_DATA, "checkpoint %s, which the votes are of: %s", given,
                 strerror(errno));
        return hrm_hint(error, "name the place where it is now with --checkpoints");
    }
    int status = given == wanted->path
                     ? checkpoint_list_add(&list, given, request->last, error)
                     : checkpoint_list_add_all(&list, given, request->last, error);
    if (status == HRM_OK)
        status = solve_ensemble_open(ensemble, &list, repeat->backend, error);
    for (int i = 0; i < ensemble->count && status == HRM_OK && !repeat->model; i++) {
        status = solve_ensemble_load(ensemble, i, error);
        const struct hrm_model_file *file = &ensemble->models[i];
        size_t bytes = file->model.layout.total * sizeof(float);
        if (status == HRM_OK && XXH3_64bits(file->params, bytes) == wanted->hash)
            repeat->model = &file->model;
    }
    checkpoint_list_free(&list);
    if (status || repeat->model)
        return status;
    hrm_fail(error, HRM_DATA, "%.300s has other weights than the votes were made with", given);
    return hrm_hint(error,
                    "step %lld of seed %lld, replica %lld is wanted: name it with "
                    "--checkpoints",
                    (long long)wanted->step, (long long)wanted->seed, (long long)wanted->replica);
}

static int run_again(struct repeat *repeat, const struct solve_pass_request *request,
                     struct hrm_error *error)
{
    struct hrm_runner runner = {0};
    struct hrm_runner_job job = {&repeat->how, repeat->item, false, repeat->puzzle, repeat->again};
    struct hrm_runner_work work = {.model = repeat->model,
                                   .seed = (uint64_t)repeat->votes.about.seed,
                                   .segments = repeat->votes.plan.segments,
                                   .leave = (enum hrm_leave)repeat->options.leave,
                                   .settled = repeat->options.settled_segments,
                                   .jobs = &job,
                                   .count = 1,
                                   .watch = request->watch};
    int status = hrm_runner_init(&runner, &repeat->votes.task, repeat->model, 1, error);
    if (status == HRM_OK)
        status = hrm_runner_run(&runner, &work, error);
    hrm_runner_free(&runner);
    return status;
}

// --- printing ------------------------------------------------------------------------------------

static bool is_equal(const struct repeat *repeat)
{
    return memcmp(repeat->again, repeat->stored, repeat->votes.record) == 0;
}

static void print_text(const struct repeat *repeat)
{
    const struct hrm_votes_checkpoint *checkpoint = &repeat->votes.checkpoints[repeat->checkpoint];
    const struct hrm_pass *a = repeat->again, *b = repeat->stored;
    const struct hrm_task *task = &repeat->votes.task;
    char *text = repeat->text;
    hrm_console_print("pass %lld of %s\n", (long long)repeat->number, repeat->path);
    hrm_console_print("  checkpoint   %d: %s, step %lld, seed %lld, replica %lld\n",
                      repeat->checkpoint, checkpoint->path, (long long)checkpoint->step,
                      (long long)checkpoint->seed, (long long)checkpoint->replica);
    hrm_console_print("  perturbation %d: %s\n", repeat->perturbation, repeat->how.name);
    task->kind->question_text(task, repeat->item, text);
    hrm_console_print("  puzzle       %lld: %s\n\n", (long long)repeat->puzzle, text);
    task->kind->pretty(task, repeat->item, a->answer, text, solve_text_bytes(task));
    hrm_console_print("%s\n%-12s %14s %14s\n", text, "", "run again", "stored");
    hrm_console_print("%-12s %14d %14d\n%-12s %14d %14d\n", "segments", a->segments, b->segments,
                      "settled at", a->settled, b->settled);
    hrm_console_print("%-12s %14s %14s\n", "halted",
                      hrm_pass_has(a, HRM_PASS_HALTED) ? "yes" : "no",
                      hrm_pass_has(b, HRM_PASS_HALTED) ? "yes" : "no");
    hrm_console_print("%-12s %14.9g %14.9g\n%-12s %14.9g %14.9g\n", "q_halt", (double)a->q_halt,
                      (double)b->q_halt, "q_continue", (double)a->q_continue,
                      (double)b->q_continue);
    hrm_console_print("%-12s %14d %14d\n", "conflicts", a->defects, b->defects);
    hrm_console_print("%-12s %14s %14s\n\n", "answer", "",
                      memcmp(a->answer, b->answer, (size_t)task->shape.answer_bytes) == 0
                          ? "the same"
                          : "another");
    hrm_console_print("%s (backend %s; the votes are of %s)\n",
                      is_equal(repeat) ? "equal to the stored pass, bit for bit"
                                       : "not equal to the stored pass",
                      repeat->backend->name, repeat->votes.about.backend);
}

static json_t *record_facts(const struct repeat *repeat, const struct hrm_pass *pass)
{
    const struct hrm_task *task = &repeat->votes.task;
    char *text = repeat->text;
    task->kind->answer_text(task, repeat->item, pass->answer, text);
    return json_pack("{s:s, s:i, s:i, s:b, s:f, s:f, s:i, s:b}", "grid", text, "segments",
                     pass->segments, "settled", pass->settled, "halted",
                     hrm_pass_has(pass, HRM_PASS_HALTED), "q_halt", (double)pass->q_halt,
                     "q_continue", (double)pass->q_continue, "conflicts", pass->defects,
                     "certified", hrm_pass_has(pass, HRM_PASS_CERTIFIED));
}

static int print_json(const struct repeat *repeat, struct hrm_error *error)
{
    const struct hrm_votes_checkpoint *from = &repeat->votes.checkpoints[repeat->checkpoint];
    const struct hrm_task *task = &repeat->votes.task;
    task->kind->question_text(task, repeat->item, repeat->text);
    json_t *question = json_string(repeat->text);
    json_t *checkpoint = json_pack("{s:i, s:s, s:I, s:I, s:I}", "number", repeat->checkpoint,
                                   "path", from->path, "step", (json_int_t)from->step, "seed",
                                   (json_int_t)from->seed, "replica", (json_int_t)from->replica);
    json_t *facts = json_pack(
        "{s:s, s:I, s:o, s:{s:i, s:s}, s:I, s:o, s:s, s:s, s:o, s:o, s:b}", "votes", repeat->path,
        "pass", (json_int_t)repeat->number, "checkpoint", checkpoint, "perturbation", "number",
        repeat->perturbation, "name", repeat->how.name, "puzzle", (json_int_t)repeat->puzzle,
        "question", question, "backend", repeat->backend->name, "stored backend",
        repeat->votes.about.backend, "again", record_facts(repeat, repeat->again), "stored",
        record_facts(repeat, repeat->stored), "equal", is_equal(repeat));
    char *text = facts ? json_dumps(facts, JSON_INDENT(2)) : NULL;
    if (text)
        hrm_console_print("%s\n", text);
    free(text);
    json_decref(facts);
    return text ? HRM_OK : hrm_fail(error, HRM_FAILED, "cannot write JSON");
}

static int print(const struct repeat *repeat, const struct solve_pass_request *request,
                 struct hrm_error *error)
{
    const struct hrm_task *task = &repeat->votes.task;
    int status = HRM_OK;
    if (request->json)
        status = print_json(repeat, error);
    else if (request->plain) {
        task->kind->answer_text(task, repeat->item, repeat->again->answer, repeat->text);
        hrm_console_print("%s\n", repeat->text);
    } else
        print_text(repeat);
    bool same_backend = strcmp(repeat->backend->name, repeat->votes.about.backend) == 0;
    if (status || is_equal(repeat) || !same_backend)
        return status;
    hrm_fail(error, HRM_FAILED, "pass %lld of %s gives something else than what is stored",
             (long long)repeat->number, repeat->path);
    return hrm_hint(error,
                    "passes are the same to the bit on one kind of CPU; these votes are of "
                    "%.200s",
                    repeat->votes.about.hosts);
}

int solve_pass(const struct solve_pass_request *request, struct hrm_error *error)
{
    struct repeat *repeat = calloc(1, sizeof *repeat);
    if (!repeat)
        return hrm_fail(error, HRM_FAILED, "no memory to repeat a pass");
    int status = open_votes(repeat, request->pass, error);
    if (status == HRM_OK)
        status = find_backend(repeat, request->backend, error);
    if (status == HRM_OK)
        status = find_weights(repeat, request, error);
    if (status == HRM_OK)
        status = run_again(repeat, request, error);
    if (status == HRM_OK)
        status = print(repeat, request, error);
    solve_ensemble_free(&repeat->ensemble);
    hrm_votes_close(&repeat->votes, NULL);
    free(repeat->item);
    free(repeat->text);
    free(repeat->stored);
    free(repeat->again);
    free(repeat);
    return status;
}
