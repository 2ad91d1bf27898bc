#include "core/sudoku/board.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION "7.....8....2..5....3..6..9..7.6....1...1.3.7.....7.9.....4.2....9..3..1..2..1643."
#define ANSWER   "769341852142895367538267194273689541954123678681574923316452789495738216827916435"

static struct hrm_board board_of(const char *text)
{
    struct hrm_board board;
    struct hrm_error error = {0};
    ck_assert_msg(hrm_board_parse(text, &board, &error) == HRM_OK, "%s", error.text);
    return board;
}

START_TEST(parses_and_formats)
{
    struct hrm_board board = board_of(QUESTION);
    ck_assert_int_eq(board.cell[0], 7);
    ck_assert_int_eq(board.cell[1], 0);
    ck_assert_int_eq(board.cell[80], 0);
    ck_assert_int_eq(board.cell[79], 3);
    ck_assert_int_eq(hrm_board_clues(&board), 25);
    char text[HRM_CELLS + 1];
    hrm_board_format(&board, text);
    ck_assert_str_eq(text, QUESTION);
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '.' ? '0' : *c;
    struct hrm_board zeros = board_of(text);
    ck_assert_mem_eq(&zeros, &board, sizeof board);
}
END_TEST

START_TEST(prints_a_grid)
{
    struct hrm_board board = board_of(QUESTION);
    char text[HRM_BOARD_PRETTY];
    memset(text, 'x', sizeof text);
    hrm_board_pretty(&board, text);
    const char *start = "7 . . | . . . | 8 . .\n. . 2 | . . 5 | . . .\n. 3 . | . 6 . | . 9 .\n"
                        "------+-------+------\n. 7 . ";
    ck_assert_int_eq(strncmp(text, start, strlen(start)), 0);
    ck_assert_str_eq(text + strlen(text) - 22, ". 2 . | . 1 6 | 4 3 .\n");
    ck_assert_uint_lt(strlen(text), HRM_BOARD_PRETTY);
}
END_TEST

START_TEST(refuses_bad_text)
{
    char text[100];
    strcpy(text, QUESTION);
    static const struct {
        int position;
        char character;
        const char *wanted;
    } cases[] = {
        {80, '\0', "80 characters"},
        {0, '\0', "0 characters"},
        {10, 'q', "'q' at position 11 (row 2, column 2)"},
        {80, '+', "'+' at position 81"},
        {3, '\n', "\\012"},
        {4, (char)0xc3, "\\303"},
    };
    text[cases[_i].position] = cases[_i].character;
    struct hrm_board board;
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_board_parse(text, &board, &error), HRM_DATA);
    ck_assert_msg(strstr(error.text, cases[_i].wanted) != NULL, "%s", error.text);
}
END_TEST

START_TEST(refuses_text_that_goes_on)
{
    struct hrm_board board;
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_board_parse(QUESTION ".", &board, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "82 characters"));
}
END_TEST

START_TEST(units_cover_the_board)
{
    int times[HRM_CELLS] = {0};
    for (int unit = 0; unit < HRM_UNITS; unit++) {
        for (int i = 0; i < 9; i++)
            times[hrm_unit_cells[unit][i]]++;
    }
    for (int i = 0; i < HRM_CELLS; i++)
        ck_assert_int_eq(times[i], 3);
}
END_TEST

START_TEST(certifies_solutions_only)
{
    struct hrm_board question = board_of(QUESTION);
    struct hrm_board answer = board_of(ANSWER);
    ck_assert(hrm_board_is_certified(&question, &answer));
    ck_assert(hrm_board_is_complete(&answer));
    ck_assert(!hrm_board_is_complete(&question));
    ck_assert(hrm_board_keeps_givens(&question, &question));
    ck_assert(!hrm_board_is_certified(&question, &question));

    struct hrm_board wrong = answer;
    wrong.cell[0] = 6;
    ck_assert(!hrm_board_keeps_givens(&question, &wrong));
    wrong = answer;
    wrong.cell[1] = 0;
    ck_assert(hrm_board_keeps_givens(&question, &wrong));
    ck_assert_int_eq(hrm_board_conflicts(&wrong), 0);
    ck_assert(!hrm_board_is_certified(&question, &wrong));
    wrong.cell[1] = 5;
    ck_assert(!hrm_board_is_certified(&question, &wrong));
}
END_TEST

// E by its definition: count every digit in every unit.
static int count_conflicts(const struct hrm_board *grid)
{
    int conflicts = 0;
    for (int unit = 0; unit < HRM_UNITS; unit++) {
        for (int digit = 1; digit <= 9; digit++) {
            int count = 0;
            for (int i = 0; i < 9; i++)
                count += grid->cell[hrm_unit_cells[unit][i]] == digit;
            conflicts += count > 1 ? count - 1 : 0;
        }
    }
    return conflicts;
}

START_TEST(counts_conflicts)
{
    struct hrm_board grid = board_of(ANSWER);
    ck_assert_int_eq(hrm_board_conflicts(&grid), 0);
    memset(&grid, 0, sizeof grid);
    ck_assert_int_eq(hrm_board_conflicts(&grid), 0);
    memset(&grid, 1, sizeof grid);
    ck_assert_int_eq(hrm_board_conflicts(&grid), 27 * 8);
    srand(1);
    for (int round = 0; round < 1000; round++) {
        for (int i = 0; i < HRM_CELLS; i++)
            grid.cell[i] = (uint8_t)(rand() % 10);
        ck_assert_int_eq(hrm_board_conflicts(&grid), count_conflicts(&grid));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("board");
    TCase *tests = tcase_create("board");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, parses_and_formats);
    tcase_add_test(tests, prints_a_grid);
    tcase_add_loop_test(tests, refuses_bad_text, 0, 6);
    tcase_add_test(tests, refuses_text_that_goes_on);
    tcase_add_test(tests, units_cover_the_board);
    tcase_add_test(tests, certifies_solutions_only);
    tcase_add_test(tests, counts_conflicts);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
