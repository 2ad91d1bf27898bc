#include "mpi/common_backend.h"

int hrm_common_backend(const struct hrm_world *world, const char *name, unsigned usable,
                       const struct hrm_backend **backend, struct hrm_error *error)
{
    int status = HRM_OK;
    unsigned common = 0;
    *backend = NULL;
    if (usable == 0) {
        status = hrm_fail(error, HRM_USAGE, "there is no backend '%s' on %s", name, world->host);
        hrm_hint(error, "'hrmpi info' lists those that a machine can run");
    }
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK)
        status =
            HRM_MPI(MPI_Allreduce(&usable, &common, 1, MPI_UNSIGNED, MPI_BAND, world->comm), error);
    if (status == HRM_OK)
        *backend = hrm_backend_first(common);
    return hrm_agree(world->comm, status, error);
}
