#include "jobs/eval/eval_weights.h"

#include "core/model/model.h"
#include "jobs/cli/memory.h"
#include "jobs/eval/checkpoint_list.h"
#include "mpi/weights.h"

#include <stdlib.h>

static int check_memory(const struct hrm_weights *weights, const struct hrm_world *world,
                        struct hrm_error *error)
{
    const struct hrm_model *model = &weights->models[0];
    const int64_t count = weights->count;
    struct hrm_memory_need need = {.what = "the weights of this evaluation",
                                   .node = count * (int64_t)hrm_weights_node_bytes(model),
                                   .rank = count * (int64_t)hrm_weights_rank_bytes(model),
                                   .ranks = world->node_size,
                                   .lower = "the number of checkpoints (eval.last)"};
    return hrm_agree(world->comm, hrm_memory_check(&need, hrm_memory_room(), error), error);
}

static int load(struct hrm_weights *weights, const struct checkpoint_list *list,
                const struct hrm_world *world, const struct hrm_backend *backend,
                struct hrm_error *error)
{
    const char **paths = calloc((size_t)list->count, sizeof *paths);
    int status = HRM_OK;
    if (!paths)
        status = hrm_fail(error, HRM_FAILED, "no memory for %d paths", list->count);
    status = hrm_agree(world->comm, status, error);
    for (int i = 0; i < list->count && status == HRM_OK; i++)
        paths[i] = list->paths[i];
    if (status == HRM_OK)
        status = hrm_weights_open(weights, world, paths, list->count, backend, error);
    if (status == HRM_OK)
        status = check_memory(weights, world, error);
    if (status == HRM_OK)
        status = hrm_weights_fill(weights, world, paths, error);
    free(paths);
    return status;
}

/// Take files out of the list that are no copies of another and have its weights all the same,
/// such as the same training done twice. The same on every rank. Returns how many.
static int drop_doubles(struct checkpoint_list *list, const uint64_t *hashes)
{
    int dropped = 0;
    for (int i = list->count - 1; i > 0; i--)
        for (int k = 0; k < i; k++)
            if (hashes[k] == hashes[i]) {
                checkpoint_list_drop(list, i, k);
                dropped++;
                break;
            }
    return dropped;
}

int eval_weights_load(struct hrm_weights *weights, struct checkpoint_list *list,
                      const struct hrm_world *world, const struct hrm_backend *backend,
                      struct hrm_error *error)
{
    int status = load(weights, list, world, backend, error);
    if (status || drop_doubles(list, weights->hashes) == 0)
        return status;
    hrm_weights_free(weights);
    return load(weights, list, world, backend, error);
}
