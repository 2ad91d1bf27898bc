#include "mpi/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Bytes of a host name that are kept.
#define HOST 64

int hrm_trainer_snapshot(const struct hrm_trainer *trainer, const char *path,
                         const struct hrm_provenance *provenance, struct hrm_error *error)
{
    int status = HRM_OK;
    if (trainer->group->rank == 0) {
        struct hrm_checkpoint checkpoint = {.config = trainer->model.config,
                                            .provenance = *provenance,
                                            .layout = trainer->model.layout,
                                            .params = trainer->params,
                                            .ema = trainer->ema};
        checkpoint.provenance.step = trainer->step;
        checkpoint.provenance.seed = trainer->training.seed;
        checkpoint.provenance.replica = trainer->group->replica;
        snprintf(checkpoint.provenance.backend, sizeof checkpoint.provenance.backend, "%s",
                 trainer->model.backend->name);
        status = hrm_checkpoint_write(path, &checkpoint, error);
    }
    return hrm_agree(trainer->group->comm, status, error);
}

/// Append the names that differ from the one before: the ranks of a host are neighbours.
static void join_hosts(const char *hosts, int count, char *text, size_t size)
{
    *text = '\0';
    for (int r = 0; r < count; r++) {
        const char *host = hosts + (size_t)r * HOST;
        size_t used = strlen(text);
        if (r == 0 || strcmp(host, host - HOST) != 0)
            snprintf(text + used, size - used, "%s%s", r ? " " : "", host);
    }
}

int hrm_group_hosts(const struct hrm_group *group, const char *host, char *text, size_t size,
                    struct hrm_error *error)
{
    char own[HOST] = "";
    char *hosts = calloc((size_t)group->size, HOST);
    int status = hosts ? HRM_OK : hrm_fail(error, HRM_FAILED, "no memory for the hosts' names");
    status = hrm_agree(group->comm, status, error);
    if (status)
        goto done;
    snprintf(own, sizeof own, "%.63s", host);
    status = HRM_MPI(MPI_Gather(own, HOST, MPI_CHAR, hosts, HOST, MPI_CHAR, 0, group->comm), error);
    if (status == HRM_OK && group->rank == 0)
        join_hosts(hosts, group->size, text, size);
done:
    free(hosts);
    return status;
}
