#ifndef HRM_EVAL_SIMULATE_H
#define HRM_EVAL_SIMULATE_H

#include "core/base/error.h"
#include "core/eval/plan.h"

#include <stdbool.h>
#include <stdint.h>

/// How long an evaluation takes on any number of ranks, by a simulation of its events. One process
/// and no MPI calls.
///
/// A worker is a thread of a rank. It claims neighbouring blocks from the counter of rank 0, as
/// many as hrm_queue_claim() would, reads the puzzles, runs their passes, stores the records, and
/// claims again. The counter, the reads and the writes are three servers that take one request at a
/// time, first come, first served, as a window's atomic operations and a file system's bandwidth
/// do. A heap holds the next event of every worker, so the work is O(blocks + claims log workers)
/// and the memory 40 bytes a worker.

/// What a job runs on. Seconds, and bytes a second.
struct hrm_cluster {
    int cores;           ///< of a node
    int nodes;           ///< that the ranks are spread over; 0: so many that each thread has a core
    int threads;         ///< of a rank
    double contention;   ///< a block's time with all cores of a node at work by that with one, >= 1
    double spread;       ///< relative standard deviation of the nodes' speeds
    uint64_t seed;       ///< of these speeds, and of the order of the measured costs
    double launch;       ///< until main runs on one rank
    double launch_rank;  ///< more for every rank
    double load;         ///< rank 0 reads a checkpoint, storage idle, and every node packs it
    double network_rate; ///< from node to node
    double prepare;      ///< rank 0 reads a puzzle and writes it into the new votes file
    double claim_latency; ///< from a claim to its answer, nobody else claiming
    double claim_service; ///< a claim keeps the counter
    double store_latency; ///< a block is read or written, storage idle
    double read_rate;     ///< of the storage, all ranks together
    double write_rate;
    double count; ///< a core counts one pass of the finished file
};

/// What is to be done.
struct hrm_workload {
    struct hrm_plan plan;
    bool ranges;  ///< what is claimed are ranges of puzzles with all their blocks, else blocks
    int64_t most; ///< of them that one claim takes, at most
    int64_t pass_bytes;   ///< of a record of the votes file
    int64_t puzzle_bytes; ///< that a worker reads of a puzzle: question, answer, rating
    const double
        *costs; ///< [cost_count] seconds of one core for a block, or range, of plan.block puzzles
    int64_t cost_count;       ///< as many as there are to claim: in their order; else drawn, each
                              ///< equally often
    int64_t checkpoint_bytes; ///< of one file
};

/// Where the time of the workers goes.
enum hrm_forecast_part {
    HRM_FORECAST_START,   ///< launch, weights, a new votes file
    HRM_FORECAST_COMPUTE, ///< passes
    HRM_FORECAST_QUEUE,   ///< waiting for the counter
    HRM_FORECAST_STORAGE, ///< waiting for reads and writes; counting the votes at the end
    HRM_FORECAST_TAIL,    ///< nothing left to claim while others still work
    HRM_FORECAST_PARTS
};

struct hrm_forecast {
    int ranks, nodes;
    int64_t workers, claims;           ///< with the last, empty one of every worker
    double wall;                       ///< seconds
    double parts[HRM_FORECAST_PARTS];  ///< seconds of a worker, the mean; their sum is `wall`
    double core_hours;                 ///< of all cores that the job holds
    enum hrm_forecast_part bottleneck; ///< the largest part
};

/// "start", "compute", ...
const char *hrm_forecast_part_name(enum hrm_forecast_part part);

/// What there is to claim: blocks, or ranges.
int64_t hrm_workload_items(const struct hrm_workload *work);

/// Nodes that so many ranks take.
int hrm_cluster_nodes(const struct hrm_cluster *cluster, int ranks);

/// Run the simulation. More workers than cores on a node share them evenly.
/// Errors: HRM_FAILED when memory is short.
int hrm_simulate(const struct hrm_workload *work, const struct hrm_cluster *cluster, int ranks,
                 struct hrm_forecast *forecast, struct hrm_error *error);

#endif
