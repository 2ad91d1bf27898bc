#include "core/eval/plan.h"

#include <assert.h>
#include <stddef.h>
#include <xxhash.h>

int hrm_plan_make(struct hrm_plan *plan, struct hrm_error *error)
{
    assert(plan->checkpoints >= 0 && plan->perturbations >= 0 && plan->block > 0);
    if (plan->puzzles <= 0 || plan->checkpoints == 0 || plan->perturbations == 0) {
        hrm_fail(error, HRM_DATA,
                 "nothing to evaluate: %d checkpoints, %d perturbations, %lld puzzles",
                 (int)plan->checkpoints, (int)plan->perturbations, (long long)plan->puzzles);
        return hrm_hint(error, "name at least one of each");
    }
    plan->ranges = (plan->puzzles - 1) / plan->block + 1;
    int64_t rows = (int64_t)plan->checkpoints * plan->perturbations;
    // The claim counter may run ahead by a claim of every rank; keep far from the end.
    if (plan->ranges > (INT64_MAX >> 16) / rows)
        return hrm_fail(error, HRM_USAGE, "too many passes for one run");
    plan->blocks = plan->ranges * rows;
    return HRM_OK;
}

struct hrm_plan_block hrm_plan_block_at(const struct hrm_plan *plan, int64_t index)
{
    assert(index >= 0 && index < plan->blocks);
    int64_t row = index / plan->ranges;
    int64_t first = index % plan->ranges * plan->block;
    int64_t left = plan->puzzles - first;
    return (struct hrm_plan_block){.checkpoint = (int)(row / plan->perturbations),
                                   .perturbation = (int)(row % plan->perturbations),
                                   .first = first,
                                   .count = left < plan->block ? (int)left : plan->block};
}

struct hrm_plan_block hrm_plan_blocks_at(const struct hrm_plan *plan, int64_t index, int64_t count)
{
    struct hrm_plan_block first = hrm_plan_block_at(plan, index);
    struct hrm_plan_block last = hrm_plan_block_at(plan, index + count - 1);
    assert(first.checkpoint == last.checkpoint && first.perturbation == last.perturbation);
    first.count = (int)(last.first - first.first) + last.count;
    return first;
}

int64_t hrm_plan_record(const struct hrm_plan *plan, const struct hrm_plan_block *block)
{
    int64_t row = (int64_t)block->checkpoint * plan->perturbations + block->perturbation;
    return row * plan->puzzles + block->first;
}

void hrm_plan_identify(struct hrm_plan *plan, const uint64_t *extra, int count)
{
    plan->identity = 0;
    XXH64_hash_t seed = XXH3_64bits(plan, sizeof *plan);
    // Attribute values are signed, and 0 means "none".
    plan->identity = XXH3_64bits_withSeed(extra, (size_t)count * sizeof *extra, seed) >> 1 | 1;
}
