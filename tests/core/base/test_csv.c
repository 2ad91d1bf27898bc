#include "core/base/csv.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *line;
    char separator;
    int count;
    const char *fields[4];
} cases[] = {
    {"", ',', 1, {""}},
    {"a", ',', 1, {"a"}},
    {"a,b,,c", ',', 4, {"a", "b", "", "c"}},
    {",", ',', 2, {"", ""}},
    {"a;b,c", ';', 2, {"a", "b,c"}},
    {"a\t\"b\tc\"", '\t', 2, {"a", "b\tc"}},
    {"\"a\",\"b, \"\"c\"\"\",\"\"", ',', 3, {"a", "b, \"c\"", ""}},
    {"a\"b,c", ',', 2, {"a\"b", "c"}},
    {"1,2,3,4,5,6", ',', 6, {"1", "2", "3", "4"}},
    {"\"a", ',', -1, {NULL}},
    {"\"a\"b,c", ',', -1, {NULL}},
    {"\"a\"\"", ',', -1, {NULL}},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

START_TEST(cuts_lines)
{
    char line[64];
    char *fields[4] = {NULL};
    strcpy(line, cases[_i].line);
    ck_assert_int_eq(hrm_csv_split(line, cases[_i].separator, fields, 4), cases[_i].count);
    for (int k = 0; k < cases[_i].count && k < 4; k++)
        ck_assert_str_eq(fields[k], cases[_i].fields[k]);
}
END_TEST

START_TEST(quotes_what_needs_it)
{
    char text[64];
    ck_assert_str_eq(hrm_csv_quote("a b", text, sizeof text), "a b");
    ck_assert_str_eq(hrm_csv_quote("a, \"b\"", text, sizeof text), "\"a, \"\"b\"\"\"");
    ck_assert_str_eq(hrm_csv_quote("a\nb", text, sizeof text), "\"a b\"");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv");
    TCase *tests = tcase_create("csv");
    tcase_add_loop_test(tests, cuts_lines, 0, CASES);
    tcase_add_test(tests, quotes_what_needs_it);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
