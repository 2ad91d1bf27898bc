#include "jobs/train/train_memory.h"

#include "jobs/cli/memory.h"
#include "mpi/trainer.h"

int train_memory_check(const struct hrm_training *training, const struct hrm_model_config *config,
                       const struct hrm_backend *backend, const struct hrm_world *world,
                       const struct hrm_group *group, struct hrm_error *error)
{
    size_t bytes = 0;
    int status = hrm_trainer_measure(training, config, backend, group, &bytes, error);
    struct hrm_memory_need need = {
        .what = "this training",
        .rank = (int64_t)bytes,
        .ranks = world->node_size,
        .lower =
            "model.hidden, model.h_layers, model.l_layers, train.micro_batch or train.threads"};
    if (status == HRM_OK)
        status = hrm_memory_check(&need, hrm_memory_room(), error);
    return hrm_agree(world->comm, status, error);
}
