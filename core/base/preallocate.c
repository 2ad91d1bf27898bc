#include "core/base/preallocate.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int hrm_file_preallocate(const char *path, int64_t bytes, struct hrm_error *error)
{
    int file = open(path, O_RDWR | O_CREAT, 0666);
    if (file < 0) {
        hrm_fail(error, HRM_FAILED, "%s: cannot create: %s", path, strerror(errno));
        return hrm_hint(error, "check free space, quota and permissions of the folder");
    }
    // Not posix_fallocate(), which writes into every block where the file system has no promise.
    int failed = fallocate(file, 0, 0, (off_t)bytes) != 0 &&
                 (errno == ENOSPC || errno == EFBIG || errno == EDQUOT);
    int reason = errno;
    close(file);
    if (!failed)
        return HRM_OK;
    hrm_fail(error, HRM_FAILED, "%s: no room for %lld bytes: %s", path, (long long)bytes,
             strerror(reason));
    return hrm_hint(error, "check free space, quota and permissions of the folder");
}
