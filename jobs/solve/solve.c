#include "core/compute/backend.h"
#include "jobs/cli/cli.h"
#include "jobs/cli/console.h"
#include "jobs/cli/threads.h"
#include "jobs/eval/eval_options.h"
#include "jobs/jobs.h"
#include "jobs/solve/solve_answer.h"
#include "jobs/solve/solve_ensemble.h"
#include "jobs/solve/solve_pass.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct solve_options {
    char checkpoints[HRM_OPTION_TEXT], file[HRM_OPTION_TEXT], pass[HRM_OPTION_TEXT];
    int last;
    char perturbations[HRM_OPTION_TEXT];
    int64_t seed;
    int segments, threads;
    bool anyway, all, trace, plain, json;
    char backend[HRM_OPTION_TEXT];
};

#define ROW(key, type, fallback, help, minimum, maximum, role, since)                              \
    {                                                                                              \
#key, HRM_OPTION_##type, offsetof(struct solve_options, key), fallback, NULL, help,        \
            minimum, maximum, HRM_ROLE_##role, since                                               \
    }
static const struct hrm_option SOLVE[] = {
    ROW(checkpoints, TEXT, "",
        "checkpoint files, or folders of training runs, separated by commas. Quote a path that "
        "holds a comma: \"'a,b',c\". None: the bundled models",
        0, 0, SOURCE, 0),
    ROW(last, INT, "10",
        "take only the last so many checkpoints of each replica in a folder; 0: all; 10 are enough "
        "for one puzzle",
        0, INT_MAX, SOURCE, 0),
    ROW(file, TEXT, "",
        "read puzzles from this file: text, CSV, JSON, gzip of these, or a compiled set; -: the "
        "standard input",
        0, 0, SOURCE, 0),
    ROW(pass, TEXT, "",
        "repeat one pass of a votes file instead and compare it with what is stored: FILE:N or "
        "FILE:CHECKPOINT,PERTURBATION,PUZZLE, counted from 0",
        0, 0, SOURCE, 0),
    ROW(perturbations, TEXT, "auto", "the variations to try, as in hrmpi eval", 0, 0, PASS, 0),
    ROW(seed, INT64, "0", "seed of random perturbations", 0, INFINITY, PASS, 0),
    ROW(segments, INT, "16", "segments that a pass runs, at most", 1, 65535, PASS, 0),
    ROW(threads, INT, "0", "threads; 0: as many as this process may use CPUs", 0, HRM_THREADS_MAX,
        BOOKKEEPING, 0),
    ROW(anyway, FLAG, "false", "run the model also on puzzles that have no solution, or several", 0,
        0, RESULT, 0),
    ROW(all, FLAG, "false", "run every pass to its end, also when an answer is proved right before",
        0, 0, RESULT, 0),
    ROW(trace, FLAG, "false", "print the answer after every segment of the first pass", 0, 0,
        RESULT, 0),
    ROW(plain, FLAG, "false",
        "print one line for each puzzle. \"not-certified\" follows an answer that is not proved "
        "right; \"no-solution\" or \"several-solutions\" follows a question that was not run",
        0, 0, RESULT, 0),
    ROW(json, FLAG, "false", "print JSON", 0, 0, RESULT, 0),
    ROW(backend, TEXT, "auto", "auto, or one of those that `hrmpi info` lists", 0, 0, SOURCE, 0),
};

/// Puzzles, what is known of each, and what the model says of those that it is run on.
struct solving {
    const struct solve_options *options;
    struct checkpoint_list list;
    struct solve_ensemble ensemble;
    struct solve_puzzles puzzles;
    struct solve_answer *answers; ///< [puzzles.count]
    struct solve_puzzles run;     ///< those that the model is run on
    int *place;                   ///< [run.count] among all
    struct solve_outcome outcome; ///< of these
};

