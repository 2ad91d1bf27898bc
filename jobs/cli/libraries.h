#ifndef HRM_JOBS_LIBRARIES_H
#define HRM_JOBS_LIBRARIES_H

/// A library that the program runs with.
struct hrm_library {
    const char *name; ///< "HDF5"
    char version[32]; ///< of the library that was loaded, not of its headers
    char detail[256]; ///< "parallel", or empty
};

#define HRM_LIBRARIES 7

/// List the libraries: MPI, HDF5, OpenBLAS first, then the small ones.
void hrm_libraries_list(struct hrm_library libraries[HRM_LIBRARIES]);

#endif
