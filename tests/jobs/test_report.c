#include "jobs/study/report.h"

#include "core/vote/interval.h"

#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_gnuplot;
static char folder[64]; ///< of the files of a test

static const char HARD[] = "a <b> & \"c\", it's";

static void put_tables(struct study_report *report)
{
    const struct study_column columns[] = {{"model", "model", NULL, STUDY_TEXT, 0},
                                           {"hidden", "hidden cells", NULL, STUDY_INTEGER, 0},
                                           {"loss", "loss", "nats", STUDY_REAL, 3},
                                           {"right", "right", NULL, STUDY_SHARE, 0},
                                           {"slope", "slope", "1/s", STUDY_ESTIMATE, 1}};
    study_table(report, "cells", "By cells <all>", columns, 5);
    study_put_text(report, HARD);
    study_put_integer(report, 17);
    study_put_real(report, 0.1);
    study_put_share(report, 3, 40);
    study_put_estimate(report, 2.5, 1.25, NAN);
    study_put_text(report, "");
    study_put_none(report);
    study_put_real(report, NAN);
    study_put_share(report, 0, 0);
    study_put_estimate(report, -1, -2, 0.5);
    study_table(report, "empty", "nobody reads this", columns, 5);
    study_table(report, "unused", "nor this", &columns[2], 1);
    study_put_real(report, NAN);
}

static void put_figure(struct study_report *report)
{
    const double x[] = {1, 2}, y[] = {0.25, NAN};
    const struct figure_series lone = {
        .name = "given", .mark = FIGURE_LINE, .count = 2, .x = x, .y = y};
    study_figure(report, "curve", &(struct figure){.width = FIGURE_PAGE, .columns = 2},
                 "n = 2, model <m>");
    study_panel(report, &(struct figure_panel){.title = "left", .series = &lone, .count = 1});
    study_panel(report, &(struct figure_panel){.title = "right, far", .label = "segment"});
    study_series(report, &(struct figure_series){.name = "made", .mark = FIGURE_DOTS});
    study_interval(report, 3, 0.5, 0.25, 0.75);
    study_interval(report, 4, 1, 0.5, 1);
}

static struct study_report *make(const char *experiment)
{
    struct study_report *report =
        study_report_new(experiment, "What <holds>", "hrmpi study 'a & b'");
    study_text(report, "The paper", "claims %d%% of <all>.", 50);
    study_headline(report, (struct study_column){"lost", "lost & found", NULL, STUDY_SHARE, 0});
    study_put_share(report, 260, 1000);
    put_tables(report);
    put_figure(report);
    return report;
}

/// Read a file of the folder; free() it.
static char *read_file(const char *name)
{
    char path[256], *text = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "no %s", path);
    ck_assert_int_gt(getdelim(&text, &size, '\0', file), 0);
    fclose(file);
    return text;
}

