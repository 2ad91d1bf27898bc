#include "jobs/cli/memory.h"

#include "jobs/cli/console.h"
#include "jobs/cli/machine.h"

#include <sys/resource.h>
#include <unistd.h>

struct hrm_memory_room hrm_memory_room(void)
{
    const int64_t limit = hrm_machine_memory_limit("");
    struct hrm_memory_room room = {(int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE), 0};
    struct rlimit process;
    if (limit > 0 && limit < room.node)
        room.node = limit;
    if (getrlimit(RLIMIT_AS, &process) == 0 && process.rlim_cur < INT64_MAX)
        room.process = (int64_t)process.rlim_cur;
    return room;
}

static int refuse(const struct hrm_memory_need *need, double wanted, int64_t there,
                  const char *whose, struct hrm_error *error)
{
    char texts[2][32];
    hrm_fail(error, HRM_USAGE, "%s needs %s of memory%s, and there are %s", need->what,
             hrm_format_bytes(wanted, texts[0], sizeof texts[0]), whose,
             hrm_format_bytes((double)there, texts[1], sizeof texts[1]));
    return hrm_hint(error, "lower %s%s", need->lower,
                    need->ranks > 1 ? ", or start fewer ranks on a node" : "");
}

int hrm_memory_check(const struct hrm_memory_need *need, struct hrm_memory_room room,
                     struct hrm_error *error)
{
    const double process = (double)need->node + (double)need->rank;
    const double node = (double)need->node + (double)need->rank * need->ranks;
    if (room.process > 0 && process > (double)room.process)
        return refuse(need, process, room.process, " a rank (ulimit -v)", error);
    if (room.node > 0 && node > (double)room.node)
        return refuse(need, node, room.node, " on this node", error);
    return HRM_OK;
}
