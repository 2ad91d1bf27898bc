#include "jobs/train/train_options.h"

#include "jobs/cli/threads.h"
#include "mpi/trainer.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>

#define ROW(key, type, fallback, choices, help, minimum, maximum, role, since)                     \
    {                                                                                              \
#key, HRM_OPTION_##type, offsetof(struct train_options, key), fallback, choices, help,     \
            minimum, maximum, HRM_ROLE_##role, since                                               \
    }

/// An average that keeps all of what it has never learns anything.
#define BELOW_ONE 0.999999

static const struct hrm_option TRAIN[] = {
    ROW(task, TEXT, "sudoku", NULL,
        "what is learned: sudoku or maze; its section below says of what size", 0, 0, TRAINING, 1),
    ROW(puzzles, TEXT, "train-1k", NULL,
        "training puzzles: a CSV file, gzipped or not, the name of a bundled set, or "
        "generate:COUNT, generate:FAMILY:COUNT or generate:FAMILY:COUNT:SEED",
        0, 0, SOURCE, 0),
    ROW(allow_ambiguous, FLAG, "false", NULL,
        "take puzzles of which two have the same question and another answer", 0, 0, SOURCE, 1),
    ROW(output, TEXT, "runs/train", NULL, "folder of the run; snapshots go to replica-R/ in it", 0,
        0, BOOKKEEPING, 0),
    ROW(overwrite, FLAG, "false", NULL, "replace the run that the folder holds", 0, 0, BOOKKEEPING,
        0),
    ROW(resume, TEXT, "auto", NULL,
        "auto: resume the run in the folder, if there is one; never; or a state file to "
        "resume from",
        0, 0, BOOKKEEPING, 0),
    ROW(branch, TEXT, "", NULL,
        "a state of another run, to begin from where the folder has none: the same model, data and "
        "seed; learning rates, steps, decay, moved givens, mixing and noise may be others",
        0, 0, SOURCE, 1),
    ROW(state_minutes, REAL, "5", NULL,
        "write a state file every so many minutes; a run goes on from it. One is also written "
        "when the run stops or ends; 0: only then",
        0, INFINITY, BOOKKEEPING, 0),
    ROW(state_every, INT64, "0", NULL,
        "also write a state file after every so many steps; 0: never", 0, INFINITY, BOOKKEEPING, 0),
    ROW(keep_every, INT64, "0", NULL,
        "keep the state file of every so many steps for good; of the others the last two stay", 0,
        INFINITY, BOOKKEEPING, 0),
    ROW(max_time, REAL, "0", NULL,
        "seconds after which the run saves its state and stops; 0: five minutes before the end "
        "of the Slurm job where SLURM_JOB_END_TIME tells it, else never",
        0, INFINITY, BOOKKEEPING, 0),
    ROW(replicas, INT, "1", NULL, "models to train at once, each by its own group of ranks", 1,
        INT_MAX, BOOKKEEPING, 0),
    ROW(seed, INT64, "0", NULL, "replica r is trained from seed + r", 0, INFINITY, TRAINING, 0),
    ROW(steps, INT64, "52080", NULL, "optimizer steps", 1, INFINITY, SCHEDULE, 0),
    ROW(batch, INT, "768", NULL,
        "puzzles that a replica works on at a time, over all its ranks; each has a slot", 1,
        1 << 24, TRAINING, 0),
    ROW(shards, INT, "0", NULL,
        "parts of the batch whose gradients are summed in a fixed order: a power of two that "
        "divides batch, at least ranks x threads of a replica; 0: up to 16",
        0, 1 << 24, TRAINING, 0),
    ROW(micro_batch, INT, "0", NULL,
        "puzzles that a thread takes through a segment together; 0: as the backend likes", 0,
        1 << 16, TRAINING, 0),
    ROW(threads, INT, "1", NULL, "threads of a rank; 0: OMP_NUM_THREADS, or all CPUs it may use", 0,
        HRM_THREADS_MAX, BOOKKEEPING, 0),
    ROW(optimizer, CHOICE, "adam_atan2", "adam_atan2|muon",
        "AdamATan2 for all weights, or Muon for the matrices of the blocks and AdamATan2 for the "
        "rest",
        0, 0, TRAINING, 1),
    ROW(lr, REAL, "1e-4", NULL, "learning rate of the weights", 0, INFINITY, SCHEDULE, 0),
    ROW(puzzle_lr, REAL, "-1", NULL, "learning rate of the puzzle embedding (sign descent); -1: lr",
        -1, INFINITY, SCHEDULE, 0),
    ROW(weight_decay, REAL, "1", NULL, "decoupled, multiplied by lr", 0, INFINITY, SCHEDULE, 0),
    ROW(puzzle_weight_decay, REAL, "1", NULL, "weight decay of the puzzle embedding", 0, INFINITY,
        SCHEDULE, 0),
    ROW(beta1, REAL, "0.9", NULL, "decay of the gradient's moving average", 0, BELOW_ONE, TRAINING,
        0),
    ROW(beta2, REAL, "0.95", NULL, "decay of its square's moving average", 0, BELOW_ONE, TRAINING,
        0),
    ROW(momentum, REAL, "0.95", NULL, "momentum of Muon", 0.01, 0.9999, TRAINING, 1),
    ROW(warmup, INT64, "2000", NULL, "steps over which the learning rates rise", 0, INFINITY,
        SCHEDULE, 0),
    ROW(lr_min_ratio, REAL, "1", NULL,
        "where the cosine after the warm-up ends, as a share of lr; 1: constant", 0, 1, SCHEDULE,
        0),
    ROW(moved_givens, INT, "0", NULL,
        "up to so many times a given digit of an example moves to another cell; the answer stays "
        "the only one and as hard to find; 0: never",
        0, 1000, SCHEDULE, 1),
    ROW(mixing, FLAG, "false", NULL, "half of the examples are easier copies", 0, 0, SCHEDULE, 0),
    ROW(ema, REAL, "0", NULL,
        "rate of the weights' moving average, which is what is evaluated; 0: none", 0, BELOW_ONE,
        TRAINING, 0),
    ROW(state_sigma, REAL, "0", NULL, "noise on the initial state of every new example", 0,
        INFINITY, SCHEDULE, 0),
    ROW(noise_sigma, REAL, "0", NULL, "noise on the state after every module call", 0, INFINITY,
        SCHEDULE, 0),
    ROW(snapshot_every, INT64, "1302", NULL, "steps between snapshots; 0: only the last step", 0,
        INFINITY, BOOKKEEPING, 0),
    ROW(snapshot_from, INT64, "0", NULL, "no snapshot before this step", 0, INFINITY, BOOKKEEPING,
        0),
    ROW(log_every, INT64, "10", NULL,
        "write a line of metrics.jsonl every so many steps, their mean", 1, INFINITY, BOOKKEEPING,
        0),
    ROW(validate, TEXT, "", NULL,
        "solve these puzzles along the way: a file or a bundled set; empty: none", 0, 0,
        BOOKKEEPING, 0),
    ROW(validate_every, INT64, "1000", NULL, "validate every so many steps, and after the last one",
        1, INFINITY, BOOKKEEPING, 0),
    ROW(validate_first, INT, "0", NULL,
        "validate with only so many puzzles from the beginning; 0: all", 0, INT_MAX, BOOKKEEPING,
        0),
    ROW(backend, TEXT, "auto", NULL, "auto, or one of those that `hrmpi info` lists", 0, 0, SOURCE,
        0),
    ROW(reduce, CHOICE, "ordered", "ordered|allreduce",
        "how gradients are summed over ranks: the same bits on any number of ranks, or by "
        "MPI_Allreduce",
        0, 0, TRAINING, 0),
};

