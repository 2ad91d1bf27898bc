#ifndef HRM_JOBS_MACHINE_H
#define HRM_JOBS_MACHINE_H

#include <stdint.h>

/// The machine that this process runs on, as far as it matters for speed.
struct hrm_machine {
    char host[256];
    char cpu[128];          ///< model name
    char instructions[128]; ///< of AVX2, FMA, AVX-512F, AVX512-BF16, AMX-BF16 those that it has
    char mask[128];         ///< CPUs that this process may use, as "0-3,8"
    int cpus;               ///< number of them
    int online;             ///< CPUs of the machine
    double quota;           ///< CPUs that a CPU quota leaves it, such as 1.5; 0: no quota
    int64_t l1, l2, l3;     ///< data caches in bytes; 0: unknown
    int64_t memory;         ///< bytes of the machine
    int64_t available;      ///< bytes that are free now
};

/// Look at the machine. What cannot be found out stays empty or 0.
void hrm_machine_look(struct hrm_machine *machine);

/// CPUs that the CPU quota of this process's control group leaves it, or that of a group above it,
/// whichever is less, such as 1.5; 0: no quota. Reads cpu.max (cgroup v2) and cpu.cfs_quota_us with
/// cpu.cfs_period_us (v1).
/// @param root  what stands before /proc and /sys, empty for this machine
double hrm_machine_quota(const char *root);

/// Bytes that the control group of this process may hold, or that of a group above it, whichever is
/// less; 0: no limit. Reads memory.max (cgroup v2) and memory.limit_in_bytes (v1).
int64_t hrm_machine_memory_limit(const char *root);

/// Largest resident size of this process so far, bytes.
int64_t hrm_machine_peak_memory(void);

/// CPU seconds of this process so far, user and system.
double hrm_machine_cpu_seconds(void);

#endif
