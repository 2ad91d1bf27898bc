#include "jobs/plot/figure.h"

#include "core/base/replace.h"
#include "jobs/plot/gnuplot.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Pixels.
#define LEFT    52 ///< beside a panel, for the numbers of its y axis
#define RIGHT   22
#define TOP     30 ///< above a panel, for its title
#define BOTTOM  28 ///< below a panel, for the numbers of its x axis
#define LABEL   24 ///< below all, for the label of the x axis
#define LINE    21 ///< of the legend
#define HEADING 30 ///< title of the figure
#define MARGIN  6

// --- text ----------------------------------------------------------------------------------------

/// Write a text as gnuplot's single-quoted string, in which nothing is expanded. What XML cannot
/// hold becomes '?'.
static void put_text(const char *text, FILE *script)
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

/// Write ` lc rgb '#...'`.
static void put_colour(const struct figure_series *series, FILE *script)
{
    static const char *const colours[FIGURE_COLOURS] = {"0072b2", "d55e00", "009e73", "cc79a7",
                                                        "e69f00", "56b4e9", "000000"};
    bool grey = series->colour == FIGURE_GREY;
    fprintf(script, " lc rgb '#%s%s'", series->faint ? "90" : "",
            grey ? "707070" : colours[series->colour % FIGURE_COLOURS]);
}

static int dashes_of(const struct figure_series *series)
{
    return series->colour == FIGURE_GREY ? 1 : 1 + series->colour / FIGURE_COLOURS;
}

// --- data ----------------------------------------------------------------------------------------

static bool is_drawn(const struct figure_series *series, int point)
{
    return isfinite(series->x[point]) && isfinite(series->y[point]);
}

static int drawn_points(const struct figure_panel *panel)
{
    int points = 0;
    for (int i = 0; i < panel->count; i++)
        for (int k = 0; k < panel->series[i].count; k++)
            points += is_drawn(&panel->series[i], k);
    return points;
}

/// Blocks $s0, $s1, ... with the columns x, y, low, high.
static void put_data(const struct figure_panel *panel, FILE *script)
{
    for (int i = 0; i < panel->count; i++) {
        const struct figure_series *series = &panel->series[i];
        fprintf(script, "$s%d << EOD\n", i);
        for (int k = 0; k < series->count; k++) {
            if (!is_drawn(series, k))
                continue;
            fprintf(script, "%.7g %.6g", series->x[k], series->y[k]);
            if (series->low)
                fprintf(script, " %.6g %.6g", series->low[k], series->high[k]);
            fputc('\n', script);
        }
        fprintf(script, "EOD\n");
    }
}

// --- plots ---------------------------------------------------------------------------------------

/// Write one plot of a series; `style` begins with the columns.
static void put_plot(const struct figure_series *series, int index, const char *style, FILE *script)
{
    fprintf(script, ", $s%d using %s", index, style);
    put_colour(series, script);
    fprintf(script, " notitle");
}

static void put_series(const struct figure_series *series, int index, FILE *script)
{
    // A line of one point would not be seen.
    bool lone = series->mark == FIGURE_LINE && series->count == 1;
    bool dots = series->mark == FIGURE_DOTS || series->mark == FIGURE_JOINED;
    char line[64];
    if (series->count == 0)
        return;
    snprintf(line, sizeof line, "1:2 with lines lw 1.8 dt %d", dashes_of(series));
    if (series->mark == FIGURE_LINE || series->mark == FIGURE_JOINED)
        put_plot(series, index, line, script);
    if (series->mark == FIGURE_BARS)
        put_plot(series, index, "1:2 with boxes fs solid 1 noborder", script);
    if (dots && series->low)
        put_plot(series, index, "1:3:(0):($4-$3) with vectors nohead lw 1.2", script);
    if (dots || lone)
        put_plot(series, index, "1:2 with points pt 7 ps 0.55", script);
}

/// The shaded band of a line, below all lines.
static void put_band(const struct figure_series *series, int index, FILE *script)
{
    if (series->mark == FIGURE_LINE && series->low && series->count > 0)
        put_plot(series, index, "1:3:4 with filledcurves fs transparent solid 0.1 noborder",
                 script);
}

