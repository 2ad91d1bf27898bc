#include "core/file/checkpoint.h"
#include "jobs/cli/cli.h"
#include "jobs/cli/console.h"
#include "jobs/eval/checkpoint_list.h"
#include "jobs/jobs.h"
#include "jobs/train/train_folder.h"

#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct export_options {
    int last;
    bool round;
    char output[HRM_OPTION_TEXT];
};

#define ROW(key, type, fallback, choices, help, minimum, maximum, role, since)                     \
    {                                                                                              \
#key, HRM_OPTION_##type, offsetof(struct export_options, key), fallback, choices, help,    \
            minimum, maximum, HRM_ROLE_##role, since                                               \
    }
static const struct hrm_option EXPORT[] = {
    ROW(last, INT, "0", NULL, "of a folder, only the last so many of each replica of a run; 0: all",
        0, INT_MAX, SOURCE, 0),
    ROW(round, FLAG, "true", "keep the matrices of the blocks in fp32, in larger files",
        "the matrices of the blocks to bf16, which is what the bf16 backend computes with", 0, 0,
        RESULT, 0),
    ROW(output, TEXT, "models", NULL, "folder to write to, replica-R/step-N.h5", 0, 0, BOOKKEEPING,
        0),
};

/// Where a checkpoint goes, the folder made. A file that is there already is not replaced.
static int place(const struct hrm_provenance *provenance, const char *output, char path[HRM_PATH],
                 struct hrm_error *error)
{
    char folder[HRM_OPTION_TEXT + 32];
    snprintf(folder, sizeof folder, "%s/replica-%d", output, provenance->replica);
    train_folder_snapshot(output, provenance->replica, provenance->step, path, HRM_PATH);
    int status = train_folder_make(folder, error);
    if (status || access(path, F_OK) != 0)
        return status;
    hrm_fail(error, HRM_USAGE, "%s is there already", path);
    return hrm_hint(error, "choose another --output, or remove it");
}

/// The weights that an evaluation uses, and nothing else.
static int export_one(const char *from, const struct export_options *options,
                      struct hrm_error *error)
{
    struct hrm_checkpoint checkpoint;
    char path[HRM_PATH];
    struct stat file = {0};
    int status = hrm_checkpoint_read(from, &checkpoint, error);
    if (status)
        return status;
    hrm_checkpoint_weights(&checkpoint, checkpoint.params);
    free(checkpoint.ema);
    checkpoint.ema = NULL;
    checkpoint.compressed = true;
    if (options->round)
        hrm_params_round(&checkpoint.layout, checkpoint.params);
    status = place(&checkpoint.provenance, options->output, path, error);
    if (status == HRM_OK)
        status = hrm_checkpoint_write(path, &checkpoint, error);
    if (status == HRM_OK && stat(path, &file) == 0)
        hrm_console_print("%s: step %" PRId64 ", seed %" PRIu64 ", %.2f MB\n", path,
                          checkpoint.provenance.step, checkpoint.provenance.seed,
                          1e-6 * (double)file.st_size);
    hrm_checkpoint_free(&checkpoint);
    return status;
}

static int export_all(const struct export_options *options, const struct hrm_cli *cli,
                      struct hrm_error *error)
{
    struct checkpoint_list list = {0};
    int status = HRM_OK;
    for (int i = 0; i < cli->argc && status == HRM_OK; i++)
        status = checkpoint_list_add(&list, cli->argv[i], options->last, error);
    if (status == HRM_OK && list.count == 0) {
        hrm_fail(error, HRM_USAGE, "no checkpoint was given");
        status = hrm_hint(error, "hrmpi export RUN, the --output of an 'hrmpi train'");
    }
    for (int i = 0; i < list.count && status == HRM_OK; i++)
        status = export_one(list.paths[i], options, error);
    checkpoint_list_free(&list);
    return status;
}

int hrm_job_export(int argc, char **argv)
{
    struct export_options options;
    struct hrm_option_section section = HRM_OPTION_SECTION("export", EXPORT, &options);
    struct hrm_cli cli = {
        .name = "export",
        .summary = "Write the weights of checkpoints small enough to be handed on",
        .description =
            "A snapshot of a training holds its weights and their moving average in fp32. Exported "
            "are only those that an evaluation uses (the average where there is one), the matrices "
            "of the blocks rounded to bf16, and compressed: about a quarter of the size. The files "
            "are checkpoints as before, HDF5 with one fp32 dataset a tensor, and keep "
            "configuration, seed, step, hash of the training data and core-hours.",
        .arguments = "RUN|CHECKPOINT...",
        .examples = "hrmpi export runs/sudoku --last 10 --output models/sudoku\n"
                    "hrmpi eval models/sudoku --puzzles test\n",
        .sections = &section,
        .section_count = 1};
    struct hrm_error error = {0};
    if (hrm_cli_parse(&cli, argc, argv, &error))
        return hrm_console_error(&error);
    if (cli.done)
        return HRM_OK;
    return export_all(&options, &cli, &error) ? hrm_console_error(&error) : HRM_OK;
}
