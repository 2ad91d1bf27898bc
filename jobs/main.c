#include "build_info.h"
#include "core/base/word.h"
#include "jobs/cli/console.h"
#include "jobs/jobs.h"
#include "jobs/parallel.h"

#include <stdbool.h>
#include <string.h>

/// A subcommand.
static const struct job {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
    bool parallel; ///< takes MPI, which runs around it: jobs/parallel.h
} JOBS[] = {
    {"info", "what this program was built with and what this machine can do", hrm_job_info, false},
    {"data", "convert, check, summarize and expand puzzle sets", hrm_job_data, false},
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
#define JOB_COUNT ((int)(sizeof JOBS / sizeof *JOBS))

static void print_usage(void)
{
    hrm_console_print("usage: hrmpi SUBCOMMAND [--option value]...\n\n"
                      "Trains and evaluates Hierarchical Reasoning Models on CPU clusters.\n\n");
    for (int i = 0; i < JOB_COUNT; i++)
        hrm_console_print("  %-8s %s%s\n", JOBS[i].name, JOBS[i].summary,
                          JOBS[i].parallel ? " *" : "");
    hrm_console_print("\n* %s\n"
                      "hrmpi SUBCOMMAND --help lists the options with their defaults;\n"
                      "hrmpi --version prints the version.\n\n"
                      "exit codes: 0 done, 1 failed, 2 wrong usage or configuration,\n"
                      "3 bad input data, 4 numerical failure, 5 a puzzle not solved (solve),\n"
                      "75 stopped early with a valid checkpoint (run the same command again), "
                      "141 the reader of the output has gone\n",
                      hrm_parallel_note);
}

static const struct job *find_job(const char *name, struct hrm_error *error)
{
    const char *names[JOB_COUNT];
    for (int i = 0; i < JOB_COUNT; i++) {
        names[i] = JOBS[i].name;
        if (strcmp(name, names[i]) == 0)
            return &JOBS[i];
    }
    const char *nearest = hrm_nearest_word(name, names, JOB_COUNT);
    hrm_fail(error, HRM_USAGE, "there is no subcommand '%s'", name);
    if (nearest)
        hrm_hint(error, "the nearest is 'hrmpi %s'; 'hrmpi --help' lists all", nearest);
    else
        hrm_hint(error, "'hrmpi --help' lists all");
    return NULL;
}

static int run_job(const struct job *job, int argc, char **argv)
{
    return job->parallel ? hrm_parallel_run(job->run, argc, argv) : job->run(argc, argv);
}

static int run(int argc, char **argv)
{
    struct hrm_error error = {0};
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "help") == 0 && argc > 2) {
        char *help[] = {argv[2], "--help", NULL};
        const struct job *job = find_job(argv[2], &error);
        return job ? run_job(job, 2, help) : hrm_console_error(&error);
    }
    if (!strcmp(word, "help") || !strcmp(word, "--help") || !strcmp(word, "-h")) {
        print_usage();
        return HRM_OK;
    }
    if (strcmp(word, "--version") == 0) {
        hrm_console_print("hrmpi %s%s%s%s\n", HRM_VERSION, *HRM_REVISION ? " (" : "", HRM_REVISION,
                          *HRM_REVISION ? ")" : "");
        return HRM_OK;
    }
    if (*word == '\0') {
        hrm_fail(&error, HRM_USAGE, "no subcommand was given");
        hrm_hint(&error, "'hrmpi --help' lists them");
        return hrm_console_error(&error);
    }
    const struct job *job = find_job(word, &error);
    return job ? run_job(job, argc - 1, argv + 1) : hrm_console_error(&error);
}

int main(int argc, char **argv)
{
    hrm_console_begin();
    return hrm_console_finish(run(argc, argv));
}
