#ifndef HRM_FILE_VOTES_H
#define HRM_FILE_VOTES_H

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/eval/plan.h"
#include "core/task/task.h"
#include "core/vote/bands.h"
#include "core/vote/pass.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

/// The votes file: HDF5, schema "hrmpi-votes", version 2.
///
///     attributes            hrm_votes_about, the task, the plan
///     /checkpoint     [C]      i32 0, 1, ...
///     /checkpoint_path, _step, _seed, _replica, _mixing, _hash [C]  hrm_votes_checkpoint
///     /perturbation   [P]      text, the canonical name of each
///     /question       [N,S]    u8 or u16: tokens, as hrm_task_kind.ask() of the identity
///     /answer         [N,A]    u8: the right answer, as hrm_task_kind.solution()
///     /rating         [N]      i32
///     /passes         [C,P,N]  hrm_pass with A bytes of an answer
///     /blocks         [blocks] u64: XXH3 of the records of a stored block, 0: not stored
///
/// Axes have names by dimension scales: checkpoint, perturbation, puzzle, position, answer_byte,
/// block; long_name and units say what a dataset is. A pass is one compound and no dataset for each
/// field: a claim is stored by one write instead of eight, in a sixth of the time, and all passes
/// are read in a tenth. The compound is not committed as a named type: h5netcdf cannot read those
/// with room behind the last field.
///
/// All of it has its final place and size when the file is created; afterwards only values are
/// written. So a file whose writer was killed opens, and the checksums say what it holds.
/// Files of version 1 are read too: core/file/votes_older.h.
#define HRM_VOTES_SCHEMA  "hrmpi-votes"
#define HRM_VOTES_VERSION 2
#define HRM_VOTES_NAME    256 ///< bytes of a path or name in the tables

/// What the file says of its making.
struct hrm_votes_about {
    char program[64];
    char command[1024];
    char config[4096]; ///< the whole configuration as an INI text
    char backend[32];
    char hosts[512];
    char puzzles[1024];      ///< where the puzzles came from
    char perturbations[256]; ///< the list, as hrm_perturbations_format() writes it
    int64_t seed, ranks, threads;
    uint64_t data_hash; ///< of the puzzles: core/sudoku/puzzle_hash.h
    bool hash_rated;    ///< reading: the file is older, and the ratings are in its hash too
};

struct hrm_votes_checkpoint {
    char path[HRM_VOTES_NAME];
    int64_t step, seed, replica;
    uint64_t hash;  ///< of the weights in fp32
    int64_t mixing; ///< 1: trained with easier copies of the puzzles, 0: without, -1: not recorded
};

/// An open votes file.
struct hrm_votes {
    char path[HRM_PATH];
    struct hrm_plan plan;
    struct hrm_task task; ///< that the puzzles are of
    struct hrm_votes_about about;
    struct hrm_votes_checkpoint *checkpoints; ///< [C]; owned
    char (*perturbations)[HRM_VOTES_NAME];    ///< [P]; owned
    int identity;           ///< index of the perturbation that changes nothing, or -1
    int64_t created;        ///< when the evaluation began, in seconds since 1970; 0: not known
    int version;            ///< of the schema
    size_t record;          ///< bytes of a pass: hrm_pass_bytes()
    struct hrm_bands bands; ///< what the ratings mean
    hid_t file, type, passes, blocks, question, answer, rating;
};

/// Name of the perturbation that changes nothing.
#define HRM_VOTES_IDENTITY "identity"

/// Open a file and check that it is what its schema says. Close with hrm_votes_close().
/// @param flags  H5F_ACC_RDONLY or H5F_ACC_RDWR
/// Errors: HRM_DATA.
int hrm_votes_open(struct hrm_votes *votes, const char *path, unsigned flags,
                   struct hrm_error *error);

/// The same with a file access list. Every rank of an MPI access list must call it, and closing is
/// collective then: a rank that fails here alone closes no sooner than all have agreed to.
/// Close with hrm_votes_close() in any case.
int hrm_votes_open_with(struct hrm_votes *votes, const char *path, unsigned flags, hid_t access,
                        struct hrm_error *error);

/// Errors: HRM_FAILED when what was written cannot be kept.
int hrm_votes_close(struct hrm_votes *votes, struct hrm_error *error);

/// Create the file `path` with everything in it but puzzles and passes, and leave it open.
/// One process. On failure too, close with hrm_votes_close().
/// @param votes  [in,out] plan, task, about, checkpoints, perturbations are set, the rest is zero
/// Errors: HRM_FAILED; the disk space of the whole file is reserved where the disk can do that.
int hrm_votes_create(struct hrm_votes *votes, const char *path, struct hrm_error *error);

/// Write puzzles first .. first+count-1. @param items [in] [count, task.shape.item_bytes]
/// Errors: HRM_FAILED.
int hrm_votes_write_puzzles(struct hrm_votes *votes, int64_t first, int64_t count,
                            const void *items, struct hrm_error *error);

/// Close a new file with all its puzzles, and seal what nobody writes to any more: everything but
/// passes and blocks, which have checksums of their own. Errors: HRM_FAILED.
int hrm_votes_seal(struct hrm_votes *votes, struct hrm_error *error);

/// Read puzzles first .. first+count-1, and check them. @param items [out] [count, item_bytes]
/// Errors: HRM_DATA, HRM_FAILED.
int hrm_votes_read_puzzles(const struct hrm_votes *votes, int64_t first, int64_t count, void *items,
                           struct hrm_error *error);

/// Bytes of a puzzle in the file.
int64_t hrm_votes_puzzle_bytes(const struct hrm_task_shape *shape);

/// Read their ratings. @param ratings [out] [count] Errors: HRM_DATA.
int hrm_votes_read_ratings(const struct hrm_votes *votes, int64_t first, int64_t count,
                           int32_t *ratings, struct hrm_error *error);

/// The hash of all puzzles (core/sudoku/puzzle_hash.h) of an older file, read from it.
/// Errors: HRM_DATA, HRM_FAILED.
int hrm_votes_hash(const struct hrm_votes *votes, uint64_t *hash, struct hrm_error *error);

/// Store the passes, as records of votes->record bytes, of at most HRM_PLAN_NEIGHBOURS blocks index
/// .. index+count-1, which are of one checkpoint and perturbation, then their checksums. @param
/// records [puzzles of these blocks]
int hrm_votes_write_blocks(struct hrm_votes *votes, int64_t index, int64_t count,
                           const void *records, struct hrm_error *error);

/// Which of these blocks are stored.
/// @param records [out] [puzzles of these blocks], of those that are; untouched when none is
/// @param stored  [out] [count]
int hrm_votes_read_blocks(const struct hrm_votes *votes, int64_t index, int64_t count,
                          void *records, bool *stored, struct hrm_error *error);

/// Read the passes of puzzles first .. first+count-1 and check them against their checksums.
/// @param first    a multiple of plan.block; count too unless the range ends with the set
/// @param records  [out] [C,P,count]
/// Errors: HRM_DATA naming what is missing or damaged.
int hrm_votes_read_passes(const struct hrm_votes *votes, int64_t first, int64_t count,
                          void *records, struct hrm_error *error);

#endif
