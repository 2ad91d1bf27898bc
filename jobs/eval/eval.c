#include "build_info.h"
#include "core/compute/backend.h"
#include "core/eval/perturbation.h"
#include "core/file/checkpoint.h"
#include "core/file/checkpoint_match.h"
#include "core/model/model.h"
#include "jobs/cli/claim.h"
#include "jobs/cli/cli.h"
#include "jobs/cli/console.h"
#include "jobs/cli/output.h"
#include "jobs/cli/stop.h"
#include "jobs/cli/test_pause.h"
#include "jobs/cli/threads.h"
#include "jobs/cli/usage.h"
#include "jobs/eval/checkpoint_list.h"
#include "jobs/eval/eval_memory.h"
#include "jobs/eval/eval_options.h"
#include "jobs/eval/eval_warn.h"
#include "jobs/eval/eval_weights.h"
#include "jobs/eval/puzzle_source.h"
#include "jobs/jobs.h"
#include "jobs/train/trained.h"
#include "jobs/vote/vote_print.h"
#include "mpi/common_backend.h"
#include "mpi/evaluate.h"
#include "mpi/store.h"
#include "mpi/version.h"
#include "mpi/weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/// One process of an evaluation.
struct eval {
    struct eval_options options;
    struct hrm_option_section section;
    const struct hrm_world *world;
    const struct hrm_backend *backend;
    struct hrm_task task;
    struct hrm_perturbations perturbations;
    struct checkpoint_list list; ///< the same on every rank
    struct puzzle_source source; ///< rank 0
    struct hrm_weights weights;
    struct hrm_plan plan;
    struct hrm_votes head; ///< of the file, rank 0
    pthread_mutex_t lock;
    struct hrm_claim claim; ///< of the votes file, rank 0
    struct hrm_store store;
    const volatile sig_atomic_t *stop;
    char folder[HRM_OPTION_TEXT]; ///< of the votes file, where a file STOP is looked for
    struct hrm_progress progress;
    double started, opened, closing; ///< seconds: before the plan, with the file open, at the end
};

// --- what is asked for -------------------------------------------------------------------------

static int check(struct eval *eval, struct hrm_error *error)
{
    struct eval_options *options = &eval->options;
    if (options->threads == 0)
        options->threads = hrm_threads_usable(eval->world->node_size);
    int status = hrm_common_backend(eval->world, options->backend,
                                    hrm_backend_usable(options->backend), &eval->backend, error);
    return hrm_agree(eval->world->comm, status, error);
}

/// Rank 0 looks at the disk, the others are told.
static int list_checkpoints(struct eval *eval, const struct hrm_cli *cli, struct hrm_error *error)
{
    struct checkpoint_list *list = &eval->list;
    const struct hrm_world *world = eval->world;
    int status = HRM_OK;
    if (world->rank == 0)
        status = checkpoint_list_gather(list, eval->options.checkpoints, cli->argv, cli->argc,
                                        eval->options.last, error);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK)
        status = hrm_broadcast(world->comm, &list->count, sizeof list->count, error);
    if (status == HRM_OK && world->rank > 0)
        list->paths = calloc((size_t)list->count, sizeof *list->paths);
    if (status == HRM_OK && !list->paths)
        status = hrm_fail(error, HRM_FAILED, "no memory for %d paths", list->count);
    status = hrm_agree(world->comm, status, error);
    if (status)
        return status;
    return hrm_broadcast(world->comm, list->paths, (size_t)list->count * sizeof *list->paths,
                         error);
}

static int load_weights(struct eval *eval, struct hrm_error *error)
{
    int status = eval_weights_load(&eval->weights, &eval->list, eval->world, eval->backend, error);
    const char *first = NULL;
    for (int i = 0; i < eval->list.count && status == HRM_OK; i++) {
        const char *path = eval->list.paths[i];
        status = hrm_checkpoint_task(&eval->task, &eval->weights.provenance[i], path, first, error);
        first = eval->list.paths[0];
    }
    if (status == HRM_OK)
        status = eval_options_perturbations(eval->options.perturbations, eval->options.seed,
                                            &eval->task, &eval->weights.models[0].config,
                                            &eval->perturbations, error);
    return hrm_agree(eval->world->comm, status, error);
}

