#ifndef HRM_JOBS_FIGURE_AXIS_H
#define HRM_JOBS_FIGURE_AXIS_H

#include "jobs/plot/figure.h"

#include <stdbool.h>
#include <stdio.h>

/// The axes of a figure's panels: their ranges and their ticks.

/// Whether a point of a series is drawn.
bool figure_is_drawn(const struct figure_series *series, int point);

/// How many are.
int figure_points(const struct figure_series *series);
int figure_panel_points(const struct figure_panel *panel);

/// An axis of a panel whose range, if it is shared, is set to what all panels need.
/// @param vertical  [in] whether it is the y axis, which begins and ends at round numbers
struct figure_axis figure_axis_resolve(const struct figure *figure,
                                       const struct figure_panel *panel, bool vertical);

/// Write range and ticks of an axis to a script of gnuplot.
/// @param letter   [in] "x" or "y"
/// @param pixels   [in] its length, in letters of 13: labels that have no room are left out
/// @param between  [in] whether names stand between the ticks rather than at them
void figure_axis_write(const struct figure_axis *axis, const char *letter, double pixels,
                       bool between, FILE *script);

/// Write a text as gnuplot's single-quoted string, in which nothing is expanded. What XML cannot
/// hold becomes '?'.
void figure_text_write(const char *text, FILE *script);

#endif
