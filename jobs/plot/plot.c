#include "jobs/cli/cli.h"
#include "jobs/cli/console.h"
#include "jobs/cli/output.h"
#include "jobs/jobs.h"
#include "jobs/plot/figure.h"
#include "jobs/plot/plot_runs.h"

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS, SLOT_STEPS };

struct plot_options {
    int x;
    bool log;
    int points;
    char names[HRM_OPTION_TEXT], title[HRM_OPTION_TEXT], output[HRM_OPTION_TEXT];
};

#define FIELD(name) offsetof(struct plot_options, name)
static const struct hrm_option PLOT[] = {
    {"x", HRM_OPTION_CHOICE, FIELD(x), "step", "step|slot-steps",
     "what the curves are drawn against; a slot-step is a segment of one puzzle (step x batch)", 0,
     0, HRM_ROLE_RESULT, 0},
    {"log", HRM_OPTION_FLAG, FIELD(log), "false", NULL, "a logarithmic x axis", 0, 0,
     HRM_ROLE_RESULT, 0},
    {"points", HRM_OPTION_INT, FIELD(points), "200", NULL,
     "of a training curve at most; neighbouring lines of metrics are averaged", 2, INT_MAX,
     HRM_ROLE_RESULT, 0},
    {"names", HRM_OPTION_TEXT, FIELD(names), "", NULL,
     "of the runs, separated by commas (none: by which their paths differ)", 0, 0, HRM_ROLE_RESULT,
     0},
    {"title", HRM_OPTION_TEXT, FIELD(title), "", NULL, "of the picture", 0, 0, HRM_ROLE_RESULT, 0},
    {"output", HRM_OPTION_TEXT, FIELD(output), "", NULL,
     "write the SVG to this file, not to the screen", 0, 0, HRM_ROLE_BOOKKEEPING, 0},
};

// --- the x axis ----------------------------------------------------------------------------------

/// Multiply the steps of all lines.
static void scale_steps(const struct plot_run *run, double factor)
{
    const struct metrics_lines *const lines[] = {&run->metrics.training, &run->metrics.validation};
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < lines[i]->count; k++)
            lines[i]->value[METRICS_STEP][k] *= factor;
}

static int count_slots(const struct plot_runs *runs, struct hrm_error *error)
{
    for (int i = 0; i < runs->count; i++) {
        int batch = metrics_batch(runs->run[i].path);
        if (batch <= 0) {
            hrm_fail(error, HRM_DATA, "%s: there is no config.ini that says its batch",
                     runs->run[i].path);
            return hrm_hint(error, "put the run's config.ini beside it, or take --x step");
        }
        scale_steps(&runs->run[i], batch);
    }
    return HRM_OK;
}

static double last_step(const struct metrics_lines *lines)
{
    return lines->count > 0 ? lines->value[METRICS_STEP][lines->count - 1] : 0;
}

/// Bring the steps to a unit that keeps the numbers short, and label the axis.
static void choose_unit(const struct plot_runs *runs, int x, char *label, size_t size)
{
    double last = 0, factor;
    for (int i = 0; i < runs->count; i++) {
        last = fmax(last, last_step(&runs->run[i].metrics.training));
        last = fmax(last, last_step(&runs->run[i].metrics.validation));
    }
    const char *unit = figure_unit(last, &factor);
    for (int i = 0; i < runs->count; i++)
        scale_steps(&runs->run[i], factor);
    snprintf(label, size, "%s%s", x == SLOT_STEPS ? "slot-step" : "step", unit);
}

// --- the figure ----------------------------------------------------------------------------------

/// What a panel shows.
static const struct shown {
    const char *title;
    enum metrics_field field;
    bool validated; ///< whether lines of validation have it
    double low, high;
} SHOWN[] = {{"Exact accuracy, %", METRICS_EXACT, true, 0, INFINITY},
             {"Cell accuracy, %", METRICS_CELLS, true, -INFINITY, INFINITY},
             {"Loss, of answers and halting together", METRICS_LOSS, false, 0, INFINITY},
             {"Segments until halting", METRICS_SEGMENTS, false, 0, INFINITY}};
#define PANELS ((int)(sizeof SHOWN / sizeof *SHOWN))

/// One figure of all runs, and the series that it points to.
struct curves {
    const struct plot_runs *runs;
    const struct plot_options *options;
    struct figure_series *series; ///< [PANELS][each]; owned
    int each;                     ///< series of a panel at most
    struct figure_panel panels[PANELS];
};

