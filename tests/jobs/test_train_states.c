#include "jobs/train/train_states.h"

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

static const struct {
    const char *found, *wanted;
    const char *difference; ///< NULL: the same run
} pairs[] = {
    {"[train]\nlr = 1\n", "[train]\nlr = 1\n", NULL},
    {"[train]\nlr = 2\n", "[train]\nlr = 1\n", "train.lr = 1 was wanted, 2 was found"},
    {"[train]\nbatch = 2\n", "[train]\nlr = 1\n", "train.lr = 1 was wanted, nothing was found"},
    {"[model]\nlr = 1\n", "[train]\nlr = 1\n", "train.lr = 1 was wanted, nothing was found"},
    {"# a word\n\n[model]\nheads = 8\n", "[model]\nheads = 4\n", "model.heads = 4"},
    {"[train]\nthreads = 1\noutput = a\nmax_time = 3\n",
     "[train]\nthreads = 9\noutput = b\nmax_time = 0\nresume = auto\n", NULL},
    {"[model]\nthreads = 1\n", "[model]\nthreads = 9\n", "model.threads"},
    {"[train]\nsteps = 10\nlr_min_ratio = 1\n", "[train]\nsteps = 20\nlr_min_ratio = 1\n", NULL},
    {"[train]\nsteps = 10\nlr_min_ratio = 0.1\n", "[train]\nsteps = 20\nlr_min_ratio = 0.1\n",
     "train.steps = 20 was wanted, 10 was found"},
    {"[train]\nvalidate = \nlr = 1\n", "[train]\nvalidate = x\nlr = 1\n", NULL},
    {"[train]\nlr = 1\n", "[train]\nlr = 1\nmoved_givens = 0\nmixing = false\n", NULL},
    {"[train]\nlr = 1\n", "[train]\nlr = 1\nmoved_givens = 8\n",
     "train.moved_givens = 8 was wanted, nothing was found"},
};

START_TEST(other_runs_are_told_apart)
{
    struct hrm_error error = {0};
    int status = train_states_compare("runs/a", pairs[_i].found, pairs[_i].wanted, false, &error);
    ck_assert_int_eq(status, pairs[_i].difference ? HRM_USAGE : HRM_OK);
    if (!pairs[_i].difference)
        return;
    ck_assert_msg(strstr(error.text, pairs[_i].difference) != NULL, "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, "runs/a"));
    ck_assert_ptr_nonnull(strstr(error.hint, "--overwrite"));
}
END_TEST

static const struct {
    const char *found, *wanted;
    bool allowed;
} branches[] = {
    {"[train]\nlr = 2\nsteps = 9\nlr_min_ratio = 1\nmixing = true\n",
     "[train]\nlr = 1\nsteps = 7\nlr_min_ratio = 0\nmixing = false\n", true},
    {"[train]\nbatch = 2\n", "[train]\nbatch = 4\n", false},
    {"[train]\noptimizer = muon\n", "[train]\noptimizer = adam_atan2\n", false},
    {"[model]\nlr = 2\n", "[model]\nlr = 1\n", false},
};

START_TEST(a_branch_may_have_another_schedule)
{
    struct hrm_error error = {0};
    int status =
        train_states_compare("a.h5", branches[_i].found, branches[_i].wanted, true, &error);
    ck_assert_int_eq(status, branches[_i].allowed ? HRM_OK : HRM_USAGE);
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
    tcase_add_loop_test(tests, other_runs_are_told_apart, 0, (int)(sizeof pairs / sizeof *pairs));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
