#include "build_info.h"
#include "core/compute/backend.h"
#include "core/file/checkpoint.h"
#include "core/task/task.h"
#include "jobs/cli/claim.h"
#include "jobs/cli/cli.h"
#include "jobs/cli/console.h"
#include "jobs/cli/stop.h"
#include "jobs/cli/test_pause.h"
#include "jobs/cli/usage.h"
#include "jobs/jobs.h"
#include "jobs/train/train_data.h"
#include "jobs/train/train_folder.h"
#include "jobs/train/train_log.h"
#include "jobs/train/train_memory.h"
#include "jobs/train/train_options.h"
#include "jobs/train/train_resume.h"
#include "mpi/common_backend.h"
#include "mpi/group_stop.h"
#include "mpi/snapshot.h"
#include "mpi/trainer.h"
#include "mpi/validate.h"
#include "mpi/version.h"
#include "mpi/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/// One process of a training run.
struct train {
    struct hrm_model_config config;
    struct train_options options;
    struct hrm_task_choice choice;
    struct hrm_task task;
    struct hrm_option_section sections[2 + HRM_TASKS_MOST];
    int section_count;
    const struct hrm_world *world;
    const struct hrm_backend *backend;
    struct hrm_group group; ///< this rank's replica
    struct train_data *data;
    struct hrm_trainer trainer;
    struct hrm_provenance provenance;
    struct train_log log;
    struct hrm_claim claim; ///< of the folder, rank 0
    struct train_saver saver;
    struct hrm_group_stop notice;
    const volatile sig_atomic_t *stop; ///< a signal that came
    struct hrm_progress progress;
    double started;     ///< seconds
    int64_t begun;      ///< the step that this run goes on from
    double exact_share; ///< of the last validation; -1: none
};

// --- getting ready ------------------------------------------------------------------------------

/// What can be said without looking at files.
static int check(struct train *train, struct hrm_error *error)
{
    int status = hrm_task_choose(&train->task, train->options.task, &train->choice, error);
    if (status == HRM_OK)
        status = train_data_fit(&train->task, &train->config, error);
    if (status == HRM_OK)
        status = hrm_model_config_check(&train->config, error);
    if (status == HRM_OK)
        status = train_options_complete(&train->options, train->world->node_size, error);
    status = hrm_agree(train->world->comm, status, error);
    if (status)
        return status;
    status = hrm_group_split(train->world, train->options.replicas, &train->group, error);
    if (status)
        return status;
    struct hrm_training training = train_options_training(&train->options, 0);
    status = hrm_training_check(&training, train->group.size, error);
    status = hrm_agree(train->world->comm, status, error);
    if (status == HRM_OK)
        status =
            hrm_common_backend(train->world, train->options.backend,
                               hrm_backend_usable(train->options.backend), &train->backend, error);
    return status ? status
                  : train_memory_check(&training, &train->config, train->backend, train->world,
                                       &train->group, error);
}

static int load(struct train *train, struct hrm_error *error)
{
    uint64_t seed = (uint64_t)train->options.seed + (uint64_t)train->group.replica;
    int status = train_data_load(&train->data, &train->options, &train->task, seed, error);
    return hrm_agree(train->world->comm, status, error);
}

/// Rank 0 makes the folder, or looks at the run that it holds.
static int open_output(struct train *train, struct hrm_error *error)
{
    int status = HRM_OK;
    if (train->world->rank == 0)
        status = train_folder_open(&train->claim, &train->options, train->sections,
                                   train->section_count, error);
    return hrm_agree(train->world->comm, status, error);
}