// --- the plan and the file -----------------------------------------------------------------------

/// All that decides the votes besides the plan's numbers.
static int identify(struct eval *eval, struct hrm_error *error)
{
    int most = eval->weights.count + EVAL_NUMBERS + 4, count = eval->weights.count;
    uint64_t *hashes = calloc((size_t)most, sizeof *hashes);
    char text[HRM_PERTURBATIONS_TEXT] = "";
    if (!hashes)
        return hrm_fail(error, HRM_FAILED, "no memory for %d hashes", most);
    memcpy(hashes, eval->weights.hashes, (size_t)count * sizeof *hashes);
    hrm_perturbations_format(&eval->perturbations, text);
    hashes[count++] = eval->source.rated;
    count += eval_options_numbers(&eval->options, hashes + count);
    hashes[count++] = XXH3_64bits(text, strlen(text));
    hashes[count++] = XXH3_64bits(eval->backend->name, strlen(eval->backend->name));
    // The order of the checkpoints decides what is left out.
    hashes[count++] = eval->options.prune ? (uint64_t)eval->weights.newest[0] : 0;
    hrm_plan_identify(&eval->plan, hashes, count);
    free(hashes);
    return HRM_OK;
}

/// Rank 0 plans.
static int make_plan(struct eval *eval, struct hrm_error *error)
{
    const struct eval_options *options = &eval->options;
    struct puzzle_choice choice = {.task = &eval->task,
                                   .name = options->puzzles,
                                   .first = options->first,
                                   .subset = options->subset,
                                   .seed = (uint64_t)options->seed,
                                   .ambiguous = options->allow_ambiguous};
    int status = puzzle_source_open(&eval->source, &choice, error);
    if (status == HRM_OK)
        status = eval_warn(&eval->source, options, &eval->weights, error);
    if (status)
        return status;
    int64_t perturbations = hrm_perturbations_count(&eval->perturbations);
    eval->plan = (struct hrm_plan){.checkpoints = eval->list.count,
                                   .perturbations = (int32_t)perturbations,
                                   .segments = options->segments,
                                   .block = options->block,
                                   .puzzles = eval->source.count};
    status = hrm_plan_make(&eval->plan, error);
    return status ? status : identify(eval, error);
}

/// Rank 0: the votes take the place of nothing that they are made from.
static int check_output(const struct eval *eval, const struct hrm_cli *cli, struct hrm_error *error)
{
    const char *puzzles = eval->source.path;
    char part[HRM_PATH];
    const char *const outputs[] = {eval->options.output, part};
    int status = HRM_OK;
    snprintf(part, sizeof part, "%.4000s.part", eval->options.output);
    for (int i = 0; i < 2 && status == HRM_OK; i++) {
        status = output_check(cli, outputs[i], &puzzles, 1, error);
        for (int k = 0; k < eval->list.count && status == HRM_OK; k++) {
            const char *checkpoint = eval->list.paths[k];
            status = output_check(cli, outputs[i], &checkpoint, 1, error);
        }
    }
    return status;
}

static void describe_run(struct eval *eval, int argc, char **argv)
{
    struct hrm_votes_about *about = &eval->head.about;
    snprintf(about->program, sizeof about->program, "hrmpi %s %s", HRM_VERSION, HRM_REVISION);
    hrm_cli_command(argc, argv, about->command, sizeof about->command);
    hrm_options_format(&eval->section, 1, about->config, sizeof about->config);
    snprintf(about->backend, sizeof about->backend, "%s", eval->backend->name);
    snprintf(about->puzzles, sizeof about->puzzles, "%.1000s", eval->source.path);
    hrm_perturbations_format(&eval->perturbations, about->perturbations);
    about->seed = eval->options.seed;
    about->ranks = eval->world->size;
    about->threads = eval->options.threads;
    about->data_hash = eval->source.hash;
}

