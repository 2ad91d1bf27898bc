#include "jobs/vote/vote_figures.h"

#include "core/base/atomic_file.h"
#include "jobs/cli/console.h"
#include "jobs/plot/figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES HRM_RULE_PUBLISHED ///< those that need no answers come first

/// Of files, and of parts of the pictures.
static const char *const figure_names[VOTE_FIGURES] = {[VOTE_FIGURE_PASSES] = "passes",
                                                       [VOTE_FIGURE_RATINGS] = "ratings",
                                                       [VOTE_FIGURE_SEGMENTS] = "segments",
                                                       [VOTE_FIGURE_STEPS] = "steps"};

enum { CHARTS = VOTE_TRAININGS + 1 }; ///< one more for both

/// How a picture is laid out: beside each other on a page, one below the other on a phone.
static const struct layout {
    const char *suffix; ///< of its id
    int width, panel_height;
} LAYOUTS[] = {[VOTE_WIDE] = {"", 900, 320}, [VOTE_NARROW] = {"narrow", 430, 290}};

/// A panel with a series for each rule, in percent.
struct chart {
    char title[128], label[64];
    char axis[96]; ///< the label, with what kind of axis it is
    struct figure_series series[RULES];
    struct figure_panel panel;
    double *numbers; ///< [RULES][4][points], [points] ticks; owned
    int points;      ///< of a series at most
    bool stacked;    ///< needs the whole width
};

