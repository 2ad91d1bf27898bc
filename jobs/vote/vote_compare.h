#ifndef HRM_JOBS_VOTE_COMPARE_H
#define HRM_JOBS_VOTE_COMPARE_H

#include "core/base/error.h"
#include "core/vote/mcnemar.h"
#include "jobs/vote/vote_report.h"

#include <stdio.h>

/// Two votes on every puzzle, compared rule by rule: which is right where, and McNemar's test.
struct vote_comparison {
    double confidence;
    struct vote_row sides[2];             ///< named as they were asked for
    unsigned rules;                       ///< bits: those that both can be counted by
    struct hrm_mcnemar tables[HRM_RULES]; ///< by puzzle
};

/// Compare two subsets of the passes. Collective on world.
///
/// A subset is CHECKPOINTS or CHECKPOINTS:PERTURBATIONS, lists as of vote_choice, or the name of a
/// configuration of the table that is one vote (with bootstrap, or of one checkpoint); there the
/// checkpoints and perturbations of `choice` are what it is made of.
/// @param text  [in] two subsets with a slash between: "0-9:0-8/0-9:0", "relabel/baseline"
/// Errors, the same on every rank: HRM_USAGE naming what is wrong with the text; HRM_DATA,
/// HRM_FAILED.
int vote_compare(struct vote_comparison *comparison, const struct hrm_world *world,
                 const struct hrm_pool *pool, const struct vote_choice *choice, const char *text,
                 struct hrm_error *error);

void vote_compare_text(const struct vote_comparison *comparison, FILE *stream);
void vote_compare_csv(const struct vote_comparison *comparison, FILE *stream);
/// Errors: HRM_FAILED when memory is short or the stream fails.
int vote_compare_json(const struct vote_comparison *comparison, FILE *stream,
                      struct hrm_error *error);

#endif
