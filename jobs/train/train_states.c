#include "jobs/train/train_states.h"

#include "core/base/atomic_file.h"
#include "core/base/settings.h"

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

/// The number of steps matters only to a learning rate that falls until the last one.
static bool steps_matter(const struct hrm_option_section *section)
{
    char ratio[HRM_SETTING] = "";
    for (int i = 0; i < section->count; i++)
        if (strcmp(section->options[i].key, "lr_min_ratio") == 0)
            hrm_option_text(section, &section->options[i], ratio, sizeof ratio);
    return strtod(ratio, NULL) < 1;
}

/// Whether a run may go on with another value. Of sources the state keeps what they came to.
static bool may_differ(const struct hrm_option_section *section, const struct hrm_option *option,
                       bool branch)
{
    if (option->role & (HRM_ROLE_BOOKKEEPING | HRM_ROLE_SOURCE))
        return true;
    return option->role == HRM_ROLE_SCHEDULE &&
           (branch || (strcmp(option->key, "steps") == 0 && !steps_matter(section)));
}

/// What a configuration says of a key by one of former times.
static bool find_former(const char *found, const struct hrm_option_section *section,
                        const char *key, char value[HRM_SETTING])
{
    char said[HRM_SETTING], name[64], text[HRM_SETTING];
    for (const struct hrm_option_former *former = section->former; former && former->key;
         former++) {
        const char *now = former->now;
        if (!hrm_settings_find(found, section->name, former->key, said) ||
            strcmp(said, former->value) != 0)
            continue;
        for (int length = 0; sscanf(now, " %63[^=]=%95s%n", name, text, &length) == 2;
             now += length)
            if (strcmp(name, key) == 0) {
                snprintf(value, HRM_SETTING, "%s", text);
                return true;
            }
    }
    return false;
}

static int compare_section(const char *place, const char *found,
                           const struct hrm_option_section *section, bool branch,
                           struct hrm_error *error)
{
    for (int i = 0; i < section->count; i++) {
        const struct hrm_option *option = &section->options[i];
        const char *key = option->key;
        char value[HRM_SETTING], other[HRM_SETTING];
        if (may_differ(section, option, branch))
            continue;
        hrm_option_text(section, option, value, sizeof value);
        value[HRM_SETTING - 6] = '\0'; // as values that were found are cut
        if (find_former(found, section, key, other) ||
                    hrm_settings_find(found, section->name, key, other)
                ? strcmp(value, other) == 0
                : option->since > 0 && hrm_option_is_default(section, option))
            continue;
        hrm_fail(error, HRM_USAGE, "%s holds another run: %s.%s = %s was wanted, %s was found",
                 place, section->name, key, value, other);
        return hrm_hint(error,
                        "to go on, set %s.%s = %s; else choose another --output, or replace the "
                        "run with --overwrite",
                        section->name, key, other);
    }
    return HRM_OK;
}

int train_states_compare(const char *place, const char *found,
                         const struct hrm_option_section *sections, int count, bool branch,
                         struct hrm_error *error)
{
    int status = HRM_OK;
    for (int s = 0; s < count && status == HRM_OK; s++)
        status = compare_section(place, found, &sections[s], branch, error);
    return status;
}
