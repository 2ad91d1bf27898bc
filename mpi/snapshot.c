#include "mpi/snapshot.h"

#include "core/file/checkpoint.h"
#include "mpi/trainer.h"

#include <stdio.h>

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
