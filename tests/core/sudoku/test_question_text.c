#include "core/sudoku/question_text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define Q "7.....8....2..5....3..6..9..7.6....1...1.3.7.....7.9.....4.2....9..3..1..2..1643."
#define A "769341852142895367538267194273689541954123678681574923316452789495738216827916435"
#define B "9.....2...5.4....6.7..1..3......17...1..4...8..3....9...756.....8...4..5....8..2."

static struct hrm_error error;
static char found[16][HRM_CELLS + 1];
static int count;

static int keep(void *user, const struct hrm_board *board, struct hrm_error *unused)
{
    (void)user;
    (void)unused;
    ck_assert_int_lt(count, 16);
    hrm_board_format(board, found[count++]);
    return HRM_OK;
}

// Give a text line by line; LF ends a line.
static int read_text(const char *text)
{
    struct hrm_question_text reader = {.name = "x.txt", .take = keep};
    int status = HRM_OK;
    count = 0;
    error = (struct hrm_error){0};
    for (int64_t line = 1; *text != '\0' && status == HRM_OK; line++) {
        char copy[1024] = "";
        size_t length = strcspn(text, "\n");
        memcpy(copy, text, length);
        text += length + (text[length] == '\n');
        status = hrm_question_text_line(&reader, copy, line, &error);
    }
    if (status == HRM_OK)
        status = hrm_question_text_end(&reader, &error);
    ck_assert_int_eq(reader.found, count);
    return status;
}

#define ROWS                                                                                       \
    "7.....8..\n..2..5...\n.3..6..9.\n.7.6....1\n...1.3.7.\n....7.9..\n...4.2...\n.9..3..1.\n"     \
    ".2..1643.\n"
#define DASHES                                                                                     \
    "7-----8--\n--2--5---\n-3--6--9-\n-7-6----1\n---1-3-7-\n----7-9--\n---4-2---\n-9--3--1-\n"     \
    "-2--1643-\n"

// Texts, and the puzzles that they have.
static const struct {
    const char *text;
    const char *wanted[3];
} good[] = {
    {Q, {Q}},
    {Q "\n\n" B "\n", {Q, B}},
    {Q "\t" B, {Q, B}},
    {"1,2: '" Q "', (" B ") 7.2", {Q, B}},
    {Q "," A ",12", {Q}}, // a headless table
    {A "," Q, {Q}},       // the other way round
    {A, {A}},             // alone it is a puzzle
    {B " " A, {B, A}},    // no answer of that puzzle
    {Q " # " B, {Q}},     // a comment
    {"# c\n; c\n// c\n" Q, {Q}},
    {"--- + ---\n=====\n" Q, {Q}},
    {ROWS, {Q}},
    {"\n" ROWS "\n" ROWS, {Q, Q}},
    {DASHES, {Q}},
    {"#A me\n[Puzzle]\n" ROWS "[State]\n" DASHES, {Q}},
    {"7..|...|8..\n..2|..5|...\n.3.|.6.|.9.\n---------\n.7.|6..|..1\n...|1.3|.7.\n...|.7.|9..\n"
     "-----------\n...|4.2|...\n.9.|.3.|.1.\n.2.|.16|43.",
     {Q}},
    {"Question\n" Q "\n" B, {Q, B}},
    {"answer;board\n" A ";" Q "\n;\"" B "\"", {Q, B}},
    {"id\tPUZZLE\n\"#1\"\t" Q "\n\n", {Q}},
    {"7 12 12 12 12 12 8 12 12\n12 12 2 12 12 5 12 12 12\nu5 3 12 12 6 12 12 9 12\n"
     "12 7 12 6 12 12 12 12 1\n12 12 12 1 12 3 12 7 12\n12 12 12 12 7 12 9 12 12\n"
     "12 12 12 4 12 2 12 12 12\n12 9 12 12 3 12 12 1 12\n12 2 12 12 1 6 4 3 12",
     {Q}},
    {"certified: the givens are kept\nconfidence 0.9\nnot run: no\n" Q, {Q}},
    {Q " not-certified\n" B " no-solution", {Q, B}},
};
#define GOOD ((int)(sizeof good / sizeof *good))

START_TEST(finds_every_puzzle)
{
    int status = read_text(good[_i].text);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    int wanted = 0;
    for (; wanted < 3 && good[_i].wanted[wanted] != NULL; wanted++) {
        ck_assert_int_lt(wanted, count);
        ck_assert_str_eq(found[wanted], good[_i].wanted[wanted]);
    }
    ck_assert_int_eq(count, wanted);
}
END_TEST

static const struct {
    const char *text;
    const char *says;
} bad[] = {
    {"hello\n" Q, "x.txt:1: there is no puzzle of 81 characters"},
    {Q "\nhello", "x.txt:2: there is no puzzle"},
    {Q "\n" Q "1", "x.txt:2: a board has 82 characters"},
    {Q Q, "x.txt:1: a board has 162 characters"},
    {Q " q" B, "x.txt:1: character 'q' at position 1"},
    {"12345", "x.txt:1: 5 characters, wanted 81 for a puzzle or 9 for a row"},
    {Q "\n7.....8..\n", "x.txt:2: a grid of 1 row, wanted 9"},
    {"7.....8..\n..2..5...\n" Q, "x.txt:1: a grid of 2 rows, wanted 9"},
    {"7.....8..\n..2..5....\n", "x.txt:1: a grid of 1 row"},
    {"question,answer\n" Q, "x.txt:2: 1 fields, the header has 2"},
    {"question,answer\n7," A, "x.txt:2: a board has 1 characters"},
    {"question,answer\nquestion,answer", "x.txt:2: character 'q'"},
    {"puzzle,question\n", "x.txt:1: columns 'puzzle' and 'question' are the same thing"},
};
#define BAD ((int)(sizeof bad / sizeof *bad))

START_TEST(names_the_line_that_it_does_not_understand)
{
    ck_assert_int_eq(read_text(bad[_i].text), HRM_DATA);
    ck_assert_msg(strstr(error.text, bad[_i].says) != NULL, "%s", error.text);
    ck_assert_str_ne(error.hint, "");
}
END_TEST

// What is printed is read again.
START_TEST(reads_what_is_printed)
{
    char text[HRM_BOARD_PRETTY];
    struct hrm_board board;
    const char *const boards[] = {Q, A, B};
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(hrm_board_parse(boards[i], &board, NULL), HRM_OK);
        hrm_board_pretty(&board, text);
        ck_assert_int_eq(read_text(text), HRM_OK);
        ck_assert_int_eq(count, 1);
        ck_assert_str_eq(found[0], boards[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("question_text");
    TCase *tests = tcase_create("question_text");
    tcase_add_loop_test(tests, finds_every_puzzle, 0, GOOD);
    tcase_add_loop_test(tests, names_the_line_that_it_does_not_understand, 0, BAD);
    tcase_add_test(tests, reads_what_is_printed);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
