#ifndef HRM_JOBS_DATA_SUMMARY_H
#define HRM_JOBS_DATA_SUMMARY_H

#include "core/sudoku/puzzles.h"

#include <jansson.h>

/// What a puzzle set consists of: number, hash, clues, ratings by band, sources.
/// Returns an object that the caller owns, or NULL when memory is short.
json_t *data_summary(const char *path, const struct hrm_puzzles *puzzles);

/// Print a summary as text.
void data_summary_print(const json_t *summary);

/// Print an object as JSON.
void data_print_json(const json_t *object);

#endif
