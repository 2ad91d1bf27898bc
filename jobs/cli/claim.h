#ifndef HRM_JOBS_CLAIM_H
#define HRM_JOBS_CLAIM_H

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "jobs/cli/owner.h"

/// The sole right to write to a place, a run's folder or a votes file: a mark, a small text file
/// that says who writes there, made by one process of the run. File locks would not do, since
/// shared file systems are often mounted without them.
///
/// A mark appears whole by a hard link, which only one of several processes can make. The mark of
/// a run that was killed stays, and the next run takes it over when that one is certainly gone
/// (hrm_owner_look()): it makes the one file whose name holds the token of the old mark, sees that
/// the old mark is still there, and renames its own over it.
struct hrm_claim {
    char path[HRM_PATH]; ///< of the mark; empty: none is held
    struct hrm_owner self;
};

/// Claim `place` by the mark `path`, whose folder is there; say so when a mark is taken over.
/// Errors: HRM_USAGE, naming who writes there or may do so, and the remedy; HRM_FAILED.
int hrm_claim_take(struct hrm_claim *claim, const char *path, const char *place,
                   struct hrm_error *error);

/// Claim a file by the mark FILE.running beside it, or beside what it links to.
int hrm_claim_file(struct hrm_claim *claim, const char *file, struct hrm_error *error);

/// Remove the mark, when no process of the run writes any more. A zeroed claim is allowed.
void hrm_claim_release(struct hrm_claim *claim);

#endif
