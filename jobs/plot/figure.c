#include "jobs/plot/figure.h"

#include "core/base/atomic_file.h"
#include "jobs/plot/figure_axis.h"
#include "jobs/plot/gnuplot.h"
#include "jobs/plot/svg.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Pixels, with letters of FONT.
#define FONT    13
#define LEFT    52 ///< beside a panel, for the numbers of its y axis
#define Y_LABEL 20 ///< more of that where the axis has a label
#define RIGHT   22
#define TOP     30 ///< above a panel, for its title
#define BOTTOM  28 ///< below a panel, for the numbers of its x axis
#define LABEL   24 ///< below all, for the label of the x axis
#define LINE    21 ///< of the legend
#define HEADING 30 ///< title of the figure
#define MARGIN  6

// --- text ----------------------------------------------------------------------------------------

/// Write ` lc rgb '#...'`.
static void put_colour(const struct figure_series *series, FILE *script)
{
    static const char *const colours[FIGURE_COLOURS] = {"0072b2", "d55e00", "009e73", "cc79a7",
                                                        "c98700", "3aa2df", "000000"};
    bool grey = series->colour == FIGURE_GREY;
    fprintf(script, " lc rgb '#%s%s'", series->faint ? "90" : "",
            grey ? "707070" : colours[series->colour % FIGURE_COLOURS]);
}

static int dashes_of(const struct figure_series *series)
{
    return series->colour == FIGURE_GREY ? 1 : 1 + series->colour / FIGURE_COLOURS;
}

// --- data ----------------------------------------------------------------------------------------

/// Blocks $s0, $s1, ... with the columns x, y, low, high.
static void put_data(const struct figure_panel *panel, FILE *script)
{
    for (int i = 0; i < panel->count; i++) {
        const struct figure_series *series = &panel->series[i];
        fprintf(script, "$s%d << EOD\n", i);
        for (int k = 0; k < series->count; k++) {
            if (!figure_is_drawn(series, k))
                continue;
            fprintf(script, "%.7g %.6g", series->x[k], series->y[k]);
            if (series->low)
                fprintf(script, " %.6g %.6g", series->low[k], series->high[k]);
            fputc('\n', script);
        }
        fprintf(script, "EOD\n");
    }
}

/// From the lowest point of a panel to the highest.
static double span_of(const struct figure_panel *panel)
{
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < panel->count; i++)
        for (int k = 0; k < panel->series[i].count; k++)
            if (figure_is_drawn(&panel->series[i], k)) {
                low = fmin(low, panel->series[i].y[k]);
                high = fmax(high, panel->series[i].y[k]);
            }
    return low < high ? high - low : 0;
}

static bool is_line(const struct figure_series *series)
{
    return series->mark == FIGURE_LINE || series->mark == FIGURE_JOINED;
}

static bool is_near(double a, double b, double by)
{
    return fabs(a - b) <= by;
}

/// The point of a series at x, or -1.
static int point_at(const struct figure_series *series, double x)
{
    for (int k = 0; k < series->count; k++)
        if (is_near(series->x[k], x, 1e-9 * fabs(x)))
            return k;
    return -1;
}

/// Whether another series has the same value or band at each point of a series.
static bool has_points(const struct figure_series *other, const struct figure_series *series,
                       bool band, double near)
{
    for (int k = 0; k < series->count; k++) {
        int at = figure_is_drawn(series, k) ? point_at(other, series->x[k]) : -1;
        if (at < 0)
            return false;
        if (band ? !is_near(other->low[at], series->low[k], near) ||
                       !is_near(other->high[at], series->high[k], near)
                 : !is_near(other->y[at], series->y[k], near))
            return false;
    }
    return series->count > 0;
}

/// How many later series of the panel lie on a series, point by point: below them it would not be
/// seen, if it were not drawn wider.
static int covers(const struct figure_panel *panel, int index)
{
    const struct figure_series *series = &panel->series[index];
    double near = 0.01 * span_of(panel);
    int count = 0;
    for (int i = index + 1; i < panel->count; i++)
        count += has_points(&panel->series[i], series, false, near);
    return count;
}

