#ifndef HRM_JOBS_VOTE_REPORT_H
#define HRM_JOBS_VOTE_REPORT_H

#include "core/base/error.h"
#include "core/file/pool.h"
#include "core/vote/interval.h"
#include "core/vote/tally.h"
#include "mpi/world.h"

#include <stdbool.h>
#include <stdint.h>

/// All that `hrmpi vote` tells of some votes files, as numbers: what is printed as text, JSON, CSV
/// or a page is computed here. It depends on the votes alone, not on the ranks that count them.

/// Some passes of every puzzle, voted on by every rule; or the mean of several such votes.
struct vote_row {
    char name[64];
    int checkpoints, perturbations, passes; ///< of one vote
    int copies;     ///< votes that the row is the mean of; 0: there are no such passes
    unsigned rules; ///< bits 1 << rule: those that can be counted, see vote_row_has()
    struct hrm_tally tally;
};

/// Whether the passes that the rule looks at were all run.
static inline bool vote_row_has(const struct vote_row *row, enum hrm_rule rule)
{
    return row->copies > 0 && (row->rules >> rule & 1);
}

/// Bits of the rules that can be counted; 0 for a row of no passes.
static inline unsigned vote_row_rules(const struct vote_row *row)
{
    return row->copies > 0 ? row->rules : 0;
}

/// A rule's share of right answers in a band (-1: all), with Wilson's interval. n is the number of
/// puzzles: votes of several checkpoints on one puzzle are not independent.
struct vote_cell {
    int64_t n, asked, answered, right;
    double share;
    struct hrm_interval interval;
};
struct vote_cell vote_row_cell(const struct vote_row *row, enum hrm_rule rule, int band,
                               double confidence);

/// Whether the examples of a training were mixed with easier copies.
enum vote_training { VOTE_PLAIN, VOTE_MIXED, VOTE_TRAININGS };

/// "without mixing", "with mixing".
const char *vote_training_name(enum vote_training training);

/// A row of the published table.
#define VOTE_CONFIGURATIONS 8
struct vote_configuration {
    enum vote_training training;
    bool bootstrap;      ///< all checkpoints vote together; else the mean over the checkpoints
    bool perturbed;      ///< under all perturbations; else under none
    double published;    ///< % right under the rule `published` in the paper; 0: not given there
    const char *missing; ///< why there is no row (row.copies is 0), or NULL
    struct vote_row row; ///< "mixing + bootstrap"
};

/// A checkpoint of the pool.
struct vote_checkpoint {
    int index; ///< in the pool: what --checkpoints takes
    enum vote_training training;
    const struct hrm_votes_checkpoint *about; ///< seed, step, replica, path; in the pool
    struct vote_row plain;                    ///< its unperturbed pass; counted for the table
    struct vote_row row;                      ///< all its passes
};

/// A training: the checkpoints of one seed.
struct vote_run {
    int64_t seed, replica;
    int first, count;    ///< of the report's checkpoints, by rising step
    bool copy;           ///< has weights of a run before it: not in means over runs
    struct vote_row row; ///< all its passes together; counted when count > 1
};

/// A rule's accuracy (0..1) over several runs: mean, standard deviation, Student's t interval.
struct vote_mean {
    int64_t step;   ///< of the checkpoints; -1: each run's last
    int runs;       ///< 0: there is nothing
    unsigned rules; ///< bits: those that can be counted in every run
    struct hrm_spread spread[HRM_RULES];
};

/// All runs of one kind of training.
struct vote_sweep {
    int first, count;           ///< of the report's checkpoints
    int first_run, runs;        ///< of the report's runs
    struct vote_mean last;      ///< a run's last checkpoint
    struct vote_mean snapshots; ///< all checkpoints of a run as one ensemble; when some has several
    struct vote_row seeds;      ///< the last checkpoints of all runs as one ensemble; when runs > 1
    struct vote_mean *steps;    ///< [step_count] against training step, rising; owned
    int step_count;
    struct vote_row *curve; ///< [curve_count] against the number of passes: 1, 2, 4, .. of them,
    int curve_count;        ///< as hrmpi eval runs them: newest step first, a checkpoint's
                            ///< perturbations in order; owned
};

struct vote_report {
    const struct hrm_pool *pool; ///< not owned
    double confidence;           ///< of all intervals
    bool table;                  ///< whether configurations and curves are counted
    int unrecorded; ///< checkpoints that do not say whether they saw mixing: taken as not
    int doubled;    ///< checkpoints left out, since their weights vote already
    const struct hrm_votes_checkpoint *twin[2]; ///< one that votes and one so left out, if any
    int copies;        ///< runs that are copies of others, with other numbers of segments
    int *perturbation; ///< [perturbations] selected, of the pool's; owned
    int perturbations;
    struct vote_row all;   ///< all selected passes together
    struct vote_row first; ///< the first pass of a puzzle: of the newest checkpoint
    struct vote_configuration configurations[VOTE_CONFIGURATIONS];
    struct vote_checkpoint *checkpoints; ///< [checkpoint_count] selected, by training, run, step
    int checkpoint_count;
    struct vote_run *runs; ///< [run_count]
    int run_count;
    struct vote_sweep sweeps[VOTE_TRAININGS];
    struct vote_sweep both; ///< where there are both trainings, for the table: all checkpoints,
                            ///< of which only first, count and curve are known; else count is 0
};

/// "trained with mixing", "trained without mixing", "both trainings".
const char *vote_sweep_name(const struct vote_report *report, const struct vote_sweep *sweep);

/// What is to be voted on.
struct vote_choice {
    const char *checkpoints;   ///< a list as of hrm_selection_init(); "last": of each run the last
    const char *perturbations; ///< a list
    bool table;
    double confidence;
};

/// Count the votes. Collective on world. Free with vote_report_free() in any case.
/// Errors, the same on every rank: HRM_USAGE for a bad list, HRM_DATA, HRM_FAILED.
int vote_report_make(struct vote_report *report, const struct hrm_world *world,
                     const struct hrm_pool *pool, const struct vote_choice *choice,
                     struct hrm_error *error);
void vote_report_free(struct vote_report *report);

#endif
