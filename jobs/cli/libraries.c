#include "jobs/cli/libraries.h"

#include "build_info.h"
#include "mpi/version.h"

#include <cblas.h>
#include <hdf5.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>
#include <zlib.h>

static void set(struct hrm_library *library, const char *name, const char *version,
                const char *detail)
{
    library->name = name;
    snprintf(library->version, sizeof library->version, "%s", version);
    snprintf(library->detail, sizeof library->detail, "%s", detail);
}

/// "Open MPI v4.1.4" is a name and a version.
static void describe_mpi(struct hrm_library *library)
{
    static char name[64];
    snprintf(name, sizeof name, "%s", hrm_mpi_library());
    char *version = strrchr(name, ' ');
    if (version)
        *version++ = '\0';
    if (version && *version == 'v')
        version++;
    set(library, name, version ? version : "", "");
    const char *standard = hrm_mpi_standard();
    if (*standard)
        snprintf(library->detail, sizeof library->detail, "standard %s", standard);
}

static void describe_hdf5(struct hrm_library *library)
{
    char version[32];
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    snprintf(version, sizeof version, "%u.%u.%u", major, minor, release);
#ifdef H5_HAVE_PARALLEL
    set(library, "HDF5", version, "parallel");
#else
    set(library, "HDF5", version, "serial");
#endif
}

/// The configuration text begins with the name and the version: "OpenBLAS 0.3.21 ...".
static void describe_openblas(struct hrm_library *library)
{
    static const char *const threading[] = {"sequential", "pthreads", "OpenMP"};
    const char *config = openblas_get_config();
    int kind = openblas_get_parallel();
    char version[32] = "";
    sscanf(config, "%*s %31s", version);
    set(library, "OpenBLAS", version, "");
    snprintf(library->detail, sizeof library->detail, "%s, %s kernels",
             kind >= 0 && kind <= 2 ? threading[kind] : "unknown threading",
             openblas_get_corename());
}

static void describe_xxhash(struct hrm_library *library)
{
    char version[32];
    unsigned number = XXH_versionNumber();
    snprintf(version, sizeof version, "%u.%u.%u", number / 10000, number / 100 % 100, number % 100);
    set(library, "xxHash", version, "");
}

void hrm_libraries_list(struct hrm_library libraries[HRM_LIBRARIES])
{
    describe_mpi(&libraries[0]);
    describe_hdf5(&libraries[1]);
    describe_openblas(&libraries[2]);
    set(&libraries[3], "jansson", JANSSON_VERSION, "");
    set(&libraries[4], "inih", HRM_INIH, "");
    set(&libraries[5], "zlib", zlibVersion(), "");
    describe_xxhash(&libraries[6]);
}
