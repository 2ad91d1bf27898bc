#ifndef HRM_MPI_STATE_H
#define HRM_MPI_STATE_H

#include "core/file/checkpoint.h"

#include <stdbool.h>
#include <stddef.h>

struct hrm_error;
struct hrm_trainer;

/// A state file holds all that the next step of a replica depends on, so that a run goes on to the
/// bit as if it had never stopped, on any number of ranks and threads. What it looks like:
/// core/file/state_file.h.
///
/// Written and read by all ranks at once, each its own slots and its share of the rest, by MPI-IO.
/// With N parameters and S slots of c bytes a file has 4 N (3 + [ema]) + S c bytes.
struct hrm_state {
    struct hrm_trainer *trainer;      ///< not owned
    struct hrm_provenance provenance; ///< step, seed, replica and backend are the trainer's
    void *extra;                      ///< what the caller keeps with it, the same on every rank
    size_t extra_bytes;               ///< > 0
};

/// Write a state: to a temporary name, flushed, synced, read back and compared, renamed.
/// Collective on the group. Errors, the same on every rank: HRM_FAILED, HRM_USAGE for a folder
/// that cannot be written; what lay under the name is then as it was.
int hrm_state_write(struct hrm_state *state, const char *path, struct hrm_error *error);

/// Read a state into the trainer, `extra` and `provenance`. Collective on the group. Errors, the
/// same on every rank: HRM_DATA naming file and dataset when it is damaged or of another shape;
/// HRM_FAILED. The trainer must not be used after an error but for reading another state.
int hrm_state_read(struct hrm_state *state, const char *path, struct hrm_error *error);

/// Read what a state says of itself; one process. Errors: HRM_DATA.
int hrm_state_about(const char *path, struct hrm_provenance *provenance, struct hrm_error *error);

#endif
