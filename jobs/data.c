#include "build_info.h"
#include "core/base/word.h"
#include "core/file/puzzle_file.h"
#include "core/sudoku/puzzles.h"
#include "core/sudoku/solver.h"
#include "jobs/cli.h"
#include "jobs/console.h"
#include "jobs/data_summary.h"
#include "jobs/jobs.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct data_options {
    int min_rating, max_rating;
    int64_t first, subset, seed;
    int threads;
    bool json;
};

#define FIELD(name) offsetof(struct data_options, name)
static const struct hrm_option OPTIONS[] = {
    {"min_rating", HRM_OPTION_INT, FIELD(min_rating), "0", NULL,
     "only puzzles of this rating or more", 0, INT_MAX},
    {"max_rating", HRM_OPTION_INT, FIELD(max_rating), "2147483647", NULL,
     "only puzzles of this rating or less", 0, INT_MAX},
    {"first", HRM_OPTION_INT64, FIELD(first), "0", NULL,
     "then only so many from the beginning (0: all)", 0, INFINITY},
    {"subset", HRM_OPTION_INT64, FIELD(subset), "0", NULL,
     "then only so many, drawn at random and kept in order (0: all)", 0, INFINITY},
    {"seed", HRM_OPTION_INT64, FIELD(seed), "0", NULL, "what --subset draws from", 0, INFINITY},
    {"threads", HRM_OPTION_INT, FIELD(threads), "0", NULL, "of check (0: all that are usable)", 0,
     1024},
    {"json", HRM_OPTION_FLAG, FIELD(json), "false", NULL, "summarize and check print JSON", 0, 0},
};

struct action {
    const char *name;
    int files; ///< that it takes
    int (*run)(const struct data_options *options, char **files, struct hrm_error *error);
};

// --- reading what was asked for ---------------------------------------------------------------

static int select_puzzles(const struct data_options *options, const char *path,
                          struct hrm_puzzles *puzzles, struct hrm_error *error)
{
    hrm_puzzles_filter(puzzles, options->min_rating, options->max_rating);
    if (options->first > 0)
        hrm_puzzles_truncate(puzzles, options->first);
    if (options->subset > 0)
        hrm_puzzles_subset(puzzles, options->subset, (uint64_t)options->seed);
    if (puzzles->count > 0)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "%s: no puzzle has a rating of %d to %d", path, options->min_rating,
             options->max_rating);
    return hrm_hint(error, "'hrmpi data summarize' tells how the ratings are spread");
}

static int read_puzzles(const struct data_options *options, const char *path,
                        struct hrm_puzzles *puzzles, struct hrm_error *error)
{
    int status = hrm_puzzles_open(path, puzzles, error);
    if (status == HRM_OK)
        status = select_puzzles(options, path, puzzles, error);
    return status;
}

// --- convert ----------------------------------------------------------------------------------

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t size = strlen(end);
    return length > size && strcmp(text + length - size, end) == 0;
}

static int write_puzzles(const char *path, const struct hrm_puzzles *puzzles, const char *from,
                         struct hrm_error *error)
{
    if (ends_in(path, ".h5") || ends_in(path, ".hdf5"))
        return hrm_puzzle_file_write(path, puzzles, "hrmpi " HRM_VERSION, from, error);
    if (ends_in(path, ".csv") || ends_in(path, ".csv.gz"))
        return hrm_puzzles_write(path, puzzles, error);
    hrm_fail(error, HRM_USAGE, "%s: the form to write is not clear from the name", path);
    return hrm_hint(error, "let the name end in .csv, .csv.gz or .h5");
}

static int convert(const struct data_options *options, char **files, struct hrm_error *error)
{
    struct hrm_puzzles puzzles = {0};
    int status = read_puzzles(options, files[0], &puzzles, error);
    if (status == HRM_OK)
        status = write_puzzles(files[1], &puzzles, files[0], error);
    if (status == HRM_OK)
        hrm_console_print("%s: %lld puzzles, hash %016" PRIx64 "\n", files[1],
                          (long long)puzzles.count, puzzles.hash);
    hrm_puzzles_free(&puzzles);
    return status;
}

