#include "jobs/train/train_folder.h"

#include "core/base/atomic_file.h"
#include "jobs/cli/claim.h"
#include "jobs/train/train_contents.h"
#include "jobs/train/train_options.h"
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

int train_folder_make(const char *path, struct hrm_error *error)
{
    char part[HRM_PATH];
    int status = hrm_atomic_file_fits(path, error);
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

/// What is to be done about a run that is there already.
enum use {
    REFUSE,
    CONTINUE, ///< if it has the same configuration; its files stay
    GO_ON,    ///< the same from a state that lies elsewhere
    REPLACE   ///< its files are removed, if a training has written them
};

static enum use use_of(const struct train_options *options)
{
    if (options->overwrite)
        return REPLACE;
    if (strcmp(options->resume, "never") == 0)
        return REFUSE;
    return strcmp(options->resume, "auto") == 0 ? CONTINUE : GO_ON;
}

static int take_claim(struct hrm_claim *claim, const char *output, struct hrm_error *error)
{
    char mark[HRM_PATH];
    int status = train_folder_make(output, error);
    snprintf(mark, sizeof mark, "%.4000s/RUNNING", output);
    return status ? status : hrm_claim_take(claim, mark, output, error);
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
    return for_entries(folder, train_contents_is_ours, remove_file, error);
}

static int clear_torn(const char *folder, struct hrm_error *error)
{
    return for_entries(folder, hrm_atomic_file_is_partial, remove_file, error);
}

/// Whether the run that the folder holds, described by config.ini, is the one that is asked for.
static int compare_config(const char *output, const char *path,
                          const struct hrm_option_section *sections, int count,
                          struct hrm_error *error)
{
    static char found[TRAIN_CONFIG];
    FILE *stream = fopen(path, "r");
    if (!stream)
        return hrm_fail(error, HRM_FAILED, "%s: %s", path, strerror(errno));
    size_t length = fread(found, 1, sizeof found - 1, stream);
    found[length] = '\0';
    fclose(stream);
    return train_states_compare(output, found, sections, count, false, error);
}

/// Whether all that would be removed was written by a training.
static int check_replaceable(const char *output, const struct train_contents *found,
                             struct hrm_error *error)
{
    if (*found->exported) {
        hrm_fail(error, HRM_USAGE, "%s holds weights without the training that made them: %.400s",
                 output, found->exported);
        return hrm_hint(error, "--overwrite replaces trainings only: choose another --output, or "
                               "remove these weights yourself");
    }
    if (!found->foreign_config)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "%s/config.ini is not that of a training", output);
    return hrm_hint(error, "choose another --output");
}

/// Whether a run may go on in the folder: what it would write over must be its own.
static int check_own(const char *output, const struct train_contents *found, enum use use,
                     struct hrm_error *error)
{
    if (!found->config && *found->file) {
        hrm_fail(error, HRM_USAGE, "%s holds %.400s, and no config.ini that says of which run",
                 output, found->file);
        return hrm_hint(error, "choose another --output; --overwrite replaces it if a training "
                               "has written it");
    }
    if (use != CONTINUE || *found->stateless == '\0')
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "%s holds weights and no state to go on from: %.400s", output,
             found->stateless);
    return hrm_hint(error, "choose another --output; --overwrite replaces it if a training has "
                           "written it");
}

/// What to do about what the folder holds.
static int settle_folder(const char *output, enum use use,
                         const struct hrm_option_section *sections, int count,
                         struct hrm_error *error)
{
    struct train_contents found;
    char path[HRM_PATH];
    train_contents_look(&found, output);
    int status = use == REPLACE ? check_replaceable(output, &found, error)
                                : check_own(output, &found, use, error);
    if (status)
        return status;
    if (use == REPLACE || !found.config)
        return for_entries(output, train_contents_is_replica, clear_replica, error);
    if (use == REFUSE) {
        hrm_fail(error, HRM_USAGE, "%s holds a run already", output);
        return hrm_hint(error, "go on with --resume auto, choose another --output, or replace the "
                               "run with --overwrite");
    }
    snprintf(path, sizeof path, "%.4000s/config.ini", output);
    status = compare_config(output, path, sections, count, error);
    return status ? status : for_entries(output, train_contents_is_replica, clear_torn, error);
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

/// Refuse to remove the files of a run when one of them is a state to begin from.
static int spare_states(const struct train_options *options, struct hrm_error *error)
{
    int status = spare(options->output, options->resume, error);
    return status ? status : spare(options->output, options->branch, error);
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
    snprintf(path, sizeof path, "%.4000s/config.ini", output);
    return hrm_atomic_file_text(path, write_sections, &all, error);
}

int train_folder_open(struct hrm_claim *claim, const struct train_options *options,
                      const struct hrm_option_section *sections, int count, struct hrm_error *error)
{
    char path[HRM_PATH];
    const char *output = options->output;
    int status = options->overwrite ? spare_states(options, error) : HRM_OK;
    if (status == HRM_OK)
        status = take_claim(claim, output, error);
    if (status == HRM_OK)
        status = settle_folder(output, use_of(options), sections, count, error);
    for (int replica = 0; replica < options->replicas && status == HRM_OK; replica++) {
        snprintf(path, sizeof path, "%.4000s/replica-%d", output, replica);
        status = train_folder_make(path, error);
    }
    return status;
}
