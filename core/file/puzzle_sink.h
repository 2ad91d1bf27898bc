#ifndef HRM_FILE_PUZZLE_SINK_H
#define HRM_FILE_PUZZLE_SINK_H

#include "core/base/error.h"
#include "core/file/puzzle_file.h"
#include "core/sudoku/puzzle_csv.h"

#include <stdbool.h>
#include <stdint.h>

/// Writes a puzzle set row by row in the form that its name asks for: .csv, .csv.gz, or compiled,
/// .h5 or .hdf5. Memory does not grow with the set.
struct hrm_puzzle_sink {
    bool compiled;
    struct hrm_puzzle_writer csv;
    struct hrm_puzzle_file_writer file;
    struct hrm_puzzle_hash hash;
};

/// What a set is made from and by.
struct hrm_puzzle_origin {
    const char *program, *created_from; ///< see core/file/puzzle_file.h
};

/// HRM_USAGE unless a name tells the form, and when another file of the program would be replaced.
/// A pipe or a device without such a name gets CSV.
int hrm_puzzle_sink_check(const char *path, struct hrm_error *error);

/// Open a file for `count` rows. The caller closes or abandons.
/// Errors: HRM_USAGE (no form for this name, no such folder), HRM_FAILED.
int hrm_puzzle_sink_open(struct hrm_puzzle_sink *sink, const char *path, int64_t count,
                         const struct hrm_puzzle_origin *origin, struct hrm_error *error);

/// Errors: HRM_FAILED, HRM_DATA.
int hrm_puzzle_sink_put(struct hrm_puzzle_sink *sink, const struct hrm_puzzle *puzzle,
                        struct hrm_error *error);

/// XXH3 of the rows so far (core/sudoku/puzzle_hash.h).
uint64_t hrm_puzzle_sink_hash(const struct hrm_puzzle_sink *sink);

/// Whether the file keeps the names of only some sources: a compiled set has HRM_SOURCES of them.
bool hrm_puzzle_sink_sums_sources(const struct hrm_puzzle_sink *sink);

/// Finish the file and give it its name. Errors: HRM_FAILED, and then no file appears.
int hrm_puzzle_sink_close(struct hrm_puzzle_sink *sink, struct hrm_error *error);

/// Forget an unfinished file. Does nothing to the file of a closed sink.
void hrm_puzzle_sink_abandon(struct hrm_puzzle_sink *sink);

#endif
