#include "jobs/jobs.h"

#include "core/task/task.h"
#include "jobs/parallel.h"

#include <stdio.h>

const struct hrm_job hrm_jobs[] = {
    {"info", "what this program was built with and what this machine can do", hrm_job_info, false},
    {"data", "convert, check, summarize, generate and expand puzzle sets", hrm_job_data, false},
    {"train", "train replicas of a model, each by a group of ranks", hrm_job_train, true},
    {"eval", "run checkpoints x perturbations on a puzzle set and store the votes", hrm_job_eval,
     true},
    {"plan", "predict work, memory and time of an evaluation", hrm_job_plan, true},
    {"vote", "count the votes of an evaluation by every rule", hrm_job_vote, true},
    {"plot", "draw training curves", hrm_job_plot, false},
    {"export", "write the weights of checkpoints into small files to share", hrm_job_export, false},
    {"solve", "solve Sudoku puzzles with checkpoints", hrm_job_solve, false},
    {"selftest", "check the backends of this machine against stored numbers", hrm_job_selftest,
     false},
    {"bench", "measure this machine, and the share of it that the model uses", hrm_job_bench,
     false},
};
const int hrm_job_count = (int)(sizeof hrm_jobs / sizeof *hrm_jobs);

void hrm_jobs_visit(hrm_cli_visitor *visitor, void *context)
{
    hrm_cli_visit(visitor, context);
    for (int i = 0; i < hrm_job_count; i++) {
        char name[32], *argv[] = {name, NULL};
        if (hrm_jobs[i].parallel && !hrm_parallel)
            continue;
        snprintf(name, sizeof name, "%s", hrm_jobs[i].name);
        hrm_jobs[i].run(1, argv);
    }
    hrm_cli_visit(NULL, NULL);
}

void hrm_jobs_know(void)
{
    hrm_jobs_visit(hrm_cli_know, NULL);
    // A program without MPI reads the same files.
    for (int i = 0; i < hrm_job_count; i++)
        hrm_cli_know(&(struct hrm_cli){.name = hrm_jobs[i].name}, NULL);
    for (int i = 0; hrm_task_kinds[i]; i++)
        hrm_cli_know(&(struct hrm_cli){.name = hrm_task_kinds[i]->name}, NULL);
}
