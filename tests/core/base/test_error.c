#include "core/base/error.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(records_text_and_hint)
{
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_fail(&error, HRM_DATA, "%s:%d: bad row", "a.csv", 7), HRM_DATA);
    ck_assert_int_eq(hrm_hint(&error, "remove row %d", 7), HRM_DATA);
    ck_assert_int_eq(error.status, HRM_DATA);
    ck_assert_str_eq(error.text, "a.csv:7: bad row");
    ck_assert_str_eq(error.hint, "remove row 7");
}
END_TEST

START_TEST(keeps_the_first_failure)
{
    struct hrm_error error = {0};
    hrm_fail(&error, HRM_USAGE, "first");
    hrm_hint(&error, "first hint");
    ck_assert_int_eq(hrm_fail(&error, HRM_FAILED, "second"), HRM_USAGE);
    ck_assert_int_eq(hrm_hint(&error, "second hint"), HRM_USAGE);
    ck_assert_str_eq(error.text, "first");
    ck_assert_str_eq(error.hint, "first hint");
}
END_TEST

START_TEST(allows_no_error_struct)
{
    ck_assert_int_eq(hrm_fail(NULL, HRM_NUMERIC, "nan"), HRM_NUMERIC);
    ck_assert_int_ne(hrm_hint(NULL, "lower the learning rate"), HRM_OK);
}
END_TEST

START_TEST(cuts_long_text)
{
    struct hrm_error error = {0};
    char text[4096];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    hrm_fail(&error, HRM_FAILED, "%s", text);
    hrm_hint(&error, "%s", text);
    ck_assert_uint_eq(strlen(error.text), sizeof error.text - 1);
    ck_assert_uint_eq(strlen(error.hint), sizeof error.hint - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("error");
    TCase *tests = tcase_create("error");
    tcase_set_timeout(tests, 10);
    tcase_add_test(tests, records_text_and_hint);
    tcase_add_test(tests, keeps_the_first_failure);
    tcase_add_test(tests, allows_no_error_struct);
    tcase_add_test(tests, cuts_long_text);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
