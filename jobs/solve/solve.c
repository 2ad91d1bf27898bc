#include "core/compute/backend.h"
#include "core/sudoku/solver.h"
#include "core/vote/rules.h"
#include "jobs/cli/cli.h"
#include "jobs/cli/console.h"
#include "jobs/cli/threads.h"
#include "jobs/eval/eval_options.h"
#include "jobs/jobs.h"
#include "jobs/solve/solve_ensemble.h"
#include "jobs/solve/solve_pass.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct solve_options {
    char checkpoints[HRM_OPTION_TEXT], file[HRM_OPTION_TEXT], pass[HRM_OPTION_TEXT];
    int last;
    char perturbations[HRM_OPTION_TEXT];
    int64_t seed;
    int segments, threads;
    bool all, trace, plain, json;
    char backend[HRM_OPTION_TEXT];
};

#define ROW(key, type, fallback, help, minimum, maximum)                                           \
    {                                                                                              \
#key, HRM_OPTION_##type, offsetof(struct solve_options, key), fallback, NULL, help,        \
            minimum, maximum                                                                       \
    }
static const struct hrm_option SOLVE[] = {
    ROW(checkpoints, TEXT, "",
        "files, and folders of training runs, separated by commas; none: the models that come with "
        "the program",
        0, 0),
    ROW(last, INT, "10", "of a folder, only the last so many of each replica of a run; 0: all", 0,
        INT_MAX),
    ROW(file, TEXT, "", "text or CSV file with a puzzle a line; -: the standard input", 0, 0),
    ROW(pass, TEXT, "",
        "repeat one pass of a votes file instead and compare it with what is stored: FILE:N or "
        "FILE:CHECKPOINT,PERTURBATION,PUZZLE, counted from 0",
        0, 0),
    ROW(perturbations, TEXT, "auto", "as of hrmpi eval", 0, 0),
    ROW(seed, INT64, "0", "of random perturbations", 0, INFINITY),
    ROW(segments, INT, "16", "of a pass", 1, 65535),
    ROW(threads, INT, "0", "0: the CPUs that this process may use", 0, HRM_THREADS_MAX),
    ROW(all, FLAG, "false", "run every pass to its end, also when a grid is proven right before", 0,
        0),
    ROW(trace, FLAG, "false", "print the grid after every segment of the first pass", 0, 0),
    ROW(plain, FLAG, "false", "print 81 characters a puzzle and nothing else", 0, 0),
    ROW(json, FLAG, "false", "print JSON", 0, 0),
    ROW(backend, TEXT, "auto", "auto, or one of those that `hrmpi info` lists", 0, 0),
};

/// The answer to a puzzle and where it comes from.
struct answer {
    struct hrm_board grid;
    bool certified;
    const char *rule;
    int votes, halted, passes; ///< passes with this grid, those of them that halted, all
    double confidence;         ///< sigmoid of the mean q_halt of the passes with this grid
    int64_t segments;          ///< run for this puzzle
    enum hrm_solutions solutions;
};

// --- the answer ----------------------------------------------------------------------------------

static struct answer conclude(const struct hrm_ballot *ballot)
{
    const struct hrm_candidate *chosen = hrm_rule_choose(ballot, HRM_RULE_VALID_FIRST);
    struct answer answer = {.rule = "valid-first", .passes = ballot->passes};
    if (!chosen) {
        chosen = hrm_rule_choose(ballot, HRM_RULE_HALTED_VOTE);
        answer.rule = "halted-vote";
    }
    if (!chosen) {
        chosen = hrm_rule_choose(ballot, HRM_RULE_PLURALITY);
        answer.rule = chosen->votes > 1 ? "plurality" : "best q_halt";
    }
    hrm_grid_unpack(chosen->grid, &answer.grid);
    answer.certified = chosen->certified;
    answer.votes = chosen->votes;
    answer.halted = chosen->halted;
    answer.confidence = hrm_ballot_sigmoid(chosen->q_sum / chosen->votes);
    return answer;
}

