#ifndef HRM_FILE_CHECKPOINT_H
#define HRM_FILE_CHECKPOINT_H

#include "core/base/error.h"
#include "core/model/config.h"
#include "core/model/params.h"

#include <stddef.h>
#include <stdint.h>

/// What a checkpoint says of itself besides the weights.
struct hrm_provenance {
    char program[64];   ///< program version
    char command[1024]; ///< command line
    char config[4096];  ///< the whole configuration as an INI text
    char backend[32];
    char hosts[512];
    int ranks, threads;
    int64_t step;
    uint64_t seed; ///< of this replica
    int replica;
    uint64_t data_hash; ///< of the training set: core/sudoku/puzzle_hash.h
    double core_hours;  ///< spent so far
};

/// Indices of checkpoints by step, the highest first, and those of one step as they come.
/// @param newest  [out] [count]
void hrm_provenance_newest(const struct hrm_provenance *provenance, int count, int *newest);

/// A checkpoint in memory. `params` has layout->total floats; `ema` layout->trained or NULL.
struct hrm_checkpoint {
    struct hrm_model_config config;
    struct hrm_provenance provenance;
    struct hrm_layout layout;
    float *params;
    float *ema;      ///< moving average of the trained part, or NULL
    bool compressed; ///< writing: deflated
};

/// Write to a temporary name beside `path`, flush, sync, rename. HDF5, schema "hrmpi-checkpoint":
/// root attributes hold configuration and provenance; /params/<tensor with / for .> fp32 with
/// checksums; /ema likewise. Nothing but a whole file appears under `path`.
/// Errors: HRM_FAILED with the path; HRM_USAGE when its folder is missing or cannot be written.
int hrm_checkpoint_write(const char *path, const struct hrm_checkpoint *checkpoint,
                         struct hrm_error *error);

/// Read configuration and provenance only. Errors: HRM_DATA.
int hrm_checkpoint_read_header(const char *path, struct hrm_checkpoint *checkpoint,
                               struct hrm_error *error);

/// Read all of it. Every tensor's shape is checked against the configuration, every value must
/// be finite. Free with hrm_checkpoint_free(). Errors: HRM_DATA naming file and dataset.
int hrm_checkpoint_read(const char *path, struct hrm_checkpoint *checkpoint,
                        struct hrm_error *error);

/// Whether the file is a checkpoint whose tensors are compressed, as exported ones are and the
/// snapshots of a training are not.
bool hrm_checkpoint_is_compressed(const char *path);

/// Put what evaluation uses into `values` [layout.total]: the EMA weights where there are some.
void hrm_checkpoint_weights(const struct hrm_checkpoint *checkpoint, float *values);

void hrm_checkpoint_free(struct hrm_checkpoint *checkpoint);

#endif
