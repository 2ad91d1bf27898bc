#include "core/base/preallocate.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/hrm-reserve-XXXXXX";

START_TEST(what_does_not_fit_is_refused)
{
    struct hrm_error error = {0};
    struct rlimit small = {1000, 1000};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small); // fails as a full disk does
    ck_assert_int_eq(hrm_file_preallocate(path, 2000, &error), HRM_FAILED);
    ck_assert_ptr_nonnull(strstr(error.text, path));
    ck_assert_ptr_nonnull(strstr(error.text, "2000 bytes"));
    ck_assert_uint_gt(strlen(error.hint), 0);
}
END_TEST

START_TEST(what_fits_is_there)
{
    struct hrm_error error = {0};
    FILE *stream = fopen(path, "w");
    fputs("kept", stream);
    fclose(stream);
    ck_assert_int_eq(hrm_file_preallocate(path, 2000, &error), HRM_OK);
    char text[5] = "";
    stream = fopen(path, "r");
    ck_assert_ptr_nonnull(fgets(text, sizeof text, stream));
    fclose(stream);
    ck_assert_str_eq(text, "kept");
    ck_assert_int_eq(hrm_file_preallocate("/nonexistent/file", 1, &error), HRM_FAILED);
    ck_assert_ptr_nonnull(strstr(error.text, "/nonexistent/file"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reserve");
    TCase *tests = tcase_create("reserve");
    int file = mkstemp(path);
    if (file < 0)
        return EXIT_FAILURE;
    close(file);
    tcase_add_test(tests, what_does_not_fit_is_refused);
    tcase_add_test(tests, what_fits_is_there);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    unlink(path);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