static void free_solving(struct solving *solving)
{
    solve_outcome_free(&solving->outcome);
    solve_ensemble_free(&solving->ensemble);
    checkpoint_list_free(&solving->list);
    solve_puzzles_free(&solving->run);
    solve_puzzles_free(&solving->puzzles);
    free(solving->answers);
    free(solving->place);
}

// --- before --------------------------------------------------------------------------------------

/// Which models: they decide the task.
static int find_models(struct solving *solving, struct hrm_error *error)
{
    const struct solve_options *options = solving->options;
    const struct hrm_backend *backend = hrm_backend_find(options->backend);
    if (!backend) {
        hrm_fail(error, HRM_USAGE, "there is no backend '%s' here", options->backend);
        return hrm_hint(error, "'hrmpi info' lists those that this machine can run");
    }
    int status =
        checkpoint_list_gather(&solving->list, options->checkpoints, NULL, 0, options->last, error);
    if (status == HRM_OK)
        status = solve_ensemble_open(&solving->ensemble, &solving->list, backend, error);
    solving->puzzles.task = solving->run.task = solving->ensemble.task;
    return status;
}

static int gather_puzzles(const struct solve_options *options, const struct hrm_cli *cli,
                          struct solve_puzzles *puzzles, struct hrm_error *error)
{
    int status = HRM_OK;
    for (int i = 0; i < cli->argc && status == HRM_OK; i++)
        status = strcmp(cli->argv[i], "-") == 0
                     ? solve_puzzles_read(puzzles, "-", error)
                     : solve_puzzles_add(puzzles, cli->argv[i], i + 1, error);
    if (status == HRM_OK && *options->file)
        status = solve_puzzles_read(puzzles, options->file, error);
    return status;
}

static int need_puzzles(const struct solve_options *options, const struct hrm_cli *cli,
                        struct hrm_error *error)
{
    if (cli->argc > 0 || *options->file)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "no puzzle was given");
    return hrm_hint(error, "type the cells of a puzzle row by row, or name a file with --file");
}

/// The exact solver looks at every puzzle; the model is run on those with one solution.
static int judge_all(struct solving *solving, struct hrm_error *error)
{
    const struct solve_puzzles *puzzles = &solving->puzzles;
    int status = HRM_OK;
    solving->answers = calloc((size_t)puzzles->count, sizeof *solving->answers);
    solving->place = calloc((size_t)puzzles->count, sizeof *solving->place);
    if (!solving->answers || !solving->place)
        return hrm_fail(error, HRM_FAILED, "no memory for %d answers", puzzles->count);
#pragma omp parallel for schedule(dynamic) if (puzzles->count > 1)
    for (int i = 0; i < puzzles->count; i++)
        solving->answers[i].verdict = solve_judge(&puzzles->task, solve_puzzles_at(puzzles, i));
    for (int i = 0; i < puzzles->count && status == HRM_OK; i++) {
        const struct solve_verdict *verdict = &solving->answers[i].verdict;
        bool runs = solving->options->anyway || !solve_verdict_is_bad(verdict);
        solve_verdict_warn(verdict, i + 1, runs);
        if (!runs)
            continue;
        solving->place[solving->run.count] = i;
        status = solve_puzzles_append(&solving->run, solve_puzzles_at(puzzles, i), error);
    }
    return status;
}

// --- after ---------------------------------------------------------------------------------------

static int conclude(struct solving *solving, struct hrm_error *error)
{
    int status = HRM_OK;
    for (int i = 0; i < solving->run.count && status == HRM_OK; i++)
        status =
            solve_answer_make(&solving->outcome, i, &solving->answers[solving->place[i]], error);
    return status;
}

