#include "core/sudoku/puzzle_csv.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define Q      "7.....8....2..5....3..6..9..7.6....1...1.3.7.....7.9.....4.2....9..3..1..2..1643."
#define A      "769341852142895367538267194273689541954123678681574923316452789495738216827916435"
#define HEADER HRM_PUZZLE_HEADER "\n"

static char folder[64];
static char path[128];
static struct hrm_error error;

static void setup(void)
{
    strcpy(folder, "/tmp/hrm-csv-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/set.csv", folder);
    error = (struct hrm_error){0};
}

static void teardown(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); // fails when a temporary file was left
}

static void put(const char *text)
{
    FILE *stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    fclose(stream);
}

// Read the whole file. Returns the status, and the number of rows.
static int read_all(int *rows)
{
    struct hrm_puzzle_reader reader = {0};
    struct hrm_puzzle puzzle;
    bool more = true;
    *rows = 0;
    int status = hrm_puzzle_reader_open(&reader, path, &error);
    while (status == HRM_OK && more) {
        status = hrm_puzzle_reader_next(&reader, &puzzle, &more, &error);
        *rows += status == HRM_OK && more;
    }
    hrm_puzzle_reader_close(&reader);
    hrm_puzzle_reader_close(&reader);
    return status;
}

static const struct {
    const char *text;
    int rows;
} good[] = {
    {HEADER, 0},
    {HEADER "a," Q "," A ",12\n", 1},
    {HEADER "a," Q "," A ",12", 1},
    {HRM_PUZZLE_HEADER "\r\na," Q "," A ",12\r\n," Q "," A ",0\r\n", 2},
    {HEADER "a," A "," A ",2147483647\n", 1},
};
#define GOOD ((int)(sizeof good / sizeof *good))

START_TEST(reads_rows)
{
    int rows = 0;
    put(good[_i].text);
    ck_assert_msg(read_all(&rows) == HRM_OK, "%s", error.text);
    ck_assert_int_eq(rows, good[_i].rows);
}
END_TEST

START_TEST(reads_what_a_row_says)
{
    struct hrm_puzzle_reader reader;
    struct hrm_puzzle puzzle;
    bool more = false;
    put(HEADER "some_source," Q "," A ",12\n");
    ck_assert_int_eq(hrm_puzzle_reader_open(&reader, path, &error), HRM_OK);
    ck_assert_int_eq(hrm_puzzle_reader_next(&reader, &puzzle, &more, &error), HRM_OK);
    ck_assert(more);
    ck_assert_int_eq(reader.line, 2);
    ck_assert_str_eq(puzzle.source, "some_source");
    ck_assert_int_eq(puzzle.rating, 12);
    char text[HRM_CELLS + 1];
    hrm_board_format(&puzzle.question, text);
    ck_assert_str_eq(text, Q);
    hrm_board_format(&puzzle.answer, text);
    ck_assert_str_eq(text, A);
    hrm_puzzle_reader_close(&reader);
}
END_TEST

#define LONG_NAME "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"
#define LONG_LINE LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME

static const struct {
    const char *text;
    const char *wanted;
} bad[] = {
    {"", "the file is empty"},
    {"question,answer\n",
     ":1: header is 'question,answer', wanted 'source,question,answer,rating'"},
    {"source,question,answer,rating,more\n", ":1: header"},
    {"Source,question,answer,rating\n", ":1: header"},
    {HEADER "a," Q "," A "\n", ":2: 3 fields, wanted 4"},
    {HEADER "a," Q "," A ",1,2\n", ":2: 5 fields"},
    {HEADER "\n", ":2: 1 fields"},
    {HEADER "a," Q "," A ",1\na," Q "," A ",hard\n", ":3: rating is 'hard'"},
    {HEADER "a," Q "," A ",\n", ":2: rating is ''"},
    {HEADER "a," Q "," A ",-1\n", ":2: rating is '-1'"},
    {HEADER "a," Q "," A ",1.5\n", ":2: rating is '1.5'"},
    {HEADER "a," Q "," A ",99999999999\n", ":2: rating"},
    {HEADER "a,7....," A ",1\n", ":2: a board has 5 characters"},
    {HEADER "a," Q "," A "1,1\n", ":2: a board has 82 characters"},
    {HEADER "a,X" Q "," A ",1\n", ":2: character 'X' at position 1"},
    {HEADER "a," Q "," Q ",1\n", ":2: the answer is blank at position 2"},
    {HEADER "a,1" A "," A ",1\n", "82 characters"},
    {HEADER LONG_NAME "," Q "," A ",1\n", ":2: the source has 64 characters"},
    {HEADER LONG_LINE "\n", ":2: a line of more than"},
};
#define BAD ((int)(sizeof bad / sizeof *bad))

