#include "jobs/vote/vote_runs.h"

#include <check.h>
#include <stdlib.h>

/// Two files: a run of seed 3 and one of seed 1, neither in order; two with mixing, of which one
/// does not belong to the other.
static struct hrm_votes_checkpoint first[] = {
    {.path = "a/replica-0/step-20.h5", .step = 20, .seed = 3, .hash = 1, .mixing = 0},
    {.path = "a/replica-0/step-9.h5", .step = 9, .seed = 3, .hash = 2, .mixing = -1},
    {.path = "b/replica-0/step-20.h5", .step = 20, .seed = 1, .hash = 3, .mixing = 0},
};
static struct hrm_votes_checkpoint second[] = {
    {.path = "b/replica-0/step-10.h5", .step = 10, .seed = 1, .hash = 4, .mixing = 0},
    {.path = "c/replica-0/step-30.h5", .step = 30, .seed = 3, .hash = 5, .mixing = 1},
    {.path = "d/replica-0/step-20.h5", .step = 20, .seed = 3, .hash = 1, .mixing = 1},
};
static struct hrm_votes votes[] = {{.checkpoints = first, .plan = {.segments = 16}},
                                   {.checkpoints = second, .plan = {.segments = 16}}};
static int file[] = {0, 0, 0, 1, 1, 1}, row[] = {0, 1, 2, 0, 1, 2};
static const struct hrm_pool pool = {.files = 2,
                                     .votes = votes,
                                     .checkpoints = 6,
                                     .file = file,
                                     .row = row,
                                     .perturbations = 1,
                                     .puzzles = 1};

static void expect(const struct vote_report *report, const int *index, int count)
{
    ck_assert_int_eq(report->checkpoint_count, count);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(report->checkpoints[i].index, index[i]);
}

START_TEST(sorts_into_runs)
{
    struct vote_report report = {.pool = &pool};
    ck_assert_int_eq(vote_runs_make(&report, "all", NULL), HRM_OK);
    expect(&report, (int[]){3, 2, 1, 0, 4, 5}, 6);
    ck_assert_int_eq(report.run_count, 4);
    static const struct {
        int64_t seed;
        int first, count;
    } wanted[] = {{1, 0, 2}, {3, 2, 2}, {3, 4, 1}, {3, 5, 1}};
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(report.runs[i].seed, wanted[i].seed);
        ck_assert_int_eq(report.runs[i].first, wanted[i].first);
        ck_assert_int_eq(report.runs[i].count, wanted[i].count);
    }
    ck_assert_int_eq(vote_runs_last(&report, &report.runs[1])->about->step, 20);
    const struct vote_sweep *plain = &report.sweeps[VOTE_PLAIN];
    const struct vote_sweep *mixed = &report.sweeps[VOTE_MIXED];
    ck_assert_int_eq(plain->first + plain->first_run, 0);
    ck_assert_int_eq(plain->count, 4);
    ck_assert_int_eq(plain->runs, 2);
    ck_assert_int_eq(mixed->first, 4);
    ck_assert_int_eq(mixed->first_run, 2);
    ck_assert_int_eq(mixed->runs, 2);
    ck_assert_int_eq(report.unrecorded, 1);
    ck_assert_int_eq(report.doubled, 0); // the same weights, but of two trainings
    ck_assert_int_eq(report.copies, 0);
    vote_report_free(&report);
}
END_TEST

START_TEST(last_of_each_run)
{
    struct vote_report report = {.pool = &pool};
    ck_assert_int_eq(vote_runs_make(&report, "last", NULL), HRM_OK);
    expect(&report, (int[]){2, 0, 4, 5}, 4);
    ck_assert_int_eq(report.run_count, 4);
    vote_report_free(&report);
    report = (struct vote_report){.pool = &pool};
    ck_assert_int_eq(vote_runs_make(&report, "1,3-4", NULL), HRM_OK);
    expect(&report, (int[]){3, 1, 4}, 3);
    vote_report_free(&report);
}
END_TEST

START_TEST(segments_tell_evaluations_apart)
{
    votes[1].plan.segments = 64;
    struct vote_report report = {.pool = &pool};
    ck_assert_int_eq(vote_runs_make(&report, "2,3", NULL), HRM_OK);
    ck_assert_int_eq(report.run_count, 2);
    vote_report_free(&report);
    votes[1].plan.segments = 16;
}
END_TEST

START_TEST(the_same_weights_count_once)
{
    // Step 10 of b again, as its step 20: one vote.
    second[0].hash = 3;
    struct vote_report report = {.pool = &pool};
    ck_assert_int_eq(vote_runs_make(&report, "all", NULL), HRM_OK);
    expect(&report, (int[]){3, 1, 0, 4, 5}, 5);
    ck_assert_int_eq(report.doubled, 1);
    ck_assert_str_eq(report.twin[0]->path, second[0].path);
    ck_assert_str_eq(report.twin[1]->path, first[2].path);
    ck_assert_int_eq(report.copies, 0);
    vote_report_free(&report);

    // To another number of segments it votes, but is no run of its own in a mean over runs.
    votes[1].plan.segments = 64;
    report = (struct vote_report){.pool = &pool};
    ck_assert_int_eq(vote_runs_make(&report, "2,3", NULL), HRM_OK);
    expect(&report, (int[]){2, 3}, 2);
    ck_assert_int_eq(report.doubled, 0);
    ck_assert_int_eq(report.copies, 1);
    ck_assert(!report.runs[0].copy && report.runs[1].copy);
    vote_report_free(&report);
    votes[1].plan.segments = 16;
    second[0].hash = 4;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vote_runs");
    TCase *tests = tcase_create("vote_runs");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, sorts_into_runs);
    tcase_add_test(tests, last_of_each_run);
    tcase_add_test(tests, segments_tell_evaluations_apart);
    tcase_add_test(tests, the_same_weights_count_once);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