// --- check ------------------------------------------------------------------------------------

#define CHUNK 4096 // puzzles between two looks at the clock
#define SHOWN 10   // faulty puzzles that are listed

enum verdict { SOUND, UNSOLVABLE, AMBIGUOUS, OTHER_ANSWER, VERDICTS };

static const char *const VERDICT_NAMES[VERDICTS] = {"sound", "no solution", "several solutions",
                                                    "another solution"};

static enum verdict judge(const struct hrm_puzzles *puzzles, int64_t row)
{
    struct hrm_puzzle puzzle = hrm_puzzles_get(puzzles, row);
    struct hrm_board solution;
    switch (hrm_board_solve(&puzzle.question, &solution)) {
    case HRM_SOLUTIONS_NONE:
        return UNSOLVABLE;
    case HRM_SOLUTIONS_SEVERAL:
        return AMBIGUOUS;
    default:
        return memcmp(&solution, &puzzle.answer, sizeof solution) == 0 ? SOUND : OTHER_ANSWER;
    }
}

static void judge_all(const struct hrm_puzzles *puzzles, int threads, uint8_t *verdicts)
{
    struct hrm_progress progress;
    hrm_progress_begin(&progress, "check", "puzzles", puzzles->count, 0);
    for (int64_t start = 0; start < puzzles->count; start += CHUNK) {
        int64_t end = start + CHUNK < puzzles->count ? start + CHUNK : puzzles->count;
#pragma omp parallel for schedule(dynamic, 64) num_threads(threads)
        for (int64_t row = start; row < end; row++)
            verdicts[row] = (uint8_t)judge(puzzles, row);
        hrm_progress_update(&progress, end, NULL);
    }
    hrm_progress_end(&progress);
}

static void print_verdicts(const struct data_options *options, const char *path,
                           const struct hrm_puzzles *puzzles, const uint8_t *verdicts,
                           const int64_t counts[VERDICTS])
{
    if (options->json) {
        json_t *facts =
            json_pack("{s:s, s:I}", "file", path, "puzzles", (json_int_t)puzzles->count);
        for (int verdict = 0; verdict < VERDICTS; verdict++)
            json_object_set_new(facts, VERDICT_NAMES[verdict], json_integer(counts[verdict]));
        data_print_json(facts);
        json_decref(facts);
        return;
    }
    int shown = 0;
    for (int64_t row = 0; row < puzzles->count && shown < SHOWN; row++) {
        if (verdicts[row] == SOUND)
            continue;
        struct hrm_puzzle puzzle = hrm_puzzles_get(puzzles, row);
        char text[HRM_CELLS + 1];
        hrm_board_format(&puzzle.question, text);
        hrm_console_print("puzzle %lld: %s: %s\n", (long long)row + 1, VERDICT_NAMES[verdicts[row]],
                          text);
        shown++;
    }
    for (int verdict = 0; verdict < VERDICTS; verdict++)
        hrm_console_print("%-26s %9lld\n", VERDICT_NAMES[verdict], (long long)counts[verdict]);
}

static int check(const struct data_options *options, char **files, struct hrm_error *error)
{
    struct hrm_puzzles puzzles = {0};
    uint8_t *verdicts = NULL;
    int64_t counts[VERDICTS] = {0};
    double start = hrm_seconds();
    int status = read_puzzles(options, files[0], &puzzles, error);
    if (status != HRM_OK)
        goto done;
    verdicts = malloc((size_t)puzzles.count);
    if (verdicts == NULL) {
        status = hrm_fail(error, HRM_FAILED, "out of memory");
        goto done;
    }
    int threads = options->threads > 0 ? options->threads : omp_get_num_procs();
    judge_all(&puzzles, threads, verdicts);
    for (int64_t row = 0; row < puzzles.count; row++)
        counts[verdicts[row]]++;
    print_verdicts(options, files[0], &puzzles, verdicts, counts);
    if (counts[SOUND] < puzzles.count)
        status =
            hrm_fail(error, HRM_DATA, "%s: %lld of %lld puzzles do not have one solution", files[0],
                     (long long)(puzzles.count - counts[SOUND]), (long long)puzzles.count);
    else if (!options->json)
        hrm_console_print("every puzzle is sound; %.1f s\n", hrm_seconds() - start);
done:
    free(verdicts);
    hrm_puzzles_free(&puzzles);
    return status;
}

