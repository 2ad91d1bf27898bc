#include "core/file/h5.h"

#include "core/base/atomic_file.h"
#include "core/file/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROWTH ((int64_t)16 * 1024 * 1024) // bytes by which a file in memory grows

// HDF5 locks a file that it opens, which some file systems refuse. Our files are written under
// another name and renamed, so nothing is lost without; HDF5_USE_FILE_LOCKING, which HDF5 itself
// reads, stands above this. Releases without the function know only that variable.
static void leave_unlocked(hid_t access_list)
{
#if H5_VERSION_GE(1, 12, 1) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0))
    H5Pset_file_locking(access_list, false, true);
#else
    (void)access_list;
#endif
}

// Room for a seal in front of the file.
static hid_t creation_list(void)
{
    hid_t list = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_userblock(list, HRM_SEAL_BYTES);
    return list;
}

// Create a file in memory, so that what can fail on a disk happens outside HDF5, which crashes at
// the end of the process after a flush that failed.
static int create_in_memory(const char *path, hid_t *file, struct hrm_error *error)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (descriptor < 0) {
        hrm_fail(error, HRM_FAILED, "%s: cannot create: %s", path, strerror(errno));
        return hrm_hint(error, "create the folder or check its permissions");
    }
    close(descriptor);
    hid_t list = H5Pcreate(H5P_FILE_ACCESS), creation = creation_list();
    H5Pset_fapl_core(list, (size_t)GROWTH, false);
    *file = H5Fcreate(path, H5F_ACC_TRUNC, creation, list);
    int status = HRM_H5_CHECK(*file, error, HRM_FAILED, "%s: cannot create", path);
    H5Pclose(creation);
    H5Pclose(list);
    return status;
}

int hrm_h5_create(const char *path, hid_t access_list, hid_t *file, struct hrm_error *error)
{
    hrm_h5_quiet();
    *file = -1;
    if (access_list == H5P_DEFAULT)
        return create_in_memory(path, file, error);
    hid_t creation = creation_list();
    leave_unlocked(access_list);
    *file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access_list);
    H5Pclose(creation);
    if (*file >= 0)
        return HRM_OK;
    HRM_H5_FAIL(error, HRM_FAILED, "%s: cannot create", path);
    return hrm_hint(error, HRM_H5_SPACE);
}

bool hrm_h5_is_foreign(const char *path)
{
    static const char signature[8] = "\211HDF\r\n\032\n";
    char found[8] = {0};
    FILE *stream = fopen(path, "rb");
    size_t length = stream != NULL ? fread(found, 1, sizeof found, stream) : 0;
    if (stream != NULL)
        fclose(stream);
    return length == sizeof found && memcmp(found, signature, sizeof found) == 0;
}

// Say what a file without a seal is. HDF5 does not get to see it: it crashes on some damage.
static int refuse_unsealed(const char *path, struct hrm_error *error)
{
    struct stat about;
    if (hrm_h5_is_foreign(path))
        hrm_fail(error, HRM_DATA, "%s: an HDF5 file of another program", path);
    else
        hrm_fail(error, HRM_DATA, "%s: not an HDF5 file (%s)", path,
                 stat(path, &about) == 0 && about.st_size == 0 ? "it is empty"
                                                               : "the signature is missing");
    return hrm_hint(error, "give a file that hrmpi has written");
}

// Open a file whose seal is whole.
static int open_checked(const char *path, unsigned flags, hid_t access_list, hid_t *file,
                        struct hrm_error *error)
{
    hid_t own = access_list == H5P_DEFAULT ? H5Pcreate(H5P_FILE_ACCESS) : H5I_INVALID_HID;
    hid_t list = own >= 0 ? own : access_list;
    leave_unlocked(list);
    *file = H5Fopen(path, flags, list);
    int status = HRM_H5_CHECK(*file, error, HRM_DATA, "%s: HDF5 cannot open it", path);
    if (own >= 0)
        H5Pclose(own);
    if (status == HRM_OK)
        return HRM_OK;
    return hrm_hint(error, "on a file system without locks set HDF5_USE_FILE_LOCKING=FALSE; else "
                           "write or copy the file again");
}

int hrm_h5_open(const char *path, unsigned flags, hid_t access_list, hid_t *file,
                struct hrm_error *error)
{
    hrm_h5_quiet();
    *file = -1;
    bool sealed = false;
    struct hrm_seal seal;
    int status = hrm_seal_check(path, &sealed, &seal, error);
    if (status == HRM_OK && !sealed)
        status = refuse_unsealed(path, error);
    if (status != HRM_OK)
        return status;
    if (flags != H5F_ACC_RDONLY && access(path, W_OK) != 0) {
        hrm_fail(error, HRM_DATA, "%s: cannot write: %s", path, strerror(errno));
        return hrm_hint(error, "check the permissions of the file");
    }
    return open_checked(path, flags, access_list, file, error);
}

static int write_bytes(const char *path, const unsigned char *bytes, size_t count)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0)
        return -1;
    size_t done = 0;
    while (done < count) {
        ssize_t written = write(file, bytes + done, count - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break;
        done += (size_t)written;
    }
    int result = done == count ? 0 : -1;
    int reason = errno;
    if (close(file) != 0 && result == 0)
        return -1;
    errno = reason;
    return result;
}

// Put a file that was built in memory on the disk.
static int save(hid_t file, const char *path, hid_t list, struct hrm_error *error)
{
    unsigned char **memory = NULL;
    if (H5Fflush(file, H5F_SCOPE_LOCAL) < 0)
        return HRM_H5_FAIL(error, HRM_FAILED, "%s: cannot flush", path);
    ssize_t bytes = H5Fget_file_image(file, NULL, 0);
    if (bytes < 0 || H5Fget_vfd_handle(file, list, (void **)&memory) < 0)
        return HRM_H5_FAIL(error, HRM_FAILED, "%s: cannot write", path);
    // The image begins behind the user block, the memory with it.
    bytes += HRM_SEAL_BYTES;
    hrm_seal_memory(*memory, (size_t)bytes);
    if (write_bytes(path, *memory, (size_t)bytes) == 0)
        return HRM_OK;
    hrm_fail(error, HRM_FAILED, "%s: cannot write %lld bytes: %s", path, (long long)bytes,
             strerror(errno));
    return hrm_hint(error, HRM_H5_SPACE);
}

int hrm_h5_close(hid_t *file, struct hrm_error *error)
{
    if (*file < 0)
        return HRM_OK;
    char path[HRM_PATH] = "";
    H5Fget_name(*file, path, sizeof path);
    hid_t list = H5Fget_access_plist(*file);
    int status = HRM_OK;
    if (H5Pget_driver(list) == H5FD_CORE)
        status = save(*file, path, list, error);
    H5Pclose(list);
    if (H5Fclose(*file) < 0 && status == HRM_OK) {
        HRM_H5_FAIL(error, HRM_FAILED, "%s: cannot close", path);
        status = hrm_hint(error, HRM_H5_SPACE);
    }
    *file = -1;
    return status;
}
