#include "jobs/vote/vote_figures.h"

#include "core/base/replace.h"
#include "jobs/plot/figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES 5 ///< those that need no answers come first: see enum hrm_rule
_Static_assert(RULES == HRM_RULE_PUBLISHED, "rules that need no answers come first");

/// Of files, and of parts of the pictures.
static const char *const figure_names[VOTE_FIGURES] = {[VOTE_FIGURE_PASSES] = "passes",
                                                       [VOTE_FIGURE_RATINGS] = "ratings",
                                                       [VOTE_FIGURE_SEGMENTS] = "segments",
                                                       [VOTE_FIGURE_STEPS] = "steps"};

enum { CHARTS = VOTE_TRAININGS + 1 }; ///< one more for both

/// A panel with a series for each rule, in percent.
struct chart {
    char title[128], label[64];
    struct figure_series series[RULES];
    struct figure_panel panel;
    double *numbers; ///< [RULES][4][points]; owned
    int points;      ///< of a series at most
};

static int chart_init(struct chart *chart, enum figure_mark mark, int points,
                      struct hrm_error *error)
{
    // The dashes of q-weighted let halted-vote be seen below it: they often agree.
    static const int colours[RULES] = {5, 0, 1, 2 + FIGURE_COLOURS, 3};
    chart->points = points;
    chart->numbers = calloc((size_t)RULES * 4 * (size_t)points, sizeof *chart->numbers);
    if (!chart->numbers)
        return hrm_fail(error, HRM_FAILED, "no memory for a picture of %d points", points);
    for (int rule = 0; rule < RULES; rule++) {
        double *numbers = chart->numbers + rule * 4 * points;
        chart->series[rule] = (struct figure_series){.mark = mark,
                                                     .colour = colours[rule],
                                                     .x = numbers,
                                                     .y = numbers + points,
                                                     .low = numbers + 2 * points,
                                                     .high = numbers + 3 * points};
    }
    return HRM_OK;
}

/// Add a point. An interval that leaves 0..1 is cut, one that is infinite left out.
static void chart_put(struct chart *chart, int rule, double x, double share,
                      struct hrm_interval interval)
{
    struct figure_series *series = &chart->series[rule];
    double *numbers = chart->numbers + rule * 4 * chart->points + series->count++;
    bool known = isfinite(interval.low) && isfinite(interval.high);
    numbers[0] = x;
    numbers[chart->points] = 100 * share;
    numbers[2 * chart->points] = 100 * (known ? fmax(interval.low, 0) : share);
    numbers[3 * chart->points] = 100 * (known ? fmin(interval.high, 1) : share);
}

/// The same of a vote, if the rule can be counted there.
static void chart_put_cell(struct chart *chart, int rule, double x, const struct vote_row *row,
                           double confidence)
{
    struct vote_cell cell = vote_row_cell(row, (enum hrm_rule)rule, -1, confidence);
    if (vote_row_has(row, (enum hrm_rule)rule))
        chart_put(chart, rule, x, cell.share, cell.interval);
}

/// Draw charts side by side, with one legend of the rules that some chart shows.
static int draw_charts(struct chart *charts, int count, const char *id, char **svg,
                       struct hrm_error *error)
{
    struct figure_panel panels[CHARTS];
    struct figure figure = {.id = id,
                            .width = 900,
                            .panel_height = 320,
                            .columns = count,
                            .panels = panels,
                            .count = count};
    for (int i = 0; i < count; i++) {
        for (int rule = 0; rule < RULES; rule++)
            if (charts[i].series[rule].count > 0)
                charts[0].series[rule].name = hrm_rule_name((enum hrm_rule)rule);
        panels[i] = charts[i].panel;
        panels[i].title = charts[i].title;
        panels[i].label = charts[i].label;
        panels[i].series = charts[i].series;
        panels[i].count = RULES;
    }
    return count > 0 ? figure_draw(&figure, svg, error) : HRM_OK;
}

// --- one chart a training ------------------------------------------------------------------------

/// Of a sweep: right answers against the number of passes.
static int chart_passes(struct chart *chart, const struct vote_report *report,
                        const struct vote_sweep *sweep, struct hrm_error *error)
{
    if (sweep->curve_count < 2)
        return HRM_OK;
    int status = chart_init(chart, FIGURE_LINE, sweep->curve_count, error);
    for (int i = 0; i < sweep->curve_count && status == HRM_OK; i++)
        for (int rule = HRM_RULE_PLURALITY; rule < RULES; rule++)
            chart_put_cell(chart, rule, sweep->curve[i].passes, &sweep->curve[i],
                           report->confidence);
    snprintf(chart->title, sizeof chart->title, "Right, %%, %s", vote_sweep_name(report, sweep));
    snprintf(chart->label, sizeof chart->label, "passes");
    chart->panel.x = (struct figure_axis){
        .low = 1, .high = sweep->curve[sweep->curve_count - 1].passes, .log = 2};
    return status;
}

