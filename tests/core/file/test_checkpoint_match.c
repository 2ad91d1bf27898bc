#include "core/file/checkpoint_match.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct hrm_model_config config_of(const char *key, const char *value)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    hrm_options_default(&section, 1);
    if (key)
        ck_assert_int_eq(hrm_options_set(&section, 1, key, value, NULL), HRM_OK);
    return config;
}

static const struct {
    const char *key, *value;
    bool same;
} cases[] = {
    {NULL, NULL, true},
    {"hidden", "256", false},
    {"heads", "4", false},
    {"expansion", "3", false},
    {"l_layers", "3", false},
    {"h_cycles", "3", false},
    {"puzzle_ids", "2", false},
    {"angles", "learned", false},
    {"rope_theta", "9999", false},
    {"rms_eps", "1e-6", false},
    {"shared", "true", false},
    {"q_continue", "false", false},
    {"loss", "softmax", true},
    {"gradient", "last_cycle", true},
    {"halt_max_steps", "8", true},
    {"halt_exploration", "0.2", true},
};

START_TEST(what_training_alone_reads_may_differ)
{
    struct hrm_model_config first = config_of(NULL, NULL);
    struct hrm_model_config other = config_of(cases[_i].key, cases[_i].value);
    struct hrm_checkpoint_model a = {"a.h5", &first}, b = {"b.h5", &other};
    struct hrm_error error = {0};
    int status = hrm_checkpoint_match(&a, &b, &error);
    ck_assert_int_eq(status, cases[_i].same ? HRM_OK : HRM_USAGE);
    if (cases[_i].same)
        return;
    ck_assert_ptr_nonnull(strstr(error.text, cases[_i].key));
    ck_assert_ptr_nonnull(strstr(error.text, "a.h5"));
    ck_assert_ptr_nonnull(strstr(error.text, "b.h5"));
    ck_assert_str_ne(error.hint, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint_match");
    TCase *tests = tcase_create("checkpoint_match");
    tcase_set_timeout(tests, 10);
    tcase_add_loop_test(tests, what_training_alone_reads_may_differ, 0,
                        sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