struct hrm_option_section train_options_section(struct train_options *options)
{
    return (struct hrm_option_section)HRM_OPTION_SECTION("train", TRAIN, options);
}

/// Replica r is trained from seed + r.
static int check_seeds(const struct train_options *options, struct hrm_error *error)
{
    int64_t most = INT64_MAX - (options->replicas - 1);
    if (options->seed <= most)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "train.seed is %" PRId64 ": the seeds of %d replicas pass %" PRId64,
             options->seed, options->replicas, INT64_MAX);
    return hrm_hint(error, "give a train.seed of at most %" PRId64, most);
}

int train_options_chosen(const struct hrm_cli *cli, const struct hrm_model_config *config,
                         struct hrm_error *error)
{
    struct hrm_model_config plain = {0};
    struct hrm_option_section section = hrm_model_config_section(&plain);
    hrm_options_default(&section, 1);
    bool chosen = *cli->preset || *cli->config || config->hidden != plain.hidden ||
                  config->h_layers != plain.h_layers || config->l_layers != plain.l_layers;
    return chosen ? HRM_OK : hrm_cli_want_preset(cli, error);
}

int train_options_complete(struct train_options *options, int node_size, struct hrm_error *error)
{
    int status = check_seeds(options, error);
    if (status == HRM_OK && options->threads == 0)
        status = hrm_threads_openmp(&options->threads, error);
    if (options->threads == 0)
        options->threads = hrm_threads_usable(node_size);
    if (options->shards == 0)
        options->shards = hrm_training_shards(options->batch);
    if (options->puzzle_lr < 0)
        options->puzzle_lr = options->lr;
    return status;
}

struct hrm_training train_options_training(const struct train_options *options, int replica)
{
    return (struct hrm_training){
        .seed = (uint64_t)options->seed + (uint64_t)replica,
        .batch = options->batch,
        .shards = options->shards,
        .micro_batch = options->micro_batch,
        .threads = options->threads,
        .reduce = (enum hrm_reduce_kind)options->reduce,
        .schedule = {.warmup = options->warmup,
                     .total = options->steps,
                     .floor = options->lr_min_ratio},
        .adam = {.rate = options->lr,
                 .decay = options->weight_decay,
                 .beta1 = options->beta1,
                 .beta2 = options->beta2},
        .muon = {.rate = options->lr,
                 .decay = options->weight_decay,
                 .momentum = options->optimizer == TRAIN_MUON ? options->momentum : 0},
        .puzzle_rate = options->puzzle_lr,
        .puzzle_decay = options->puzzle_weight_decay,
        .ema = options->ema,
        .state_sigma = options->state_sigma,
        .noise_sigma = options->noise_sigma,
    };
}
