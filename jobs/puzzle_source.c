#include "jobs/puzzle_source.h"

#include "core/file/puzzle_file.h"
#include "jobs/share.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/// A file of that name, else a set that comes with the program.
static int find_file(const char *name, char path[HRM_PATH], struct hrm_error *error)
{
    if (hrm_share_find_puzzles(name, path, HRM_PATH))
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "there is no puzzle file '%s'", name);
    return hrm_hint(error, "give a CSV or compiled file, or a bundled set: test, val, train-1k");
}

/// XXH3 over the rows as they will be fed.
static int hash_rows(struct puzzle_source *source, struct hrm_error *error)
{
    enum { ROWS = 4096 };
    struct hrm_votes_puzzles rows = {calloc(ROWS, sizeof *rows.questions),
                                     calloc(ROWS, sizeof *rows.answers),
                                     calloc(ROWS, sizeof *rows.ratings)};
    XXH3_state_t *state = XXH3_createState();
    int status = HRM_OK;
    if (!rows.questions || !rows.answers || !rows.ratings || !state) {
        status = hrm_fail(error, HRM_FAILED, "no memory for %d puzzles", ROWS);
        goto done;
    }
    XXH3_64bits_reset(state);
    for (int64_t at = 0; at < source->count && status == HRM_OK; at += ROWS) {
        int64_t left = source->count - at, count = left < ROWS ? left : ROWS;
        status = puzzle_source_read(source, at, count, &rows, error);
        for (int64_t i = 0; i < count; i++) {
            XXH3_64bits_update(state, &rows.questions[i], sizeof *rows.questions);
            XXH3_64bits_update(state, &rows.answers[i], sizeof *rows.answers);
            XXH3_64bits_update(state, &rows.ratings[i], sizeof *rows.ratings);
        }
    }
    source->hash = XXH3_64bits_digest(state);
done:
    free(rows.questions);
    free(rows.answers);
    free(rows.ratings);
    XXH3_freeState(state);
    return status;
}

int puzzle_source_open(struct puzzle_source *source, const struct puzzle_choice *choice,
                       struct hrm_error *error)
{
    *source = (struct puzzle_source){0};
    int status = find_file(choice->name, source->path, error);
    if (status)
        return status;
    struct hrm_error other = {0}; // any other kind of file is read below, or complained of
    source->compiled = choice->subset == 0 &&
                       hrm_puzzle_file_count(source->path, &source->count, &other) == HRM_OK;
    if (!source->compiled) {
        status = hrm_puzzles_open(source->path, &source->set, error);
        if (status)
            return status;
        if (choice->first > 0)
            hrm_puzzles_truncate(&source->set, choice->first);
        if (choice->subset > 0)
            hrm_puzzles_subset(&source->set, choice->subset, choice->seed);
        source->count = source->set.count;
    } else if (choice->first > 0 && choice->first < source->count) {
        source->count = choice->first;
    }
    if (source->count == 0)
        return hrm_fail(error, HRM_DATA, "%s has no puzzles", source->path);
    return hash_rows(source, error);
}

void puzzle_source_close(struct puzzle_source *source)
{
    hrm_puzzles_free(&source->set);
    *source = (struct puzzle_source){0};
}

static void copy_rows(const struct hrm_puzzles *set, int64_t first, int64_t count,
                      const struct hrm_votes_puzzles *puzzles)
{
    memcpy(puzzles->questions, set->question + first * HRM_CELLS, (size_t)count * HRM_CELLS);
    memcpy(puzzles->answers, set->answer + first * HRM_CELLS, (size_t)count * HRM_CELLS);
    memcpy(puzzles->ratings, set->rating + first, (size_t)count * sizeof *puzzles->ratings);
}

int puzzle_source_read(void *opened, int64_t first, int64_t count,
                       const struct hrm_votes_puzzles *puzzles, struct hrm_error *error)
{
    const struct puzzle_source *source = opened;
    if (!source->compiled) {
        copy_rows(&source->set, first, count, puzzles);
        return HRM_OK;
    }
    struct hrm_puzzles rows = {0};
    int status = hrm_puzzle_file_read(source->path, first, count, &rows, error);
    if (status == HRM_OK)
        copy_rows(&rows, 0, count, puzzles);
    hrm_puzzles_free(&rows);
    return status;
}
