#include "core/eval/simulate.h"

#include "core/base/random.h"
#include "core/eval/guided.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/// What a worker does next, and when.
struct event {
    double time;
    int worker;
    bool storing;   ///< its passes are run; else it claims
    int64_t passes; ///< to store
};

/// A server that takes one request at a time.
struct server {
    double free; ///< when the last request is done
};

struct simulation {
    const struct hrm_workload *work;
    const struct hrm_cluster *cluster;
    struct event *heap; ///< [count], the earliest first
    int64_t count;      ///< workers that have not found the queue empty
    double *slowness;   ///< [nodes] time of a block by that of one undisturbed core
    int64_t node_workers;
    struct hrm_guided queue;
    int64_t next;
    int64_t *seen; ///< [ranks] the counter after the last claim of each
    int64_t claims;
    struct server counter, reads, writes;
    struct hrm_random random;
    int64_t factor, offset; ///< of the current order of the costs
    double sums[HRM_FORECAST_PARTS];
    double ended, last; ///< sum of the times at which workers end, and the latest
};

// --- what the machine is -------------------------------------------------------------------------

const char *hrm_forecast_part_name(enum hrm_forecast_part part)
{
    static const char *const names[] = {"start", "compute", "queue", "storage", "tail"};
    return names[part];
}

int64_t hrm_workload_items(const struct hrm_workload *work)
{
    return work->ranges ? work->plan.ranges : work->plan.blocks;
}

int hrm_cluster_nodes(const struct hrm_cluster *cluster, int ranks)
{
    int each = cluster->cores / cluster->threads;
    int nodes = cluster->nodes > 0 ? cluster->nodes : (ranks - 1) / (each > 0 ? each : 1) + 1;
    return nodes < ranks ? nodes : ranks;
}

/// How much longer a block takes on each node than on one undisturbed core.
static void draw_nodes(struct simulation *simulation, int nodes)
{
    const struct hrm_cluster *cluster = simulation->cluster;
    double workers = (double)simulation->node_workers, cores = cluster->cores;
    double shared = workers > cores ? workers / cores : 1;
    double others = fmin(workers, cores) - 1;
    double crowd = cores > 1 ? (cluster->contention - 1) * others / (cores - 1) : 0;
    for (int i = 0; i < nodes; i++) {
        struct hrm_random random = hrm_random_open(cluster->seed, HRM_RANDOM_ORDER, 0, (uint64_t)i);
        // Node 0 is the one that the costs were measured on.
        double apart = i > 0 ? cluster->spread * hrm_random_normal(&random) : 0;
        double speed = fmax(0.1, 1 + apart);
        simulation->slowness[i] = shared * (1 + crowd) / speed;
    }
}

// --- what a claim takes --------------------------------------------------------------------------

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b > 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/// A new order of the costs: k goes to (factor k + offset) mod n.
static void shuffle(struct simulation *simulation)
{
    uint32_t n = (uint32_t)simulation->work->cost_count;
    do
        simulation->factor = 1 + hrm_random_below(&simulation->random, n);
    while (common_divisor(simulation->factor, n) != 1);
    simulation->offset = hrm_random_below(&simulation->random, n);
}

/// Seconds of one undisturbed core. Called once for every item, in order.
static double cost_of(struct simulation *simulation, int64_t item, int puzzles)
{
    const struct hrm_workload *work = simulation->work;
    int64_t n = work->cost_count, at = item % n;
    if (n == simulation->queue.total)
        return work->costs[at];
    if (at == 0)
        shuffle(simulation);
    at = (simulation->factor * at + simulation->offset) % n;
    return work->costs[at] * puzzles / work->plan.block;
}

/// Neighbouring items that a worker takes together.
struct claim {
    int64_t items, puzzles;
    double seconds; ///< of one undisturbed core
};

