#include "core/base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

int hrm_fail(struct hrm_error *error, int status, const char *format, ...)
{
    assert(status != HRM_OK);
    if (error == NULL)
        return status;
    if (error->status != HRM_OK)
        return error->status;
    error->status = status;
    error->hint[0] = '\0';
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return status;
}

int hrm_hint(struct hrm_error *error, const char *format, ...)
{
    if (error == NULL)
        return HRM_FAILED;
    assert(error->status != HRM_OK);
    // A hint that is already there belongs to the failure that came first.
    if (error->hint[0] != '\0')
        return error->status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->hint, sizeof error->hint, format, arguments);
    va_end(arguments);
    return error->status;
}