static int chart_init(struct chart *chart, enum figure_mark mark, int points,
                      struct hrm_error *error)
{
    // The dashes of q-weighted let halted-vote be seen below it: they often agree.
    static const int colours[] = {5, 0, 1, 2 + FIGURE_COLOURS, 3, 4};
    const int known = (int)(sizeof colours / sizeof *colours);
    chart->points = points;
    chart->numbers = calloc((size_t)(RULES * 4 + 1) * (size_t)points, sizeof *chart->numbers);
    if (!chart->numbers)
        return hrm_fail(error, HRM_FAILED, "no memory for a picture of %d points", points);
    for (int rule = 0; rule < RULES; rule++) {
        double *numbers = chart->numbers + rule * 4 * points;
        chart->series[rule] = (struct figure_series){.mark = mark,
                                                     .colour = colours[rule % known],
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

/// Add a tick to the x axis.
static void chart_put_tick(struct chart *chart, double x)
{
    double *ticks = chart->numbers + RULES * 4 * chart->points;
    ticks[chart->panel.x.tick_count++] = x;
    chart->panel.x.ticks = ticks;
}

/// The same of a vote, if the rule can be counted there.
static void chart_put_cell(struct chart *chart, int rule, double x, const struct vote_row *row,
                           double confidence)
{
    struct vote_cell cell = vote_row_cell(row, (enum hrm_rule)rule, -1, confidence);
    if (vote_row_has(row, (enum hrm_rule)rule))
        chart_put(chart, rule, x, cell.share, cell.interval);
}

/// What a chart shows, in words: the points of its main rule, or of one that has more.
static void say_chart(const struct chart *chart, int64_t puzzles, FILE *stream)
{
    int rule = (int)hrm_rule_leading(1);
    for (int i = 0; i < RULES; i++)
        if (chart->series[i].count > chart->series[rule].count)
            rule = i;
    const struct figure_series *series = &chart->series[rule];
    fprintf(stream, "%s, %% right by %s, by %s: ", chart->title, hrm_rule_name((enum hrm_rule)rule),
            chart->label);
    for (int i = 0; i < series->count; i++) {
        const struct figure_axis *x = &chart->panel.x;
        fputs(i > 0 ? ", " : "", stream);
        if (x->names)
            fprintf(stream, "%s: ", x->names[(int)round(series->x[i])]);
        else
            fprintf(stream, "%.6g: ", series->x[i]);
        fprintf(stream, "%.*f", hrm_share_decimals(puzzles), series->y[i]);
    }
    fputs(". ", stream);
}

/// What a figure is about and what it says.
struct words {
    char about[256], says[4096];
};

static void say_charts(const struct vote_report *report, const struct chart *charts, int count,
                       enum vote_figure which, struct words *words)
{
    static const char *const about[VOTE_FIGURES] = {
        [VOTE_FIGURE_PASSES] = "Puzzles answered right against the number of passes",
        [VOTE_FIGURE_RATINGS] = "Puzzles answered right by their rating",
        [VOTE_FIGURE_STEPS] = "Puzzles answered right against the training step"};
    snprintf(words->about, sizeof words->about, "%s, %" PRId64 " puzzles", about[which],
             report->pool->puzzles);
    FILE *stream = fmemopen(words->says, sizeof words->says, "w");
    for (int i = 0; i < count && stream; i++)
        say_chart(&charts[i], report->pool->puzzles, stream);
    if (stream)
        fclose(stream);
    words->says[sizeof words->says - 1] = '\0';
}

/// Draw charts side by side, or one below the other, with one legend of the rules that some chart
/// shows.
static int draw_charts(const struct vote_report *report, struct chart *charts, int count,
                       enum vote_figure which, enum vote_width width, char **svg,
                       struct hrm_error *error)
{
    const struct layout *layout = &LAYOUTS[width];
    struct figure_panel panels[CHARTS];
    struct words words = {0};
    char id[32];
    bool below = width == VOTE_NARROW || (count > 2 && charts[0].stacked);
    if (count == 0)
        return HRM_OK;
    say_charts(report, charts, count, which, &words);
    snprintf(id, sizeof id, "%s%s", figure_names[which], layout->suffix);
    struct figure figure = {.id = id,
                            .about = words.about,
                            .says = words.says,
                            .width = layout->width,
                            .panel_height = below ? 250 : layout->panel_height,
                            .columns = below ? 1 : count,
                            .panels = panels,
                            .count = count};
    for (int i = 0; i < count; i++) {
        for (int rule = 0; rule < RULES; rule++)
            if (charts[i].series[rule].count > 0)
                charts[0].series[rule].name = hrm_rule_name((enum hrm_rule)rule);
        panels[i] = charts[i].panel;
        panels[i].title = charts[i].title;
        panels[i].y_label = "puzzles right, %";
        snprintf(charts[i].axis, sizeof charts[i].axis, "%s%s", charts[i].label,
                 charts[i].panel.x.log ? " (logarithmic)" : "");
        panels[i].label = charts[i].axis;
        panels[i].series = charts[i].series;
        panels[i].count = RULES;
        panels[i].x.shared = panels[i].y.shared = 1;
    }
    return figure_draw(&figure, svg, error);
}

// --- one chart a training ------------------------------------------------------------------------

/// Of a sweep: right answers against the number of passes.
static int chart_passes(struct chart *chart, const struct vote_report *report,
                        const struct vote_sweep *sweep, struct hrm_error *error)
{
    if (sweep->curve_count < 2)
        return HRM_OK;
    int status = chart_init(chart, FIGURE_JOINED, sweep->curve_count, error);
    for (int i = 0; i < sweep->curve_count && status == HRM_OK; i++) {
        for (int rule = HRM_RULE_PLURALITY; rule < RULES; rule++)
            chart_put_cell(chart, rule, sweep->curve[i].passes, &sweep->curve[i],
                           report->confidence);
        chart_put_tick(chart, sweep->curve[i].passes);
    }
    snprintf(chart->title, sizeof chart->title, "%s", vote_sweep_name(report, sweep));
    snprintf(chart->label, sizeof chart->label, "passes a puzzle");
    chart->panel.x.low = 1 / 1.12;
    chart->panel.x.high = 1.12 * sweep->curve[sweep->curve_count - 1].passes;
    chart->panel.x.log = 2;
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

/// The place of a rule among those that a vote has, which stand side by side: 0 is the middle.
static double beside(const struct vote_row *row, int rule)
{
    int before = 0, all = 0;
    for (int i = 0; i < RULES; i++) {
        before += i < rule && vote_row_has(row, (enum hrm_rule)i);
        all += vote_row_has(row, (enum hrm_rule)i);
    }
    return before - 0.5 * (all - 1);
}

static int chart_ratings(struct chart *chart, const struct vote_report *report,
                         const struct vote_sweep *sweep, struct hrm_error *error)
{
    static const char *names[HRM_BANDS];
    const struct vote_row *row = vote_figure_fullest(report, sweep);
    int status = row ? chart_init(chart, FIGURE_DOTS, HRM_BANDS, error) : HRM_OK;
    if (!row || status)
        return status;
    int bands = hrm_tally_bands(&row->tally, &report->pool->bands);
    for (int band = 0; band < bands; band++) {
        names[band] = report->pool->bands.names[band];
        for (int rule = 0; rule < RULES; rule++) {
            struct vote_cell cell =
                vote_row_cell(row, (enum hrm_rule)rule, band, report->confidence);
            if (vote_row_has(row, (enum hrm_rule)rule) && cell.n > 0)
                chart_put(chart, rule, band + 0.15 * beside(row, rule), cell.share, cell.interval);
        }
    }
    snprintf(chart->title, sizeof chart->title, "%s, %d pass%s", row->name, row->passes,
             row->passes == 1 ? "" : "es");
    snprintf(chart->label, sizeof chart->label, "rating of the puzzle");
    chart->stacked = true;
    chart->panel.x =
        (struct figure_axis){.names = names, .name_count = bands, .low = -0.5, .high = bands - 0.5};
    chart->panel.y = (struct figure_axis){.low = 0, .high = 100};
    return HRM_OK;
}

/// One step: the mean over several runs, or the vote of the one checkpoint.
static void put_step(struct chart *chart, const struct vote_report *report,
                     const struct vote_sweep *sweep, const struct vote_mean *mean, double factor)
{
    double x = factor * (double)mean->step;
    for (int rule = 0; rule < RULES; rule++) {
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
    enum { TICKS = 12 }; // more of them come at round numbers
    double factor;
    if (sweep->step_count < 2)
        return HRM_OK;
    int status = chart_init(chart, FIGURE_JOINED, sweep->step_count, error);
    double first = (double)sweep->steps[0].step;
    double last = (double)sweep->steps[sweep->step_count - 1].step;
    const char *unit = figure_unit(last, &factor);
    for (int i = 0; i < sweep->step_count && status == HRM_OK; i++) {
        put_step(chart, report, sweep, &sweep->steps[i], factor);
        if (sweep->step_count <= TICKS)
            chart_put_tick(chart, factor * (double)sweep->steps[i].step);
    }
    snprintf(chart->title, sizeof chart->title, "%s", vote_sweep_name(report, sweep));
    snprintf(chart->label, sizeof chart->label, "training step%s", unit);
    chart->panel.x.low = factor * (first - 0.04 * (last - first));
    chart->panel.x.high = factor * (last + 0.04 * (last - first));
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
static int draw_trainings(const struct vote_report *report, make_chart *make,
                          enum vote_figure which, enum vote_width width, char **svg,
                          struct hrm_error *error)
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
        status = draw_charts(report, charts, count, which, width, svg, error);
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

/// The share of the passes that have their last grid by a segment, in words.
static void say_segments(const struct vote_report *report, int depths,
                         const double shares[DEPTH_PANELS][HRM_DEPTHS], struct words *words)
{
    const struct hrm_tally *tally = &report->all.tally;
    int64_t passes = 0;
    for (int i = 0; i < HRM_DEPTHS; i++)
        passes += tally->by_segments[i];
    snprintf(words->about, sizeof words->about, "Passes by the segments that they ran and needed");
    snprintf(words->says, sizeof words->says,
             "%" PRId64
             " passes: %.1f segments on average; the answer stayed from segment %.1f on; "
             "%.1f%% are right at the end.",
             passes, passes > 0 ? (double)tally->segments / (double)passes : 0,
             passes > 0 ? (double)tally->settled / (double)passes : 0,
             shares[DEPTH_PANELS - 1][depths - 1]);
}

/// Names of the bars: their upper ends. Returns how many there are.
static int name_depths(const struct hrm_tally *tally, const char *names[HRM_DEPTHS],
                       double x[HRM_DEPTHS])
{
    int depths = 1;
    for (int i = 0; i < HRM_DEPTHS; i++) {
        depths = tally->by_segments[i] > 0 ? i + 1 : depths;
        const char *name = hrm_depth_name(i), *dash = strchr(name, '-');
        names[i] = dash != NULL ? dash + 1 : name;
        x[i] = i;
    }
    return depths;
}

static int draw_segments(const struct vote_report *report, enum vote_width width, char **svg,
                         struct hrm_error *error)
{
    static const char *const titles[] = {"by the segments that they ran",
                                         "by the segment from which the answer stayed",
                                         "right at the end, and had their answer by then"};
    const char *names[HRM_DEPTHS];
    double x[HRM_DEPTHS], shares[DEPTH_PANELS][HRM_DEPTHS];
    struct figure_series series[DEPTH_PANELS];
    struct figure_panel panels[DEPTH_PANELS];
    struct words words;
    char id[32];
    int depths = name_depths(&report->all.tally, names, x);
    fill_depths(&report->all.tally, shares);
    say_segments(report, depths, shares, &words);
    for (int k = 0; k < DEPTH_PANELS; k++) {
        series[k] =
            (struct figure_series){.mark = FIGURE_BARS, .count = depths, .x = x, .y = shares[k]};
        panels[k] = (struct figure_panel){
            .title = titles[k],
            .y_label = "passes, %",
            .label =
                strchr(hrm_depth_name(depths - 1), '-') ? "segments (each bar up to)" : "segments",
            .x = {.names = names, .name_count = depths, .low = -0.6, .high = depths - 0.4},
            // The first two are shares of one kind, the third is a sum of them.
            .y = {.low = 0, .high = INFINITY, .shared = k < 2 ? 1 : 2},
            .series = &series[k],
            .count = 1};
    }
    snprintf(id, sizeof id, "%s%s", figure_names[VOTE_FIGURE_SEGMENTS], LAYOUTS[width].suffix);
    struct figure figure = {.id = id,
                            .about = words.about,
                            .says = words.says,
                            .width = LAYOUTS[width].width,
                            .panel_height = 190,
                            .columns = 1,
                            .panels = panels,
                            .count = DEPTH_PANELS};
    return figure_draw(&figure, svg, error);
}

int vote_figure_draw(const struct vote_report *report, enum vote_figure which,
                     enum vote_width width, char **svg, struct hrm_error *error)
{
    static make_chart *const charts[VOTE_FIGURES] = {[VOTE_FIGURE_PASSES] = chart_passes,
                                                     [VOTE_FIGURE_RATINGS] = chart_ratings,
                                                     [VOTE_FIGURE_STEPS] = chart_steps};
    *svg = NULL;
    if (which == VOTE_FIGURE_SEGMENTS)
        return draw_segments(report, width, svg, error);
    return draw_trainings(report, charts[which], which, width, svg, error);
}

void vote_figure_path(const char *prefix, enum vote_figure which, char path[HRM_PATH])
{
    snprintf(path, HRM_PATH, "%.4000s-%s.svg", prefix, figure_names[which]);
}

int vote_figures_write(const struct vote_report *report, const char *prefix,
                       struct hrm_error *error)
{
    char path[HRM_PATH];
    int status = HRM_OK;
    for (int which = 0; which < VOTE_FIGURES && status == HRM_OK; which++) {
        char *svg;
        status = vote_figure_draw(report, (enum vote_figure)which, VOTE_WIDE, &svg, error);
        vote_figure_path(prefix, (enum vote_figure)which, path);
        if (status == HRM_OK && svg)
            status = figure_write(svg, path, error);
        free(svg);
    }
    return status;
}
