#include "build_info.h"
#include "core/base/word.h"
#include "core/file/items.h"
#include "jobs/cli/bundled.h"
#include "jobs/cli/cli.h"
#include "jobs/cli/console.h"
#include "jobs/cli/output.h"
#include "jobs/cli/threads.h"
#include "jobs/data/data_actions.h"
#include "jobs/data/data_summary.h"
#include "jobs/jobs.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct action {
    const char *name;
    int files; ///< that it takes
    int (*run)(const struct data_options *options, char **files, struct hrm_error *error);
    /// The same for all but files of Sudoku 9x9; NULL: not for them.
    int (*items)(const struct data_options *options, const struct hrm_task *task, const char *name,
                 struct hrm_error *error);
    const char *takes; ///< options of it that count; NULL: not looked at
};

#define FIELD(name) offsetof(struct data_options, name)
static const struct hrm_option OPTIONS[] = {
    {"min_rating", HRM_OPTION_INT, FIELD(min_rating), "0", NULL,
     "only puzzles of this rating or more", 0, INT_MAX, HRM_ROLE_RESULT, 0},
    {"max_rating", HRM_OPTION_INT, FIELD(max_rating), "2147483647", NULL,
     "only puzzles of this rating or less", 0, INT_MAX, HRM_ROLE_RESULT, 0},
    {"first", HRM_OPTION_INT64, FIELD(first), "0", NULL,
     "then only so many from the beginning (0: all)", 0, INFINITY, HRM_ROLE_RESULT, 0},
    {"subset", HRM_OPTION_INT64, FIELD(subset), "0", NULL,
     "then only so many, drawn at random and kept in order (0: all)", 0, INFINITY, HRM_ROLE_RESULT,
     0},
    {"seed", HRM_OPTION_INT64, FIELD(seed), "0", NULL,
     "what --subset, generate and expand draw from", 0, INFINITY, HRM_ROLE_RESULT, 0},
    {"count", HRM_OPTION_INT64, FIELD(count), "0", NULL, "generate, expand: puzzles to make", 0,
     INFINITY, HRM_ROLE_RESULT, 0},
    {"output", HRM_OPTION_TEXT, FIELD(output), "", NULL, "generate, expand: the file to write", 0,
     0, HRM_ROLE_BOOKKEEPING, 0},
    {"task", HRM_OPTION_TEXT, FIELD(task), "sudoku", NULL,
     "sudoku or maze; its section below says of what size", 0, 0, HRM_ROLE_RESULT, 1},
    {"family", HRM_OPTION_TEXT, FIELD(family), "", NULL,
     "generate: one of the task's families; empty: the first", 0, 0, HRM_ROLE_RESULT, 1},
    {"split", HRM_OPTION_CHOICE, FIELD(split), "training", "training|validation|test",
     "generate, and generated sets: what for; no puzzle is made for two of them", 0, 0,
     HRM_ROLE_RESULT, 1},
    {"threads", HRM_OPTION_INT, FIELD(threads), "0", NULL,
     "threads of check; 0: all CPUs that this process may use", 0, HRM_THREADS_MAX,
     HRM_ROLE_BOOKKEEPING, 0},
    {"json", HRM_OPTION_FLAG, FIELD(json), "false", NULL, "summarize and check print JSON", 0, 0,
     HRM_ROLE_RESULT, 0},
};

// --- what was asked for -----------------------------------------------------------------------

struct hrm_puzzle_choice data_choice(const struct data_options *options)
{
    return (struct hrm_puzzle_choice){.by_rating =
                                          options->min_rating > 0 || options->max_rating < INT_MAX,
                                      .min_rating = options->min_rating,
                                      .max_rating = options->max_rating,
                                      .first = options->first,
                                      .subset = options->subset,
                                      .seed = (uint64_t)options->seed};
}

void data_path(const char *name, char path[HRM_PATH])
{
    if (!hrm_bundled_find_puzzles(name, path, HRM_PATH))
        snprintf(path, HRM_PATH, "%s", name);
}

