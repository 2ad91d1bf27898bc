#include "core/sudoku/puzzle_copy.h"

#include "core/sudoku/solver.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct hrm_error error;

static struct hrm_puzzle make_puzzle(void)
{
    struct hrm_puzzle puzzle = {.rating = 42, .source = "here"};
    hrm_board_parse(
        "7.....8....2..5....3..6..9..7.6....1...1.3.7.....7.9.....4.2....9..3..1..2..1643.",
        &puzzle.question, &error);
    ck_assert_int_eq(hrm_board_solve(&puzzle.question, &puzzle.answer), HRM_SOLUTIONS_ONE);
    return puzzle;
}

START_TEST(the_first_copy_is_the_puzzle)
{
    struct hrm_puzzle puzzle = make_puzzle();
    struct hrm_puzzle copy = hrm_puzzle_copy(&puzzle, 5, 1, 0);
    ck_assert_mem_eq(&copy, &puzzle, sizeof puzzle);
}
END_TEST

// How often each digit count occurs, and each number of clues of a row or column.
static void take_invariants(const struct hrm_board *board, int found[2][10])
{
    int digits[10] = {0};
    memset(found, 0, 2 * sizeof *found);
    for (int i = 0; i < HRM_CELLS; i++)
        digits[board->cell[i]]++;
    for (int d = 1; d < 10; d++)
        found[0][digits[d]]++;
    for (int unit = 0; unit < 18; unit++) {
        int clues = 0;
        for (int i = 0; i < 9; i++)
            clues += board->cell[hrm_unit_cells[unit][i]] != 0;
        found[1][clues]++;
    }
}

START_TEST(copies_are_equivalent_puzzles)
{
    struct hrm_puzzle puzzle = make_puzzle();
    int wanted[2][10], found[2][10];
    take_invariants(&puzzle.question, wanted);
    for (int k = 1; k < 200; k++) {
        struct hrm_puzzle copy = hrm_puzzle_copy(&puzzle, 3, 7, k);
        struct hrm_board solution;
        ck_assert_int_eq(hrm_puzzle_check(&copy.question, &copy.answer, &error), HRM_OK);
        ck_assert_int_eq(hrm_board_solve(&copy.question, &solution), HRM_SOLUTIONS_ONE);
        ck_assert_mem_eq(&solution, &copy.answer, sizeof solution);
        take_invariants(&copy.question, found);
        ck_assert_mem_eq(found, wanted, sizeof found);
        ck_assert_int_eq(copy.rating, 42);
        ck_assert_str_eq(copy.source, "here");
    }
}
END_TEST

// Every one of the 9! copies has another first row of the answer: all that there are.
START_TEST(no_two_copies_are_equal)
{
    struct hrm_puzzle puzzle = make_puzzle();
    uint8_t *seen = calloc(387420489 / 8 + 1, 1); // a bit for every number of nine digits to base 9
    for (int64_t k = 0; k < HRM_PUZZLE_COPIES; k++) {
        struct hrm_puzzle copy = hrm_puzzle_copy(&puzzle, 0, 11, k);
        int64_t row = 0;
        for (int i = 0; i < 9; i++)
            row = 9 * row + copy.answer.cell[i] - 1;
        uint8_t bit = (uint8_t)(1 << row % 8);
        ck_assert_msg(!(seen[row / 8] & bit), "copy %lld", (long long)k);
        seen[row / 8] |= bit;
    }
    free(seen);
}
END_TEST

START_TEST(seed_number_and_copy_decide)
{
    struct hrm_puzzle puzzle = make_puzzle();
    struct hrm_puzzle a = hrm_puzzle_copy(&puzzle, 3, 7, 2);
    struct hrm_puzzle b = hrm_puzzle_copy(&puzzle, 3, 7, 2);
    ck_assert_mem_eq(&a, &b, sizeof a);
    b = hrm_puzzle_copy(&puzzle, 4, 7, 2);
    ck_assert_mem_ne(&a.question, &b.question, sizeof a.question);
    b = hrm_puzzle_copy(&puzzle, 3, 8, 2);
    ck_assert_mem_ne(&a.question, &b.question, sizeof a.question);
    b = hrm_puzzle_copy(&puzzle, 3, 7, 3);
    ck_assert_mem_ne(&a.question, &b.question, sizeof a.question);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("puzzle_copy");
    TCase *tests = tcase_create("puzzle_copy");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, the_first_copy_is_the_puzzle);
    tcase_add_test(tests, copies_are_equivalent_puzzles);
    tcase_add_test(tests, no_two_copies_are_equal);
    tcase_add_test(tests, seed_number_and_copy_decide);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
