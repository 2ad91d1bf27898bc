#include "core/file/pool.h"

#include "core/file/votes_task.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// --- do the files belong together? ---------------------------------------------------------------

static int check_task(const struct hrm_votes *a, const struct hrm_votes *b, struct hrm_error *error)
{
    char first[HRM_VOTES_OPTIONS], second[HRM_VOTES_OPTIONS];
    int status = hrm_votes_task_options(&a->task, first, error);
    if (status == HRM_OK)
        status = hrm_votes_task_options(&b->task, second, error);
    if (status || (a->task.kind == b->task.kind && strcmp(first, second) == 0))
        return status;
    hrm_fail(error, HRM_DATA, "%.300s and %.300s are of other tasks: %s (%.100s) and %s (%.100s)",
             a->path, b->path, a->task.kind->name, first, b->task.kind->name, second);
    return hrm_hint(error, "votes are counted together when they are of one task and one set of "
                           "puzzles; count these one by one");
}

static int check_puzzles(const struct hrm_votes *a, const struct hrm_votes *b,
                         struct hrm_error *error)
{
    if (a->plan.puzzles == b->plan.puzzles && a->about.data_hash == b->about.data_hash)
        return HRM_OK;
    hrm_fail(error, HRM_DATA,
             "%.300s and %.300s hold other puzzles: %" PRId64 " of %.150s, %" PRId64 " of %.150s",
             a->path, b->path, a->plan.puzzles, a->about.puzzles, b->plan.puzzles,
             b->about.puzzles);
    return hrm_hint(error, "votes are counted together when hrmpi eval was given the same "
                           "--puzzles, --first and --subset; count these one by one");
}

static int check_perturbations(const struct hrm_votes *a, const struct hrm_votes *b,
                               struct hrm_error *error)
{
    int32_t count = a->plan.perturbations;
    if (count == b->plan.perturbations &&
        memcmp(a->perturbations, b->perturbations, (size_t)count * sizeof *a->perturbations) == 0)
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "%.300s and %.300s have other perturbations: %.150s and %.150s",
             a->path, b->path, a->about.perturbations, b->about.perturbations);
    return hrm_hint(error, "votes are counted together when hrmpi eval was given the same "
                           "--perturbations and --seed; count these one by one");
}

static int check_file(const struct hrm_pool *pool, int index, struct hrm_error *error)
{
    const struct hrm_votes *first = &pool->votes[0], *votes = &pool->votes[index];
    int status = check_task(first, votes, error);
    if (status == HRM_OK)
        status = check_puzzles(first, votes, error);
    if (status == HRM_OK)
        status = check_perturbations(first, votes, error);
    for (int i = 0; i < index && status == HRM_OK; i++)
        if (pool->votes[i].plan.identity == votes->plan.identity) {
            status = hrm_fail(error, HRM_USAGE, "%.400s and %.400s hold the same evaluation",
                              pool->votes[i].path, votes->path);
            hrm_hint(error, "its passes would be counted twice: name it once");
        }
    return status;
}

// --- opening -------------------------------------------------------------------------------------

static int open_files(struct hrm_pool *pool, const char *const *paths, int count,
                      struct hrm_error *error)
{
    int status = HRM_OK;
    pool->votes = calloc((size_t)count, sizeof *pool->votes);
    if (!pool->votes)
        return hrm_fail(error, HRM_FAILED, "no memory for %d votes files", count);
    for (int i = 0; i < count && status == HRM_OK; i++) {
        struct hrm_votes *votes = &pool->votes[i];
        status = hrm_votes_open(votes, paths[i], H5F_ACC_RDONLY, error);
        pool->files += status == HRM_OK;
        // Older files and newer ones of the same puzzles belong together.
        if (status == HRM_OK && votes->about.hash_rated)
            status = hrm_votes_hash(votes, &votes->about.data_hash, error);
        if (status == HRM_OK)
            status = check_file(pool, i, error);
    }
    return status;
}

static int list_checkpoints(struct hrm_pool *pool, struct hrm_error *error)
{
    for (int f = 0; f < pool->files; f++)
        pool->checkpoints += pool->votes[f].plan.checkpoints;
    pool->file = calloc((size_t)pool->checkpoints, sizeof *pool->file);
    pool->row = calloc((size_t)pool->checkpoints, sizeof *pool->row);
    if (!pool->file || !pool->row)
        return hrm_fail(error, HRM_FAILED, "no memory for %d checkpoints", pool->checkpoints);
    for (int f = 0, at = 0; f < pool->files; f++)
        for (int row = 0; row < pool->votes[f].plan.checkpoints; row++, at++) {
            pool->file[at] = f;
            pool->row[at] = row;
        }
    return HRM_OK;
}

/// Count only the first puzzles.
static int limit_puzzles(struct hrm_pool *pool, int64_t first, struct hrm_error *error)
{
    int64_t puzzles = pool->votes[0].plan.puzzles;
    pool->puzzles = first > 0 ? first : puzzles;
    if (first <= puzzles)
        return HRM_OK;
    return hrm_fail(error, HRM_USAGE, "%.400s has %" PRId64 " puzzles, not %" PRId64,
                    pool->votes[0].path, puzzles, first);
}

