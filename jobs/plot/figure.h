#ifndef HRM_JOBS_FIGURE_H
#define HRM_JOBS_FIGURE_H

#include "core/base/error.h"

#include <stdbool.h>

/// Figures of one or more panels, drawn as SVG by gnuplot, which runs as a child process.

/// How a series is drawn. With one point a line is a dot, and a band a bar.
enum figure_mark {
    FIGURE_LINE,   ///< a line; low..high is a shaded band
    FIGURE_JOINED, ///< dots joined by a line; low..high is a shaded band
    FIGURE_DOTS,   ///< dots; low..high are bars through the dots
    FIGURE_BARS    ///< bars that stand on 0, one unit of x wide
};

/// Colours that people with any colour vision tell apart (Okabe and Ito 2008, the two lightest made
/// darker). Higher numbers begin again with dashes; FIGURE_GREY is grey.
#define FIGURE_COLOURS 7
#define FIGURE_GREY    (-1)

/// Points that belong together. Those that are not finite are left out.
struct figure_series {
    const char *name; ///< in the legend; NULL: not there. Only those of the first panel are read
    enum figure_mark mark;
    int colour;
    bool faint;               ///< half transparent, for what is less important
    int count;                ///< 0: nothing but a line of the legend
    const double *x, *y;      ///< [count]
    const double *low, *high; ///< [count], or NULL
};

struct figure_axis {
    double low, high;    ///< the range; infinite: up to the data on this side; equal: all the data
    int log;             ///< base of the ticks of a logarithmic axis; 0: linear
    int shared;          ///< not 0: all panels whose axes have this number have one range
    const double *ticks; ///< [tick_count], or NULL: at round numbers
    int tick_count;
    const char *const
        *names; ///< [name_count] of the positions 0, 1, ... instead of numbers, or NULL
    int name_count;
};

struct figure_panel {
    const char *title;   ///< what it is about; without y_label, what the y axis shows with its unit
    const char *y_label; ///< or NULL
    const char *label;   ///< of the x axis, or NULL; written below the last panel of a column
    struct figure_axis x, y;
    const struct figure_series *series; ///< [count]
    int count;
};

/// Widths and letters of figures for a paper: a column of 85 mm and a page of 180 mm with letters
/// of 8 points, at 96 pixels an inch.
#define FIGURE_COLUMN 321
#define FIGURE_PAGE   680
#define FIGURE_PRINT  11

struct figure {
    const char *title; ///< or NULL
    const char *about; ///< what the figure shows, for those who do not see it; NULL: its title
    const char *says;  ///< its main figures in words, likewise; or NULL
    const char *id;    ///< letters and digits that begin the names in the file: pages hold several
    int width;         ///< pixels
    int font;          ///< pixels of its letters; 0: 13, for a screen
    int panel_height;  ///< pixels of a panel with its title and ticks
    int columns;       ///< of panels
    const struct figure_panel *panels; ///< [count], row by row; those without a point are left out
    int count;
};

/// A unit that keeps the numbers of an axis up to `last` short: returns " (thousands)",
/// " (millions)" or "", and in *factor by what they are to be multiplied.
const char *figure_unit(double last, double *factor);

/// Draw a figure, on white or, where the screen is dark, on black.
/// @param svg  [out] the <svg> element as text; free() it. NULL when no panel has a point
/// Errors: HRM_FAILED, with a hint when gnuplot is not installed.
int figure_draw(const struct figure *figure, char **svg, struct hrm_error *error);

/// Write what figure_draw() made to a file, which appears as a whole or not at all.
/// Errors: HRM_USAGE for a path that cannot be written to, HRM_FAILED.
int figure_write(const char *svg, const char *path, struct hrm_error *error);

#endif
