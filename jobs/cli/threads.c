#include "jobs/cli/threads.h"

#include "jobs/cli/machine.h"

#include <stdlib.h>
#include <string.h>

int hrm_threads_share(int cpus, int online, double quota, int node_size)
{
    int threads = cpus < online ? cpus : cpus / node_size;
    if (quota > 0 && quota / node_size < threads)
        threads = (int)(quota / node_size);
    if (threads > HRM_THREADS_MAX)
        threads = HRM_THREADS_MAX;
    return threads > 0 ? threads : 1;
}

int hrm_threads_usable(int node_size)
{
    struct hrm_machine machine;
    hrm_machine_look(&machine);
    return hrm_threads_share(machine.cpus, machine.online, machine.quota, node_size);
}

int hrm_threads_openmp(int *threads, struct hrm_error *error)
{
    const char *text = getenv("OMP_NUM_THREADS");
    char *end;
    *threads = 0;
    if (!text || text[strspn(text, " \t")] == '\0')
        return HRM_OK;
    // Out of range it is the largest number, which is too large here as well.
    long number = strtol(text, &end, 10);
    end += strspn(end, " \t");
    if (number >= 1 && number <= HRM_THREADS_MAX && (*end == '\0' || *end == ',')) {
        *threads = (int)number;
        return HRM_OK;
    }
    hrm_fail(error, HRM_USAGE, "OMP_NUM_THREADS is '%.80s', which is no number from 1 to %d", text,
             HRM_THREADS_MAX);
    return hrm_hint(error, "set OMP_NUM_THREADS right, or give --threads");
}
