#include "core/compute/backend.h"

#include <string.h>

const struct hrm_backend *const *hrm_backends(void)
{
    static const struct hrm_backend *const backends[] = {
#ifdef HRM_HAVE_BF16
        &hrm_backend_bf16, &hrm_backend_bf16_avx512,
#endif
        &hrm_backend_blas, &hrm_backend_ref,         NULL,
    };
    return backends;
}

/// Whether a name means this backend.
static bool means(const char *name, const struct hrm_backend *backend)
{
    if (strcmp(name, "auto") == 0)
        return backend->automatic == NULL || backend->automatic();
    return strcmp(name, backend->name) == 0;
}

const struct hrm_backend *hrm_backend_find(const char *name)
{
    for (const struct hrm_backend *const *backend = hrm_backends(); *backend != NULL; backend++)
        if (means(name, *backend) && (*backend)->available())
            return *backend;
    return NULL;
}
