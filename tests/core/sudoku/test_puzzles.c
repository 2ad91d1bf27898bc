#include "core/sudoku/puzzles.h"

#include "core/sudoku/solver.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The puzzles that come with the program.
#define BUNDLED HRM_FIXTURES "/../../jobs/data/"

static struct hrm_error error;

static struct hrm_puzzles read_bundled(const char *name)
{
    char path[512];
    struct hrm_puzzles puzzles;
    error = (struct hrm_error){0};
    snprintf(path, sizeof path, "%s%s.csv.gz", BUNDLED, name);
    ck_assert_msg(hrm_puzzles_read(path, &puzzles, &error) == HRM_OK, "%s", error.text);
    return puzzles;
}

static const struct {
    const char *name;
    int64_t count;
    uint64_t hash;
    int solved; // every how manieth puzzle the test solves
} bundled[] = {
    {"train-1k", 1000, 0x85f84b9fc840d54e, 1}, {"train-1k-b", 1000, 0x4e4c7a2fc3adea35, 1},
    {"val", 3959, 0xe0eeaf6b527e680d, 4},      {"test", 17256, 0x9fddb3869b2d0f6e, 16},
    {"easy-300", 300, 0x1eae27778528f419, 1},
};
#define SETS ((int)(sizeof bundled / sizeof *bundled))

START_TEST(bundled_sets_are_sound)
{
    struct hrm_puzzles puzzles = read_bundled(bundled[_i].name);
    ck_assert_int_eq(puzzles.count, bundled[_i].count);
    ck_assert_msg(puzzles.hash == bundled[_i].hash, "%s: %016" PRIx64, bundled[_i].name,
                  puzzles.hash);
    for (int64_t row = 0; row < puzzles.count; row += bundled[_i].solved) {
        struct hrm_puzzle puzzle = hrm_puzzles_get(&puzzles, row);
        struct hrm_board solution;
        ck_assert_int_eq(hrm_board_solve(&puzzle.question, &solution), HRM_SOLUTIONS_ONE);
        ck_assert_mem_eq(&solution, &puzzle.answer, sizeof solution);
    }
    hrm_puzzles_free(&puzzles);
}
END_TEST

static const char *const suffixes[] = {".csv", ".csv.gz"};

START_TEST(writes_what_it_reads)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/hrm-puzzles-%ld%s", (long)getpid(), suffixes[_i]);
    struct hrm_puzzles puzzles = read_bundled("train-1k");
    struct hrm_puzzles again;
    ck_assert_int_eq(hrm_puzzles_write(path, &puzzles, &error), HRM_OK);
    ck_assert_int_eq(hrm_puzzles_read(path, &again, &error), HRM_OK);
    ck_assert_int_eq(again.count, puzzles.count);
    ck_assert(again.hash == puzzles.hash);
    ck_assert_int_eq(again.sources, puzzles.sources);
    ck_assert_mem_eq(again.rating, puzzles.rating, 4000);
    for (int64_t row = 0; row < 1000; row++) {
        struct hrm_puzzle a = hrm_puzzles_get(&puzzles, row);
        struct hrm_puzzle b = hrm_puzzles_get(&again, row);
        ck_assert_mem_eq(&a, &b, sizeof a);
    }
    hrm_puzzles_free(&again);
    hrm_puzzles_free(&puzzles);
    unlink(path);
}
END_TEST

START_TEST(hash_depends_on_content_and_order)
{
    struct hrm_puzzles puzzles = read_bundled("easy-300");
    uint64_t hash = puzzles.hash;
    puzzles.rating[0]++;
    hrm_puzzles_rehash(&puzzles);
    ck_assert(puzzles.hash == hash);
    puzzles.question[5] ^= 1;
    hrm_puzzles_rehash(&puzzles);
    ck_assert(puzzles.hash != hash);
    puzzles.question[5] ^= 1;
    for (int i = 0; i < HRM_CELLS; i++) {
        uint8_t cell = puzzles.question[i];
        puzzles.question[i] = puzzles.question[HRM_CELLS + i];
        puzzles.question[HRM_CELLS + i] = cell;
    }
    hrm_puzzles_rehash(&puzzles);
    ck_assert(puzzles.hash != hash);
    hrm_puzzles_free(&puzzles);
}
END_TEST

