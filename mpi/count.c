#include "mpi/count.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/// A rank's means to count.
struct counter {
    const struct hrm_pool *pool;
    const struct hrm_count *count;
    struct hrm_pool_window window;
    struct hrm_ballot ballot;
    unsigned *right; ///< [count->count] of one puzzle: the rules that were right
};

static int init_counter(struct counter *counter, struct hrm_error *error)
{
    int64_t passes = hrm_pool_passes(counter->pool);
    if (passes > INT_MAX)
        return hrm_fail(error, HRM_USAGE, "%lld passes a puzzle", (long long)passes);
    counter->right = calloc((size_t)counter->count->count, sizeof *counter->right);
    if (!counter->right)
        return hrm_fail(error, HRM_FAILED, "no memory for %d votes", counter->count->count);
    int status = hrm_pool_window_init(&counter->window, counter->pool, error);
    return status ? status : hrm_ballot_init(&counter->ballot, (int)passes, error);
}

static void compare_rules(unsigned first, unsigned second, struct hrm_mcnemar tables[HRM_RULES])
{
    for (int rule = 0; rule < HRM_RULES; rule++) {
        bool a = first >> rule & 1, b = second >> rule & 1;
        int64_t *where = a && b ? &tables[rule].both
                         : a    ? &tables[rule].first
                         : b    ? &tables[rule].second
                                : &tables[rule].neither;
        (*where)++;
    }
}

static void count_puzzle(struct counter *counter, int64_t i)
{
    const struct hrm_count *count = counter->count;
    const struct hrm_pool_window *window = &counter->window;
    const struct hrm_pool *pool = counter->pool;
    struct hrm_passes passes = {hrm_pass_at(window->records, pool->record, i), pool->record,
                                pool->checkpoints, pool->perturbations, window->puzzles};
    int band = pool->bands.of(window->ratings[i]);
    for (int s = 0; s < count->count; s++)
        counter->right[s] = hrm_tally_count(&count->tallies[s], &counter->ballot, &passes,
                                            &count->selections[s], band);
    for (int p = 0; p < count->pair_count; p++)
        compare_rules(counter->right[count->pairs[p][0]], counter->right[count->pairs[p][1]],
                      count->tables[p]);
}

static int count_pieces(struct counter *counter, const struct hrm_world *world,
                        struct hrm_error *error)
{
    int64_t room = counter->window.room;
    for (int64_t first = room * world->rank; first < counter->pool->puzzles;
         first += room * world->size) {
        int status = hrm_pool_window_read(&counter->window, counter->pool, first, error);
        if (status)
            return status;
        for (int64_t i = 0; i < counter->window.puzzles; i++)
            count_puzzle(counter, i);
    }
    return HRM_OK;
}

static int add_ranks(const struct hrm_world *world, void *counts, int numbers,
                     struct hrm_error *error)
{
    return HRM_MPI(MPI_Allreduce(MPI_IN_PLACE, counts, numbers, MPI_INT64_T, MPI_SUM, world->comm),
                   error);
}

int64_t hrm_count_bytes(const struct hrm_plan *plan, size_t record)
{
    int64_t passes = (int64_t)plan->checkpoints * plan->perturbations;
    return hrm_pool_window_room(passes, record, plan->block, plan->puzzles) *
           (passes * (int64_t)record + (int64_t)sizeof(int32_t));
}

int hrm_count_votes(const struct hrm_world *world, const struct hrm_pool *pool,
                    const struct hrm_count *count, struct hrm_error *error)
{
    struct counter counter = {.pool = pool, .count = count};
    memset(count->tallies, 0, (size_t)count->count * sizeof *count->tallies);
    if (count->pair_count > 0)
        memset(count->tables, 0, (size_t)count->pair_count * sizeof *count->tables);
    int status = init_counter(&counter, error);
    if (status == HRM_OK)
        status = count_pieces(&counter, world, error);
    hrm_ballot_free(&counter.ballot);
    hrm_pool_window_free(&counter.window);
    free(counter.right);
    status = hrm_agree(world->comm, status, error);
    for (int s = 0; s < count->count && status == HRM_OK; s++)
        status = add_ranks(world, &count->tallies[s], HRM_TALLY_COUNTS, error);
    for (int p = 0; p < count->pair_count && status == HRM_OK; p++)
        status = add_ranks(world, count->tables[p], HRM_RULES * HRM_MCNEMAR_COUNTS, error);
    return status;
}
