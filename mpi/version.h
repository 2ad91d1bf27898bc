#ifndef HRM_MPI_VERSION_H
#define HRM_MPI_VERSION_H

/// Vendor and version of the MPI library that the program runs with, as "Open MPI v4.1.4", or
/// "MPI none" in a program without MPI. May be called before MPI is started. The text is static.
const char *hrm_mpi_library(void);

/// The version of the MPI standard that it keeps, as "3.1", or empty.
const char *hrm_mpi_standard(void);

#endif
