#include "jobs/eval/puzzle_source.h"

#include "core/sudoku/puzzle_repeats.h"
#include "core/task/sudoku.h"
#include "jobs/cli/bundled.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/// A file of that name, else a bundled set.
static int find_file(const char *name, char path[HRM_PATH], struct hrm_error *error)
{
    snprintf(path, HRM_PATH, "%s", name);
    if (hrm_items_are_generated(name) || hrm_bundled_find_puzzles(name, path, HRM_PATH))
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "there is no puzzle file '%s'", name);
    return hrm_hint(error, "give a CSV or compiled file, a bundled set: test, val, train-1k, or "
                           "generate:COUNT");
}

/// Go through the set once. Of the rows of one part it is remembered what they are; the first time
/// all are hashed.
static int look_through(struct puzzle_source *source, struct hrm_puzzle_repeats *repeats,
                        XXH3_state_t *state, struct hrm_error *error)
{
    struct hrm_puzzle puzzle;
    bool more = true;
    int status = hrm_puzzle_stream_rewind(&source->stream, error);
    while (status == HRM_OK && more) {
        status = hrm_puzzle_stream_next(&source->stream, &puzzle, &more, error);
        if (status == HRM_OK && more)
            status = hrm_puzzle_repeats_add(repeats, &puzzle.question, &puzzle.answer, error);
        if (status || !more || repeats->part > 0)
            continue;
        source->unrated += puzzle.rating < 0;
        XXH3_64bits_update(state, &puzzle.question, sizeof puzzle.question);
        XXH3_64bits_update(state, &puzzle.answer, sizeof puzzle.answer);
        XXH3_64bits_update(state, &puzzle.rating, sizeof puzzle.rating);
    }
    return status;
}

/// Hash the rows and find questions with two answers.
static int know_rows(struct puzzle_source *source, bool ambiguous, struct hrm_error *error)
{
    struct hrm_puzzle_repeats repeats = {0};
    struct hrm_puzzle_repeats_found found = {0};
    int parts = hrm_puzzle_repeats_parts(source->count), status = HRM_OK;
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return hrm_fail(error, HRM_FAILED, "no memory for a checksum");
    XXH3_64bits_reset(state);
    for (int part = 0; part < parts && status == HRM_OK && found.ambiguous == 0; part++) {
        hrm_puzzle_repeats_begin(&repeats, part, parts);
        status = look_through(source, &repeats, state, error);
        if (status == HRM_OK)
            hrm_puzzle_repeats_count(&repeats, &found);
    }
    source->rated = XXH3_64bits_digest(state);
    source->hash = hrm_puzzle_stream_hash(&source->stream);
    source->at = source->count;
    hrm_puzzle_repeats_free(&repeats);
    XXH3_freeState(state);
    return status || ambiguous ? status : hrm_puzzle_repeats_check(&found, source->path, error);
}

// --- items that are held -------------------------------------------------------------------------

/// Keep so many of the items at random, in their order.
static void draw_subset(struct hrm_items *items, int64_t subset, uint64_t seed)
{
    struct hrm_random random = hrm_random_open(seed, HRM_RANDOM_SUBSET, 0, 0);
    size_t bytes = (size_t)items->task.shape.item_bytes;
    int64_t kept = 0;
    for (int64_t i = 0; i < items->count && kept < subset; i++)
        if (hrm_random_uniform(&random) * (double)(items->count - i) < (double)(subset - kept))
            memmove(items->bytes + (size_t)kept++ * bytes, hrm_items_at(items, i), bytes);
    items->count = kept;
    items->hash = hrm_items_hash(items);
}

static int hold_items(struct puzzle_source *source, const struct puzzle_choice *choice,
                      struct hrm_error *error)
{
    const struct hrm_items_source from = {.name = source->path,
                                          .split = HRM_SPLIT_TEST,
                                          .first = choice->first,
                                          .asked = true,
                                          .ambiguous = choice->ambiguous};
    struct hrm_items *items = &source->items;
    int status = hrm_items_load(items, choice->task, &from, error);
    if (status)
        return status;
    if (choice->subset > 0 && choice->subset < items->count)
        draw_subset(items, choice->subset, choice->seed);
    source->count = items->count;
    source->hash = items->hash;
    source->rated =
        XXH3_64bits(items->bytes, (size_t)items->count * (size_t)items->task.shape.item_bytes);
    for (int64_t i = 0; i < items->count; i++)
        source->unrated += choice->task->kind->rating(choice->task, hrm_items_at(items, i)) < 0;
    return HRM_OK;
}

