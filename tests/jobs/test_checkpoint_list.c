#include "jobs/eval/checkpoint_list.h"

#include "core/file/checkpoint.h"
#include "core/file/puzzle_sink.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];
static struct hrm_error error;
static struct checkpoint_list list;

static const char *inside(const char *name)
{
    static char path[4][512];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", root, name);
    return path[next];
}

static void write_checkpoint(const char *name, int replica, int64_t step)
{
    struct hrm_checkpoint checkpoint = {.provenance = {.replica = replica, .step = step}};
    struct hrm_option_section section = hrm_model_config_section(&checkpoint.config);
    hrm_options_default(&section, 1);
    checkpoint.config.hidden = 16;
    checkpoint.config.heads = 1;
    checkpoint.config.h_layers = checkpoint.config.l_layers = 1;
    ck_assert_int_eq(hrm_layout_init(&checkpoint.layout, &checkpoint.config, &error), HRM_OK);
    checkpoint.params = calloc(checkpoint.layout.total, sizeof(float));
    ck_assert_int_eq(hrm_checkpoint_write(inside(name), &checkpoint, &error), HRM_OK);
    hrm_checkpoint_free(&checkpoint);
}

// Two runs: a with replicas 2 and 10, b with replica 2; and what else lies in such folders.
static void setup(void)
{
    static const char *const folders[] = {
        "runs",     "runs/a", "runs/a/replica-2", "runs/b", "runs/a/replica-10", "runs/b/replica-2",
        "runs/none"};
    strcpy(root, "/tmp/hrm-list-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        ck_assert_int_eq(mkdir(inside(folders[i]), 0777), 0);
    for (int step = 1; step <= 3; step++) {
        char name[64];
        snprintf(name, sizeof name, "runs/a/replica-2/step-%d.h5", 5 * step);
        write_checkpoint(name, 2, 5 * step);
        snprintf(name, sizeof name, "runs/a/replica-10/step-%d.h5", 5 * step);
        write_checkpoint(name, 10, 5 * step);
        snprintf(name, sizeof name, "runs/b/replica-2/step-%d.h5", 4 * step);
        write_checkpoint(name, 2, 4 * step);
    }
    struct hrm_puzzle_sink sink;
    struct hrm_puzzle puzzle = {.rating = 1};
    struct hrm_puzzle_origin origin = {"", ""};
    hrm_puzzle_sink_open(&sink, inside("runs/a/set.h5"), 1, &origin, &error);
    hrm_puzzle_sink_put(&sink, &puzzle, &error);
    ck_assert_int_eq(hrm_puzzle_sink_close(&sink, &error), HRM_OK);
    hrm_puzzle_sink_abandon(&sink);
}

static void teardown(void)
{
    char command[128];
    checkpoint_list_free(&list);
    snprintf(command, sizeof command, "rm -r %s", root);
    ck_assert_int_eq(system(command), 0);
}

static void expect_list(const char *const *names, int count)
{
    ck_assert_int_eq(list.count, count);
    for (int i = 0; i < count; i++)
        ck_assert_str_eq(list.paths[i], inside(names[i]));
    checkpoint_list_free(&list);
}

static void add(const char *name, int last)
{
    ck_assert_msg(checkpoint_list_add(&list, inside(name), last, &error) == HRM_OK, "%s",
                  error.text);
}

START_TEST(a_run_goes_by_replica_and_step)
{
    static const char *const names[] = {
        "runs/a/replica-2/step-5.h5",   "runs/a/replica-2/step-10.h5",
        "runs/a/replica-2/step-15.h5",  "runs/a/replica-10/step-5.h5",
        "runs/a/replica-10/step-10.h5", "runs/a/replica-10/step-15.h5"};
    add("runs/a", 0);
    expect_list(names, 6);
    add("runs/a/replica-2", 0);
    expect_list(names, 3);
    add("runs/a", 100);
    expect_list(names, 6);
}
END_TEST

START_TEST(the_last_are_of_each_replica_of_each_run)
{
    static const char *const two[] = {
        "runs/a/replica-2/step-10.h5",  "runs/a/replica-2/step-15.h5",
        "runs/a/replica-10/step-10.h5", "runs/a/replica-10/step-15.h5",
        "runs/b/replica-2/step-8.h5",   "runs/b/replica-2/step-12.h5"};
    add("runs", 2);
    expect_list(two, 6);
    add("runs/a", 2);
    add("runs/b", 2);
    expect_list(two, 6);
}
END_TEST

START_TEST(files_and_folders_come_in_the_order_they_are_named)
{
    static const char *const names[] = {"runs/b/replica-2/step-4.h5", "runs/a/replica-2/step-15.h5",
                                        "runs/a/replica-10/step-15.h5",
                                        "runs/b/replica-2/step-8.h5"};
    char text[2048];
    snprintf(text, sizeof text, ",%s,%s,,%s", inside(names[0]), inside("runs/a"), inside(names[3]));
    ck_assert_int_eq(checkpoint_list_add_all(&list, text, 1, &error), HRM_OK);
    expect_list(names, 4);
}
END_TEST

START_TEST(a_comma_in_a_path)
{
    static const char *const names[] = {"runs/lr=1,wd=2/step-1.h5", "runs/lr=1/step-2.h5"};
    char text[2048];
    ck_assert_int_eq(mkdir(inside("runs/lr=1,wd=2"), 0777), 0);
    ck_assert_int_eq(mkdir(inside("runs/lr=1"), 0777), 0);
    write_checkpoint(names[0], 0, 1);
    write_checkpoint(names[1], 0, 2);
    add("runs/lr=1,wd=2", 0);
    expect_list(names, 1);
    snprintf(text, sizeof text, "%s,%s", inside("runs/lr=1,wd=2"), inside("runs/lr=1"));
    ck_assert_int_eq(checkpoint_list_add_all(&list, text, 0, &error), HRM_OK);
    expect_list(names, 2);
    snprintf(text, sizeof text, "'%s',\"%s\"", inside("runs/lr=1,wd=2"), inside("runs/lr=1"));
    ck_assert_int_eq(checkpoint_list_add_all(&list, text, 0, &error), HRM_OK);
    expect_list(names, 2);
    // An argument is no list.
    snprintf(text, sizeof text, "%s,%s", inside("runs/a"), inside("runs/b"));
    ck_assert_int_eq(checkpoint_list_add(&list, text, 0, &error), HRM_DATA);
    error = (struct hrm_error){0};
}
END_TEST

START_TEST(an_empty_list)
{
    static const char *const lists[] = {",", ",,", "''"};
    ck_assert_int_eq(checkpoint_list_add_all(&list, "", 0, &error), HRM_OK);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        ck_assert_int_eq(checkpoint_list_add_all(&list, lists[i], 0, &error), HRM_USAGE);
        ck_assert_ptr_nonnull(strstr(error.text, "names no checkpoint"));
        error = (struct hrm_error){0};
    }
    ck_assert_int_eq(checkpoint_list_add(&list, "", 0, &error), HRM_USAGE);
    error = (struct hrm_error){0};
    ck_assert_int_eq(list.count, 0);
}
END_TEST

