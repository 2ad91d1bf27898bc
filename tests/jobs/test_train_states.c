#include "jobs/train/train_states.h"

#include "jobs/train/train_folder.h"
#include "jobs/train/train_options.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

static void touch(const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    fclose(stream);
}

static void begin(void)
{
    strcpy(folder, "/tmp/hrm-states-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void end(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

/// The steps of the folder's states as "30 20 7".
static void expect_steps(const char *wanted)
{
    struct hrm_error error = {0};
    int64_t *steps = NULL;
    int count = 0;
    char found[256] = "";
    ck_assert_int_eq(train_states_list(folder, &steps, &count, &error), HRM_OK);
    for (int i = 0; i < count; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%lld", i ? " " : "",
                 (long long)steps[i]);
    ck_assert_str_eq(found, wanted);
    free(steps);
}

START_TEST(only_states_are_listed)
{
    struct hrm_error error = {0};
    int64_t *steps = NULL;
    int count = 1;
    expect_steps("");
    touch("state-00000007.h5");
    touch("state-00000030.h5");
    touch("state-123456789.h5");
    touch("state-00000040.h5.77.partial");
    touch("state-.h5");
    touch("step-00000050.h5");
    touch("metrics.jsonl");
    expect_steps("123456789 30 7");
    ck_assert_int_eq(train_states_list("/nonexistent", &steps, &count, &error), HRM_OK);
    ck_assert_int_eq(count, 0);
}
END_TEST

START_TEST(two_states_and_every_nth_stay)
{
    static const char *const names[] = {"state-00000010.h5", "state-00000020.h5",
                                        "state-00000030.h5", "state-00000035.h5",
                                        "state-00000044.h5", "state-00000099.h5"};
    struct hrm_error error = {0};
    char latest[64] = "", path[160];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        touch(names[i]);
    ck_assert_int_eq(train_states_settle(folder, 44, 20, &error), HRM_OK);
    expect_steps("99 44 35 20"); // 99 is of a run that went further
    snprintf(path, sizeof path, "%s/LATEST", folder);
    FILE *stream = fopen(path, "r");
    ck_assert_ptr_nonnull(fgets(latest, sizeof latest, stream));
    fclose(stream);
    ck_assert_str_eq(latest, "state-00000044.h5\n");
    ck_assert_int_eq(train_states_settle(folder, 44, 0, &error), HRM_OK);
    expect_steps("99 44 35");
}
END_TEST

/// A configuration of this program.
struct configuration {
    struct hrm_model_config model;
    struct train_options train;
    struct hrm_option_section sections[2];
};

/// The defaults, and "key=value key=value ...".
static void configure(struct configuration *all, const char *settings)
{
    char text[256], *rest = text;
    snprintf(text, sizeof text, "%s", settings);
    all->sections[0] = hrm_model_config_section(&all->model);
    all->sections[1] = train_options_section(&all->train);
    hrm_options_default(all->sections, 2);
    for (char *pair; (pair = strsep(&rest, " ")) && *pair;) {
        char *value = strchr(pair, '=');
        *value++ = '\0';
        ck_assert_int_eq(hrm_options_set(all->sections, 2, pair, value, NULL), HRM_OK);
    }
}

/// What a file keeps of a configuration, but for the line of `lost`, which may be NULL.
static void keep(const struct hrm_option_section *sections, int count, const char *lost,
                 char text[TRAIN_CONFIG])
{
    char line[160];
    hrm_options_format(sections, count, text, TRAIN_CONFIG);
    snprintf(line, sizeof line, "\n%s = ", lost ? lost : "none");
    char *from = strstr(text, line);
    ck_assert(!lost || from);
    if (from)
        memmove(from, strchr(from + 1, '\n'), strlen(strchr(from + 1, '\n')) + 1);
}

static const struct {
    const char *found, *lost, *wanted;
    const char *difference; ///< NULL: the same run
} pairs[] = {
    {"lr=1", NULL, "lr=1", NULL},
    {"lr=2", NULL, "lr=1", "train.lr = 1 was wanted, 2 was found"},
    {"", "lr", "", "train.lr = 0.0001 was wanted, nothing was found"},
    {"heads=8", NULL, "heads=4", "model.heads = 4"},
    {"loss=softmax", NULL, "", "model.loss = stablemax was wanted, softmax was found"},
    {"threads=1 output=a max_time=3", NULL, "threads=9 output=b resume=never replicas=3", NULL},
    {"puzzles=a backend=ref", NULL, "puzzles=b backend=blas allow_ambiguous=true", NULL},
    {"steps=10 lr_min_ratio=1", NULL, "steps=20 lr_min_ratio=1", NULL},
    {"steps=10 lr_min_ratio=0.1", NULL, "steps=20 lr_min_ratio=0.1",
     "train.steps = 20 was wanted, 10 was found"},
    {"validate=", NULL, "validate=x validate_every=7", NULL},
    // Those that came later than some runs.
    {"", "moved_givens", "", NULL},
    {"", "optimizer", "", NULL},
    {"", "momentum", "", NULL},
    {"", "symbol_equivariant", "", NULL},
    {"", "moved_givens", "moved_givens=8", "train.moved_givens = 8 was wanted, nothing was found"},
};

START_TEST(other_runs_are_told_apart)
{
    static struct configuration found, wanted;
    struct hrm_error error = {0};
    char text[TRAIN_CONFIG];
    configure(&found, pairs[_i].found);
    configure(&wanted, pairs[_i].wanted);
    keep(found.sections, 2, pairs[_i].lost, text);
    int status = train_states_compare("runs/a", text, wanted.sections, 2, false, &error);
    ck_assert_msg(status == (pairs[_i].difference ? HRM_USAGE : HRM_OK), "%s", error.text);
    if (!pairs[_i].difference)
        return;
    ck_assert_msg(strstr(error.text, pairs[_i].difference) != NULL, "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, "runs/a"));
    ck_assert_ptr_nonnull(strstr(error.hint, "--overwrite"));
}
END_TEST

/// A run of when angles and pattern were one key goes on.
START_TEST(a_key_of_former_times_is_understood)
{
    static struct configuration found, wanted;
    struct hrm_error error = {0};
    char text[TRAIN_CONFIG], old[2 * TRAIN_CONFIG];
    configure(&found, "angles=none pattern=units");
    configure(&wanted, _i ? "angles=rope" : "angles=none pattern=units");
    keep(found.sections, 2, "pattern", text);
    char *angles = strstr(text, "\nangles = none\n");
    ck_assert_ptr_nonnull(angles);
    snprintf(old, sizeof old, "%.*s\npositions = masks\n%s", (int)(angles - text), text,
             angles + strlen("\nangles = none\n"));
    int status = train_states_compare("a.h5", old, wanted.sections, 2, false, &error);
    ck_assert_msg(status == (_i ? HRM_USAGE : HRM_OK), "%s", error.text);
    ck_assert(_i == 0 || strstr(error.text, "model.angles = rope was wanted, none was found"));
}
END_TEST

static const struct {
    const char *found, *wanted;
    bool allowed;
} branches[] = {
    {"lr=2 steps=9 lr_min_ratio=1 mixing=true", "lr=1 steps=7 lr_min_ratio=0 mixing=false", true},
    {"batch=2", "batch=4", false},
    {"optimizer=muon", "optimizer=adam_atan2", false},
    {"heads=8", "heads=4", false},
};

START_TEST(a_branch_may_have_another_schedule)
{
    static struct configuration found, wanted;
    struct hrm_error error = {0};
    char text[TRAIN_CONFIG];
    configure(&found, branches[_i].found);
    configure(&wanted, branches[_i].wanted);
    keep(found.sections, 2, NULL, text);
    int status = train_states_compare("a.h5", text, wanted.sections, 2, true, &error);
    ck_assert_int_eq(status, branches[_i].allowed ? HRM_OK : HRM_USAGE);
}
END_TEST

/// A made-up section: the row is all that an option needs.
static const struct hrm_option MADE_UP[] = {
    {"depth", HRM_OPTION_INT, 0, "3", NULL, "of a net", 1, 9, HRM_ROLE_SHAPE, 0},
    {"pace", HRM_OPTION_INT, 4, "3", NULL, "of a step", 1, 9, HRM_ROLE_SCHEDULE, 0},
    {"noise", HRM_OPTION_INT, 8, "3", NULL, "of a fan", 1, 9, HRM_ROLE_TRAINING, 1},
    {"label", HRM_OPTION_INT, 12, "3", NULL, "of a box", 1, 9, HRM_ROLE_BOOKKEEPING, 1},
};

static const struct {
    int row;
    int values[2]; ///< found, or 0: by a program without the row; wanted
    bool goes_on, branches;
} made_up[] = {
    {0, {3, 3}, true, true},   {0, {3, 4}, false, false}, {0, {0, 3}, false, false},
    {1, {3, 4}, false, true},  {2, {3, 4}, false, false}, {2, {0, 3}, true, true},
    {2, {0, 4}, false, false}, {3, {3, 4}, true, true},   {3, {0, 4}, true, true},
};

START_TEST(a_new_option_is_one_row)
{
    int found[4] = {3, 3, 3, 3}, wanted[4] = {3, 3, 3, 3}, row = made_up[_i].row;
    struct hrm_option_section old = HRM_OPTION_SECTION("fan", MADE_UP, found);
    struct hrm_option_section new = HRM_OPTION_SECTION("fan", MADE_UP, wanted);
    char text[TRAIN_CONFIG];
    found[row] = made_up[_i].values[0];
    wanted[row] = made_up[_i].values[1];
    keep(&old, 1, found[row] ? NULL : MADE_UP[row].key, text);
    for (int branch = 0; branch < 2; branch++) {
        struct hrm_error error = {0};
        int status = train_states_compare("a.h5", text, &new, 1, branch, &error);
        bool same = branch ? made_up[_i].branches : made_up[_i].goes_on;
        ck_assert_int_eq(status, same ? HRM_OK : HRM_USAGE);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("train_states");
    TCase *tests = tcase_create("train_states");
    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, only_states_are_listed);
    tcase_add_test(tests, two_states_and_every_nth_stay);
    tcase_add_loop_test(tests, a_branch_may_have_another_schedule, 0,
                        (int)(sizeof branches / sizeof *branches));
    tcase_add_loop_test(tests, a_key_of_former_times_is_understood, 0, 2);
    tcase_add_loop_test(tests, a_new_option_is_one_row, 0, (int)(sizeof made_up / sizeof *made_up));
    tcase_add_loop_test(tests, other_runs_are_told_apart, 0, (int)(sizeof pairs / sizeof *pairs));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
