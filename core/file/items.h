#ifndef HRM_FILE_ITEMS_H
#define HRM_FILE_ITEMS_H

#include "core/base/error.h"
#include "core/file/item_reader.h"
#include "core/task/task.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Items of a task in memory, in their order: count x item_bytes bytes, which for Sudoku 9x9 are
/// 166 an item, for mazes of 30x30 900. Nothing else grows with them.
struct hrm_items {
    struct hrm_task task;
    int64_t count;
    uint8_t *bytes; ///< [count, task.shape.item_bytes]; owned
    uint64_t hash;  ///< hrm_items_hash()
};

/// Whether they are puzzles of Sudoku 9x9 in a file, which core/file/puzzle_stream.h reads.
bool hrm_items_are_puzzles(const struct hrm_task *task, const char *name);

/// Read or make them. Free with hrm_items_free(), on failure too. Errors: HRM_DATA naming file and
/// line, HRM_USAGE for a generator that there is not, HRM_FAILED.
int hrm_items_load(struct hrm_items *items, const struct hrm_task *task,
                   const struct hrm_items_source *source, struct hrm_error *error);

/// XXH3 (64 bits) of the items, whether they come from a file or a generator; of Sudoku 9x9 of
/// question and answer, as core/sudoku/puzzle_hash.h has it.
uint64_t hrm_items_hash(const struct hrm_items *items);

/// The bytes of an item that are hashed.
size_t hrm_items_hashed_bytes(const struct hrm_task *task);

/// A zeroed set is allowed.
void hrm_items_free(struct hrm_items *items);

/// Item number i.
static inline const uint8_t *hrm_items_at(const struct hrm_items *items, int64_t i)
{
    return items->bytes + i * items->task.shape.item_bytes;
}

#endif
