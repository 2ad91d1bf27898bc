#include "core/file/puzzle_stream.h"

#include "core/file/seal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int fail_look(const char *path, const char *why, struct hrm_error *error)
{
    hrm_fail(error, HRM_DATA, "%s: cannot read: %s", path, why);
    return hrm_hint(error, "check the path and its permissions");
}

int hrm_puzzle_stream_look(const char *path, bool *compiled, struct hrm_error *error)
{
    static const char signature[4] = "\211HDF";
    char found[4] = {0};
    struct stat state;
    if (stat(path, &state) != 0)
        return fail_look(path, strerror(errno), error);
    if (S_ISDIR(state.st_mode))
        return fail_look(path, strerror(EISDIR), error);
    if (!S_ISREG(state.st_mode)) {
        hrm_fail(error, HRM_DATA, "%s: is no regular file, and a set is read more than once", path);
        return hrm_hint(error, "write it to a file first");
    }
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return fail_look(path, strerror(errno), error);
    size_t length = fread(found, 1, sizeof found, stream);
    fclose(stream);
    bool hdf5 = length == sizeof found && memcmp(found, signature, sizeof found) == 0;
    *compiled = hdf5 || hrm_seal_exists(path);
    return HRM_OK;
}

static void close_readers(struct hrm_puzzle_stream *stream)
{
    hrm_puzzle_reader_close(&stream->csv);
    hrm_puzzle_file_reader_close(&stream->file);
    hrm_puzzle_hash_close(&stream->hash);
}

int hrm_puzzle_stream_rewind(struct hrm_puzzle_stream *stream, struct hrm_error *error)
{
    close_readers(stream);
    stream->passed = stream->taken = 0;
    stream->random = hrm_random_open(stream->choice.seed, HRM_RANDOM_SUBSET, 0, 0);
    int status = hrm_puzzle_hash_open(&stream->hash, error);
    if (status != HRM_OK)
        return status;
    return stream->compiled ? hrm_puzzle_file_reader_open(&stream->file, stream->path, error)
                            : hrm_puzzle_reader_open(&stream->csv, stream->path, error);
}

int hrm_puzzle_stream_open(struct hrm_puzzle_stream *stream, const char *path,
                           const struct hrm_puzzle_choice *choice, struct hrm_error *error)
{
    int64_t count = 0;
    *stream = (struct hrm_puzzle_stream){.choice = *choice, .total = -1};
    snprintf(stream->path, sizeof stream->path, "%s", path);
    int status = hrm_puzzle_stream_look(path, &stream->compiled, error);
    if (status == HRM_OK)
        status = hrm_puzzle_stream_rewind(stream, error);
    if (status == HRM_OK && choice->subset > 0)
        status = hrm_puzzle_stream_count(stream, &count, error);
    return status;
}

void hrm_puzzle_stream_close(struct hrm_puzzle_stream *stream)
{
    close_readers(stream);
    *stream = (struct hrm_puzzle_stream){0};
}

// --- rows -------------------------------------------------------------------------------------

// The next row of the rating that is asked for, of the first so many.
static int next_passing(struct hrm_puzzle_stream *stream, struct hrm_puzzle *puzzle, bool *more,
                        struct hrm_error *error)
{
    const struct hrm_puzzle_choice *choice = &stream->choice;
    bool passes = false;
    *more = choice->first == 0 || stream->passed < choice->first;
    while (*more && !passes) {
        int status = stream->compiled
                         ? hrm_puzzle_file_reader_next(&stream->file, puzzle, more, error)
                         : hrm_puzzle_reader_next(&stream->csv, puzzle, more, error);
        if (status != HRM_OK)
            return status;
        passes = !choice->by_rating ||
                 (puzzle->rating >= choice->min_rating && puzzle->rating <= choice->max_rating);
    }
    stream->passed += *more;
    return HRM_OK;
}

