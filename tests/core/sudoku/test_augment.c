#include "core/sudoku/augment.h"

#include "core/sudoku/solver.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION "7.....8....2..5....3..6..9..7.6....1...1.3.7.....7.9.....4.2....9..3..1..2..1643."
#define ANSWER   "769341852142895367538267194273689541954123678681574923316452789495738216827916435"

struct example {
    struct hrm_board question, answer;
};

static struct example draw(struct hrm_sample_key key)
{
    struct example example;
    hrm_board_parse(QUESTION, &example.question, NULL);
    hrm_board_parse(ANSWER, &example.answer, NULL);
    hrm_sample_augment(&key, &example.question, &example.answer);
    return example;
}

START_TEST(makes_the_same_puzzle_look_different)
{
    struct example first = draw((struct hrm_sample_key){.seed = 1});
    int distinct = 0;
    for (int64_t step = 0; step < 100; step++) {
        struct example example =
            draw((struct hrm_sample_key){.seed = 1, .step = step, .slot = 3, .moves = _i});
        struct hrm_board solution;
        ck_assert_int_eq(hrm_board_clues(&example.question), 25);
        ck_assert_int_eq(hrm_board_solve(&example.question, &solution), HRM_SOLUTIONS_ONE);
        ck_assert_mem_eq(&solution, &example.answer, sizeof solution);
        distinct += memcmp(&example, &first, sizeof example) != 0;
    }
    ck_assert_int_eq(distinct, 100);
}
END_TEST

START_TEST(depends_on_the_key_alone)
{
    struct hrm_sample_key key = {.seed = 7, .step = 8, .slot = 9, .moves = 4, .mixing = true};
    struct example first = draw(key);
    struct example again = draw(key);
    ck_assert_mem_eq(&first, &again, sizeof first);
    key.slot = 10;
    struct example other = draw(key);
    ck_assert_mem_ne(&first, &other, sizeof first);
    key = (struct hrm_sample_key){.seed = 8, .step = 8, .slot = 9, .mixing = true};
    other = draw(key);
    ck_assert_mem_ne(&first, &other, sizeof first);
}
END_TEST

START_TEST(mixes_half_of_the_examples)
{
    int easier = 0;
    for (int64_t slot = 0; slot < 2000; slot++) {
        struct hrm_sample_key key = {.seed = 1, .step = 5, .slot = slot};
        struct example plain = draw(key);
        key.mixing = true;
        struct example mixed = draw(key);
        ck_assert_mem_eq(&plain.answer, &mixed.answer, sizeof plain.answer);
        ck_assert(hrm_board_keeps_givens(&plain.question, &mixed.question));
        ck_assert(hrm_board_keeps_givens(&mixed.question, &mixed.answer));
        ck_assert(!hrm_board_is_complete(&mixed.question));
        easier += hrm_board_clues(&mixed.question) > 25;
    }
    ck_assert_int_le(abs(easier - 1000), 110);
}
END_TEST

START_TEST(offers_every_puzzle_once_an_epoch)
{
    struct hrm_sample_order order;
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_sample_order_open(&order, 3, 50, &error), HRM_OK);
    int64_t first[50];
    int moved = 0;
    for (int64_t epoch = 0; epoch < 20; epoch++) {
        int times[50] = {0};
        for (int64_t i = 0; i < 50; i++) {
            int64_t puzzle = hrm_sample_order_at(&order, 50 * epoch + i);
            ck_assert(puzzle >= 0 && puzzle < 50);
            times[puzzle]++;
            if (epoch == 0)
                first[i] = puzzle;
            else
                moved += first[i] != puzzle;
        }
        for (int i = 0; i < 50; i++)
            ck_assert_int_eq(times[i], 1);
    }
    ck_assert_int_gt(moved, 19 * 50 * 9 / 10);
    // Any example can be asked for, in any order.
    for (int64_t i = 49; i >= 0; i--)
        ck_assert_int_eq(hrm_sample_order_at(&order, i), first[i]);
    hrm_sample_order_free(&order);
    ck_assert_ptr_null(order.permutation);
    hrm_sample_order_free(&order);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("augment");
    TCase *tests = tcase_create("augment");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, makes_the_same_puzzle_look_different, 0, 3);
    tcase_add_test(tests, depends_on_the_key_alone);
    tcase_add_test(tests, mixes_half_of_the_examples);
    tcase_add_test(tests, offers_every_puzzle_once_an_epoch);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
