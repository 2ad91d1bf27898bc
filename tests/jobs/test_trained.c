#include "jobs/train/trained.h"

#include <check.h>
#include <stdlib.h>

START_TEST(reads_the_section)
{
    static const struct {
        const char *config;
        int wanted;
    } cases[] = {
        {"[train]\nseed = 1\nmixing = true\nema = 0\n", 1},
        {"[model]\nhidden = 64\n[train]\nmixing = false\n", 0},
        {"[other]\nmixing = true\n", -1},
        {"[train]\nmixing_ratio = true\n", -1},
        {"", -1},
        {"no configuration at all", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_int_eq(trained_with_mixing(cases[i].config), cases[i].wanted);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trained");
    TCase *tests = tcase_create("trained");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, reads_the_section);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
