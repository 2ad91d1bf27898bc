#ifndef HRM_MPI_GROUP_STOP_H
#define HRM_MPI_GROUP_STOP_H

#include "core/base/error.h"
#include "mpi/world.h"

#include <stdbool.h>

/// How replica groups, which train apart and never wait for each other, hear that the run is to
/// stop. The first rank of each sends one message of an int to that of every other, when its
/// group stops or ends; looking for them costs a probe a step.
struct hrm_group_stop {
    MPI_Comm comm;  ///< the first ranks of all groups; MPI_COMM_NULL on the others
    int rank, size; ///< in it
    int heard;      ///< groups that have sent theirs
    bool sent, stop;
    int value;             ///< of what was sent
    MPI_Request *requests; ///< [size]
};

/// Collective on world. Errors, the same on every rank: HRM_FAILED.
int hrm_group_stop_init(struct hrm_group_stop *notice, const struct hrm_world *world,
                        const struct hrm_group *group, struct hrm_error *error);

/// Tell the other groups, once, that this one stops, or that it has ended. First rank of a group;
/// nothing happens on the others.
int hrm_group_stop_send(struct hrm_group_stop *notice, bool stop, struct hrm_error *error);

/// Whether another group has said that it stops. First rank of a group; false on the others.
int hrm_group_stop_poll(struct hrm_group_stop *notice, bool *stop, struct hrm_error *error);

/// Tell the others, wait for them, and free. Collective on world. A zeroed notice is allowed.
int hrm_group_stop_finish(struct hrm_group_stop *notice, struct hrm_error *error);

#endif