static void write_reports(struct study_report *const *reports, int count)
{
    const struct study_page page = {.title = "Study <1>", .date = 1764547200};
    struct hrm_error error = {0};
    strcpy(folder, "/tmp/hrm-report-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_msg(study_write(reports, count, &page, folder, &error) == HRM_OK, "%s", error.text);
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static void write_one(const char *experiment)
{
    struct study_report *report = make(experiment);
    write_reports(&report, 1);
    study_report_free(report);
}

START_TEST(json_is_all_that_was_added)
{
    write_one("exp");
    char *text = read_file("exp.json");
    json_t *root = json_loads(text, 0, NULL), *rows, *cell;
    ck_assert_ptr_nonnull(root);
    ck_assert_str_eq(json_string_value(json_object_get(root, "command")), "hrmpi study 'a & b'");
    rows = json_object_get(json_object_get(json_object_get(root, "tables"), "cells"), "rows");
    ck_assert_uint_eq(json_array_size(rows), 2);
    cell = json_array_get(rows, 0);
    ck_assert_str_eq(json_string_value(json_object_get(cell, "model")), HARD);
    ck_assert_int_eq(json_integer_value(json_object_get(cell, "hidden")), 17);
    ck_assert_double_eq(json_real_value(json_object_get(cell, "loss")), 0.1);
    json_t *share = json_object_get(cell, "right"), *slope = json_object_get(cell, "slope");
    struct hrm_interval wilson = hrm_interval_wilson(3 / 40.0, 40, 0.95);
    ck_assert_int_eq(json_integer_value(json_object_get(share, "k")), 3);
    ck_assert_int_eq(json_integer_value(json_object_get(share, "n")), 40);
    ck_assert_double_eq(json_real_value(json_object_get(share, "share")), 0.075);
    ck_assert_double_eq_tol(json_real_value(json_object_get(share, "low")), wilson.low, 1e-11);
    ck_assert_double_eq_tol(json_real_value(json_object_get(share, "high")), wilson.high, 1e-11);
    ck_assert_double_eq(json_real_value(json_object_get(slope, "low")), 1.25);
    ck_assert(json_is_null(json_object_get(slope, "high")));
    cell = json_array_get(rows, 1);
    ck_assert(json_is_null(json_object_get(cell, "model")));
    ck_assert(json_is_null(json_object_get(cell, "hidden")));
    ck_assert(json_is_null(json_object_get(cell, "right")));
    json_decref(root);
    free(text);
    remove_folder();
}
END_TEST

START_TEST(figures_carry_their_data)
{
    write_one("exp");
    char *text = read_file("exp.json"), *csv = read_file("exp-figure-curve.csv");
    json_t *root = json_loads(text, 0, NULL);
    json_t *panels =
        json_object_get(json_object_get(json_object_get(root, "figures"), "curve"), "panels");
    json_t *given = json_array_get(json_object_get(json_array_get(panels, 0), "series"), 0);
    json_t *made = json_array_get(json_object_get(json_array_get(panels, 1), "series"), 0);
    ck_assert_double_eq(json_real_value(json_array_get(json_object_get(given, "y"), 0)), 0.25);
    ck_assert(json_is_null(json_array_get(json_object_get(given, "y"), 1)));
    ck_assert_ptr_null(json_object_get(given, "low"));
    ck_assert_str_eq(json_string_value(json_object_get(made, "mark")), "dots");
    ck_assert_double_eq(json_real_value(json_array_get(json_object_get(made, "high"), 0)), 0.75);
    ck_assert_str_eq(csv, "panel,series,x,y,low,high\nleft,given,1,0.25,,\nleft,given,2,,,\n"
                          "\"right, far\",made,3,0.5,0.25,0.75\n\"right, far\",made,4,1,0.5,1\n");
    json_decref(root);
    free(text);
    free(csv);
    remove_folder();
}
END_TEST

START_TEST(csv_has_a_column_for_each_number)
{
    write_one("exp");
    char *csv = read_file("exp-cells.csv"), *empty = read_file("exp-empty.csv"), wanted[256];
    struct hrm_interval wilson = hrm_interval_wilson(3 / 40.0, 40, 0.95);
    const char head[] = "model,hidden,loss,right_k,right_n,right,right_low,right_high,"
                        "slope,slope_low,slope_high\n";
    snprintf(wanted, sizeof wanted,
             "\"a <b> & \"\"c\"\", it's\",17,0.1,3,40,0.075,%.12g,%.12g,2.5,1.25,\n"
             ",,,0,0,,,,-1,-2,0.5\n",
             wilson.low, wilson.high);
    ck_assert_str_eq(empty, head);
    ck_assert_int_eq(strncmp(csv, head, strlen(head)), 0);
    ck_assert_str_eq(csv + strlen(head), wanted);
    free(csv);
    free(empty);
    remove_folder();
}
END_TEST

static void check_page(const char *page, bool drawn)
{
    static const char *const wanted[] = {
        "<!DOCTYPE html>",
        "<title>Study &lt;1&gt;</title>",
        "1 December 2025",
        "<a href=\"#exp\">lost &amp; found</a><td><b>26.0&thinsp;%</b><small>23.4 &ndash; 28.8<br>"
        "n = 1000</small>",
        "<code>hrmpi study 'a &amp; b'</code>",
        "<b>The paper</b> claims 50% of &lt;all&gt;.",
        "<th>right, %<br>n = 40",
        "<th>a &lt;b&gt; &amp; &quot;c&quot;, it's<td>17<td>0.100<td>8"
        "<small>3 &ndash; 20</small><td>2.5\n",
        "By cells &lt;all&gt;",
        "<li><a href=\"#other\">",
        "</html>\n"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        ck_assert_msg(strstr(page, wanted[i]) != NULL, "the page has no %s", wanted[i]);
    ck_assert_ptr_null(strstr(page, "nobody reads this"));
    ck_assert_ptr_null(strstr(page, "nor this"));
    ck_assert(!strstr(page, "<svg") == !drawn);
    ck_assert(!strstr(page, "install gnuplot") == drawn);
    ck_assert(!drawn || strstr(page, "n = 2, model &lt;m&gt;"));
    ck_assert(!drawn || strstr(page, "aria-labelledby=\"exp-curve_title exp-curve_desc\""));
}

static void write_page(char **page)
{
    struct study_report *reports[] = {make("exp"), make("other")};
    write_reports(reports, 2);
    *page = read_file("index.html");
    study_report_free(reports[0]);
    study_report_free(reports[1]);
}

START_TEST(a_page_of_all_reports_depends_on_them_alone)
{
    char *page, *again, svg[128];
    write_page(&page);
    check_page(page, has_gnuplot);
    snprintf(svg, sizeof svg, "%s/exp-curve.svg", folder);
    ck_assert(has_gnuplot == (access(svg, F_OK) == 0));
    remove_folder();
    write_page(&again);
    ck_assert_str_eq(page, again);
    free(page);
    free(again);
    remove_folder();
}
END_TEST

START_TEST(without_gnuplot_the_page_has_its_tables)
{
    char *page, *path = strdup(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    write_page(&page);
    setenv("PATH", path, 1);
    check_page(page, false);
    free(read_file("exp-figure-curve.csv"));
    free(page);
    free(path);
    remove_folder();
}
END_TEST

START_TEST(a_terminal_gets_headlines_and_tables)
{
    struct study_report *report = make("exp");
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    study_print(report, stream);
    fclose(stream);
    ck_assert_msg(strstr(text, "  lost & found: 26.0% (23.4-28.8) of 1000\n") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "8 (3-20)") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "The paper claims 50% of <all>.") != NULL, "%s", text);
    free(text);
    study_report_free(report);
}
END_TEST

// --- mistakes ------------------------------------------------------------------------------------

static void expect_failure(struct study_report *report, const char *text)
{
    struct hrm_error error = {0};
    ck_assert_int_eq(study_report_status(report, &error), HRM_DATA);
    ck_assert_msg(strstr(error.text, text) != NULL, "%s", error.text);
    const struct study_page page = {.title = "none"};
    ck_assert_int_eq(study_write(&report, 1, &page, "/nowhere/at/all", &error), HRM_DATA);
    study_report_free(report);
}

START_TEST(a_report_keeps_its_first_failure)
{
    const struct study_column column = {"a", "a", NULL, STUDY_REAL, 1};
    struct study_report *report = make("exp");
    study_table(report, "cells", "", &column, 1);
    study_put_integer(report, 1);
    expect_failure(report, "cells is there already");
    report = make("exp");
    study_put_integer(report, 1);
    study_table(report, "Upper", "", &column, 1);
    expect_failure(report, "column loss of unused takes a real, and was given an integer");
    report = make("exp");
    study_headline(report, column);
    expect_failure(report, "the last row of a has 0 of 1 cells");
    report = make("exp");
    study_table(report, "more", "", (struct study_column[]){column, {"b", "b", "", 0, 0}}, 2);
    study_put_real(report, 1);
    expect_failure(report, "the last row of more has 1 of 2 cells");
    report = make("exp");
    study_point(report, 1, 2);
    expect_failure(report, "some points of a series have no low");
    expect_failure(study_report_new("a/b", "", ""), "'a/b' is no name");
}
END_TEST

START_TEST(what_cannot_be_written_is_told)
{
    struct study_report *report = make("exp"), *two[] = {report, report};
    const struct study_page page = {.title = "none"};
    struct hrm_error error = {0};
    ck_assert_int_eq(study_write(&report, 1, &page, "/nowhere/at/all", &error), HRM_USAGE);
    ck_assert_msg(strstr(error.text, "/nowhere/at/all") != NULL, "%s", error.text);
    error = (struct hrm_error){0};
    ck_assert_int_eq(study_write(two, 2, &page, "/tmp", &error), HRM_DATA);
    error = (struct hrm_error){0};
    ck_assert_int_eq(study_report_status(NULL, &error), HRM_FAILED);
    study_text(NULL, NULL, "nothing");
    study_put_real(NULL, 1);
    study_report_free(report);
}
END_TEST

int main(void)
{
    has_gnuplot = system("gnuplot --version >/dev/null 2>&1") == 0;
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");
    tcase_add_test(tests, json_is_all_that_was_added);
    tcase_add_test(tests, figures_carry_their_data);
    tcase_add_test(tests, csv_has_a_column_for_each_number);
    tcase_add_test(tests, a_page_of_all_reports_depends_on_them_alone);
    tcase_add_test(tests, without_gnuplot_the_page_has_its_tables);
    tcase_add_test(tests, a_terminal_gets_headlines_and_tables);
    tcase_add_test(tests, a_report_keeps_its_first_failure);
    tcase_add_test(tests, what_cannot_be_written_is_told);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
