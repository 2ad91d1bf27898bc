#ifndef HRM_JOBS_VOTE_FIGURES_H
#define HRM_JOBS_VOTE_FIGURES_H

#include "core/base/error.h"
#include "core/base/target.h"
#include "jobs/vote/vote_report.h"

/// What a picture of a report shows; shares are those of rules that need no answers.
enum vote_figure {
    VOTE_FIGURE_PASSES,   ///< right answers against the number of passes
    VOTE_FIGURE_RATINGS,  ///< right answers by rating band, of vote_figure_fullest()
    VOTE_FIGURE_SEGMENTS, ///< histograms of the segments that all passes ran and settled at
    VOTE_FIGURE_STEPS,    ///< right answers against the training step
    VOTE_FIGURES
};

/// For a page or a paper, or for a phone: panels below each other, in letters that can be read.
enum vote_width { VOTE_WIDE, VOTE_NARROW };

/// Draw one picture of a report with the table.
/// @param svg  [out] an <svg> element (jobs/plot/figure.h); NULL when there is nothing to show;
/// free() it. Errors: HRM_FAILED.
int vote_figure_draw(const struct vote_report *report, enum vote_figure which,
                     enum vote_width width, char **svg, struct hrm_error *error);

/// Write all pictures that have something to show to PREFIX-passes.svg, -ratings, -segments,
/// -steps. Errors: HRM_USAGE for a prefix that cannot be written to, HRM_FAILED.
int vote_figures_write(const struct vote_report *report, const char *prefix,
                       struct hrm_error *error);

/// Where vote_figures_write() puts a picture.
void vote_figure_path(const char *prefix, enum vote_figure which, char path[HRM_PATH]);

/// The configuration with the most passes of a sweep of the report, or of both; NULL when all are
/// missing.
const struct vote_row *vote_figure_fullest(const struct vote_report *report,
                                           const struct vote_sweep *sweep);

#endif
