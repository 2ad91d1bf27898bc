#include "core/base/atomic_file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[128];
static struct hrm_error error;

static void setup(void)
{
    strcpy(folder, "/tmp/hrm-replace-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    error = (struct hrm_error){0};
}

static void teardown(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); // fails when a temporary file was left
}

static void put(const char *name, const char *text)
{
    FILE *stream = fopen(name, "w");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    fclose(stream);
}

static void expect_content(const char *text)
{
    char found[64] = "";
    FILE *stream = fopen(path, "r");
    ck_assert_ptr_nonnull(stream);
    ck_assert_ptr_nonnull(fgets(found, sizeof found, stream));
    fclose(stream);
    ck_assert_str_eq(found, text);
}

START_TEST(commits_or_keeps_the_old_file)
{
    struct hrm_atomic_file output = {0};
    hrm_atomic_file_abandon(&output);
    put(path, "old");
    ck_assert_int_eq(hrm_atomic_file_begin(&output, path, &error), HRM_OK);
    put(output.temporary, "new");
    expect_content("old");
    hrm_atomic_file_abandon(&output);
    expect_content("old");
    ck_assert_int_eq(hrm_atomic_file_begin(&output, path, &error), HRM_OK);
    put(output.temporary, "new");
    ck_assert_int_eq(hrm_atomic_file_commit(&output, &error), HRM_OK);
    expect_content("new");
    hrm_atomic_file_abandon(&output);
    expect_content("new");
}
END_TEST

START_TEST(writes_into_the_current_folder)
{
    struct hrm_atomic_file output;
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(hrm_atomic_file_begin(&output, "file", &error), HRM_OK);
    put(output.temporary, "here");
    ck_assert_int_eq(hrm_atomic_file_commit(&output, &error), HRM_OK);
    expect_content("here");
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(refuses_bad_targets)
{
    struct hrm_atomic_file output;
    ck_assert_int_eq(hrm_atomic_file_begin(&output, folder, &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "is a folder"));
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_atomic_file_begin(&output, "/nowhere/file", &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "/nowhere"));
    ck_assert_str_ne(error.hint, "");
    error = (struct hrm_error){0};
    char longer[HRM_PATH + 1];
    memset(longer, 'x', sizeof longer);
    longer[HRM_PATH] = '\0';
    ck_assert_int_eq(hrm_atomic_file_begin(&output, longer, &error), HRM_USAGE);
}
END_TEST

static int write_word(FILE *stream, const void *word, struct hrm_error *failure)
{
    fputs(word, stream);
    return *(const char *)word ? HRM_OK : hrm_fail(failure, HRM_DATA, "no word");
}

START_TEST(writes_a_text_or_keeps_the_old_one)
{
    ck_assert_int_eq(hrm_atomic_file_text(path, write_word, "first", &error), HRM_OK);
    expect_content("first");
    ck_assert_int_eq(hrm_atomic_file_text(path, write_word, "", &error), HRM_DATA);
    ck_assert_str_eq(error.text, "no word");
    expect_content("first");
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_atomic_file_text(folder, write_word, "other", &error), HRM_USAGE);
}
END_TEST

START_TEST(links_stay_and_pipes_are_refused_where_order_matters)
{
    struct hrm_atomic_file output;
    char link[160], pipe[160];
    struct stat found;
    snprintf(link, sizeof link, "%s/link", folder);
    snprintf(pipe, sizeof pipe, "%s/pipe", folder);
    ck_assert_int_eq(symlink("file", link) | mkfifo(pipe, 0600), 0);
    ck_assert_int_eq(hrm_atomic_file_text(link, write_word, "through the link", &error), HRM_OK);
    expect_content("through the link");
    ck_assert(lstat(link, &found) == 0 && S_ISLNK(found.st_mode));
    ck_assert_int_eq(hrm_atomic_file_check(pipe, &error), HRM_OK);
    ck_assert_int_eq(hrm_atomic_file_begin(&output, pipe, &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "HDF5"));
    put(path, "\211HRMPI\r\n and more");
    ck_assert_int_eq(hrm_atomic_file_check(link, &(struct hrm_error){0}), HRM_USAGE);
    ck_assert_int_eq(hrm_atomic_file_text(link, write_word, "other", &(struct hrm_error){0}),
                     HRM_USAGE);
    unlink(link);
    unlink(pipe);
}
END_TEST

START_TEST(reports_a_failed_rename)
{
    struct hrm_atomic_file output;
    ck_assert_int_eq(hrm_atomic_file_begin(&output, path, &error), HRM_OK);
    ck_assert_int_eq(hrm_atomic_file_commit(&output, &error), HRM_FAILED);
    ck_assert_ptr_nonnull(strstr(error.text, path));
}
END_TEST

START_TEST(clears_what_killed_runs_left)
{
    static const char *const ends[] = {"123.partial",        "123.partial.locktest.2",
                                       "123.partial.data.0", "123.partial.metadata.12",
                                       "locktest.0",         "data.1"};
    char stale[300], other[300];
    snprintf(other, sizeof other, "%s.more.123.partial", path);
    put(path, "kept");
    put(other, "of another file");
    for (int i = 0; i < (int)(sizeof ends / sizeof *ends); i++) {
        snprintf(stale, sizeof stale, "%s.%s", path, ends[i]);
        put(stale, "torn");
        hrm_atomic_file_clear(path);
        expect_content("kept");
        ck_assert_int_ne(access(stale, F_OK), 0);
    }
    ck_assert_int_eq(unlink(other), 0);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replace");
    TCase *tests = tcase_create("replace");
    tcase_set_timeout(tests, 10);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, commits_or_keeps_the_old_file);
    tcase_add_test(tests, writes_into_the_current_folder);
    tcase_add_test(tests, refuses_bad_targets);
    tcase_add_test(tests, writes_a_text_or_keeps_the_old_one);
    tcase_add_test(tests, links_stay_and_pipes_are_refused_where_order_matters);
    tcase_add_test(tests, reports_a_failed_rename);
    tcase_add_test(tests, clears_what_killed_runs_left);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