static int fill_tables(struct eval *eval, struct hrm_error *error)
{
    struct hrm_votes *head = &eval->head;
    head->plan = eval->plan;
    head->task = eval->task;
    head->checkpoints = calloc((size_t)eval->plan.checkpoints, sizeof *head->checkpoints);
    head->perturbations = calloc((size_t)eval->plan.perturbations, sizeof *head->perturbations);
    if (!head->checkpoints || !head->perturbations)
        return hrm_fail(error, HRM_FAILED, "no memory for the tables of a votes file");
    for (int i = 0; i < eval->plan.checkpoints; i++) {
        const struct hrm_provenance *provenance = &eval->weights.provenance[i];
        struct hrm_votes_checkpoint *row = &head->checkpoints[i];
        snprintf(row->path, sizeof row->path, "%.255s", eval->list.paths[i]);
        row->step = provenance->step;
        row->seed = (int64_t)provenance->seed;
        row->replica = provenance->replica;
        row->mixing = trained_with_mixing(provenance->config);
        row->hash = eval->weights.hashes[i];
    }
    for (int i = 0; i < eval->plan.perturbations; i++)
        snprintf(head->perturbations[i], HRM_VOTES_NAME, "%s",
                 hrm_perturbations_make(&eval->perturbations, i).name);
    return HRM_OK;
}

/// Plan, and open, continue or create the votes file.
static int open_store(struct eval *eval, const struct hrm_cli *cli, int argc, char **argv,
                      struct hrm_error *error)
{
    const struct hrm_world *world = eval->world;
    struct hrm_store_feed feed = {puzzle_source_read, &eval->source};
    struct hrm_group all = {.comm = world->comm, .rank = world->rank, .size = world->size};
    int status = HRM_OK;
    if (world->rank == 0)
        status = make_plan(eval, error);
    if (world->rank == 0 && status == HRM_OK)
        status = check_output(eval, cli, error);
    if (world->rank == 0 && status == HRM_OK)
        status = fill_tables(eval, error);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK)
        status = hrm_broadcast(world->comm, &eval->plan, sizeof eval->plan, error);
    if (status == HRM_OK)
        status = eval_memory_check(&eval->plan, &eval->weights, &eval->options, world, error);
    if (status == HRM_OK)
        status = hrm_group_hosts(&all, world->host, eval->head.about.hosts,
                                 sizeof eval->head.about.hosts, error);
    if (status)
        return status;
    if (world->rank == 0)
        describe_run(eval, argc, argv);
    eval->store.world = world;
    eval->store.lock = &eval->lock;
    status = hrm_store_open(&eval->store, &eval->head, eval->options.output,
                            eval->options.overwrite, &feed, error);
    puzzle_source_close(&eval->source);
    return status;
}

// --- the run -------------------------------------------------------------------------------------

static void open_console(const struct eval *eval)
{
    struct hrm_opening opening = {.job = "eval",
                                  .backend = eval->backend->name,
                                  .detail = eval->backend->detail,
                                  .ranks = eval->world->size,
                                  .threads = eval->options.threads,
                                  .mpi = hrm_mpi_library(),
                                  .seeded = true,
                                  .seed = eval->options.seed};
    hrm_console_open(&opening);
}

/// Ranks that cannot share memory hold the weights each.
static void warn_of_copies(const struct eval *eval)
{
    int nodes = eval->weights.copying;
    char weights[32];
    if (nodes > 0)
        hrm_console_warn(
            "shared memory (/dev/shm) is too small for the weights on %d node%s: each "
            "rank there holds a copy of its own, %s on this node; containers get more "
            "with --shm-size",
            nodes, nodes == 1 ? "" : "s",
            hrm_format_bytes((double)eval->weights.node_bytes, weights, sizeof weights));
}