/// Whether another series of the panel has about the band of a series: a longer one, or an earlier
/// one. Bands on bands would be one dark band.
static bool has_band(const struct figure_panel *panel, int index)
{
    const struct figure_series *series = &panel->series[index];
    double near = 0.025 * span_of(panel);
    for (int i = 0; i < panel->count; i++) {
        const struct figure_series *other = &panel->series[i];
        bool first = other->count > series->count || (other->count == series->count && i < index);
        if (is_line(other) && other->low && first && has_points(other, series, true, near))
            return true;
    }
    return false;
}

// --- plots ---------------------------------------------------------------------------------------

/// Write one plot of a series; `style` begins with the columns.
static void put_plot(const struct figure_series *series, int index, const char *style, FILE *script)
{
    fprintf(script, ", $s%d using %s", index, style);
    put_colour(series, script);
    fprintf(script, " notitle");
}

static void put_series(const struct figure_panel *panel, int index, FILE *script)
{
    const struct figure_series *series = &panel->series[index];
    bool lone = is_line(series) && figure_points(series) == 1;
    bool dots = series->mark == FIGURE_DOTS || series->mark == FIGURE_JOINED || lone;
    int below = is_line(series) ? covers(panel, index) : 0;
    char style[96];
    if (series->count == 0)
        return;
    if (series->low && (series->mark == FIGURE_DOTS || (lone && !has_band(panel, index))))
        put_plot(series, index, "1:3:(0):($4-$3) with vectors nohead lw 1.4", script);
    snprintf(style, sizeof style, "1:2 with lines lw %.1f dt %d", 1.8 + 2.6 * below,
             below ? 1 : dashes_of(series));
    if (is_line(series) && !lone)
        put_plot(series, index, style, script);
    if (series->mark == FIGURE_BARS)
        put_plot(series, index, "1:2 with boxes fs solid 1 noborder", script);
    snprintf(style, sizeof style, "1:2 with points pt 7 ps %.2f", 0.5 + 0.25 * below);
    if (dots)
        put_plot(series, index, style, script);
}

/// The shaded band of a line, below all lines; one for all that have the same.
static void put_band(const struct figure_panel *panel, int index, FILE *script)
{
    const struct figure_series *series = &panel->series[index];
    if (is_line(series) && series->low && figure_points(series) > 1 && !has_band(panel, index))
        put_plot(series, index, "1:3:4 with filledcurves fs transparent solid 0.14 noborder",
                 script);
}

/// The most points that the series of this place has in a panel.
static int most_points(const struct figure *figure, int index)
{
    int most = 0;
    for (int i = 0; i < figure->count; i++)
        if (index < figure->panels[i].count) {
            int points = figure_points(&figure->panels[i].series[index]);
            most = points > most ? points : most;
        }
    return most;
}

/// What the legend shows of a series; no such point is drawn.
static void put_key(const struct figure *figure, const struct figure_panel *legend, int index,
                    FILE *script)
{
    static const char *const with[] = {[FIGURE_LINE] = "lines",
                                       [FIGURE_JOINED] = "linespoints pt 7 ps 0.5",
                                       [FIGURE_DOTS] = "points pt 7 ps 0.6",
                                       [FIGURE_BARS] = "boxes fs solid 1 noborder"};
    const struct figure_series *series = &legend->series[index];
    enum figure_mark mark = series->mark;
    if (!series->name)
        return;
    // A line of one point is a dot, in the legend too.
    if (is_line(series) && series->count > 0 && most_points(figure, index) == 1)
        mark = FIGURE_DOTS;
    fprintf(script, ", NaN with %s", with[mark]);
    if (mark == FIGURE_LINE || mark == FIGURE_JOINED)
        fprintf(script, " lw 2.2 dt %d", dashes_of(series));
    put_colour(series, script);
    fprintf(script, " title ");
    figure_text_write(series->name, script);
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
    double scale; ///< of what goes with the letters
    int left;     ///< beside a panel
    int rows;     ///< of panels
    int head;     ///< above the panels
    int key_columns;
};

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

static int font_of(const struct figure *figure)
{
    return figure->font > 0 ? figure->font : FONT;
}

static int scaled(const struct layout *layout, int pixels)
{
    return (int)lround(layout->scale * pixels);
}

