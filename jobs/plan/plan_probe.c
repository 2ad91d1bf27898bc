#include "jobs/plan/plan_probe.h"

#include "core/sudoku/packed_grid.h"
#include "core/task/sudoku.h"
#include "jobs/cli/console.h"
#include "mpi/queue.h"
#include "mpi/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double plan_probe_age(void)
{
    char text[2048] = "";
    unsigned long long ticks = 0;
    struct timespec now;
    FILE *file = fopen("/proc/self/stat", "r");
    size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    // Field 22, counted from behind the name, which is field 2 and may have any characters.
    const char *at = size > 0 ? strrchr(text, ')') : NULL;
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (!at || sscanf(at, "%llu", &ticks) != 1)
        return 0;
    clock_gettime(CLOCK_BOOTTIME, &now);
    double age = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec -
                 (double)ticks / (double)sysconf(_SC_CLK_TCK);
    return age > 0 ? age : 0;
}

// --- claims --------------------------------------------------------------------------------------

enum { CLAIMS = 20000 };

/// Seconds a claim when the ranks from `first` on claim, and the others after them.
static int time_claims(const struct hrm_world *world, int first, double *seconds,
                       struct hrm_error *error)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct hrm_queue queue;
    struct hrm_guided work = {CLAIMS, 1, world->size};
    int64_t index = 0, count = 1;
    int status = hrm_queue_init(&queue, world, &work, HRM_QUEUE_ONE_SIDED, &lock, error);
    if (status)
        return status;
    double start = hrm_seconds();
    while (status == HRM_OK && count > 0 && world->rank >= first)
        status = hrm_queue_claim(&queue, &index, &count, error);
    status = hrm_agree(world->comm, status, error);
    *seconds = (hrm_seconds() - start) / CLAIMS;
    if (status == HRM_OK)
        status = hrm_queue_cancel(&queue, error);
    return status ? status : hrm_queue_finish(&queue, error);
}

int plan_probe_claims(struct plan_probe *probe, const struct hrm_world *world,
                      struct hrm_error *error)
{
    int status = time_claims(world, world->size - 1, &probe->claim_latency, error);
    return status ? status : time_claims(world, 0, &probe->claim_service, error);
}

// --- storage -------------------------------------------------------------------------------------

#define RECORD hrm_pass_bytes(HRM_GRID_PACKED)

/// Puzzles that nobody looks at.
static int read_nothing(void *source, int64_t first, int64_t count, void *items,
                        struct hrm_error *error)
{
    (void)source, (void)first, (void)error;
    memset(items, 0, (size_t)count * HRM_SUDOKU_ITEM);
    return HRM_OK;
}

/// A file of `blocks` blocks of `block` puzzles that every rank stores its share of.
/// @param seconds  [out] until all blocks are stored, and until they are on the disk
static int time_store(const struct hrm_world *world, const char *path, int block, int64_t blocks,
                      double seconds[2], struct hrm_error *error)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct hrm_store store = {.world = world, .lock = &lock};
    struct hrm_votes_checkpoint checkpoint = {.path = "none"};
    char perturbation[1][HRM_VOTES_NAME] = {HRM_VOTES_IDENTITY};
    struct hrm_votes head = {.plan = {.checkpoints = 1,
                                      .perturbations = 1,
                                      .segments = 1,
                                      .block = block,
                                      .puzzles = blocks * block,
                                      .identity = 1},
                             .checkpoints = &checkpoint,
                             .perturbations = perturbation};
    struct hrm_store_feed feed = {read_nothing, NULL};
    void *records = calloc((size_t)block, RECORD);
    hrm_task_default(&head.task, &hrm_sudoku_kind);
    int status = hrm_plan_make(&head.plan, error);
    if (status == HRM_OK && !records)
        status = hrm_fail(error, HRM_FAILED, "no memory for a block of %d passes", block);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK)
        status = hrm_store_open(&store, &head, path, true, &feed, error);
    double start = hrm_seconds();
    for (int64_t i = world->rank; status == HRM_OK && i < blocks; i += world->size)
        status = hrm_store_put(&store, i, 1, records, error);
    status = hrm_agree(world->comm, status, error);
    seconds[0] = hrm_seconds() - start;
    int closed = hrm_store_close(&store, status == HRM_OK, error);
    seconds[1] = hrm_seconds() - start;
    free(records);
    if (world->rank == 0)
        unlink(path);
    return status ? status : closed;
}

int plan_probe_store(struct plan_probe *probe, const struct hrm_world *world, const char *output,
                     int block, struct hrm_error *error)
{
    enum { SMALL = 400, LARGE = 64, LARGE_BLOCK = 8192 };
    char path[HRM_PATH];
    double small[2], large[2], bytes = (double)LARGE * LARGE_BLOCK * (double)RECORD;
    snprintf(path, sizeof path, "%.4000s.probe", output);
    int status = time_store(world, path, block, SMALL, small, error);
    if (status == HRM_OK)
        status = time_store(world, path, LARGE_BLOCK, LARGE, large, error);
    if (status)
        return status;
    probe->write_rate = bytes / large[1];
    probe->store_latency = small[0] * world->size / SMALL;
    return HRM_OK;
}