// Selection sampling: a row is taken with probability wanted / left, which is exactly uniform.
static bool draw(struct hrm_puzzle_stream *stream)
{
    int64_t left = stream->total - (stream->passed - 1);
    int64_t wanted = stream->choice.subset - stream->taken;
    if (stream->choice.subset == 0 || wanted >= left)
        return true;
    return hrm_random_below(&stream->random, (uint32_t)left) < (uint32_t)wanted;
}

static int fail_empty(const struct hrm_puzzle_stream *stream, struct hrm_error *error)
{
    if (!stream->choice.by_rating) {
        hrm_fail(error, HRM_DATA, "%s: no puzzles after the header", stream->path);
        return hrm_hint(error, "the file is empty or was cut short: copy or make it again");
    }
    hrm_fail(error, HRM_USAGE, "%s: no puzzle has a rating of %d to %d", stream->path,
             stream->choice.min_rating, stream->choice.max_rating);
    return hrm_hint(error, "'hrmpi data summarize' tells how the ratings are spread");
}

int hrm_puzzle_stream_next(struct hrm_puzzle_stream *stream, struct hrm_puzzle *puzzle, bool *more,
                           struct hrm_error *error)
{
    int64_t subset = stream->choice.subset;
    *more = subset == 0 || stream->taken < subset;
    while (*more) {
        int status = next_passing(stream, puzzle, more, error);
        if (status != HRM_OK)
            return status;
        if (*more && draw(stream))
            break;
    }
    if (!*more)
        return stream->taken > 0 ? HRM_OK : fail_empty(stream, error);
    hrm_puzzle_hash_add(&stream->hash, &puzzle->question, &puzzle->answer);
    stream->taken++;
    return HRM_OK;
}

uint64_t hrm_puzzle_stream_hash(const struct hrm_puzzle_stream *stream)
{
    return hrm_puzzle_hash_value(&stream->hash);
}

// Read through the set and begin again.
static int count_rows(struct hrm_puzzle_stream *stream, struct hrm_error *error)
{
    struct hrm_puzzle puzzle;
    bool more = true;
    int status = HRM_OK;
    while (status == HRM_OK && more)
        status = next_passing(stream, &puzzle, &more, error);
    if (status == HRM_OK && stream->passed == 0)
        status = fail_empty(stream, error);
    stream->total = stream->passed;
    return status == HRM_OK ? hrm_puzzle_stream_rewind(stream, error) : status;
}

int hrm_puzzle_stream_count(struct hrm_puzzle_stream *stream, int64_t *count,
                            struct hrm_error *error)
{
    const struct hrm_puzzle_choice *choice = &stream->choice;
    int status = HRM_OK;
    if (stream->total < 0 && stream->compiled && !choice->by_rating) {
        int64_t rows = stream->file.count;
        stream->total = choice->first > 0 && choice->first < rows ? choice->first : rows;
    } else if (stream->total < 0) {
        status = count_rows(stream, error);
    }
    bool part = choice->subset > 0 && choice->subset < stream->total;
    *count = part ? choice->subset : stream->total;
    return status;
}

// --- memory -----------------------------------------------------------------------------------

int hrm_puzzles_open(const char *path, const struct hrm_puzzle_choice *choice,
                     struct hrm_puzzles *puzzles, struct hrm_error *error)
{
    struct hrm_puzzle_stream stream;
    struct hrm_puzzle puzzle;
    bool more = true;
    *puzzles = (struct hrm_puzzles){0};
    int status = hrm_puzzle_stream_open(&stream, path, choice, error);
    while (status == HRM_OK && more) {
        status = hrm_puzzle_stream_next(&stream, &puzzle, &more, error);
        if (status == HRM_OK && more)
            status = hrm_puzzles_append(puzzles, &puzzle, error);
    }
    if (status == HRM_OK)
        puzzles->hash = hrm_puzzle_stream_hash(&stream);
    else
        hrm_puzzles_free(puzzles);
    hrm_puzzle_stream_close(&stream);
    return status;
}
