#include "jobs/cli/output.h"

#include "core/base/atomic_file.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/// Whether a name, put in place of the last one of a path, is there.
static bool is_beside(const char *path, const char *name)
{
    char other[HRM_PATH];
    const char *slash = strrchr(path, '/');
    const int folder = slash ? (int)(slash - path) + 1 : 0;
    const int length = snprintf(other, sizeof other, "%.*s%s", folder, path, name);
    return length < (int)sizeof other && access(other, F_OK) == 0;
}

/// What a training keeps in its folder and those of its replicas besides sealed files, and what
/// tells such a folder from another.
static const struct {
    const char *name, *beside;
} KEPT[] = {{"config.ini", "replica-0"},
            {"RUNNING", "replica-0"},
            {"LATEST", "metrics.jsonl"},
            {"metrics.jsonl", "LATEST"},
            {"metrics.jsonl", "../config.ini"}};

/// Refuse to write a text over what a training needs to go on.
static int check_run(const char *path, struct hrm_error *error)
{
    struct hrm_target target;
    const int status = hrm_target_find(&target, path, error);
    const char *slash = strrchr(target.path, '/');
    const char *name = slash ? slash + 1 : target.path;
    if (status || target.kind != HRM_TARGET_FILE)
        return status;
    for (size_t i = 0; i < sizeof KEPT / sizeof *KEPT; i++) {
        if (strcmp(name, KEPT[i].name) != 0 || !is_beside(target.path, KEPT[i].beside))
            continue;
        hrm_fail(error, HRM_USAGE, "%.900s is a file that a training keeps in its folder", path);
        return hrm_hint(error, "give the output another name");
    }
    return HRM_OK;
}

int output_check(const struct hrm_cli *cli, const char *path, const char *const *inputs, int count,
                 struct hrm_error *error)
{
    const char *config = cli->config;
    int status = hrm_target_apart(path, inputs, count, error);
    return status ? status : hrm_target_apart(path, &config, 1, error);
}

int output_check_text(const struct hrm_cli *cli, const char *path, const char *const *inputs,
                      int count, struct hrm_error *error)
{
    int status = *path ? output_check(cli, path, inputs, count, error) : HRM_OK;
    if (status == HRM_OK && *path)
        status = check_run(path, error);
    return status || !*path ? status : hrm_atomic_file_check(path, error);
}
