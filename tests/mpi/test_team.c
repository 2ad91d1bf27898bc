#include "mpi/team.h"
#include "tests/mpi/ranks.h"

#include <check.h>
#include <string.h>
#include <time.h>

enum { THREADS = 3, TOTAL = 400 };

/// What the threads of a rank do.
struct work {
    struct hrm_team team;
    pthread_mutex_t lock;
    int done[TOTAL];  ///< times that each index was done; a thread writes only what it has claimed
    int64_t failing;  ///< the index that fails, or -1
    int64_t stopping; ///< the index that asks to stop, or -1
    volatile sig_atomic_t stop;
    int64_t watched; ///< claimed by all, as rank 0 was told last
};

static int run(void *user, int thread, int64_t first, int64_t count, struct hrm_error *error)
{
    struct work *work = user;
    ck_assert(thread >= 0 && thread < THREADS);
    for (int64_t i = first; i < first + count; i++) {
        if (i == work->failing)
            return hrm_fail(error, HRM_NUMERIC, "index %d", (int)i);
        if (i == work->stopping)
            work->stop = 1;
        work->done[i]++;
    }
    // Where one is awaited, go no further before it has come.
    while (work->stop && !atomic_load(&work->team.cancel))
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    return HRM_OK;
}

static void watch(void *user, int64_t claimed, int64_t own)
{
    struct work *work = user;
    ck_assert_int_eq(world.rank, 0);
    ck_assert_int_ge(claimed, work->watched);
    ck_assert_int_ge(claimed, own);
    work->watched = claimed;
}

/// Returns what the team returned; done[i] is summed over the ranks.
static int run_all(struct work *work, int64_t most, struct hrm_error *error)
{
    ck_assert_int_eq(pthread_mutex_init(&work->lock, NULL), 0);
    work->team = (struct hrm_team){.world = &world,
                                   .lock = &work->lock,
                                   .total = TOTAL,
                                   .most = most,
                                   .threads = THREADS,
                                   .stop = &work->stop,
                                   .run = run,
                                   .watch = watch,
                                   .user = work};
    int status = hrm_team_run(&work->team, error);
    MPI_Allreduce(MPI_IN_PLACE, work->done, TOTAL, MPI_INT, MPI_SUM, world.comm);
    pthread_mutex_destroy(&work->lock);
    return status;
}

START_TEST(every_index_is_done_once)
{
    struct work work = {.failing = -1, .stopping = -1};
    struct hrm_error error = {0};
    ck_assert_msg(run_all(&work, _i, &error) == HRM_OK, "%s", error.text);
    for (int i = 0; i < TOTAL; i++)
        ck_assert_int_eq(work.done[i], 1);
    if (world.rank == 0)
        ck_assert_int_eq(work.watched, TOTAL);
}
END_TEST

/// One thread of one rank fails, and all ranks say so.
START_TEST(a_failure_is_everybodys)
{
    struct work work = {.failing = 30, .stopping = -1};
    struct hrm_error error = {0};
    ck_assert_int_eq(run_all(&work, 4, &error), HRM_NUMERIC);
    ck_assert_ptr_nonnull(strstr(error.text, "index 30"));
    ck_assert_int_eq(work.done[30], 0);
}
END_TEST

/// One rank is told to stop, and the others get nothing more.
START_TEST(a_stop_is_everybodys)
{
    struct work work = {.failing = -1, .stopping = 10};
    struct hrm_error error = {0};
    ck_assert_int_eq(run_all(&work, 1, &error), HRM_OK);
    int done = 0;
    for (int i = 0; i < TOTAL; i++)
        done += work.done[i];
    ck_assert_int_ge(done, 1);
    ck_assert_int_eq(work.done[10], 1);
    for (int i = 0; i < TOTAL; i++)
        ck_assert_int_le(work.done[i], 1);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, every_index_is_done_once, 1, 8);
    tcase_add_test(tests, a_failure_is_everybodys);
    tcase_add_test(tests, a_stop_is_everybodys);
}

int main(void)
{
    return run_on_ranks("team", add);
}
