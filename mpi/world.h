#ifndef HRM_MPI_WORLD_H
#define HRM_MPI_WORLD_H

#include "core/base/error.h"

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>

/// The processes of a run, and how they are grouped.
struct hrm_world {
    MPI_Comm comm; ///< all ranks; a duplicate of MPI_COMM_WORLD, errors are returned
    int rank, size;
    MPI_Comm node; ///< the ranks that share this node's memory
    int node_rank, node_size;
    int nodes;
    char host[256];
    char note[512]; ///< what the user should know of how the ranks were started, or ""
};

/// A replica group: the ranks that train one replica together.
struct hrm_group {
    MPI_Comm comm;
    int rank, size;
    int replica;  ///< index of the replica, 0..replicas-1
    int replicas; ///< in the world
};

/// Start MPI (thread level MULTIPLE where provided, at least SERIALIZED) and fill world. A process
/// without a launcher is a world of its own, and starts no daemon.
/// Collective. Errors: HRM_FAILED; HRM_USAGE when the processes cannot find each other (launch.h),
/// with an empty text where another process says it.
int hrm_world_start(struct hrm_world *world, struct hrm_error *error);

/// End MPI. Collective. A zeroed world is allowed.
void hrm_world_finish(struct hrm_world *world);

/// This rank as a world of its own, between start and finish. Nothing to free.
struct hrm_world hrm_world_alone(void);

/// Split the world into `replicas` groups of consecutive ranks whose sizes differ by at most one.
/// Collective. Errors: HRM_USAGE when there are more replicas than ranks.
int hrm_group_split(const struct hrm_world *world, int replicas, struct hrm_group *group,
                    struct hrm_error *error);
void hrm_group_free(struct hrm_group *group);

/// The hosts of a group without repetition, as "n1 n2 n3", for the provenance. Collective.
/// @param text  [out] char[size] on rank 0 of the group, cut where it does not fit
/// Errors: HRM_FAILED.
int hrm_group_hosts(const struct hrm_group *group, const char *host, char *text, size_t size,
                    struct hrm_error *error);

/// Agree on the outcome of something that only some ranks can see: every rank returns the status
/// of the lowest failing rank and holds its text, prefixed with that rank when there are several.
/// Collective on comm.
int hrm_agree(MPI_Comm comm, int status, struct hrm_error *error);

/// Give every rank of comm the bytes of its rank 0. Collective on comm.
int hrm_broadcast(MPI_Comm comm, void *data, size_t bytes, struct hrm_error *error);

/// Add up what every rank has of one thing, and find the most that a rank has of another.
/// Collective on comm. @param sum, most  [in,out] this rank's; then of all, on every rank
int hrm_total(MPI_Comm comm, double *sum, double *most, struct hrm_error *error);

/// End the whole job at once from a rank that cannot go on, with its message. Does not return.
_Noreturn void hrm_world_abort(const struct hrm_world *world, const struct hrm_error *error);

/// Turn an MPI return code into a status; use through HRM_MPI().
int hrm_mpi_check(int code, const char *call, const char *file, int line, struct hrm_error *error);

/// HRM_MPI(MPI_Barrier(comm), error): HRM_OK, or HRM_FAILED with file, line, rank and MPI's text.
#define HRM_MPI(call, error) hrm_mpi_check((call), #call, __FILE__, __LINE__, (error))

#endif
