#include "jobs/bench/bench_peaks.h"

#include "jobs/cli/console.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 7, GEMM = 1024 };
#define L2_BYTES     ((size_t)512 << 10)
#define MEMORY_BYTES ((size_t)192 << 20)

/// Bytes/s of copying `bytes` to the place behind them, `times` times a run.
static double copy_rate(unsigned char *memory, size_t bytes, int times)
{
    double best = INFINITY;
    for (int run = 0; run < RUNS; run++) {
        double start = hrm_seconds();
        for (int i = 0; i < times; i++) {
            memcpy(memory + bytes, memory, bytes);
            // The copy is wanted for its own sake, which a compiler cannot know.
            __asm__ volatile("" : : "r"(memory) : "memory");
        }
        best = fmin(best, hrm_seconds() - start);
    }
    return 2.0 * (double)bytes * times / best;
}

static double sgemm_rate(float *memory)
{
    const size_t count = (size_t)GEMM * GEMM;
    float *a = memory, *b = memory + count, *c = memory + 2 * count;
    double best = INFINITY;
    for (size_t i = 0; i < 2 * count; i++)
        memory[i] = (float)(i % 7) - 3;
    for (int run = 0; run < RUNS; run++) {
        double start = hrm_seconds();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, GEMM, GEMM, GEMM, 1, a, GEMM, b, GEMM,
                    0, c, GEMM);
        best = fmin(best, hrm_seconds() - start);
    }
    return 2.0 * GEMM * GEMM * GEMM / best;
}

/// The backend whose tiles are measured: the one that is benched, or the best of this machine.
static const struct hrm_backend *with_tiles(const struct hrm_backend *benched)
{
    if (benched->peak)
        return benched;
    for (const struct hrm_backend *const *backend = hrm_backends(); *backend != NULL; backend++)
        if ((*backend)->peak && (*backend)->available())
            return *backend;
    return NULL;
}

int hrm_bench_peaks_measure(const struct hrm_backend *benched, struct hrm_bench_peaks *peaks,
                            struct hrm_error *error)
{
    *peaks = (struct hrm_bench_peaks){0};
    unsigned char *memory = aligned_alloc(64, 2 * MEMORY_BYTES);
    if (!memory)
        return hrm_fail(error, HRM_FAILED, "no memory for %zu bytes", 2 * MEMORY_BYTES);
    memset(memory, 0, 2 * MEMORY_BYTES);
    const struct hrm_backend *tiles = with_tiles(benched);
    if (tiles) {
        peaks->tiles = tiles->peak();
        peaks->tiles_l2 = tiles->peak_fed(memory, L2_BYTES * 2);
    }
    peaks->l2 = copy_rate(memory, L2_BYTES, 200);
    peaks->memory = copy_rate(memory, MEMORY_BYTES, 1);
    if (hrm_backend_blas.available())
        peaks->sgemm = sgemm_rate((float *)(void *)memory);
    free(memory);
    return HRM_OK;
}