int data_open(struct hrm_puzzle_stream *stream, const struct data_options *options,
              const char *name, struct hrm_error *error)
{
    char path[HRM_PATH];
    struct hrm_puzzle_choice choice = data_choice(options);
    data_path(name, path);
    return hrm_puzzle_stream_open(stream, path, &choice, error);
}

const char *data_published(int64_t count)
{
    static const struct {
        int64_t count;
        const char *name;
    } files[] = {{3831994, "train.csv of the dataset sapientinc/sudoku-extreme"},
                 {422786, "test.csv of the dataset sapientinc/sudoku-extreme"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (files[i].count == count)
            return files[i].name;
    }
    return NULL;
}

int data_check_output(const struct data_options *options, const char *output, const char *input,
                      struct hrm_error *error)
{
    char path[HRM_PATH];
    const char *const inputs[] = {path};
    data_path(input, path);
    int status = output_check(options->cli, output, inputs, 1, error);
    return status ? status : hrm_puzzle_sink_check(output, error);
}

struct hrm_puzzle_origin data_origin(const char *created_from)
{
    return (struct hrm_puzzle_origin){"hrmpi " HRM_VERSION, created_from};
}

int data_finish(struct hrm_puzzle_sink *sink, const char *path, int64_t count,
                struct hrm_error *error)
{
    uint64_t hash = hrm_puzzle_sink_hash(sink);
    bool sums = hrm_puzzle_sink_sums_sources(sink);
    int status = hrm_puzzle_sink_close(sink, error);
    if (status == HRM_OK && sums)
        hrm_console_warn("%s: more than %d sources; the last ones are stored as '" HRM_SOURCE_REST
                         "', a CSV file keeps all names",
                         path, HRM_SOURCES - 1);
    if (status == HRM_OK)
        hrm_console_print("%s: %lld puzzles, hash %016" PRIx64 "\n", path, (long long)count, hash);
    return status;
}

// --- convert ----------------------------------------------------------------------------------

static int copy_rows(struct hrm_puzzle_stream *stream, int64_t count, struct hrm_puzzle_sink *sink,
                     struct hrm_error *error)
{
    struct hrm_progress progress;
    struct hrm_puzzle puzzle;
    bool more = true;
    int status = HRM_OK;
    hrm_progress_begin(&progress, "convert", "puzzles", count, 0);
    while (status == HRM_OK && more) {
        status = hrm_puzzle_stream_next(stream, &puzzle, &more, error);
        if (status == HRM_OK && more)
            status = hrm_puzzle_sink_put(sink, &puzzle, error);
        if (stream->taken % 1024 == 0)
            hrm_progress_update(&progress, stream->taken, NULL);
    }
    hrm_progress_end(&progress);
    return status;
}

static int convert(const struct data_options *options, char **files, struct hrm_error *error)
{
    struct hrm_puzzle_stream stream = {0};
    struct hrm_puzzle_sink sink = {0};
    int64_t count = 0;
    int status = data_check_output(options, files[1], files[0], error);
    if (status == HRM_OK)
        status = data_open(&stream, options, files[0], error);
    if (status == HRM_OK)
        status = hrm_puzzle_stream_count(&stream, &count, error);
    struct hrm_puzzle_origin origin = data_origin(stream.path);
    if (status == HRM_OK)
        status = hrm_puzzle_sink_open(&sink, files[1], count, &origin, error);
    hrm_console_make_way(files[1]);
    if (status == HRM_OK)
        status = copy_rows(&stream, count, &sink, error);
    if (status == HRM_OK)
        status = data_finish(&sink, files[1], count, error);
    hrm_puzzle_sink_abandon(&sink);
    hrm_puzzle_stream_close(&stream);
    return status;
}

// --- summarize --------------------------------------------------------------------------------

static int summarize(const struct data_options *options, char **files, struct hrm_error *error)
{
    struct hrm_puzzle_stream stream = {0};
    json_t *summary = NULL;
    int status = data_open(&stream, options, files[0], error);
    if (status == HRM_OK)
        status = data_summary(&stream, &summary, error);
    if (status == HRM_OK && options->json)
        data_print_json(summary);
    else if (status == HRM_OK)
        data_summary_print(summary);
    json_decref(summary);
    hrm_puzzle_stream_close(&stream);
    return status;
}

// --- the job ----------------------------------------------------------------------------------

static const struct action ACTIONS[] = {
    {"convert", 2, convert, NULL, NULL},
    {"check", 1, data_check, data_check_items, NULL},
    {"summarize", 1, summarize, data_summarize_items, NULL},
    {"generate", 0, data_generate, NULL, "task family split seed count output"},
    {"expand", 1, data_expand, NULL, NULL}};
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
    hrm_fail(error, HRM_USAGE,
             "data: wanted convert, check, summarize, generate or expand, found '%s'", word);
    if (nearest != NULL)
        hrm_hint(error, "did you mean 'hrmpi data %s'?", nearest);
    else
        hrm_hint(error, "see 'hrmpi data --help'");
    return NULL;
}

