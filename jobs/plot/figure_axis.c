#include "jobs/plot/figure_axis.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define LETTER 7.5 ///< pixels of a letter of a tick's label, with some room

void figure_text_write(const char *text, FILE *script)
{
    json_t *checked = json_string(text);
    fputc('\'', script);
    for (const char *c = text; *c; c++) {
        bool foreign = (unsigned char)*c < ' ' || *c == 127 || (*c < 0 && !checked);
        fputc(foreign ? '?' : *c, script);
        if (*c == '\'')
            fputc('\'', script);
    }
    fputc('\'', script);
    json_decref(checked);
}

bool figure_is_drawn(const struct figure_series *series, int point)
{
    return isfinite(series->x[point]) && isfinite(series->y[point]);
}

int figure_points(const struct figure_series *series)
{
    int points = 0;
    for (int k = 0; k < series->count; k++)
        points += figure_is_drawn(series, k);
    return points;
}

int figure_panel_points(const struct figure_panel *panel)
{
    int points = 0;
    for (int i = 0; i < panel->count; i++)
        points += figure_points(&panel->series[i]);
    return points;
}

// --- ranges --------------------------------------------------------------------------------------

/// Widen a range to the points of a series, and on the y axis to their intervals.
static void widen(const struct figure_series *series, bool vertical, double range[2])
{
    for (int k = 0; k < series->count; k++) {
        double value = vertical ? series->y[k] : series->x[k];
        if (!figure_is_drawn(series, k))
            continue;
        range[0] = fmin(range[0], vertical && series->low ? series->low[k] : value);
        range[1] = fmax(range[1], vertical && series->low ? series->high[k] : value);
    }
}

/// 1, 2 or 5 times a power of ten: about a fifth of a span.
static double round_step(double span)
{
    double power = pow(10, floor(log10(span / 5)));
    double times = span / 5 / power;
    return power * (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 : 10);
}

static void make_round(double range[2])
{
    if (!(range[0] < range[1])) {
        range[0] -= 1;
        range[1] += 1;
    }
    double step = round_step(range[1] - range[0]);
    range[0] = step * floor(range[0] / step + 1e-9);
    range[1] = step * ceil(range[1] / step - 1e-9);
}

struct figure_axis figure_axis_resolve(const struct figure *figure,
                                       const struct figure_panel *panel, bool vertical)
{
    struct figure_axis axis = vertical ? panel->y : panel->x;
    double range[2] = {INFINITY, -INFINITY};
    bool fixed = axis.low < axis.high;
    if (axis.shared == 0)
        return axis;
    for (int i = 0; i < figure->count; i++) {
        const struct figure_panel *other = &figure->panels[i];
        const struct figure_axis *theirs = vertical ? &other->y : &other->x;
        for (int k = 0; k < other->count && theirs->shared == axis.shared; k++)
            widen(&other->series[k], vertical, range);
        if (theirs->shared == axis.shared && theirs->low < theirs->high && isfinite(theirs->low))
            range[0] = fmin(range[0], theirs->low);
        if (theirs->shared == axis.shared && theirs->low < theirs->high && isfinite(theirs->high))
            range[1] = fmax(range[1], theirs->high);
    }
    if (vertical && axis.log == 0)
        make_round(range);
    axis.low = fixed && isfinite(axis.low) ? fmin(axis.low, range[0]) : range[0];
    axis.high = fixed && isfinite(axis.high) ? fmax(axis.high, range[1]) : range[1];
    return axis;
}

static void write_range(const struct figure_axis *axis, const char *letter, FILE *script)
{
    char low[32] = "*", high[32] = "*";
    if (axis->low < axis->high && isfinite(axis->low))
        snprintf(low, sizeof low, "%.7g", axis->low);
    if (axis->low < axis->high && isfinite(axis->high))
        snprintf(high, sizeof high, "%.7g", axis->high);
    fprintf(script, "set %srange [%s:%s]\n", letter, low, high);
}

// --- ticks ---------------------------------------------------------------------------------------

/// Where a value lies on an axis, in pixels; its whole length when the range is not known.
static double place(const struct figure_axis *axis, double value, double pixels)
{
    double low = axis->log ? log(axis->low) : axis->low, at = axis->log ? log(value) : value;
    double high = axis->log ? log(axis->high) : axis->high;
    return low < high ? pixels * (at - low) / (high - low) : pixels;
}

/// Ticks at certain numbers; from the last on, those that have room are labelled.
static void write_ticks(const struct figure_axis *axis, const char *letter, double pixels,
                        FILE *script)
{
    double free = INFINITY;
    char label[32];
    for (int i = axis->tick_count - 1; i >= 0; i--) {
        snprintf(label, sizeof label, "%.6g", axis->ticks[i]);
        double half = LETTER / 2 * (double)strlen(label);
        double at = place(axis, axis->ticks[i], pixels);
        bool room = at + half <= free;
        fprintf(script, "set %stics %s('%s' %.7g)\n", letter,
                i < axis->tick_count - 1 ? "add " : "", room ? label : "", axis->ticks[i]);
        if (room)
            free = at - half - LETTER / 2;
    }
}

/// Names at 0, 1, ...; when there is no room for all, every second one, or every third ...
static void write_names(const struct figure_axis *axis, const char *letter, double pixels,
                        bool between, FILE *script)
{
    size_t longest = 1;
    for (int i = 0; i < axis->name_count; i++)
        longest = strlen(axis->names[i]) > longest ? strlen(axis->names[i]) : longest;
    int every = (int)ceil(LETTER * ((double)longest + 0.5) * axis->name_count / fmax(pixels, 1));
    for (int i = 0; i < axis->name_count; i++) {
        fprintf(script, "set %stics %s(", letter, i == 0 ? "" : "add ");
        figure_text_write((axis->name_count - 1 - i) % every == 0 ? axis->names[i] : "", script);
        fprintf(script, " %d)\n", i);
        if (between && i > 0)
            fprintf(script, "set %stics add ('' %.1f 1)\n", letter, i - 0.5);
    }
}

void figure_axis_write(const struct figure_axis *axis, const char *letter, double pixels,
                       bool between, FILE *script)
{
    write_range(axis, letter, script);
    if (axis->log > 0)
        fprintf(script, "set logscale %s %d\n", letter, axis->log);
    else
        fprintf(script, "unset logscale %s\n", letter);
    fprintf(script, "set %stics nomirror autofreq scale %s\n", letter,
            axis->names && between ? "0,0.5" : "0.5,0.25");
    if (axis->names)
        write_names(axis, letter, pixels, between, script);
    else
        write_ticks(axis, letter, pixels, script);
}
