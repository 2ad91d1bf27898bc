#include "mpi/reduce.h"

#include "mpi/world.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/// Which shards rank `rank` owns, as nodes.
static void cover_rank(const struct hrm_reduce *reduce, int rank, struct hrm_partials *nodes)
{
    int first = hrm_part_begin(reduce->shards, reduce->size, rank);
    int end = hrm_part_begin(reduce->shards, reduce->size, rank + 1);
    hrm_partials_cover(nodes, first, end - first);
}

static int allocate(struct hrm_reduce *reduce, struct hrm_error *error)
{
    size_t ranks = (size_t)reduce->size, nodes = 0;
    reduce->nodes = calloc(ranks, sizeof *reduce->nodes);
    reduce->send_count = calloc(6 * ranks, sizeof(int));
    if (!reduce->nodes || !reduce->send_count)
        return hrm_fail(error, HRM_FAILED, "no memory for the tables of %zu ranks", ranks);
    reduce->send_at = reduce->send_count + ranks;
    reduce->receive_count = reduce->send_count + 2 * ranks;
    reduce->receive_at = reduce->send_count + 3 * ranks;
    reduce->slice_count = reduce->send_count + 4 * ranks;
    reduce->slice_at = reduce->send_count + 5 * ranks;
    for (int r = 0; r < reduce->size; r++) {
        cover_rank(reduce, r, &reduce->nodes[r]);
        nodes += (size_t)reduce->nodes[r].count;
    }
    if (reduce->size == 1 || reduce->kind == HRM_REDUCE_ALLREDUCE)
        return HRM_OK;
    size_t slice = HRM_REDUCE_CHUNK / ranks + 1;
    size_t own = (size_t)reduce->nodes[reduce->rank].count;
    reduce->send = malloc(own * HRM_REDUCE_CHUNK * sizeof(float));
    reduce->receive = malloc(nodes * slice * sizeof(float));
    if (!reduce->send || !reduce->receive)
        return hrm_fail(error, HRM_FAILED, "no memory for %zu MB of gradient chunks",
                        (own * HRM_REDUCE_CHUNK + nodes * slice) * sizeof(float) >> 20);
    return HRM_OK;
}

int hrm_reduce_init(struct hrm_reduce *reduce, MPI_Comm comm, int shards, enum hrm_reduce_kind kind,
                    struct hrm_error *error)
{
    *reduce = (struct hrm_reduce){.comm = comm, .shards = shards, .kind = kind};
    int status = HRM_MPI(MPI_Comm_rank(comm, &reduce->rank), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Comm_size(comm, &reduce->size), error);
    if (status == HRM_OK) {
        assert(shards >= reduce->size && (shards & (shards - 1)) == 0);
        status = allocate(reduce, error);
    }
    if (status)
        hrm_reduce_free(reduce);
    return status;
}

void hrm_reduce_free(struct hrm_reduce *reduce)
{
    free(reduce->nodes);
    free(reduce->send_count);
    free(reduce->send);
    free(reduce->receive);
    *reduce = (struct hrm_reduce){0};
}

// --- ordered: every rank adds up its slice of each chunk ----------------------------------------

/// Fill the counts and displacements of a chunk of `count` floats.
static void plan_chunk(struct hrm_reduce *reduce, int count)
{
    int own = reduce->nodes[reduce->rank].count, sent = 0, received = 0;
    for (int r = 0; r < reduce->size; r++) {
        reduce->slice_at[r] = hrm_part_begin(count, reduce->size, r);
        reduce->slice_count[r] = hrm_part_begin(count, reduce->size, r + 1) - reduce->slice_at[r];
    }
    int mine = reduce->slice_count[reduce->rank];
    for (int r = 0; r < reduce->size; r++) {
        reduce->send_at[r] = sent;
        reduce->send_count[r] = own * reduce->slice_count[r];
        sent += reduce->send_count[r];
        reduce->receive_at[r] = received;
        reduce->receive_count[r] = reduce->nodes[r].count * mine;
        received += reduce->receive_count[r];
    }
}

