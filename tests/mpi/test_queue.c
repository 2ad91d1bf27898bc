#include "mpi/queue.h"
#include "tests/mpi/ranks.h"

#include <check.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum { THREADS = 3, TOTAL = 500 };

struct crew {
    struct hrm_queue queue;
    pthread_mutex_t lock;
    int seen[TOTAL];      ///< claims of each index on this rank; a thread writes only its own
    int64_t cancel_after; ///< index at which its worker cancels, or -1
    atomic_int working, failed;
};

static void *work(void *argument)
{
    struct crew *crew = argument;
    struct hrm_error error = {0};
    int64_t first = 0, count = 0;
    while (hrm_queue_claim(&crew->queue, &first, &count, &error) == HRM_OK && count > 0) {
        ck_assert_int_le(count, crew->queue.work.most);
        for (int64_t i = first; i < first + count; i++)
            crew->seen[i]++;
        bool last = crew->cancel_after >= first && crew->cancel_after < first + count;
        if (last && hrm_queue_cancel(&crew->queue, &error))
            break;
        nanosleep(&(struct timespec){.tv_nsec = 1000 * (first % 50)}, NULL);
    }
    crew->failed += error.status != HRM_OK;
    crew->working--;
    return NULL;
}

/// Run the queue to its end; seen[i] is summed over the ranks.
static void run(struct crew *crew, int64_t most, enum hrm_queue_kind kind, int64_t total)
{
    struct hrm_guided claims = {total, most, (int64_t)THREADS * world.size};
    struct hrm_error error = {0};
    pthread_t threads[THREADS];
    ck_assert_int_eq(pthread_mutex_init(&crew->lock, NULL), 0);
    int status = hrm_queue_init(&crew->queue, &world, &claims, kind, &crew->lock, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    crew->working = THREADS;
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, crew), 0);
    int64_t claimed = 0, before = 0;
    while (crew->working > 0) {
        ck_assert_int_eq(hrm_queue_poll(&crew->queue, &error), HRM_OK);
        if (world.rank == 0)
            ck_assert_int_eq(hrm_queue_claimed(&crew->queue, &claimed, &error), HRM_OK);
        ck_assert_int_ge(claimed, before);
        before = claimed;
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(hrm_queue_finish(&crew->queue, &error), HRM_OK);
    ck_assert_int_eq(crew->failed, 0);
    MPI_Allreduce(MPI_IN_PLACE, crew->seen, TOTAL, MPI_INT, MPI_SUM, world.comm);
    pthread_mutex_destroy(&crew->lock);
}

static const struct {
    enum hrm_queue_kind kind;
    int64_t most, total;
} cases[] = {
    {HRM_QUEUE_AUTO, 1, TOTAL},      {HRM_QUEUE_ONE_SIDED, 1, TOTAL},
    {HRM_QUEUE_ONE_SIDED, 7, TOTAL}, {HRM_QUEUE_MESSAGES, 1, TOTAL},
    {HRM_QUEUE_MESSAGES, 7, TOTAL},  {HRM_QUEUE_ONE_SIDED, 4, 1},
    {HRM_QUEUE_MESSAGES, 4, 1},      {HRM_QUEUE_ONE_SIDED, 1, 0},
    {HRM_QUEUE_MESSAGES, 1, 0},
};

START_TEST(every_index_once)
{
    struct crew crew = {.cancel_after = -1};
    run(&crew, cases[_i].most, cases[_i].kind, cases[_i].total);
    for (int i = 0; i < TOTAL; i++)
        ck_assert_int_eq(crew.seen[i], i < cases[_i].total);
}
END_TEST

START_TEST(cancel_stops_everybody)
{
    static const enum hrm_queue_kind kinds[] = {HRM_QUEUE_ONE_SIDED, HRM_QUEUE_MESSAGES};
    for (int i = 0; i < 2; i++) {
        struct crew crew = {.cancel_after = 20};
        run(&crew, 1, kinds[i], TOTAL);
        int claimed = 0;
        for (int k = 0; k < TOTAL; k++) {
            ck_assert_int_le(crew.seen[k], 1);
            claimed += crew.seen[k];
        }
        ck_assert_int_ge(claimed, 21);
        ck_assert_int_lt(claimed, TOTAL);
    }
}
END_TEST

/// Portions shrink to 1, so that nobody works on a large one while the others have none.
START_TEST(chunks_shrink)
{
    static const struct {
        struct hrm_guided work;
        int64_t seen, chunk;
    } rows[] = {
        {{1000, 16, 2}, 0, 16},   {{1000, 16, 2}, 872, 16}, {{1000, 16, 2}, 900, 12},
        {{1000, 16, 2}, 984, 2},  {{1000, 16, 2}, 999, 1},  {{1000, 16, 2}, 1000, 1},
        {{1000, 16, 2}, 5000, 1}, {{10, 16, 4}, 0, 1},      {{1000, 1, 2}, 0, 1},
        {{0, 8, 1}, 0, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_int_eq(hrm_guided_chunk(&rows[i].work, rows[i].seen), rows[i].chunk);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, chunks_shrink);
    tcase_add_loop_test(tests, every_index_once, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tests, cancel_stops_everybody);
}

int main(void)
{
    return run_on_ranks("queue", add);
}
