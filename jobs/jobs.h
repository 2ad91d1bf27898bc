#ifndef HRM_JOBS_JOBS_H
#define HRM_JOBS_JOBS_H

/// The jobs that a person runs, one per subcommand of `hrmpi`. Each parses its own arguments
/// (argv[0] is the subcommand) and returns the exit code, the same on every rank.

int hrm_job_info(int argc, char **argv);
int hrm_job_data(int argc, char **argv);
int hrm_job_solve(int argc, char **argv);
int hrm_job_train(int argc, char **argv);
int hrm_job_eval(int argc, char **argv);
int hrm_job_vote(int argc, char **argv);
int hrm_job_bench(int argc, char **argv);

#endif
