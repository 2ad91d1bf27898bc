#include "jobs/plot/figure.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_gnuplot;

static int count(const char *text, const char *word)
{
    int found = 0;
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        found++;
    return found;
}

/// A figure of two panels, one of them without a point.
static char *draw(const char *id)
{
    static const double x[] = {0, 1, 2, 3}, y[] = {1, NAN, 2, 3}, low[] = {0, 0, 1, 2},
                        high[] = {2, 0, 3, 4}, nothing[] = {NAN, NAN, NAN, NAN};
    static const char *const bands[] = {"0", "1-3", "it's <4> & more", "\x01\xff"};
    const struct figure_series series[] = {
        {.name = "a `line` 'x'",
         .mark = FIGURE_LINE,
         .count = 4,
         .x = x,
         .y = y,
         .low = low,
         .high = high},
        {.name = "joined", .mark = FIGURE_JOINED, .colour = 8, .count = 4, .x = x, .y = y},
        {.mark = FIGURE_DOTS, .colour = 2, .count = 4, .x = x, .y = y, .low = low, .high = high},
        {.name = "bars", .mark = FIGURE_BARS, .colour = FIGURE_GREY, .count = 4, .x = x, .y = y}};
    const struct figure_series none = {.name = "unread", .count = 4, .x = x, .y = nothing};
    const struct figure_panel panels[] = {
        {.title = "full", .x = {.names = bands, .name_count = 4}, .series = series, .count = 4},
        {.title = "empty", .label = "passes", .x = {.log = 2}, .series = &none, .count = 1}};
    const struct figure figure = {.title = "Title",
                                  .id = id,
                                  .width = 600,
                                  .panel_height = 200,
                                  .columns = 2,
                                  .panels = panels,
                                  .count = 2};
    struct hrm_error error = {0};
    char *svg = NULL;
    int status = figure_draw(&figure, &svg, &error);
    ck_assert_int_eq(status, has_gnuplot ? HRM_OK : HRM_FAILED);
    if (!has_gnuplot)
        ck_assert_msg(strstr(error.hint, "install gnuplot"), "%s", error.hint);
    return svg;
}

START_TEST(a_figure_is_one_element_with_all_that_was_asked_for)
{
    static const char *const texts[] = {"Title",   "full",
                                        "empty",   "passes",
                                        "no data", "a `line` 'x'",
                                        "joined",  "bars",
                                        "1-3",     "it's &lt;4> &amp; more",
                                        "??"};
    char *svg = draw("first"), text[64];
    for (size_t i = 0; i < sizeof texts / sizeof *texts && has_gnuplot; i++) {
        snprintf(text, sizeof text, "<text>%s</text>", texts[i]);
        ck_assert_msg(count(svg, text) == 1, "%s is there %d times", text, count(svg, text));
    }
    if (has_gnuplot) {
        ck_assert_int_eq(strncmp(svg, "<svg", 4), 0);
        ck_assert_int_eq(count(svg, "</svg>"), 1);
        ck_assert_int_eq(count(svg, "unread"), 0);
    }
    free(svg);
}
END_TEST

START_TEST(figures_of_a_page_have_no_names_in_common)
{
    char *svg = draw("first"), *other = draw("second");
    for (const char *at = has_gnuplot ? strstr(svg, " id=") : NULL; at; at = strstr(at + 1, " id="))
        ck_assert_msg(strncmp(at + 5, "first_", 6) == 0, "%.40s", at);
    for (const char *at = has_gnuplot ? strstr(svg, "href=") : NULL; at;
         at = strstr(at + 1, "href="))
        ck_assert_msg(strncmp(at + 6, "#first_", 7) == 0, "%.40s", at);
    if (has_gnuplot) {
        ck_assert_int_gt(count(svg, " id="), 10);
        ck_assert_ptr_null(strstr(other, "first_"));
    }
    free(svg);
    free(other);
}
END_TEST

int main(void)
{
    has_gnuplot = system("gnuplot --version >/dev/null 2>&1") == 0;
    Suite *suite = suite_create("figure");
    TCase *tests = tcase_create("figure");
    tcase_add_test(tests, a_figure_is_one_element_with_all_that_was_asked_for);
    tcase_add_test(tests, figures_of_a_page_have_no_names_in_common);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
