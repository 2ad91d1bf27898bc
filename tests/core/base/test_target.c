#include "core/base/target.h"

#include "core/base/input.h"
#include "core/base/magic.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct hrm_error error;

/// In a folder of its own, so that names can be short.
static void setup(void)
{
    strcpy(folder, "/tmp/hrm-target-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    error = (struct hrm_error){0};
}

static void teardown(void)
{
    static const char *const names[] = {"file", "hard", "link", "again",  "dangling",
                                        "pipe", "loop", "out",  "to-pipe"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(names[i]);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void put(const char *name, const char *bytes, size_t count)
{
    FILE *stream = fopen(name, "w");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(bytes, 1, count, stream), count);
    fclose(stream);
}

START_TEST(paths_are_followed)
{
    static const struct {
        const char *path;
        enum hrm_target_kind kind;
        const char *found;
        int descriptor;
    } cases[] = {
        {"file", HRM_TARGET_FILE, "file", -1},
        {"none", HRM_TARGET_FILE, "none", -1},
        {"again", HRM_TARGET_FILE, "file", -1},
        {"./again", HRM_TARGET_FILE, "./file", -1},
        {"dangling", HRM_TARGET_FILE, "/nowhere/none", -1},
        {"pipe", HRM_TARGET_DEVICE, "pipe", -1},
        {"to-pipe", HRM_TARGET_DEVICE, "pipe", -1},
        {"/dev/null", HRM_TARGET_DEVICE, "/dev/null", -1},
        {"/dev/stdout", HRM_TARGET_OPEN, NULL, 1},
        {"/dev/stderr", HRM_TARGET_OPEN, NULL, 2},
        {"/dev/fd/63", HRM_TARGET_OPEN, NULL, 63},
        {"/proc/self/fd/7", HRM_TARGET_OPEN, NULL, 7},
        {"out", HRM_TARGET_OPEN, NULL, 1},
        {"/dev/fd/7x", HRM_TARGET_FILE, "/dev/fd/7x", -1},
    };
    put("file", "x", 1);
    ck_assert_int_eq(symlink("file", "link") | symlink("link", "again"), 0);
    ck_assert_int_eq(symlink("/nowhere/none", "dangling") | symlink("/dev/stdout", "out"), 0);
    ck_assert_int_eq(mkfifo("pipe", 0600) | symlink("pipe", "to-pipe"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hrm_target target;
        ck_assert_int_eq(hrm_target_find(&target, cases[i].path, &error), HRM_OK);
        ck_assert_msg(target.kind == cases[i].kind, "%s", cases[i].path);
        ck_assert_int_eq(target.descriptor, cases[i].descriptor);
        if (cases[i].found)
            ck_assert_str_eq(target.path, cases[i].found);
    }
}
END_TEST

START_TEST(circles_and_long_paths_are_refused)
{
    struct hrm_target target;
    char longer[HRM_PATH + 1];
    memset(longer, 'x', sizeof longer);
    longer[HRM_PATH] = '\0';
    ck_assert_int_eq(symlink("loop", "loop"), 0);
    ck_assert_int_eq(hrm_target_find(&target, "loop", &error), HRM_USAGE);
    ck_assert_str_ne(error.hint, "");
    ck_assert_int_eq(hrm_target_find(&target, longer, &(struct hrm_error){0}), HRM_USAGE);
}
END_TEST

START_TEST(outputs_are_told_from_inputs)
{
    const char *const inputs[] = {NULL, "", "none", "file"};
    put("file", "x", 1);
    ck_assert_int_eq(link("file", "hard") | symlink("file", "link"), 0);
    ck_assert_int_eq(hrm_target_apart("hard", inputs, 4, &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "hard"));
    ck_assert_ptr_nonnull(strstr(error.text, "file"));
    ck_assert_int_eq(hrm_target_apart("link", inputs, 4, &(struct hrm_error){0}), HRM_USAGE);
    ck_assert_int_eq(hrm_target_apart("hard", inputs, 3, NULL), HRM_OK);
    ck_assert_int_eq(hrm_target_apart("other", inputs, 4, NULL), HRM_OK);
    ck_assert_int_eq(hrm_target_apart("/dev/null", (const char *const[]){"/dev/null"}, 1, NULL),
                     HRM_OK);
    ck_assert(hrm_target_same("file", "link") && hrm_target_same("other", "other"));
    ck_assert(!hrm_target_same("file", "other") && !hrm_target_same("/dev/null", "/dev/null"));
    ck_assert(!hrm_target_same("", "") && !hrm_target_same("one", "other"));
}
END_TEST

START_TEST(sealed_files_are_known)
{
    ck_assert(!hrm_magic_found("none") && !hrm_magic_found("."));
    put("file", HRM_MAGIC, HRM_MAGIC_BYTES - 1);
    ck_assert(!hrm_magic_found("file"));
    put("file", HRM_MAGIC "more", HRM_MAGIC_BYTES + 4);
    ck_assert(hrm_magic_found("file"));
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    ck_assert(!hrm_magic_found("pipe"));
}
END_TEST

START_TEST(inputs_are_not_waited_for)
{
    char *text = NULL;
    size_t size = 0;
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    ck_assert_int_eq(hrm_input_check("pipe", &error), HRM_DATA);
    ck_assert_str_ne(error.hint, "");
    ck_assert_int_eq(hrm_input_check("/dev/zero", &(struct hrm_error){0}), HRM_DATA);
    ck_assert_int_eq(hrm_input_check("none", NULL), HRM_OK);
    ck_assert_int_eq(hrm_input_text("pipe", 9, &text, &size, &(struct hrm_error){0}), HRM_USAGE);
    ck_assert_int_eq(hrm_input_text("/dev/zero", 9, &text, &size, &(struct hrm_error){0}),
                     HRM_USAGE);
    ck_assert_int_eq(hrm_input_text(".", 9, &text, &size, &(struct hrm_error){0}), HRM_USAGE);
    ck_assert_int_eq(hrm_input_text("none", 9, &text, &size, &(struct hrm_error){0}), HRM_USAGE);
    put("file", "0123456789", 10);
    ck_assert_int_eq(hrm_input_text("file", 9, &text, &size, &(struct hrm_error){0}), HRM_USAGE);
    ck_assert_ptr_null(text);
    ck_assert_int_eq(hrm_input_text("file", 10, &text, &size, NULL), HRM_OK);
    ck_assert_str_eq(text, "0123456789\n");
    ck_assert_uint_eq(size, 11);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target");
    TCase *tests = tcase_create("target");
    tcase_set_timeout(tests, 10);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, paths_are_followed);
    tcase_add_test(tests, circles_and_long_paths_are_refused);
    tcase_add_test(tests, outputs_are_told_from_inputs);
    tcase_add_test(tests, sealed_files_are_known);
    tcase_add_test(tests, inputs_are_not_waited_for);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
