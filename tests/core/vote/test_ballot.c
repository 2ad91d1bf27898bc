#include "core/vote/ballot.h"
#include "tests/support/passes.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 40

/// One of five grids that differ in the last cell, with values that do not add exactly.
static void make_pass(void *passes, int i, unsigned *state)
{
    *state = *state * 1103515245u + 12345u;
    float q_halt = (float)((int)(*state >> 8 & 1023) - 500) / 97.0f;
    struct hrm_pass *pass = pass_set(passes, i, (*state >> 20) % 2 ? HRM_PASS_HALTED : 0, q_halt);
    int grid = (int)((*state >> 16) % 5);
    pass->answer[40] = (uint8_t)(grid << 4);
    pass->flags |=
        (uint8_t)((grid == 3 ? HRM_PASS_RIGHT : 0) | (grid > 2 ? HRM_PASS_CERTIFIED : 0));
}

static void shuffle(unsigned char *passes, unsigned *state)
{
    for (int i = COUNT - 1; i > 0; i--) {
        *state = *state * 1103515245u + 12345u;
        int k = (int)(*state >> 16) % (i + 1);
        PASSES(other, 1);
        memcpy(other, pass_at(passes, i), PASS);
        memcpy(pass_at(passes, i), pass_at(passes, k), PASS);
        memcpy(pass_at(passes, k), other, PASS);
    }
}

START_TEST(groups_by_grid)
{
    static const float q_halt[] = {2, -1, 1, 9};
    PASSES(passes, 4);
    for (int i = 0; i < 4; i++)
        pass_set(passes, i, i == 0 ? HRM_PASS_HALTED : 0, q_halt[i]);
    for (int i = 1; i < 3; i++) {
        pass_at(passes, i)->answer[40] = 0x50;
        pass_at(passes, i)->flags = HRM_PASS_CERTIFIED;
    }
    pass_at(passes, 3)->segments = 0; // was not run
    struct hrm_passes view = {passes, PASS, 1, 4, 1};
    struct hrm_selection selection;
    struct hrm_ballot ballot;
    ck_assert_int_eq(hrm_selection_init(&selection, "", "", (int[]){1, 4}, 0, NULL), HRM_OK);
    ck_assert_int_eq(hrm_ballot_init(&ballot, 4, NULL), HRM_OK);
    hrm_ballot_fill(&ballot, &view, &selection);
    ck_assert_int_eq(ballot.passes, 3);
    ck_assert_int_eq(ballot.halted, 1);
    ck_assert_int_eq(ballot.count, 2);
    ck_assert_int_eq(ballot.candidates[0].votes, 1);
    ck_assert(!ballot.candidates[0].certified && ballot.candidates[1].certified);
    ck_assert(!ballot.candidates[1].right);
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
    PASSES(passes, COUNT);
    for (int i = 0; i < COUNT; i++)
        make_pass(passes, i, &state);
    struct hrm_selection selection;
    struct hrm_ballot first, again;
    struct hrm_passes view = {passes, PASS, 4, COUNT / 4, 1};
    ck_assert_int_eq(hrm_selection_init(&selection, "", "", (int[]){4, COUNT / 4}, 0, NULL),
                     HRM_OK);
    ck_assert_int_eq(hrm_ballot_init(&first, COUNT, NULL), HRM_OK);
    ck_assert_int_eq(hrm_ballot_init(&again, COUNT, NULL), HRM_OK);
    hrm_ballot_fill(&first, &view, &selection);
    uint8_t grids[5];
    for (int i = 0; i < first.count; i++)
        grids[i] = first.candidates[i].answer[40];
    for (int round = 0; round < 200; round++) {
        shuffle(passes, &state);
        hrm_ballot_fill(&again, &view, &selection);
        ck_assert_int_eq(again.count, first.count);
        for (int i = 0; i < again.count; i++) {
            ck_assert_uint_eq(again.candidates[i].answer[40], grids[i]);
            ck_assert_int_eq(again.candidates[i].votes, first.candidates[i].votes);
            ck_assert_int_eq(again.candidates[i].right, grids[i] == 3 << 4);
            ck_assert_int_eq(again.candidates[i].certified, grids[i] > 2 << 4);
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