static struct figure_series curve(const struct metrics_lines *lines, enum metrics_field field)
{
    return (struct figure_series){.x = lines->value[METRICS_STEP],
                                  .y = lines->value[field],
                                  .count = lines->count,
                                  .mark = FIGURE_LINE};
}

/// The training of a run, and its validation over it.
static void add_run(const struct curves *curves, int run, const struct shown *shown,
                    struct figure_panel *panel, struct figure_series *series)
{
    const struct metrics *metrics = &curves->runs->run[run].metrics;
    bool alone = curves->runs->count == 1;
    series[panel->count] = curve(&metrics->training, shown->field);
    series[panel->count].colour = run;
    series[panel->count].faint = !alone && shown->validated;
    panel->count++;
    if (!shown->validated || metrics->validation.count == 0)
        return;
    struct figure_series validation = curve(&metrics->validation, shown->field);
    validation.mark = FIGURE_JOINED;
    validation.colour = alone ? 1 : run;
    if (shown->field == METRICS_EXACT) {
        validation.low = metrics->validation.value[METRICS_LOW];
        validation.high = metrics->validation.value[METRICS_HIGH];
    }
    series[panel->count++] = validation;
}

/// The legend: the runs by colour, training and validation by mark.
static void add_legend(const struct curves *curves, struct figure_panel *panel,
                       struct figure_series *series)
{
    bool alone = curves->runs->count == 1, trained = false, validated = false;
    for (int i = 0; i < curves->runs->count; i++) {
        const struct plot_run *run = &curves->runs->run[i];
        trained = trained || run->metrics.training.count > 0;
        validated = validated || run->metrics.validation.count > 0;
        if (!alone)
            series[panel->count++] =
                (struct figure_series){.name = run->name, .mark = FIGURE_LINE, .colour = i};
    }
    if (trained)
        series[panel->count++] = (struct figure_series){.name = "training (slots that halted)",
                                                        .mark = FIGURE_LINE,
                                                        .colour = alone ? 0 : FIGURE_GREY,
                                                        .faint = !alone && validated};
    if (validated)
        series[panel->count++] = (struct figure_series){
            .name = "validation", .mark = FIGURE_JOINED, .colour = alone ? 1 : FIGURE_GREY};
}

static void add_panel(struct curves *curves, int index, const char *label)
{
    const struct shown *shown = &SHOWN[index];
    struct figure_panel *panel = &curves->panels[index];
    struct figure_series *series = curves->series + index * curves->each;
    *panel = (struct figure_panel){.title = shown->title,
                                   .series = series,
                                   .label = label,
                                   .x = {.low = curves->options->log ? -INFINITY : 0,
                                         .high = INFINITY,
                                         .log = curves->options->log ? 10 : 0,
                                         .shared = 1},
                                   .y = {.low = shown->low, .high = shown->high}};
    for (int run = 0; run < curves->runs->count; run++)
        add_run(curves, run, shown, panel, series);
    if (index == 0)
        add_legend(curves, panel, series);
}

/// Where the runs have come to, for those who do not see the picture.
static void say(const struct plot_runs *runs, char *text, size_t size)
{
    FILE *stream = fmemopen(text, size, "w");
    for (int i = 0; i < runs->count && stream; i++) {
        const struct metrics *metrics = &runs->run[i].metrics;
        int training = metrics->training.count - 1, validation = metrics->validation.count - 1;
        double *const *value = metrics->validation.value;
        if (runs->count > 1)
            fprintf(stream, "%s: ", runs->run[i].name);
        if (training >= 0)
            fprintf(stream, "Loss %.3g at step %.0f. ",
                    metrics->training.value[METRICS_LOSS][training],
                    metrics->training.value[METRICS_STEP][training]);
        if (validation >= 0)
            fprintf(stream, "Exact accuracy of the validation %.1f%% (%.1f to %.1f) at step %.0f. ",
                    value[METRICS_EXACT][validation], value[METRICS_LOW][validation],
                    value[METRICS_HIGH][validation], value[METRICS_STEP][validation]);
    }
    if (stream)
        fclose(stream);
    text[size - 1] = '\0';
}

