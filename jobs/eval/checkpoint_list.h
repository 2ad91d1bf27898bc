#ifndef HRM_JOBS_CHECKPOINT_LIST_H
#define HRM_JOBS_CHECKPOINT_LIST_H

#include "core/base/error.h"
#include "core/base/replace.h"

/// Paths of checkpoints, in the order of the evaluation.
struct checkpoint_list {
    int count, capacity;
    char (*paths)[HRM_PATH]; ///< owned
};

/// Add what `text` names: files and folders separated by commas. A folder is that of a training
/// run, or of several runs: all checkpoints in it and its subfolders, sorted by run, replica and
/// step; with last > 0 only so many of each replica of each run. HDF5 files of another kind or
/// another program are left out of a folder. The list starts zeroed.
/// What is not there may be the name of a model that comes with the program.
/// Errors: HRM_DATA naming the file, or the folder without checkpoints; HRM_FAILED.
int checkpoint_list_add(struct checkpoint_list *list, const char *text, int last,
                        struct hrm_error *error);

/// The models that are used where none is named: two trainings, which miss different puzzles.
#define CHECKPOINT_LIST_DEFAULT "mixing,plain"

/// Add `text` and then `count` names; without any of them, the default.
int checkpoint_list_gather(struct checkpoint_list *list, const char *text, char **names, int count,
                           int last, struct hrm_error *error);
void checkpoint_list_free(struct checkpoint_list *list);

#endif
