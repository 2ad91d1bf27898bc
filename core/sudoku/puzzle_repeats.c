#include "core/sudoku/puzzle_repeats.h"

#include <stdbool.h>
#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

int hrm_puzzle_repeats_parts(int64_t rows)
{
    return (int)((rows + HRM_REPEATS_PART - 1) / HRM_REPEATS_PART) + (rows <= 0);
}

void hrm_puzzle_repeats_begin(struct hrm_puzzle_repeats *repeats, int part, int parts)
{
    repeats->count = repeats->row = 0;
    repeats->part = part;
    repeats->parts = parts;
}

static int grow(struct hrm_puzzle_repeats *repeats, struct hrm_error *error)
{
    int64_t capacity = 1024 + repeats->capacity + repeats->capacity / 2;
    void *keys = realloc(repeats->keys, (size_t)capacity * sizeof *repeats->keys);
    if (keys == NULL) {
        hrm_fail(error, HRM_FAILED, "out of memory: 16 bytes for each of %lld puzzles to compare",
                 (long long)capacity);
        return hrm_hint(error, "take fewer puzzles with --first");
    }
    repeats->keys = keys;
    repeats->capacity = capacity;
    return HRM_OK;
}

int hrm_puzzle_repeats_add_hashes(struct hrm_puzzle_repeats *repeats, uint64_t question,
                                  uint32_t answer, struct hrm_error *error)
{
    int64_t row = repeats->row++;
    if (row > UINT32_MAX)
        return hrm_fail(error, HRM_DATA, "more than 4294967296 puzzles to compare");
    if (repeats->parts > 1 && (int)(question % (unsigned)repeats->parts) != repeats->part)
        return HRM_OK;
    if (repeats->count == repeats->capacity && grow(repeats, error) != HRM_OK)
        return HRM_FAILED;
    repeats->keys[repeats->count++] = (struct hrm_puzzle_key){question, answer, (uint32_t)row};
    return HRM_OK;
}

int hrm_puzzle_repeats_add(struct hrm_puzzle_repeats *repeats, const struct hrm_board *question,
                           const struct hrm_board *answer, struct hrm_error *error)
{
    return hrm_puzzle_repeats_add_hashes(repeats, XXH3_64bits(question->cell, HRM_CELLS),
                                         (uint32_t)XXH3_64bits(answer->cell, HRM_CELLS), error);
}

static int compare(const void *left, const void *right)
{
    const struct hrm_puzzle_key *a = left;
    const struct hrm_puzzle_key *b = right;
    if (a->question != b->question)
        return a->question < b->question ? -1 : 1;
    if (a->answer != b->answer)
        return a->answer < b->answer ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

// Remember two rows when the later one of them is the first of its kind.
static void remember(int64_t first[2], uint32_t a, uint32_t b)
{
    int64_t early = (a < b ? a : b) + INT64_C(1);
    int64_t late = (a < b ? b : a) + INT64_C(1);
    if (first[1] == 0 || late < first[1]) {
        first[0] = early;
        first[1] = late;
    }
}

void hrm_puzzle_repeats_count(struct hrm_puzzle_repeats *repeats,
                              struct hrm_puzzle_repeats_found *found)
{
    const struct hrm_puzzle_key *keys = repeats->keys;
    bool counted = false; // this question is known to have two answers
    if (repeats->count == 0)
        return;
    qsort(repeats->keys, (size_t)repeats->count, sizeof *keys, compare);
    for (int64_t i = 1; i < repeats->count; i++) {
        bool same = keys[i].question == keys[i - 1].question;
        if (!same) {
            counted = false;
        } else if (keys[i].answer == keys[i - 1].answer) {
            found->repeated++;
            remember(found->first_repeated, keys[i - 1].row, keys[i].row);
        } else {
            found->ambiguous += !counted;
            counted = true;
            remember(found->first_ambiguous, keys[i - 1].row, keys[i].row);
        }
    }
}

int hrm_puzzle_repeats_check(const struct hrm_puzzle_repeats_found *found, const char *name,
                             struct hrm_error *error)
{
    if (found->ambiguous == 0)
        return HRM_OK;
    hrm_fail(error, HRM_DATA,
             "%.800s: %lld question%s two answers in the set: puzzles %lld and %lld have the same "
             "question",
             name, (long long)found->ambiguous, found->ambiguous == 1 ? " has" : "s have",
             (long long)found->first_ambiguous[0], (long long)found->first_ambiguous[1]);
    return hrm_hint(error, "'hrmpi data check' lists such puzzles: leave them out, or take the set "
                           "as it is with --allow-ambiguous");
}

void hrm_puzzle_repeats_free(struct hrm_puzzle_repeats *repeats)
{
    free(repeats->keys);
    *repeats = (struct hrm_puzzle_repeats){0};
}
