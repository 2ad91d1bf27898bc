#ifndef HRM_FILE_ITEMS_H
#define HRM_FILE_ITEMS_H

#include "core/base/error.h"
#include "core/task/task.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Items of a task in memory, in their order.
struct hrm_items {
    struct hrm_task task;
    int64_t count;
    uint8_t *bytes; ///< [count, task.shape.item_bytes]; owned
    uint64_t hash;  ///< XXH3 of them; of Sudoku 9x9 that of core/sudoku/puzzle_hash.h
};

/// What is made for what, so that no item is trained on and asked about.
enum hrm_split { HRM_SPLIT_TRAINING, HRM_SPLIT_VALIDATION, HRM_SPLIT_TEST };

/// Where items come from.
struct hrm_items_source {
    /// A file: a CSV with the columns question and answer, or of Sudoku 9x9 any that
    /// core/file/puzzle_stream.h reads. Or "generate:COUNT", "generate:FAMILY:COUNT",
    /// "generate:FAMILY:COUNT:SEED": the task's generator, seed 0 unless given.
    const char *name;
    enum hrm_split split; ///< of generated items
    int64_t first;        ///< only so many from the beginning; 0: all
    bool ambiguous;       ///< take questions that have two answers in the set
};

/// Whether a name asks for the generator.
bool hrm_items_are_generated(const char *name);

/// Index of the family whose name is the first `length` bytes of `word`, in "first|second"; -1:
/// none.
int hrm_items_find_family(const char *families, const char *word, size_t length);

/// Whether they are puzzles of Sudoku 9x9 in a file, which core/file/puzzle_stream.h reads.
bool hrm_items_are_puzzles(const struct hrm_task *task, const char *name);

/// Read or make them. Free with hrm_items_free(), on failure too. Errors: HRM_DATA naming file and
/// line, HRM_USAGE for a generator that there is not, HRM_FAILED.
int hrm_items_load(struct hrm_items *items, const struct hrm_task *task,
                   const struct hrm_items_source *source, struct hrm_error *error);

/// A zeroed set is allowed.
void hrm_items_free(struct hrm_items *items);

/// Item number i.
static inline const uint8_t *hrm_items_at(const struct hrm_items *items, int64_t i)
{
    return items->bytes + i * items->task.shape.item_bytes;
}

#endif
