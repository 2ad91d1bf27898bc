#include "jobs/plan/plan_options.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define ROW(key, type, fallback, help, minimum, maximum, role, since)                              \
    {                                                                                              \
#key, HRM_OPTION_##type, offsetof(struct plan_options, key), fallback, NULL, help,         \
            minimum, maximum, HRM_ROLE_##role, since                                               \
    }

/// Ranks that can be simulated.
enum { RANKS_MOST = 1000000 };

static const struct hrm_option PLAN[] = {
    ROW(simulate, TEXT, "64,1024,16384", "numbers of ranks, separated by commas", 0, 0, RESULT, 0),
    ROW(models, INT, "10", "checkpoints, where none are named: of the size that [model] says", 1,
        INT_MAX, RESULT, 0),
    ROW(task, TEXT, "",
        "where no checkpoints are named: sudoku or maze, its size as below; empty: as the preset "
        "or configuration says, else sudoku",
        0, 0, RESULT, 1),
    ROW(count, INT64, "0", "puzzles; 0: those that are named", 0, INFINITY, RESULT, 0),
    ROW(like, TEXT, "",
        "a votes file: passes take as many segments as there. Else as many as in the blocks that "
        "are measured, or all where no checkpoints are named",
        0, 0, RESULT, 0),
    ROW(bench, TEXT, "", "take the speed from what hrmpi bench --json has printed to this file", 0,
        0, RESULT, 0),
    ROW(measure, REAL, "3", "seconds to measure the speed here", 0.01, 3600, RESULT, 0),
    {"clock", HRM_OPTION_CHOICE, offsetof(struct plan_options, clock), "cpu", "cpu|wall",
     "how time is measured: cpu, the best of a core, as if nothing else ran here; wall, the mean, "
     "with what does",
     0, 0, HRM_ROLE_RESULT, 0},
    ROW(segment_ms, REAL, "0",
        "milliseconds of one core for a segment of one puzzle; 0: from --bench, or measured", 0,
        INFINITY, RESULT, 0),
    ROW(contention, REAL, "0",
        "how many times as long that takes with all cores of a node at work; 0: measured", 0, 1000,
        RESULT, 0),
    ROW(cores, INT, "0", "cores of a node; 0: those that this process may use", 0, 1 << 20, RESULT,
        0),
    ROW(nodes, INT, "0",
        "nodes that all ranks share, cores too where there are more ranks; 0: a core for every "
        "thread",
        0, RANKS_MOST, RESULT, 0),
    ROW(spread, REAL, "0.02", "relative standard deviation of the speeds of nodes", 0, 1, RESULT,
        0),
    ROW(launch, REAL, "0", "seconds from mpirun to the first line; 0: as this process needed", 0,
        INFINITY, RESULT, 0),
    ROW(launch_rank_ms, REAL, "0.1", "milliseconds that --launch grows by for each rank", 0,
        INFINITY, RESULT, 0),
    ROW(load, REAL, "0",
        "seconds in which a node reads and packs a checkpoint; 0: measured, or by the bytes", 0,
        INFINITY, RESULT, 0),
    ROW(claim_us, REAL, "5",
        "microseconds from a claim to its answer; 0: as measured between the ranks of this command",
        0, INFINITY, RESULT, 0),
    ROW(service_us, REAL, "1",
        "microseconds that a claim keeps the counter on rank 0; 0: as measured with all ranks of "
        "this command claiming",
        0, INFINITY, RESULT, 0),
    ROW(store_ms, REAL, "0",
        "milliseconds for storing a block while nobody else does; 0: measured at --output", 0,
        INFINITY, RESULT, 0),
    ROW(network_gb_s, REAL, "1",
        "gigabytes a second from node to node, by which the weights get around", 1e-6, INFINITY,
        RESULT, 0),
    ROW(read_gb_s, REAL, "0", "gigabytes a second that all ranks together read; 0: as --write-gb-s",
        0, INFINITY, RESULT, 0),
    ROW(write_gb_s, REAL, "0",
        "gigabytes a second that all ranks together write; 0: measured at --output", 0, INFINITY,
        RESULT, 0),
    ROW(vote_us, REAL, "1", "microseconds of a core for counting one pass at the end", 0, INFINITY,
        RESULT, 0),
    ROW(json, FLAG, "false", "print JSON instead of text", 0, 0, RESULT, 0),
};

struct hrm_option_section plan_options_section(struct plan_options *options)
{
    return (struct hrm_option_section)HRM_OPTION_SECTION("plan", PLAN, options);
}

int plan_options_ranks(const struct plan_options *options, int *ranks, int *count,
                       struct hrm_error *error)
{
    const char *at = options->simulate;
    for (*count = 0; *count < PLAN_RANKS; (*count)++) {
        char *end = NULL;
        errno = 0;
        long value = strtol(at, &end, 10);
        if (end == at || (*end != ',' && *end != '\0') || errno || value < 1 || value > RANKS_MOST)
            break;
        ranks[*count] = (int)value;
        if (*end == '\0') {
            (*count)++;
            return HRM_OK;
        }
        at = end + 1;
    }
    hrm_fail(error, HRM_USAGE, "--simulate %s: '%s' is no list of numbers of ranks",
             options->simulate, at);
    return hrm_hint(error, "write up to %d numbers from 1 to %d, as --simulate 64,1024,16384",
                    PLAN_RANKS, RANKS_MOST);
}
