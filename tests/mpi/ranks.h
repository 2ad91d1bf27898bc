#ifndef HRM_TESTS_RANKS_H
#define HRM_TESTS_RANKS_H

#include "mpi/world.h"

#include <check.h>
#include <stdlib.h>

/// Every program of this folder runs its tests on all ranks in step; only rank 0 prints.
static struct hrm_world world;

static inline int run_on_ranks(const char *name, void (*add)(TCase *tests))
{
    struct hrm_error error = {0};
    if (hrm_world_start(&world, &error))
        return EXIT_FAILURE;
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, 100);
    add(tests);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, world.rank == 0 ? CK_NORMAL : CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    if (failed && world.rank > 0)
        srunner_print(runner, CK_NORMAL);
    srunner_free(runner);
    // The other ranks may wait for this one in a collective call.
    if (failed)
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    hrm_world_finish(&world);
    return EXIT_SUCCESS;
}

#endif
