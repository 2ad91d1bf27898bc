#include "core/sudoku/solver.h"
#include "core/task/sudoku.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION "7.....8....2..5....3..6..9..7.6....1...1.3.7.....7.9.....4.2....9..3..1..2..1643."
#define ANSWER   "769341852142895367538267194273689541954123678681574923316452789495738216827916435"
#define DRAWN    "9251784361435268976874932154328176597562493818196357422983615.4361754928574982163"

struct example {
    struct hrm_board question, answer;
};

static struct example draw(struct hrm_example_key key)
{
    struct hrm_task task;
    struct example example;
    uint8_t item[2 * HRM_CELLS + sizeof(int32_t)];
    uint16_t inputs[HRM_CELLS], labels[HRM_CELLS];
    hrm_task_default(&task, &hrm_sudoku_kind);
    ck_assert_int_eq(task.kind->read(&task, QUESTION, ANSWER, 0, item, NULL), HRM_OK);
    key.augment = true;
    task.kind->example(&task, item, &key, 0, inputs, labels);
    for (int i = 0; i < HRM_CELLS; i++) {
        example.question.cell[i] = (uint8_t)(inputs[i] - 1);
        example.answer.cell[i] = (uint8_t)(labels[i] - 1);
    }
    return example;
}

START_TEST(makes_the_same_puzzle_look_different)
{
    struct example first = draw((struct hrm_example_key){.seed = 1});
    int distinct = 0;
    for (int64_t step = 0; step < 100; step++) {
        struct example example =
            draw((struct hrm_example_key){.seed = 1, .step = step, .slot = 3, .moves = _i});
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
    struct hrm_example_key key = {.seed = 7, .step = 8, .slot = 9, .moves = 4, .mixing = true};
    struct example first = draw(key);
    struct example again = draw(key);
    ck_assert_mem_eq(&first, &again, sizeof first);
    key.slot = 10;
    struct example other = draw(key);
    ck_assert_mem_ne(&first, &other, sizeof first);
    key = (struct hrm_example_key){.seed = 8, .step = 8, .slot = 9, .mixing = true};
    other = draw(key);
    ck_assert_mem_ne(&first, &other, sizeof first);
}
END_TEST

/// Examples are part of what "same seed, same result" means, so they never change.
START_TEST(is_drawn_as_ever)
{
    struct example example =
        draw((struct hrm_example_key){.seed = 7, .step = 8, .slot = 9, .moves = 4, .mixing = true});
    char text[HRM_CELLS + 1];
    hrm_board_format(&example.question, text);
    ck_assert_str_eq(text, DRAWN);
}
END_TEST

START_TEST(mixes_half_of_the_examples)
{
    int easier = 0;
    for (int64_t slot = 0; slot < 2000; slot++) {
        struct hrm_example_key key = {.seed = 1, .step = 5, .slot = slot};
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

int main(void)
{
    Suite *suite = suite_create("sudoku_example");
    TCase *tests = tcase_create("sudoku_example");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, makes_the_same_puzzle_look_different, 0, 3);
    tcase_add_test(tests, depends_on_the_key_alone);
    tcase_add_test(tests, is_drawn_as_ever);
    tcase_add_test(tests, mixes_half_of_the_examples);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
