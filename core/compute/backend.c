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

unsigned hrm_backend_usable(const char *name)
{
    unsigned set = 0;
    for (int i = 0; hrm_backends()[i] != NULL; i++)
        if (means(name, hrm_backends()[i]) && hrm_backends()[i]->available())
            set |= 1u << i;
    return set;
}

const struct hrm_backend *hrm_backend_first(unsigned set)
{
    for (int i = 0; hrm_backends()[i] != NULL; i++)
        if (set >> i & 1)
            return hrm_backends()[i];
    return NULL;
}

const struct hrm_backend *hrm_backend_find(const char *name)
{
    return hrm_backend_first(hrm_backend_usable(name));
}
