#include "jobs/train/train_folder.h"

#include "core/base/replace.h"
#include "jobs/train/train_states.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *train_folder_metrics(const char *output, int replica, char *path, size_t size)
{
    snprintf(path, size, "%s/replica-%d/metrics.jsonl", output, replica);
    return path;
}

char *train_folder_snapshot(const char *output, int replica, int64_t step, char *path, size_t size)
{
    snprintf(path, size, "%s/replica-%d/step-%08" PRId64 ".h5", output, replica, step);
    return path;
}

char *train_folder_state(const char *output, int replica, int64_t step, char *path, size_t size)
{
    snprintf(path, size, "%s/replica-%d/state-%08" PRId64 ".h5", output, replica, step);
    return path;
}

char *train_folder_config(const struct hrm_option_section *sections, int count, char *text,
                          size_t size)
{
    FILE *stream = fmemopen(text, size, "w");
    *text = '\0';
    if (stream) {
        hrm_options_write(sections, count, stream);
        fclose(stream);
    }
    text[size - 1] = '\0';
    return text;
}

int train_folder_make(const char *path, struct hrm_error *error)
{
    char part[HRM_PATH];
    int status = hrm_replace_fits(path, error);
    if (status)
        return status;
    snprintf(part, sizeof part, "%s", path);
    for (char *end = part + 1;; end++) {
        char kept = *end;
        if (kept != '/' && kept != '\0')
            continue;
        *end = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            hrm_fail(error, HRM_USAGE, "%s: the folder cannot be made: %s", part, strerror(errno));
            return hrm_hint(error, "choose another folder with --output");
        }
        *end = kept;
        if (kept == '\0')
            return HRM_OK;
    }
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), wanted = strlen(end);
    return length > wanted && strcmp(name + length - wanted, end) == 0;
}

/// Whether a file of a replica's folder belongs to a run.
static bool is_ours(const char *name)
{
    bool numbered = strncmp(name, "step-", 5) == 0 || strncmp(name, "state-", 6) == 0;
    return (numbered && ends_with(name, ".h5")) || hrm_replace_is_partial(name) ||
           strcmp(name, "metrics.jsonl") == 0 || strcmp(name, "LATEST") == 0;
}

static bool is_replica(const char *name)
{
    return strncmp(name, "replica-", 8) == 0;
}

static int remove_file(const char *path, struct hrm_error *error)
{
    if (unlink(path) == 0)
        return HRM_OK;
    return hrm_fail(error, HRM_FAILED, "%s cannot be removed: %s", path, strerror(errno));
}

/// Do something with those entries of a folder whose name passes; a missing folder has none.
static int for_entries(const char *folder, bool (*passes)(const char *name),
                       int (*act)(const char *path, struct hrm_error *error),
                       struct hrm_error *error)
{
    char path[HRM_PATH];
    DIR *listing = opendir(folder);
    const struct dirent *entry;
    int status = HRM_OK;
    while (listing && status == HRM_OK && (entry = readdir(listing))) {
        int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (passes(entry->d_name) && length < HRM_PATH)
            status = act(path, error);
    }
    if (listing)
        closedir(listing);
    return status;
}

/// Remove a replica's snapshots and metrics.
static int clear_replica(const char *folder, struct hrm_error *error)
{
    return for_entries(folder, is_ours, remove_file, error);
}

static int clear_torn(const char *folder, struct hrm_error *error)
{
    return for_entries(folder, hrm_replace_is_partial, remove_file, error);
}

/// Whether the run that the folder holds, described by config.ini, is the one that is asked for.
static int compare_config(const char *output, const char *path,
                          const struct hrm_option_section *sections, int count,
                          struct hrm_error *error)
{
    static char found[TRAIN_CONFIG], wanted[TRAIN_CONFIG];
    FILE *stream = fopen(path, "r");
    if (!stream)
        return hrm_fail(error, HRM_FAILED, "%s: %s", path, strerror(errno));
    size_t length = fread(found, 1, sizeof found - 1, stream);
    found[length] = '\0';
    fclose(stream);
    train_folder_config(sections, count, wanted, sizeof wanted);
    return train_states_compare(output, found, wanted, false, error);
}

/// What to do about a run that the folder holds.
static int settle_folder(const char *output, enum train_folder_use use,
                         const struct hrm_option_section *sections, int count,
                         struct hrm_error *error)
{
    char path[HRM_PATH];
    snprintf(path, sizeof path, "%s/config.ini", output);
    if (use == TRAIN_FOLDER_REPLACE || access(path, F_OK) != 0)
        return for_entries(output, is_replica, clear_replica, error);
    if (use == TRAIN_FOLDER_REFUSE) {
        hrm_fail(error, HRM_USAGE, "%s holds a run already", output);
        return hrm_hint(error, "go on with --resume auto, choose another --output, or replace the "
                               "run with --overwrite");
    }
    int status = compare_config(output, path, sections, count, error);
    return status ? status : for_entries(output, is_replica, clear_torn, error);
}

static bool same_folder(const char *left, const char *right)
{
    struct stat a, b;
    return stat(left, &a) == 0 && stat(right, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static int spare(const char *output, const char *state, struct hrm_error *error)
{
    char folder[HRM_PATH], above[HRM_PATH + 3];
    const char *slash = strrchr(state, '/');
    const bool word = !*state || strcmp(state, "auto") == 0 || strcmp(state, "never") == 0;
    snprintf(folder, sizeof folder, "%.*s/.", slash ? (int)(slash - state) : 1,
             slash ? state : ".");
    snprintf(above, sizeof above, "%s/..", folder);
    if (word || (!same_folder(folder, output) && !same_folder(above, output)))
        return HRM_OK;
    hrm_fail(error, HRM_USAGE,
             "--overwrite would remove %.400s, which is to be read, with the run in "
             "%.400s",
             state, output);
    return hrm_hint(error, "choose another --output");
}

int train_folder_spare(const char *output, const char *resume, const char *branch,
                       struct hrm_error *error)
{
    int status = spare(output, resume, error);
    return status ? status : spare(output, branch, error);
}

struct sections {
    const struct hrm_option_section *sections;
    int count;
};

static int write_sections(FILE *stream, const void *context, struct hrm_error *error)
{
    const struct sections *all = context;
    (void)error;
    hrm_options_write(all->sections, all->count, stream);
    return HRM_OK;
}

int train_folder_write_config(const char *output, const struct hrm_option_section *sections,
                              int count, struct hrm_error *error)
{
    char path[HRM_PATH];
    const struct sections all = {sections, count};
    snprintf(path, sizeof path, "%s/config.ini", output);
    return hrm_replace_text(path, write_sections, &all, error);
}

int train_folder_prepare(const char *output, int replicas, enum train_folder_use use,
                         const struct hrm_option_section *sections, int count,
                         struct hrm_error *error)
{
    char path[HRM_PATH];
    int status = settle_folder(output, use, sections, count, error);
    if (status == HRM_OK)
        status = train_folder_make(output, error);
    for (int replica = 0; replica < replicas && status == HRM_OK; replica++) {
        snprintf(path, sizeof path, "%s/replica-%d", output, replica);
        status = train_folder_make(path, error);
    }
    return status;
}
