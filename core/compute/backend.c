#include "core/compute/backend.h"

#include <string.h>

const struct hrm_backend *const *hrm_backends(void)
{
    static const struct hrm_backend *const backends[] = {
#ifdef HRM_HAVE_BF16
        &hrm_backend_bf16,
#endif
        &hrm_backend_blas,
        &hrm_backend_ref,
        NULL,
    };
    return backends;
}

const struct hrm_backend *hrm_backend_find(const char *name)
{
    bool any = strcmp(name, "auto") == 0;
    for (const struct hrm_backend *const *backend = hrm_backends(); *backend != NULL; backend++)
        if ((any || strcmp(name, (*backend)->name) == 0) && (*backend)->available())
            return *backend;
    return NULL;
}