/// What an option is called on the command line.
static void dashed(const char *key, char *text, size_t size)
{
    snprintf(text, size, "--%s", key);
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)) != NULL; at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/// Refuse an option of a section that was given and would do nothing.
/// @param takes  names of those that count
static int refuse_ignored(const struct hrm_option_section *section, const char *takes,
                          const char *what, struct hrm_error *error)
{
    char name[64];
    for (int i = 0; i < section->count; i++) {
        const struct hrm_option *option = &section->options[i];
        if (has_word(takes, option->key) || hrm_option_is_default(section, option))
            continue;
        dashed(option->key, name, sizeof name);
        hrm_fail(error, HRM_USAGE, "data: %s would do nothing: it is not for %s", name, what);
        return hrm_hint(error, "leave it out; 'hrmpi data --help' says what it is for");
    }
    return HRM_OK;
}

/// Options of other tasks, and those that this action has no use for.
static int check_options(const struct action *action, const struct hrm_cli *cli,
                         const struct hrm_task *task, bool generated, struct hrm_error *error)
{
    char what[64];
    const char *takes = action->takes;
    int status = HRM_OK;
    snprintf(what, sizeof what, "the task %s", task->kind->name);
    for (int s = 1; s < cli->section_count && status == HRM_OK; s++)
        if (strcmp(cli->sections[s].name, task->kind->name) != 0)
            status = refuse_ignored(&cli->sections[s], "", what, error);
    if (action->items != NULL)
        takes = generated ? "task min_rating max_rating first threads json split"
                          : "task min_rating max_rating first threads json";
    snprintf(what, sizeof what, "%s of %s", action->name,
             generated && action->items != NULL ? "generated items" : task->kind->plural);
    return status ? status : refuse_ignored(&cli->sections[0], takes, what, error);
}

/// Convert and expand read and write the files of Sudoku 9x9; so do check and summarize, which know
/// the files and generators of all tasks too.
static int run(const struct action *action, const struct data_options *options, char **files,
               struct hrm_error *error)
{
    struct hrm_task task;
    char path[HRM_PATH] = "";
    int status = hrm_task_choose(&task, options->task, &options->choice, error);
    if (status != HRM_OK)
        return status;
    if (action->files > 0)
        data_path(files[0], path);
    bool generates = action->files == 0, generated = hrm_items_are_generated(path);
    bool puzzles = !generates && hrm_items_are_puzzles(&task, path);
    if (puzzles)
        return action->run(options, files, error);
    if (generates || action->items != NULL)
        status = check_options(action, options->cli, &task, generated, error);
    if (status != HRM_OK || generates)
        return status ? status : action->run(options, files, error);
    if (action->items != NULL)
        return action->items(options, &task, path, error);
    if (generated)
        return hrm_fail(error, HRM_USAGE, "data %s reads a file, not '%s'", action->name, path);
    char text[HRM_TASK_TEXT];
    hrm_task_describe(&task, text);
    hrm_fail(error, HRM_USAGE, "data %s reads Sudoku 9x9 only, not %s", action->name, text);
    return hrm_hint(error, "data check, summarize and generate know all tasks");
}

