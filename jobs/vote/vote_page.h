#ifndef HRM_JOBS_VOTE_PAGE_H
#define HRM_JOBS_VOTE_PAGE_H

#include "jobs/vote/vote_compare.h"
#include "jobs/vote/vote_report.h"

#include <stdio.h>

/// Write a report as one HTML page that needs nothing else: tables, pictures, what each rule is,
/// and where the votes come from.
/// @param report      [in] made with the table
/// @param comparison  [in] or NULL
/// @param drawn       [in] whether it has pictures, which gnuplot draws; else a line says how to
///                    get them
/// Errors: HRM_FAILED.
int vote_page_write(const struct vote_report *report, const struct vote_comparison *comparison,
                    bool drawn, FILE *stream, struct hrm_error *error);

/// Its first part: the main figure, what it is of, and when the votes were cast.
void vote_page_head(const struct vote_report *report, FILE *stream);

/// Its last part: the files, their evaluations and the checkpoints in them.
void vote_page_origin(const struct vote_report *report, FILE *stream);

#endif
