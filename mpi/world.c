#include "mpi/world.h"

#include "mpi/launch.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Bytes of a host name that are kept.
#define HOST 64

/// Rank in MPI_COMM_WORLD: the one name of a process in every message.
static int own_rank(void)
{
    int rank = -1;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

int hrm_mpi_check(int code, const char *call, const char *file, int line, struct hrm_error *error)
{
    if (code == MPI_SUCCESS)
        return HRM_OK;
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (MPI_Error_string(code, text, &length) != MPI_SUCCESS)
        snprintf(text, sizeof text, "MPI error %d", code);
    return hrm_fail(error, HRM_FAILED, "%s:%d: rank %d: %s: %s", file, line, own_rank(), call,
                    text);
}

// --- start and end ------------------------------------------------------------------------------

static int start_threads(struct hrm_error *error)
{
    int provided = MPI_THREAD_SINGLE;
    int status = HRM_MPI(MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &provided), error);
    if (status || provided >= MPI_THREAD_SERIALIZED)
        return status;
    hrm_fail(error, HRM_FAILED, "this MPI library does not support threads (level %d)", provided);
    return hrm_hint(error, "use an MPI built with thread support, MPI_THREAD_SERIALIZED or better");
}

/// A duplicate of `from` that returns its errors instead of ending the program.
static int duplicate(MPI_Comm from, MPI_Comm *to, struct hrm_error *error)
{
    int status = HRM_MPI(MPI_Comm_dup(from, to), error);
    return status ? status : HRM_MPI(MPI_Comm_set_errhandler(*to, MPI_ERRORS_RETURN), error);
}

static int join_node(struct hrm_world *world, struct hrm_error *error)
{
    int status = HRM_MPI(MPI_Comm_split_type(world->comm, MPI_COMM_TYPE_SHARED, world->rank,
                                             MPI_INFO_NULL, &world->node),
                         error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Comm_set_errhandler(world->node, MPI_ERRORS_RETURN), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Comm_rank(world->node, &world->node_rank), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Comm_size(world->node, &world->node_size), error);
    if (status)
        return status;
    int leads = world->node_rank == 0;
    return HRM_MPI(MPI_Allreduce(&leads, &world->nodes, 1, MPI_INT, MPI_SUM, world->comm), error);
}

/// Start MPI, and see that it has found all processes.
static int launch_world(struct hrm_world *world, struct hrm_error *error)
{
    struct hrm_launch launch;
    int status = hrm_launch_begin(&launch, error);
    if (status && !launch.speaks)
        *error->text = '\0';
    if (status)
        return status;
    snprintf(world->note, sizeof world->note, "%s", launch.note);
    status = start_threads(error);
    hrm_launch_end(&launch);
    if (status)
        return status;
    world->size = 1; // from here on there is something to finish
    status = HRM_MPI(MPI_Comm_rank(MPI_COMM_WORLD, &world->rank), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Comm_size(MPI_COMM_WORLD, &world->size), error);
    return status ? status : hrm_launch_check(&launch, world->size, error);
}

int hrm_world_start(struct hrm_world *world, struct hrm_error *error)
{
    *world = (struct hrm_world){.comm = MPI_COMM_NULL, .node = MPI_COMM_NULL};
    int status = launch_world(world, error);
    if (status == HRM_OK)
        status = duplicate(MPI_COMM_WORLD, &world->comm, error);
    if (status)
        return status;
    char host[MPI_MAX_PROCESSOR_NAME] = "";
    int length = 0;
    status = HRM_MPI(MPI_Get_processor_name(host, &length), error);
    snprintf(world->host, sizeof world->host, "%.255s", host);
    return status ? status : join_node(world, error);
}

void hrm_world_finish(struct hrm_world *world)
{
    if (world->size == 0)
        return;
    if (world->node != MPI_COMM_NULL)
        MPI_Comm_free(&world->node);
    if (world->comm != MPI_COMM_NULL)
        MPI_Comm_free(&world->comm);
    MPI_Finalize();
    *world = (struct hrm_world){0};
}

_Noreturn void hrm_world_abort(const struct hrm_world *world, const struct hrm_error *error)
{
    fprintf(stderr, "hrmpi: rank %d on %s: %s\n", world->rank, world->host, error->text);
    if (error->hint[0])
        fprintf(stderr, "hrmpi: %s\n", error->hint);
    fflush(NULL);
    MPI_Abort(world->comm, error->status ? error->status : HRM_FAILED);
    abort();
}

