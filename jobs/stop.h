#ifndef HRM_JOBS_STOP_H
#define HRM_JOBS_STOP_H

#include <signal.h>

/// A polite end of a long job: SIGUSR1 (sent by Slurm before the time is up), SIGTERM, SIGINT and
/// SIGHUP raise a flag that the job looks at. A second SIGINT or SIGTERM kills as usual.

/// Begin to listen. Returns the flag: 0, or the number of the signal that came.
const volatile sig_atomic_t *hrm_stop_listen(void);

#endif