/// send = for every rank, its slice of each of our nodes.
static void pack_chunk(struct hrm_reduce *reduce, const struct hrm_partials *partials, size_t at)
{
    float *send = reduce->send;
    for (int r = 0; r < reduce->size; r++)
        for (int n = 0; n < partials->count; n++) {
            size_t count = (size_t)reduce->slice_count[r];
            memcpy(send, partials->nodes[n].values + at + reduce->slice_at[r],
                   count * sizeof *send);
            send += count;
        }
}

/// Add the received nodes of all ranks in the order of their shards; returns the root's values.
static const float *merge_chunk(struct hrm_reduce *reduce)
{
    struct hrm_partials all = {0};
    size_t count = (size_t)reduce->slice_count[reduce->rank];
    float *values = reduce->receive;
    for (int r = 0; r < reduce->size; r++)
        for (int n = 0; n < reduce->nodes[r].count; n++) {
            struct hrm_partial node = reduce->nodes[r].nodes[n];
            node.values = values;
            hrm_partials_push(&all, node, 0, count);
            values += count;
        }
    assert(all.count == 1 && all.nodes[0].span == reduce->shards);
    return all.nodes[0].values;
}

static int sum_chunk(struct hrm_reduce *reduce, const struct hrm_partials *partials, size_t at,
                     size_t count, struct hrm_error *error)
{
    plan_chunk(reduce, (int)count);
    pack_chunk(reduce, partials, at);
    int status = HRM_MPI(MPI_Alltoallv(reduce->send, reduce->send_count, reduce->send_at, MPI_FLOAT,
                                       reduce->receive, reduce->receive_count, reduce->receive_at,
                                       MPI_FLOAT, reduce->comm),
                         error);
    if (status)
        return status;
    float *sum = partials->nodes[0].values + at;
    memcpy(sum + reduce->slice_at[reduce->rank], merge_chunk(reduce),
           (size_t)reduce->slice_count[reduce->rank] * sizeof *sum);
    return HRM_MPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, sum, reduce->slice_count,
                                  reduce->slice_at, MPI_FLOAT, reduce->comm),
                   error);
}

// --- allreduce ----------------------------------------------------------------------------------

static void sum_own(const struct hrm_partials *partials, size_t at, size_t count)
{
    float *sum = partials->nodes[0].values + at;
    for (int n = 1; n < partials->count; n++)
        for (size_t i = 0; i < count; i++)
            sum[i] += partials->nodes[n].values[at + i];
}

static int allreduce_chunk(struct hrm_reduce *reduce, const struct hrm_partials *partials,
                           size_t at, size_t count, struct hrm_error *error)
{
    sum_own(partials, at, count);
    return HRM_MPI(MPI_Allreduce(MPI_IN_PLACE, partials->nodes[0].values + at, (int)count,
                                 MPI_FLOAT, MPI_SUM, reduce->comm),
                   error);
}

int hrm_reduce_sum(struct hrm_reduce *reduce, const struct hrm_partials *partials, size_t count,
                   struct hrm_error *error)
{
    int status = HRM_OK;
    assert(partials->count == reduce->nodes[reduce->rank].count);
    if (reduce->size == 1)
        return HRM_OK;
    for (size_t at = 0; at < count && status == HRM_OK; at += HRM_REDUCE_CHUNK) {
        size_t chunk = count - at < HRM_REDUCE_CHUNK ? count - at : HRM_REDUCE_CHUNK;
        if (reduce->kind == HRM_REDUCE_ORDERED)
            status = sum_chunk(reduce, partials, at, chunk, error);
        else
            status = allreduce_chunk(reduce, partials, at, chunk, error);
    }
    return status;
}

int hrm_reduce_gather(struct hrm_reduce *reduce, double *rows, int width, struct hrm_error *error)
{
    assert((int64_t)reduce->shards * width <= INT_MAX);
    if (reduce->size == 1)
        return HRM_OK;
    for (int r = 0; r < reduce->size; r++) {
        int first = hrm_part_begin(reduce->shards, reduce->size, r);
        int end = hrm_part_begin(reduce->shards, reduce->size, r + 1);
        reduce->slice_at[r] = first * width;
        reduce->slice_count[r] = (end - first) * width;
    }
    return HRM_MPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, rows, reduce->slice_count,
                                  reduce->slice_at, MPI_DOUBLE, reduce->comm),
                   error);
}
