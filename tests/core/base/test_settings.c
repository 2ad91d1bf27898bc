#include "core/base/settings.h"

#include <check.h>
#include <stdlib.h>

static const char text[] = "# a comment = no\n"
                           "lonely = 1\n"
                           "[model]\n"
                           "hidden = 64\n"
                           "; shared = true\n"
                           "\n"
                           "[train]\n"
                           "lr = 2e-3\n"
                           "puzzles = sets/a b.csv\n"
                           "puzzles += and more\n"
                           "validate = \n"
                           "hidden = 3";

START_TEST(finds_a_key)
{
    char value[HRM_SETTING];
    ck_assert(hrm_settings_find(text, "train", "hidden", value));
    ck_assert_str_eq(value, "3");
    ck_assert(hrm_settings_find(text, "model", "hidden", value));
    ck_assert_str_eq(value, "64");
    ck_assert(!hrm_settings_find(text, "model", "shared", value));
    ck_assert_str_eq(value, "nothing");
    ck_assert(hrm_settings_find(text, "train", "puzzles", value));
    ck_assert_str_eq(value, "sets/a b.csv");
    ck_assert(hrm_settings_find(text, "train", "validate", value));
    ck_assert_str_eq(value, "");
    ck_assert(hrm_settings_find(text, "", "lonely", value));
    ck_assert(!hrm_settings_find("", "model", "hidden", value));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settings");
    TCase *tests = tcase_create("settings");
    tcase_add_test(tests, finds_a_key);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
