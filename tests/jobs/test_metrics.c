#include "jobs/plot/metrics.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/hrm-metrics-XXXXXX";
static char path[64], config[64];

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
    snprintf(config, sizeof config, "%s/config.ini", folder);
}

static void remove_folder(void)
{
    unlink(path);
    unlink(config);
    rmdir(folder);
}

static void write_text(const char *file, const char *text)
{
    FILE *stream = fopen(file, "w");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    fclose(stream);
}

START_TEST(lines_become_curves)
{
    struct hrm_error error = {0};
    struct metrics metrics;
    write_text(path,
               "{\"kind\":\"train\",\"step\":10,\"loss\":2.5,\"accuracy\":null,\"segments\":16}\n"
               "{\"kind\":\"train\",\"step\":20,\"loss\":1.5,\"accuracy\":0.25}\n"
               "{\"kind\":\"validation\",\"step\":20,\"puzzles\":100,\"accuracy\":0.5,"
               "\"exact_accuracy\":0.1}\n"
               "{\"kind\":\"something new\",\"step\":20}\n"
               "{\"kind\":\"train\",\"st");
    ck_assert_int_eq(metrics_read(&metrics, path, &error), HRM_OK);
    double *const *training = metrics.training.value, *const *validation = metrics.validation.value;
    ck_assert_int_eq(metrics.training.count, 2);
    ck_assert_double_eq(training[METRICS_STEP][1], 20);
    ck_assert_double_eq(training[METRICS_LOSS][0], 2.5);
    ck_assert_double_eq(training[METRICS_SEGMENTS][0], 16);
    ck_assert_double_nan(training[METRICS_CELLS][0]);
    ck_assert_double_eq(training[METRICS_CELLS][1], 25);
    ck_assert_double_nan(training[METRICS_LOW][0]);
    ck_assert_int_eq(metrics.validation.count, 1);
    ck_assert_double_eq_tol(validation[METRICS_EXACT][0], 10, 1e-12);
    // Wilson's interval of 10 of 100.
    ck_assert_double_eq_tol(validation[METRICS_LOW][0], 5.5229, 1e-4);
    ck_assert_double_eq_tol(validation[METRICS_HIGH][0], 17.4366, 1e-4);
    metrics_free(&metrics);
}
END_TEST

static const struct bad_case {
    const char *text, *says;
} BAD[] = {
    {"{\"kind\":\"train\",\"step\":1}\nhello\n", "metrics.jsonl:2: no JSON"},
    {"{\"kind\":\"train\",\"step\":\"1\"}\n", "metrics.jsonl:1: no \"kind\" or no \"step\""},
    {"{\"step\":1}\n", "metrics.jsonl:1: no \"kind\" or no \"step\""},
    {"[]\n", "metrics.jsonl:1: no \"kind\" or no \"step\""},
};

START_TEST(foreign_lines_are_refused)
{
    struct hrm_error error = {0};
    struct metrics metrics;
    write_text(path, BAD[_i].text);
    ck_assert_int_eq(metrics_read(&metrics, path, &error), HRM_DATA);
    ck_assert_msg(strstr(error.text, BAD[_i].says), "%s", error.text);
    ck_assert_str_ne(error.hint, "");
    metrics_free(&metrics);
}
END_TEST

static const struct thin_case {
    int count, most, kept;
    double first, last; ///< steps
} THIN[] = {{10, 10, 10, 1, 10}, {10, 5, 5, 1.5, 9.5}, {10, 4, 4, 2, 10}, {3, 200, 3, 1, 3}};

START_TEST(neighbours_are_averaged)
{
    const struct thin_case *wanted = &THIN[_i];
    double values[METRICS_FIELDS][10];
    struct metrics_lines lines = {.count = wanted->count, .capacity = 10};
    for (int field = 0; field < METRICS_FIELDS; field++) {
        lines.value[field] = values[field];
        for (int i = 0; i < 10; i++)
            values[field][i] = field == METRICS_CELLS && i % 2 == 0 ? (double)NAN : i + 1;
    }
    metrics_thin(&lines, wanted->most);
    ck_assert_int_eq(lines.count, wanted->kept);
    ck_assert_double_eq(lines.value[METRICS_STEP][0], wanted->first);
    ck_assert_double_eq(lines.value[METRICS_STEP][lines.count - 1], wanted->last);
    // What a line does not say has no part in a mean.
    if (wanted->kept == 5)
        ck_assert_double_eq(lines.value[METRICS_CELLS][0], 2);
}
END_TEST

START_TEST(the_batch_comes_from_the_configuration)
{
    ck_assert_int_eq(metrics_batch(path), 0);
    write_text(config, "[model]\nbatch = 3\n[train]\nbatch = 48\n");
    ck_assert_int_eq(metrics_batch(path), 48);
    char deeper[128];
    snprintf(deeper, sizeof deeper, "%s/replica-0", folder);
    ck_assert_int_eq(mkdir(deeper, 0700), 0);
    snprintf(deeper, sizeof deeper, "%s/replica-0/metrics.jsonl", folder);
    ck_assert_int_eq(metrics_batch(deeper), 48);
    snprintf(deeper, sizeof deeper, "%s/replica-0", folder);
    rmdir(deeper);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tests = tcase_create("metrics");
    tcase_add_unchecked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, lines_become_curves);
    tcase_add_loop_test(tests, foreign_lines_are_refused, 0, (int)(sizeof BAD / sizeof *BAD));
    tcase_add_loop_test(tests, neighbours_are_averaged, 0, (int)(sizeof THIN / sizeof *THIN));
    tcase_add_test(tests, the_batch_comes_from_the_configuration);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
