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

/// A figure of two panels, of which one has no point and is left out.
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
    static const char *const texts[] = {"Title", "full", "a `line` 'x'",           "joined",
                                        "bars",  "1-3",  "it's &lt;4> &amp; more", "??"};
    char *svg = draw("first"), text[64];
    for (size_t i = 0; i < sizeof texts / sizeof *texts && has_gnuplot; i++) {
        snprintf(text, sizeof text, "<text>%s</text>", texts[i]);
        ck_assert_msg(count(svg, text) == 1, "%s is there %d times", text, count(svg, text));
    }
    if (has_gnuplot) {
        ck_assert_int_eq(strncmp(svg, "<svg", 4), 0);
        ck_assert_int_eq(count(svg, "</svg>"), 1);
        ck_assert_int_eq(count(svg, "unread"), 0);
        ck_assert_int_eq(count(svg, ">empty<"), 0);
        ck_assert_int_eq(count(svg, ">passes<"), 0);
    }
    free(svg);
}
END_TEST

START_TEST(figures_of_a_page_have_no_names_in_common)
{
    char *svg = draw("first"), *other = draw("second");
    ck_assert(!has_gnuplot || strstr(svg, "aria-labelledby=\"first_title first_desc\""));
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

/// A figure of two panels, 0..1 and 0..10 high, each with two lines that are the same and one
/// point.
static char *draw_two(int shared, const char *says)
{
    static const double x[] = {1, 3, 9}, low[] = {-0.5, 0, 0.5}, small[] = {0, 0.5, 1},
                        large[] = {0, 5, 10};
    const double *const y[] = {small, large};
    struct figure_series series[2][3];
    struct figure_panel panels[2];
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 3; k++)
            series[i][k] = (struct figure_series){.name = k == 2   ? "lone"
                                                          : k == 1 ? "b"
                                                                   : "a",
                                                  .mark = FIGURE_JOINED,
                                                  .colour = k,
                                                  .count = k == 2 ? 1 : 3,
                                                  .x = x,
                                                  .y = y[i],
                                                  .low = low,
                                                  .high = y[i]};
        panels[i] = (struct figure_panel){
            .title = i ? "right" : "left",
            .y_label = "share",
            .label = "passes",
            .x = {.low = 0.5, .high = 9, .log = 2, .ticks = x, .tick_count = 3, .shared = shared},
            .y = {.shared = shared},
            .series = series[i],
            .count = 3};
    }
    const struct figure figure = {.id = "two",
                                  .about = "Shares <a & b>",
                                  .says = says,
                                  .width = 600,
                                  .panel_height = 200,
                                  .columns = 2,
                                  .panels = panels,
                                  .count = 2};
    struct hrm_error error = {0};
    char *svg = NULL;
    ck_assert_int_eq(figure_draw(&figure, &svg, &error), HRM_OK);
    return svg;
}

START_TEST(panels_share_their_axes)
{
    char *apart = draw_two(0, NULL), *shared = draw_two(1, NULL);
    ck_assert_int_eq(count(apart, "10</text>"), 1);
    ck_assert_int_eq(count(shared, "10</text>"), 2);
    // The label of the y axis is said once, that of each x axis below its panel; ticks are where
    // the points are.
    ck_assert_int_eq(count(shared, ">share</text>"), 1);
    ck_assert_int_eq(count(shared, ">passes</text>"), 2);
    ck_assert_int_eq(count(shared, ">3</text>"), 2);
    ck_assert_int_eq(count(shared, ">9</text>"), 2);
    free(apart);
    free(shared);
}
END_TEST

START_TEST(bands_do_not_hide_and_a_lone_point_is_a_dot)
{
    char *svg = draw_two(1, NULL), *legend = strstr(svg, ">lone</text>");
    // One band a panel for the two lines that have the same, see-through and before all lines.
    ck_assert_int_eq(count(svg, "fill-opacity = '0.14"), 2);
    ck_assert_int_eq(count(svg, "fill-opacity"), 2);
    // The sample of `lone` in the legend is a dot, without a line.
    char *end = strstr(legend, "<path");
    char *dot = strstr(legend, "<use");
    ck_assert(dot && (!end || dot < end));
    free(svg);
}
END_TEST

START_TEST(a_figure_can_be_read_without_seeing_it)
{
    char *svg = draw_two(1, "85 of 100 \xff");
    ck_assert_int_eq(strncmp(svg, "<svg role=\"img\"", 15), 0);
    ck_assert_ptr_nonnull(strstr(svg, "<title id=\"two_title\">Shares &lt;a &amp; b&gt;</title>"));
    ck_assert_ptr_nonnull(strstr(svg, "<desc id=\"two_desc\">85 of 100 ?</desc>"));
    ck_assert_int_eq(count(svg, "<title"), 1);
    ck_assert_int_eq(count(svg, "Gnuplot"), 0);
    free(svg);
}
END_TEST

START_TEST(every_colour_has_one_for_a_dark_screen)
{
    char *svg = draw_two(1, NULL), rule[64];
    ck_assert_ptr_nonnull(strstr(svg, "prefers-color-scheme:dark"));
    ck_assert_ptr_null(strstr(svg, "rgb("));
    const char *body = strstr(svg, "</style>");
    for (const char *at = body; (at = strchr(at, '#')); at++) {
        if (strspn(at + 1, "0123456789abcdef") != 6)
            continue;
        snprintf(rule, sizeof rule, "[stroke=\"%.7s\"]{stroke:#", at);
        ck_assert_msg(strstr(svg, rule) < body && strstr(svg, rule), "no %s", rule);
    }
    free(svg);
}
END_TEST

int main(void)
{
    has_gnuplot = system("gnuplot --version >/dev/null 2>&1") == 0;
    Suite *suite = suite_create("figure");
    TCase *tests = tcase_create("figure");
    tcase_add_test(tests, a_figure_is_one_element_with_all_that_was_asked_for);
    tcase_add_test(tests, figures_of_a_page_have_no_names_in_common);
    if (has_gnuplot) {
        tcase_add_test(tests, panels_share_their_axes);
        tcase_add_test(tests, bands_do_not_hide_and_a_lone_point_is_a_dot);
        tcase_add_test(tests, a_figure_can_be_read_without_seeing_it);
        tcase_add_test(tests, every_colour_has_one_for_a_dark_screen);
    }
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
