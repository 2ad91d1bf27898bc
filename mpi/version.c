#include "mpi/version.h"

#include <mpi.h>
#include <stdio.h>
#include <string.h>

const char *hrm_mpi_library(void)
{
    static char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    if (MPI_Get_library_version(text, &length) != MPI_SUCCESS)
        return "unknown";
    // What follows the first comma or line is the packager's.
    text[strcspn(text, ",\n")] = '\0';
    return text;
}

const char *hrm_mpi_standard(void)
{
    static char text[32];
    int version = 0, subversion = 0;
    if (MPI_Get_version(&version, &subversion) != MPI_SUCCESS)
        return "unknown";
    snprintf(text, sizeof text, "%d.%d", version, subversion);
    return text;
}
