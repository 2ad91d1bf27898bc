#include "jobs/cli/usage.h"

#include "jobs/cli/machine.h"

int hrm_usage_look(struct hrm_usage *usage, const struct hrm_world *world, struct hrm_error *error)
{
    *usage = (struct hrm_usage){world->size, hrm_machine_cpu_seconds(),
                                (double)hrm_machine_peak_memory()};
    return hrm_total(world->comm, &usage->cpu_seconds, &usage->peak_memory, error);
}
