#ifndef HRM_JOBS_TEST_PAUSE_H
#define HRM_JOBS_TEST_PAUSE_H

#include <signal.h>
#include <stdint.h>

/// Where tests hold the program, so that they can interrupt it at a known place on a machine of any
/// speed. Only tests set the variable; without it nothing happens.
///
///     HRM_TEST_PAUSE=N:FILE
///
/// After every N-th unit of work (step of a training, stored block of an evaluation) the process
/// creates FILE, and waits until FILE is gone or a signal asks it to stop.
#define HRM_TEST_PAUSE "HRM_TEST_PAUSE"

/// `units` more are done. Threads may call this at once. @param stop  flag of hrm_stop_listen()
void hrm_test_pause(int64_t units, const volatile sig_atomic_t *stop);

#endif
