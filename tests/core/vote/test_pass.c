#include "core/vote/pass.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(layout_of_the_record)
{
    ck_assert_uint_eq(offsetof(struct hrm_pass, q_continue), 4);
    ck_assert_uint_eq(offsetof(struct hrm_pass, segments), 8);
    ck_assert_uint_eq(offsetof(struct hrm_pass, settled), 10);
    ck_assert_uint_eq(offsetof(struct hrm_pass, defects), 12);
    ck_assert_uint_eq(offsetof(struct hrm_pass, matches), 14);
    ck_assert_uint_eq(offsetof(struct hrm_pass, flags), 16);
    ck_assert_uint_eq(offsetof(struct hrm_pass, answer), 17);
}
END_TEST

START_TEST(sizes_of_records)
{
    static const struct {
        int answer;
        size_t record;
    } cases[] = {{1, 20}, {3, 20}, {4, 24}, {41, 60}, {113, 132}, {900, 920}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_uint_eq(hrm_pass_bytes(cases[i].answer), cases[i].record);
}
END_TEST

/// Records of any size lie one behind the other, and a view finds them.
START_TEST(views)
{
    enum { CHECKPOINTS = 2, PERTURBATIONS = 3, PUZZLES = 4, ANSWER = 113 };
    size_t record = hrm_pass_bytes(ANSWER);
    unsigned char *passes = calloc(CHECKPOINTS * PERTURBATIONS * PUZZLES, record);
    for (int i = 0; i < CHECKPOINTS * PERTURBATIONS * PUZZLES; i++) {
        struct hrm_pass *pass = hrm_pass_at(passes, record, i);
        pass->segments = (uint16_t)(1 + i);
        memset(pass->answer, i, ANSWER);
    }
    struct hrm_passes view = {hrm_pass_at(passes, record, 3), record, CHECKPOINTS, PERTURBATIONS,
                              PUZZLES};
    const struct hrm_pass *pass = hrm_passes_at(&view, 1, 2);
    ck_assert_int_eq(pass->segments, 1 + (1 * PERTURBATIONS + 2) * PUZZLES + 3);
    ck_assert_int_eq(pass->answer[ANSWER - 1], pass->segments - 1);
    free(passes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pass");
    TCase *tests = tcase_create("pass");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, layout_of_the_record);
    tcase_add_test(tests, sizes_of_records);
    tcase_add_test(tests, views);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
