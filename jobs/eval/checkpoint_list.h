#ifndef HRM_JOBS_CHECKPOINT_LIST_H
#define HRM_JOBS_CHECKPOINT_LIST_H

#include "core/base/atomic_file.h"
#include "core/base/error.h"

#include <stdint.h>

/// What tells whether two files are one checkpoint: a link or a copy.
struct checkpoint_mark {
    uint64_t device, inode; ///< of the file; both 0: unknown
    uint64_t seal;          ///< hrm_seal_mark()
};

/// Paths of checkpoints, in the order of the evaluation. None is there twice.
struct checkpoint_list {
    int count, capacity;
    char (*paths)[HRM_PATH];       ///< owned
    struct checkpoint_mark *marks; ///< [count] where the list was made; owned
    int doubled;                   ///< files left out since they are one of the list again
};

/// Add what one path names, whatever characters it has: a file, or a folder. A folder is that of a
/// training run, or of several runs: all checkpoints in it and its subfolders, sorted by run,
/// replica and step; with last > 0 only so many of each replica of each run. HDF5 files of another
/// kind or another program are left out of a folder. The list starts zeroed.
/// What is not there may be the name of a model that comes with the program.
/// Links and copies are taken once, with a warning that names both files.
/// Errors: HRM_DATA naming the file, or the folder without checkpoints; HRM_FAILED.
int checkpoint_list_add(struct checkpoint_list *list, const char *path, int last,
                        struct hrm_error *error);

/// Add the paths of a list as core/base/list.h has them; a path that exists needs no quotes.
/// Errors: also HRM_USAGE for a text that names nothing, or with wrong quotes. "" is allowed.
int checkpoint_list_add_all(struct checkpoint_list *list, const char *text, int last,
                            struct hrm_error *error);

/// The models that are used where none is named: two trainings, which miss different puzzles.
#define CHECKPOINT_LIST_DEFAULT "mixing,plain"

/// Add the list `text` and then `count` paths; without any of them, the default.
int checkpoint_list_gather(struct checkpoint_list *list, const char *text, char **names, int count,
                           int last, struct hrm_error *error);

/// Take entry `index` out, since it has the weights of entry `first`, with a warning.
void checkpoint_list_drop(struct checkpoint_list *list, int index, int first);
void checkpoint_list_free(struct checkpoint_list *list);

#endif
