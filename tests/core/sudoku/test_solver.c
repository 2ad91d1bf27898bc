#include "core/sudoku/solver.h"

#include "core/base/random.h"
#include "core/sudoku/symmetry.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *question;
    enum hrm_solutions wanted;
    const char *answer; // or NULL when there are none or several
} cases[] = {
    {"7.....8....2..5....3..6..9..7.6....1...1.3.7.....7.9.....4.2....9..3..1..2..1643.",
     HRM_SOLUTIONS_ONE,
     "769341852142895367538267194273689541954123678681574923316452789495738216827916435"},
    // 17 clues
    {"9.....2...5.4....6.7..1..3......17...1..4...8..3....9...756.....8...4..5....8..2.",
     HRM_SOLUTIONS_ONE,
     "941836257352479816678215934825691743719342568463758192297563481186924375534187629"},
    // complete
    {"769341852142895367538267194273689541954123678681574923316452789495738216827916435",
     HRM_SOLUTIONS_ONE,
     "769341852142895367538267194273689541954123678681574923316452789495738216827916435"},
    // a given less
    {"......8....2..5....3..6..9..7.6....1...1.3.7.....7.9.....4.2....9..3..1..2..1643.",
     HRM_SOLUTIONS_SEVERAL, NULL},
    {".................................................................................",
     HRM_SOLUTIONS_SEVERAL, NULL},
    // four cells of two digits that can be swapped
    {"..9341852..2895367538267194273689541954123678681574923316452789495738216827916435",
     HRM_SOLUTIONS_ONE,
     "769341852142895367538267194273689541954123678681574923316452789495738216827916435"},
    // two equal givens in a row, a column, a box
    {"7......7.........................................................................",
     HRM_SOLUTIONS_NONE, NULL},
    {"7...........................7....................................................",
     HRM_SOLUTIONS_SEVERAL, NULL},
    {"7..........................7.....................................................",
     HRM_SOLUTIONS_NONE, NULL},
    {"7.........7......................................................................",
     HRM_SOLUTIONS_NONE, NULL},
    // givens agree, but a cell has no digit
    {"12345678.........9...............................................................",
     HRM_SOLUTIONS_NONE, NULL},
    // complete but wrong
    {"769341852142895367538267194273689541954123678681574923316452789495738216827916453",
     HRM_SOLUTIONS_NONE, NULL},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

static struct hrm_board board_of(const char *text)
{
    struct hrm_board board;
    ck_assert_int_eq(hrm_board_parse(text, &board, NULL), HRM_OK);
    return board;
}

START_TEST(counts_up_to_a_bound)
{
    bool known = false;
    for (int i = 0; i < CASES; i++) {
        struct hrm_board board = board_of(cases[i].question);
        int count = hrm_board_count(&board, 100, 100000, &known);
        ck_assert(known);
        ck_assert_int_eq(count > 1 ? HRM_SOLUTIONS_SEVERAL : count, cases[i].wanted);
    }
    struct hrm_board board =
        board_of("....................................................................."
                 "............");
    ck_assert_int_eq(hrm_board_count(&board, 1000, 100000, &known), 1000);
    ck_assert(known);
    ck_assert_int_eq(hrm_board_count(&board, 1000, 5, &known), 0);
    ck_assert(!known);
}
END_TEST

START_TEST(tells_none_one_several)
{
    struct hrm_board question = board_of(cases[_i].question);
    struct hrm_board untouched;
    memset(&untouched, 77, sizeof untouched);
    struct hrm_board solution = untouched;
    ck_assert_int_eq(hrm_board_solve(&question, &solution), cases[_i].wanted);
    ck_assert_int_eq(hrm_board_solve(&question, NULL), cases[_i].wanted);
    if (cases[_i].wanted == HRM_SOLUTIONS_NONE)
        ck_assert_mem_eq(&solution, &untouched, sizeof solution);
    else
        ck_assert(hrm_board_is_certified(&question, &solution));
    if (cases[_i].answer != NULL) {
        struct hrm_board answer = board_of(cases[_i].answer);
        ck_assert_mem_eq(&solution, &answer, sizeof solution);
    }
}
END_TEST

START_TEST(commutes_with_symmetries)
{
    struct hrm_board question = board_of(cases[1].question);
    struct hrm_board answer = board_of(cases[1].answer);
    for (uint64_t i = 0; i < 200; i++) {
        struct hrm_random random = hrm_random_open(3, HRM_RANDOM_PERTURBATION, i, 0);
        struct hrm_symmetry symmetry = hrm_symmetry_random(hrm_sudoku_of(9), &random);
        struct hrm_board image = hrm_symmetry_apply(&symmetry, &question);
        struct hrm_board wanted = hrm_symmetry_apply(&symmetry, &answer);
        struct hrm_board solution;
        ck_assert_int_eq(hrm_board_solve(&image, &solution), HRM_SOLUTIONS_ONE);
        ck_assert_mem_eq(&solution, &wanted, sizeof wanted);
    }
}
END_TEST

// A plain backtracking search that the fast one must agree with.
static int count_slowly(struct hrm_board *board, int cell, int limit)
{
    while (cell < HRM_CELLS && board->cell[cell] != 0)
        cell++;
    if (cell == HRM_CELLS)
        return hrm_board_conflicts(board) == 0;
    int found = 0;
    for (int digit = 1; digit <= 9 && found < limit; digit++) {
        board->cell[cell] = (uint8_t)digit;
        if (hrm_board_conflicts(board) == 0)
            found += count_slowly(board, cell + 1, limit - found);
    }
    board->cell[cell] = 0;
    return found;
}

START_TEST(agrees_with_plain_search)
{
    int counts[3] = {0};
    struct hrm_board answer = board_of(cases[0].answer);
    for (uint64_t i = 0; i < 300; i++) {
        struct hrm_random random = hrm_random_open(4, HRM_RANDOM_SUBSET, i, 0);
        struct hrm_board board = answer;
        for (int blank = 0; blank < 56; blank++)
            board.cell[hrm_random_below(&random, HRM_CELLS)] = 0;
        if (i % 4 == 0) {
            uint32_t cell = hrm_random_below(&random, HRM_CELLS);
            board.cell[cell] = (uint8_t)(board.cell[cell] % 9 + 1);
        }
        struct hrm_board copy = board;
        int wanted = count_slowly(&copy, 0, 2);
        ck_assert_int_eq(hrm_board_solve(&board, NULL), wanted);
        counts[wanted]++;
    }
    for (int i = 0; i < 3; i++)
        ck_assert_int_gt(counts[i], 20);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("solver");
    TCase *tests = tcase_create("solver");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, counts_up_to_a_bound);
    tcase_add_loop_test(tests, tells_none_one_several, 0, CASES);
    tcase_add_test(tests, commutes_with_symmetries);
    tcase_add_test(tests, agrees_with_plain_search);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
