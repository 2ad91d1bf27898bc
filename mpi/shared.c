#include "mpi/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FOLDER "/dev/shm"          ///< where shm_open() and MPI put what is shared
#define ROOM   ((uint64_t)4 << 20) ///< bytes that are left to MPI there
#define NAME   64

/// Bytes that are free where shared memory lies; as many as one likes where that is not known.
static uint64_t free_bytes(void)
{
    struct statvfs space;
    if (statvfs(FOLDER, &space) != 0)
        return UINT64_MAX;
    return (uint64_t)space.f_bavail * space.f_frsize;
}

// --- memory of one rank --------------------------------------------------------------------------

static void *map(int file, size_t bytes)
{
    int flags = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, file, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static int take_own(struct hrm_shared *shared, struct hrm_error *error)
{
    shared->own = true;
    shared->memory = map(-1, shared->bytes);
    if (shared->memory)
        return HRM_OK;
    hrm_fail(error, HRM_FAILED, "no memory for %zu MB of weights", shared->bytes >> 20);
    return hrm_hint(error, "use fewer checkpoints, or fewer ranks a node");
}

// --- memory of the node --------------------------------------------------------------------------

/// A name that no other has; empty where there is no space. The pages are taken now: without them
/// a full /dev/shm would end the process that writes first.
static int create(char name[NAME], size_t bytes)
{
    static int count;
    snprintf(name, NAME, "/hrmpi-%ld-%d", (long)getpid(), count++);
    if (free_bytes() < bytes + ROOM) {
        *name = '\0';
        return -1;
    }
    int file = shm_open(name, O_RDWR | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR), code = EINTR;
    while (file >= 0 && code == EINTR)
        code = posix_fallocate(file, 0, (off_t)bytes);
    if (file >= 0 && code == 0)
        return file;
    if (file >= 0) {
        close(file);
        shm_unlink(name);
    }
    *name = '\0';
    return -1;
}

/// The node's first rank makes the memory, the others find it by its name, which lives no longer
/// than that takes: a run that is killed leaves none behind.
static int take_shared(struct hrm_shared *shared, const struct hrm_world *world,
                       struct hrm_error *error)
{
    char name[NAME] = "";
    int file = -1, all = 0;
    if (world->node_rank == 0)
        file = create(name, shared->bytes);
    int status = HRM_MPI(MPI_Bcast(name, NAME, MPI_CHAR, 0, world->node), error);
    if (world->node_rank > 0 && status == HRM_OK && *name)
        file = shm_open(name, O_RDWR, 0);
    shared->memory = file >= 0 ? map(file, shared->bytes) : NULL;
    int mine = shared->memory != NULL;
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, world->node), error);
    if (world->node_rank == 0 && *name)
        shm_unlink(name);
    if (file >= 0)
        close(file);
    if (!all && shared->memory) {
        munmap(shared->memory, shared->bytes);
        shared->memory = NULL;
    }
    return status;
}

int hrm_shared_take(struct hrm_shared *shared, const struct hrm_world *world, size_t bytes,
                    struct hrm_error *error)
{
    *shared = (struct hrm_shared){.bytes = bytes};
    int status = HRM_OK;
    if (world->node_size > 1)
        status = take_shared(shared, world, error);
    if (status == HRM_OK && !shared->memory)
        status = take_own(shared, error);
    status = hrm_agree(world->comm, status, error);
    if (status)
        hrm_shared_free(shared);
    return status;
}

void hrm_shared_free(struct hrm_shared *shared)
{
    if (shared->memory)
        munmap(shared->memory, shared->bytes);
    *shared = (struct hrm_shared){0};
}

void hrm_shared_trim(struct hrm_shared *shared, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), kept = (bytes + page - 1) / page * page;
    if (kept >= shared->bytes)
        return;
    char *rest = (char *)shared->memory + kept;
    if (!shared->own)
        madvise(rest, shared->bytes - kept, MADV_REMOVE);
    munmap(rest, shared->bytes - kept);
    shared->bytes = kept;
}

int hrm_shared_wait(const struct hrm_shared *shared, const struct hrm_world *world,
                    struct hrm_error *error)
{
    if (shared->own)
        return HRM_OK;
    atomic_thread_fence(memory_order_seq_cst);
    int status = HRM_MPI(MPI_Barrier(world->node), error);
    atomic_thread_fence(memory_order_seq_cst);
    return status;
}

int hrm_shared_has_room(MPI_Comm comm, bool *room, struct hrm_error *error)
{
    int mine = free_bytes() >= ROOM, all = 0;
    int status = HRM_MPI(MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, comm), error);
    *room = all;
    return status;
}
