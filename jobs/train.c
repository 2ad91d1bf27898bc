#include "build_info.h"
#include "core/compute/backend.h"
#include "jobs/cli.h"
#include "jobs/console.h"
#include "jobs/jobs.h"
#include "jobs/train_data.h"
#include "jobs/train_folder.h"
#include "jobs/train_log.h"
#include "jobs/train_options.h"
#include "mpi/snapshot.h"
#include "mpi/trainer.h"
#include "mpi/validate.h"
#include "mpi/version.h"
#include "mpi/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/// One process of a training run.
struct train {
    struct hrm_model_config config;
    struct train_options options;
    struct hrm_option_section sections[2];
    const struct hrm_world *world;
    const struct hrm_backend *backend;
    struct hrm_group group; ///< this rank's replica
    struct train_data *data;
    struct hrm_trainer trainer;
    struct hrm_provenance provenance;
    struct train_log log;
    struct hrm_progress progress;
    double started;     ///< seconds
    double exact_share; ///< of the last validation; -1: none
};

// --- getting ready ------------------------------------------------------------------------------

static int find_backend(struct train *train, struct hrm_error *error)
{
    train->backend = hrm_backend_find(train->options.backend);
    if (train->backend)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "there is no backend '%s' on %s", train->options.backend,
             train->world->host);
    return hrm_hint(error, "'hrmpi info' lists those that a machine can run");
}

/// What can be said without looking at files.
static int check(struct train *train, struct hrm_error *error)
{
    int status = hrm_model_config_check(&train->config, error);
    if (status)
        return status;
    status = hrm_group_split(train->world, train->options.replicas, &train->group, error);
    if (status)
        return status;
    struct hrm_training training = train_options_training(&train->options, 0);
    status = hrm_training_check(&training, train->group.size, error);
    if (status == HRM_OK)
        status = find_backend(train, error);
    return hrm_agree(train->world->comm, status, error);
}

static int load(struct train *train, struct hrm_error *error)
{
    uint64_t seed = (uint64_t)train->options.seed + (uint64_t)train->group.replica;
    int status = train_data_load(&train->data, &train->options, seed, error);
    return hrm_agree(train->world->comm, status, error);
}

/// Rank 0 makes the folder; the first rank of every group opens its log in it.
static int open_output(struct train *train, struct hrm_error *error)
{
    const struct train_options *options = &train->options;
    char path[HRM_OPTION_TEXT + 64];
    int status = HRM_OK;
    if (train->world->rank == 0)
        status = train_folder_prepare(options->output, options->replicas, options->overwrite,
                                      train->sections, 2, error);
    status = hrm_agree(train->world->comm, status, error);
    if (status)
        return status;
    train_folder_metrics(options->output, train->group.replica, path, sizeof path);
    status =
        train_log_open(&train->log, train->group.rank == 0 ? path : NULL, options->batch, error);
    return hrm_agree(train->world->comm, status, error);
}

static int start_trainer(struct train *train, struct hrm_error *error)
{
    struct hrm_training training = train_options_training(&train->options, train->group.replica);
    training.source = train_data_source(train->data);
    int status = hrm_trainer_init(&train->trainer, &training, &train->config, train->backend,
                                  &train->group, error);
    return hrm_agree(train->world->comm, status, error);
}

static int fill_provenance(struct train *train, int argc, char **argv, struct hrm_error *error)
{
    struct hrm_provenance *provenance = &train->provenance;
    snprintf(provenance->program, sizeof provenance->program, "hrmpi %s %s", HRM_VERSION,
             HRM_REVISION);
    snprintf(provenance->command, sizeof provenance->command, "hrmpi");
    for (int i = 0; i < argc; i++) {
        size_t used = strlen(provenance->command);
        snprintf(provenance->command + used, sizeof provenance->command - used, " %s", argv[i]);
    }
    train_folder_config(train->sections, 2, provenance->config, sizeof provenance->config);
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
        status = open_output(train, error);
    if (status == HRM_OK)
        status = fill_provenance(train, argc, argv, error);
    if (status == HRM_OK)
        say_what_comes(train);
    return status;
}

