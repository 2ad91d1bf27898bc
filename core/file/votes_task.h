#ifndef HRM_FILE_VOTES_TASK_H
#define HRM_FILE_VOTES_TASK_H

#include "core/file/votes.h"

/// The task as attributes of a votes file: `task`, its name; `task_options`, all of its options as
/// "side = 9, ..."; `positions` and `answer_bytes`, the widths that follow.

/// Errors: HRM_FAILED.
int hrm_votes_write_task(const struct hrm_votes *votes, struct hrm_error *error);

/// Errors: HRM_DATA for a task or options that there are not, or other widths than they have.
int hrm_votes_read_task(struct hrm_votes *votes, struct hrm_error *error);

#define HRM_VOTES_OPTIONS 512 ///< bytes of the options as text

/// "side = 9". Errors: HRM_FAILED.
int hrm_votes_task_options(const struct hrm_task *task, char text[HRM_VOTES_OPTIONS],
                           struct hrm_error *error);

#endif