const struct vote_row *vote_figure_fullest(const struct vote_report *report,
                                           const struct vote_sweep *sweep)
{
    const struct vote_row *fullest = NULL;
    if (sweep->count == 0)
        return NULL;
    if (sweep == &report->both)
        return &report->all;
    enum vote_training training = report->checkpoints[sweep->first].training;
    for (int i = 0; i < VOTE_CONFIGURATIONS; i++) {
        const struct vote_configuration *one = &report->configurations[i];
        if (one->training == training && one->row.copies > 0 &&
            (!fullest || one->row.passes > fullest->passes))
            fullest = &one->row;
    }
    return fullest;
}

static int chart_ratings(struct chart *chart, const struct vote_report *report,
                         const struct vote_sweep *sweep, struct hrm_error *error)
{
    static const char *names[HRM_BANDS];
    const struct vote_row *row = vote_figure_fullest(report, sweep);
    int status = row ? chart_init(chart, FIGURE_DOTS, HRM_BANDS, error) : HRM_OK;
    if (!row || status)
        return status;
    for (int band = 0; band < HRM_BANDS; band++) {
        names[band] = hrm_band_name(band);
        for (int rule = 0; rule < RULES; rule++) {
            struct vote_cell cell =
                vote_row_cell(row, (enum hrm_rule)rule, band, report->confidence);
            // The rules stand side by side.
            if (vote_row_has(row, (enum hrm_rule)rule) && cell.n > 0)
                chart_put(chart, rule, band + 0.13 * (rule - RULES / 2), cell.share, cell.interval);
        }
    }
    snprintf(chart->title, sizeof chart->title, "Right answers, %%: %s", row->name);
    snprintf(chart->label, sizeof chart->label, "rating");
    chart->panel.x = (struct figure_axis){
        .names = names, .name_count = HRM_BANDS, .low = -0.5, .high = HRM_BANDS - 0.5};
    chart->panel.y = (struct figure_axis){.low = 0, .high = 100};
    return HRM_OK;
}

/// One step: the mean over several runs, or the vote of the one checkpoint. The rules stand side by
/// side, `apart` from each other, so that bars can be told apart.
static void put_step(struct chart *chart, const struct vote_report *report,
                     const struct vote_sweep *sweep, const struct vote_mean *mean, double factor,
                     double apart)
{
    for (int rule = 0; rule < RULES; rule++) {
        double x = factor * (double)mean->step + apart * (rule - RULES / 2);
        if (mean->runs > 1 && (mean->rules >> rule & 1))
            chart_put(chart, rule, x, mean->spread[rule].mean, mean->spread[rule].interval);
        for (int i = sweep->first; i < sweep->first + sweep->count && mean->runs == 1; i++)
            if (report->checkpoints[i].about->step == mean->step)
                chart_put_cell(chart, rule, x, &report->checkpoints[i].row, report->confidence);
    }
}

static int chart_steps(struct chart *chart, const struct vote_report *report,
                       const struct vote_sweep *sweep, struct hrm_error *error)
{
    double factor;
    if (sweep->step_count < 2)
        return HRM_OK;
    int status = chart_init(chart, FIGURE_JOINED, sweep->step_count, error);
    double first = (double)sweep->steps[0].step;
    double last = (double)sweep->steps[sweep->step_count - 1].step;
    const char *unit = figure_unit(last, &factor);
    double apart = 0.006 * factor * (last - first);
    for (int i = 0; i < sweep->step_count && status == HRM_OK; i++)
        put_step(chart, report, sweep, &sweep->steps[i], factor, apart);
    snprintf(chart->title, sizeof chart->title, "Right, %%, %s", vote_sweep_name(report, sweep));
    snprintf(chart->label, sizeof chart->label, "training step%s", unit);
    chart->panel.x.low = factor * (first - 0.05 * (last - first));
    chart->panel.x.high = factor * (last + 0.05 * (last - first));
    return status;
}

static bool chart_is_empty(const struct chart *chart)
{
    int points = 0;
    for (int rule = 0; rule < RULES; rule++)
        points += chart->series[rule].count;
    return points == 0;
}

typedef int make_chart(struct chart *chart, const struct vote_report *report,
                       const struct vote_sweep *sweep, struct hrm_error *error);

