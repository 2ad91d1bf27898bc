#ifndef HRM_FILE_POOL_H
#define HRM_FILE_POOL_H

#include "core/base/error.h"
#include "core/file/votes.h"

/// Finished votes files over one puzzle set, read as one: the checkpoints of all of them, in the
/// order of the files, under the perturbations that each of them has.
struct hrm_pool {
    int files;
    struct hrm_votes *votes; ///< [files], open; owned
    int checkpoints;         ///< of all files
    int *file;               ///< [checkpoints] which file has the checkpoint; owned
    int *row;                ///< [checkpoints] its place in that file; owned
    int perturbations;
    int identity;           ///< index of the perturbation that changes nothing, or -1
    int64_t puzzles;        ///< of the one set, or as many from its beginning as were asked for
    int block;              ///< the largest of the files
    int segments;           ///< the largest of the files
    size_t record;          ///< bytes of a pass, of all files
    struct hrm_bands bands; ///< what the ratings mean
};

/// Open the files and check that they belong together.
/// @param paths  [in] [count]
/// @param first  [in] only so many puzzles from the beginning; 0: all
/// Errors: HRM_DATA for a file that cannot be read, or naming two files
/// with other puzzles or other perturbations; HRM_USAGE when two are the same evaluation or have
/// fewer puzzles than that; HRM_FAILED. Close with hrm_pool_close() in any case.
int hrm_pool_open(struct hrm_pool *pool, const char *const *paths, int count, int64_t first,
                  struct hrm_error *error);
void hrm_pool_close(struct hrm_pool *pool);

/// What the file says of a checkpoint.
const struct hrm_votes_checkpoint *hrm_pool_checkpoint(const struct hrm_pool *pool, int index);

/// Read the passes of puzzles first .. first+count-1 and check them against their checksums. Not
/// collective. Reads whole blocks: fastest when both ends are ends of blocks.
/// @param records  [out] [checkpoints,perturbations,count]
/// Errors: HRM_DATA naming what is missing or damaged, HRM_FAILED.
int hrm_pool_read_passes(const struct hrm_pool *pool, int64_t first, int64_t count, void *records,
                         struct hrm_error *error);

/// Passes of a puzzle.
static inline int64_t hrm_pool_passes(const struct hrm_pool *pool)
{
    return (int64_t)pool->checkpoints * pool->perturbations;
}

/// Consecutive puzzles and all their passes.
struct hrm_pool_window {
    int64_t room;           ///< puzzles that fit: whole blocks, about 16 MB
    int64_t first, puzzles; ///< what is held
    int32_t *ratings;       ///< [puzzles]; owned
    void *records;          ///< [checkpoints,perturbations,puzzles]; owned
};

/// Puzzles of a window, of which each has `passes` of `record` bytes: whole blocks, at least one,
/// or all puzzles.
int64_t hrm_pool_window_room(int64_t passes, size_t record, int64_t block, int64_t puzzles);

/// Free with hrm_pool_window_free() in any case. Errors: HRM_FAILED.
int hrm_pool_window_init(struct hrm_pool_window *window, const struct hrm_pool *pool,
                         struct hrm_error *error);

/// Read puzzles first, first + 1, ... as many as there are and fit. Not collective.
/// @param first  [in] a multiple of window->room
/// Errors: HRM_DATA, HRM_FAILED.
int hrm_pool_window_read(struct hrm_pool_window *window, const struct hrm_pool *pool, int64_t first,
                         struct hrm_error *error);
void hrm_pool_window_free(struct hrm_pool_window *window);

#endif