// The row of `all` that is row `row` of `some`, looked for from `from` on.
static int64_t find(const struct hrm_puzzles *all, const struct hrm_puzzles *some, int64_t row,
                    int64_t from)
{
    const uint8_t *wanted = some->question + row * HRM_CELLS;
    while (from < all->count && memcmp(all->question + from * HRM_CELLS, wanted, HRM_CELLS) != 0)
        from++;
    return from;
}

START_TEST(draws_subsets_in_file_order)
{
    struct hrm_puzzles all = read_bundled("easy-300");
    int64_t taken[300] = {0};
    uint64_t last = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct hrm_puzzles some = read_bundled("easy-300");
        hrm_puzzles_subset(&some, 100, seed);
        ck_assert_int_eq(some.count, 100);
        ck_assert(some.hash != last && some.hash != all.hash);
        last = some.hash;
        int64_t from = 0;
        for (int64_t row = 0; row < 100; row++) {
            from = find(&all, &some, row, from);
            ck_assert_int_lt(from, 300);
            ck_assert_int_eq(some.rating[row], all.rating[from]);
            ck_assert_int_eq(some.source[row], all.source[from]);
            taken[from++]++;
        }
        hrm_puzzles_subset(&some, 100, 1);
        ck_assert(some.hash == last);
        hrm_puzzles_free(&some);
    }
    for (int i = 0; i < 300; i++)
        ck_assert_int_le(llabs(taken[i] - 20), 18);
    hrm_puzzles_free(&all);
}
END_TEST

START_TEST(filters_by_rating)
{
    struct hrm_puzzles puzzles = read_bundled("test");
    int64_t wanted = 0;
    for (int64_t row = 0; row < puzzles.count; row++)
        wanted += puzzles.rating[row] >= 10 && puzzles.rating[row] <= 20;
    ck_assert_int_gt(wanted, 100);
    uint64_t hash = puzzles.hash;
    hrm_puzzles_filter(&puzzles, 10, 20);
    ck_assert_int_eq(puzzles.count, wanted);
    ck_assert(puzzles.hash != hash);
    for (int64_t row = 0; row < puzzles.count; row++)
        ck_assert(puzzles.rating[row] >= 10 && puzzles.rating[row] <= 20);
    hrm_puzzles_truncate(&puzzles, 7);
    ck_assert_int_eq(puzzles.count, 7);
    hrm_puzzles_filter(&puzzles, 21, INT32_MAX);
    ck_assert_int_eq(puzzles.count, 0);
    hrm_puzzles_free(&puzzles);
}
END_TEST

START_TEST(refuses_a_set_without_puzzles)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/hrm-puzzles-%ld.csv", (long)getpid());
    FILE *stream = fopen(path, "w");
    fputs("source,question,answer,rating\n", stream);
    fclose(stream);
    struct hrm_puzzles puzzles;
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_puzzles_read(path, &puzzles, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "no puzzles"));
    ck_assert_ptr_null(puzzles.question);
    unlink(path);
}
END_TEST

START_TEST(counts_sources_to_the_limit)
{
    struct hrm_puzzles puzzles = {0};
    struct hrm_puzzle puzzle = {.rating = 1};
    for (int i = 0; i < 2 * HRM_SOURCES; i++) {
        snprintf(puzzle.source, sizeof puzzle.source, "source %d", i % HRM_SOURCES);
        ck_assert_int_eq(hrm_puzzles_append(&puzzles, &puzzle, &error), HRM_OK);
    }
    ck_assert_int_eq(puzzles.sources, HRM_SOURCES);
    struct hrm_puzzle last = hrm_puzzles_get(&puzzles, 2 * HRM_SOURCES - 1);
    ck_assert_str_eq(last.source, "source 255");
    strcpy(puzzle.source, "one more");
    ck_assert_int_eq(hrm_puzzles_append(&puzzles, &puzzle, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "256 different sources"));
    hrm_puzzles_free(&puzzles);
    hrm_puzzles_free(&puzzles);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("puzzles");
    TCase *tests = tcase_create("puzzles");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, bundled_sets_are_sound, 0, SETS);
    tcase_add_loop_test(tests, writes_what_it_reads, 0, 2);
    tcase_add_test(tests, hash_depends_on_content_and_order);
    tcase_add_test(tests, draws_subsets_in_file_order);
    tcase_add_test(tests, filters_by_rating);
    tcase_add_test(tests, refuses_a_set_without_puzzles);
    tcase_add_test(tests, counts_sources_to_the_limit);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
