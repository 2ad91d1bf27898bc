#include "core/file/puzzle_file.h"

#include "core/file/h5.h"
#include "core/file/h5_attribute.h"
#include "core/file/seal.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Puzzles that come with the program.
#define BUNDLED HRM_FIXTURES "/../../jobs/data/easy-300.csv.gz"

static char folder[64];
static char path[128];
static struct hrm_error error;
static struct hrm_puzzles puzzles;

static void setup(void)
{
    strcpy(folder, "/tmp/hrm-puzzle-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/set.h5", folder);
    error = (struct hrm_error){0};
    ck_assert_msg(hrm_puzzles_read(BUNDLED, &puzzles, &error) == HRM_OK, "%s", error.text);
    ck_assert_msg(hrm_puzzle_file_write(path, &puzzles, "hrmpi 0", BUNDLED, &error) == HRM_OK, "%s",
                  error.text);
}

static void teardown(void)
{
    hrm_puzzles_free(&puzzles);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); // fails when a temporary file was left
}

START_TEST(reads_what_was_written)
{
    struct hrm_puzzles again;
    int64_t count = 0;
    ck_assert_int_eq(hrm_puzzle_file_count(path, &count, &error), HRM_OK);
    ck_assert_int_eq(count, 300);
    ck_assert_msg(hrm_puzzle_file_read(path, 0, 0, &again, &error) == HRM_OK, "%s", error.text);
    ck_assert_int_eq(again.count, 300);
    ck_assert(again.hash == puzzles.hash);
    for (int64_t row = 0; row < 300; row++) {
        struct hrm_puzzle a = hrm_puzzles_get(&puzzles, row);
        struct hrm_puzzle b = hrm_puzzles_get(&again, row);
        ck_assert_mem_eq(&a, &b, sizeof a);
    }
    hrm_puzzles_free(&again);
}
END_TEST

START_TEST(reads_a_range_of_rows)
{
    struct hrm_puzzles some;
    ck_assert_int_eq(hrm_puzzle_file_read(path, 250, 50, &some, &error), HRM_OK);
    ck_assert_int_eq(some.count, 50);
    for (int64_t row = 0; row < 50; row++) {
        struct hrm_puzzle a = hrm_puzzles_get(&puzzles, 250 + row);
        struct hrm_puzzle b = hrm_puzzles_get(&some, row);
        ck_assert_mem_eq(&a, &b, sizeof a);
    }
    hrm_puzzles_free(&some);
    static const int64_t wrong[][2] = {{250, 51}, {-1, 2}, {300, 1}, {0, -1}, {5, 0}};
    for (int i = 0; i < 5; i++) {
        error = (struct hrm_error){0};
        ck_assert_int_eq(hrm_puzzle_file_read(path, wrong[i][0], wrong[i][1], &some, &error),
                         HRM_DATA);
        ck_assert_ptr_nonnull(strstr(error.text, "there are 300"));
        ck_assert_ptr_null(some.question);
    }
}
END_TEST

START_TEST(opens_every_form)
{
    struct hrm_puzzles any;
    ck_assert_int_eq(hrm_puzzles_open(path, &any, &error), HRM_OK);
    ck_assert(any.hash == puzzles.hash);
    hrm_puzzles_free(&any);
    ck_assert_int_eq(hrm_puzzles_open(BUNDLED, &any, &error), HRM_OK);
    ck_assert(any.hash == puzzles.hash);
    hrm_puzzles_free(&any);
    // The content decides, not the name.
    ck_assert_int_eq(hrm_puzzles_write(path, &puzzles, &error), HRM_OK);
    ck_assert_int_eq(hrm_puzzles_open(path, &any, &error), HRM_OK);
    ck_assert(any.hash == puzzles.hash);
    hrm_puzzles_free(&any);
}
END_TEST

static void expect_failure(const char *const *words)
{
    struct hrm_puzzles any;
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_puzzles_open(path, &any, &error), HRM_DATA);
    ck_assert_ptr_null(any.question);
    for (; *words != NULL; words++)
        ck_assert_msg(strstr(error.text, *words) != NULL, "'%s' not in: %s", *words, error.text);
    ck_assert_str_ne(error.hint, "");
    ck_assert_ptr_nonnull(strstr(error.text, path));
}

START_TEST(refuses_missing_truncated_foreign_files)
{
    struct stat status;
    stat(path, &status);
    ck_assert_int_eq(truncate(path, status.st_size / 2), 0);
    expect_failure((const char *[]){"truncated", NULL});
    ck_assert_int_eq(truncate(path, 100), 0);
    expect_failure((const char *[]){"truncated", NULL});
    ck_assert_int_eq(truncate(path, 0), 0);
    expect_failure((const char *[]){"empty", NULL});
    FILE *stream = fopen(path, "w");
    fputs("%PDF-1.7\n", stream);
    fclose(stream);
    expect_failure((const char *[]){"header", NULL});
    unlink(path);
    expect_failure((const char *[]){"No such file", NULL});
    mkdir(path, 0777);
    expect_failure((const char *[]){"directory", NULL});
    rmdir(path);
}
END_TEST

