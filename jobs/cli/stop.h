#ifndef HRM_JOBS_STOP_H
#define HRM_JOBS_STOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/// A polite end of a long job: SIGUSR1 or SIGUSR2 (sent by batch systems before the time is up),
/// SIGXCPU, SIGTERM, SIGINT, SIGHUP, a time limit or a file STOP raise a flag that the job looks
/// at. Signals within a second count as one, since launchers may deliver one twice. After a second
/// one hrm_stop_again() is true, and a third kills as usual; SIGXCPU, which the kernel repeats,
/// counts once. A pipe for the output that nobody
/// reads any more (train | head) ends a job politely as well, however often it is written to.

/// Begin to listen. Returns the flag: 0, or the number of the signal that came (SIGALRM for the
/// time limit and the file).
const volatile sig_atomic_t *hrm_stop_listen(void);

/// Raise the flag after `seconds` (0: never), or a while before the end of the Slurm job where
/// SLURM_JOB_END_TIME tells it: five minutes before, or halfway when less than ten are left.
void hrm_stop_after(double seconds);

/// Raise the flag when there is a file STOP in `folder`. Looks at most once a second.
void hrm_stop_look(const char *folder);

/// Whether a second signal came: leave faster.
bool hrm_stop_again(void);

/// Why the flag is up on this process: "signal 10", "the time limit", "the file STOP".
const char *hrm_stop_reason(void);

/// Name rank, host and step when the process dies of a fault of its own, such as SIGSEGV.
/// What handled the fault before still does so afterwards.
void hrm_stop_name_faults(int rank, const char *host);
void hrm_stop_name_step(int64_t step);

#endif
