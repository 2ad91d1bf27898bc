#ifndef HRM_JOBS_METRICS_H
#define HRM_JOBS_METRICS_H

#include "core/base/error.h"
#include "core/base/target.h"

/// The curves of a training, read from its metrics.jsonl (jobs/train/train_log.h).

/// What is kept of a line. Shares are in percent; NaN: the line does not say.
enum metrics_field {
    METRICS_STEP,
    METRICS_LOSS,
    METRICS_CELLS, ///< right, of the slots that halted or of the validation puzzles
    METRICS_EXACT, ///< the same of whole grids
    METRICS_LOW,   ///< 95% Wilson interval of METRICS_EXACT; lines of validation only
    METRICS_HIGH,
    METRICS_SEGMENTS, ///< of the slots that halted
    METRICS_FIELDS
};

/// Lines of one kind by rising step.
struct metrics_lines {
    int count, capacity;
    double *value[METRICS_FIELDS]; ///< [count] each; owned
};

struct metrics {
    struct metrics_lines training, validation;
};

/// Read a file. A last line without an end, as a kill leaves it, is passed over.
/// Free with metrics_free() in any case.
/// Errors: HRM_DATA naming file and line; HRM_FAILED.
int metrics_read(struct metrics *metrics, const char *path, struct hrm_error *error);
void metrics_free(struct metrics *metrics);

/// Replace neighbouring lines by their means so that at most `most` remain.
void metrics_thin(struct metrics_lines *lines, int most);

/// Slots of a step, from the config.ini beside the file or in the folder above; 0: not found.
int metrics_batch(const char *path);

/// Where metrics_batch() looks: METRICS_CONFIGS paths that need not exist.
#define METRICS_CONFIGS 2
void metrics_config(const char *path, int index, char config[HRM_PATH]);

#endif
