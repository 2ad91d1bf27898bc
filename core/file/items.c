#include "core/file/items.h"

#include "core/file/puzzle_stream.h"
#include "core/sudoku/puzzle_repeats.h"
#include "core/task/sudoku.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define GENERATE "generate:"

enum { MOST_GENERATED = 100000000 };

bool hrm_items_are_generated(const char *name)
{
    return strncmp(name, GENERATE, strlen(GENERATE)) == 0;
}

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

// --- the generator -------------------------------------------------------------------------------

/// What "generate:..." asks for.
struct request {
    int family;
    int64_t count;
    uint64_t seed;
};

int hrm_items_find_family(const char *families, const char *word, size_t length)
{
    for (int index = 0; families; index++) {
        size_t own = strcspn(families, "|");
        if (own == length && strncmp(families, word, length) == 0)
            return index;
        families = families[own] ? families + own + 1 : NULL;
    }
    return -1;
}

/// ":"-separated parts behind the word generate: [FAMILY:]COUNT[:SEED].
static int read_request(const struct hrm_task_kind *kind, const char *text, struct request *request,
                        struct hrm_error *error)
{
    const char *rest = text + strlen(GENERATE);
    char *end = NULL;
    *request = (struct request){0};
    if (!kind->generate) {
        hrm_fail(error, HRM_USAGE, "'%.200s': there is no generator of %s", text, kind->plural);
        return hrm_hint(error, "give a file of %s", kind->plural);
    }
    if (*rest < '0' || *rest > '9') {
        size_t length = strcspn(rest, ":");
        request->family = hrm_items_find_family(kind->families, rest, length);
        rest += length + (rest[length] == ':');
    }
    errno = 0;
    request->count = strtoll(rest, &end, 10);
    bool bad = request->family < 0 || errno != 0 || end == rest || request->count < 1 ||
               request->count > MOST_GENERATED;
    if (!bad && *end == ':') {
        rest = end + 1;
        request->seed = strtoull(rest, &end, 10);
        bad = errno != 0 || end == rest || *rest == '-';
    }
    if (!bad && *end == '\0')
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "'%.200s' asks for no generated items", text);
    return hrm_hint(error,
                    "write " GENERATE "COUNT, " GENERATE "FAMILY:COUNT or " GENERATE
                    "FAMILY:COUNT:SEED; the families of %s: %s",
                    kind->plural, kind->families);
}

static int generate(struct hrm_items *items, const struct hrm_items_source *source,
                    struct hrm_error *error)
{
    const struct hrm_task *task = &items->task;
    struct request request;
    int status = read_request(task->kind, source->name, &request, error);
    if (status)
        return status;
    int64_t count =
        source->first > 0 && source->first < request.count ? source->first : request.count;
    status = reserve(items, count, error);
    for (int64_t i = 0; i < count && status == HRM_OK; i++) {
        struct hrm_item_key key = {.seed = request.seed,
                                   .family = request.family,
                                   .split = (int)source->split,
                                   .index = i};
        status = task->kind->generate(task, &key, place(items, i), error);
    }
    items->count = count;
    return status;
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

bool hrm_items_are_puzzles(const struct hrm_task *task, const char *name)
{
    return task->kind == &hrm_sudoku_kind && task->shape.rows == 9 &&
           !hrm_items_are_generated(name);
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
    items->hash = puzzles.hash;
    hrm_puzzles_free(&puzzles);
    return status;
}

/// The next row as item number items->count.
static int take_row(struct hrm_items *items, struct hrm_puzzle_reader *reader, bool *more,
                    struct hrm_error *error)
{
    struct hrm_puzzle_row row;
    struct hrm_error bad = {0};
    int status = hrm_puzzle_reader_row(reader, &row, more, error);
    if (status || !*more)
        return status;
    const struct hrm_task *task = &items->task;
    if (task->kind->read(task, row.question, row.answer, row.rating, place(items, items->count),
                         &bad)) {
        hrm_fail(error, HRM_DATA, "%s:%lld: %.900s", reader->lines.path,
                 (long long)reader->lines.line, bad.text);
        return hrm_hint(error, "%s", *bad.hint ? bad.hint : "mend or remove the line");
    }
    items->count++;
    return HRM_OK;
}

static int read_rows(struct hrm_items *items, const struct hrm_items_source *source,
                     struct hrm_error *error)
{
    struct hrm_puzzle_reader reader;
    int64_t room = 0;
    bool more = true;
    int status = hrm_puzzle_reader_open(&reader, source->name, error);
    if (status)
        return status;
    while (status == HRM_OK && more && !(source->first > 0 && items->count == source->first)) {
        if (items->count == room) {
            room = room ? 2 * room : 1024;
            status = reserve(items, room, error);
        }
        if (status == HRM_OK)
            status = take_row(items, &reader, &more, error);
    }
    hrm_puzzle_reader_close(&reader);
    if (status == HRM_OK && items->count == 0)
        status = hrm_fail(error, HRM_DATA, "%s: there are no %s in it", source->name,
                          items->task.kind->plural);
    return status;
}

int hrm_items_load(struct hrm_items *items, const struct hrm_task *task,
                   const struct hrm_items_source *source, struct hrm_error *error)
{
    *items = (struct hrm_items){.task = *task};
    bool generated = hrm_items_are_generated(source->name);
    bool puzzles = hrm_items_are_puzzles(task, source->name);
    int status = generated ? generate(items, source, error)
                 : puzzles ? read_puzzles(items, source, error)
                           : read_rows(items, source, error);
    if (status == HRM_OK && !puzzles)
        items->hash =
            XXH3_64bits(items->bytes, (size_t)items->count * (size_t)task->shape.item_bytes);
    return status;
}
