#include "jobs/plan/footprint.h"

#include "core/base/atomic_file.h"
#include "core/eval/chunk.h"
#include "core/eval/runner.h"
#include "core/file/checkpoint.h"
#include "core/model/segment.h"
#include "core/vote/tally.h"
#include "mpi/count.h"
#include "mpi/weights.h"

enum {
    RESULT = 4 * (int)sizeof(int64_t) + (int)sizeof(double), ///< of struct hrm_evaluation_result
    HOST = 256
};

static int64_t record_of(const struct hrm_footprint_of *of)
{
    return (int64_t)hrm_pass_bytes(of->task->shape.answer_bytes);
}

static int64_t threads_bytes(const struct hrm_footprint_of *of)
{
    const struct hrm_plan *plan = of->plan;
    int64_t puzzles = hrm_chunk_most(plan, of->prune) * plan->block;
    int64_t rows = of->prune == HRM_RULES ? 1 : (int64_t)plan->checkpoints * plan->perturbations;
    int64_t pass = record_of(of) + (int64_t)sizeof(struct hrm_runner_job);
    int slots = hrm_runner_slots(of->model, (int)(rows * puzzles));
    return of->threads * ((int64_t)hrm_worker_bytes(of->model, slots, false) +
                          puzzles * (of->task->shape.item_bytes + rows * pass));
}

struct hrm_footprint hrm_footprint_make(const struct hrm_footprint_of *of)
{
    const struct hrm_plan *plan = of->plan;
    int64_t checkpoints = plan->checkpoints, rows = checkpoints * plan->perturbations;
    int64_t params = (int64_t)(of->model->layout.total * sizeof(float));
    struct hrm_footprint volume = {.passes = rows * plan->puzzles};
    volume.broadcast =
        (int64_t)(sizeof *plan + sizeof(struct hrm_model_config)) +
        checkpoints * (int64_t)(HRM_PATH + sizeof(struct hrm_provenance) + sizeof(uint64_t));
    volume.weights = checkpoints * params;
    volume.gathered = RESULT + HOST + (int64_t)sizeof(struct hrm_tally);
    volume.votes = plan->puzzles * hrm_votes_puzzle_bytes(&of->task->shape) +
                   volume.passes * record_of(of) + plan->blocks * (int64_t)sizeof(uint64_t) +
                   checkpoints * (int64_t)sizeof(struct hrm_votes_checkpoint) +
                   plan->perturbations * HRM_VOTES_NAME;
    volume.node = checkpoints * (int64_t)hrm_weights_node_bytes(of->model);
    volume.loading = 2 * params;
    volume.rank =
        threads_bytes(of) + checkpoints * ((int64_t)hrm_weights_rank_bytes(of->model) + HRM_PATH +
                                           (int64_t)sizeof(struct hrm_provenance));
    volume.root = 2 * (checkpoints * (int64_t)sizeof(struct hrm_votes_checkpoint) +
                       plan->perturbations * HRM_VOTES_NAME) +
                  (int64_t)of->ranks * HOST;
    int64_t counting = hrm_count_bytes(plan, (size_t)record_of(of));
    volume.rank = volume.rank > counting ? volume.rank : counting;
    return volume;
}
