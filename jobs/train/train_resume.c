#include "jobs/train/train_resume.h"

#include "jobs/cli/console.h"
#include "jobs/train/train_folder.h"
#include "jobs/train/train_options.h"
#include "jobs/train/train_states.h"
#include "mpi/state.h"
#include "mpi/trainer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH (HRM_OPTION_TEXT + 64)

/// The states that can be gone on from, best first. What the first rank of a group finds, all of
/// them know but for the steps.
struct choice {
    int64_t *steps; ///< of the run's own states
    int count;
    bool named;  ///< the one state is a file that the user names
    bool branch; ///< and it may be of a run with another schedule
};

/// The file that is gone on from instead of the run's own states.
static const char *named_state(const struct train_options *options)
{
    bool word = strcmp(options->resume, "auto") == 0 || strcmp(options->resume, "never") == 0;
    return word ? NULL : options->resume;
}

static int check_one_replica(const struct train_options *options, const char *key,
                             const char *value, struct hrm_error *error)
{
    if (options->replicas == 1)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "train.%s = %s is one state for %d replicas", key, value,
             options->replicas);
    return hrm_hint(error, "go on with --resume auto, or train one replica");
}

static int list(const struct train_saver *saver, struct choice *choice, struct hrm_error *error)
{
    const struct train_options *options = saver->options;
    char folder[PATH];
    *choice = (struct choice){.named = named_state(options) != NULL, .count = 1};
    if (choice->named)
        return check_one_replica(options, "resume", options->resume, error);
    snprintf(folder, sizeof folder, "%s/replica-%d", options->output,
             saver->trainer->group->replica);
    int status = train_states_list(folder, &choice->steps, &choice->count, error);
    if (status || choice->count > 0 || *options->branch == '\0')
        return status;
    choice->named = choice->branch = true;
    choice->count = 1;
    return check_one_replica(options, "branch", options->branch, error);
}

// --- is it the same run? -------------------------------------------------------------------------

static int differs(const char *path, const char *what, const char *wanted, const char *found,
                   struct hrm_error *error)
{
    hrm_fail(error, HRM_USAGE, "%s is of another run: %s %s was wanted, %s was found", path, what,
             wanted, found);
    return hrm_hint(error,
                    "go on with the same %s; else choose another --output, or replace the "
                    "run with --overwrite",
                    what);
}

/// A run cannot end before where it is.
static int check_steps(const struct train_options *options, const char *path, int64_t done,
                       struct hrm_error *error)
{
    if (done <= options->steps)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "%s: %" PRId64 " steps are done, but train.steps is %" PRId64, path,
             done, options->steps);
    return hrm_hint(error,
                    "take train.steps = %" PRId64 " or more to go on; else choose another "
                    "--output, or replace the run with --overwrite",
                    done);
}

static int compare(const struct train_saver *saver, const char *path, bool branch,
                   const struct hrm_provenance *found, struct hrm_error *error)
{
    const struct hrm_trainer *trainer = saver->trainer;
    char wanted[32], other[32];
    int status = train_states_compare(path, found->config, saver->sections, saver->section_count,
                                      branch, error);
    if (status)
        return status;
    if (strcmp(found->backend, trainer->model.backend->name) != 0)
        return differs(path, "backend", trainer->model.backend->name, found->backend, error);
    snprintf(wanted, sizeof wanted, "%" PRIu64, trainer->training.seed);
    snprintf(other, sizeof other, "%" PRIu64, found->seed);
    if (found->seed != trainer->training.seed)
        return differs(path, "seed", wanted, other, error);
    snprintf(wanted, sizeof wanted, "%016" PRIx64, saver->about->data_hash);
    snprintf(other, sizeof other, "%016" PRIx64, found->data_hash);
    if (found->data_hash != saver->about->data_hash)
        return differs(path, "puzzle set", wanted, other, error);
    return check_steps(saver->options, path, found->step, error);
}

// --- reading -------------------------------------------------------------------------------------

/// Read one state if it is of this run, or of one that this run branches off.
static int read_one(struct train_saver *saver, const char *path, bool branch,
                    struct hrm_error *error)
{
    const struct hrm_group *group = saver->trainer->group;
    struct hrm_state state = {
        .trainer = saver->trainer, .extra = &saver->carry, .extra_bytes = sizeof saver->carry};
    int status = HRM_OK;
    if (group->rank == 0)
        status = hrm_state_about(path, &state.provenance, error);
    if (group->rank == 0 && status == HRM_OK)
        status = compare(saver, path, branch, &state.provenance, error);
    status = hrm_agree(group->comm, status, error);
    if (status == HRM_OK)
        status = hrm_state_read(&state, path, error);
    if (status)
        return status;
    saver->step = saver->trainer->step;
    saver->core_hours = state.provenance.core_hours;
    return HRM_OK;
}