// --- summarize --------------------------------------------------------------------------------

static int summarize(const struct data_options *options, char **files, struct hrm_error *error)
{
    struct hrm_puzzles puzzles = {0};
    int status = read_puzzles(options, files[0], &puzzles, error);
    json_t *summary = status == HRM_OK ? data_summary(files[0], &puzzles) : NULL;
    if (status == HRM_OK && summary == NULL)
        status = hrm_fail(error, HRM_FAILED, "out of memory, or the path is no UTF-8 text");
    if (status == HRM_OK && options->json)
        data_print_json(summary);
    else if (status == HRM_OK)
        data_summary_print(summary);
    json_decref(summary);
    hrm_puzzles_free(&puzzles);
    return status;
}

// --- the job ----------------------------------------------------------------------------------

static const struct action ACTIONS[] = {
    {"convert", 2, convert}, {"check", 1, check}, {"summarize", 1, summarize}};
#define ACTION_COUNT ((int)(sizeof ACTIONS / sizeof *ACTIONS))

static const struct action *find_action(const struct hrm_cli *cli, struct hrm_error *error)
{
    const char *names[ACTION_COUNT];
    for (int i = 0; i < ACTION_COUNT; i++) {
        names[i] = ACTIONS[i].name;
        if (cli->argc == 0 || strcmp(cli->argv[0], names[i]) != 0)
            continue;
        if (cli->argc == ACTIONS[i].files + 1)
            return &ACTIONS[i];
        hrm_fail(error, HRM_USAGE, "data %s takes %d file%s, %d given", names[i], ACTIONS[i].files,
                 ACTIONS[i].files > 1 ? "s" : "", cli->argc - 1);
        hrm_hint(error, "see 'hrmpi data --help'");
        return NULL;
    }
    const char *word = cli->argc > 0 ? cli->argv[0] : "";
    const char *nearest = cli->argc > 0 ? hrm_nearest_word(word, names, ACTION_COUNT) : NULL;
    hrm_fail(error, HRM_USAGE, "data: wanted convert, check or summarize, found '%s'", word);
    if (nearest != NULL)
        hrm_hint(error, "did you mean 'hrmpi data %s'?", nearest);
    else
        hrm_hint(error, "see 'hrmpi data --help'");
    return NULL;
}

int hrm_job_data(int argc, char **argv)
{
    struct data_options options;
    struct hrm_option_section sections[] = {
        {"data", OPTIONS, (int)(sizeof OPTIONS / sizeof *OPTIONS), &options}};
    struct hrm_cli cli = {
        .name = "data",
        .summary = "Convert, check and summarize puzzle sets",
        .description =
            "convert IN OUT: write a set as .csv, .csv.gz or .h5 (compiled: opens at once).\n"
            "check FILE: whether every puzzle has one solution, which is its answer.\n"
            "summarize FILE: number, hash, clues, ratings and sources.\n\n"
            "A puzzle set is a CSV file with the header source,question,answer,rating, plain or\n"
            "gzip, such as the published files of Sudoku-Extreme, or a compiled one. The options\n"
            "that choose puzzles work with all three.",
        .arguments = "convert IN OUT | check FILE | summarize FILE",
        .examples = "hrmpi data convert test.csv test.h5\n"
                    "hrmpi data convert train.csv small.csv.gz --subset 1000 --seed 1\n"
                    "hrmpi data check test.h5\n"
                    "hrmpi data summarize test.csv --min-rating 50 --json",
        .sections = sections,
        .section_count = 1,
    };
    struct hrm_error error = {0};
    if (hrm_cli_parse(&cli, argc, argv, &error))
        return hrm_console_error(&error);
    if (cli.done)
        return HRM_OK;
    const struct action *action = find_action(&cli, &error);
    if (action == NULL || action->run(&options, cli.argv + 1, &error))
        return hrm_console_error(&error);
    return HRM_OK;
}