/// A chart for each training that has something to show, and for both.
static int draw_trainings(const struct vote_report *report, make_chart *make, const char *id,
                          char **svg, struct hrm_error *error)
{
    struct chart charts[CHARTS] = {0};
    int count = 0, status = HRM_OK;
    for (int i = 0; i < CHARTS && status == HRM_OK; i++) {
        const struct vote_sweep *sweep = i < VOTE_TRAININGS ? &report->sweeps[i] : &report->both;
        if (sweep->count == 0)
            continue;
        status = make(&charts[count], report, sweep, error);
        if (!chart_is_empty(&charts[count])) {
            count++;
            continue;
        }
        free(charts[count].numbers);
        charts[count] = (struct chart){0};
    }
    if (status == HRM_OK)
        status = draw_charts(charts, count, id, svg, error);
    for (int i = 0; i < CHARTS; i++)
        free(charts[i].numbers);
    return status;
}

// --- segments ------------------------------------------------------------------------------------

enum { DEPTH_PANELS = 3 };

/// Shares of the passes in every bin, or for the last panel in all bins up to it.
static void fill_depths(const struct hrm_tally *tally, double shares[DEPTH_PANELS][HRM_DEPTHS])
{
    const int64_t *const counts[] = {tally->by_segments, tally->by_settled,
                                     tally->right_by_settled};
    double passes = 0, right = 0;
    for (int i = 0; i < HRM_DEPTHS; i++)
        passes += (double)tally->by_segments[i];
    for (int i = 0; i < HRM_DEPTHS; i++) {
        right += (double)tally->right_by_settled[i];
        for (int k = 0; k < DEPTH_PANELS; k++)
            shares[k][i] = passes > 0 ? 100 * (k < 2 ? (double)counts[k][i] : right) / passes : 0;
    }
}

static int draw_segments(const struct vote_report *report, char **svg, struct hrm_error *error)
{
    static const char *const titles[] = {
        "Passes, %, by the segments that they ran",
        "Passes, %, by the segment from which the grid stayed",
        "Passes, %, that are right at the end and had the grid by then"};
    const struct hrm_tally *tally = &report->all.tally;
    const char *names[HRM_DEPTHS];
    double x[HRM_DEPTHS], shares[DEPTH_PANELS][HRM_DEPTHS];
    struct figure_series series[DEPTH_PANELS];
    struct figure_panel panels[DEPTH_PANELS];
    int depths = 1;
    fill_depths(tally, shares);
    for (int i = 0; i < HRM_DEPTHS; i++) {
        depths = tally->by_segments[i] > 0 ? i + 1 : depths;
        const char *name = hrm_depth_name(i), *dash = strchr(name, '-');
        names[i] = dash != NULL ? dash + 1 : name;
        x[i] = i;
    }
    for (int k = 0; k < DEPTH_PANELS; k++) {
        series[k] =
            (struct figure_series){.mark = FIGURE_BARS, .count = depths, .x = x, .y = shares[k]};
        panels[k] = (struct figure_panel){
            .title = titles[k],
            .label = k == DEPTH_PANELS - 1 ? "segments, of each bar up to" : NULL,
            .x = {.names = names, .name_count = depths, .low = -0.6, .high = depths - 0.4},
            .y = {.low = 0, .high = INFINITY},
            .series = &series[k],
            .count = 1};
    }
    struct figure figure = {.id = figure_names[VOTE_FIGURE_SEGMENTS],
                            .width = 900,
                            .panel_height = 180,
                            .columns = 1,
                            .panels = panels,
                            .count = DEPTH_PANELS};
    return figure_draw(&figure, svg, error);
}

int vote_figure_draw(const struct vote_report *report, enum vote_figure which, char **svg,
                     struct hrm_error *error)
{
    static make_chart *const charts[VOTE_FIGURES] = {[VOTE_FIGURE_PASSES] = chart_passes,
                                                     [VOTE_FIGURE_RATINGS] = chart_ratings,
                                                     [VOTE_FIGURE_STEPS] = chart_steps};
    *svg = NULL;
    if (which == VOTE_FIGURE_SEGMENTS)
        return draw_segments(report, svg, error);
    return draw_trainings(report, charts[which], figure_names[which], svg, error);
}

int vote_figures_write(const struct vote_report *report, const char *prefix,
                       struct hrm_error *error)
{
    char path[HRM_PATH];
    int status = HRM_OK;
    for (int which = 0; which < VOTE_FIGURES && status == HRM_OK; which++) {
        char *svg;
        status = vote_figure_draw(report, (enum vote_figure)which, &svg, error);
        snprintf(path, sizeof path, "%.3000s-%s.svg", prefix, figure_names[which]);
        if (status == HRM_OK && svg)
            status = figure_write(svg, path, error);
        free(svg);
    }
    return status;
}
