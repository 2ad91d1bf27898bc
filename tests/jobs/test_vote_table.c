#include "jobs/vote/vote_table.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ONE (1u << HRM_RULE_VALID_FIRST)
#define TWO (1u << HRM_RULE_ANY)

/// Two configurations that are there, of which one has nothing that can be counted; two sorts that
/// are not.
static struct vote_report make(void)
{
    struct vote_report report = {0};
    for (int i = 0; i < VOTE_CONFIGURATIONS; i++) {
        struct vote_configuration *one = &report.configurations[i];
        snprintf(one->row.name, sizeof one->row.name, "c%d", i);
        one->missing = i < 3 ? "nobody is here" : "it is one only";
    }
    report.configurations[3].missing = report.configurations[4].missing = NULL;
    report.configurations[3].row.copies = report.configurations[4].row.copies = 1;
    report.configurations[4].row.rules = ONE | TWO;
    return report;
}

START_TEST(rows_without_a_figure_are_left_out_with_their_reason)
{
    struct vote_report report = make();
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    vote_table_left_out(&report, "<", ">\n", stream);
    fclose(stream);
    ck_assert_str_eq(text, "<nobody is here: c0, c1, c2>\n<passes were not run: c3>\n"
                           "<it is one only: c5, c6, c7>\n");
    ck_assert_ptr_null(vote_left_out(&report.configurations[4]));
    free(text);
}
END_TEST

START_TEST(rules_without_a_figure_have_no_column)
{
    struct vote_report report = make();
    struct vote_row curve[2] = {{.copies = 1, .rules = TWO}, {.copies = 0, .rules = ONE}};
    struct vote_checkpoint checkpoints[3] = {{.row = {.copies = 1, .rules = ONE}},
                                             {.row = {.copies = 1, .rules = 0}},
                                             {.row = {.copies = 1, .rules = TWO}}};
    struct vote_sweep sweep = {.count = 2, .curve = curve, .curve_count = 2};
    report.checkpoints = checkpoints;
    report.all = (struct vote_row){.copies = 1, .rules = 1u << HRM_RULE_PLURALITY};
    ck_assert_uint_eq(vote_rules_of_configurations(&report), ONE | TWO);
    ck_assert_uint_eq(vote_rules_of_curve(&sweep), TWO);
    ck_assert_uint_eq(vote_rules_of_checkpoints(&report, &sweep), ONE);
    report.both.count = 2;
    ck_assert_uint_eq(vote_rules_of_configurations(&report), ONE | TWO | 1u << HRM_RULE_PLURALITY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vote_table");
    TCase *tests = tcase_create("vote_table");
    tcase_add_test(tests, rows_without_a_figure_are_left_out_with_their_reason);
    tcase_add_test(tests, rules_without_a_figure_have_no_column);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
