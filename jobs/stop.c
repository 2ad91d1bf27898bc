#include "jobs/stop.h"

#include <stddef.h>

static volatile sig_atomic_t received;

static void take(int number)
{
    received = number;
    if (number == SIGINT || number == SIGTERM)
        signal(number, SIG_DFL);
}

const volatile sig_atomic_t *hrm_stop_listen(void)
{
    static const int numbers[] = {SIGUSR1, SIGTERM, SIGINT, SIGHUP};
    struct sigaction action = {.sa_handler = take, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
    return &received;
}
