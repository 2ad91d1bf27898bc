#include "mpi/weights.h"

#include "core/file/checkpoint_match.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xxhash.h>

/// What is held only while loading.
struct loading {
    struct hrm_weights *weights;
    const struct hrm_world *world;
    const char *const *paths;
    MPI_Comm first; ///< the first rank of every node; MPI_COMM_NULL on the others
    MPI_Win window; ///< one checkpoint in fp32, where the backend packs
    float *staging; ///< in it
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

/// Memory that the ranks of the node share, 64-byte aligned, provided by the first of them.
static int allocate_shared(const struct hrm_world *world, size_t bytes, MPI_Win *window,
                           void **memory, struct hrm_error *error)
{
    MPI_Aint own = world->node_rank == 0 ? (MPI_Aint)bytes + 64 : 0, size = 0;
    void *base = NULL;
    int unit = 1;
    int status =
        HRM_MPI(MPI_Win_allocate_shared(own, 1, MPI_INFO_NULL, world->node, &base, window), error);
    if (status) {
        *window = MPI_WIN_NULL;
        hrm_hint(error, "host %s needs %zu MB of shared memory (/dev/shm); use fewer checkpoints",
                 world->host, bytes >> 20);
    }
    status = hrm_agree(world->comm, status, error);
    if (status)
        return status;
    status = HRM_MPI(MPI_Win_shared_query(*window, 0, &size, &unit, &base), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Win_lock_all(MPI_MODE_NOCHECK, *window), error);
    uintptr_t aligned = ((uintptr_t)base + 63) / 64 * 64;
    *memory = (char *)base + (aligned - (uintptr_t)base);
    return hrm_agree(world->comm, status, error);
}

static void free_shared(MPI_Win *window)
{
    if (*window == MPI_WIN_NULL)
        return;
    MPI_Win_unlock_all(*window);
    MPI_Win_free(window);
}

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

static int allocate(struct loading *loading, struct hrm_error *error)
{
    struct hrm_weights *weights = loading->weights;
    const struct hrm_model *model = &weights->models[0];
    size_t packed = hrm_model_packed_bytes(model), params = params_bytes(model);
    void *memory = NULL;
    weights->stride = hrm_weights_node_bytes(model);
    weights->node_bytes = weights->stride * (size_t)weights->count;
    int status =
        allocate_shared(loading->world, weights->node_bytes, &weights->shared, &memory, error);
    weights->base = memory;
    if (status || !packed)
        return status;
    status = allocate_shared(loading->world, params, &loading->window, &memory, error);
    loading->staging = memory;
    if (status)
        return status;
    return hrm_agree(loading->world->comm, reserve_params(weights, error), error);
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

/// What one rank wrote, the others of the node can read afterwards.
static int synchronize(const struct loading *loading, MPI_Win window, struct hrm_error *error)
{
    int status = HRM_MPI(MPI_Win_sync(window), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Barrier(loading->world->node), error);
    return status ? status : HRM_MPI(MPI_Win_sync(window), error);
}

/// Pack this rank's share of the matrices from the staging memory, and copy the rest.
static void take_packed(struct loading *loading, int i)
{
    struct hrm_weights *weights = loading->weights;
    struct hrm_model *model = &weights->models[i];
    unsigned char *packed = weights->base + (size_t)i * weights->stride;
    hrm_model_attach(model, loading->staging, packed);
    hrm_model_pack(model, loading->world->node_rank, loading->world->node_size);
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
    float *slot = (float *)(void *)(weights->base + (size_t)i * weights->stride);
    float *values = loading->staging ? loading->staging : slot;
    int status = HRM_OK;
    if (world->rank == 0)
        status = read_weights(loading->paths[i], values, &weights->hashes[i], error);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK && world->node_rank == 0)
        status = hrm_share(loading->first, values, params_bytes(&weights->models[i]), error);
    if (status == HRM_OK)
        status = synchronize(loading, loading->staging ? loading->window : weights->shared, error);
    if (status)
        return status;
    if (!loading->staging) {
        hrm_model_attach(&weights->models[i], slot, NULL);
        return HRM_OK;
    }
    take_packed(loading, i);
    return synchronize(loading, weights->shared, error);
}

int hrm_weights_load(struct hrm_weights *weights, const struct hrm_world *world,
                     const char *const *paths, int count, const struct hrm_backend *backend,
                     struct hrm_error *error)
{
    *weights = (struct hrm_weights){.count = count, .shared = MPI_WIN_NULL};
    struct loading loading = {weights, world, paths, MPI_COMM_NULL, MPI_WIN_NULL, NULL};
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
        status = HRM_MPI(MPI_Comm_split(world->comm, world->node_rank == 0 ? 0 : MPI_UNDEFINED,
                                        world->rank, &loading.first),
                         error);
    if (status == HRM_OK)
        status = hrm_agree(world->comm, init_models(weights, &config, backend, error), error);
    if (status == HRM_OK)
        status = allocate(&loading, error);
    for (int i = 0; i < count && status == HRM_OK; i++)
        status = load_one(&loading, i, error);
    free_shared(&loading.window);
    if (loading.first != MPI_COMM_NULL)
        MPI_Comm_free(&loading.first);
    if (status)
        return status;
    return HRM_MPI(MPI_Bcast(weights->hashes, count, MPI_UINT64_T, 0, world->comm), error);
}

void hrm_weights_free(struct hrm_weights *weights)
{
    for (int i = 0; weights->params && i < weights->count; i++)
        if (weights->params[i])
            munmap(weights->params[i], params_bytes(&weights->models[i]));
    for (int i = 0; weights->models && i < weights->count; i++)
        if (weights->models[i].owned)
            hrm_model_free(&weights->models[i]);
    if (weights->count > 0)
        free_shared(&weights->shared);
    free(weights->params);
    free(weights->models);
    free(weights->provenance);
    free(weights->newest);
    free(weights->hashes);
    *weights = (struct hrm_weights){.shared = MPI_WIN_NULL};
}
