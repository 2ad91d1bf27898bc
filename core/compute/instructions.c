#include "core/compute/instructions.h"

#include <cblas.h>
#include <cpuid.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Linux asks a process to request the 8 KB of tile state once (arch_prctl, feature 18).
enum { ARCH_REQUEST_STATE = 0x1023, STATE_TILE_DATA = 18 };

/// The state components that the operating system saves: SSE, AVX, AVX-512; tiles.
enum { STATE_VECTORS = 0xe6, STATE_TILES = 0x60000 };

static bool state_enabled(unsigned wanted)
{
    unsigned a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
        return false;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & wanted) == wanted;
}

bool hrm_bf16_avx512_available(void)
{
    const unsigned avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; // F, DQ, BW, VL
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & avx512) != avx512)
        return false;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & 1u << 5) && // AVX512_BF16
           state_enabled(STATE_VECTORS);
}

static bool blas_has_avx512(void)
{
    static const char *const cores[] = {"SkylakeX", "Cooperlake", "SapphireRapids"};
    bool found = false;
    for (size_t i = 0; i < sizeof cores / sizeof *cores; i++)
        found = found || strcasecmp(openblas_get_corename(), cores[i]) == 0;
    return found;
}

bool hrm_bf16_avx512_pays(void)
{
    char vendor[12];
    unsigned a, b, c, d;
    if (!__get_cpuid(0, &a, &b, &c, &d))
        return false;
    memcpy(vendor, &b, 4);
    memcpy(vendor + 4, &d, 4);
    memcpy(vendor + 8, &c, 4);
    return memcmp(vendor, "AuthenticAMD", sizeof vendor) == 0 || !blas_has_avx512();
}

bool hrm_bf16_amx_available(void)
{
    const unsigned amx = 1u << 22 | 1u << 24; // bf16, tile
    unsigned a, b, c, d;
    return hrm_bf16_avx512_available() && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
           (d & amx) == amx && state_enabled(STATE_TILES) &&
           syscall(SYS_arch_prctl, ARCH_REQUEST_STATE, STATE_TILE_DATA) == 0;
}
