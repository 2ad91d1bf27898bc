#include "jobs/eval/eval_memory.h"

#include "core/eval/plan.h"
#include "core/task/sudoku.h"
#include "jobs/cli/memory.h"
#include "jobs/eval/eval_options.h"
#include "jobs/plan/footprint.h"
#include "mpi/weights.h"

int eval_memory_check(const struct hrm_plan *plan, const struct hrm_weights *weights,
                      const struct eval_options *options, const struct hrm_world *world,
                      struct hrm_error *error)
{
    struct hrm_task task;
    hrm_task_default(&task, &hrm_sudoku_kind);
    struct hrm_plan used = *plan; // of a block that is larger than the set the rest is not touched
    if (used.block > used.puzzles)
        used.block = (int32_t)used.puzzles;
    struct hrm_footprint_of of = {.plan = &used,
                                  .model = &weights->models[0],
                                  .ranks = world->size,
                                  .threads = options->threads,
                                  .prune = eval_options_rule(options),
                                  .task = &task};
    const struct hrm_footprint footprint = hrm_footprint_make(&of);
    struct hrm_memory_need need = {
        .what = "this evaluation",
        .node = footprint.node,
        .rank = footprint.rank,
        .ranks = world->node_size,
        .lower = "eval.threads, eval.block or the number of checkpoints (eval.last)"};
    return hrm_agree(world->comm, hrm_memory_check(&need, hrm_memory_room(), error), error);
}