START_TEST(refuses_bad_files)
{
    int rows = 0;
    put(bad[_i].text);
    ck_assert_int_eq(read_all(&rows), HRM_DATA);
    ck_assert_msg(strstr(error.text, bad[_i].wanted) != NULL, "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, path));
    ck_assert_str_ne(error.hint, "");
}
END_TEST

// A good row with one character of its text replaced.
static void put_row_with(int position, char character)
{
    char text[512] = HEADER "a," Q "," A ",1\n";
    text[strlen(HEADER) + 2 + (size_t)position] = character;
    put(text);
}

START_TEST(refuses_contradicting_answers)
{
    int rows = 0;
    put_row_with(82, '1'); // the first cell of the answer, a given
    ck_assert_int_eq(read_all(&rows), HRM_DATA);
    ck_assert_ptr_nonnull(
        strstr(error.text, "the answer has 1 at position 1 where the question has 7"));
    error = (struct hrm_error){0};
    put_row_with(83, '1'); // the second cell, not given
    ck_assert_int_eq(read_all(&rows), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, ":2: the answer repeats digits"));
}
END_TEST

START_TEST(refuses_zero_bytes)
{
    int rows = 0;
    FILE *stream = fopen(path, "w");
    fputs(HEADER "a,", stream);
    fputc('\0', stream);
    fputs(Q "," A ",1\n", stream);
    fclose(stream);
    ck_assert_int_eq(read_all(&rows), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "zero byte"));
}
END_TEST

START_TEST(refuses_missing_files_and_folders)
{
    int rows = 0;
    ck_assert_int_eq(read_all(&rows), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "No such file"));
    error = (struct hrm_error){0};
    mkdir(path, 0777);
    ck_assert_int_eq(read_all(&rows), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, path));
    rmdir(path);
}
END_TEST

static void write_gzip(int rows)
{
    gzFile stream = gzopen(path, "wb");
    gzputs(stream, HEADER);
    for (int i = 0; i < rows; i++)
        gzprintf(stream, "source%d," Q "," A ",%d\n", i % 7, i);
    gzclose(stream);
}

START_TEST(reads_gzip_and_notices_damage)
{
    int rows = 0;
    write_gzip(2000);
    ck_assert_int_eq(read_all(&rows), HRM_OK);
    ck_assert_int_eq(rows, 2000);
    struct stat status;
    stat(path, &status);
    ck_assert_int_eq(truncate(path, status.st_size / 2), 0);
    ck_assert_int_eq(read_all(&rows), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "truncated or damaged"));
    // The length and checksum at the end of the file are missing.
    error = (struct hrm_error){0};
    write_gzip(2000);
    ck_assert_int_eq(truncate(path, status.st_size - 6), 0);
    ck_assert_int_eq(read_all(&rows), HRM_DATA);
    // A byte differs.
    error = (struct hrm_error){0};
    write_gzip(2000);
    FILE *stream = fopen(path, "r+b");
    fseek(stream, status.st_size / 2, SEEK_SET);
    int byte = fgetc(stream);
    fseek(stream, status.st_size / 2, SEEK_SET);
    fputc(byte ^ 0x55, stream);
    fclose(stream);
    ck_assert_int_eq(read_all(&rows), HRM_DATA);
}
END_TEST

