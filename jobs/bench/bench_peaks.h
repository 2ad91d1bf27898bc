#ifndef HRM_JOBS_BENCH_PEAKS_H
#define HRM_JOBS_BENCH_PEAKS_H

#include "core/base/error.h"
#include "core/compute/backend.h"

/// What one core of this machine reaches on its own, the best of some runs. 0: it has no such unit.
struct hrm_bench_peaks {
    double tiles;    ///< FLOP/s of bf16 products of tiles that stay where they are
    double tiles_l2; ///< the same with the tiles loaded from the second cache
    double sgemm;    ///< FLOP/s of OpenBLAS in fp32 on a product of 1024 x 1024 x 1024
    double l2;       ///< bytes/s of a copy in the second cache, read and written
    double memory;   ///< bytes/s of a copy in memory, read and written
};

/// Measure them; about a second, on one thread. The tiles are those of the backend that is benched,
/// or where it has none those of the best that this machine can run.
/// Errors: HRM_FAILED when memory is short.
int hrm_bench_peaks_measure(const struct hrm_backend *benched, struct hrm_bench_peaks *peaks,
                            struct hrm_error *error);

#endif
