#include "core/base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int hrm_input_check(const char *path, struct hrm_error *error)
{
    struct stat found;
    if (stat(path, &found) != 0 || S_ISREG(found.st_mode) || S_ISDIR(found.st_mode))
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "%s is a pipe or a device, and a file is to be read", path);
    return hrm_hint(error, "it is read more than once: put it into a file first");
}

/// Read until the end or until the room is full. Returns the bytes, or -1 with errno.
static ssize_t read_all(int file, char *to, size_t room)
{
    size_t got = 0;
    while (got < room) {
        struct pollfd wait = {.fd = file, .events = POLLIN};
        const ssize_t more = read(file, to + got, room - got);
        if (more == 0)
            break;
        if (more > 0)
            got += (size_t)more;
        else if (errno == EAGAIN) // a pipe whose writer takes its time
            poll(&wait, 1, -1);
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)got;
}

int hrm_input_text(const char *path, size_t most, char **text, size_t *size,
                   struct hrm_error *error)
{
    const int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    *text = NULL;
    if (file < 0)
        return hrm_fail(error, HRM_USAGE, "%s: %s", path, strerror(errno));
    struct stat about = {0};
    fstat(file, &about);
    char *read = malloc(most + 3);
    int status = HRM_OK;
    const ssize_t got = read ? read_all(file, read, most + 1) : 0;
    const int reason = errno;
    close(file);
    if (!read)
        return hrm_fail(error, HRM_FAILED, "no memory to read %s", path);
    if (got < 0)
        status = hrm_fail(error, HRM_USAGE, "%s: cannot be read: %s", path, strerror(reason));
    else if (got == 0 && S_ISFIFO(about.st_mode))
        status = hrm_fail(error, HRM_USAGE, "%s: a pipe that nobody writes into", path);
    else if (memchr(read, '\0', (size_t)got))
        status = hrm_fail(error, HRM_USAGE, "%s: not a text: it has a zero byte", path);
    else if ((size_t)got > most)
        status = hrm_fail(error, HRM_USAGE, "%s: more than %zu bytes", path, most);
    if (status != HRM_OK) {
        free(read);
        return hrm_hint(error, "give a text file with lines 'key = value'");
    }
    memcpy(read + got, "\n", 2);
    *size = (size_t)got + 1;
    *text = read;
    return HRM_OK;
}