static void say_what_comes(const struct eval *eval)
{
    const struct hrm_plan *plan = &eval->plan;
    char weights[32];
    warn_of_copies(eval);
    hrm_console_print("%d checkpoint%s (%s of weights a node) x %d perturbation%s x %" PRId64
                      " puzzles, %d segments, %" PRId64 " blocks of %d%s\n",
                      plan->checkpoints, plan->checkpoints == 1 ? "" : "s",
                      hrm_format_bytes((double)eval->weights.node_bytes, weights, sizeof weights),
                      plan->perturbations, plan->perturbations == 1 ? "" : "s", plan->puzzles,
                      plan->segments, plan->blocks, plan->block,
                      eval->store.complete    ? "; all done before"
                      : eval->store.continued ? "; continued"
                                              : "");
    if (*eval->store.damage)
        hrm_console_warn("%s; all blocks are run again", eval->store.damage);
}

static void show(void *user, int64_t done, int64_t skipped)
{
    struct eval *eval = user;
    hrm_stop_look(eval->folder);
    eval->progress.begun = skipped;
    hrm_progress_update(&eval->progress, done, NULL);
}

/// Called by threads that run passes.
static void pause_after(void *user, int64_t blocks)
{
    const struct eval *eval = user;
    hrm_test_pause(blocks, eval->stop);
}

static int run(struct eval *eval, struct hrm_evaluation_result *result, struct hrm_error *error)
{
    struct hrm_evaluation evaluation = {
        .world = eval->world,
        .weights = &eval->weights,
        .store = &eval->store,
        .perturbations = &eval->perturbations,
        .seed = (uint64_t)eval->options.seed,
        .leave = (enum hrm_leave)eval->options.leave,
        .settled = eval->options.settled_segments,
        .prune = eval_options_rule(&eval->options),
        .patience = 10,
        .threads = eval->options.threads,
        .queue = (enum hrm_queue_kind)eval->options.claims,
        .stop = eval->stop,
        .progress = show,
        .stored = pause_after,
        .user = eval,
    };
    int status = HRM_OK;
    if (!eval->store.complete) {
        const struct hrm_plan *plan = &eval->plan;
        int64_t passes = (int64_t)plan->checkpoints * plan->perturbations * plan->puzzles;
        hrm_progress_begin(&eval->progress, "eval", "passes", passes, 0);
        status = hrm_evaluate(&evaluation, result, error);
        hrm_progress_end(&eval->progress);
    }
    eval->closing = hrm_seconds();
    int closed = hrm_store_close(&eval->store, status == HRM_OK, error);
    return status ? status : closed;
}

/// Where the threads' time went, in percent of ranks x threads x wall time.
static void say_times(const struct eval *eval, const struct hrm_evaluation_result *result,
                      double seconds)
{
    double rank = seconds * eval->options.threads / 100, all = rank * eval->world->size;
    double file = 100 * (seconds - (eval->closing - eval->opened)) / seconds;
    hrm_console_print("time of the threads: %.1f%% computing (%.1f to %.1f%% by rank), %.1f%% "
                      "claiming, %.1f%% storing, %.1f%% opening and closing\n"
                      "%" PRId64 " segments were run, %.1f%% of those that could have been\n",
                      result->busy / all, result->least / rank, result->greatest / rank,
                      result->queue / all, result->storage / all, file, result->segments,
                      100 * (double)result->segments /
                          ((double)eval->plan.checkpoints * eval->plan.perturbations *
                           (double)eval->plan.puzzles * eval->plan.segments));
}

/// A figure of all ranks stands beside figures of all ranks. Collective.
static int close_console(const struct eval *eval, const struct hrm_evaluation_result *result,
                         double seconds, struct hrm_error *error)
{
    struct hrm_usage usage;
    int status = hrm_usage_look(&usage, eval->world, error);
    if (status)
        return status;
    // A puzzle is done when all its passes are run or left out.
    double puzzles =
        (double)eval->plan.puzzles * (double)result->blocks / (double)eval->plan.blocks;
    double gflop =
        (double)result->segments * hrm_model_segment_gflop(&eval->weights.models[0].config);
    double capacity = seconds * eval->world->size * eval->options.threads;
    struct hrm_figure figures[] = {
        {"puzzles/s", puzzles / seconds},
        {"passes/s", (double)result->passes / seconds},
        {"GFLOP/s", gflop / seconds},
        {"% of threads busy", 100 * result->busy / capacity},
    };
    if (!eval->store.complete)
        say_times(eval, result, seconds);
    hrm_console_print("votes are in %s\n", eval->options.output);
    hrm_console_close("done", &usage, figures, eval->store.complete ? 0 : 4);
    return HRM_OK;
}

