#ifndef HRM_BASE_ARENA_H
#define HRM_BASE_ARENA_H

#include "core/base/error.h"

#include <stddef.h>

/// One block of memory, cut into 64-byte aligned pieces and sized once.
///
/// A layout function takes its pieces from an arena. Run on a zeroed arena it only measures;
/// after hrm_arena_reserve() the same function hands out the memory. So sizes are written once.
struct hrm_arena {
    unsigned char *base; ///< NULL while measuring
    size_t capacity;     ///< bytes reserved
    size_t used;         ///< bytes taken
};

/// Reserve what was measured (arena->used), zeroed, and start handing out from the beginning.
/// Errors: HRM_FAILED when memory is short. The caller frees with hrm_arena_free().
int hrm_arena_reserve(struct hrm_arena *arena, struct hrm_error *error);

/// The next piece of `bytes` bytes, or NULL while measuring. Taking more than was reserved is a
/// bug.
void *hrm_arena_take(struct hrm_arena *arena, size_t bytes);

/// Free the memory and zero the arena. A zeroed arena is allowed.
void hrm_arena_free(struct hrm_arena *arena);

#endif
