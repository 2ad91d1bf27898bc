#ifndef HRM_JOBS_PLAN_PRINT_H
#define HRM_JOBS_PLAN_PRINT_H

#include <stdbool.h>
#include <stdint.h>

struct hrm_cluster;
struct hrm_error;
struct hrm_footprint;
struct hrm_forecast;
struct hrm_model;
struct hrm_workload;
struct plan_depth;
struct plan_speed;

/// The evaluation of Augmented HRM (Ren and Liu 2026): what they ran and what they quote.
enum {
    PLAN_PUBLISHED_PUZZLES = 422786,
    PLAN_PUBLISHED_CHECKPOINTS = 10,
    PLAN_PUBLISHED_PERTURBATIONS = 9,
    PLAN_PUBLISHED_SEGMENTS = 16,
    PLAN_PUBLISHED_GPU_HOURS = 500
};

/// Everything that `hrmpi plan` has found out. Nothing is owned.
struct plan_report {
    const struct hrm_workload *work;
    const struct hrm_cluster *cluster;
    const struct hrm_model *model;              ///< of the evaluation
    const struct plan_speed *speed, *published; ///< of the evaluation's model, of the published one
    const struct plan_depth *depth;
    const char *like;                     ///< the file that the depth is from, or empty
    int64_t process;                      ///< bytes of a process that does nothing yet
    const struct hrm_forecast *forecasts; ///< [count]
    const struct hrm_footprint *volumes;  ///< [count]
    int count;
};

/// Print as text or as JSON to stdout. Errors: HRM_FAILED when memory is short.
int plan_print(const struct plan_report *report, bool json, struct hrm_error *error);

#endif
