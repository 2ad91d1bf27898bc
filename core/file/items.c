#include "core/file/items.h"

#include "core/file/puzzle_stream.h"
#include "core/sudoku/puzzle_repeats.h"
#include "core/task/sudoku.h"

#include <inttypes.h>
#include <stdlib.h>
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

void hrm_items_free(struct hrm_items *items)
{
    free(items->bytes);
    *items = (struct hrm_items){0};
}

/// Room for `count` items.
static int reserve(struct hrm_items *items, int64_t count, struct hrm_error *error)
{
    size_t bytes = (size_t)count * (size_t)items->task.shape.item_bytes;
    uint8_t *larger = realloc(items->bytes, bytes ? bytes : 1);
    if (!larger)
        return hrm_fail(error, HRM_FAILED, "no memory for %" PRId64 " %s", count,
                        items->task.kind->plural);
    items->bytes = larger;
    return HRM_OK;
}

static void *place(struct hrm_items *items, int64_t i)
{
    return items->bytes + i * items->task.shape.item_bytes;
}

// --- files ---------------------------------------------------------------------------------------

/// That no question of a set of Sudoku 9x9 has two answers.
static int check_answers(const struct hrm_puzzles *puzzles, const char *name,
                         struct hrm_error *error)
{
    struct hrm_puzzle_repeats repeats = {0};
    struct hrm_puzzle_repeats_found found = {0};
    int status = HRM_OK;
    for (int64_t row = 0; row < puzzles->count && status == HRM_OK; row++) {
        struct hrm_puzzle puzzle = hrm_puzzles_get(puzzles, row);
        status = hrm_puzzle_repeats_add(&repeats, &puzzle.question, &puzzle.answer, error);
    }
    hrm_puzzle_repeats_count(&repeats, &found);
    hrm_puzzle_repeats_free(&repeats);
    return status ? status : hrm_puzzle_repeats_check(&found, name, error);
}

static bool is_sudoku9(const struct hrm_task *task)
{
    return task->kind == &hrm_sudoku_kind && task->shape.rows == 9;
}

bool hrm_items_are_puzzles(const struct hrm_task *task, const char *name)
{
    return is_sudoku9(task) && !hrm_items_are_generated(name);
}

static int read_puzzles(struct hrm_items *items, const struct hrm_items_source *source,
                        struct hrm_error *error)
{
    struct hrm_puzzles puzzles = {0};
    struct hrm_puzzle_choice choice = {.first = source->first};
    int status = hrm_puzzles_open(source->name, &choice, &puzzles, error);
    if (status)
        return status;
    if (!source->ambiguous)
        status = check_answers(&puzzles, source->name, error);
    if (status == HRM_OK)
        status = reserve(items, puzzles.count, error);
    for (int64_t i = 0; i < puzzles.count && status == HRM_OK; i++) {
        struct hrm_puzzle puzzle = hrm_puzzles_get(&puzzles, i);
        hrm_sudoku_item(&puzzle.question, &puzzle.answer, puzzle.rating, place(items, i));
    }
    items->count = puzzles.count;
    hrm_puzzles_free(&puzzles);
    return status;
}

static int read_items(struct hrm_items *items, const struct hrm_items_source *source,
                      struct hrm_error *error)
{
    struct hrm_item_reader reader;
    int64_t room = 0;
    bool more = true;
    int status = hrm_item_reader_open(&reader, &items->task, source, error);
    while (status == HRM_OK && more) {
        if (items->count == room) {
            room = room ? 2 * room : 1024;
            status = reserve(items, room, error);
        }
        if (status == HRM_OK)
            status = hrm_item_reader_next(&reader, place(items, items->count), &more, NULL, error);
        items->count += status == HRM_OK && more;
    }
    hrm_item_reader_close(&reader);
    return status;
}

size_t hrm_items_hashed_bytes(const struct hrm_task *task)
{
    size_t bytes = (size_t)task->shape.item_bytes;
    return is_sudoku9(task) ? bytes - sizeof(int32_t) : bytes; // all but the rating
}

uint64_t hrm_items_hash(const struct hrm_items *items)
{
    XXH3_state_t state;
    size_t bytes = hrm_items_hashed_bytes(&items->task);
    XXH3_64bits_reset(&state);
    for (int64_t i = 0; i < items->count; i++)
        XXH3_64bits_update(&state, hrm_items_at(items, i), bytes);
    return XXH3_64bits_digest(&state);
}

int hrm_items_load(struct hrm_items *items, const struct hrm_task *task,
                   const struct hrm_items_source *source, struct hrm_error *error)
{
    *items = (struct hrm_items){.task = *task};
    bool puzzles = hrm_items_are_puzzles(task, source->name);
    int status = puzzles ? read_puzzles(items, source, error) : read_items(items, source, error);
    if (status == HRM_OK)
        items->hash = hrm_items_hash(items);
    return status;
}
