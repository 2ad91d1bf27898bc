#include "core/sudoku/symmetry.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER "769341852142895367538267194273689541954123678681574923316452789495738216827916435"
#define ROUNDS 500

static struct hrm_symmetry draw(uint64_t number)
{
    struct hrm_random random = hrm_random_open(11, HRM_RANDOM_PERTURBATION, number, 0);
    return hrm_symmetry_random(hrm_sudoku_of(9), &random);
}

static struct hrm_board answer(void)
{
    struct hrm_board board;
    ck_assert_int_eq(hrm_board_parse(ANSWER, &board, NULL), HRM_OK);
    return board;
}

static void expect_equal(const struct hrm_symmetry *a, const struct hrm_symmetry *b)
{
    ck_assert_mem_eq(a->digit, b->digit, sizeof a->digit);
    ck_assert_mem_eq(a->cell, b->cell, sizeof a->cell);
}

START_TEST(obeys_the_group_laws)
{
    struct hrm_symmetry identity = hrm_symmetry_identity(hrm_sudoku_of(9));
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct hrm_symmetry a = draw(3 * i);
        struct hrm_symmetry b = draw(3 * i + 1);
        struct hrm_symmetry c = draw(3 * i + 2);
        struct hrm_symmetry ab = hrm_symmetry_compose(&a, &b);
        struct hrm_symmetry bc = hrm_symmetry_compose(&b, &c);
        struct hrm_symmetry left = hrm_symmetry_compose(&ab, &c);
        struct hrm_symmetry right = hrm_symmetry_compose(&a, &bc);
        expect_equal(&left, &right);
        struct hrm_symmetry inverse = hrm_symmetry_inverse(&a);
        struct hrm_symmetry none = hrm_symmetry_compose(&a, &inverse);
        expect_equal(&none, &identity);
        none = hrm_symmetry_compose(&inverse, &a);
        expect_equal(&none, &identity);
        struct hrm_symmetry same = hrm_symmetry_compose(&a, &identity);
        expect_equal(&same, &a);
        ck_assert(hrm_symmetry_is_member(&ab));
        ck_assert(hrm_symmetry_is_member(&inverse));
    }
}
END_TEST

START_TEST(composes_in_the_order_of_application)
{
    struct hrm_board board = answer();
    board.cell[3] = 0;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct hrm_symmetry a = draw(2 * i);
        struct hrm_symmetry b = draw(2 * i + 1);
        struct hrm_symmetry both = hrm_symmetry_compose(&a, &b);
        struct hrm_board once = hrm_symmetry_apply(&a, &board);
        struct hrm_board twice = hrm_symmetry_apply(&b, &once);
        struct hrm_board wanted = hrm_symmetry_apply(&both, &board);
        ck_assert_mem_eq(&twice, &wanted, sizeof wanted);
        struct hrm_symmetry back = hrm_symmetry_inverse(&a);
        struct hrm_board restored = hrm_symmetry_apply(&back, &once);
        ck_assert_mem_eq(&restored, &board, sizeof board);
    }
}
END_TEST

START_TEST(keeps_solutions_solutions)
{
    struct hrm_board board = answer();
    bool moved[3] = {false};
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct hrm_symmetry symmetry = draw(i);
        ck_assert(hrm_symmetry_is_member(&symmetry));
        struct hrm_board image = hrm_symmetry_apply(&symmetry, &board);
        ck_assert(hrm_board_is_complete(&image));
        ck_assert_int_eq(hrm_board_conflicts(&image), 0);
        moved[0] |= symmetry.cell[1] % 9 == symmetry.cell[0] % 9; // transposed
        moved[1] |= symmetry.cell[0] / 27 != 0;
        moved[2] |= symmetry.digit[1] != 1;
    }
    ck_assert(moved[0] && moved[1] && moved[2]);
}
END_TEST