static int eval_all(struct eval *eval, const struct hrm_cli *cli, int argc, char **argv,
                    struct hrm_error *error)
{
    struct hrm_evaluation_result result = {0};
    int status = check(eval, error);
    if (status == HRM_OK)
        status = list_checkpoints(eval, cli, error);
    if (status)
        return status;
    open_console(eval);
    if (eval->world->rank == 0)
        status = hrm_claim_file(&eval->claim, eval->options.output, error);
    status = hrm_agree(eval->world->comm, status, error);
    if (status == HRM_OK)
        status = load_weights(eval, error);
    eval->started = hrm_seconds();
    if (status == HRM_OK)
        status = open_store(eval, cli, argc, argv, error);
    if (status)
        return status;
    eval->opened = hrm_seconds();
    say_what_comes(eval);
    status = run(eval, &result, error);
    double seconds = hrm_seconds() - eval->started;
    if (status == HRM_OK)
        status = vote_summary(eval->options.output, eval->world, error);
    if (status == HRM_STOPPED)
        hrm_console_print("stopped by %s\n", hrm_stop_reason());
    if (status == HRM_OK)
        status = close_console(eval, &result, seconds, error);
    return status;
}

static void finish(struct eval *eval)
{
    hrm_claim_release(&eval->claim);
    puzzle_source_close(&eval->source);
    checkpoint_list_free(&eval->list);
    hrm_weights_free(&eval->weights);
    free(eval->head.checkpoints);
    free(eval->head.perturbations);
}

static void find_folder(struct eval *eval)
{
    snprintf(eval->folder, sizeof eval->folder, "%s", eval->options.output);
    char *slash = strrchr(eval->folder, '/');
    if (slash)
        *slash = '\0';
    else
        strcpy(eval->folder, ".");
}

int hrm_job_eval(int argc, char **argv)
{
    static struct eval eval;
    eval = (struct eval){.lock = PTHREAD_MUTEX_INITIALIZER};
    eval.section = eval_options_section(&eval.options);
    struct hrm_cli cli = {
        .name = "eval",
        .summary = "Run checkpoints x perturbations on a puzzle set and store the votes",
        .description =
            "A pass is one checkpoint and one perturbation on one puzzle. All passes are stored in "
            "a votes file, and voted on by every rule; hrmpi vote counts any part of them later. "
            "A run that was stopped (by a signal, --max-time, a file STOP beside the votes) or "
            "killed resumes when the same command is given again; under mpirun stop it with "
            "SIGUSR1, which mpirun passes on. The votes do not depend on the number of ranks and "
            "threads.",
        .arguments = "[CHECKPOINT...]",
        .examples = "hrmpi eval mixing --last 1 --first 60 --leave halted\n"
                    "mpirun -n 8 hrmpi eval runs/hrm --last 10 --perturbations cyclic:9 "
                    "--output hrm-votes.h5\n",
        .sections = &eval.section,
        .section_count = 1};
    struct hrm_error error = {0};
    if (hrm_job_parse(&cli, argc, argv, &error))
        return hrm_console_error(&error);
    if (cli.done)
        return HRM_OK;
    eval.world = hrm_job_world();
    find_folder(&eval);
    hrm_stop_name_faults(eval.world->rank, eval.world->host);
    eval.stop = hrm_stop_listen();
    hrm_stop_after(eval.options.max_time);
    int status = eval_all(&eval, &cli, argc, argv, &error);
    finish(&eval);
    return status ? hrm_console_error(&error) : HRM_OK;
}