/// Every replica goes on from its state, if it has one; its first rank opens its log.
static int resume(struct train *train, struct hrm_error *error)
{
    const struct train_options *options = &train->options;
    struct train_saver *saver = &train->saver;
    char path[HRM_OPTION_TEXT + 64];
    *saver = (struct train_saver){.options = options,
                                  .sections = train->sections,
                                  .section_count = train->section_count,
                                  .about = &train->provenance,
                                  .trainer = &train->trainer};
    int status = hrm_agree(train->world->comm, train_saver_load(saver, error), error);
    if (status == HRM_OK && train->world->rank == 0)
        status = train_folder_write_config(options->output, train->sections, train->section_count,
                                           error);
    status = hrm_agree(train->world->comm, status, error);
    if (status)
        return status;
    const char *metrics = train->group.rank == 0 ? path : NULL;
    train->begun = train->trainer.step;
    train->exact_share = saver->carry.exact_share;
    train_folder_metrics(options->output, train->group.replica, path, sizeof path);
    if (saver->step < 0)
        status = train_log_open(&train->log, metrics, options->batch, error);
    else
        status = train_log_continue(&train->log, metrics, options->batch, saver->step,
                                    &saver->carry, error);
    return hrm_agree(train->world->comm, status, error);
}

static int start_trainer(struct train *train, struct hrm_error *error)
{
    struct hrm_training training = train_options_training(&train->options, train->group.replica);
    training.source = train_data_source(train->data);
    int status = hrm_trainer_init(&train->trainer, &training, &train->config, train->backend,
                                  &train->group, error);
    train->trainer.stop = train->stop;
    return hrm_agree(train->world->comm, status, error);
}

static int fill_provenance(struct train *train, int argc, char **argv, struct hrm_error *error)
{
    struct hrm_provenance *provenance = &train->provenance;
    snprintf(provenance->program, sizeof provenance->program, "hrmpi %s %s", HRM_VERSION,
             HRM_REVISION);
    hrm_cli_command(argc, argv, provenance->command, sizeof provenance->command);
    hrm_options_format(train->sections, train->section_count, provenance->config,
                       sizeof provenance->config);
    provenance->ranks = train->group.size;
    provenance->threads = train->options.threads;
    provenance->data_hash = train_data_hash(train->data);
    return hrm_group_hosts(&train->group, train->world->host, provenance->hosts,
                           sizeof provenance->hosts, error);
}

static void say_what_comes(const struct train *train)
{
    const struct train_options *options = &train->options;
    char memory[32];
    hrm_console_print(
        "%zu parameters, %" PRId64 " puzzles, batch %d in %d shards, %d replica%s of "
        "%d rank%s, %s a rank\n",
        train->trainer.model.layout.trained, train_data_puzzles(train->data), options->batch,
        options->shards, options->replicas, options->replicas == 1 ? "" : "s", train->group.size,
        train->group.size == 1 ? "" : "s",
        hrm_format_bytes((double)hrm_trainer_bytes(&train->trainer), memory, sizeof memory));
    hrm_console_print("progress tells of the slots that halt, on training puzzles%s: no measure of "
                      "other puzzles (--validate, hrmpi eval)\n",
                      options->mixing ? ", half of them easier copies" : "");
    if (train->saver.step >= 0)
        hrm_console_print("going on from step %" PRId64 " of %" PRId64 "\n", train->saver.step,
                          options->steps);
}

static int prepare(struct train *train, int argc, char **argv, struct hrm_error *error)
{
    int status = check(train, error);
    if (status)
        return status;
    struct hrm_opening opening = {.job = "train",
                                  .backend = train->backend->name,
                                  .detail = train->backend->detail,
                                  .ranks = train->world->size,
                                  .threads = train->options.threads,
                                  .mpi = hrm_mpi_library(),
                                  .seeded = true,
                                  .seed = train->options.seed};
    hrm_console_open(&opening);
    status = load(train, error);
    if (status == HRM_OK)
        status = start_trainer(train, error);
    if (status == HRM_OK)
        status = fill_provenance(train, argc, argv, error);
    if (status == HRM_OK)
        status = open_output(train, error);
    if (status == HRM_OK)
        status = resume(train, error);
    if (status == HRM_OK)
        status = hrm_group_stop_init(&train->notice, train->world, &train->group, error);
    if (status == HRM_OK)
        say_what_comes(train);
    return status;
}