static int write_rows(struct hrm_puzzle_writer *writer, int rows)
{
    struct hrm_puzzle puzzle = {.rating = 12, .source = "some_source"};
    hrm_board_parse(Q, &puzzle.question, NULL);
    hrm_board_parse(A, &puzzle.answer, NULL);
    int status = hrm_puzzle_writer_open(writer, path, &error);
    for (int i = 0; i < rows && status == HRM_OK; i++)
        status = hrm_puzzle_writer_put(writer, &puzzle, &error);
    if (status == HRM_OK)
        status = hrm_puzzle_writer_close(writer, &error);
    return status;
}

START_TEST(writes_the_form_that_is_published)
{
    struct hrm_puzzle_writer writer;
    ck_assert_int_eq(write_rows(&writer, 1), HRM_OK);
    hrm_puzzle_writer_abandon(&writer);
    char text[512] = "";
    FILE *stream = fopen(path, "r");
    size_t length = fread(text, 1, sizeof text - 1, stream);
    fclose(stream);
    text[length] = '\0';
    ck_assert_str_eq(text, HEADER "some_source," Q "," A ",12\n");
}
END_TEST

START_TEST(writes_gzip_by_name)
{
    struct hrm_puzzle_writer writer;
    strcat(path, ".gz");
    ck_assert_int_eq(write_rows(&writer, 1000), HRM_OK);
    struct stat status;
    stat(path, &status);
    ck_assert_int_lt(status.st_size, 5000);
    int rows = 0;
    ck_assert_int_eq(read_all(&rows), HRM_OK);
    ck_assert_int_eq(rows, 1000);
}
END_TEST

START_TEST(leaves_nothing_when_abandoned)
{
    struct hrm_puzzle_writer writer = {0};
    hrm_puzzle_writer_abandon(&writer);
    put("old");
    ck_assert_int_eq(hrm_puzzle_writer_open(&writer, path, &error), HRM_OK);
    hrm_puzzle_writer_abandon(&writer);
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_size, 3);
}
END_TEST

START_TEST(reports_a_full_disk)
{
    // A limit on the file size fails a write just as a full disk does.
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit old;
    getrlimit(RLIMIT_FSIZE, &old);
    struct rlimit small = {_i == 0 ? 100000 : 100, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    struct hrm_puzzle_writer writer;
    int status = write_rows(&writer, _i == 0 ? 10000 : 1);
    setrlimit(RLIMIT_FSIZE, &old);
    hrm_puzzle_writer_abandon(&writer);
    ck_assert_int_eq(status, HRM_FAILED);
    ck_assert_ptr_nonnull(strstr(error.text, path));
    ck_assert_str_ne(error.hint, "");
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(refuses_missing_folders)
{
    struct hrm_puzzle_writer writer;
    ck_assert_int_eq(hrm_puzzle_writer_open(&writer, "/nowhere/a.csv", &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "/nowhere"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("puzzle_csv");
    TCase *tests = tcase_create("puzzle_csv");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, reads_rows, 0, GOOD);
    tcase_add_test(tests, reads_what_a_row_says);
    tcase_add_loop_test(tests, refuses_bad_files, 0, BAD);
    tcase_add_test(tests, refuses_contradicting_answers);
    tcase_add_test(tests, refuses_zero_bytes);
    tcase_add_test(tests, refuses_missing_files_and_folders);
    tcase_add_test(tests, reads_gzip_and_notices_damage);
    tcase_add_test(tests, writes_the_form_that_is_published);
    tcase_add_test(tests, writes_gzip_by_name);
    tcase_add_test(tests, leaves_nothing_when_abandoned);
    tcase_add_loop_test(tests, reports_a_full_disk, 0, 2);
    tcase_add_test(tests, refuses_missing_folders);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