/// Move the counter for a worker of `rank`.
static struct claim take(struct simulation *simulation, int64_t rank)
{
    int64_t wanted = hrm_guided_chunk(&simulation->queue, simulation->seen[rank]);
    int64_t first = simulation->next, left = simulation->queue.total - first;
    struct claim taken = {.items = wanted < left ? wanted : left};
    simulation->next += taken.items;
    simulation->seen[rank] = simulation->next;
    simulation->claims++;
    for (int64_t i = first; i < simulation->next; i++) {
        int puzzles = hrm_plan_block_at(&simulation->work->plan, i).count;
        taken.puzzles += puzzles;
        taken.seconds += cost_of(simulation, i, puzzles);
    }
    return taken;
}

// --- events --------------------------------------------------------------------------------------

/// Put the first event, whose time has grown, where it belongs.
static void sift(struct simulation *simulation)
{
    struct event *heap = simulation->heap, moved = heap[0];
    int64_t at = 0, count = simulation->count;
    for (int64_t child = 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && heap[child + 1].time < heap[child].time)
            child++;
        if (heap[child].time >= moved.time)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

/// When a request that comes at `time` and takes `service` is done.
static double serve(struct server *server, double time, double service)
{
    server->free = fmax(server->free, time) + service;
    return server->free;
}

static void end_worker(struct simulation *simulation, double time)
{
    simulation->ended += time;
    simulation->last = fmax(simulation->last, time);
    simulation->heap[0] = simulation->heap[--simulation->count];
}

/// Rows of records that a worker stores for a claim.
static int64_t rows_of(const struct hrm_workload *work)
{
    return work->ranges ? (int64_t)work->plan.checkpoints * work->plan.perturbations : 1;
}

/// The first worker claims, reads its puzzles, and runs their passes.
static void claim(struct simulation *simulation)
{
    const struct hrm_cluster *cluster = simulation->cluster;
    struct event *event = &simulation->heap[0];
    double answer =
        serve(&simulation->counter, event->time, cluster->claim_service) + cluster->claim_latency;
    struct claim taken = take(simulation, event->worker / cluster->threads);
    simulation->sums[HRM_FORECAST_QUEUE] += answer - event->time;
    if (taken.items == 0) {
        end_worker(simulation, answer);
        return;
    }
    // Answers come in the order of the claims, so the reads are served in their order too.
    double bytes = (double)(taken.puzzles * simulation->work->puzzle_bytes);
    double ready =
        serve(&simulation->reads, answer, bytes / cluster->read_rate) + cluster->store_latency;
    double seconds = taken.seconds * simulation->slowness[event->worker / simulation->node_workers];
    simulation->sums[HRM_FORECAST_STORAGE] += ready - answer;
    simulation->sums[HRM_FORECAST_COMPUTE] += seconds;
    event->passes = taken.puzzles * rows_of(simulation->work);
    event->time = ready + seconds;
    event->storing = true;
}

static void store(struct simulation *simulation)
{
    const struct hrm_cluster *cluster = simulation->cluster;
    struct event *event = &simulation->heap[0];
    int64_t bytes = event->passes * simulation->work->pass_bytes;
    double done = serve(&simulation->writes, event->time, (double)bytes / cluster->write_rate) +
                  cluster->store_latency * (double)rows_of(simulation->work);
    simulation->sums[HRM_FORECAST_STORAGE] += done - event->time;
    event->time = done;
    event->storing = false;
}

// --- before and after ----------------------------------------------------------------------------

/// Until the first claim. Rank 0 reads the checkpoints; through a tree each node gets them once and
/// passes them on to at most two.
static double starting(const struct hrm_workload *work, const struct hrm_cluster *cluster,
                       const struct hrm_forecast *forecast)
{
    double bytes = (double)work->checkpoint_bytes;
    double passing_on = forecast->nodes > 1 ? 2 * bytes / cluster->network_rate : 0;
    return cluster->launch + cluster->launch_rank * forecast->ranks +
           work->plan.checkpoints * (fmax(cluster->load, bytes / cluster->read_rate) + passing_on) +
           cluster->prepare * (double)work->plan.puzzles;
}

/// After the last block: all records are read and counted, whole blocks of puzzles by a rank.
static double ending(const struct hrm_workload *work, const struct hrm_cluster *cluster, int ranks)
{
    const struct hrm_plan *plan = &work->plan;
    double rows = (double)plan->checkpoints * plan->perturbations;
    double passes = rows * (double)plan->puzzles;
    double each = ceil((double)plan->ranges / ranks) * rows * plan->block;
    return passes * (double)work->pass_bytes / cluster->read_rate +
           fmin(each, passes) * cluster->count;
}

static void conclude(const struct simulation *simulation, double start, double end,
                     struct hrm_forecast *forecast)
{
    double workers = (double)forecast->workers;
    forecast->claims = simulation->claims;
    forecast->wall = simulation->last + end;
    for (int i = 0; i < HRM_FORECAST_PARTS; i++)
        forecast->parts[i] = simulation->sums[i] / workers;
    forecast->parts[HRM_FORECAST_START] = start;
    forecast->parts[HRM_FORECAST_STORAGE] += end;
    forecast->parts[HRM_FORECAST_TAIL] = simulation->last - simulation->ended / workers;
    forecast->bottleneck = HRM_FORECAST_START;
    for (int i = 0; i < HRM_FORECAST_PARTS; i++)
        if (forecast->parts[i] > forecast->parts[forecast->bottleneck])
            forecast->bottleneck = (enum hrm_forecast_part)i;
    double cores = fmin((double)simulation->node_workers, simulation->cluster->cores);
    forecast->core_hours = forecast->wall * fmin(cores * forecast->nodes, workers) / 3600;
}

static int init(struct simulation *simulation, const struct hrm_forecast *forecast, double start,
                struct hrm_error *error)
{
    int each = (forecast->ranks - 1) / forecast->nodes + 1;
    simulation->queue = (struct hrm_guided){hrm_workload_items(simulation->work),
                                            simulation->work->most, forecast->workers};
    simulation->count = forecast->workers;
    simulation->node_workers = (int64_t)each * simulation->cluster->threads;
    simulation->random = hrm_random_open(simulation->cluster->seed, HRM_RANDOM_ORDER, 1, 0);
    simulation->heap = calloc((size_t)forecast->workers, sizeof *simulation->heap);
    simulation->slowness = calloc((size_t)forecast->nodes, sizeof *simulation->slowness);
    simulation->seen = calloc((size_t)forecast->ranks, sizeof *simulation->seen);
    if (!simulation->heap || !simulation->slowness || !simulation->seen)
        return hrm_fail(error, HRM_FAILED, "no memory for %lld simulated threads",
                        (long long)forecast->workers);
    draw_nodes(simulation, forecast->nodes);
    for (int64_t i = 0; i < simulation->count; i++)
        simulation->heap[i] = (struct event){.time = start, .worker = (int)i};
    return HRM_OK;
}

int hrm_simulate(const struct hrm_workload *work, const struct hrm_cluster *cluster, int ranks,
                 struct hrm_forecast *forecast, struct hrm_error *error)
{
    assert(ranks > 0 && cluster->cores > 0 && cluster->threads > 0 && work->cost_count > 0);
    assert(work->cost_count <= UINT32_MAX && cluster->read_rate > 0 && cluster->write_rate > 0);
    struct simulation simulation = {.work = work, .cluster = cluster};
    *forecast = (struct hrm_forecast){.ranks = ranks,
                                      .nodes = hrm_cluster_nodes(cluster, ranks),
                                      .workers = (int64_t)ranks * cluster->threads};
    double start = starting(work, cluster, forecast);
    int status = init(&simulation, forecast, start, error);
    while (status == HRM_OK && simulation.count > 0) {
        if (simulation.heap[0].storing)
            store(&simulation);
        else
            claim(&simulation);
        sift(&simulation);
    }
    if (status == HRM_OK)
        conclude(&simulation, start, ending(work, cluster, ranks), forecast);
    free(simulation.heap);
    free(simulation.slowness);
    free(simulation.seen);
    return status;
}
