#ifndef HRM_JOBS_GNUPLOT_H
#define HRM_JOBS_GNUPLOT_H

#include "core/base/error.h"

/// How to get it.
#define GNUPLOT_REMEDY "install gnuplot (Debian and Ubuntu: apt-get install gnuplot-nox)"

/// Look for gnuplot in PATH. Errors: HRM_FAILED, with a hint that says how to install it.
int gnuplot_find(struct hrm_error *error);

/// Run gnuplot on a script, without the user's settings.
/// @param output  [out] what it wrote, as text; free() it
/// Errors: HRM_FAILED with gnuplot's own words, or with a hint when it is not installed.
int gnuplot_run(const char *script, char **output, struct hrm_error *error);

#endif
