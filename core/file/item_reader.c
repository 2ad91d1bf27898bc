#include "core/file/item_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define GENERATE "generate:"

enum { MOST_GENERATED = 100000000 };

bool hrm_items_are_generated(const char *name)
{
    return strncmp(name, GENERATE, strlen(GENERATE)) == 0;
}

// --- the generator -------------------------------------------------------------------------------

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
static int read_request(struct hrm_item_reader *reader, struct hrm_error *error)
{
    const struct hrm_task_kind *kind = reader->task.kind;
    const char *text = reader->source.name, *rest = text + strlen(GENERATE);
    struct hrm_item_key *key = &reader->key;
    char *end = NULL;
    if (!kind->generate) {
        hrm_fail(error, HRM_USAGE, "'%.200s': there is no generator of %s", text, kind->plural);
        return hrm_hint(error, "give a file of %s", kind->plural);
    }
    if (*rest < '0' || *rest > '9') {
        size_t length = strcspn(rest, ":");
        key->family = hrm_items_find_family(kind->families, rest, length);
        rest += length + (rest[length] == ':');
    }
    errno = 0;
    reader->count = strtoll(rest, &end, 10);
    bool bad = key->family < 0 || errno != 0 || end == rest || reader->count < 1 ||
               reader->count > MOST_GENERATED;
    if (!bad && *end == ':') {
        rest = end + 1;
        key->seed = strtoull(rest, &end, 10);
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

// --- items ---------------------------------------------------------------------------------------

int hrm_item_reader_open(struct hrm_item_reader *reader, const struct hrm_task *task,
                         const struct hrm_items_source *source, struct hrm_error *error)
{
    *reader = (struct hrm_item_reader){.task = *task,
                                       .source = *source,
                                       .key.split = (int)source->split,
                                       .generated = hrm_items_are_generated(source->name)};
    if (reader->generated)
        return read_request(reader, error);
    return hrm_puzzle_reader_open(&reader->rows, source->name, error);
}

static int read_row(struct hrm_item_reader *reader, void *item, bool *more,
                    struct hrm_error *refused, struct hrm_error *error)
{
    const struct hrm_task *task = &reader->task;
    const struct hrm_puzzle_row *row = &reader->row;
    struct hrm_error bad = {0};
    int status = hrm_puzzle_reader_row(&reader->rows, &reader->row, more, error);
    if (status || !*more)
        return status;
    if (!(reader->source.asked ? hrm_task_read_asked : task->kind->read)(
            task, row->question, row->answer, row->rating, item, &bad))
        return HRM_OK;
    if (refused) {
        *refused = bad;
        return HRM_OK;
    }
    hrm_fail(error, HRM_DATA, "%s:%lld: %.900s", reader->source.name,
             (long long)reader->rows.lines.line, bad.text);
    return hrm_hint(error, "%s", *bad.hint ? bad.hint : "mend or remove the line");
}

int hrm_item_reader_next(struct hrm_item_reader *reader, void *item, bool *more,
                         struct hrm_error *refused, struct hrm_error *error)
{
    const struct hrm_task *task = &reader->task;
    int64_t first = reader->source.first;
    int status = HRM_OK;
    if (refused)
        *refused = (struct hrm_error){0};
    *more = first == 0 || reader->taken < first;
    if (reader->generated) {
        *more = *more && reader->taken < reader->count;
        reader->key.index = reader->taken;
        status = *more ? task->kind->generate(task, &reader->key, item, error) : HRM_OK;
    } else if (*more) {
        status = read_row(reader, item, more, refused, error);
    }
    if (status == HRM_OK && !*more && reader->taken == 0)
        return hrm_fail(error, HRM_DATA, "%s: there are no %s in it", reader->source.name,
                        task->kind->plural);
    reader->taken += *more;
    return status;
}

void hrm_item_reader_close(struct hrm_item_reader *reader)
{
    hrm_puzzle_reader_close(&reader->rows);
    reader->rows = (struct hrm_puzzle_reader){0};
}
