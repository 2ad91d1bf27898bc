#include "core/sudoku/puzzle_hash.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct hrm_error error;

START_TEST(is_that_of_the_set_at_every_row)
{
    struct hrm_puzzle_hash hash;
    struct hrm_puzzles puzzles = {0};
    ck_assert_int_eq(hrm_puzzle_hash_open(&hash, &error), HRM_OK);
    for (int i = 0; i < 40; i++) {
        struct hrm_puzzle puzzle = {.rating = i};
        memset(puzzle.question.cell, i % 7, HRM_CELLS);
        memset(puzzle.answer.cell, i % 9, HRM_CELLS);
        ck_assert_int_eq(hrm_puzzles_append(&puzzles, &puzzle, &error), HRM_OK);
        hrm_puzzles_rehash(&puzzles);
        hrm_puzzle_hash_add(&hash, &puzzle.question, &puzzle.answer);
        ck_assert(hrm_puzzle_hash_value(&hash) == puzzles.hash);
    }
    hrm_puzzles_free(&puzzles);
    hrm_puzzle_hash_close(&hash);
    hrm_puzzle_hash_close(&hash);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("puzzle_hash");
    TCase *tests = tcase_create("puzzle_hash");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, is_that_of_the_set_at_every_row);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
