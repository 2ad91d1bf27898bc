#include "mpi/weights.h"

#include "core/file/checkpoint.h"
#include "core/file/checkpoint_match.h"
#include "core/model/model.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xxhash.h>

/// What is held only while loading.
struct loading {
    struct hrm_weights *weights;
    const struct hrm_world *world;
    const char *const *paths;
    MPI_Comm first; ///< the ranks that are given the weights: the first of every node, or all of
                    ///< one that does not share; MPI_COMM_NULL on the others
    float *staging; ///< one checkpoint in fp32 behind the weights, where the backend packs
};

static size_t params_bytes(const struct hrm_model *model)
{
    return model->layout.total * sizeof(float);
}

/// Whether the backend reads a tensor in its packed form only.
static bool is_packed(const struct hrm_model *model, const struct hrm_tensor *tensor)
{
    const char *end = strstr(tensor->name, "_proj.weight");
    return end && model->backend->packed_bytes(tensor->rows, tensor->cols, model->pack) > 0;
}

size_t hrm_weights_node_bytes(const struct hrm_model *model)
{
    size_t packed = hrm_model_packed_bytes(model);
    return ((packed ? packed : params_bytes(model)) + 63) / 64 * 64;
}

size_t hrm_weights_rank_bytes(const struct hrm_model *model)
{
    size_t bytes = 0;
    if (hrm_model_packed_bytes(model) == 0)
        return 0;
    for (int t = 0; t < model->layout.count; t++) {
        const struct hrm_tensor *tensor = &model->layout.tensors[t];
        if (!is_packed(model, tensor))
            bytes += (size_t)tensor->rows * (size_t)tensor->cols * sizeof(float);
    }
    return bytes;
}

// --- headers -------------------------------------------------------------------------------------

/// Rank 0 reads what every checkpoint says of itself.
static int read_headers(struct hrm_weights *weights, const char *const *paths,
                        struct hrm_model_config *config, struct hrm_error *error)
{
    struct hrm_checkpoint_model first = {paths[0], config};
    for (int i = 0; i < weights->count; i++) {
        struct hrm_checkpoint header = {0};
        int status = hrm_checkpoint_read_header(paths[i], &header, error);
        if (status == HRM_OK && i == 0)
            *config = header.config;
        if (status == HRM_OK)
            status = hrm_checkpoint_match(
                &first, &(struct hrm_checkpoint_model){paths[i], &header.config}, error);
        weights->provenance[i] = header.provenance;
        hrm_checkpoint_free(&header);
        if (status)
            return status;
    }
    return HRM_OK;
}

static int share_headers(struct hrm_weights *weights, const struct hrm_world *world,
                         const char *const *paths, struct hrm_model_config *config,
                         struct hrm_error *error)
{
    int status = HRM_OK;
    if (world->rank == 0)
        status = read_headers(weights, paths, config, error);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Bcast(config, (int)sizeof *config, MPI_BYTE, 0, world->comm), error);
    for (int i = 0; i < weights->count && status == HRM_OK; i++)
        status = HRM_MPI(MPI_Bcast(&weights->provenance[i], (int)sizeof *weights->provenance,
                                   MPI_BYTE, 0, world->comm),
                         error);
    return status;
}

static int init_models(struct hrm_weights *weights, const struct hrm_model_config *config,
                       const struct hrm_backend *backend, struct hrm_error *error)
{
    for (int i = 0; i < weights->count; i++) {
        int status = hrm_model_init(&weights->models[i], config, backend, HRM_PACK_FORWARD, error);
        if (status)
            return status;
    }
    return HRM_OK;
}

// --- memory --------------------------------------------------------------------------------------

/// Address space for all parameters; pages that nobody writes take no memory.
static int reserve_params(struct hrm_weights *weights, struct hrm_error *error)
{
    weights->params = calloc((size_t)weights->count, sizeof *weights->params);
    if (!weights->params)
        return hrm_fail(error, HRM_FAILED, "no memory for %d checkpoints", weights->count);
    for (int i = 0; i < weights->count; i++) {
        size_t bytes = params_bytes(&weights->models[i]);
        void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED)
            return hrm_fail(error, HRM_FAILED, "no address space for %zu MB", bytes >> 20);
        weights->params[i] = memory;
    }
    return HRM_OK;
}

/// How many nodes could not share, though they have several ranks.
static int count_copying(struct loading *loading, struct hrm_error *error)
{
    const struct hrm_world *world = loading->world;
    int copies = loading->weights->shared.own && world->node_size > 1 && world->node_rank == 0;
    return HRM_MPI(
        MPI_Allreduce(&copies, &loading->weights->copying, 1, MPI_INT, MPI_SUM, world->comm),
        error);
}

static int allocate(struct loading *loading, struct hrm_error *error)
{
    struct hrm_weights *weights = loading->weights;
    const struct hrm_world *world = loading->world;
    const struct hrm_model *model = &weights->models[0];
    size_t packed = hrm_model_packed_bytes(model);
    weights->stride = hrm_weights_node_bytes(model);
    size_t bytes = weights->stride * (size_t)weights->count;
    int status =
        hrm_shared_take(&weights->shared, world, bytes + (packed ? params_bytes(model) : 0), error);
    if (status)
        return status;
    weights->node_bytes = bytes * (size_t)(weights->shared.own ? world->node_size : 1);
    if (packed) {
        loading->staging = (float *)(void *)((char *)weights->shared.memory + bytes);
        status = hrm_agree(world->comm, reserve_params(weights, error), error);
    }
    return status ? status : count_copying(loading, error);
}

// --- contents ------------------------------------------------------------------------------------