/// Path of a state, known to all ranks of the group.
static int share_path(const struct train_saver *saver, const struct choice *choice, int index,
                      char path[PATH], struct hrm_error *error)
{
    const struct hrm_group *group = saver->trainer->group;
    if (group->rank == 0 && choice->named)
        snprintf(path, PATH, "%s",
                 choice->branch ? saver->options->branch : saver->options->resume);
    else if (group->rank == 0)
        train_folder_state(saver->options->output, group->replica, choice->steps[index], path,
                           PATH);
    return hrm_broadcast(group->comm, path, PATH, error);
}

/// Every group's first rank speaks, since groups have states of their own.
static void warn(const struct hrm_group *group, const struct hrm_error *damage)
{
    bool quiet = hrm_console_is_quiet();
    hrm_console_quiet(group->rank != 0);
    hrm_console_warn("%s; going back to an earlier state", damage->text);
    hrm_console_quiet(quiet);
}

static int read_newest(struct train_saver *saver, const struct choice *choice,
                       struct hrm_error *error)
{
    char path[PATH];
    struct hrm_error damage = {0};
    for (int i = 0; i < choice->count; i++) {
        damage = (struct hrm_error){0};
        int status = share_path(saver, choice, i, path, error);
        if (status)
            return status;
        status = read_one(saver, path, choice->branch, &damage);
        if (status == HRM_OK)
            return HRM_OK;
        if (status != HRM_DATA || i == choice->count - 1)
            break;
        warn(saver->trainer->group, &damage);
    }
    if (damage.status != HRM_DATA || choice->named) {
        *error = damage;
        return error->status;
    }
    hrm_fail(error, HRM_DATA, "%.900s, and no other state can be read", damage.text);
    return hrm_hint(error, "restore one from a copy, or begin anew with --overwrite");
}

/// A run that was killed between writing a state and clearing up is cleared up after.
static int clear_up(const struct train_saver *saver, bool own, struct hrm_error *error)
{
    char folder[PATH];
    const struct train_options *options = saver->options;
    const struct hrm_group *group = saver->trainer->group;
    int status = HRM_OK;
    snprintf(folder, sizeof folder, "%s/replica-%d", options->output, group->replica);
    if (group->rank == 0 && saver->step >= 0 && own)
        status = train_states_settle(folder, saver->step, options->keep_every, error);
    return hrm_agree(group->comm, status, error);
}

int train_saver_load(struct train_saver *saver, struct hrm_error *error)
{
    const struct hrm_group *group = saver->trainer->group;
    struct choice choice = {0};
    int status = HRM_OK;
    saver->step = -1;
    saver->when = hrm_seconds();
    saver->carry = (struct train_carry){.exact_share = -1};
    if (group->rank == 0)
        status = list(saver, &choice, error);
    int64_t *steps = choice.steps;
    status = hrm_agree(group->comm, status, error);
    if (status == HRM_OK)
        status = hrm_broadcast(group->comm, &choice, sizeof choice, error);
    choice.steps = steps;
    if (status == HRM_OK && choice.count > 0)
        status = read_newest(saver, &choice, error);
    free(steps);
    return status ? status : clear_up(saver, !choice.named, error);
}

// --- writing -------------------------------------------------------------------------------------

double train_saver_hours(const struct train_saver *saver, double seconds)
{
    const struct hrm_trainer *trainer = saver->trainer;
    return saver->core_hours + seconds / 3600 * trainer->group->size * trainer->training.threads;
}

int train_saver_save(struct train_saver *saver, bool settled, struct hrm_error *error)
{
    const struct hrm_group *group = saver->trainer->group;
    const struct train_options *options = saver->options;
    char path[PATH], folder[PATH];
    struct hrm_state state = {.trainer = saver->trainer,
                              .provenance = *saver->about,
                              .extra = &saver->carry,
                              .extra_bytes = sizeof saver->carry};
    saver->carry.settled = settled;
    train_folder_state(options->output, group->replica, saver->trainer->step, path, sizeof path);
    snprintf(folder, sizeof folder, "%s/replica-%d", options->output, group->replica);
    int status = hrm_state_write(&state, path, error);
    if (status)
        return status;
    if (group->rank == 0)
        status = train_states_settle(folder, saver->trainer->step, options->keep_every, error);
    saver->step = saver->trainer->step;
    saver->when = hrm_seconds();
    return hrm_agree(group->comm, status, error);
}
