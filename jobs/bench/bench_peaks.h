#ifndef HRM_JOBS_BENCH_PEAKS_H
#define HRM_JOBS_BENCH_PEAKS_H

#include "core/base/error.h"

/// What one core of this machine reaches on its own, the best of some runs. 0: it has no such unit.
struct hrm_bench_peaks {
    double matrix;    ///< FLOP/s of the matrix unit in bf16, tiles in registers
    double matrix_l2; ///< the same with its tiles loaded from the second cache
    double sgemm;     ///< FLOP/s of OpenBLAS in fp32 on a product of 1024 x 1024 x 1024
    double l2;        ///< bytes/s of a copy in the second cache, read and written
    double memory;    ///< bytes/s of a copy in memory, read and written
};

/// Measure them; about a second, on one thread. Errors: HRM_FAILED when memory is short.
int hrm_bench_peaks_measure(struct hrm_bench_peaks *peaks, struct hrm_error *error);

#endif
