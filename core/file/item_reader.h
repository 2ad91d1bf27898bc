#ifndef HRM_FILE_ITEM_READER_H
#define HRM_FILE_ITEM_READER_H

#include "core/base/error.h"
#include "core/sudoku/puzzle_csv.h"
#include "core/task/task.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    bool asked;           ///< a model is asked, which decides the size (hrm_task_read_asked())
    bool ambiguous;       ///< take questions that have two answers in the set
};

/// Whether a name asks for the generator.
bool hrm_items_are_generated(const char *name);

/// Index of the family whose name is the first `length` bytes of `word`, in "first|second"; -1:
/// none.
int hrm_items_find_family(const char *families, const char *word, size_t length);

/// Gives the items of a CSV file or of the generator one by one: its memory does not grow with
/// them.
struct hrm_item_reader {
    struct hrm_task task;
    struct hrm_items_source source;
    struct hrm_item_key key;       ///< of the item that is generated next
    struct hrm_puzzle_reader rows; ///< of a file
    struct hrm_puzzle_row row;     ///< that was read last, its texts until the next
    int64_t count;                 ///< items that a generator makes
    int64_t taken;                 ///< rows so far, refused ones too
    bool generated;
};

/// Open a source. source->name must outlive the reader. The caller closes, on failure too.
/// Errors: HRM_DATA naming the file, HRM_USAGE for a generator that there is not.
int hrm_item_reader_open(struct hrm_item_reader *reader, const struct hrm_task *task,
                         const struct hrm_items_source *source, struct hrm_error *error);

/// The next item, checked by the task.
/// @param item     [out] task.shape.item_bytes
/// @param more     [out] false at the end, then there is no item
/// @param refused  [out] zeroed, or why the task refuses the row, which is then no error and leaves
///                 no item; NULL: it is one
/// Errors: HRM_DATA naming file and line; HRM_USAGE from the generator.
int hrm_item_reader_next(struct hrm_item_reader *reader, void *item, bool *more,
                         struct hrm_error *refused, struct hrm_error *error);

/// Close. A zeroed reader is allowed.
void hrm_item_reader_close(struct hrm_item_reader *reader);

#endif