static int draw(const struct plot_runs *runs, const struct plot_options *options, char **svg,
                struct hrm_error *error)
{
    struct curves curves = {.runs = runs, .options = options, .each = 3 * runs->count + 2};
    char label[64], says[4096] = "";
    struct figure figure = {.title = *options->title ? options->title : NULL,
                            .about = "Training curves: exact and cell accuracy, loss, segments",
                            .says = says,
                            .id = "curves",
                            .width = 900,
                            .panel_height = 230,
                            .columns = 2,
                            .panels = curves.panels,
                            .count = PANELS};
    say(runs, says, sizeof says);
    int status = options->x == SLOT_STEPS ? count_slots(runs, error) : HRM_OK;
    if (status)
        return status;
    curves.series = calloc((size_t)PANELS * (size_t)curves.each, sizeof *curves.series);
    if (!curves.series)
        return hrm_fail(error, HRM_FAILED, "no memory for the curves of %d runs", runs->count);
    for (int i = 0; i < runs->count; i++)
        metrics_thin(&runs->run[i].metrics.training, options->points);
    choose_unit(runs, options->x, label, sizeof label);
    for (int i = 0; i < PANELS; i++)
        add_panel(&curves, i, label);
    status = figure_draw(&figure, svg, error);
    if (status == HRM_OK && !*svg) {
        hrm_fail(error, HRM_DATA, "there is nothing to draw: no line of metrics has a number");
        status = hrm_hint(error, "a metrics.jsonl that 'hrmpi train' wrote is wanted");
    }
    free(curves.series);
    return status;
}

// --- the job -------------------------------------------------------------------------------------

/// The picture does not go over the files of a run.
static int check_output(const struct plot_options *options, const struct hrm_cli *cli,
                        const struct plot_runs *runs, struct hrm_error *error)
{
    int status = output_check_text(cli, options->output, NULL, 0, error);
    for (int i = 0; i < runs->count && status == HRM_OK; i++) {
        char configs[METRICS_CONFIGS][HRM_PATH];
        const char *inputs[1 + METRICS_CONFIGS] = {runs->run[i].path};
        for (int k = 0; k < METRICS_CONFIGS; k++) {
            metrics_config(runs->run[i].path, k, configs[k]);
            inputs[1 + k] = configs[k];
        }
        status = output_check(cli, options->output, inputs, 1 + METRICS_CONFIGS, error);
    }
    return status;
}

static int plot(const struct plot_options *options, const struct hrm_cli *cli,
                struct hrm_error *error)
{
    struct plot_runs runs = {0};
    char *svg = NULL;
    int status = plot_runs_read(&runs, cli->argv, cli->argc, options->names, error);
    if (status == HRM_OK)
        status = check_output(options, cli, &runs, error);
    if (status == HRM_OK)
        status = draw(&runs, options, &svg, error);
    if (status == HRM_OK && *options->output)
        status = figure_write(svg, options->output, error);
    else if (status == HRM_OK)
        hrm_console_print("%s", svg);
    free(svg);
    plot_runs_free(&runs);
    return status;
}

int hrm_job_plot(int argc, char **argv)
{
    struct plot_options options;
    struct hrm_option_section section = HRM_OPTION_SECTION("plot", PLOT, &options);
    struct hrm_cli cli = {
        .name = "plot",
        .summary = "Draw the training curves of one or several runs as SVG",
        .description =
            "Exact and cell accuracy, loss, and segments until halting, of training and "
            "validation. Training figures are those of the slots that halted, each the mean since "
            "the line before: with mixing half of them are easier copies, so compare validation "
            "with evaluations, not training. The bands of validation are 95% Wilson intervals. RUN "
            "is the folder of a training and stands for all its replicas, or mixing or plain: the "
            "models that come with the program. gnuplot draws; it has to be installed.",
        .arguments = "RUN|metrics.jsonl...",
        .examples =
            "hrmpi plot runs/a --output curves.svg\n"
            "hrmpi plot mixing plain --output models.svg\n"
            "hrmpi plot runs/a runs/b --x slot-steps --names plain,mixing --output ab.svg\n",
        .sections = &section,
        .section_count = 1};
    struct hrm_error error = {0};
    if (hrm_cli_parse(&cli, argc, argv, &error))
        return hrm_console_error(&error);
    if (cli.done)
        return HRM_OK;
    if (cli.argc < 1) {
        hrm_fail(&error, HRM_USAGE, "no training was given");
        hrm_hint(&error, "hrmpi plot RUN, the --output of an 'hrmpi train'");
        return hrm_console_error(&error);
    }
    int status = plot(&options, &cli, &error);
    return status ? hrm_console_error(&error) : HRM_OK;
}
