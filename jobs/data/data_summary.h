#ifndef HRM_JOBS_DATA_SUMMARY_H
#define HRM_JOBS_DATA_SUMMARY_H

#include "core/base/error.h"
#include "core/file/puzzle_stream.h"

#include <jansson.h>

/// What the rows of a stream consist of: number, hash, clues, ratings by band, sources.
/// @param summary  [out] an object that the caller owns
/// Errors: those of the stream; HRM_FAILED.
int data_summary(struct hrm_puzzle_stream *stream, json_t **summary, struct hrm_error *error);

/// Print a summary as text.
void data_summary_print(const json_t *summary);

/// Print an object as JSON.
void data_print_json(const json_t *object);

#endif