// --- groups -------------------------------------------------------------------------------------

struct hrm_world hrm_world_alone(void)
{
    return (struct hrm_world){
        .comm = MPI_COMM_SELF, .size = 1, .node = MPI_COMM_SELF, .node_size = 1, .nodes = 1};
}

int hrm_group_split(const struct hrm_world *world, int replicas, struct hrm_group *group,
                    struct hrm_error *error)
{
    assert(replicas > 0);
    *group = (struct hrm_group){.comm = MPI_COMM_NULL, .replicas = replicas};
    if (replicas > world->size) {
        hrm_fail(error, HRM_USAGE, "%d replicas on %d ranks", replicas, world->size);
        return hrm_hint(error, "start at least %d ranks, or train fewer replicas", replicas);
    }
    group->replica = (int)((int64_t)world->rank * replicas / world->size);
    int status =
        HRM_MPI(MPI_Comm_split(world->comm, group->replica, world->rank, &group->comm), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Comm_set_errhandler(group->comm, MPI_ERRORS_RETURN), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Comm_rank(group->comm, &group->rank), error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Comm_size(group->comm, &group->size), error);
    return status;
}

void hrm_group_free(struct hrm_group *group)
{
    if (group->size > 0 && group->comm != MPI_COMM_NULL)
        MPI_Comm_free(&group->comm);
    *group = (struct hrm_group){0};
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

// --- agreement ----------------------------------------------------------------------------------

/// The failure of this rank as the others will read it.
static struct hrm_error named_after_rank(int status, const struct hrm_error *error)
{
    struct hrm_error named = {.status = status};
    const char *text = error && error->status ? error->text : "failed";
    if (strncmp(text, "rank ", 5) == 0) // agreed on in a smaller group before
        snprintf(named.text, sizeof named.text, "%s", text);
    else
        snprintf(named.text, sizeof named.text, "rank %d: %.980s", own_rank(), text);
    if (error && error->status)
        memcpy(named.hint, error->hint, sizeof named.hint);
    return named;
}

int hrm_agree(MPI_Comm comm, int status, struct hrm_error *error)
{
    int rank = 0, size = 1, lowest = 0;
    struct hrm_error problem = {0};
    if (HRM_MPI(MPI_Comm_rank(comm, &rank), &problem) ||
        HRM_MPI(MPI_Comm_size(comm, &size), &problem))
        return hrm_fail(error, HRM_FAILED, "%s", problem.text);
    if (size == 1)
        return status;
    int mine = status ? rank : size;
    if (HRM_MPI(MPI_Allreduce(&mine, &lowest, 1, MPI_INT, MPI_MIN, comm), &problem))
        return hrm_fail(error, HRM_FAILED, "%s", problem.text);
    if (lowest == size)
        return HRM_OK;
    struct hrm_error agreed = {0};
    if (rank == lowest)
        agreed = named_after_rank(status, error);
    if (HRM_MPI(MPI_Bcast(&agreed, (int)sizeof agreed, MPI_BYTE, lowest, comm), &problem))
        return hrm_fail(error, HRM_FAILED, "%s", problem.text);
    if (error)
        *error = agreed;
    return agreed.status;
}

int hrm_broadcast(MPI_Comm comm, void *data, size_t bytes, struct hrm_error *error)
{
    enum { PIECE = 1 << 28 }; // MPI counts are ints
    int status = HRM_OK;
    for (size_t at = 0; at < bytes && status == HRM_OK; at += PIECE) {
        size_t count = bytes - at < PIECE ? bytes - at : PIECE;
        status = HRM_MPI(MPI_Bcast((char *)data + at, (int)count, MPI_BYTE, 0, comm), error);
    }
    return status;
}

int hrm_total(MPI_Comm comm, double *sum, double *most, struct hrm_error *error)
{
    int status = HRM_MPI(MPI_Allreduce(MPI_IN_PLACE, sum, 1, MPI_DOUBLE, MPI_SUM, comm), error);
    if (status)
        return status;
    return HRM_MPI(MPI_Allreduce(MPI_IN_PLACE, most, 1, MPI_DOUBLE, MPI_MAX, comm), error);
}
