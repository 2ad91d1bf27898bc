#ifndef HRM_JOBS_EVAL_OPTIONS_H
#define HRM_JOBS_EVAL_OPTIONS_H

#include "core/base/options.h"
#include "core/vote/rules.h"

#include <stdbool.h>
#include <stdint.h>

struct hrm_error;
struct hrm_model_config;
struct hrm_perturbations;
struct hrm_task;

/// What `hrmpi eval` is told, section [eval]. The table in eval_options.c has the defaults and
/// says what each means.
struct eval_options {
    char checkpoints[HRM_OPTION_TEXT];
    int last;
    char puzzles[HRM_OPTION_TEXT];
    int64_t first, subset;
    bool allow_ambiguous;
    int64_t seed;
    char perturbations[HRM_OPTION_TEXT];
    int segments;
    int leave; ///< enum hrm_leave
    int settled_segments;
    int prune; ///< 0: off, else which of eval_options_rule()
    char backend[HRM_OPTION_TEXT];
    int threads, block;
    int claims; ///< enum hrm_queue_kind
    char output[HRM_OPTION_TEXT];
    bool overwrite;
    double max_time;
};

#define EVAL_NUMBERS 32 ///< more than the section has options that decide votes

/// Section "eval" of a configuration.
struct hrm_option_section eval_options_section(struct eval_options *options);

/// What of the options decides the votes, for their identity: sources and the plan come on top.
/// @param numbers  [out] [EVAL_NUMBERS]
/// Returns how many.
int eval_options_numbers(const struct eval_options *options, uint64_t *numbers);

/// The rule to prune by, or HRM_RULES for none.
enum hrm_rule eval_options_rule(const struct eval_options *options);

/// The perturbations of `text` (see core/eval/perturbation.h), where "auto" is cyclic:9, or for a
/// symbol-equivariant model, which answers all relabellings alike, init:9. Warns where such a model
/// is given relabellings.
/// With another task than Sudoku auto is its first kind of views.
/// @param config  of the model
/// Errors: of hrm_perturbations_parse().
int eval_options_perturbations(const char *text, int64_t seed, const struct hrm_task *task,
                               const struct hrm_model_config *config,
                               struct hrm_perturbations *list, struct hrm_error *error);

#endif