/// @param legend  [in] the panel whose series have the names
static struct layout lay_out(const struct figure *figure, const struct figure_panel *legend)
{
    const double scale = (double)font_of(figure) / FONT;
    struct layout layout = {.width = figure->width,
                            .scale = scale,
                            .rows = (figure->count + figure->columns - 1) / figure->columns};
    int names = 0, longest = 1;
    layout.left = scaled(&layout, LEFT);
    layout.head = scaled(&layout, figure->title ? HEADING : MARGIN);
    for (int i = 0; i < figure->count; i++)
        if (figure->panels[i].y_label)
            layout.left = scaled(&layout, LEFT + Y_LABEL);
    for (int i = 0; i < legend->count; i++) {
        const char *name = legend->series[i].name;
        names += name != NULL;
        longest = max_int(longest, name ? (int)strlen(name) : 0);
    }
    layout.key_columns = max_int(1, (int)(layout.width / scale - LEFT) / (7 * longest + 56));
    if (layout.key_columns > names)
        layout.key_columns = max_int(1, names);
    layout.head += scaled(&layout, LINE) * ((names + layout.key_columns - 1) / layout.key_columns);
    layout.height = layout.head + layout.rows * figure->panel_height + scaled(&layout, LABEL);
    return layout;
}

/// A panel's axes in pixels from the left and the top of the picture.
struct frame {
    double left, right, top, bottom;
};

static struct frame frame_of(const struct figure *figure, const struct layout *layout, int index)
{
    double cell = (double)layout->width / figure->columns;
    double left = cell * (index % figure->columns);
    double top = layout->head + figure->panel_height * (index / figure->columns);
    return (struct frame){left + layout->left, left + cell - scaled(layout, RIGHT),
                          top + scaled(layout, TOP),
                          top + figure->panel_height - scaled(layout, BOTTOM)};
}

static void put_axes(const struct figure *figure, const struct figure_panel *panel,
                     const struct frame *frame, const struct layout *layout, FILE *script)
{
    double width = layout->width, height = layout->height;
    bool bars = panel->count > 0 && panel->series[0].mark == FIGURE_BARS;
    struct figure_axis x = figure_axis_resolve(figure, panel, false);
    struct figure_axis y = figure_axis_resolve(figure, panel, true);
    fprintf(script,
            "set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
            "set tmargin at screen %.5f\nset bmargin at screen %.5f\n",
            frame->left / width, frame->right / width, 1 - frame->top / height,
            1 - frame->bottom / height);
    figure_axis_write(&x, "x", (frame->right - frame->left) / layout->scale, !bars, script);
    figure_axis_write(&y, "y", (frame->bottom - frame->top) / layout->scale, false, script);
    fprintf(script, bars      ? "set grid noxtics nomxtics\n"
                    : x.names ? "set grid noxtics mxtics\n"
                              : "set grid xtics nomxtics\n");
}

/// The panel's title and the labels of its axes, where no neighbour says the same.
static void put_labels(const struct figure *figure, int index, const struct frame *frame,
                       const struct layout *layout, FILE *script)
{
    const struct figure_panel *panel = &figure->panels[index];
    const struct figure_panel *left = index % figure->columns > 0 ? panel - 1 : NULL;
    bool last = index + figure->columns >= figure->count;
    bool said = left && left->y_label && panel->y_label && !strcmp(left->y_label, panel->y_label);
    fprintf(script, "set label 1 at graph 0, graph 1 left offset 0,0.9 ");
    figure_text_write(panel->title, script);
    fprintf(script, "\nset xlabel ");
    figure_text_write(panel->label && last ? panel->label : "", script);
    fprintf(script, "\nunset label 2\n");
    if (!panel->y_label || said)
        return;
    fprintf(script, "set label 2 at screen %.5f, screen %.5f center rotate ",
            (frame->left - layout->left + scaled(layout, 14)) / layout->width,
            1 - (frame->top + frame->bottom) / 2 / layout->height);
    figure_text_write(panel->y_label, script);
    fprintf(script, "\n");
}

static void put_panel(const struct figure *figure, const struct layout *layout, int index,
                      FILE *script)
{
    const struct figure_panel *panel = &figure->panels[index];
    struct frame frame = frame_of(figure, layout, index);
    put_data(panel, script);
    put_axes(figure, panel, &frame, layout, script);
    put_labels(figure, index, &frame, layout, script);
    fprintf(script, "plot NaN notitle");
    for (int i = 0; i < panel->count; i++)
        put_band(panel, i, script);
    for (int i = 0; i < panel->count; i++)
        put_series(panel, i, script);
    fprintf(script, "\n");
}