int puzzle_source_open(struct puzzle_source *source, const struct puzzle_choice *choice,
                       struct hrm_error *error)
{
    struct hrm_puzzle_choice rows = {
        .first = choice->first, .subset = choice->subset, .seed = choice->seed};
    *source = (struct puzzle_source){0};
    int status = find_file(choice->name, source->path, error);
    if (status == HRM_OK && !hrm_items_are_puzzles(choice->task, source->path))
        return hold_items(source, choice, error);
    if (status == HRM_OK)
        status = hrm_puzzle_stream_open(&source->stream, source->path, &rows, error);
    if (status == HRM_OK)
        status = hrm_puzzle_stream_count(&source->stream, &source->count, error);
    return status ? status : know_rows(source, choice->ambiguous, error);
}

int puzzle_source_whole_hash(const struct puzzle_source *source, uint64_t *hash,
                             struct hrm_error *error)
{
    struct hrm_puzzle_stream stream;
    struct hrm_puzzle_choice all = {0};
    struct hrm_puzzle puzzle;
    bool more = true;
    if (source->items.bytes) {
        struct hrm_items_source from = {.name = source->path, .split = HRM_SPLIT_TEST};
        struct hrm_items whole;
        int read = hrm_items_load(&whole, &source->items.task, &from, error);
        *hash = whole.hash;
        hrm_items_free(&whole);
        return read;
    }
    int status = hrm_puzzle_stream_open(&stream, source->path, &all, error);
    while (status == HRM_OK && more)
        status = hrm_puzzle_stream_next(&stream, &puzzle, &more, error);
    if (status == HRM_OK)
        *hash = hrm_puzzle_stream_hash(&stream);
    hrm_puzzle_stream_close(&stream);
    return status;
}

void puzzle_source_close(struct puzzle_source *source)
{
    hrm_puzzle_stream_close(&source->stream);
    hrm_items_free(&source->items);
    *source = (struct puzzle_source){0};
}

static int next(struct puzzle_source *source, struct hrm_puzzle *puzzle, struct hrm_error *error)
{
    bool more = false;
    int status = hrm_puzzle_stream_next(&source->stream, puzzle, &more, error);
    source->at++;
    if (status || more)
        return status;
    hrm_fail(error, HRM_DATA, "%s has fewer puzzles than it had", source->path);
    return hrm_hint(error, "leave the file alone while it is read");
}

/// Make `first` the puzzle that comes next.
static int seek(struct puzzle_source *source, int64_t first, struct hrm_error *error)
{
    struct hrm_puzzle unused;
    int status = HRM_OK;
    if (first < source->at) {
        status = hrm_puzzle_stream_rewind(&source->stream, error);
        source->at = 0;
    }
    while (status == HRM_OK && source->at < first)
        status = next(source, &unused, error);
    return status;
}

int puzzle_source_read(void *opened, int64_t first, int64_t count, void *items,
                       struct hrm_error *error)
{
    struct puzzle_source *source = opened;
    if (source->items.bytes) {
        size_t bytes = (size_t)source->items.task.shape.item_bytes;
        memcpy(items, hrm_items_at(&source->items, first), (size_t)count * bytes);
        return HRM_OK;
    }
    int status = seek(source, first, error);
    for (int64_t i = 0; i < count && status == HRM_OK; i++) {
        struct hrm_puzzle puzzle;
        status = next(source, &puzzle, error);
        if (status)
            break;
        hrm_sudoku_item(&puzzle.question, &puzzle.answer, puzzle.rating,
                        (unsigned char *)items + i * HRM_SUDOKU_ITEM);
    }
    return status;
}