static hid_t reopen(void)
{
    hid_t file = -1;
    ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDWR, H5P_DEFAULT, &file, &error), HRM_OK);
    return file;
}

// A file that was changed is put under a new seal, which else tells all damage alike.
static void close_again(hid_t file)
{
    struct hrm_seal seal = {0};
    hrm_h5_close(&file, &error);
    ck_assert_int_eq(hrm_seal_write(path, &seal, &error), HRM_OK);
}

START_TEST(refuses_wrong_schemas)
{
    hid_t file = reopen();
    hrm_h5_write_int(file, "schema_version", 2, &error);
    close_again(file);
    expect_failure((const char *[]){"version 2", "wanted 1", NULL});
    file = reopen();
    hrm_h5_write_text(file, "schema", "hrmpi-checkpoint", &error);
    close_again(file);
    expect_failure((const char *[]){"'hrmpi-checkpoint'", "wanted 'hrmpi-puzzles'", NULL});
    file = reopen();
    H5Adelete(file, "schema");
    close_again(file);
    expect_failure((const char *[]){"'schema' is missing", NULL});
}
END_TEST

// Replace a dataset by zeros of another shape or type.
static void replace(const char *name, hid_t type, int rank, int64_t rows, int64_t columns)
{
    hid_t file = reopen();
    H5Ldelete(file, name, H5P_DEFAULT);
    struct hrm_h5_data data = {.name = name, .type = type, .rank = rank, .size = {rows, columns}};
    void *zeros = calloc((size_t)rows * 81, 8);
    ck_assert_int_eq(hrm_h5_write(file, &data, zeros, &error), HRM_OK);
    free(zeros);
    close_again(file);
}

START_TEST(refuses_wrong_shapes)
{
    hid_t u8 = H5T_NATIVE_UINT8;
    static const char *const names[] = {"question", "answer", "rating", "source", "source_names"};
    switch (_i) {
    case 0:
        replace("question", u8, 2, 300, 80);
        expect_failure((const char *[]){"'question'", "[300,80]", "[300,81]", NULL});
        break;
    case 1:
        replace("answer", u8, 2, 299, 81);
        expect_failure((const char *[]){"'answer'", "[299,81]", "[300,81]", NULL});
        break;
    case 2:
        replace("rating", H5T_NATIVE_DOUBLE, 1, 300, 0);
        expect_failure((const char *[]){"'rating'", "real", "integer", NULL});
        break;
    case 3:
        replace("source", u8, 1, 3, 0);
        expect_failure((const char *[]){"'source'", "[3]", "[300]", NULL});
        break;
    case 4:
        replace("question", u8, 1, 300, 0);
        expect_failure((const char *[]){"'question'", "1 dimensions, wanted 2", NULL});
        break;
    case 5:
        replace("question", u8, 2, 0, 81);
        expect_failure((const char *[]){"'question' has no rows", NULL});
        break;
    default: {
        const char *name = names[_i - 6];
        hid_t file = reopen();
        H5Ldelete(file, name, H5P_DEFAULT);
        close_again(file);
        expect_failure((const char *[]){name, "is missing", NULL});
    }
    }
}
END_TEST

// Write a set that was changed after it had been hashed.
static void spoil(uint8_t *byte, uint8_t value)
{
    *byte = value;
    ck_assert_int_eq(hrm_puzzle_file_write(path, &puzzles, "hrmpi 0", BUNDLED, &error), HRM_OK);
}

START_TEST(refuses_wrong_values)
{
    uint8_t *blank = memchr(puzzles.question, 0, HRM_CELLS);
    int64_t cell = blank - puzzles.question;
    uint8_t digit = puzzles.answer[cell];
    spoil(blank, digit);
    expect_failure((const char *[]){"hash", NULL});
    spoil(blank, (uint8_t)(digit % 9 + 1));
    expect_failure((const char *[]){"row 0", "where the question has", NULL});
    spoil(blank, 11);
    expect_failure((const char *[]){"row 0", "the question has 11", NULL});
    spoil(blank, 0);
    spoil(&puzzles.answer[81 + 5], 0);
    expect_failure((const char *[]){"row 1", "the answer is blank at position 6", NULL});
    spoil(&puzzles.source[2], 77);
    expect_failure((const char *[]){"row", NULL});
    struct hrm_puzzles some;
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_puzzle_file_read(path, 2, 1, &some, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "row 2"));
    ck_assert_ptr_nonnull(strstr(error.text, "'source'"));
}
END_TEST

START_TEST(refuses_missing_folders)
{
    ck_assert_int_eq(hrm_puzzle_file_write("/nowhere/a.h5", &puzzles, "", "", &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "/nowhere"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("puzzle_file");
    TCase *tests = tcase_create("puzzle_file");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_what_was_written);
    tcase_add_test(tests, reads_a_range_of_rows);
    tcase_add_test(tests, opens_every_form);
    tcase_add_test(tests, refuses_missing_truncated_foreign_files);
    tcase_add_test(tests, refuses_wrong_schemas);
    tcase_add_loop_test(tests, refuses_wrong_shapes, 0, 11);
    tcase_add_test(tests, refuses_wrong_values);
    tcase_add_test(tests, refuses_missing_folders);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