static void copy(const char *from, const char *to)
{
    char command[2048];
    snprintf(command, sizeof command, "cp %s %s", inside(from), inside(to));
    ck_assert_int_eq(system(command), 0);
}

START_TEST(links_and_copies_count_once)
{
    static const char *const b[] = {"runs/b/replica-2/step-4.h5", "runs/b/replica-2/step-8.h5",
                                    "runs/b/replica-2/step-12.h5"};
    // Each would be sorted in front of what it is a link or copy of.
    ck_assert_int_eq(symlink("step-12.h5", inside("runs/b/replica-2/latest.h5")), 0);
    ck_assert_int_eq(link(inside(b[1]), inside("runs/b/replica-2/step-8.hard.h5")), 0);
    copy(b[0], "runs/b/replica-2/step-4.h5.copy.h5");
    ck_assert_int_eq(symlink("replica-2", inside("runs/b/the-same")), 0);
    add("runs/b", 0);
    ck_assert_int_eq(list.doubled, 9);
    expect_list(b, 3);
    // They do not count among the last ones either.
    add("runs/b", 2);
    expect_list(b + 1, 2);
    add(b[2], 0);
    add("runs/b/replica-2/latest.h5", 0);
    add("runs/b", 0);
    expect_list((const char *const[]){b[2], b[0], b[1]}, 3);
}
END_TEST

START_TEST(an_entry_is_taken_out)
{
    static const char *const names[] = {"runs/b/replica-2/step-4.h5",
                                        "runs/b/replica-2/step-12.h5"};
    add("runs/b", 0);
    checkpoint_list_drop(&list, 1, 0);
    add("runs/b/replica-2/step-12.h5", 0);
    expect_list(names, 2);
}
END_TEST

static void write_bytes(const char *name, const char *bytes, size_t count)
{
    FILE *stream = fopen(inside(name), "w");
    ck_assert_uint_eq(fwrite(bytes, 1, count, stream), count);
    fclose(stream);
}

START_TEST(files_of_other_programs_are_left_out_of_folders)
{
    static const char *const name = "runs/b/replica-2/step-4.h5";
    static const char foreign[64] = "\211HDF\r\n\032\n";
    struct hrm_checkpoint checkpoint;
    write_bytes("runs/b/replica-2/plot.h5", foreign, sizeof foreign);
    add("runs/b", 0);
    ck_assert_int_eq(list.count, 3);
    checkpoint_list_free(&list);

    // One that is named is kept, and refused where it is read.
    add("runs/b/replica-2/plot.h5", 0);
    ck_assert_int_eq(list.count, 1);
    ck_assert_int_eq(hrm_checkpoint_read(list.paths[0], &checkpoint, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "plot.h5: an HDF5 file of another program"));

    // A checkpoint with damage is none of another program.
    write_bytes(name, "damaged", 7);
    error = (struct hrm_error){0};
    ck_assert_int_eq(checkpoint_list_add(&list, inside("runs/b"), 0, &error), HRM_DATA);
    ck_assert_msg(strstr(error.text, name) != NULL, "%s", error.text);
    error = (struct hrm_error){0};
}
END_TEST

START_TEST(refuses_what_has_no_checkpoints)
{
    ck_assert_int_eq(checkpoint_list_add(&list, inside("runs/none"), 0, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "no checkpoints"));
    error = (struct hrm_error){0};
    ck_assert_int_eq(checkpoint_list_add(&list, inside("nowhere"), 0, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "nowhere"));
    ck_assert_str_ne(error.hint, "");
    error = (struct hrm_error){0};
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint_list");
    TCase *tests = tcase_create("checkpoint_list");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_run_goes_by_replica_and_step);
    tcase_add_test(tests, the_last_are_of_each_replica_of_each_run);
    tcase_add_test(tests, files_and_folders_come_in_the_order_they_are_named);
    tcase_add_test(tests, a_comma_in_a_path);
    tcase_add_test(tests, an_empty_list);
    tcase_add_test(tests, links_and_copies_count_once);
    tcase_add_test(tests, an_entry_is_taken_out);
    tcase_add_test(tests, files_of_other_programs_are_left_out_of_folders);
    tcase_add_test(tests, refuses_what_has_no_checkpoints);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
