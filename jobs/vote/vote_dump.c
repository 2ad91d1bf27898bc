#include "jobs/vote/vote_dump.h"

#include "core/base/atomic_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Puzzles of a window with their passes, on their way to the file.
struct dump {
    const struct vote_report *report;
    struct hrm_pool_window window;
    unsigned char *items; ///< [room, item_bytes]
    char *text;           ///< [text_bytes]
};

/// A blank is 0, as in files of puzzles.
static void write_text(char *text, FILE *stream)
{
    for (char *at = strchr(text, '.'); at; at = strchr(at, '.'))
        *at = '0';
    fputs(text, stream);
}

static void write_pass(const struct dump *dump, int64_t i, const struct hrm_pass *pass,
                       FILE *stream)
{
    const struct hrm_task *task = &dump->report->pool->votes[0].task;
    const void *item = dump->items + i * task->shape.item_bytes;
    uint8_t *right = dump->items + dump->window.room * task->shape.item_bytes;
    fprintf(stream, "%d,%d,%d,%d,%.9g,%.9g,", pass->segments, pass->settled, pass->defects,
            hrm_pass_has(pass, HRM_PASS_HALTED), (double)pass->q_halt, (double)pass->q_continue);
    task->kind->question_text(task, item, dump->text);
    write_text(dump->text, stream);
    fputc(',', stream);
    task->kind->solution(task, item, right);
    task->kind->answer_text(task, item, right, dump->text);
    write_text(dump->text, stream);
    fputc(',', stream);
    task->kind->answer_text(task, item, pass->answer, dump->text);
    write_text(dump->text, stream);
    fputc('\n', stream);
}

static void write_puzzle(const struct dump *dump, int64_t i, FILE *stream)
{
    const struct vote_report *report = dump->report;
    const struct hrm_pool *pool = report->pool;
    struct hrm_passes passes = {hrm_pass_at(dump->window.records, pool->record, i), pool->record,
                                pool->checkpoints, pool->perturbations, dump->window.puzzles};
    for (int c = 0; c < report->checkpoint_count; c++)
        for (int p = 0; p < report->perturbations; p++) {
            int checkpoint = report->checkpoints[c].index, perturbation = report->perturbation[p];
            fprintf(stream, "%" PRId64 ",%d,%d,", dump->window.first + i, checkpoint, perturbation);
            write_pass(dump, i, hrm_passes_at(&passes, checkpoint, perturbation), stream);
        }
}

static int write_windows(struct dump *dump, FILE *stream, struct hrm_error *error)
{
    const struct hrm_pool *pool = dump->report->pool;
    struct hrm_pool_window *window = &dump->window;
    int status = HRM_OK;
    for (int64_t first = 0; first < pool->puzzles && status == HRM_OK && !ferror(stream);
         first += window->room) {
        status = hrm_pool_window_read(window, pool, first, error);
        if (status == HRM_OK)
            status =
                hrm_votes_read_puzzles(&pool->votes[0], first, window->puzzles, dump->items, error);
        for (int64_t i = 0; i < window->puzzles && status == HRM_OK; i++)
            write_puzzle(dump, i, stream);
    }
    return status;
}

static int write_pieces(const struct vote_report *report, FILE *stream, struct hrm_error *error)
{
    const struct hrm_task_shape *shape = &report->pool->votes[0].task.shape;
    struct dump dump = {.report = report};
    int status = hrm_pool_window_init(&dump.window, report->pool, error);
    // With a right answer behind the items.
    dump.items =
        calloc((size_t)dump.window.room + 1, (size_t)(shape->item_bytes + shape->answer_bytes));
    dump.text = calloc(1, (size_t)shape->text_bytes);
    if (status == HRM_OK && (!dump.items || !dump.text))
        status =
            hrm_fail(error, HRM_FAILED, "no memory for %lld puzzles", (long long)dump.window.room);
    if (status == HRM_OK)
        status = write_windows(&dump, stream, error);
    hrm_pool_window_free(&dump.window);
    free(dump.items);
    free(dump.text);
    return status;
}

static int write_all(FILE *stream, const void *context, struct hrm_error *error)
{
    fputs("puzzle,checkpoint,perturbation,segments,settled,conflicts,halted,q_halt,q_continue,"
          "question,answer,grid\n",
          stream);
    return write_pieces(context, stream, error);
}

int vote_dump(const struct vote_report *report, const char *path, struct hrm_error *error)
{
    return hrm_atomic_file_text(path, write_all, report, error);
}
