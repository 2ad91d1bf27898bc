#include "core/file/puzzle_file.h"

#include "core/file/h5.h"
#include "core/file/h5_attribute.h"
#include "core/file/puzzle_stream.h"
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

static const struct hrm_puzzle_choice all;

// Write the puzzles as they are, sources by number too.
static void write_set(void)
{
    struct hrm_puzzle_file_writer writer;
    int status =
        hrm_puzzle_file_writer_open(&writer, path, puzzles.count, "hrmpi 0", BUNDLED, &error);
    for (int64_t row = 0; row < puzzles.count && status == HRM_OK; row++) {
        struct hrm_puzzle puzzle = hrm_puzzles_get(&puzzles, row);
        status = hrm_puzzle_file_writer_put(&writer, &puzzle, &error);
    }
    if (status == HRM_OK)
        status = hrm_puzzle_file_writer_close(&writer, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
}

static void setup(void)
{
    strcpy(folder, "/tmp/hrm-puzzle-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/set.h5", folder);
    error = (struct hrm_error){0};
    ck_assert_msg(hrm_puzzles_open(BUNDLED, &all, &puzzles, &error) == HRM_OK, "%s", error.text);
    write_set();
}

static void teardown(void)
{
    hrm_puzzles_free(&puzzles);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); // fails when a temporary file was left
}

START_TEST(reads_what_was_written)
{
    struct hrm_puzzle_file_reader reader;
    struct hrm_puzzle puzzle;
    bool more = true;
    ck_assert_int_eq(hrm_puzzle_file_reader_open(&reader, path, &error), HRM_OK);
    ck_assert_int_eq(reader.count, 300);
    for (int64_t row = 0; row < 300; row++) {
        struct hrm_puzzle wanted = hrm_puzzles_get(&puzzles, row);
        ck_assert_int_eq(hrm_puzzle_file_reader_next(&reader, &puzzle, &more, &error), HRM_OK);
        ck_assert(more);
        ck_assert_mem_eq(&puzzle, &wanted, sizeof puzzle);
    }
    ck_assert_int_eq(hrm_puzzle_file_reader_next(&reader, &puzzle, &more, &error), HRM_OK);
    ck_assert(!more);
    hrm_puzzle_file_reader_close(&reader);
    hrm_puzzle_file_reader_close(&reader);
}
END_TEST

START_TEST(says_where_it_comes_from)
{
    static const char *const texts[][2] = {
        {"schema", "hrmpi-puzzles"}, {"program", "hrmpi 0"}, {"created_from", BUNDLED}};
    hid_t file = -1;
    char text[512], hash[17];
    ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, &file, &error), HRM_OK);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(hrm_h5_read_text(file, texts[i][0], text, sizeof text, &error), HRM_OK);
        ck_assert_str_eq(text, texts[i][1]);
    }
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)puzzles.hash);
    ck_assert_int_eq(hrm_h5_read_text(file, "hash", text, sizeof text, &error), HRM_OK);
    ck_assert_str_eq(text, hash);
    hrm_h5_close(&file, &error);
}
END_TEST

static void expect_failure(const char *const *words)
{
    struct hrm_puzzles any;
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_puzzles_open(path, &all, &any, &error), HRM_DATA);
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
    case 6:
        replace("source_names", H5T_C_S1, 1, 257, 0);
        expect_failure((const char *[]){"'source_names' has 257 names, at most 256", NULL});
        break;
    default: {
        const char *name = names[_i - 7];
        hid_t file = reopen();
        H5Ldelete(file, name, H5P_DEFAULT);
        close_again(file);
        expect_failure((const char *[]){name, "is missing", NULL});
    }
    }
}
END_TEST

// Change bytes of a dataset behind the back of the hash.
static void spoil(const char *name, int64_t row, int column, uint8_t value)
{
    uint8_t values[HRM_CELLS];
    int width = strcmp(name, "source") == 0 ? 1 : HRM_CELLS;
    hid_t file = reopen();
    struct hrm_h5_data data = {.name = name,
                               .type = H5T_NATIVE_UINT8,
                               .rank = width > 1 ? 2 : 1,
                               .size = {300, width},
                               .first = row,
                               .count = 1};
    ck_assert_int_eq(hrm_h5_read(file, &data, values, &error), HRM_OK);
    values[column] = value;
    ck_assert_int_eq(hrm_h5_write_rows(file, &data, values, &error), HRM_OK);
    close_again(file);
}

START_TEST(refuses_wrong_values)
{
    int cell = (int)((uint8_t *)memchr(puzzles.question, 0, HRM_CELLS) - puzzles.question);
    uint8_t digit = puzzles.answer[cell];
    spoil("question", 0, cell, digit);
    expect_failure((const char *[]){"hash", NULL});
    spoil("question", 0, cell, (uint8_t)(digit % 9 + 1));
    expect_failure((const char *[]){"row 0", "where the question has", NULL});
    spoil("question", 0, cell, 11);
    expect_failure((const char *[]){"row 0", "the question has 11", NULL});
    spoil("question", 0, cell, 0);
    spoil("answer", 1, 5, 0);
    expect_failure((const char *[]){"row 1", "the answer is blank at position 6", NULL});
    spoil("answer", 1, 5, puzzles.answer[HRM_CELLS + 5]);
    spoil("source", 2, 0, 77);
    expect_failure((const char *[]){"row 2", "'source'", "77", NULL});
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("puzzle_file");
    TCase *tests = tcase_create("puzzle_file");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_what_was_written);
    tcase_add_test(tests, says_where_it_comes_from);
    tcase_add_test(tests, refuses_missing_truncated_foreign_files);
    tcase_add_test(tests, refuses_wrong_schemas);
    tcase_add_loop_test(tests, refuses_wrong_shapes, 0, 12);
    tcase_add_test(tests, refuses_wrong_values);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
