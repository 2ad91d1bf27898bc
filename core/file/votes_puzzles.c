#include "core/file/votes.h"

#include "core/file/votes_older.h"
#include "core/file/votes_part.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/// Puzzles as the file has them.
struct columns {
    uint16_t *questions; ///< tokens [count, S]
    uint8_t *answers;    ///< [count, A]
    int32_t *ratings;    ///< [count]
};

static int init_columns(struct columns *columns, const struct hrm_task_shape *shape, int64_t count,
                        struct hrm_error *error)
{
    size_t n = (size_t)count;
    columns->questions = calloc(n * (size_t)shape->positions, sizeof *columns->questions);
    columns->answers = calloc(n, (size_t)shape->answer_bytes);
    columns->ratings = calloc(n, sizeof *columns->ratings);
    if (columns->questions && columns->answers && columns->ratings)
        return HRM_OK;
    return hrm_fail(error, HRM_FAILED, "no memory for %lld puzzles", (long long)count);
}

static void free_columns(struct columns *columns)
{
    free(columns->questions);
    free(columns->answers);
    free(columns->ratings);
}

/// Whole rows of a dataset of two dimensions.
static struct hrm_votes_part rows(hid_t set, hid_t type, int64_t first, int64_t count, int width)
{
    return (struct hrm_votes_part){.set = set,
                                   .type = type,
                                   .rank = 2,
                                   .start = {(hsize_t)first, 0},
                                   .stride = {1, 1},
                                   .count = {(hsize_t)count, (hsize_t)width},
                                   .block = {1, 1}};
}

static struct hrm_votes_part question_rows(const struct hrm_votes *votes, int64_t first,
                                           int64_t count)
{
    return rows(votes->question, H5T_NATIVE_UINT16, first, count, votes->task.shape.positions);
}

static struct hrm_votes_part answer_rows(const struct hrm_votes *votes, int64_t first,
                                         int64_t count)
{
    return rows(votes->answer, H5T_NATIVE_UINT8, first, count, votes->task.shape.answer_bytes);
}

int hrm_votes_write_puzzles(struct hrm_votes *votes, int64_t first, int64_t count,
                            const void *items, struct hrm_error *error)
{
    const struct hrm_task *task = &votes->task;
    const struct hrm_task_shape *shape = &task->shape;
    _Alignas(8) unsigned char view[HRM_VIEW_BYTES];
    struct columns columns = {0};
    int status = init_columns(&columns, shape, count, error);
    task->kind->view_identity(task, view);
    for (int64_t i = 0; i < count && status == HRM_OK; i++) {
        const void *item = (const unsigned char *)items + i * shape->item_bytes;
        task->kind->ask(task, item, view, columns.questions + i * shape->positions);
        task->kind->solution(task, item, columns.answers + i * shape->answer_bytes);
        columns.ratings[i] = task->kind->rating(task, item);
    }
    struct hrm_votes_part question = question_rows(votes, first, count);
    struct hrm_votes_part answer = answer_rows(votes, first, count);
    struct hrm_votes_part rating = hrm_votes_line(votes->rating, H5T_NATIVE_INT32, first, count);
    if (status == HRM_OK)
        status = hrm_votes_write_part(votes, &question, columns.questions, error);
    if (status == HRM_OK)
        status = hrm_votes_write_part(votes, &answer, columns.answers, error);
    if (status == HRM_OK)
        status = hrm_votes_write_part(votes, &rating, columns.ratings, error);
    free_columns(&columns);
    return status;
}

int64_t hrm_votes_puzzle_bytes(const struct hrm_task_shape *shape)
{
    return (int64_t)shape->positions * (shape->vocab > 256 ? 2 : 1) + shape->answer_bytes +
           (int64_t)sizeof(int32_t);
}

int hrm_votes_read_ratings(const struct hrm_votes *votes, int64_t first, int64_t count,
                           int32_t *ratings, struct hrm_error *error)
{
    assert(first >= 0 && count > 0 && first + count <= votes->plan.puzzles);
    struct hrm_votes_part part = hrm_votes_line(votes->rating, H5T_NATIVE_INT32, first, count);
    return hrm_votes_read_part(votes, &part, ratings, error);
}

/// Make the items of what was read.
static int assemble(const struct hrm_votes *votes, int64_t first, int64_t count,
                    const struct columns *columns, unsigned char *items, struct hrm_error *error)
{
    const struct hrm_task *task = &votes->task;
    const struct hrm_task_shape *shape = &task->shape;
    for (int64_t i = 0; i < count; i++) {
        struct hrm_error bad = {0};
        if (task->kind->assemble(task, columns->questions + i * shape->positions,
                                 columns->answers + i * shape->answer_bytes, columns->ratings[i],
                                 items + i * shape->item_bytes, &bad) == HRM_OK)
            continue;
        hrm_fail(error, HRM_DATA, "%s: puzzle %lld: %.300s", votes->path, (long long)(first + i),
                 bad.text);
        return hrm_hint(error, "the file was changed by another program: run hrmpi eval again with "
                               "--overwrite");
    }
    return HRM_OK;
}

int hrm_votes_read_puzzles(const struct hrm_votes *votes, int64_t first, int64_t count, void *items,
                           struct hrm_error *error)
{
    struct columns columns = {0};
    assert(first >= 0 && count > 0 && first + count <= votes->plan.puzzles);
    if (votes->version != HRM_VOTES_VERSION)
        return hrm_votes_older_puzzles(votes, first, count, items, error);
    struct hrm_votes_part question = question_rows(votes, first, count);
    struct hrm_votes_part answer = answer_rows(votes, first, count);
    int status = init_columns(&columns, &votes->task.shape, count, error);
    if (status == HRM_OK)
        status = hrm_votes_read_part(votes, &question, columns.questions, error);
    if (status == HRM_OK)
        status = hrm_votes_read_part(votes, &answer, columns.answers, error);
    if (status == HRM_OK)
        status = hrm_votes_read_ratings(votes, first, count, columns.ratings, error);
    if (status == HRM_OK)
        status = assemble(votes, first, count, &columns, items, error);
    free_columns(&columns);
    return status;
}
