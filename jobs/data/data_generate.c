#include "core/base/atomic_file.h"
#include "core/file/items.h"
#include "core/sudoku/puzzle_csv.h"
#include "jobs/cli/console.h"
#include "jobs/cli/output.h"
#include "jobs/data/data_actions.h"

#include <stdlib.h>
#include <string.h>

/// What is generated, and room for a row.
struct generator {
    struct hrm_task task;
    int family;
    void *item;             ///< [item_bytes]; owned
    uint8_t *answer;        ///< [answer_bytes]; owned
    char *question, *right; ///< [text_bytes]; owned
};

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), size = strlen(end);
    return length > size && strcmp(text + length - size, end) == 0;
}

static int check_options(const struct data_options *options, struct hrm_error *error)
{
    int status = HRM_OK;
    if (options->count < 1)
        status = hrm_fail(error, HRM_USAGE, "data generate: --count says how many puzzles to make");
    else if (!ends_in(options->output, ".csv") && !ends_in(options->output, ".csv.gz"))
        status = hrm_fail(error, HRM_USAGE,
                          "data generate: --output names a file that ends in .csv or .csv.gz");
    if (status != HRM_OK)
        return hrm_hint(error, "hrmpi data generate --task maze --count 1000 --output maze.csv");
    status = output_check(options->cli, options->output, NULL, 0, error);
    return status ? status : hrm_atomic_file_check(options->output, error);
}

static int find_family(struct generator *made, const char *name, struct hrm_error *error)
{
    const struct hrm_task_kind *kind = made->task.kind;
    if (kind->generate == NULL)
        return hrm_fail(error, HRM_USAGE, "there is no generator of %s", kind->plural);
    if (*name != '\0')
        made->family = hrm_items_find_family(kind->families, name, strlen(name));
    if (made->family >= 0)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "%s have no family '%.100s'", kind->plural, name);
    return hrm_hint(error, "the families are: %s", kind->families);
}

static int open_generator(struct generator *made, const struct data_options *options,
                          struct hrm_error *error)
{
    int status = hrm_task_choose(&made->task, options->task, &options->choice, error);
    if (status == HRM_OK)
        status = find_family(made, options->family, error);
    if (status != HRM_OK)
        return status;
    const struct hrm_task_shape *shape = &made->task.shape;
    made->item = calloc(1, (size_t)shape->item_bytes);
    made->answer = calloc(1, (size_t)shape->answer_bytes);
    made->question = calloc(1, (size_t)shape->text_bytes);
    made->right = calloc(1, (size_t)shape->text_bytes);
    if (!made->item || !made->answer || !made->question || !made->right)
        return hrm_fail(error, HRM_FAILED, "no memory for a puzzle");
    return HRM_OK;
}

static void close_generator(struct generator *made)
{
    free(made->item);
    free(made->answer);
    free(made->question);
    free(made->right);
}

/// The same item as that of "generate:FAMILY:COUNT:SEED".
static int write_item(struct generator *made, const struct hrm_item_key *key,
                      struct hrm_puzzle_writer *writer, struct hrm_error *error)
{
    const struct hrm_task *task = &made->task;
    int status = task->kind->generate(task, key, made->item, error);
    if (status != HRM_OK)
        return status;
    task->kind->solution(task, made->item, made->answer);
    task->kind->question_text(task, made->item, made->question);
    task->kind->answer_text(task, made->item, made->answer, made->right);
    struct hrm_puzzle_row row = {.question = made->question,
                                 .answer = made->right,
                                 .rating = task->kind->rating(task, made->item),
                                 .source = "generated"};
    return hrm_puzzle_writer_row(writer, &row, error);
}

static int write_items(struct generator *made, const struct data_options *options,
                       struct hrm_puzzle_writer *writer, struct hrm_error *error)
{
    struct hrm_progress progress;
    int status = HRM_OK;
    hrm_progress_begin(&progress, "generate", "puzzles", options->count, 0);
    for (int64_t i = 0; i < options->count && status == HRM_OK; i++) {
        struct hrm_item_key key = {.seed = (uint64_t)options->seed,
                                   .family = made->family,
                                   .split = options->split,
                                   .index = i};
        status = write_item(made, &key, writer, error);
        hrm_progress_update(&progress, i, NULL);
    }
    hrm_progress_end(&progress);
    return status;
}

int data_generate(const struct data_options *options, char **files, struct hrm_error *error)
{
    struct generator made = {0};
    struct hrm_puzzle_writer writer = {0};
    (void)files; // none
    int status = check_options(options, error);
    if (status == HRM_OK)
        status = open_generator(&made, options, error);
    if (status == HRM_OK)
        status = hrm_puzzle_writer_open(&writer, options->output, error);
    hrm_console_make_way(options->output);
    if (status == HRM_OK)
        status = write_items(&made, options, &writer, error);
    if (status == HRM_OK)
        status = hrm_puzzle_writer_close(&writer, error);
    if (status == HRM_OK)
        hrm_console_print("%s: %lld %s\n", options->output, (long long)options->count,
                          made.task.kind->plural);
    hrm_puzzle_writer_abandon(&writer);
    close_generator(&made);
    return status;
}
