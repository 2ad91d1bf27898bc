#include "core/sudoku/puzzle_repeats.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct hrm_error error;

// A made-up row: only the cells matter here.
static void add(struct hrm_puzzle_repeats *repeats, int question, int answer)
{
    struct hrm_board a = {{0}}, b = {{0}};
    a.cell[0] = (uint8_t)(question % 10);
    a.cell[1] = (uint8_t)(question / 10 % 10);
    a.cell[2] = (uint8_t)(question / 100 % 10);
    a.cell[3] = (uint8_t)(question / 1000);
    b.cell[80] = (uint8_t)answer;
    ck_assert_int_eq(hrm_puzzle_repeats_add(repeats, &a, &b, &error), HRM_OK);
}

// 3,000 rows: row 7 is again row 1500 and 2000; rows 9 and 1700 have the same question and other
// answers, and so has 1701; row 10 and 20 too.
static void add_all(struct hrm_puzzle_repeats *repeats)
{
    for (int row = 1; row <= 3000; row++) {
        int question = row == 1500 || row == 2000   ? 7
                       : row == 1700 || row == 1701 ? 9
                       : row == 20                  ? 10
                                                    : row;
        add(repeats, question, row == 1700 ? 2 : row == 1701 ? 3 : row == 20 ? 4 : 1);
    }
}

START_TEST(finds_repeated_rows_and_two_answers)
{
    struct hrm_puzzle_repeats repeats = {0};
    struct hrm_puzzle_repeats_found found = {0};
    for (int part = 0; part < _i; part++) {
        hrm_puzzle_repeats_begin(&repeats, part, _i);
        add_all(&repeats);
        hrm_puzzle_repeats_count(&repeats, &found);
    }
    ck_assert_int_eq(found.repeated, 2);
    ck_assert_int_eq(found.ambiguous, 2);
    ck_assert_int_eq(found.first_repeated[0], 7);
    ck_assert_int_eq(found.first_repeated[1], 1500);
    ck_assert_int_eq(found.first_ambiguous[0], 10);
    ck_assert_int_eq(found.first_ambiguous[1], 20);
    ck_assert_int_eq(hrm_puzzle_repeats_check(&found, "set.csv", &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "set.csv: 2 questions have two answers in the set: "
                                             "puzzles 10 and 20"));
    ck_assert_ptr_nonnull(strstr(error.hint, "--allow-ambiguous"));
    if (_i > 1) // a part holds about its share
        ck_assert_int_lt(repeats.capacity, 3000);
    hrm_puzzle_repeats_free(&repeats);
    hrm_puzzle_repeats_free(&repeats);
}
END_TEST

START_TEST(finds_nothing_where_there_is_nothing)
{
    struct hrm_puzzle_repeats repeats = {0};
    struct hrm_puzzle_repeats_found found = {0};
    hrm_puzzle_repeats_count(&repeats, &found);
    for (int row = 0; row < 2000; row++)
        add(&repeats, row, 1);
    hrm_puzzle_repeats_count(&repeats, &found);
    ck_assert_int_eq(found.repeated + found.ambiguous, 0);
    ck_assert_int_eq(hrm_puzzle_repeats_check(&found, "set.csv", NULL), HRM_OK);
    hrm_puzzle_repeats_free(&repeats);
}
END_TEST

START_TEST(memory_is_bounded_by_parts)
{
    ck_assert_int_eq(hrm_puzzle_repeats_parts(0), 1);
    ck_assert_int_eq(hrm_puzzle_repeats_parts(3831994), 1);
    ck_assert_int_eq(hrm_puzzle_repeats_parts(HRM_REPEATS_PART + 1), 2);
    ck_assert_uint_eq(sizeof(struct hrm_puzzle_key), 16);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("puzzle_repeats");
    TCase *tests = tcase_create("puzzle_repeats");
    tcase_add_loop_test(tests, finds_repeated_rows_and_two_answers, 1, 4);
    tcase_add_test(tests, finds_nothing_where_there_is_nothing);
    tcase_add_test(tests, memory_is_bounded_by_parts);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
