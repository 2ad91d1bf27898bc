#include "build_info.h"
#include "core/base/word.h"
#include "jobs/cli/console.h"
#include "jobs/cli/pages.h"
#include "jobs/jobs.h"
#include "jobs/parallel.h"

#include <string.h>

static void print_usage(void)
{
    hrm_console_print("usage: hrmpi SUBCOMMAND [--option value]...\n\n"
                      "Trains and evaluates Hierarchical Reasoning Models on CPU clusters.\n\n");
    for (int i = 0; i < hrm_job_count; i++)
        hrm_console_print("  %-8s %s%s\n", hrm_jobs[i].name, hrm_jobs[i].summary,
                          hrm_jobs[i].parallel ? " *" : "");
    hrm_console_print("\n* %s\n"
                      "hrmpi SUBCOMMAND --help lists the options with their defaults;\n"
                      "hrmpi --version prints the version.\n\n"
                      "exit codes: 0 done, 1 failed, 2 wrong usage or configuration,\n"
                      "3 bad input data, 4 numerical failure, 5 a puzzle not solved (solve),\n"
                      "75 stopped early with a valid checkpoint (run the same command again), "
                      "141 the reader of the output has gone\n",
                      hrm_parallel_note);
}

static const struct hrm_job *find_job(const char *name, struct hrm_error *error)
{
    const char *names[32];
    for (int i = 0; i < hrm_job_count; i++) {
        names[i] = hrm_jobs[i].name;
        if (strcmp(name, names[i]) == 0)
            return &hrm_jobs[i];
    }
    const char *nearest = hrm_nearest_word(name, names, hrm_job_count);
    hrm_fail(error, HRM_USAGE, "there is no subcommand '%s'", name);
    if (nearest)
        hrm_hint(error, "the nearest is 'hrmpi %s'; 'hrmpi --help' lists all", nearest);
    else
        hrm_hint(error, "'hrmpi --help' lists all");
    return NULL;
}

static int run_job(const struct hrm_job *job, int argc, char **argv)
{
    return job->parallel ? hrm_parallel_run(job->run, argc, argv) : job->run(argc, argv);
}

static int run(int argc, char **argv)
{
    struct hrm_error error = {0};
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "help") == 0 && argc == 4 && strcmp(argv[2], "--pages") == 0)
        return hrm_pages_write(argv[3], &error) ? hrm_console_error(&error) : HRM_OK;
    if (strcmp(word, "help") == 0 && argc > 2) {
        char *help[] = {argv[2], "--help", NULL};
        const struct hrm_job *job = find_job(argv[2], &error);
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
    hrm_jobs_know();
    const struct hrm_job *job = find_job(word, &error);
    return job ? run_job(job, argc - 1, argv + 1) : hrm_console_error(&error);
}

int main(int argc, char **argv)
{
    hrm_console_begin();
    return hrm_console_finish(run(argc, argv));
}
