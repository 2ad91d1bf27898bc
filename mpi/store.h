#ifndef HRM_MPI_STORE_H
#define HRM_MPI_STORE_H

#include "core/base/error.h"
#include "core/file/votes.h"
#include "mpi/world.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/// Where rank 0 gets the puzzles of a new votes file from, in pieces: items of its task.
struct hrm_store_feed {
    int (*read)(void *source, int64_t first, int64_t count, void *items, struct hrm_error *error);
    void *source;
};

/// The votes of a run that all ranks write together.
///
/// The file is made by rank 0 as `path`.part, written by the ranks block by block, and renamed
/// when all blocks are there. A .part of the same plan is continued: blocks whose checksum is
/// wrong are not there. A .part that is damaged elsewhere is renamed to `path`.part.damaged, and a
/// new one is begun. HDF5 and MPI calls are made under `lock`, so threads may use the store at the
/// same time.
struct hrm_store {
    const struct hrm_world *world; ///< not owned
    pthread_mutex_t *lock;         ///< not owned
    struct hrm_votes votes;
    char path[HRM_PATH], part[HRM_PATH];
    bool continued;    ///< there may be blocks of an earlier run
    char damage[1024]; ///< on rank 0: what was wrong with a .part that was set aside; or empty
    bool complete;     ///< `path` was there with the same plan: nothing is to be done
};

/// Open, continue or create. Collective on world.
/// @param store      [in,out] world and lock are set, the rest is zero
/// @param head       [in] on rank 0: plan, task, about, checkpoints and perturbations; not taken
/// over
/// @param feed       [in] on rank 0
/// @param overwrite  [in] replace votes of something else; no other file is replaced
/// Errors, the same on every rank: HRM_USAGE when there is a file of another plan, or the folder
/// cannot be written; HRM_DATA, HRM_FAILED.
int hrm_store_open(struct hrm_store *store, const struct hrm_votes *head, const char *path,
                   bool overwrite, const struct hrm_store_feed *feed, struct hrm_error *error);

/// Read the puzzles of a block: hrm_votes_read_puzzles(). Any thread.
int hrm_store_puzzles(struct hrm_store *store, const struct hrm_plan_block *block, void *items,
                      struct hrm_error *error);

/// Which of blocks index .. index+count-1 an earlier run has stored: hrm_votes_read_blocks(). Any
/// thread.
int hrm_store_get(struct hrm_store *store, int64_t index, int64_t count, void *records,
                  bool *stored, struct hrm_error *error);

/// Store them: hrm_votes_write_blocks(). Any thread.
int hrm_store_put(struct hrm_store *store, int64_t index, int64_t count, const void *records,
                  struct hrm_error *error);

/// Close; with `finished` the file gets its final name. Collective on world.
int hrm_store_close(struct hrm_store *store, bool finished, struct hrm_error *error);

#endif
