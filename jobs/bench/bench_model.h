#ifndef HRM_JOBS_BENCH_MODEL_H
#define HRM_JOBS_BENCH_MODEL_H

#include "core/base/error.h"
#include "core/compute/probe.h"
#include "core/model/config.h"

/// How a model is measured.
struct hrm_bench_setup {
    struct hrm_model_config config;
    const struct hrm_backend *backend;
    int puzzles;    ///< of a thread's row block; 0: as the backend likes
    int threads;    ///< each with puzzles of its own
    double seconds; ///< to spend on each figure
};

/// One figure: seconds are the best of its runs, for one row block on each thread.
struct hrm_bench_figure {
    int puzzles;            ///< that all threads together have worked on
    double seconds, gflop;  ///< gflop for these puzzles
    struct hrm_probe parts; ///< of the fastest run, one thread only; zero with more
};

struct hrm_bench_result {
    struct hrm_bench_figure evaluation; ///< one segment
    struct hrm_bench_figure training;   ///< forward, second forward if there is one, backward;
                                        ///< without the update, which is once a batch
};

/// Measure evaluation and training on random weights and puzzles.
/// Errors: HRM_USAGE when the model is none or not one for the backend; HRM_FAILED.
int hrm_bench_model(const struct hrm_bench_setup *setup, struct hrm_bench_result *result,
                    struct hrm_error *error);

#endif
