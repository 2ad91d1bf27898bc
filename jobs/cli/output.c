#include "jobs/cli/output.h"

#include "core/base/atomic_file.h"

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
    return status || !*path ? status : hrm_atomic_file_check(path, error);
}