/// What the legend shows of a series; no such point is drawn.
static void put_key(const struct figure_series *series, FILE *script)
{
    static const char *const with[] = {[FIGURE_LINE] = "lines",
                                       [FIGURE_JOINED] = "linespoints pt 7 ps 0.55",
                                       [FIGURE_DOTS] = "points pt 7 ps 0.6",
                                       [FIGURE_BARS] = "boxes fs solid 1 noborder"};
    if (!series->name)
        return;
    fprintf(script, ", NaN with %s", with[series->mark]);
    if (series->mark == FIGURE_LINE || series->mark == FIGURE_JOINED)
        fprintf(script, " lw 2.2 dt %d", dashes_of(series));
    put_colour(series, script);
    fprintf(script, " title ");
    put_text(series->name, script);
}

static void put_range(const char *axis, const struct figure_axis *about, FILE *script)
{
    char low[32] = "*", high[32] = "*";
    if (about->low < about->high && isfinite(about->low))
        snprintf(low, sizeof low, "%.7g", about->low);
    if (about->low < about->high && isfinite(about->high))
        snprintf(high, sizeof high, "%.7g", about->high);
    fprintf(script, "set %srange [%s:%s]\n", axis, low, high);
}

static void put_axis(const char *axis, const struct figure_axis *about, FILE *script)
{
    put_range(axis, about, script);
    if (about->log > 0)
        fprintf(script, "set logscale %s %d\n", axis, about->log);
    else
        fprintf(script, "unset logscale %s\n", axis);
    fprintf(script, "set %stics nomirror autofreq\n", axis);
    for (int i = 0; i < about->name_count; i++) {
        fprintf(script, i == 0 ? "set %stics (" : "set %stics add (", axis);
        put_text(about->names[i], script);
        fprintf(script, " %d)\n", i);
    }
}

const char *figure_unit(double last, double *factor)
{
    *factor = last >= 1e6 ? 1e-6 : last >= 1e4 ? 1e-3 : 1;
    return last >= 1e6 ? " (millions)" : last >= 1e4 ? " (thousands)" : "";
}

// --- layout --------------------------------------------------------------------------------------

/// Of the whole picture, in pixels.
struct layout {
    int width, height;
    int rows; ///< of panels
    int head; ///< above the panels
    int key_columns;
};

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

static struct layout lay_out(const struct figure *figure)
{
    const struct figure_panel *first = &figure->panels[0];
    struct layout layout = {.width = figure->width,
                            .rows = (figure->count + figure->columns - 1) / figure->columns,
                            .head = figure->title ? HEADING : MARGIN};
    int names = 0, longest = 1;
    for (int i = 0; i < first->count; i++) {
        names += first->series[i].name != NULL;
        longest = max_int(longest, first->series[i].name ? (int)strlen(first->series[i].name) : 0);
    }
    layout.key_columns = max_int(1, (layout.width - LEFT) / (7 * longest + 56));
    if (layout.key_columns > names)
        layout.key_columns = max_int(1, names);
    layout.head += LINE * ((names + layout.key_columns - 1) / layout.key_columns);
    layout.height = layout.head + layout.rows * figure->panel_height + LABEL;
    return layout;
}

/// Where a panel's axes lie, as shares of the picture.
static void put_margins(const struct figure *figure, const struct layout *layout, int index,
                        FILE *script)
{
    double width = layout->width, height = layout->height;
    double cell = width / figure->columns;
    double left = cell * (index % figure->columns);
    double top = layout->head + figure->panel_height * (index / figure->columns);
    fprintf(script,
            "set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
            "set tmargin at screen %.5f\nset bmargin at screen %.5f\n",
            (left + LEFT) / width, (left + cell - RIGHT) / width, 1 - (top + TOP) / height,
            1 - (top + figure->panel_height - BOTTOM) / height);
}

static void put_panel(const struct figure *figure, const struct layout *layout, int index,
                      FILE *script)
{
    const struct figure_panel *panel = &figure->panels[index];
    bool empty = drawn_points(panel) == 0;
    struct figure_axis unit = {.low = 0, .high = 1};
    put_data(panel, script);
    put_margins(figure, layout, index, script);
    put_axis("x", empty ? &unit : &panel->x, script);
    put_axis("y", empty ? &unit : &panel->y, script);
    fprintf(script, "set label 1 at graph 0, graph 1 left offset 0,0.9 ");
    put_text(panel->title, script);
    fprintf(script, "\nset xlabel ");
    put_text(panel->label ? panel->label : "", script);
    fprintf(script, empty ? "\nset label 2 'no data' at graph 0.5, graph 0.5 center\n"
                          : "\nunset label 2\n");
    fprintf(script, "plot NaN notitle");
    for (int i = 0; i < panel->count; i++)
        put_band(&panel->series[i], i, script);
    for (int i = 0; i < panel->count; i++)
        put_series(&panel->series[i], i, script);
    fprintf(script, "\n");
}