int hrm_pool_open(struct hrm_pool *pool, const char *const *paths, int count, int64_t first,
                  struct hrm_error *error)
{
    assert(count > 0);
    *pool = (struct hrm_pool){0};
    int status = open_files(pool, paths, count, error);
    if (status == HRM_OK)
        status = list_checkpoints(pool, error);
    if (status == HRM_OK)
        status = limit_puzzles(pool, first, error);
    if (status)
        return status;
    pool->perturbations = pool->votes[0].plan.perturbations;
    pool->identity = pool->votes[0].identity;
    pool->record = pool->votes[0].record;
    pool->bands = pool->votes[0].bands;
    for (int f = 0; f < count; f++) {
        const struct hrm_plan *plan = &pool->votes[f].plan;
        pool->block = plan->block > pool->block ? plan->block : pool->block;
        pool->segments = plan->segments > pool->segments ? plan->segments : pool->segments;
    }
    return HRM_OK;
}

void hrm_pool_close(struct hrm_pool *pool)
{
    for (int f = 0; f < pool->files; f++)
        hrm_votes_close(&pool->votes[f], NULL);
    free(pool->votes);
    free(pool->file);
    free(pool->row);
    *pool = (struct hrm_pool){0};
}

const struct hrm_votes_checkpoint *hrm_pool_checkpoint(const struct hrm_pool *pool, int index)
{
    assert(index >= 0 && index < pool->checkpoints);
    return &pool->votes[pool->file[index]].checkpoints[pool->row[index]];
}

// --- reading -------------------------------------------------------------------------------------

/// Read what is no whole blocks of the file: the blocks around it, and of them what is wanted.
static int read_around(const struct hrm_votes *votes, int64_t first, int64_t count, void *records,
                       struct hrm_error *error)
{
    const struct hrm_plan *plan = &votes->plan;
    size_t record = votes->record;
    int64_t begin = first / plan->block * plan->block;
    int64_t end = ((first + count - 1) / plan->block + 1) * plan->block;
    int64_t rows = (int64_t)plan->checkpoints * plan->perturbations;
    end = end < plan->puzzles ? end : plan->puzzles;
    void *blocks = malloc((size_t)(rows * (end - begin)) * record);
    if (!blocks)
        return hrm_fail(error, HRM_FAILED, "no memory for the passes of %" PRId64 " puzzles",
                        end - begin);
    int status = hrm_votes_read_passes(votes, begin, end - begin, blocks, error);
    for (int64_t row = 0; row < rows && status == HRM_OK; row++)
        memcpy(hrm_pass_at(records, record, row * count),
               hrm_pass_at(blocks, record, row * (end - begin) + first - begin),
               (size_t)count * record);
    free(blocks);
    return status;
}

int hrm_pool_read_passes(const struct hrm_pool *pool, int64_t first, int64_t count, void *records,
                         struct hrm_error *error)
{
    int status = HRM_OK;
    for (int f = 0; f < pool->files && status == HRM_OK; f++) {
        const struct hrm_votes *votes = &pool->votes[f];
        const struct hrm_plan *plan = &votes->plan;
        bool whole = first % plan->block == 0 &&
                     (count % plan->block == 0 || first + count == plan->puzzles);
        status = whole ? hrm_votes_read_passes(votes, first, count, records, error)
                       : read_around(votes, first, count, records, error);
        records = hrm_pass_at(records, pool->record,
                              (int64_t)plan->checkpoints * plan->perturbations * count);
    }
    return status;
}

// --- windows of the set --------------------------------------------------------------------------

enum { PIECE_BYTES = 16 << 20 }; ///< about what is read at a time

int64_t hrm_pool_window_room(int64_t passes, size_t record, int64_t block, int64_t puzzles)
{
    int64_t puzzle = passes * (int64_t)record + (int64_t)sizeof(int32_t);
    int64_t fit = PIECE_BYTES / puzzle;
    int64_t room = fit < block ? block : fit / block * block;
    return room < puzzles ? room : puzzles;
}

int hrm_pool_window_init(struct hrm_pool_window *window, const struct hrm_pool *pool,
                         struct hrm_error *error)
{
    int64_t n =
        hrm_pool_window_room(hrm_pool_passes(pool), pool->record, pool->block, pool->puzzles);
    *window = (struct hrm_pool_window){.room = n};
    window->records = calloc((size_t)(n * hrm_pool_passes(pool)), pool->record);
    window->ratings = calloc((size_t)n, sizeof *window->ratings);
    if (window->records && window->ratings)
        return HRM_OK;
    return hrm_fail(error, HRM_FAILED, "no memory for the passes of %lld puzzles", (long long)n);
}

int hrm_pool_window_read(struct hrm_pool_window *window, const struct hrm_pool *pool, int64_t first,
                         struct hrm_error *error)
{
    int64_t left = pool->puzzles - first, n = left < window->room ? left : window->room;
    window->first = first;
    window->puzzles = n;
    int status = hrm_votes_read_ratings(&pool->votes[0], first, n, window->ratings, error);
    return status ? status : hrm_pool_read_passes(pool, first, n, window->records, error);
}

void hrm_pool_window_free(struct hrm_pool_window *window)
{
    free(window->ratings);
    free(window->records);
}
