#include "core/base/magic.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool hrm_magic_found(const char *path)
{
    unsigned char found[HRM_MAGIC_BYTES] = {0};
    const int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    const bool same = file >= 0 && pread(file, found, sizeof found, 0) == (ssize_t)sizeof found &&
                      memcmp(found, HRM_MAGIC, sizeof found) == 0;
    if (file >= 0)
        close(file);
    return same;
}