/// The title, and the legend: a plot over the whole width that has nothing else.
static void put_head(const struct figure *figure, const struct layout *layout, FILE *script)
{
    const struct figure_panel *first = &figure->panels[0];
    double height = layout->height, heading = figure->title ? HEADING : MARGIN;
    fprintf(script,
            "set lmargin at screen 0\nset rmargin at screen 1\nset tmargin at screen 1\n"
            "set bmargin at screen %.5f\nset xrange [0:1]\nset yrange [0:1]\n"
            "set key at screen %.5f, screen %.5f left top horizontal Left reverse maxcols %d "
            "width 1 samplen 2 textcolor rgb '#202020'\n",
            1 - layout->head / height, 0.5 * MARGIN / layout->width, 1 - heading / height,
            layout->key_columns);
    if (figure->title) {
        fprintf(script, "set label 1 at screen %.5f, screen %.5f left font ',16' ",
                (double)MARGIN / layout->width, 1 - 0.6 * HEADING / height);
        put_text(figure->title, script);
    }
    fprintf(script, "\nplot NaN notitle");
    for (int i = 0; i < first->count; i++)
        put_key(&first->series[i], script);
    fprintf(script, "\nunset key\nunset label 1\n");
}

static void put_figure(const struct figure *figure, FILE *script)
{
    struct layout layout = lay_out(figure);
    fprintf(script,
            "set terminal svg size %d,%d dynamic font 'Helvetica,13' noenhanced "
            "background '#ffffff'\nset encoding utf8\nset multiplot\n"
            "unset border\nunset tics\n",
            layout.width, layout.height);
    put_head(figure, &layout, script);
    fprintf(script,
            "set border 3 lc rgb '#707070'\nset grid xtics ytics lt 1 lw 0.6 lc rgb '#dddddd'\n"
            "set tics nomirror scale 0.5 textcolor rgb '#202020'\n"
            "set boxwidth 0.85\n"
            "set xlabel offset 0,0.4 textcolor rgb '#202020'\n");
    for (int i = 0; i < figure->count; i++)
        put_panel(figure, &layout, i, script);
    fprintf(script, "unset multiplot\n");
}

// --- drawing -------------------------------------------------------------------------------------

/// The <svg> element of a document, with names of its parts that no other figure of a page has:
/// gnuplot names them alike in every file.
static int take_element(const char *document, const char *id, char **svg, struct hrm_error *error)
{
    static const char *const before[] = {" id='", " id=\"", "href='#"};
    const char *from = strstr(document, "<svg"), *end = from ? strstr(from, "</svg>") : NULL;
    size_t size = 0;
    FILE *text = end ? open_memstream(svg, &size) : NULL;
    if (!end)
        return hrm_fail(error, HRM_FAILED, "gnuplot wrote no SVG");
    if (!text)
        return hrm_fail(error, HRM_FAILED, "no memory for a figure");
    while (from < end) {
        size_t length = 0;
        for (size_t i = 0; i < sizeof before / sizeof *before && length == 0; i++)
            if (strncmp(from, before[i], strlen(before[i])) == 0)
                length = strlen(before[i]);
        fwrite(from, 1, length ? length : 1, text);
        if (length > 0)
            fprintf(text, "%s_", id);
        from += length ? length : 1;
    }
    fputs("</svg>\n", text);
    if (fclose(text) == 0)
        return HRM_OK;
    free(*svg);
    *svg = NULL;
    return hrm_fail(error, HRM_FAILED, "no memory for a figure");
}

int figure_draw(const struct figure *figure, char **svg, struct hrm_error *error)
{
    char *script = NULL, *document = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&script, &size);
    int status = HRM_OK;
    *svg = NULL;
    if (stream)
        put_figure(figure, stream);
    if (!stream || fclose(stream) != 0)
        status = hrm_fail(error, HRM_FAILED, "no memory for a figure");
    if (status == HRM_OK)
        status = gnuplot_run(script, &document, error);
    if (status == HRM_OK)
        status = take_element(document, figure->id, svg, error);
    free(script);
    free(document);
    return status;
}

static int write_svg(FILE *stream, const void *svg, struct hrm_error *error)
{
    (void)error;
    fputs(svg, stream);
    return HRM_OK;
}

int figure_write(const char *svg, const char *path, struct hrm_error *error)
{
    return hrm_replace_text(path, write_svg, svg, error);
}
