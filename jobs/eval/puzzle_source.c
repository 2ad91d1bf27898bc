#include "jobs/eval/puzzle_source.h"

#include "jobs/cli/share.h"

#include <stdlib.h>
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
        for (int64_t i = 0; i < count && status == HRM_OK; i++) {
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
    struct hrm_puzzle_choice rows = {
        .first = choice->first, .subset = choice->subset, .seed = choice->seed};
    *source = (struct puzzle_source){0};
    int status = find_file(choice->name, source->path, error);
    if (status == HRM_OK)
        status = hrm_puzzle_stream_open(&source->stream, source->path, &rows, error);
    if (status == HRM_OK)
        status = hrm_puzzle_stream_count(&source->stream, &source->count, error);
    return status ? status : hash_rows(source, error);
}

void puzzle_source_close(struct puzzle_source *source)
{
    hrm_puzzle_stream_close(&source->stream);
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

int puzzle_source_read(void *opened, int64_t first, int64_t count,
                       const struct hrm_votes_puzzles *puzzles, struct hrm_error *error)
{
    struct puzzle_source *source = opened;
    int status = seek(source, first, error);
    for (int64_t i = 0; i < count && status == HRM_OK; i++) {
        struct hrm_puzzle puzzle;
        status = next(source, &puzzle, error);
        if (status)
            break;
        puzzles->questions[i] = puzzle.question;
        puzzles->answers[i] = puzzle.answer;
        puzzles->ratings[i] = puzzle.rating;
    }
    return status;
}
