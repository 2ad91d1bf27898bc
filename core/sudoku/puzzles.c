#include "core/sudoku/puzzles.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

int hrm_puzzle_check(const struct hrm_board *question, const struct hrm_board *answer,
                     struct hrm_error *error)
{
    for (int i = 0; i < HRM_CELLS; i++) {
        int given = question->cell[i];
        int digit = answer->cell[i];
        if (given > 9)
            return hrm_fail(error, HRM_DATA, "the question has %d at position %d", given, i + 1);
        if (digit < 1 || digit > 9)
            return hrm_fail(error, HRM_DATA, "the answer is blank at position %d", i + 1);
        if (given != 0 && given != digit)
            return hrm_fail(error, HRM_DATA,
                            "the answer has %d at position %d where the question has %d", digit,
                            i + 1, given);
    }
    int conflicts = hrm_board_conflicts(answer);
    if (conflicts > 0)
        return hrm_fail(error, HRM_DATA, "the answer repeats digits in a row, column or box (%d x)",
                        conflicts);
    return HRM_OK;
}

// --- memory -----------------------------------------------------------------------------------

static int resize(void **block, size_t bytes, struct hrm_error *error)
{
    void *larger = realloc(*block, bytes);
    if (larger == NULL) {
        hrm_fail(error, HRM_FAILED, "out of memory: %zu bytes for puzzles", bytes);
        return hrm_hint(error, "read fewer puzzles, or run fewer ranks on a node");
    }
    *block = larger;
    return HRM_OK;
}

int hrm_puzzles_reserve(struct hrm_puzzles *puzzles, int64_t capacity, struct hrm_error *error)
{
    if (capacity <= puzzles->capacity)
        return HRM_OK;
    struct {
        void **block;
        size_t row;
    } blocks[] = {
        {(void **)&puzzles->question, HRM_CELLS},
        {(void **)&puzzles->answer, HRM_CELLS},
        {(void **)&puzzles->rating, sizeof *puzzles->rating},
        {(void **)&puzzles->source, sizeof *puzzles->source},
    };
    int status = HRM_OK;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks && status == HRM_OK; i++)
        status = resize(blocks[i].block, (size_t)capacity * blocks[i].row, error);
    if (status == HRM_OK && puzzles->source_name == NULL)
        status = resize((void **)&puzzles->source_name, HRM_SOURCES * sizeof *puzzles->source_name,
                        error);
    if (status == HRM_OK)
        puzzles->capacity = capacity;
    return status;
}

void hrm_puzzles_free(struct hrm_puzzles *puzzles)
{
    free(puzzles->question);
    free(puzzles->answer);
    free(puzzles->rating);
    free(puzzles->source);
    free(puzzles->source_name);
    *puzzles = (struct hrm_puzzles){0};
}

// --- rows -------------------------------------------------------------------------------------

// The index of a source, which is added when it is new. When all but one place are taken, that one
// is for all sources that are new.
static uint8_t find_source(struct hrm_puzzles *puzzles, const char *name)
{
    for (int i = 0; i < puzzles->sources; i++) {
        if (strcmp(puzzles->source_name[i], name) == 0)
            return (uint8_t)i;
    }
    if (puzzles->sources == HRM_SOURCES)
        return HRM_SOURCES - 1;
    if (puzzles->sources == HRM_SOURCES - 1)
        name = HRM_SOURCE_REST;
    // Zeros to the end, so that a file of the names is always the same.
    memset(puzzles->source_name[puzzles->sources], 0, HRM_SOURCE_NAME);
    memcpy(puzzles->source_name[puzzles->sources], name, strlen(name) + 1);
    return (uint8_t)puzzles->sources++;
}

int hrm_puzzles_append(struct hrm_puzzles *puzzles, const struct hrm_puzzle *puzzle,
                       struct hrm_error *error)
{
    int64_t row = puzzles->count;
    int64_t wanted = row < puzzles->capacity ? row + 1 : 1024 + row + row / 2;
    int status = hrm_puzzles_reserve(puzzles, wanted, error);
    if (status != HRM_OK)
        return status;
    puzzles->source[row] = find_source(puzzles, puzzle->source);
    memcpy(puzzles->question + row * HRM_CELLS, puzzle->question.cell, HRM_CELLS);
    memcpy(puzzles->answer + row * HRM_CELLS, puzzle->answer.cell, HRM_CELLS);
    puzzles->rating[row] = puzzle->rating;
    puzzles->count++;
    return HRM_OK;
}