// --- the run ------------------------------------------------------------------------------------

static bool is_due(int64_t step, int64_t every, int64_t last)
{
    return step == last || (every > 0 && step % every == 0);
}

static bool snapshot_is_due(const struct train_options *options, int64_t step)
{
    bool begun = step >= options->snapshot_from || step == options->steps;
    return begun && is_due(step, options->snapshot_every, options->steps);
}

static int write_snapshot(struct train *train, struct hrm_error *error)
{
    char path[HRM_OPTION_TEXT + 64];
    train->provenance.core_hours = train_saver_hours(&train->saver, hrm_seconds() - train->started);
    train_folder_snapshot(train->options.output, train->group.replica, train->trainer.step, path,
                          sizeof path);
    return hrm_trainer_snapshot(&train->trainer, path, &train->provenance, error);
}

/// Agree within the replica on something that its first rank alone can see.
static int agree(const struct train *train, int status, struct hrm_error *error)
{
    return hrm_agree(train->group.comm, status, error);
}

static int validate(struct train *train, struct hrm_error *error)
{
    struct hrm_token_set set = train_data_validation(train->data);
    struct hrm_validation result;
    int status = hrm_trainer_validate(&train->trainer, &set, &result, error);
    if (status)
        return status;
    train->exact_share = (double)result.exact / (double)result.puzzles;
    status =
        train_log_validation(&train->log, train->trainer.step, train->config.cells, &result, error);
    return agree(train, status, error);
}

static void show(struct train *train)
{
    char text[256];
    train_log_format(&train->log, train->exact_share,
                     (size_t)train_data_validation(train->data).count, text, sizeof text);
    hrm_progress_update(&train->progress, train->trainer.step, text);
}

/// What is written about a step: metrics, validation, snapshot.
static int settle_step(struct train *train, struct hrm_error *error)
{
    const struct train_options *options = &train->options;
    int64_t step = train->trainer.step, last = options->steps;
    int status = HRM_OK;
    if (is_due(step, options->log_every, last))
        status = agree(train, train_log_write(&train->log, step, error), error);
    if (status)
        return status;
    if (train_data_validation(train->data).count > 0 && is_due(step, options->validate_every, last))
        status = validate(train, error);
    return status || !snapshot_is_due(options, step) ? status : write_snapshot(train, error);
}

/// Remember what the log has counted, before settle_step() starts it anew.
static void carry(struct train *train)
{
    train->saver.carry = train_log_carry(&train->log);
    train->saver.carry.exact_share = train->exact_share;
}

/// Save the state of this step. The metrics up to it must be on the disk as well.
static int save(struct train *train, bool settled, struct hrm_error *error)
{
    int status = agree(train, train_log_sync(&train->log, error), error);
    train->provenance.core_hours = train_saver_hours(&train->saver, hrm_seconds() - train->started);
    return status ? status : train_saver_save(&train->saver, settled, error);
}

/// Leave with a valid state: that of this step, or, in a hurry, an earlier one if there is one.
static int stop(struct train *train, bool hurry, struct hrm_error *error)
{
    int64_t step = train->trainer.step;
    int status = hrm_group_stop_send(&train->notice, true, error);
    if (status == HRM_OK && step != train->saver.step && !(hurry && train->saver.step >= 0))
        status = save(train, false, error);
    if (status)
        return status;
    hrm_fail(error, HRM_STOPPED,
             "stopped by %s in step %" PRId64 " of %" PRId64 ", saved step %" PRId64,
             hrm_stop_reason(), step, train->options.steps, train->saver.step);
    return hrm_hint(error, "run the same command again to continue");
}

/// Write about a step. A signal breaks validation off: then the step is done, what follows it not.
static int settle(struct train *train, struct hrm_error *error)
{
    int status = settle_step(train, error);
    if (status != HRM_STOPPED)
        return status;
    *error = (struct hrm_error){0};
    return stop(train, false, error);
}

