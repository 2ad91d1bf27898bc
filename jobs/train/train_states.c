#include "jobs/train/train_states.h"

#include "core/base/atomic_file.h"
#include "core/base/settings.h"
#include "core/task/task.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// --- files ---------------------------------------------------------------------------------------

/// The step of "state-00000012.h5", or -1.
static int64_t step_of(const char *name)
{
    int64_t step = -1;
    int length = 0;
    if (sscanf(name, "state-%" SCNd64 ".h5%n", &step, &length) != 1 || length == 0)
        return -1;
    return name[length] == '\0' ? step : -1;
}

static int newest_first(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left < right) - (left > right);
}

int train_states_list(const char *folder, int64_t **steps, int *count, struct hrm_error *error)
{
    DIR *listing = opendir(folder);
    const struct dirent *entry;
    int room = 0, status = HRM_OK;
    *steps = NULL;
    *count = 0;
    while (listing && status == HRM_OK && (entry = readdir(listing))) {
        int64_t step = step_of(entry->d_name);
        if (step < 0)
            continue;
        if (*count == room) {
            room = 2 * room + 8;
            int64_t *grown = realloc(*steps, (size_t)room * sizeof *grown);
            if (!grown) {
                status = hrm_fail(error, HRM_FAILED, "no memory for %d states", room);
                break;
            }
            *steps = grown;
        }
        (*steps)[(*count)++] = step;
    }
    if (listing)
        closedir(listing);
    if (*count > 0)
        qsort(*steps, (size_t)*count, sizeof **steps, newest_first);
    return status;
}

static int write_latest(FILE *stream, const void *step, struct hrm_error *error)
{
    (void)error;
    fprintf(stream, "state-%08" PRId64 ".h5\n", *(const int64_t *)step);
    return HRM_OK;
}

static int move_latest(const char *folder, int64_t step, struct hrm_error *error)
{
    char path[HRM_PATH];
    snprintf(path, sizeof path, "%s/LATEST", folder);
    return hrm_atomic_file_text(path, write_latest, &step, error);
}

int train_states_settle(const char *folder, int64_t step, int64_t keep_every,
                        struct hrm_error *error)
{
    int64_t *steps = NULL;
    char path[HRM_PATH];
    int count = 0, kept = 0;
    int status = move_latest(folder, step, error);
    if (status == HRM_OK)
        status = train_states_list(folder, &steps, &count, error);
    for (int i = 0; i < count && status == HRM_OK; i++) {
        bool forever = keep_every > 0 && steps[i] % keep_every == 0;
        // Later ones were left by a run that has gone further; they are overwritten in time.
        if (steps[i] > step || kept++ < 2 || forever)
            continue;
        snprintf(path, sizeof path, "%s/state-%08" PRId64 ".h5", folder, steps[i]);
        if (unlink(path) != 0)
            status = hrm_fail(error, HRM_FAILED, "%s cannot be removed: %s", path, strerror(errno));
    }
    free(steps);
    return status;
}

// --- configurations ------------------------------------------------------------------------------

static bool is_one_of(const char *key, const char *const *keys, size_t count)
{
    if (strncmp(key, "train.", 6) != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(key + 6, keys[i]) == 0)
            return true;
    return false;
}

/// Keys of [train] that do not change the weights of a step. Of the puzzles and the backend
/// the state keeps what they came to.
static bool may_differ(const char *key)
{
    static const char *const keys[] = {
        "puzzles",       "output",     "overwrite",      "resume",          "state_every",
        "state_minutes", "keep_every", "max_time",       "replicas",        "threads",
        "log_every",     "validate",   "validate_every", "validate_first",  "snapshot_every",
        "snapshot_from", "backend",    "branch",         "allow_ambiguous",
    };
    return is_one_of(key, keys, sizeof keys / sizeof *keys);
}

/// Keys that may change in the middle of a training, when that is asked for.
static bool is_schedule(const char *key)
{
    static const char *const keys[] = {
        "steps",     "lr",           "lr_min_ratio",        "warmup",
        "puzzle_lr", "weight_decay", "puzzle_weight_decay", "moved_givens",
        "mixing",    "state_sigma",  "noise_sigma",
    };
    return is_one_of(key, keys, sizeof keys / sizeof *keys);
}

/// Whether a run that knew nothing of an option, because its program was older, did what this value
/// says: off, or the task that there was.
static bool is_as_before(const char *key, const char *value)
{
    struct hrm_task_choice choice;
    struct hrm_option_section sections[HRM_TASKS_MOST];
    int count = hrm_task_choice_sections(&choice, sections);
    const struct hrm_option *option =
        strncmp(key, "train.", 6) ? hrm_options_find(sections, count, key, NULL, NULL) : NULL;
    if (option)
        return strcmp(value, option->fallback) == 0;
    return strcmp(value, "0") == 0 || strcmp(value, "false") == 0 ||
           (strcmp(key, "train.task") == 0 && strcmp(value, hrm_task_kinds[0]->name) == 0);
}

/// The number of steps matters only to a learning rate that falls until the last one.
static bool steps_matter(const char *wanted)
{
    char ratio[HRM_SETTING];
    hrm_settings_find(wanted, "train.lr_min_ratio", ratio);
    return strtod(ratio, NULL) < 1;
}

int train_states_compare(const char *place, const char *found, const char *wanted, bool branch,
                         struct hrm_error *error)
{
    const char *text = wanted;
    char section[HRM_SETTING] = "", key[HRM_SETTING], value[HRM_SETTING], other[HRM_SETTING];
    while (hrm_settings_next(&text, section, key, value)) {
        if (may_differ(key) || (branch && is_schedule(key)) ||
            (strcmp(key, "train.steps") == 0 && !steps_matter(wanted)))
            continue;
        if (hrm_settings_find(found, key, other) ? strcmp(value, other) == 0
                                                 : is_as_before(key, value))
            continue;
        hrm_fail(error, HRM_USAGE, "%s holds another run: %s = %s was wanted, %s was found", place,
                 key, value, other);
        return hrm_hint(error,
                        "to go on, set %s = %s; else choose another --output, or replace the run "
                        "with --overwrite",
                        key, other);
    }
    return HRM_OK;
}
