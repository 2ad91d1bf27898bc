#ifndef HRM_JOBS_PLAN_OPTIONS_H
#define HRM_JOBS_PLAN_OPTIONS_H

#include "core/base/options.h"
#include "core/eval/simulate.h"

#include <stdbool.h>
#include <stdint.h>

/// What `hrmpi plan` is told besides the evaluation, section [plan]. The table in plan_options.c
/// has the defaults and says what each means.
struct plan_options {
    char simulate[HRM_OPTION_TEXT];
    int models;
    char task[HRM_OPTION_TEXT];
    int64_t count;
    char like[HRM_OPTION_TEXT], bench[HRM_OPTION_TEXT];
    double measure;
    int clock; ///< 1: wall
    double segment_ms, contention;
    int cores, nodes;
    double spread;
    double launch, launch_rank_ms, load;
    double claim_us, service_us;
    double store_ms, read_gb_s, write_gb_s, network_gb_s, vote_us;
    bool json;
};

/// Section "plan" of a configuration.
struct hrm_option_section plan_options_section(struct plan_options *options);

#define PLAN_RANKS 64 ///< rank counts of a simulation, at most

/// The rank counts of options->simulate. @param ranks [PLAN_RANKS]
/// Errors: HRM_USAGE naming what is no number of ranks.
int plan_options_ranks(const struct plan_options *options, int *ranks, int *count,
                       struct hrm_error *error);

#endif
