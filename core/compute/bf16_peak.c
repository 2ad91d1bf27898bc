#include "core/compute/bf16_peak.h"
#include "core/compute/bf16_block.h"

#include <time.h>

enum { PRODUCTS = 20000, RUNS = 20, FLOP = 2 * HRM_TILE * HRM_TILE * HRM_TILE_DEPTH };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void zero_tiles(void)
{
    static const uint8_t nothing[HRM_TILE_BYTES];
    hrm_tile_open();
    hrm_tile_zero(0);
    hrm_tile_zero(1);
    hrm_tile_zero(2);
    hrm_tile_zero(3);
    hrm_tile_load(4, nothing, 64);
    hrm_tile_load(5, nothing, 64);
    hrm_tile_load(6, nothing, 64);
    hrm_tile_load(7, nothing, 64);
}

static double run_registers(void)
{
    const double start = now();
    for (int i = 0; i < PRODUCTS; i += 4) {
        hrm_tile_multiply(0, 4, 6);
        hrm_tile_multiply(1, 4, 7);
        hrm_tile_multiply(2, 5, 6);
        hrm_tile_multiply(3, 5, 7);
    }
    return (double)PRODUCTS * FLOP / (now() - start);
}

static double run_fed(const uint8_t *base, size_t bytes)
{
    const size_t quarter = bytes / 4;
    size_t at = 0;
    const double start = now();
    for (int i = 0; i < PRODUCTS; i += 4) {
        hrm_bf16_step(base + 2 * at, 64, HRM_TILE_BYTES, base + 2 * quarter + at,
                      base + 3 * quarter + at);
        at = at + HRM_TILE_BYTES < quarter ? at + HRM_TILE_BYTES : 0;
    }
    return (double)PRODUCTS * FLOP / (now() - start);
}

double hrm_bf16_peak(void)
{
    double best = 0;
    zero_tiles();
    for (int i = 0; i < RUNS; i++) {
        const double got = run_registers();
        best = got > best ? got : best;
    }
    hrm_tile_close();
    return best;
}

double hrm_bf16_peak_fed(const void *operands, size_t bytes)
{
    double best = 0;
    zero_tiles();
    for (int i = 0; i < RUNS; i++) {
        const double got = run_fed(operands, bytes);
        best = got > best ? got : best;
    }
    hrm_tile_close();
    return best;
}
