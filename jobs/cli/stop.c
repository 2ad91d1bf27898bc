#include "jobs/cli/stop.h"

#include "jobs/cli/console.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define MARGIN 300 ///< seconds before the end of a Slurm job

static volatile sig_atomic_t received, again;
static volatile time_t since; ///< when the last signal that counts came
static bool file_found;
static bool advises; ///< rank 0 of mpirun

/// mpirun gives its ranks a second or two after SIGTERM, which it also sends for SIGINT and SIGHUP.
static void advise(void)
{
    static const char text[] = "hrmpi: SIGTERM under mpirun leaves a second or two: what is newer "
                               "than the last state can be lost; 'kill -USR1' of mpirun leaves "
                               "time to save\n";
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
}

static void take(int number)
{
    time_t now = time(NULL);
    if (number == SIGTERM && advises && !received)
        advise();
    // The kernel repeats SIGXCPU every second: it is no sign of impatience.
    if (number == SIGALRM || number == SIGPIPE || number == SIGXCPU) {
        received = received ? received : number;
        return;
    }
    if (again && now - since > 1)
        signal(number, SIG_DFL);
    if (since && now - since > 1)
        again = 1;
    if (!since || now - since > 1)
        since = now;
    received = number;
}

const volatile sig_atomic_t *hrm_stop_listen(void)
{
    static const int numbers[] = {SIGUSR1, SIGUSR2, SIGXCPU, SIGTERM,
                                  SIGINT,  SIGHUP,  SIGALRM, SIGPIPE};
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    advises = rank && strcmp(rank, "0") == 0;
    struct sigaction action = {.sa_handler = take, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
    return &received;
}

/// Seconds until a Slurm job has to stop; 0: unknown.
static double job_seconds(void)
{
    const char *end = getenv("SLURM_JOB_END_TIME");
    double left = end ? (double)(atoll(end) - (long long)time(NULL)) : 0;
    if (left <= 0)
        return 0;
    return left > 2 * MARGIN ? left - MARGIN : left / 2;
}

void hrm_stop_after(double seconds)
{
    double job = job_seconds();
    if (job > 0 && (seconds <= 0 || job < seconds))
        seconds = job;
    if (seconds <= 0 || seconds > INT_MAX)
        return;
    struct itimerval timer = {.it_value = {.tv_sec = (time_t)seconds}};
    timer.it_value.tv_usec = (suseconds_t)(1e6 * (seconds - (double)timer.it_value.tv_sec)) + 1;
    setitimer(ITIMER_REAL, &timer, NULL);
}

void hrm_stop_look(const char *folder)
{
    static double looked = -1;
    char path[4096];
    double now = hrm_seconds();
    if (received || (looked >= 0 && now - looked < 1))
        return;
    looked = now;
    snprintf(path, sizeof path, "%.4000s/STOP", folder);
    file_found = access(path, F_OK) == 0;
    if (file_found)
        received = SIGALRM;
}

bool hrm_stop_again(void)
{
    return again != 0;
}

const char *hrm_stop_reason(void)
{
    static char text[32];
    if (file_found)
        return "the file STOP";
    if (received == 0)
        return "another rank";
    if (received == SIGALRM)
        return "the time limit";
    if (received == SIGPIPE)
        return "closed standard output";
    snprintf(text, sizeof text, "signal %d", (int)received);
    return text;
}

// --- faults --------------------------------------------------------------------------------------

static const int FAULTS[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define FAULT_COUNT (sizeof FAULTS / sizeof *FAULTS)

static struct sigaction before[FAULT_COUNT];
static char place[320]; ///< "hrmpi: rank 3 on n7"
static volatile int64_t current_step;

static void name_fault(int number)
{
    char text[448];
    int length = snprintf(text, sizeof text, "%s died of signal %d in step %lld\n", place, number,
                          (long long)current_step);
    (void)!write(STDERR_FILENO, text, (size_t)length);
    for (size_t i = 0; i < FAULT_COUNT; i++)
        if (FAULTS[i] == number)
            sigaction(number, &before[i], NULL);
    raise(number);
}

void hrm_stop_name_faults(int rank, const char *host)
{
    struct sigaction action = {.sa_handler = name_fault, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    snprintf(place, sizeof place, "hrmpi: rank %d on %.255s", rank, host);
    for (size_t i = 0; i < FAULT_COUNT; i++)
        sigaction(FAULTS[i], &action, &before[i]);
}

void hrm_stop_name_step(int64_t step)
{
    current_step = step;
}
