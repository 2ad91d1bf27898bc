#include "jobs/cli/test_pause.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void hrm_test_pause(int64_t units, const volatile sig_atomic_t *stop)
{
    static atomic_llong done;
    const char *text = getenv(HRM_TEST_PAUSE);
    char *file = NULL;
    long long every = text ? strtoll(text, &file, 10) : 0;
    if (every <= 0 || *file++ != ':')
        return;
    long long before = atomic_fetch_add(&done, units);
    if ((before + units) / every == before / every)
        return;
    int created = open(file, O_CREAT | O_WRONLY, 0666);
    if (created >= 0)
        close(created);
    while (!*stop && access(file, F_OK) == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}
