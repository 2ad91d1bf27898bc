#include "core/file/puzzle_sink.h"

#include "core/base/atomic_file.h"
#include "core/base/target.h"
#include "core/file/h5_attribute.h"

#include <stddef.h>
#include <string.h>

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t size = strlen(end);
    return length > size && strcmp(text + length - size, end) == 0;
}

static bool is_compiled(const char *path)
{
    return ends_in(path, ".h5") || ends_in(path, ".hdf5");
}

int hrm_puzzle_sink_check(const char *path, struct hrm_error *error)
{
    struct hrm_target target;
    int status = hrm_target_find(&target, path, error);
    // A pipe has no name that could tell; it gets CSV.
    if (status != HRM_OK || target.kind != HRM_TARGET_FILE)
        return status;
    if (is_compiled(path))
        return hrm_h5_check_replaced(path, HRM_PUZZLE_SCHEMA, error);
    if (ends_in(path, ".csv") || ends_in(path, ".csv.gz"))
        return hrm_atomic_file_check(path, error);
    hrm_fail(error, HRM_USAGE, "%s: the form to write is not clear from the name", path);
    return hrm_hint(error, "let the name end in .csv, .csv.gz or .h5");
}

int hrm_puzzle_sink_open(struct hrm_puzzle_sink *sink, const char *path, int64_t count,
                         const struct hrm_puzzle_origin *origin, struct hrm_error *error)
{
    *sink = (struct hrm_puzzle_sink){.compiled = is_compiled(path)};
    int status = hrm_puzzle_sink_check(path, error);
    if (status == HRM_OK)
        status = hrm_puzzle_hash_open(&sink->hash, error);
    if (status != HRM_OK)
        return status;
    return sink->compiled ? hrm_puzzle_file_writer_open(&sink->file, path, count, origin->program,
                                                        origin->created_from, error)
                          : hrm_puzzle_writer_open(&sink->csv, path, error);
}

int hrm_puzzle_sink_put(struct hrm_puzzle_sink *sink, const struct hrm_puzzle *puzzle,
                        struct hrm_error *error)
{
    hrm_puzzle_hash_add(&sink->hash, &puzzle->question, &puzzle->answer);
    return sink->compiled ? hrm_puzzle_file_writer_put(&sink->file, puzzle, error)
                          : hrm_puzzle_writer_put(&sink->csv, puzzle, error);
}

uint64_t hrm_puzzle_sink_hash(const struct hrm_puzzle_sink *sink)
{
    return hrm_puzzle_hash_value(&sink->hash);
}

bool hrm_puzzle_sink_sums_sources(const struct hrm_puzzle_sink *sink)
{
    return sink->compiled && sink->file.piece.sources == HRM_SOURCES;
}

int hrm_puzzle_sink_close(struct hrm_puzzle_sink *sink, struct hrm_error *error)
{
    return sink->compiled ? hrm_puzzle_file_writer_close(&sink->file, error)
                          : hrm_puzzle_writer_close(&sink->csv, error);
}

void hrm_puzzle_sink_abandon(struct hrm_puzzle_sink *sink)
{
    hrm_puzzle_file_writer_abandon(&sink->file);
    hrm_puzzle_writer_abandon(&sink->csv);
    hrm_puzzle_hash_close(&sink->hash);
}