// --- the run ------------------------------------------------------------------------------------

static bool is_due(int64_t step, int64_t every, int64_t last)
{
    return step == last || (every > 0 && step % every == 0);
}

static int write_snapshot(struct train *train, struct hrm_error *error)
{
    char path[HRM_OPTION_TEXT + 64];
    double hours = (hrm_seconds() - train->started) / 3600;
    train->provenance.core_hours = hours * train->group.size * train->options.threads;
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
    char text[256], exact[64] = "";
    train_log_format(&train->log, text, sizeof text);
    if (train->exact_share >= 0)
        snprintf(exact, sizeof exact, ", validation %.1f %%", 100 * train->exact_share);
    strncat(text, exact, sizeof text - strlen(text) - 1);
    hrm_progress_update(&train->progress, train->trainer.step, text);
}

/// What follows a step: progress, metrics, validation, snapshot.
static int after_step(struct train *train, struct hrm_error *error)
{
    const struct train_options *options = &train->options;
    int64_t step = train->trainer.step, last = options->steps;
    int status = HRM_OK;
    show(train);
    if (is_due(step, options->log_every, last))
        status = agree(train, train_log_write(&train->log, step, error), error);
    if (status)
        return status;
    if (train_data_validation(train->data).count > 0 && is_due(step, options->validate_every, last))
        status = validate(train, error);
    if (status || (step < options->snapshot_from && step != last))
        return status;
    return is_due(step, options->snapshot_every, last) ? write_snapshot(train, error) : HRM_OK;
}

static int run(struct train *train, struct hrm_error *error)
{
    int status = HRM_OK;
    hrm_progress_begin(&train->progress, "train", "steps", train->options.steps, 0);
    train->started = hrm_seconds();
    while (train->trainer.step < train->options.steps && status == HRM_OK) {
        struct hrm_metrics metrics;
        status = hrm_trainer_step(&train->trainer, &metrics, error);
        if (status)
            break;
        train_log_add(&train->log, &metrics, train->options.lr * metrics.factor);
        status = after_step(train, error);
    }
    hrm_progress_end(&train->progress);
    return status;
}

static void say_what_was(const struct train *train)
{
    const struct train_options *options = &train->options;
    double seconds = hrm_seconds() - train->started;
    double rate = (double)train->trainer.step * options->batch * options->replicas / seconds;
    struct hrm_figure figures[] = {
        {"slot-steps/s", rate},
        {"GFLOP/s", rate * hrm_model_training_gflop(&train->config)},
        {"% validated", 100 * train->exact_share},
    };
    hrm_console_print("snapshots and metrics are in %s/replica-*\n", options->output);
    hrm_console_close("done", figures, train->exact_share >= 0 ? 3 : 2);
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
    struct hrm_cli cli = {
        .name = "train",
        .summary = "Train replicas of a model, each by a group of ranks",
        .description =
            "Every replica has its own seed and its own group of consecutive ranks, and leaves "
            "snapshots in OUTPUT/replica-R/. A replica that diverges does not stop the others. "
            "The weights do not depend on the number of ranks and threads.",
        .examples = "mpirun -n 2 hrmpi train --preset small --replicas 2 --output runs/small\n"
                    "srun hrmpi train --preset hrm --replicas 4 --output runs/hrm\n",
        .sections = train.sections,
        .section_count = 2};
    struct hrm_error error = {0};
    if (hrm_cli_parse(&cli, argc, argv, &error))
        return hrm_console_error(&error);
    if (cli.done)
        return HRM_OK;
    train_options_complete(&train.options);
    train.world = hrm_job_world();
    int status = prepare(&train, argc, argv, &error);
    if (status == HRM_OK)
        status = run(&train, &error);
    // Replicas train apart; the ranks of one that failed wait here for the others.
    status = hrm_agree(train.world->comm, status, &error);
    int closed = train_log_close(&train.log, &error);
    if (status == HRM_OK)
        status = hrm_agree(train.world->comm, closed, &error);
    if (status == HRM_OK)
        say_what_was(&train);
    finish(&train);
    return status ? hrm_console_error(&error) : HRM_OK;
}