/// What follows a step: progress, the state if it is due, and what is written about the step.
static int after_step(struct train *train, enum hrm_request request, struct hrm_error *error)
{
    const struct train_options *options = &train->options;
    int64_t step = train->trainer.step;
    bool due = request == HRM_REQUEST_SAVE;
    int status = HRM_OK;
    show(train);
    carry(train);
    if (request >= HRM_REQUEST_STOP)
        return stop(train, request == HRM_REQUEST_LEAVE, error);
    due = due || (options->state_every > 0 && step % options->state_every == 0);
    due = due || (options->keep_every > 0 && step % options->keep_every == 0);
    // Before the first snapshot there is a state, so that a folder with one can be gone on from.
    if (snapshot_is_due(options, step) && train->saver.step < 0)
        due = true;
    else if (step == options->steps)
        due = false;
    if (due)
        status = save(train, false, error);
    return status ? status : settle(train, error);
}

/// What this rank wants after the next step.
static int choose_request(struct train *train, struct hrm_error *error)
{
    const struct train_options *options = &train->options;
    bool told = false, leader = train->group.rank == 0;
    int status = hrm_group_stop_poll(&train->notice, &told, error);
    if (leader)
        hrm_stop_look(options->output);
    train->trainer.request = HRM_REQUEST_NONE;
    if (leader && options->state_minutes > 0 &&
        hrm_seconds() - train->saver.when > 60 * options->state_minutes)
        train->trainer.request = HRM_REQUEST_SAVE;
    if (told || *train->stop)
        train->trainer.request = HRM_REQUEST_STOP;
    if (hrm_stop_again())
        train->trainer.request = HRM_REQUEST_LEAVE;
    return status;
}

/// A rank that fails alone would leave the others waiting for it.
static int one_step(struct train *train, struct hrm_metrics *metrics, struct hrm_error *error)
{
    hrm_stop_name_step(train->trainer.step + 1);
    int status = choose_request(train, error);
    if (status == HRM_OK)
        status = hrm_trainer_step(&train->trainer, metrics, error);
    if (status == HRM_FAILED) {
        struct hrm_error named = {.status = status};
        snprintf(named.text, sizeof named.text, "step %" PRId64 ": %.900s", train->trainer.step + 1,
                 error->text);
        hrm_world_abort(train->world, &named);
    }
    return status;
}

static int run_steps(struct train *train, struct hrm_error *error)
{
    int status = HRM_OK;
    if (train->saver.step >= 0 && !train->saver.carry.settled)
        status = settle(train, error);
    while (train->trainer.step < train->options.steps && status == HRM_OK) {
        struct hrm_metrics metrics = {0};
        status = one_step(train, &metrics, error);
        if (status == HRM_NUMERIC)
            train_log_divergence(&train->log, train->trainer.step + 1, &metrics, NULL);
        if (status)
            break;
        train_log_add(&train->log, &metrics, train->options.lr * metrics.factor);
        status = after_step(train, metrics.request, error);
        if (train->world->rank == 0)
            hrm_test_pause(1, train->stop);
    }
    return status;
}

static int run(struct train *train, struct hrm_error *error)
{
    const struct train_saver *saver = &train->saver;
    hrm_progress_begin(&train->progress, "train", "steps", train->options.steps, train->begun);
    train->started = hrm_seconds();
    int status = run_steps(train, error);
    if (status == HRM_OK && !(saver->step == train->trainer.step && saver->carry.settled)) {
        carry(train);
        status = save(train, true, error);
    }
    hrm_progress_end(&train->progress);
    return status;
}

/// All ranks learn the outcome. Replicas train apart; those that have ended wait here for the
/// others. When some have stopped, the run is to be started again, whatever became of the rest.
static int agree_on_end(struct train *train, int status, struct hrm_error *error)
{
    const struct hrm_world *world = train->world;
    struct hrm_error stopped = {0}, told = {0};
    int finished = hrm_group_stop_finish(&train->notice, &told);
    if (status == HRM_STOPPED)
        stopped = *error;
    bool waits = hrm_agree(world->comm, stopped.status, &stopped) == HRM_STOPPED;
    if (waits && (status == HRM_NUMERIC || status == HRM_OK)) {
        *error = stopped;
        status = HRM_STOPPED;
    }
    if (status == HRM_OK && finished) {
        *error = told;
        status = finished;
    }
    return hrm_agree(world->comm, status, error);
}