struct hrm_puzzle hrm_puzzles_get(const struct hrm_puzzles *puzzles, int64_t row)
{
    assert(row >= 0 && row < puzzles->count);
    struct hrm_puzzle puzzle = {.rating = puzzles->rating[row]};
    memcpy(puzzle.question.cell, puzzles->question + row * HRM_CELLS, HRM_CELLS);
    memcpy(puzzle.answer.cell, puzzles->answer + row * HRM_CELLS, HRM_CELLS);
    memcpy(puzzle.source, puzzles->source_name[puzzles->source[row]], HRM_SOURCE_NAME);
    return puzzle;
}

void hrm_puzzles_rehash(struct hrm_puzzles *puzzles)
{
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    for (int64_t row = 0; row < puzzles->count; row++) {
        XXH3_64bits_update(&state, puzzles->question + row * HRM_CELLS, HRM_CELLS);
        XXH3_64bits_update(&state, puzzles->answer + row * HRM_CELLS, HRM_CELLS);
    }
    puzzles->hash = XXH3_64bits_digest(&state);
}

// --- repeated rows ----------------------------------------------------------------------------

static void move_row(struct hrm_puzzles *puzzles, int64_t from, int64_t to)
{
    if (from == to)
        return;
    memcpy(puzzles->question + to * HRM_CELLS, puzzles->question + from * HRM_CELLS, HRM_CELLS);
    memcpy(puzzles->answer + to * HRM_CELLS, puzzles->answer + from * HRM_CELLS, HRM_CELLS);
    puzzles->rating[to] = puzzles->rating[from];
    puzzles->source[to] = puzzles->source[from];
}

// By content, then by place.
static int compare_rows(const void *a, const void *b, void *set)
{
    const struct hrm_puzzles *puzzles = set;
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    int order = memcmp(puzzles->question + left * HRM_CELLS, puzzles->question + right * HRM_CELLS,
                       HRM_CELLS);
    if (order == 0)
        order = memcmp(puzzles->answer + left * HRM_CELLS, puzzles->answer + right * HRM_CELLS,
                       HRM_CELLS);
    if (order != 0)
        return order;
    return left < right ? -1 : left > right;
}

static bool is_same(const struct hrm_puzzles *puzzles, int64_t a, int64_t b)
{
    const uint8_t *question = puzzles->question;
    const uint8_t *answer = puzzles->answer;
    return memcmp(question + a * HRM_CELLS, question + b * HRM_CELLS, HRM_CELLS) == 0 &&
           memcmp(answer + a * HRM_CELLS, answer + b * HRM_CELLS, HRM_CELLS) == 0;
}

int hrm_puzzles_drop_repeated(struct hrm_puzzles *puzzles, int64_t *dropped,
                              struct hrm_error *error)
{
    size_t count = (size_t)puzzles->count;
    int64_t *rows = malloc((count + 1) * sizeof *rows);
    bool *repeats = calloc(count + 1, sizeof *repeats);
    int status = HRM_OK;
    if (rows == NULL || repeats == NULL) {
        status = hrm_fail(error, HRM_FAILED, "out of memory: %zu puzzles to compare", count);
        goto done;
    }
    for (size_t i = 0; i < count; i++)
        rows[i] = (int64_t)i;
    qsort_r(rows, count, sizeof *rows, compare_rows, puzzles);
    for (size_t i = 1; i < count; i++)
        repeats[rows[i]] = is_same(puzzles, rows[i - 1], rows[i]);
    int64_t kept = 0;
    for (int64_t row = 0; row < (int64_t)count; row++) {
        if (!repeats[row])
            move_row(puzzles, row, kept++);
    }
    *dropped = puzzles->count - kept;
    puzzles->count = kept;
    hrm_puzzles_rehash(puzzles);
done:
    free(rows);
    free(repeats);
    return status;
}