static int print_json(const struct solving *solving, char *text, struct hrm_error *error)
{
    json_t *array = json_array();
    int status = HRM_OK;
    for (int i = 0; i < solving->puzzles.count; i++)
        json_array_append_new(array,
                              solve_answer_json(&solving->answers[i], &solving->puzzles.task,
                                                solve_puzzles_at(&solving->puzzles, i), text));
    if (!hrm_console_is_quiet()) {
        if (json_dumpf(array, stdout, JSON_INDENT(2)) != 0)
            status = hrm_fail(error, HRM_FAILED, "cannot write JSON");
        putchar('\n');
    }
    json_decref(array);
    return status;
}

/// HRM_UNSOLVED when not all answers are certified.
static int check_answers(const struct solving *solving, struct hrm_error *error)
{
    int count = solving->puzzles.count, solved = 0;
    for (int i = 0; i < count; i++)
        solved += solving->answers[i].certified;
    if (solved == count)
        return HRM_OK;
    return hrm_fail(error, HRM_UNSOLVED, "%d of %d puzzle%s not solved: no certified answer",
                    count - solved, count, count == 1 ? "" : "s");
}

static int print_answers(const struct solving *solving, struct hrm_error *error)
{
    const struct solve_options *options = solving->options;
    const struct solve_puzzles *puzzles = &solving->puzzles;
    char *text = calloc(1, solve_text_bytes(&puzzles->task));
    if (!text)
        return hrm_fail(error, HRM_FAILED, "no memory for an answer");
    int status = options->json ? print_json(solving, text, error) : HRM_OK;
    for (int i = 0; i < puzzles->count && !options->json; i++) {
        const void *item = solve_puzzles_at(puzzles, i);
        if (options->plain)
            solve_answer_print_plain(&solving->answers[i], &puzzles->task, item, text);
        else
            solve_answer_print_pretty(&solving->answers[i], &puzzles->task, item, text);
    }
    free(text);
    return status ? status : check_answers(solving, error);
}

/// @param user  [in] the number of each puzzle, or NULL
static void print_segment(void *user, const struct hrm_runner_outcome *outcome)
{
    const struct hrm_task *task = outcome->task;
    const int *place = user;
    struct hrm_verdict verdict;
    char *text = calloc(1, (size_t)task->shape.text_bytes);
    if (!text)
        return;
    task->kind->answer_text(task, outcome->item, outcome->answer, text);
    task->kind->judge(task, outcome->item, outcome->answer, &verdict);
    hrm_console_print("puzzle %-3d segment %-3d %s  %3d %s, q_halt %7.3f\n",
                      (place ? place[outcome->place.job] : outcome->place.job) + 1,
                      outcome->place.segment, text, verdict.defects, task->kind->defects,
                      (double)outcome->q_halt);
    free(text);
}

// --- the job -------------------------------------------------------------------------------------

/// Load the models and run them.
static int run_models(struct solving *solving, struct hrm_error *error)
{
    const struct solve_options *options = solving->options;
    struct solve_ensemble *ensemble = &solving->ensemble;
    struct hrm_perturbations perturbations;
    int status = eval_options_perturbations(options->perturbations, options->seed, &ensemble->task,
                                            &ensemble->config, &perturbations, error);
    if (status == HRM_OK) {
        int threads = options->threads ? options->threads : hrm_threads_usable(1);
        struct solve_task task = {.perturbations = &perturbations,
                                  .seed = (uint64_t)options->seed,
                                  .segments = options->segments,
                                  .threads = threads,
                                  .all = options->all,
                                  .watch = options->trace ? print_segment : NULL,
                                  .user = solving->place};
        status = solve_ensemble_run(ensemble, &solving->run, &task, &solving->outcome, error);
    }
    return status;
}

