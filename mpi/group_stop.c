#include "mpi/group_stop.h"

#include <stdlib.h>

int hrm_group_stop_init(struct hrm_group_stop *notice, const struct hrm_world *world,
                        const struct hrm_group *group, struct hrm_error *error)
{
    *notice = (struct hrm_group_stop){.comm = MPI_COMM_NULL};
    int color = group->rank == 0 ? 0 : MPI_UNDEFINED;
    int status = HRM_MPI(MPI_Comm_split(world->comm, color, world->rank, &notice->comm), error);
    if (status == HRM_OK && notice->comm != MPI_COMM_NULL) {
        status = HRM_MPI(MPI_Comm_set_errhandler(notice->comm, MPI_ERRORS_RETURN), error);
        notice->rank = group->replica;
        notice->size = group->replicas;
        notice->requests = calloc((size_t)group->replicas, sizeof(MPI_Request));
        if (!notice->requests)
            status = hrm_fail(error, HRM_FAILED, "no memory for %d replicas", group->replicas);
    }
    return hrm_agree(world->comm, status, error);
}

int hrm_group_stop_send(struct hrm_group_stop *notice, bool stop, struct hrm_error *error)
{
    int status = HRM_OK;
    if (notice->sent)
        return HRM_OK;
    notice->sent = true;
    notice->value = stop;
    for (int i = 0; i < notice->size && status == HRM_OK; i++) {
        notice->requests[i] = MPI_REQUEST_NULL;
        if (i != notice->rank)
            status = HRM_MPI(
                MPI_Isend(&notice->value, 1, MPI_INT, i, 0, notice->comm, &notice->requests[i]),
                error);
    }
    return status;
}

static int hear(struct hrm_group_stop *notice, int source, struct hrm_error *error)
{
    int value = 0;
    int status =
        HRM_MPI(MPI_Recv(&value, 1, MPI_INT, source, 0, notice->comm, MPI_STATUS_IGNORE), error);
    notice->heard++;
    notice->stop = notice->stop || value;
    return status;
}

int hrm_group_stop_poll(struct hrm_group_stop *notice, bool *stop, struct hrm_error *error)
{
    int found = notice->size > 1, status = HRM_OK;
    while (found && status == HRM_OK && notice->heard < notice->size - 1) {
        MPI_Status message;
        status = HRM_MPI(MPI_Iprobe(MPI_ANY_SOURCE, 0, notice->comm, &found, &message), error);
        if (status == HRM_OK && found)
            status = hear(notice, message.MPI_SOURCE, error);
    }
    *stop = notice->stop;
    return status;
}

int hrm_group_stop_finish(struct hrm_group_stop *notice, struct hrm_error *error)
{
    int status = HRM_OK;
    if (notice->size > 0)
        status = hrm_group_stop_send(notice, false, error);
    while (status == HRM_OK && notice->heard < notice->size - 1)
        status = hear(notice, MPI_ANY_SOURCE, error);
    for (int i = 0; i < notice->size && status == HRM_OK; i++)
        status = HRM_MPI(MPI_Wait(&notice->requests[i], MPI_STATUS_IGNORE), error);
    if (notice->size > 0)
        MPI_Comm_free(&notice->comm);
    free(notice->requests);
    *notice = (struct hrm_group_stop){.comm = MPI_COMM_NULL};
    return status;
}
