#ifndef HRM_JOBS_JOBS_H
#define HRM_JOBS_JOBS_H

#include "jobs/cli/cli.h"

struct hrm_world;

/// A subcommand.
struct hrm_job {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
    bool parallel; ///< takes MPI, which runs around it: jobs/parallel.h
};

extern const struct hrm_job hrm_jobs[]; ///< all of them
extern const int hrm_job_count;

/// Show a visitor what every subcommand of this program declares. Not while one runs.
void hrm_jobs_visit(hrm_cli_visitor *visitor, void *context);

/// Before a job runs: let its files have the sections of all.
void hrm_jobs_know(void);

/// The world (mpi/world.h) that was started for jobs whose row in jobs.c says `parallel`; the
/// console of every rank but rank 0 is silent, and MPI ends when the job returns. When the
/// arguments only ask for text (--help, --print-config) MPI is not started and the world is
/// zeroed: parse first, then use it.
const struct hrm_world *hrm_job_world(void);

/// hrm_cli_parse() for such a job: a file that --config names may be missing on one host only, and
/// then all ranks fail. Collective.
int hrm_job_parse(struct hrm_cli *cli, int argc, char **argv, struct hrm_error *error);

/// The jobs that a person runs, one per subcommand of `hrmpi`. Each parses its own arguments
/// (argv[0] is the subcommand) and returns the exit code, the same on every rank.

int hrm_job_info(int argc, char **argv);
int hrm_job_data(int argc, char **argv);
int hrm_job_export(int argc, char **argv);
int hrm_job_solve(int argc, char **argv);
int hrm_job_train(int argc, char **argv);
int hrm_job_eval(int argc, char **argv);
int hrm_job_plan(int argc, char **argv);
int hrm_job_vote(int argc, char **argv);
int hrm_job_plot(int argc, char **argv);
int hrm_job_bench(int argc, char **argv);
int hrm_job_selftest(int argc, char **argv);

#endif
