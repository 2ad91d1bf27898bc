#ifndef HRM_JOBS_PLOT_RUNS_H
#define HRM_JOBS_PLOT_RUNS_H

#include "core/base/atomic_file.h"
#include "jobs/plot/metrics.h"

/// A training whose curves are drawn.
struct plot_run {
    char path[HRM_PATH + 64]; ///< of its metrics
    char said[HRM_PATH + 64]; ///< the same with the folder as it was given: "mixing/replica-0/..."
    char name[256];           ///< what tells it from the others
    struct metrics metrics;
};

struct plot_runs {
    struct plot_run *run; ///< [count]; owned
    int count, capacity;
};

/// Read the metrics that some arguments name: files, folders of replicas, or folders of runs, which
/// stand for all their replicas, or models that come with the program. A file without lines yet is
/// passed over with a warning.
/// @param names  [in] names separated by commas for the arguments' runs in order, or ""
/// Free with plot_runs_free() in any case.
/// Errors: HRM_USAGE when names and runs are not as many, HRM_DATA, HRM_FAILED.
int plot_runs_read(struct plot_runs *runs, char *const *arguments, int count, const char *names,
                   struct hrm_error *error);
void plot_runs_free(struct plot_runs *runs);

#endif
