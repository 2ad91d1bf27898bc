#include "jobs/train/train_log.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/hrm-log-XXXXXX";

/// A step whose loss is its number.
static struct hrm_metrics metrics_of(int64_t step)
{
    struct hrm_metrics metrics = {.gradient_norm = 1, .factor = 1};
    metrics.sums[HRM_SUM_LM] = (double)step;
    return metrics;
}

static void run(struct train_log *log, int64_t first, int64_t last)
{
    struct hrm_error error = {0};
    for (int64_t step = first; step <= last; step++) {
        struct hrm_metrics metrics = metrics_of(step);
        train_log_add(log, &metrics, 0.5);
        if (step % 3 == 0)
            ck_assert_int_eq(train_log_write(log, step, &error), HRM_OK);
    }
}

/// The file, each line cut before what depends on the clock.
static void read_lines(char *text, size_t size)
{
    char line[4096];
    FILE *stream = fopen(path, "r");
    *text = '\0';
    while (fgets(line, sizeof line, stream)) {
        char *clock = strstr(line, ",\"slot_steps_per_s\"");
        if (clock)
            strcpy(clock, "\n");
        ck_assert_uint_lt(strlen(text) + strlen(line), size);
        strcat(text, line);
    }
    fclose(stream);
}

START_TEST(a_log_goes_on_as_if_it_had_not_stopped)
{
    char whole[8192], again[8192];
    struct hrm_error error = {0};
    struct train_log log;
    ck_assert_int_eq(train_log_open(&log, path, 1, &error), HRM_OK);
    run(&log, 1, 12);
    ck_assert_int_eq(train_log_close(&log, &error), HRM_OK);
    read_lines(whole, sizeof whole);

    // It is killed after step 8, in the middle of a line; the state is that of step 5.
    ck_assert_int_eq(train_log_open(&log, path, 1, &error), HRM_OK);
    run(&log, 1, 5);
    struct train_carry carry = train_log_carry(&log);
    ck_assert_int_eq(train_log_sync(&log, &error), HRM_OK);
    run(&log, 6, 8);
    fputs("{\"kind\":\"train\",\"step\":4,\"lo", log.stream);
    ck_assert_int_eq(train_log_close(&log, &error), HRM_OK);
    ck_assert_int_eq(train_log_continue(&log, path, 1, 5, &carry, &error), HRM_OK);
    run(&log, 6, 12);
    ck_assert_int_eq(train_log_close(&log, &error), HRM_OK);
    read_lines(again, sizeof again);
    ck_assert_str_eq(again, whole);
}
END_TEST

START_TEST(lines_of_the_step_itself_stay_when_it_is_settled)
{
    char text[8192];
    struct hrm_error error = {0};
    struct train_log log;
    for (int settled = 0; settled < 2; settled++) {
        ck_assert_int_eq(train_log_open(&log, path, 1, &error), HRM_OK);
        run(&log, 1, 6);
        struct train_carry carry = train_log_carry(&log);
        carry.settled = settled;
        train_log_close(&log, &error);
        ck_assert_int_eq(train_log_continue(&log, path, 1, 6, &carry, &error), HRM_OK);
        train_log_close(&log, &error);
        read_lines(text, sizeof text);
        ck_assert(strstr(text, "\"step\":3,") != NULL);
        ck_assert_int_eq(strstr(text, "\"step\":6,") != NULL, settled);
    }
}
END_TEST

START_TEST(a_divergence_is_noted)
{
    char text[8192];
    struct hrm_error error = {0};
    struct hrm_metrics metrics = metrics_of(1);
    struct train_log log;
    metrics.gradient_norm = NAN;
    ck_assert_int_eq(train_log_open(&log, path, 1, &error), HRM_OK);
    ck_assert_int_eq(train_log_divergence(&log, 17, &metrics, &error), HRM_OK);
    train_log_close(&log, &error);
    read_lines(text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "\"kind\":\"diverged\",\"step\":17,\"loss\":1"));
    ck_assert_ptr_nonnull(strstr(text, "\"gradient_norm\":null"));
}
END_TEST

START_TEST(a_missing_folder_is_named)
{
    struct hrm_error error = {0};
    struct train_log log;
    ck_assert_int_eq(train_log_open(&log, "/nonexistent/metrics.jsonl", 1, &error), HRM_FAILED);
    ck_assert_ptr_nonnull(strstr(error.text, "/nonexistent/metrics.jsonl"));
    ck_assert_uint_gt(strlen(error.hint), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("train_log");
    TCase *tests = tcase_create("train_log");
    int file = mkstemp(path);
    if (file < 0)
        return EXIT_FAILURE;
    close(file);
    tcase_add_test(tests, a_log_goes_on_as_if_it_had_not_stopped);
    tcase_add_test(tests, lines_of_the_step_itself_stay_when_it_is_settled);
    tcase_add_test(tests, a_divergence_is_noted);
    tcase_add_test(tests, a_missing_folder_is_named);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    unlink(path);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