int hrm_job_data(int argc, char **argv)
{
    struct data_options options;
    struct hrm_option_section sections[1 + HRM_TASKS_MOST] = {
        HRM_OPTION_SECTION("data", OPTIONS, &options)};
    struct hrm_cli cli = {
        .name = "data",
        .summary = "Convert, check, summarize, generate and expand puzzle sets",
        .description =
            "convert IN OUT: write a set as .csv, .csv.gz or .h5 (compiled: opens at once).\n"
            "check FILE: whether every puzzle has one solution, which is its answer; and how many "
            "rows\nare there twice. Keeps 16 bytes a puzzle. Of a maze any shortest path is an "
            "answer.\n"
            "summarize FILE: number, hash, clues, ratings and sources; of other tasks than Sudoku "
            "9x9 the\nshape and bands of ratings.\n"
            "generate --count N --output OUT: make puzzles of a task and write them as CSV, those "
            "that\ntraining makes for generate:FAMILY:N:SEED.\n"
            "--task and the size of its puzzles are for check, summarize and generate. FILE of the "
            "first two\nmay be generate:FAMILY:N:SEED. convert and expand are for "
            "Sudoku 9x9.\n"
            "expand FILE --count N --output OUT: any number of puzzles that look different, by "
            "the\n"
            "symmetries of Sudoku: those of FILE, then copies of each, round after round. No two\n"
            "are equal unless FILE has puzzles that are equivalent; a smaller N gives the same\n"
            "puzzles, only fewer. A copy keeps the rating of its puzzle.\n\n"
            "A puzzle set is a CSV file, plain or gzip, such as the published files of "
            "Sudoku-Extreme,\nor a compiled one. The header of a CSV file names a column question "
            "(or puzzle, quizzes,\nboard) and one answer (or solution), and may name rating and "
            "source; any order, capitals,\nother columns, quotes, and commas, semicolons or tabs "
            "between. A board of 9x9 has 81 characters:\n1 to 9, and . 0 _ * x - or a space for a "
            "blank. "
            "The options that choose puzzles work with\nall forms; a puzzle without a rating is in "
            "no range of ratings. FILE may also be the name\nof a bundled set: "
            "test, val, train-1k. Nothing but expand holds a set\nin memory, and expand only the "
            "one that it starts from.\n\n"
            "The hash is XXH3 (64 bits) over question and answer of every puzzle in order, one "
            "byte\n"
            "a cell, blanks as 0: the same for every form of a set, to be compared with others.",
        .arguments = "convert IN OUT | check|summarize|expand FILE | generate",
        .examples = "hrmpi data convert test.csv test.h5\n"
                    "hrmpi data convert train.csv small.csv.gz --subset 1000 --seed 1\n"
                    "hrmpi data check test.h5\n"
                    "hrmpi data expand test --count 422786 --seed 1 --output large.h5\n"
                    "hrmpi data generate --task sudoku --side 6 --count 1000 --output six.csv\n"
                    "hrmpi data check six.csv --side 6\n"
                    "hrmpi data summarize test.csv --min-rating 50 --json",
        .sections = sections,
        .section_count = 1 + hrm_task_choice_sections(&options.choice, sections + 1),
    };
    struct hrm_error error = {0};
    if (hrm_cli_parse(&cli, argc, argv, &error))
        return hrm_console_error(&error);
    if (cli.done)
        return HRM_OK;
    options.cli = &cli;
    const struct action *action = find_action(&cli, &error);
    if (action == NULL || run(action, &options, cli.argv + 1, &error))
        return hrm_console_error(&error);
    return HRM_OK;
}
