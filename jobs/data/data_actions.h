#ifndef HRM_JOBS_DATA_ACTIONS_H
#define HRM_JOBS_DATA_ACTIONS_H

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/options.h"
#include "core/file/puzzle_sink.h"
#include "core/file/puzzle_stream.h"
#include "core/task/task.h"
#include "jobs/cli/cli.h"

#include <stdbool.h>
#include <stdint.h>

/// What `hrmpi data` is told. The table in jobs/data/data.c has the defaults and says what each
/// means.
struct data_options {
    int min_rating, max_rating;
    int64_t first, subset, seed;
    int64_t count; ///< of generate and expand
    char task[HRM_OPTION_TEXT], family[HRM_OPTION_TEXT];
    int split;                     ///< as enum hrm_split
    struct hrm_task_choice choice; ///< options of the tasks
    char output[HRM_OPTION_TEXT];
    int threads;
    bool json;
    const struct hrm_cli *cli; ///< that they come from
};

/// The actions of `hrmpi data`; files are the arguments after the name of the action. Those of
/// items are for all but files of Sudoku 9x9. Errors: HRM_USAGE, HRM_DATA, HRM_FAILED.
int data_check(const struct data_options *options, char **files, struct hrm_error *error);
int data_check_items(const struct data_options *options, const struct hrm_task *task,
                     const char *name, struct hrm_error *error);
int data_summarize_items(const struct data_options *options, const struct hrm_task *task,
                         const char *name, struct hrm_error *error);
int data_generate(const struct data_options *options, char **files, struct hrm_error *error);
int data_expand(const struct data_options *options, char **files, struct hrm_error *error);

/// The rows that the options choose.
struct hrm_puzzle_choice data_choice(const struct data_options *options);

/// Path of a set: a file, else the bundled set of that name, else the name itself.
void data_path(const char *name, char path[HRM_PATH]);

/// Open what the options choose of a set. The caller closes, on failure too.
int data_open(struct hrm_puzzle_stream *stream, const struct data_options *options,
              const char *name, struct hrm_error *error);

/// Say which file a set has as many puzzles as, when it is one of the published ones; else NULL.
const char *data_published(int64_t count);

/// What a set that this program writes says of its origin.
struct hrm_puzzle_origin data_origin(const char *created_from);

/// Refuse to write a set over the file that it is made from, or over --config.
int data_check_output(const struct data_options *options, const char *output, const char *input,
                      struct hrm_error *error);

/// Close a set that was written, and say its name, number and hash.
int data_finish(struct hrm_puzzle_sink *sink, const char *path, int64_t count,
                struct hrm_error *error);

#endif
