#ifndef HRM_JOBS_PLAN_PROBE_H
#define HRM_JOBS_PLAN_PROBE_H

#include "core/base/error.h"
#include "mpi/world.h"

#include <stdint.h>

/// What the counter and the storage do here.
struct plan_probe {
    double launch;        ///< seconds from the start of this process to now
    double claim_latency; ///< seconds of a claim of the last rank while no other claims
    double claim_service; ///< seconds a claim while all ranks claim
    double store_latency; ///< seconds of the store of a small block
    double write_rate;    ///< bytes a second of large blocks, on the disk at the end
};

/// Seconds since this process was started.
double plan_probe_age(void);

/// Some thousand claims. Collective on world. Errors: HRM_FAILED on every rank.
int plan_probe_claims(struct plan_probe *probe, const struct hrm_world *world,
                      struct hrm_error *error);

/// Store small and large blocks in a votes file beside `output` that is removed afterwards.
/// Collective on world. @param block  puzzles of a small one
/// Errors, the same on every rank: HRM_USAGE when the folder cannot be written, HRM_FAILED.
int plan_probe_store(struct plan_probe *probe, const struct hrm_world *world, const char *output,
                     int block, struct hrm_error *error);

#endif
