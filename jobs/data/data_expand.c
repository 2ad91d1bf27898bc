#include "core/sudoku/puzzle_copy.h"
#include "jobs/cli/console.h"
#include "jobs/data/data_actions.h"

#include <stdio.h>

static int check_options(const struct data_options *options, const char *input,
                         struct hrm_error *error)
{
    int status = HRM_OK;
    if (options->count < 1)
        status = hrm_fail(error, HRM_USAGE, "data expand: --count says how many puzzles to make");
    else if (*options->output == '\0')
        status = hrm_fail(error, HRM_USAGE, "data expand: --output says which file to write");
    if (status == HRM_OK)
        return data_check_output(options, options->output, input, error);
    return hrm_hint(error, "hrmpi data expand test --count 422786 --output test-422786.h5");
}

/// The puzzles that copies are made of: all that differ.
static int read_set(const struct data_options *options, const char *path, struct hrm_puzzles *set,
                    struct hrm_error *error)
{
    struct hrm_puzzle_choice choice = data_choice(options);
    int64_t dropped = 0;
    int status = hrm_puzzles_open(path, &choice, set, error);
    if (status == HRM_OK)
        status = hrm_puzzles_drop_repeated(set, &dropped, error);
    if (status != HRM_OK)
        return status;
    if (dropped > 0)
        hrm_console_warn("%lld rows of %s that repeat others are left out", (long long)dropped,
                         path);
    if ((options->count - 1) / set->count < HRM_PUZZLE_COPIES)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "%s has %lld puzzles, of which at most %lld can be made", path,
             (long long)set->count, (long long)(set->count * HRM_PUZZLE_COPIES));
    return hrm_hint(error, "ask for fewer with --count, or start from a larger set");
}

/// Row i is copy i / n of puzzle i % n. The hash of the set goes into the seed: else a set that was
/// expanded before would get copies that it has already.
static int write_copies(const struct hrm_puzzles *set, const struct data_options *options,
                        struct hrm_puzzle_sink *sink, struct hrm_error *error)
{
    struct hrm_progress progress;
    uint64_t seed = (uint64_t)options->seed ^ set->hash;
    int status = HRM_OK;
    hrm_progress_begin(&progress, "expand", "puzzles", options->count, 0);
    for (int64_t row = 0; row < options->count && status == HRM_OK; row++) {
        int64_t number = row % set->count;
        struct hrm_puzzle puzzle = hrm_puzzles_get(set, number);
        puzzle = hrm_puzzle_copy(&puzzle, number, seed, row / set->count);
        status = hrm_puzzle_sink_put(sink, &puzzle, error);
        if (row % 1024 == 0)
            hrm_progress_update(&progress, row, NULL);
    }
    hrm_progress_end(&progress);
    return status;
}

int data_expand(const struct data_options *options, char **files, struct hrm_error *error)
{
    struct hrm_puzzles set = {0};
    struct hrm_puzzle_sink sink = {0};
    char path[HRM_PATH];
    int status = check_options(options, files[0], error);
    if (status != HRM_OK)
        return status;
    data_path(files[0], path);
    struct hrm_puzzle_origin origin = data_origin(path);
    status = read_set(options, path, &set, error);
    if (status == HRM_OK)
        status = hrm_puzzle_sink_open(&sink, options->output, options->count, &origin, error);
    hrm_console_make_way(options->output);
    if (status == HRM_OK)
        status = write_copies(&set, options, &sink, error);
    if (status == HRM_OK)
        status = data_finish(&sink, options->output, options->count, error);
    hrm_puzzle_sink_abandon(&sink);
    hrm_puzzles_free(&set);
    return status;
}
