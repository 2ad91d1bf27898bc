# Every dependency of the project, found here and nowhere else.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS C)
find_package(MPI REQUIRED COMPONENTS C)
find_package(ZLIB REQUIRED)
pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(BLAS REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET hdf5-openmpi)
find_path(RANDOM123_INCLUDE Random123/philox.h REQUIRED)

add_library(HRM::core INTERFACE IMPORTED)
target_include_directories(HRM::core SYSTEM INTERFACE ${RANDOM123_INCLUDE} ${MPI_C_INCLUDE_DIRS})
target_link_libraries(HRM::core INTERFACE PkgConfig::INIH PkgConfig::JANSSON PkgConfig::XXHASH
    PkgConfig::BLAS PkgConfig::HDF5 ZLIB::ZLIB OpenMP::OpenMP_C Threads::Threads m)
add_library(HRM::mpi INTERFACE IMPORTED)
target_link_libraries(HRM::mpi INTERFACE MPI::MPI_C)
