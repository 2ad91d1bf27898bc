#include "jobs/cli/owner_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/// The name of the cluster that squeue asks, and the jobs of a user with their states; all of
/// them, since a question for one job that is over fails like one that nobody answers. The
/// person's own filters are taken away.
static const char QUESTION[] =
    "unset SQUEUE_ACCOUNT SQUEUE_LICENSES SQUEUE_NAMES SQUEUE_PARTITION SQUEUE_QOS SQUEUE_SORT "
    "SQUEUE_STATES SQUEUE_USERS SQUEUE_FORMAT SQUEUE_FORMAT2 SLURM_CLUSTERS\n"
    "exec 2>/dev/null\n"
    "timeout 60 scontrol show config | sed -n 's/^ClusterName *= */cluster /p'\n"
    "timeout 60 squeue --noheader --all --array --states=all --user=%" PRId64
    " --format='job %%A %%T'\n";

static bool is_over(const char *state)
{
    static const char *const over[] = {"COMPLETED", "FAILED",       "CANCELLED", "TIMEOUT",
                                       "NODE_FAIL", "PREEMPTED",    "BOOT_FAIL", "DEADLINE",
                                       "REVOKED",   "OUT_OF_MEMORY"};
    for (size_t i = 0; i < sizeof over / sizeof *over; i++)
        if (strcmp(state, over[i]) == 0)
            return true;
    return false;
}

static enum hrm_owner_state ask(const struct hrm_owner *owner)
{
    char question[1024], line[256], word[HRM_OWNER_WORD];
    bool listed = false, same = *owner->cluster == '\0';
    int64_t job = 0;
    snprintf(question, sizeof question, QUESTION, owner->user);
    FILE *answer = popen(question, "r");
    if (!answer)
        return HRM_OWNER_UNKNOWN;
    while (fgets(line, sizeof line, answer)) {
        if (sscanf(line, "cluster %63s", word) == 1)
            same = same || strcmp(word, owner->cluster) == 0;
        if (sscanf(line, "job %" SCNd64 " %63s", &job, word) == 2 && job == owner->job)
            listed = listed || !is_over(word);
    }
    if (pclose(answer) != 0 || !same)
        return HRM_OWNER_UNKNOWN;
    return listed ? HRM_OWNER_LIVES : HRM_OWNER_GONE;
}

enum hrm_owner_state hrm_owner_job(const struct hrm_owner *owner, const struct hrm_owner *self)
{
    if (owner->job <= 0)
        return HRM_OWNER_UNKNOWN;
    if (owner->job == self->job && strcmp(owner->cluster, self->cluster) == 0)
        return owner->restarts < self->restarts ? HRM_OWNER_GONE : HRM_OWNER_UNKNOWN;
    // A cluster may keep the jobs of others to itself.
    return owner->user == self->user ? ask(owner) : HRM_OWNER_UNKNOWN;
}
