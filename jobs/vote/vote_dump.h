#ifndef HRM_JOBS_VOTE_DUMP_H
#define HRM_JOBS_VOTE_DUMP_H

#include "core/base/error.h"
#include "jobs/vote/vote_report.h"

/// Write the selected passes of every puzzle to a CSV file, as they are stored: a line a pass,
/// puzzle after puzzle, with the columns
///   puzzle, checkpoint, perturbation   numbers from 0; the checkpoint as --checkpoints takes it
///   segments, settled, conflicts, halted, q_halt, q_continue   of the pass
///   question, answer, grid             81 characters, 0 for a blank cell
/// One process. Memory: a piece of the set.
/// Errors: HRM_DATA, HRM_FAILED, HRM_USAGE when the folder cannot be written.
int vote_dump(const struct vote_report *report, const char *path, struct hrm_error *error);

#endif
