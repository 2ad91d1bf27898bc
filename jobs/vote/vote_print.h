#ifndef HRM_JOBS_VOTE_PRINT_H
#define HRM_JOBS_VOTE_PRINT_H

#include <stdio.h>

struct hrm_error;
struct hrm_world;
struct vote_report;

/// A report of votes for people, for spreadsheets and for programs.
///
/// The CSV has one line for each vote or mean, rule and band, and the same columns in all:
///   section      configuration, checkpoint, run, seeds, passes, all: a vote, whose `share` has
///                Wilson's interval; last, snapshots, step: the mean over `mean_of` runs, with its
///                standard deviation and Student's t interval
///   training     plain or mixed; empty when the vote has both
/// What a line does not have is empty.
void vote_print_text(const struct vote_report *report, FILE *stream);
/// A part of the text: the published table and the accuracy by passes. The report has a table.
void vote_print_table(const struct vote_report *report, FILE *stream);
/// A part of the text: what was counted.
void vote_print_head(const struct vote_report *report, FILE *stream);
/// The text in a dozen lines: what was counted, the rules that need no answers, the best first, and
/// what that took.
void vote_print_summary(const struct vote_report *report, FILE *stream);
void vote_print_csv(const struct vote_report *report, FILE *stream);
/// Errors: HRM_FAILED when memory is short or the stream fails.
int vote_print_json(const struct vote_report *report, FILE *stream, struct hrm_error *error);

/// Count the votes of a finished file by every rule and print the summary. Collective on world.
/// Errors, the same on every rank: as of hrm_pool_open() and vote_report_make().
int vote_summary(const char *path, const struct hrm_world *world, struct hrm_error *error);

#endif
