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

#define HAD "a," Q "," A ",12\n"

// As people write it.
static const struct {
    const char *text;
    int rows;
} good[] = {
    {HEADER, 0},
    {HEADER HAD, 1},
    {HEADER "a," Q "," A ",12", 1},
    {HRM_PUZZLE_HEADER "\r\na," Q "," A ",12\r\n," Q "," A ",0\r\n", 2},
    {HRM_PUZZLE_HEADER "\ra," Q "," A ",12\ra," Q "," A ",0", 2},
    {HEADER "a," A "," A ",2147483647\n", 1},
    {"\357\273\277" HEADER HAD, 1},
    {"\n" HEADER "\n" HAD "\n \n" HAD "\n", 2},
    {"SOURCE,Question,aNSWER,Rating\n" HAD, 1},
    {"question,answer\n" Q "," A "\n", 1},
    {"quizzes,solutions\n" Q "," A "\n", 1},
    {"id,puzzle,solution,clues,difficulty\n0," Q "," A ",24,2.2\n", 1},
    {"answer,rating,note,board,source\n" A ",12,\"a, \"\"b\"\"\"," Q ",x\n", 1},
    {",source,question,answer,rating\n0," HAD "1," HAD, 2},
    {"source;question;answer;rating\na, b;" Q ";" A ";12\n", 1},
    {"source\tquestion\tanswer\trating\na;b\t" Q "\t" A "\t12\n", 1},
    {"\"source\",\"question\",\"answer\",\"rating\"\n\"a, b\",\"" Q "\",\"" A "\",\"12\"\n", 1},
    {"source, question, answer, rating\na, " Q ", " A ", 12\n", 1},
    {HEADER "a," Q "," A ",12.0\na," Q "," A ",\na," Q "," A ",NaN\n", 3},
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
    ck_assert_int_eq(reader.lines.line, 2);
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

static const struct {
    const char *text;
    const char *wanted;
} bad[] = {
    {"", "the file is empty"},
    {"\n\n", "the file is empty"},
    {"source,answer,rating\n",
     ":1: header is 'source,answer,rating', wanted columns named question"},
    {"source,question,rating\n", ":1: header"},
    {Q "," A "\n", ":1: header"},
    {"puzzle,board,answer\n", ":1: columns 'puzzle' and 'board' are the same thing"},
    {HEADER "a," Q "," A "\n", ":2: 3 fields, the header has 4"},
    {HEADER "a," Q "," A ",1,2\n", ":2: 5 fields"},
    {HEADER "\na\n", ":3: 1 fields"},
    {HEADER "\"a," Q "," A ",1\n", ":2: a quote is not closed"},
    {HEADER "\"a\"b," Q "," A ",1\n", ":2: a quote is not closed, or is followed"},
    {"\377\376s", ":1: the text is UTF-16"},
    {HEADER "a," Q "," A ",1\na," Q "," A ",hard\n", ":3: rating is 'hard'"},
    {HEADER "a," Q "," A ",-1\n", ":2: rating is '-1'"},
    {HEADER "a," Q "," A ",1.5\n", ":2: rating is '1.5'"},
    {HEADER "a," Q "," A ",99999999999\n", ":2: rating"},
    {HEADER "a,7....," A ",1\n", ":2: a board has 5 characters"},
    {HEADER "a," Q "," A "1,1\n", ":2: a board has 82 characters"},
    {HEADER "a,q" Q "," A ",1\n", ":2: character 'q' at position 1"},
    {HEADER "a," Q "," Q ",1\n", ":2: the answer is blank at position 2"},
    {HEADER "a,1" A "," A ",1\n", "82 characters"},
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

START_TEST(refuses_endless_lines)
{
    int rows = 0;
    static char text[200000];
    memset(text, 'a', sizeof text - 1);
    put(text);
    ck_assert_int_eq(read_all(&rows), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, ":1: a line of more than 65536 bytes"));
}
END_TEST

// The one row of a file.
static struct hrm_puzzle read_one(const char *text)
{
    struct hrm_puzzle_reader reader = {0};
    struct hrm_puzzle puzzle = {0};
    bool more = false;
    put(text);
    ck_assert_int_eq(hrm_puzzle_reader_open(&reader, path, &error), HRM_OK);
    ck_assert_int_eq(hrm_puzzle_reader_next(&reader, &puzzle, &more, &error), HRM_OK);
    ck_assert(more);
    hrm_puzzle_reader_close(&reader);
    return puzzle;
}

START_TEST(takes_every_blank)
{
    static const char blanks[] = "0_*xX- ";
    char text[512] = HEADER "a," Q "," A ",1\n";
    for (char *c = text + strlen(HEADER); *c != '\0'; c++)
        *c = *c == '.' ? blanks[_i] : *c;
    struct hrm_puzzle puzzle = read_one(text);
    hrm_board_format(&puzzle.question, text);
    ck_assert_str_eq(text, Q);
}
END_TEST

START_TEST(keeps_long_names_apart)
{
    struct hrm_puzzle a = read_one(HEADER LONG_NAME "a," Q "," A ",1\n");
    struct hrm_puzzle b = read_one(HEADER LONG_NAME "b," Q "," A ",1\n");
    ck_assert_str_ne(a.source, b.source);
    ck_assert_int_eq(strncmp(a.source, LONG_NAME, 46), 0);
    ck_assert_uint_eq(strlen(a.source), HRM_SOURCE_NAME - 1);
    // A character of two bytes is not cut.
    a = read_one(HEADER "a"
                        "\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
                        "\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
                        "\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
                        "\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
                        "," Q "," A ",1\n");
    ck_assert_int_eq(strchr(a.source, '~') - a.source, 45);
}
END_TEST

START_TEST(knows_that_a_rating_is_missing)
{
    ck_assert_int_eq(read_one("question,answer\n" Q "," A "\n").rating, HRM_UNRATED);
    ck_assert_int_eq(read_one(HEADER "a," Q "," A ",\n").rating, HRM_UNRATED);
    ck_assert_int_eq(read_one(HEADER "a," Q "," A ",12.00\n").rating, 12);
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

static struct hrm_puzzle puzzle = {.rating = 12, .source = "some_source"};

static int write_rows(struct hrm_puzzle_writer *writer, int rows)
{
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

START_TEST(writes_names_with_commas_and_no_rating)
{
    struct hrm_puzzle_writer writer;
    puzzle = (struct hrm_puzzle){.rating = HRM_UNRATED, .source = "a, \"b\""};
    ck_assert_int_eq(write_rows(&writer, 1), HRM_OK);
    char text[512] = "";
    FILE *stream = fopen(path, "r");
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    ck_assert_str_eq(text, HEADER "\"a, \"\"b\"\"\"," Q "," A ",\n");
    struct hrm_puzzle again = read_one(text);
    ck_assert_mem_eq(&again.question, &puzzle.question, sizeof again.question);
    ck_assert_mem_eq(&again.answer, &puzzle.answer, sizeof again.answer);
    ck_assert_int_eq(again.rating, HRM_UNRATED);
    ck_assert_str_eq(again.source, puzzle.source);
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
    tcase_add_test(tests, refuses_endless_lines);
    tcase_add_loop_test(tests, takes_every_blank, 0, 7);
    tcase_add_test(tests, keeps_long_names_apart);
    tcase_add_test(tests, knows_that_a_rating_is_missing);
    tcase_add_test(tests, writes_names_with_commas_and_no_rating);
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
