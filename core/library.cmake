# libhrm, what core/hrm.h declares, and how others find it: find_package(hrm) gives the target
# hrm::hrm, pkg-config the module hrm. Nothing but the functions of hrm.h is visible in it.
add_library(hrm core/hrm.c)
target_compile_definitions(hrm PRIVATE HRM_LIBRARY_VERSION="${PROJECT_VERSION}")
target_include_directories(hrm INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/core>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
# Before 1.0 a minor version may change hrm.h.
set_target_properties(hrm PROPERTIES PUBLIC_HEADER core/hrm.h VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

# A static library is all objects in one archive, and a program that takes it also takes the
# libraries beneath: modules of pkg-config, and what else it links with.
set(HRM_BENEATH inih jansson libxxhash openblas zlib ${HRM_HDF5_MODULE})
set(HRM_LINKED ${HRM_HDF5_HL} ${OpenMP_C_FLAGS} -lpthread -lm)
if(NOT HRM_HDF5_MODULE)
    list(APPEND HRM_LINKED ${HRM_HDF5_LIBRARIES})
endif()
list(JOIN HRM_BENEATH " " HRM_BENEATH)
list(JOIN HRM_LINKED " " HRM_LINKED)
if(BUILD_SHARED_LIBS)
    target_link_libraries(hrm PRIVATE hrm_core)
    set(HRM_PRIVATE "")
else()
    target_sources(hrm PRIVATE $<TARGET_OBJECTS:hrm_core> ${bf16_objects})
    target_link_libraries(hrm PRIVATE $<BUILD_INTERFACE:hrm_flags> HRM::core)
    set(HRM_PRIVATE "Requires.private: ${HRM_BENEATH}\nLibs.private: ${HRM_LINKED}\n")
endif()

# Both files find the rest from where they lie, so that what is installed can be moved.
set(packages ${CMAKE_INSTALL_LIBDIR}/cmake/hrm)
include(CMakePackageConfigHelpers)
configure_package_config_file(core/hrm-config.cmake.in generated/hrm-config.cmake
    INSTALL_DESTINATION ${packages})
write_basic_package_version_file(generated/hrm-config-version.cmake
    COMPATIBILITY SameMinorVersion)
file(RELATIVE_PATH HRM_UP ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" HRM_UP "${HRM_UP}")
configure_file(core/hrm.pc.in generated/hrm.pc @ONLY)

install(TARGETS hrm EXPORT hrm PUBLIC_HEADER DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT hrm NAMESPACE hrm:: FILE hrm-targets.cmake DESTINATION ${packages})
install(FILES ${PROJECT_BINARY_DIR}/generated/hrm-config.cmake
    ${PROJECT_BINARY_DIR}/generated/hrm-config-version.cmake DESTINATION ${packages})
install(FILES ${PROJECT_BINARY_DIR}/generated/hrm.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
