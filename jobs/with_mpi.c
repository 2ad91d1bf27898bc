#include "jobs/cli/cli.h"
#include "jobs/cli/console.h"
#include "jobs/jobs.h"
#include "jobs/parallel.h"
#include "mpi/world.h"

#include <string.h>

const bool hrm_parallel = true;
const char hrm_parallel_note[] = "runs on several ranks: mpirun -n 8 hrmpi SUBCOMMAND ..., or srun";

static struct hrm_world world;

const struct hrm_world *hrm_job_world(void)
{
    return &world;
}

int hrm_job_parse(struct hrm_cli *cli, int argc, char **argv, struct hrm_error *error)
{
    int status = hrm_cli_parse(cli, argc, argv, error);
    if (world.size < 2)
        return status;
    struct hrm_error other = {0};
    if (status)
        other = *error;
    int agreed = hrm_agree(world.comm, status, &other);
    if (agreed && !status)
        *error = other;
    return agreed;
}

/// Whether the arguments only ask for text, which needs no MPI.
static bool asks_for_text(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h") ||
            !strcmp(argv[i], "--print-config"))
            return true;
    return false;
}

/// Find the other ranks. Only rank 0 speaks from then on.
static int start_world(void)
{
    struct hrm_error error = {0};
    int status = hrm_world_start(&world, &error);
    if (status)
        return *error.text ? hrm_console_error(&error) : status;
    hrm_console_quiet(world.rank != 0);
    if (*world.note)
        hrm_console_warn("%s", world.note);
    return HRM_OK;
}

/// All ranks end with the same code, and an error that rank 0 did not meet is told by it.
static int agree_on_end(int status)
{
    struct hrm_error error = *hrm_console_muted();
    int agreed = hrm_agree(world.comm, status, &error);
    if (agreed && !status && world.rank == 0)
        hrm_console_error(&error);
    return agreed;
}

int hrm_parallel_run(int (*job)(int argc, char **argv), int argc, char **argv)
{
    if (asks_for_text(argc, argv))
        return job(argc, argv);
    int status = start_world();
    if (status == HRM_OK)
        status = agree_on_end(hrm_console_finish(job(argc, argv)));
    hrm_world_finish(&world);
    return status;
}
