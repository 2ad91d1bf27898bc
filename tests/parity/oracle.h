#ifndef HRM_TESTS_ORACLE_H
#define HRM_TESTS_ORACLE_H

#include "core/model/config.h"
#include "core/model/optimizer.h"
#include "core/model/params.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

/// A file dumped from the reference implementation: its root attributes are the configuration,
/// its groups the values to reproduce.
struct oracle {
    hid_t file;
    struct hrm_model_config config;
    int batch;
    bool bf16; ///< the reference's forward pass was in bf16
    struct hrm_adam adam;
    struct hrm_sign_descent descent;
    struct hrm_schedule schedule;
    int segments, steps; ///< groups /eval/segmentK from 0, /train/stepK from 1
};

/// Tokens and identifiers of a batch: inputs, labels [batch,N], label 0 where it is ignored.
struct oracle_batch {
    uint16_t *inputs, *labels;
    int32_t *ids;
};

/// Errors: HRM_DATA for a file that cannot be read or lacks an attribute.
int oracle_open(struct oracle *oracle, const char *path, struct hrm_error *error);
void oracle_close(struct oracle *oracle);

/// Whether `path`, e.g. "train/step2/grads", is there.
bool oracle_has(const struct oracle *oracle, const char *path);

bool oracle_has_attribute(const struct oracle *oracle, const char *group, const char *name);

/// The dataset of that shape as floats, in memory that the caller frees. NULL and HRM_DATA
/// recorded on failure.
float *oracle_floats(const struct oracle *oracle, const char *path, int rank, const int64_t *size,
                     struct hrm_error *error);
int64_t *oracle_ints(const struct oracle *oracle, const char *path, int rank, const int64_t *size,
                     struct hrm_error *error);

/// inputs, labels and puzzle_identifiers of a group. Errors: HRM_DATA.
int oracle_read_batch(const struct oracle *oracle, const char *group, struct oracle_batch *batch,
                      struct hrm_error *error);
void oracle_free_batch(struct oracle_batch *batch);

/// An attribute of a group. Errors: HRM_DATA.
int oracle_attribute(const struct oracle *oracle, const char *group, const char *name,
                     double *value, struct hrm_error *error);

/// Every tensor of `group` into params, but for those that the group lacks and that are not
/// trained. Errors: HRM_DATA.
int oracle_read_params(const struct oracle *oracle, const char *group,
                       const struct hrm_layout *layout, float *params, struct hrm_error *error);

#endif