static int solve(struct solve_options *options, const struct hrm_cli *cli, struct hrm_error *error)
{
    struct solving solving = {.options = options};
    int status = need_puzzles(options, cli, error);
    // Puzzles that no model is run on need none: they are taken for those of the default task.
    struct hrm_error missing = {0};
    if (status == HRM_OK && find_models(&solving, &missing) != HRM_OK) {
        hrm_task_default(&solving.puzzles.task, hrm_task_kinds[0]);
        solving.run.task = solving.puzzles.task;
    }
    if (status == HRM_OK)
        status = gather_puzzles(options, cli, &solving.puzzles, error);
    if (status != HRM_OK && missing.status && *options->checkpoints) {
        *error = missing; // what the puzzles are is not known
        status = missing.status;
    }
    if (status == HRM_OK)
        status = judge_all(&solving, error);
    if (status == HRM_OK && solving.run.count > 0 && missing.status) {
        *error = missing;
        status = missing.status;
    }
    if (status == HRM_OK && solving.run.count > 0)
        status = run_models(&solving, error);
    if (status == HRM_OK)
        status = conclude(&solving, error);
    if (status == HRM_OK)
        status = print_answers(&solving, error);
    free_solving(&solving);
    return status;
}

/// --pass takes all else from the votes file.
static int repeat_pass(const struct solve_options *options, const struct hrm_cli *cli,
                       struct hrm_error *error)
{
    if (cli->argc > 0 || *options->file) {
        hrm_fail(error, HRM_USAGE, "--pass takes its puzzle from the votes file");
        return hrm_hint(error, "leave out the puzzles, or --pass");
    }
    struct solve_pass_request request = {.pass = options->pass,
                                         .checkpoints = options->checkpoints,
                                         .last = options->last,
                                         .backend = options->backend,
                                         .plain = options->plain,
                                         .json = options->json,
                                         .watch = options->trace ? print_segment : NULL};
    return solve_pass(&request, error);
}

int hrm_job_solve(int argc, char **argv)
{
    struct solve_options options;
    struct hrm_option_section section = HRM_OPTION_SECTION("solve", SOLVE, &options);
    struct hrm_cli cli = {
        .name = "solve",
        .summary = "Solve puzzles with checkpoints",
        .description =
            "An answer that keeps the question and breaks no rule is certified, and taken at once "
            "(valid-first). Without one it is the most frequent answer of the passes that halted, "
            "else of all passes; of equally frequent ones the one with the best q_halt, the "
            "model's own score for stopping. Code 5 says that some puzzle has no certified "
            "answer.\n\n"
            "The checkpoints decide what the puzzles are. Before Sudoku 9x9 an exact solver checks "
            "every puzzle: where there is no solution, or several, the model is run only with "
            "--anyway. A question of another task must have an answer.\n\n"
            "A file of another task than Sudoku 9x9 has a question a line, or is a table whose "
            "header names a column question, plain or gzip. One of Sudoku 9x9 holds 81 characters "
            "a puzzle, nine lines of nine (also .sdk, .sdm, .ss, .sdx), "
            "a table whose header names a column question (or puzzle, quizzes, board), lists in "
            "JSON, or what solve itself prints; all of it also in gzip. Blanks are . 0 _ * x X or "
            "-. A line that is not understood is an error.\n\n"
            "--pass runs one pass of an evaluation again, alone, with the weights, perturbation, "
            "seed, segments and backend of the votes file, and says whether the outcome is what is "
            "stored there, bit for bit; code 1 when it is not, though the backend is the same.",
        .arguments = "[PUZZLE...|-]",
        .examples =
            "hrmpi solve --checkpoints runs/small "
            "7.....8....2..5....3..6..9..7.6....1...1.3.7.....7.9.....4.2....9..3..1..2..1643.\n"
            "hrmpi solve --checkpoints a.h5,b.h5 --file puzzles.txt --plain\n"
            "hrmpi solve --pass votes.h5:0,3,17\n",
        .sections = &section,
        .section_count = 1};
    struct hrm_error error = {0};
    if (hrm_cli_parse(&cli, argc, argv, &error))
        return hrm_console_error(&error);
    if (cli.done)
        return HRM_OK;
    int status =
        *options.pass ? repeat_pass(&options, &cli, &error) : solve(&options, &cli, &error);
    return status ? hrm_console_error(&error) : HRM_OK;
}
