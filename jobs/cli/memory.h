#ifndef HRM_JOBS_MEMORY_H
#define HRM_JOBS_MEMORY_H

#include "core/base/error.h"

#include <stdint.h>

/// What the ranks of a node are about to hold, in bytes.
struct hrm_memory_need {
    const char *what; ///< "this training"
    int64_t node;     ///< held once by all of them
    int64_t rank;     ///< held by each
    int ranks;
    const char *lower; ///< the options that make it less
};

/// What the ranks of a node may hold: the memory of the machine, less where a control group or a
/// limit of the process (ulimit -v) says so.
struct hrm_memory_room {
    int64_t node, process; ///< bytes; 0: no limit is known
};
struct hrm_memory_room hrm_memory_room(void);

/// Refuse what cannot fit, before anything of it is allocated. Not collective: ranks agree on it.
/// Errors: HRM_USAGE with what is needed, what there is, and the options to lower.
int hrm_memory_check(const struct hrm_memory_need *need, struct hrm_memory_room room,
                     struct hrm_error *error);

#endif