/// Read a checkpoint's weights to `values`.
static int read_weights(const char *path, float *values, uint64_t *hash, struct hrm_error *error)
{
    struct hrm_checkpoint checkpoint = {0};
    int status = hrm_checkpoint_read(path, &checkpoint, error);
    if (status == HRM_OK) {
        hrm_checkpoint_weights(&checkpoint, values);
        *hash = XXH3_64bits(values, checkpoint.layout.total * sizeof *values);
    }
    hrm_checkpoint_free(&checkpoint);
    return status;
}

static unsigned char *place_of(const struct hrm_weights *weights, int i)
{
    return (unsigned char *)weights->shared.memory + (size_t)i * weights->stride;
}

/// Pack this rank's share of the matrices from the staging memory, and copy the rest.
static void take_packed(struct loading *loading, int i)
{
    struct hrm_weights *weights = loading->weights;
    struct hrm_model *model = &weights->models[i];
    const struct hrm_world *world = loading->world;
    unsigned char *packed = place_of(weights, i);
    bool own = weights->shared.own;
    hrm_model_attach(model, loading->staging, packed);
    hrm_model_pack(model, own ? 0 : world->node_rank, own ? 1 : world->node_size);
    for (int t = 0; t < model->layout.count; t++) {
        const struct hrm_tensor *tensor = &model->layout.tensors[t];
        if (!is_packed(model, tensor))
            memcpy(weights->params[i] + tensor->offset, loading->staging + tensor->offset,
                   (size_t)tensor->rows * (size_t)tensor->cols * sizeof(float));
    }
    hrm_model_attach(model, weights->params[i], packed);
}

static int load_one(struct loading *loading, int i, struct hrm_error *error)
{
    struct hrm_weights *weights = loading->weights;
    const struct hrm_world *world = loading->world;
    float *slot = (float *)(void *)place_of(weights, i);
    float *values = loading->staging ? loading->staging : slot;
    int status = HRM_OK;
    if (world->rank == 0)
        status = read_weights(loading->paths[i], values, &weights->hashes[i], error);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK && loading->first != MPI_COMM_NULL)
        status = hrm_broadcast(loading->first, values, params_bytes(&weights->models[i]), error);
    if (status == HRM_OK)
        status = hrm_shared_wait(&weights->shared, world, error);
    if (status)
        return status;
    if (!loading->staging) {
        hrm_model_attach(&weights->models[i], slot, NULL);
        return HRM_OK;
    }
    take_packed(loading, i);
    return hrm_shared_wait(&weights->shared, world, error);
}

/// The ranks that are given the weights by rank 0.
static int split_given(struct loading *loading, struct hrm_error *error)
{
    const struct hrm_world *world = loading->world;
    bool given = world->node_rank == 0 || loading->weights->shared.own;
    return HRM_MPI(
        MPI_Comm_split(world->comm, given ? 0 : MPI_UNDEFINED, world->rank, &loading->first),
        error);
}

int hrm_weights_open(struct hrm_weights *weights, const struct hrm_world *world,
                     const char *const *paths, int count, const struct hrm_backend *backend,
                     struct hrm_error *error)
{
    *weights = (struct hrm_weights){.count = count};
    struct hrm_model_config config;
    memset(&config, 0, sizeof config);
    weights->models = calloc((size_t)count, sizeof *weights->models);
    weights->provenance = calloc((size_t)count, sizeof *weights->provenance);
    weights->newest = calloc((size_t)count, sizeof *weights->newest);
    weights->hashes = calloc((size_t)count, sizeof *weights->hashes);
    int status = HRM_OK;
    if (!weights->models || !weights->provenance || !weights->newest || !weights->hashes)
        status = hrm_fail(error, HRM_FAILED, "no memory for %d checkpoints", count);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK)
        status = share_headers(weights, world, paths, &config, error);
    if (status == HRM_OK)
        hrm_provenance_newest(weights->provenance, count, weights->newest);
    if (status == HRM_OK)
        status = hrm_agree(world->comm, init_models(weights, &config, backend, error), error);
    return status;
}

int hrm_weights_fill(struct hrm_weights *weights, const struct hrm_world *world,
                     const char *const *paths, struct hrm_error *error)
{
    struct loading loading = {weights, world, paths, MPI_COMM_NULL, NULL};
    const int count = weights->count;
    int status = allocate(&loading, error);
    if (status == HRM_OK)
        status = split_given(&loading, error);
    for (int i = 0; i < count && status == HRM_OK; i++)
        status = load_one(&loading, i, error);
    hrm_shared_trim(&weights->shared, weights->stride * (size_t)count);
    if (loading.first != MPI_COMM_NULL)
        MPI_Comm_free(&loading.first);
    if (status)
        return status;
    return HRM_MPI(MPI_Bcast(weights->hashes, count, MPI_UINT64_T, 0, world->comm), error);
}

int hrm_weights_load(struct hrm_weights *weights, const struct hrm_world *world,
                     const char *const *paths, int count, const struct hrm_backend *backend,
                     struct hrm_error *error)
{
    int status = hrm_weights_open(weights, world, paths, count, backend, error);
    return status ? status : hrm_weights_fill(weights, world, paths, error);
}

void hrm_weights_free(struct hrm_weights *weights)
{
    for (int i = 0; weights->params && i < weights->count; i++)
        if (weights->params[i])
            munmap(weights->params[i], params_bytes(&weights->models[i]));
    for (int i = 0; weights->models && i < weights->count; i++)
        if (weights->models[i].owned)
            hrm_model_free(&weights->models[i]);
    hrm_shared_free(&weights->shared);
    free(weights->params);
    free(weights->models);
    free(weights->provenance);
    free(weights->newest);
    free(weights->hashes);
    *weights = (struct hrm_weights){0};
}
