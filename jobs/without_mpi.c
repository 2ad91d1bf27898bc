#include "jobs/cli/console.h"
#include "jobs/jobs.h"
#include "jobs/parallel.h"
#include "mpi/version.h"

const bool hrm_parallel = false;
const char hrm_parallel_note[] =
    "takes MPI: not in this program, which was built with -DHRM_MPI=OFF";

int hrm_parallel_run(int (*job)(int argc, char **argv), int argc, char **argv)
{
    struct hrm_error error = {0};
    (void)job, (void)argc;
    hrm_fail(&error, HRM_USAGE, "'%s' takes MPI, and this program was built without it", argv[0]);
    hrm_hint(&error, "build it with -DHRM_MPI=ON, the default; 'hrmpi --help' lists what is there");
    return hrm_console_error(&error);
}

// The table of jobs.c names them.

int hrm_job_train(int argc, char **argv)
{
    return hrm_parallel_run(hrm_job_train, argc, argv);
}

int hrm_job_eval(int argc, char **argv)
{
    return hrm_parallel_run(hrm_job_eval, argc, argv);
}

int hrm_job_plan(int argc, char **argv)
{
    return hrm_parallel_run(hrm_job_plan, argc, argv);
}

int hrm_job_vote(int argc, char **argv)
{
    return hrm_parallel_run(hrm_job_vote, argc, argv);
}

const char *hrm_mpi_library(void)
{
    return "MPI none";
}

const char *hrm_mpi_standard(void)
{
    return "";
}
