#include "core/file/puzzle_stream.h"

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

static void bundled_path(const char *name, char path[512])
{
    snprintf(path, 512, "%s%s.csv.gz", BUNDLED, name);
}

static struct hrm_puzzles read_chosen(const char *name, struct hrm_puzzle_choice choice)
{
    char path[512];
    struct hrm_puzzles puzzles;
    error = (struct hrm_error){0};
    bundled_path(name, path);
    ck_assert_msg(hrm_puzzles_open(path, &choice, &puzzles, &error) == HRM_OK, "%s", error.text);
    return puzzles;
}

static struct hrm_puzzles read_bundled(const char *name)
{
    return read_chosen(name, (struct hrm_puzzle_choice){0});
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
        struct hrm_puzzles some =
            read_chosen("easy-300", (struct hrm_puzzle_choice){.subset = 100, .seed = seed});
        ck_assert_int_eq(some.count, 100);
        ck_assert(some.hash != last && some.hash != all.hash);
        last = some.hash;
        int64_t from = 0;
        for (int64_t row = 0; row < 100; row++) {
            from = find(&all, &some, row, from);
            ck_assert_int_lt(from, 300);
            ck_assert_int_eq(some.rating[row], all.rating[from]);
            ck_assert_str_eq(some.source_name[some.source[row]],
                             all.source_name[all.source[from]]);
            taken[from++]++;
        }
        hrm_puzzles_free(&some);
    }
    for (int i = 0; i < 300; i++)
        ck_assert_int_le(llabs(taken[i] - 20), 18);
    struct hrm_puzzles more = read_chosen("easy-300", (struct hrm_puzzle_choice){.subset = 301});
    ck_assert(more.hash == all.hash);
    hrm_puzzles_free(&more);
    hrm_puzzles_free(&all);
}
END_TEST

// Puzzles of a rating, then the first, then some of them; the count is known before they are read.
START_TEST(rating_first_and_subset_apply_in_this_order)
{
    struct hrm_puzzle_choice choice = {
        .by_rating = true, .min_rating = 10, .max_rating = 20, .first = 50, .subset = 7, .seed = 3};
    struct hrm_puzzles all = read_bundled("val");
    struct hrm_puzzle_stream stream;
    struct hrm_puzzle puzzle;
    uint8_t *passing = calloc((size_t)all.count, 1);
    char path[512];
    bool more = true;
    int64_t count = 0, passed = 0, from = 0, rows = 0;
    for (int64_t row = 0; row < all.count; row++) {
        passing[row] = all.rating[row] >= 10 && all.rating[row] <= 20 && passed < 50;
        passed += passing[row];
    }
    bundled_path("val", path);
    ck_assert_int_eq(hrm_puzzle_stream_open(&stream, path, &choice, &error), HRM_OK);
    ck_assert_int_eq(hrm_puzzle_stream_count(&stream, &count, &error), HRM_OK);
    ck_assert_int_eq(count, 7);
    for (int round = 0; round < 2; round++) {
        for (more = true, from = rows = 0; more; rows += more) {
            ck_assert_int_eq(hrm_puzzle_stream_next(&stream, &puzzle, &more, &error), HRM_OK);
            struct hrm_puzzles one = {.question = puzzle.question.cell};
            from = more ? find(&all, &one, 0, from) : from;
            ck_assert_int_lt(from, all.count);
            ck_assert(!more || passing[from]);
        }
        ck_assert_int_eq(rows, 7);
        ck_assert_int_eq(hrm_puzzle_stream_rewind(&stream, &error), HRM_OK);
    }
    hrm_puzzle_stream_close(&stream);
    hrm_puzzles_free(&all);
    free(passing);
}
END_TEST

START_TEST(counts_what_comes)
{
    static const struct {
        struct hrm_puzzle_choice choice;
        int64_t count;
    } cases[] = {{{0}, 300},
                 {{.first = 17}, 17},
                 {{.first = 301}, 300},
                 {{.subset = 12}, 12},
                 {{.first = 10, .subset = 12}, 10},
                 {{.by_rating = true}, 300},
                 {{.by_rating = true, .max_rating = 5, .first = 9}, 9}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hrm_puzzle_stream stream;
        struct hrm_puzzles read = read_chosen("easy-300", cases[i].choice);
        char path[512];
        int64_t count = 0;
        bundled_path("easy-300", path);
        ck_assert_int_eq(hrm_puzzle_stream_open(&stream, path, &cases[i].choice, &error), HRM_OK);
        ck_assert_int_eq(hrm_puzzle_stream_count(&stream, &count, &error), HRM_OK);
        ck_assert_int_eq(count, cases[i].count);
        ck_assert_int_eq(read.count, cases[i].count);
        hrm_puzzle_stream_close(&stream);
        hrm_puzzles_free(&read);
    }
}
END_TEST

START_TEST(refuses_what_has_no_puzzles)
{
    char path[512];
    struct hrm_puzzles puzzles;
    struct hrm_puzzle_choice hard = {.by_rating = true, .min_rating = 5, .max_rating = 9};
    bundled_path("easy-300", path);
    ck_assert_int_eq(hrm_puzzles_open(path, &hard, &puzzles, &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "rating of 5 to 9"));
    ck_assert_ptr_null(puzzles.question);
    hard.subset = 3;
    ck_assert_int_eq(hrm_puzzles_open(path, &hard, &puzzles, &error), HRM_USAGE);
    snprintf(path, sizeof path, "/tmp/hrm-puzzles-%ld.csv", (long)getpid());
    FILE *stream = fopen(path, "w");
    fputs("source,question,answer,rating\n", stream);
    fclose(stream);
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_puzzles_open(path, &(struct hrm_puzzle_choice){0}, &puzzles, &error),
                     HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "no puzzles"));
    ck_assert_ptr_null(puzzles.question);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("puzzle_stream");
    TCase *tests = tcase_create("puzzle_stream");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, bundled_sets_are_sound, 0, SETS);
    tcase_add_test(tests, draws_subsets_in_file_order);
    tcase_add_test(tests, rating_first_and_subset_apply_in_this_order);
    tcase_add_test(tests, counts_what_comes);
    tcase_add_test(tests, refuses_what_has_no_puzzles);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