static int answer_of(const struct solve_outcome *outcome, const struct hrm_board *question, int i,
                     struct answer *answer, struct hrm_error *error)
{
    struct hrm_passes passes = {outcome->passes + (ptrdiff_t)i * outcome->most, 1, outcome->run[i],
                                1};
    struct hrm_selection selection = {0};
    struct hrm_ballot ballot = {0};
    int status = hrm_selection_init(&selection, "", "", (int[]){1, outcome->run[i]}, 0, error);
    if (status == HRM_OK)
        status = hrm_ballot_init(&ballot, outcome->run[i], error);
    if (status == HRM_OK) {
        hrm_ballot_fill(&ballot, &passes, &selection, question);
        *answer = conclude(&ballot);
        for (int t = 0; t < outcome->run[i]; t++)
            answer->segments += passes.first[t].segments;
        answer->solutions = hrm_board_solve(question, NULL);
    }
    hrm_ballot_free(&ballot);
    hrm_selection_free(&selection);
    return status;
}

// --- printing ------------------------------------------------------------------------------------

static const char *solutions_name(enum hrm_solutions solutions)
{
    return solutions == HRM_SOLUTIONS_NONE  ? "none"
           : solutions == HRM_SOLUTIONS_ONE ? "one"
                                            : "several";
}

static void warn(const struct answer *answer, int number)
{
    if (answer->solutions == HRM_SOLUTIONS_NONE)
        hrm_console_warn("puzzle %d has no solution", number);
    if (answer->solutions == HRM_SOLUTIONS_SEVERAL)
        hrm_console_warn("puzzle %d has several solutions; this is at most one of them", number);
}

static void print_pretty(const struct answer *answer, const struct hrm_board *question)
{
    char text[HRM_BOARD_PRETTY];
    int changed = 0;
    for (int i = 0; i < HRM_CELLS; i++)
        changed += question->cell[i] && question->cell[i] != answer->grid.cell[i];
    hrm_board_pretty(&answer->grid, text);
    hrm_console_print("%s", text);
    if (answer->certified)
        hrm_console_print("certified: the givens are kept and no rule is broken\n");
    else
        hrm_console_print("not certified: %d repeated digits, %d givens changed\n",
                          hrm_board_conflicts(&answer->grid), changed);
    hrm_console_print("confidence %.4f, rule %s, %d of %d passes gave this grid (%d halted), %lld "
                      "segments\n\n",
                      answer->confidence, answer->rule, answer->votes, answer->passes,
                      answer->halted, (long long)answer->segments);
}

static json_t *json_of(const struct answer *answer, const struct hrm_board *question)
{
    char asked[HRM_CELLS + 1], grid[HRM_CELLS + 1];
    hrm_board_format(question, asked);
    hrm_board_format(&answer->grid, grid);
    return json_pack("{s:s, s:s, s:b, s:s, s:f, s:i, s:i, s:i, s:i, s:I, s:s}", "question", asked,
                     "grid", grid, "certified", answer->certified, "rule", answer->rule,
                     "confidence", answer->confidence, "votes", answer->votes, "halted",
                     answer->halted, "passes", answer->passes, "conflicts",
                     hrm_board_conflicts(&answer->grid), "segments", (json_int_t)answer->segments,
                     "solutions", solutions_name(answer->solutions));
}

static int print_answers(const struct solve_options *options, const struct solve_puzzles *puzzles,
                         const struct solve_outcome *outcome, struct hrm_error *error)
{
    json_t *array = json_array();
    int status = HRM_OK;
    for (int i = 0; i < puzzles->count && status == HRM_OK; i++) {
        struct answer answer;
        char text[HRM_CELLS + 1];
        status = answer_of(outcome, &puzzles->boards[i], i, &answer, error);
        if (status)
            break;
        warn(&answer, i + 1);
        hrm_board_format(&answer.grid, text);
        if (options->json)
            json_array_append_new(array, json_of(&answer, &puzzles->boards[i]));
        else if (options->plain)
            hrm_console_print("%s\n", text);
        else
            print_pretty(&answer, &puzzles->boards[i]);
    }
    if (status == HRM_OK && options->json && !hrm_console_is_quiet()) {
        if (json_dumpf(array, stdout, JSON_INDENT(2)) != 0)
            status = hrm_fail(error, HRM_FAILED, "cannot write JSON");
        putchar('\n');
    }
    json_decref(array);
    return status;
}

