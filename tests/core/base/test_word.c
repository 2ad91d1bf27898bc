#include "core/base/word.h"

#include <check.h>
#include <limits.h>
#include <stdlib.h>

static const char *const KEYS[] = {"learning_rate", "batch", "hidden", "heads", "seed", "output"};

static const struct {
    const char *word, *nearest;
} NEAREST[] = {
    {"learning_rat", "learning_rate"},
    {"learning-rate", "learning_rate"},
    {"Learning_Rate", "learning_rate"},
    {"learn", "learning_rate"},
    {"lerning_rtae", "learning_rate"},
    {"bacth", "batch"},
    {"sede", "seed"},
    {"haeds", "heads"},
    {"out", "output"},
    {"x", NULL},
    {"", NULL},
    {"perturbation", NULL},
    {"hid", "hidden"},
    {"a_word_that_is_far_longer_than_any_key_that_somebody_would_put_into_a_table", NULL},
};

START_TEST(test_nearest_word)
{
    const char *found = hrm_nearest_word(NEAREST[_i].word, KEYS, sizeof KEYS / sizeof *KEYS);
    ck_assert_pstr_eq(found, NEAREST[_i].nearest);
}
END_TEST

static const struct {
    const char *from, *to;
    int distance;
} DISTANCES[] = {
    {"same", "same", 0},         {"bacth", "batch", 1},
    {"btch", "batch", 1},        {"baatch", "batch", 1},
    {"hatch", "batch", 1},       {"bbtcha", "batch", 2},
    {"dxtxh", "batch", INT_MAX}, {"ab", "ba", 1},
    {"ab", "cd", INT_MAX},       {"learning", "learning_rate", 1},
    {"evla", "eval", 1},         {"evaluate", "eval", 1},
};

START_TEST(test_word_distance)
{
    ck_assert_int_eq(hrm_word_distance(DISTANCES[_i].from, DISTANCES[_i].to),
                     DISTANCES[_i].distance);
}
END_TEST

START_TEST(test_word_same)
{
    ck_assert(hrm_word_same("halt-max_steps", "halt_max-steps"));
    ck_assert(hrm_word_same("AUTO", "auto"));
    ck_assert(hrm_word_same("", ""));
    ck_assert(!hrm_word_same("auto", "aut"));
    ck_assert(!hrm_word_same("aut", "auto"));
    ck_assert(!hrm_word_same("auto", ""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("word");
    TCase *tcase = tcase_create("word");
    tcase_set_timeout(tcase, 10);
    tcase_add_loop_test(tcase, test_nearest_word, 0, sizeof NEAREST / sizeof *NEAREST);
    tcase_add_loop_test(tcase, test_word_distance, 0, sizeof DISTANCES / sizeof *DISTANCES);
    tcase_add_test(tcase, test_word_same);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
