#ifndef HRM_BASE_ERROR_H
#define HRM_BASE_ERROR_H

/// What a function returns when the outside world or a user can make it fail.
/// The values are the exit codes of the program, the same on every rank.
enum hrm_status {
    HRM_OK = 0,
    HRM_FAILED = 1,   ///< the outside world failed: memory, disk, MPI
    HRM_USAGE = 2,    ///< wrong usage or configuration
    HRM_DATA = 3,     ///< bad input data
    HRM_NUMERIC = 4,  ///< NaN or divergence
    HRM_UNSOLVED = 5, ///< solve: done, but some puzzle has no certified grid
    HRM_STOPPED = 75  ///< stopped early with a valid checkpoint: run again to continue
};

/// The text of a failure. The caller owns it and passes it down; the first failure fills it.
struct hrm_error {
    int status;      ///< enum hrm_status
    char text[1024]; ///< what went wrong, with the file and line or dataset it went wrong in
    char hint[1536]; ///< what the user can do about it, or empty
};

/// Record a failure and return its status, so that `return hrm_fail(error, ...)` reads as one act.
/// @param error  [out] may be NULL; an error that is already recorded is kept
/// @param status  enum hrm_status, not HRM_OK
int hrm_fail(struct hrm_error *error, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/// Add the remedy to a failure that was just recorded. Returns the recorded status.
int hrm_hint(struct hrm_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
