#include "jobs/plot/plot_runs.h"

#include "core/base/list.h"
#include "jobs/cli/bundled.h"
#include "jobs/cli/console.h"
#include "jobs/train/train_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// --- finding -------------------------------------------------------------------------------------

/// @param said  [in] the path as the user knows it, from which a name is made
static int add(struct plot_runs *runs, const char *path, const char *said, struct hrm_error *error)
{
    if (runs->count == runs->capacity) {
        int capacity = runs->capacity ? 2 * runs->capacity : 8;
        struct plot_run *run = realloc(runs->run, (size_t)capacity * sizeof *run);
        if (!run)
            return hrm_fail(error, HRM_FAILED, "no memory for %d runs", capacity);
        runs->run = run;
        runs->capacity = capacity;
    }
    struct plot_run *run = &runs->run[runs->count++];
    *run = (struct plot_run){0};
    snprintf(run->path, sizeof run->path, "%s", path);
    snprintf(run->said, sizeof run->said, "%s", said);
    return HRM_OK;
}

/// The replicas of a run's folder, or the one replica whose folder it is.
static int add_folder(struct plot_runs *runs, const char *folder, const char *said,
                      struct hrm_error *error)
{
    char path[HRM_PATH + 64], name[HRM_PATH + 64];
    int status = HRM_OK, replica = 0;
    snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
    snprintf(name, sizeof name, "%s/metrics.jsonl", said);
    if (access(path, F_OK) == 0)
        return add(runs, path, name, error);
    for (; status == HRM_OK; replica++) {
        train_folder_metrics(folder, replica, path, sizeof path);
        train_folder_metrics(said, replica, name, sizeof name);
        if (access(path, F_OK) != 0)
            break;
        status = add(runs, path, name, error);
    }
    if (status || replica > 0)
        return status;
    hrm_fail(error, HRM_DATA, "there are no metrics in %s", folder);
    return hrm_hint(error, "'hrmpi train' writes RUN/replica-R/metrics.jsonl; give RUN");
}

/// A file or folder of that name, else the model that comes with the program.
static int add_argument(struct plot_runs *runs, const char *argument, struct hrm_error *error)
{
    char path[HRM_PATH], model[HRM_PATH];
    struct stat about;
    size_t length = strlen(argument);
    while (length > 1 && argument[length - 1] == '/')
        length--;
    if (length >= sizeof path)
        return hrm_fail(error, HRM_USAGE, "path too long: %.200s...", argument);
    snprintf(path, sizeof path, "%.*s", (int)length, argument);
    if (stat(path, &about) == 0)
        return S_ISDIR(about.st_mode) ? add_folder(runs, path, path, error)
                                      : add(runs, path, path, error);
    if (hrm_bundled_find_model(path, model, sizeof model))
        return add_folder(runs, model, path, error);
    return add(runs, path, path, error);
}

// --- names ---------------------------------------------------------------------------------------

/// Length of the folders that all paths begin with.
static size_t common_start(const struct plot_runs *runs)
{
    const char *first = runs->run[0].said;
    size_t common = 0;
    for (size_t i = 0; first[i]; i++) {
        for (int run = 1; run < runs->count; run++)
            if (runs->run[run].said[i] != first[i])
                return common;
        if (first[i] == '/')
            common = i + 1;
    }
    return common;
}

/// Length of what all paths end with, from a slash on.
static size_t common_end(const struct plot_runs *runs, size_t start)
{
    const char *first = runs->run[0].said;
    size_t length = strlen(first), common = 0;
    for (size_t i = 1; i <= length - start; i++) {
        for (int run = 1; run < runs->count; run++) {
            const char *path = runs->run[run].said;
            if (strlen(path) < start + i || path[strlen(path) - i] != first[length - i])
                return common;
        }
        if (first[length - i] == '/')
            common = i;
    }
    return common;
}

/// Name the runs by the part of their paths in which they differ.
static void name_by_path(struct plot_runs *runs)
{
    size_t start = common_start(runs), end = common_end(runs, start);
    for (int i = 0; i < runs->count; i++) {
        struct plot_run *run = &runs->run[i];
        size_t length = strlen(run->said);
        int kept = length > start + end ? (int)(length - start - end) : 0;
        snprintf(run->name, sizeof run->name, "%.*s", kept, run->said + start);
    }
}

static int name_by_list(struct plot_runs *runs, const char *names, struct hrm_error *error)
{
    int listed = 0;
    for (const char *at = names; at; listed++) {
        char name[sizeof runs->run->name];
        int status = hrm_list_next(&at, NULL, name, sizeof name, error);
        if (status)
            return status;
        if (listed < runs->count)
            strcpy(runs->run[listed].name, name);
    }
    if (listed == runs->count)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "--names has %d names, there are %d runs", listed, runs->count);
    return hrm_hint(error, "a run with several replicas takes a name for each; quote a name with a "
                           "comma: \"'a,b',c\"");
}

// --- reading -------------------------------------------------------------------------------------

/// Runs without lines leave the list; there is nothing of them to be freed.
static int leave_out_empty(struct plot_runs *runs, struct hrm_error *error)
{
    int kept = 0;
    for (int i = 0; i < runs->count; i++) {
        const struct plot_run *run = &runs->run[i];
        if (run->metrics.training.count + run->metrics.validation.count > 0)
            runs->run[kept++] = *run;
        else
            hrm_console_warn("%s has no metrics yet", run->path);
    }
    runs->count = kept;
    if (kept > 0)
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "there is nothing to draw: no file has a line of metrics");
    return hrm_hint(error, "a training writes one every --log-every steps");
}

int plot_runs_read(struct plot_runs *runs, char *const *arguments, int count, const char *names,
                   struct hrm_error *error)
{
    int status = HRM_OK;
    *runs = (struct plot_runs){0};
    for (int i = 0; i < count && status == HRM_OK; i++)
        status = add_argument(runs, arguments[i], error);
    if (status)
        return status;
    if (*names)
        status = name_by_list(runs, names, error);
    else
        name_by_path(runs);
    for (int i = 0; i < runs->count && status == HRM_OK; i++)
        status = metrics_read(&runs->run[i].metrics, runs->run[i].path, error);
    return status ? status : leave_out_empty(runs, error);
}

void plot_runs_free(struct plot_runs *runs)
{
    for (int i = 0; i < runs->count; i++)
        metrics_free(&runs->run[i].metrics);
    free(runs->run);
    *runs = (struct plot_runs){0};
}
