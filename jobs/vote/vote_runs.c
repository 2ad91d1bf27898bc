#include "jobs/vote/vote_runs.h"

#include <stdlib.h>
#include <string.h>

/// A checkpoint on its way into a run.
struct member {
    const struct hrm_votes_checkpoint *about;
    int index, segments, training;
};

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/// Length of the folder's name.
static size_t folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) : 0;
}

static int compare_folders(const char *a, const char *b)
{
    size_t left = folder(a), right = folder(b), both = left < right ? left : right;
    int order = strncmp(a, b, both);
    return order ? order : compare_numbers((int64_t)left, (int64_t)right);
}

/// 0 for checkpoints of one run.
static int compare_runs(const struct member *a, const struct member *b)
{
    int order = compare_numbers(a->training, b->training);
    if (order == 0)
        order = compare_numbers(a->about->seed, b->about->seed);
    if (order == 0)
        order = compare_folders(a->about->path, b->about->path);
    if (order == 0)
        order = compare_numbers(a->about->replica, b->about->replica);
    return order ? order : compare_numbers(a->segments, b->segments);
}

static int compare_members(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    int order = compare_runs(a, b);
    if (order == 0)
        order = compare_numbers(a->about->step, b->about->step);
    return order ? order : compare_numbers(a->index, b->index);
}

static void fill_members(const struct hrm_pool *pool, const struct hrm_selection *chosen,
                         struct member *members)
{
    for (int i = 0; i < chosen->checkpoints; i++) {
        int index = chosen->checkpoint[i];
        const struct hrm_votes_checkpoint *about = hrm_pool_checkpoint(pool, index);
        members[i] = (struct member){about, index, pool->votes[pool->file[index]].plan.segments,
                                     about->mixing == 1 ? VOTE_MIXED : VOTE_PLAIN};
    }
    qsort(members, (size_t)chosen->checkpoints, sizeof *members, compare_members);
}

/// Keep the last member of each run. Returns how many there are.
static int keep_last(struct member *members, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (i + 1 == count || compare_runs(&members[i], &members[i + 1]))
            members[kept++] = members[i];
    return kept;
}

/// Whether the same weights are in both.
static bool is_copy(const struct member *a, const struct member *b)
{
    return a->training == b->training && a->about->hash == b->about->hash && a->about->hash != 0;
}

/// Weights that are there twice, evaluated to as many segments, vote once. Returns how many are
/// left.
static int leave_out_copies(struct vote_report *report, struct member *members, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        int k = 0;
        while (k < kept &&
               !(is_copy(&members[k], &members[i]) && members[k].segments == members[i].segments))
            k++;
        if (k == kept) {
            members[kept++] = members[i];
            continue;
        }
        if (report->doubled++ == 0) {
            report->twin[0] = members[k].about;
            report->twin[1] = members[i].about;
        }
    }
    return kept;
}

/// Find the runs that have weights of a run before them: the same training evaluated otherwise.
static void mark_copies(struct vote_report *report, const struct member *members)
{
    for (int r = 0; r < report->run_count; r++) {
        struct vote_run *run = &report->runs[r];
        for (int i = run->first; i < run->first + run->count && !run->copy; i++)
            for (int k = 0; k < run->first && !run->copy; k++)
                run->copy = is_copy(&members[i], &members[k]);
        report->copies += run->copy;
    }
}

static void fill_report(struct vote_report *report, const struct member *members, int count)
{
    for (int i = 0; i < count; i++) {
        struct vote_checkpoint *checkpoint = &report->checkpoints[i];
        struct vote_sweep *sweep = &report->sweeps[members[i].training];
        *checkpoint = (struct vote_checkpoint){.index = members[i].index,
                                               .training = (enum vote_training)members[i].training,
                                               .about = members[i].about};
        report->unrecorded += checkpoint->about->mixing < 0;
        if (sweep->count++ == 0) {
            sweep->first = i;
            sweep->first_run = report->run_count;
        }
        if (i == 0 || compare_runs(&members[i - 1], &members[i])) {
            sweep->runs++;
            report->runs[report->run_count++] = (struct vote_run){
                .seed = checkpoint->about->seed, .replica = checkpoint->about->replica, .first = i};
        }
        report->runs[report->run_count - 1].count++;
    }
    report->checkpoint_count = count;
    mark_copies(report, members);
}

int vote_runs_make(struct vote_report *report, const char *checkpoints, struct hrm_error *error)
{
    const struct hrm_pool *pool = report->pool;
    bool last = strcmp(checkpoints, "last") == 0;
    struct hrm_selection chosen;
    int status =
        hrm_selection_init(&chosen, last ? "all" : checkpoints, "all",
                           (int[]){pool->checkpoints, pool->perturbations}, pool->identity, error);
    if (status)
        return status;
    int count = chosen.checkpoints;
    struct member *members = calloc((size_t)count, sizeof *members);
    report->checkpoints = calloc((size_t)count, sizeof *report->checkpoints);
    report->runs = calloc((size_t)count, sizeof *report->runs);
    if (members && report->checkpoints && report->runs) {
        fill_members(pool, &chosen, members);
        count = leave_out_copies(report, members, count);
        fill_report(report, members, last ? keep_last(members, count) : count);
    } else {
        status = hrm_fail(error, HRM_FAILED, "no memory for a vote of %d checkpoints", count);
    }
    free(members);
    hrm_selection_free(&chosen);
    return status;
}