START_TEST(draws_the_group_evenly)
{
    int digit[10][10] = {{0}};
    int cell[HRM_CELLS] = {0};
    int transposed = 0;
    int rounds = 8100;
    for (int i = 0; i < rounds; i++) {
        struct hrm_symmetry symmetry = draw((uint64_t)i);
        for (int d = 1; d < 10; d++)
            digit[d][symmetry.digit[d]]++;
        cell[symmetry.cell[40]]++;
        transposed += symmetry.cell[1] % 9 == symmetry.cell[0] % 9;
    }
    for (int d = 1; d < 10; d++) {
        for (int e = 1; e < 10; e++)
            ck_assert_int_le(abs(digit[d][e] - rounds / 9), 150);
    }
    for (int i = 0; i < HRM_CELLS; i++)
        ck_assert_int_le(abs(cell[i] - rounds / HRM_CELLS), 50);
    ck_assert_int_le(abs(transposed - rounds / 2), 225);
}
END_TEST

START_TEST(shifts_digits_cyclically)
{
    for (int shift = 0; shift < 9; shift++) {
        struct hrm_symmetry symmetry = hrm_symmetry_cyclic(hrm_sudoku_of(9), shift);
        ck_assert(hrm_symmetry_is_member(&symmetry));
        ck_assert_int_eq(symmetry.digit[0], 0);
        ck_assert_int_eq(symmetry.digit[1], 1 + shift);
        ck_assert_int_eq(symmetry.digit[9], shift == 0 ? 9 : shift);
        for (int i = 0; i < HRM_CELLS; i++)
            ck_assert_int_eq(symmetry.cell[i], i);
    }
    struct hrm_symmetry none = hrm_symmetry_cyclic(hrm_sudoku_of(9), 0);
    struct hrm_symmetry identity = hrm_symmetry_identity(hrm_sudoku_of(9));
    expect_equal(&none, &identity);
}
END_TEST

START_TEST(relabels_digits_only)
{
    struct hrm_random random = hrm_random_open(1, HRM_RANDOM_PERTURBATION, 1, 0);
    struct hrm_symmetry symmetry = hrm_symmetry_random_digits(hrm_sudoku_of(9), &random);
    struct hrm_symmetry identity = hrm_symmetry_identity(hrm_sudoku_of(9));
    ck_assert(hrm_symmetry_is_member(&symmetry));
    ck_assert_mem_eq(symmetry.cell, identity.cell, sizeof symmetry.cell);
    ck_assert_mem_ne(symmetry.digit, identity.digit, sizeof symmetry.digit);
}
END_TEST

static void swap(uint8_t *values, int a, int b)
{
    uint8_t value = values[a];
    values[a] = values[b];
    values[b] = value;
}

START_TEST(refuses_what_is_no_symmetry)
{
    struct hrm_symmetry symmetry = hrm_symmetry_identity(hrm_sudoku_of(9));
    swap(symmetry.digit, 0, 1);
    ck_assert(!hrm_symmetry_is_member(&symmetry));
    symmetry = hrm_symmetry_identity(hrm_sudoku_of(9));
    symmetry.digit[4] = 5;
    ck_assert(!hrm_symmetry_is_member(&symmetry));
    symmetry = hrm_symmetry_identity(hrm_sudoku_of(9));
    symmetry.cell[4] = 81;
    ck_assert(!hrm_symmetry_is_member(&symmetry));
    symmetry = hrm_symmetry_identity(hrm_sudoku_of(9));
    swap(symmetry.cell, 0, 1);
    ck_assert(!hrm_symmetry_is_member(&symmetry));
    // two rows of different bands
    symmetry = hrm_symmetry_identity(hrm_sudoku_of(9));
    for (int column = 0; column < 9; column++)
        swap(symmetry.cell, 18 + column, 27 + column);
    ck_assert(!hrm_symmetry_is_member(&symmetry));
    // two rows of one band
    symmetry = hrm_symmetry_identity(hrm_sudoku_of(9));
    for (int column = 0; column < 9; column++)
        swap(symmetry.cell, 18 + column, 9 + column);
    ck_assert(hrm_symmetry_is_member(&symmetry));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("symmetry");
    TCase *tests = tcase_create("symmetry");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, obeys_the_group_laws);
    tcase_add_test(tests, composes_in_the_order_of_application);
    tcase_add_test(tests, keeps_solutions_solutions);
    tcase_add_test(tests, draws_the_group_evenly);
    tcase_add_test(tests, shifts_digits_cyclically);
    tcase_add_test(tests, relabels_digits_only);
    tcase_add_test(tests, refuses_what_is_no_symmetry);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
