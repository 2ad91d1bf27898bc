#ifndef HRM_MPI_SHARED_H
#define HRM_MPI_SHARED_H

#include "mpi/world.h"

#include <stdbool.h>
#include <stddef.h>

/// Memory that the ranks of a node share, 64-byte aligned, 0 at first; or, where the node's shared
/// memory cannot hold it, memory of each rank alone.
///
/// It is asked of the system and not of MPI: MPI_Win_allocate_shared() leaves the other ranks
/// waiting where the first of them finds no space, as in a container with a small /dev/shm.
struct hrm_shared {
    void *memory;
    size_t bytes;
    bool own; ///< of this rank alone
};

/// Get `bytes` on every node, the same number on all ranks. Each node decides for itself whether it
/// shares, and all its ranks alike; a rank alone on its node has memory of its own.
/// Collective on world. Errors, the same on every rank: HRM_FAILED.
int hrm_shared_take(struct hrm_shared *shared, const struct hrm_world *world, size_t bytes,
                    struct hrm_error *error);

/// Give back what lies beyond the first `bytes`, on all ranks of the node at once.
void hrm_shared_trim(struct hrm_shared *shared, size_t bytes);

/// Not collective. A zeroed struct is allowed.
void hrm_shared_free(struct hrm_shared *shared);

/// What one rank of the node wrote before, the others can read afterwards. Collective on the node.
int hrm_shared_wait(const struct hrm_shared *shared, const struct hrm_world *world,
                    struct hrm_error *error);

/// Whether shared memory has room for the small pieces that MPI takes of it by itself, on all
/// nodes. Collective on comm.
int hrm_shared_has_room(MPI_Comm comm, bool *room, struct hrm_error *error);

#endif
