#include "core/file/puzzle_sink.h"

#include "core/file/puzzle_stream.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUNDLED HRM_FIXTURES "/../../jobs/data/val.csv.gz"

static const struct hrm_puzzle_choice all;
static const struct hrm_puzzle_origin origin = {"hrmpi 0", "test"};
static const char *const suffixes[] = {".csv", ".csv.gz", ".h5", ".hdf5"};
static struct hrm_error error;
static struct hrm_puzzles puzzles;
static char folder[64];
static char path[128];

static void setup(void)
{
    strcpy(folder, "/tmp/hrm-puzzle-sink-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_puzzles_open(BUNDLED, &all, &puzzles, &error), HRM_OK);
}

static void teardown(void)
{
    hrm_puzzles_free(&puzzles);
    ck_assert_int_eq(rmdir(folder), 0); // fails when a file was left
}

// The whole set and some rows of it again, more than are written at once.
static int write_rows(struct hrm_puzzle_sink *sink, int64_t promised, int64_t count)
{
    int status = hrm_puzzle_sink_open(sink, path, promised, &origin, &error);
    for (int64_t i = 0; i < count && status == HRM_OK; i++) {
        struct hrm_puzzle puzzle = hrm_puzzles_get(&puzzles, i % puzzles.count);
        status = hrm_puzzle_sink_put(sink, &puzzle, &error);
    }
    return status;
}

START_TEST(writes_every_form)
{
    struct hrm_puzzle_sink sink;
    struct hrm_puzzles again;
    int64_t counts[] = {1, 3959, 8192, 9000};
    snprintf(path, sizeof path, "%s/set%s", folder, suffixes[_i]);
    for (int c = 0; c < 4; c++) {
        ck_assert_msg(write_rows(&sink, counts[c], counts[c]) == HRM_OK, "%s", error.text);
        ck_assert_int_ne(access(path, F_OK), c == 0 ? 0 : -1); // the old one until it is closed
        uint64_t hash = hrm_puzzle_sink_hash(&sink);
        ck_assert_msg(hrm_puzzle_sink_close(&sink, &error) == HRM_OK, "%s", error.text);
        hrm_puzzle_sink_abandon(&sink);
        ck_assert_msg(hrm_puzzles_open(path, &all, &again, &error) == HRM_OK, "%s", error.text);
        ck_assert_int_eq(again.count, counts[c]);
        ck_assert(again.hash == hash);
        for (int64_t row = 0; row < again.count; row++) {
            struct hrm_puzzle a = hrm_puzzles_get(&puzzles, row % puzzles.count);
            struct hrm_puzzle b = hrm_puzzles_get(&again, row);
            ck_assert_mem_eq(&a, &b, sizeof a);
        }
        hrm_puzzles_free(&again);
    }
    unlink(path);
}
END_TEST

START_TEST(leaves_nothing_of_an_unfinished_set)
{
    struct hrm_puzzle_sink sink;
    snprintf(path, sizeof path, "%s/set%s", folder, suffixes[_i]);
    ck_assert_int_eq(write_rows(&sink, 6000, 5000), HRM_OK);
    hrm_puzzle_sink_abandon(&sink);
}
END_TEST

START_TEST(refuses_another_number_of_rows)
{
    struct hrm_puzzle_sink sink;
    snprintf(path, sizeof path, "%s/set.h5", folder);
    ck_assert_int_eq(write_rows(&sink, 10, 11), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "10 puzzles were counted"));
    hrm_puzzle_sink_abandon(&sink);
    error = (struct hrm_error){0};
    ck_assert_int_eq(write_rows(&sink, 10, 9), HRM_OK);
    ck_assert_int_eq(hrm_puzzle_sink_close(&sink, &error), HRM_DATA);
    hrm_puzzle_sink_abandon(&sink);
}
END_TEST

START_TEST(refuses_other_names)
{
    static const char *const names[] = {"/tmp/a",         "/tmp/a.txt",    "/tmp/a.gz",
                                        "/tmp/csv",       ".csv",          "",
                                        "/nowhere/a.csv", "/nowhere/a.h5", "/tmp"};
    struct hrm_puzzle_sink sink;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s", names[i]);
        error = (struct hrm_error){0};
        ck_assert_int_eq(write_rows(&sink, 1, 1), HRM_USAGE);
        ck_assert_str_ne(error.hint, "");
        hrm_puzzle_sink_abandon(&sink);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("puzzle_sink");
    TCase *tests = tcase_create("puzzle_sink");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, writes_every_form, 0, 4);
    tcase_add_loop_test(tests, leaves_nothing_of_an_unfinished_set, 0, 4);
    tcase_add_test(tests, refuses_another_number_of_rows);
    tcase_add_test(tests, refuses_other_names);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