/// The title, and the legend: a plot over the whole width that has nothing else.
static void put_head(const struct figure *figure, const struct figure_panel *legend,
                     const struct layout *layout, FILE *script)
{
    double height = layout->height;
    double heading = scaled(layout, figure->title ? HEADING : MARGIN);
    fprintf(script,
            "set lmargin at screen 0\nset rmargin at screen 1\nset tmargin at screen 1\n"
            "set bmargin at screen %.5f\nset xrange [0:1]\nset yrange [0:1]\n"
            "set key at screen %.5f, screen %.5f left top horizontal Left reverse maxcols %d "
            "width 1 samplen 2 textcolor rgb '#202020'\n",
            1 - layout->head / height, 0.5 * scaled(layout, MARGIN) / layout->width,
            1 - heading / height, layout->key_columns);
    if (figure->title) {
        fprintf(script, "set label 1 at screen %.5f, screen %.5f left font ',%d' ",
                (double)scaled(layout, MARGIN) / layout->width, 1 - 0.6 * heading / height,
                scaled(layout, 16));
        figure_text_write(figure->title, script);
    }
    fprintf(script, "\nplot NaN notitle");
    for (int i = 0; i < legend->count; i++)
        put_key(figure, legend, i, script);
    fprintf(script, "\nunset key\nunset label 1\n");
}

static void put_figure(const struct figure *figure, const struct figure_panel *legend, FILE *script)
{
    struct layout layout = lay_out(figure, legend);
    fprintf(script,
            "set terminal svg size %d,%d dynamic font 'Helvetica,%d' noenhanced "
            "background '#ffffff'\nset encoding utf8\nset multiplot\n"
            "unset border\nunset tics\nset style textbox noborder\n",
            layout.width, layout.height, font_of(figure));
    put_head(figure, legend, &layout, script);
    fprintf(script, "set border 3 lc rgb '#707070'\n"
                    "set grid xtics mxtics ytics lt 1 lw 0.6 lc rgb '#dddddd', lt 1 lw 0.6 lc rgb "
                    "'#dddddd'\n"
                    "set tics nomirror scale 0.5 textcolor rgb '#202020'\n"
                    "set boxwidth 0.85\n"
                    "set xlabel offset 0,0.4 textcolor rgb '#202020'\n");
    for (int i = 0; i < figure->count; i++)
        put_panel(figure, &layout, i, script);
    fprintf(script, "unset multiplot\n");
}

// --- drawing -------------------------------------------------------------------------------------

/// Draw what has points. @param panels  [in] room for all panels
static int draw_shown(const struct figure *figure, struct figure_panel *panels, char **svg,
                      struct hrm_error *error)
{
    struct figure shown = *figure;
    char *script = NULL, *document = NULL;
    size_t size = 0;
    int status = HRM_OK;
    shown.panels = panels;
    shown.count = 0;
    for (int i = 0; i < figure->count; i++)
        if (figure_panel_points(&figure->panels[i]) > 0)
            panels[shown.count++] = figure->panels[i];
    if (shown.count == 0)
        return HRM_OK;
    shown.columns = shown.count < figure->columns ? shown.count : figure->columns;
    FILE *stream = open_memstream(&script, &size);
    if (stream)
        put_figure(&shown, &figure->panels[0], stream);
    if (!stream || fclose(stream) != 0)
        status = hrm_fail(error, HRM_FAILED, "no memory for a figure");
    if (status == HRM_OK)
        status = gnuplot_run(script, &document, error);
    const char *about = figure->about ? figure->about : figure->title;
    if (status == HRM_OK)
        status = svg_take(document, figure->id, about ? about : panels[0].title,
                          figure->says ? figure->says : "", svg, error);
    free(script);
    free(document);
    return status;
}

int figure_draw(const struct figure *figure, char **svg, struct hrm_error *error)
{
    struct figure_panel *panels = calloc((size_t)figure->count, sizeof *panels);
    *svg = NULL;
    if (!panels)
        return hrm_fail(error, HRM_FAILED, "no memory for a figure");
    int status = draw_shown(figure, panels, svg, error);
    free(panels);
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
    return hrm_atomic_file_text(path, write_svg, svg, error);
}
