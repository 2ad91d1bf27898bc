#include "core/base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT ((size_t)64)
/// A huge page. Large arenas are made of them: kernels walk over more memory than the address
/// translation of small pages covers.
#define HUGE_PAGE ((size_t)2 << 20)

static size_t aligned(size_t bytes)
{
    assert(bytes <= SIZE_MAX - ALIGNMENT);
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/// Memory for the arena, on huge pages where it fills some and the system has them to give.
static void *reserve(size_t capacity)
{
    if (capacity < 2 * HUGE_PAGE)
        return aligned_alloc(ALIGNMENT, capacity);
    void *memory = aligned_alloc(HUGE_PAGE, (capacity + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
    if (memory != NULL)
        (void)madvise(memory, capacity, MADV_HUGEPAGE); // a wish: small pages do as well, slower
    return memory;
}

int hrm_arena_reserve(struct hrm_arena *arena, struct hrm_error *error)
{
    assert(arena->base == NULL);
    size_t capacity = arena->used > 0 ? arena->used : ALIGNMENT;
    arena->base = reserve(capacity);
    if (arena->base == NULL) {
        hrm_fail(error, HRM_FAILED, "out of memory: %.1f MB more were needed",
                 (double)capacity / 1e6);
        return hrm_hint(error, "use a smaller batch, fewer ranks per node, or a larger node");
    }
    memset(arena->base, 0, capacity);
    arena->capacity = capacity;
    arena->used = 0;
    return HRM_OK;
}

void *hrm_arena_take(struct hrm_arena *arena, size_t bytes)
{
    size_t start = arena->used;
    size_t size = aligned(bytes);
    assert(size <= SIZE_MAX - start);
    arena->used = start + size;
    if (arena->base == NULL)
        return NULL;
    assert(arena->used <= arena->capacity);
    return arena->base + start;
}

void hrm_arena_free(struct hrm_arena *arena)
{
    free(arena->base);
    *arena = (struct hrm_arena){0};
}
