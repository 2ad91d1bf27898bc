#include "core/vote/ballot.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PASSES 40

/// One of five grids that differ in the last cell, with values that do not add exactly.
static struct hrm_pass pass_of(unsigned *state)
{
    struct hrm_pass pass = {.segments = 1};
    *state = *state * 1103515245u + 12345u;
    pass.grid[40] = (uint8_t)((*state >> 16) % 5 << 4);
    pass.halted = (*state >> 20) % 2;
    pass.q_halt = (float)((int)(*state >> 8 & 1023) - 500) / 97.0f;
    return pass;
}

static void shuffle(struct hrm_pass *passes, unsigned *state)
{
    for (int i = PASSES - 1; i > 0; i--) {
        *state = *state * 1103515245u + 12345u;
        int k = (int)(*state >> 16) % (i + 1);
        struct hrm_pass other = passes[i];
        passes[i] = passes[k];
        passes[k] = other;
    }
}

START_TEST(groups_by_grid)
{
    struct hrm_pass passes[4] = {{.q_halt = 2, .halted = 1, .segments = 1},
                                 {.q_halt = -1, .segments = 1},
                                 {.q_halt = 1, .segments = 1},
                                 {.q_halt = 9}}; // the last was not run
    passes[1].grid[40] = passes[2].grid[40] = 0x50;
    struct hrm_passes view = {passes, 1, 4, 1};
    struct hrm_selection selection;
    struct hrm_ballot ballot;
    struct hrm_board question = {{0}};
    ck_assert_int_eq(hrm_selection_init(&selection, "", "", (int[]){1, 4}, 0, NULL), HRM_OK);
    ck_assert_int_eq(hrm_ballot_init(&ballot, 4, NULL), HRM_OK);
    hrm_ballot_fill(&ballot, &view, &selection, &question);
    ck_assert_int_eq(ballot.passes, 3);
    ck_assert_int_eq(ballot.halted, 1);
    ck_assert_int_eq(ballot.count, 2);
    ck_assert_int_eq(ballot.candidates[0].votes, 1);
    ck_assert_int_eq(ballot.candidates[0].halted, 1);
    ck_assert_double_eq_tol(ballot.candidates[0].halted_weight, 1 / (1 + exp(-2.0)), 1e-15);
    ck_assert_int_eq(ballot.candidates[1].votes, 2);
    ck_assert_double_eq(ballot.candidates[1].q_sum, 0);
    ck_assert_double_eq(ballot.candidates[1].halted_q_sum, 0);
    hrm_ballot_free(&ballot);
    hrm_selection_free(&selection);
}
END_TEST

START_TEST(order_does_not_matter)
{
    unsigned state = 7;
    struct hrm_pass passes[PASSES];
    for (int i = 0; i < PASSES; i++)
        passes[i] = pass_of(&state);
    struct hrm_selection selection;
    struct hrm_ballot first, again;
    struct hrm_board question = {{0}};
    struct hrm_passes view = {passes, 4, PASSES / 4, 1};
    ck_assert_int_eq(hrm_selection_init(&selection, "", "", (int[]){4, PASSES / 4}, 0, NULL),
                     HRM_OK);
    ck_assert_int_eq(hrm_ballot_init(&first, PASSES, NULL), HRM_OK);
    ck_assert_int_eq(hrm_ballot_init(&again, PASSES, NULL), HRM_OK);
    hrm_ballot_fill(&first, &view, &selection, &question);
    uint8_t grids[5];
    for (int i = 0; i < first.count; i++)
        grids[i] = first.candidates[i].grid[40];
    for (int round = 0; round < 200; round++) {
        shuffle(passes, &state);
        hrm_ballot_fill(&again, &view, &selection, &question);
        ck_assert_int_eq(again.count, first.count);
        for (int i = 0; i < again.count; i++) {
            ck_assert_uint_eq(again.candidates[i].grid[40], grids[i]);
            ck_assert_int_eq(again.candidates[i].votes, first.candidates[i].votes);
            // To the bit: sums are compared with == when a tie is decided.
            ck_assert(again.candidates[i].q_sum == first.candidates[i].q_sum);
            ck_assert(again.candidates[i].halted_q_sum == first.candidates[i].halted_q_sum);
            ck_assert(again.candidates[i].halted_weight == first.candidates[i].halted_weight);
        }
    }
    hrm_ballot_free(&first);
    hrm_ballot_free(&again);
    hrm_selection_free(&selection);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ballot");
    TCase *tests = tcase_create("ballot");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, groups_by_grid);
    tcase_add_test(tests, order_does_not_matter);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