static void print_segment(void *user, const struct hrm_glimpse *glimpse)
{
    char text[HRM_CELLS + 1];
    (void)user;
    hrm_board_format(glimpse->grid, text);
    hrm_console_print("puzzle %-3d segment %-3d %s  %3d repeated, q_halt %7.3f\n", glimpse->job + 1,
                      glimpse->segment, text, hrm_board_conflicts(glimpse->grid),
                      (double)glimpse->q_halt);
}

// --- the job -------------------------------------------------------------------------------------

static int gather_puzzles(const struct solve_options *options, const struct hrm_cli *cli,
                          struct solve_puzzles *puzzles, struct hrm_error *error)
{
    int status = HRM_OK;
    for (int i = 0; i < cli->argc && status == HRM_OK; i++)
        status = strcmp(cli->argv[i], "-") == 0 ? solve_puzzles_read(puzzles, "-", error)
                                                : solve_puzzles_add(puzzles, cli->argv[i], error);
    if (status == HRM_OK && *options->file)
        status = solve_puzzles_read(puzzles, options->file, error);
    if (status || puzzles->count > 0)
        return status;
    hrm_fail(error, HRM_USAGE, "no puzzle was given");
    return hrm_hint(error, "type 81 characters, or name a file with --file");
}

static int solve(struct solve_options *options, const struct hrm_cli *cli, struct hrm_error *error)
{
    struct solve_puzzles puzzles = {0};
    struct checkpoint_list list = {0};
    struct solve_ensemble ensemble = {0};
    struct solve_outcome outcome = {0};
    struct hrm_perturbations perturbations;
    const struct hrm_backend *backend = hrm_backend_find(options->backend);
    int status = gather_puzzles(options, cli, &puzzles, error);
    if (status == HRM_OK)
        status = eval_options_perturbations(options->perturbations, options->seed, NULL,
                                            &perturbations, error);
    if (status == HRM_OK && !backend) {
        status = hrm_fail(error, HRM_USAGE, "there is no backend '%s' here", options->backend);
        hrm_hint(error, "'hrmpi info' lists those that this machine can run");
    }
    if (status == HRM_OK)
        status = checkpoint_list_gather(&list, options->checkpoints, NULL, 0, options->last, error);
    if (status == HRM_OK)
        status = solve_ensemble_load(&ensemble, &list, backend, error);
    if (status == HRM_OK)
        status = eval_options_perturbations(options->perturbations, options->seed,
                                            &ensemble.models[0].config, &perturbations, error);
    if (status == HRM_OK) {
        struct solve_task task = {.perturbations = &perturbations,
                                  .seed = (uint64_t)options->seed,
                                  .segments = options->segments,
                                  .threads =
                                      options->threads ? options->threads : hrm_threads_usable(1),
                                  .all = options->all,
                                  .watch = options->trace ? print_segment : NULL};
        status = solve_ensemble_run(&ensemble, &puzzles, &task, &outcome, error);
    }
    if (status == HRM_OK)
        status = print_answers(options, &puzzles, &outcome, error);
    solve_outcome_free(&outcome);
    solve_ensemble_free(&ensemble);
    checkpoint_list_free(&list);
    solve_puzzles_free(&puzzles);
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
    struct hrm_option_section section = {"solve", SOLVE, (int)(sizeof SOLVE / sizeof *SOLVE),
                                         &options};
    struct hrm_cli cli = {
        .name = "solve",
        .summary = "Solve Sudoku puzzles with checkpoints",
        .description =
            "A grid that keeps the givens and breaks no rule is certified, and taken at once "
            "(valid-first). Without one the answer is the most frequent grid of the passes that "
            "halted, else of all passes, else the one with the best q_halt.\n\n"
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
