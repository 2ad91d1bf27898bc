#include "core/sudoku/mixing.h"

#include "core/sudoku/solver.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION "7.....8....2..5....3..6..9..7.6....1...1.3.7.....7.9.....4.2....9..3..1..2..1643."
#define ANSWER   "769341852142895367538267194273689541954123678681574923316452789495738216827916435"

START_TEST(fills_a_uniform_number_of_blanks)
{
    struct hrm_board question;
    struct hrm_board answer;
    hrm_board_parse(QUESTION, &question, NULL);
    hrm_board_parse(ANSWER, &answer, NULL);
    int blanks = HRM_CELLS - hrm_board_clues(&question);
    int filled[HRM_CELLS] = {0};
    int times[HRM_CELLS] = {0};
    int rounds = 200 * (blanks - 1);
    struct hrm_random random = hrm_random_open(1, HRM_RANDOM_MIXING, 0, 0);
    for (int round = 0; round < rounds; round++) {
        struct hrm_board mixed = hrm_board_mix(&question, &answer, &random);
        ck_assert(hrm_board_keeps_givens(&question, &mixed));
        ck_assert(hrm_board_keeps_givens(&mixed, &answer));
        filled[hrm_board_clues(&mixed) - hrm_board_clues(&question)]++;
        for (int i = 0; i < HRM_CELLS; i++)
            times[i] += mixed.cell[i] != 0;
    }
    ck_assert_int_eq(filled[0], 0);
    ck_assert_int_eq(filled[blanks], 0);
    for (int k = 1; k < blanks; k++)
        ck_assert_int_le(abs(filled[k] - 200), 75);
    for (int i = 0; i < HRM_CELLS; i++) {
        int wanted = question.cell[i] != 0 ? rounds : rounds / 2;
        ck_assert_int_le(abs(times[i] - wanted), rounds / 20);
    }
}
END_TEST

START_TEST(leaves_nearly_full_boards)
{
    struct hrm_board question;
    struct hrm_board answer;
    hrm_board_parse(ANSWER, &answer, NULL);
    question = answer;
    for (int i = 0; i < _i; i++)
        question.cell[7 * i] = 0;
    struct hrm_random random = hrm_random_open(1, HRM_RANDOM_MIXING, 0, 0);
    struct hrm_board mixed = hrm_board_mix(&question, &answer, &random);
    ck_assert_int_eq(hrm_board_clues(&mixed), _i == 2 ? 80 : 81 - _i);
}
END_TEST

static int distance(const struct hrm_board *a, const struct hrm_board *b)
{
    int cells = 0;
    for (int i = 0; i < HRM_CELLS; i++)
        cells += a->cell[i] != b->cell[i];
    return cells;
}

START_TEST(moves_givens_and_keeps_the_answer)
{
    struct hrm_board question;
    struct hrm_board answer;
    hrm_board_parse(QUESTION, &question, NULL);
    hrm_board_parse(ANSWER, &answer, NULL);
    int before;
    int after;
    ck_assert_int_eq(hrm_board_rate(&question, &before), HRM_SOLUTIONS_ONE);
    struct hrm_random random = hrm_random_open(1, HRM_RANDOM_MOVE, 0, 0);
    long cells = 0;
    for (int round = 0; round < 100; round++) {
        struct hrm_board solution;
        struct hrm_board moved = hrm_board_move(&question, &answer, _i, &random);
        ck_assert_int_eq(hrm_board_clues(&moved), hrm_board_clues(&question));
        ck_assert_int_eq(hrm_board_solve(&moved, &solution), HRM_SOLUTIONS_ONE);
        ck_assert_mem_eq(&solution, &answer, sizeof solution);
        ck_assert_int_le(distance(&question, &moved), 2 * _i);
        hrm_board_rate(&moved, &after);
        ck_assert_int_ge(4 * after, 3 * before);
        cells += distance(&question, &moved);
    }
    ck_assert_int_ge(cells, 10 * _i);
}
END_TEST

START_TEST(moves_nothing_where_nothing_can_move)
{
    struct hrm_board empty = {{0}};
    struct hrm_board answer;
    hrm_board_parse(ANSWER, &answer, NULL);
    struct hrm_random random = hrm_random_open(1, HRM_RANDOM_MOVE, 0, 0);
    struct hrm_board moved = hrm_board_move(&empty, &answer, 3, &random);
    ck_assert_mem_eq(&moved, &empty, sizeof moved);
    moved = hrm_board_move(&answer, &answer, 3, &random);
    ck_assert_mem_eq(&moved, &answer, sizeof moved);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mixing");
    TCase *tests = tcase_create("mixing");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, fills_a_uniform_number_of_blanks);
    tcase_add_loop_test(tests, leaves_nearly_full_boards, 0, 3);
    tcase_add_loop_test(tests, moves_givens_and_keeps_the_answer, 0, 9);
    tcase_add_test(tests, moves_nothing_where_nothing_can_move);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