/// Collective.
static void say_what_was(const struct train *train, const char *why)
{
    struct hrm_usage usage;
    if (hrm_usage_look(&usage, train->world, &(struct hrm_error){0}))
        return;
    const struct train_options *options = &train->options;
    double seconds = hrm_seconds() - train->started;
    double rate =
        (double)(train->trainer.step - train->begun) * options->batch * options->replicas / seconds;
    struct hrm_figure figures[] = {
        {"slot-steps/s", rate},
        {"GFLOP/s", rate * hrm_model_training_gflop(&train->config)},
        {"% of the validation puzzles right", 100 * train->exact_share},
    };
    hrm_console_print("snapshots and metrics are in %s/replica-*\n", options->output);
    hrm_console_close(why, &usage, figures, train->exact_share >= 0 ? 3 : 2);
}

static void finish(struct train *train)
{
    hrm_trainer_free(&train->trainer);
    train_data_free(train->data);
    hrm_group_free(&train->group);
}

int hrm_job_train(int argc, char **argv)
{
    static struct train train;
    train = (struct train){.exact_share = -1};
    train.sections[0] = hrm_model_config_section(&train.config);
    train.sections[1] = train_options_section(&train.options);
    train.section_count = 2 + hrm_task_choice_sections(&train.choice, train.sections + 2);
    struct hrm_cli cli = {
        .name = "train",
        .summary = "Train replicas of a model, each by a group of ranks",
        .description =
            "Every replica has its own seed and its own group of consecutive ranks. It leaves "
            "snapshots and metrics.jsonl in OUTPUT/replica-R/. A replica that diverges does not "
            "stop the others. The weights do not depend on the number of ranks and threads.\n\n"
            "Do not read training figures as solved puzzles. They count only the puzzles of the "
            "batch that halted at that step; with --mixing half of those are easier copies. To "
            "measure, use --validate or hrmpi eval.\n\n"
            "A run that was stopped (by a signal, --max-time, a file OUTPUT/STOP) or killed "
            "resumes, "
            "to the bit, when the same command, or only --output, is given again, on any number of "
            "ranks. Under mpirun stop it with SIGUSR1.",
        .examples = "mpirun -n 2 hrmpi train --preset small --replicas 2 --output runs/small\n"
                    "srun hrmpi train --preset hrm --replicas 4 --output runs/hrm\n",
        .recall = "output",
        .sections = train.sections,
        .section_count = train.section_count};
    struct hrm_error error = {0};
    if (hrm_job_parse(&cli, argc, argv, &error))
        return hrm_console_error(&error);
    if (cli.done)
        return HRM_OK;
    if (train_options_chosen(&cli, &train.config, &error))
        return hrm_console_error(&error);
    train.world = hrm_job_world();
    hrm_stop_name_faults(train.world->rank, train.world->host);
    train.stop = hrm_stop_listen();
    hrm_stop_after(train.options.max_time);
    int status = prepare(&train, argc, argv, &error);
    if (status == HRM_OK)
        status = run(&train, &error);
    status = agree_on_end(&train, status, &error);
    struct hrm_error unclosed = {0};
    int closed = hrm_agree(train.world->comm, train_log_close(&train.log, &unclosed), &unclosed);
    hrm_claim_release(&train.claim);
    if (status == HRM_OK && closed) {
        error = unclosed;
        status = closed;
    }
    if (status == HRM_OK || status == HRM_STOPPED)
        say_what_was(&train, status ? "stopped" : "done");
    finish(&train);
    return status ? hrm_console_error(&error) : HRM_OK;
}
