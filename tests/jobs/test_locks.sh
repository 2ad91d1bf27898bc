#!/bin/sh
# Everything runs on a file system that gives no locks: NFS, Lustre, some overlay systems.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

skip() {
    echo "SKIPPED: $*"
    exit 77
}

# Such a file system is made by a library that takes the place of the calls.
command -v cc >/dev/null || skip "there is no C compiler to make a library with"
cat >nolock.c <<'EOF'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static int refuse(void)
{
    errno = atoi(getenv("NOLOCK"));
    return -1;
}

int flock(int file, int operation)
{
    (void)file, (void)operation;
    return refuse();
}

int lockf(int file, int command, off_t length)
{
    (void)file, (void)command, (void)length;
    return refuse();
}

static int control(const char *name, int file, int command, void *argument)
{
    int (*real)(int, int, ...) = (int (*)(int, int, ...))dlsym(RTLD_NEXT, name);
    if (command == F_GETLK || command == F_SETLK || command == F_SETLKW)
        return refuse();
    return real(file, command, argument);
}

#define CONTROL(name)                                                                              \
    int name(int file, int command, ...)                                                           \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, command);                                                                   \
        void *argument = va_arg(list, void *);                                                     \
        va_end(list);                                                                              \
        return control(#name, file, command, argument);                                            \
    }
CONTROL(fcntl)
CONTROL(fcntl64)
EOF
cc -shared -fPIC -o nolock.so nolock.c -ldl 2>cc.log || skip "no shared library can be made: $(cat cc.log)"
grep -q __asan_init "$HRMPI" && skip "a sanitizer wants to be the first library itself"

# on_unlocked CODE COMMAND...: under the library, whose calls fail with that errno.
on_unlocked() {
    lock_errno=$1
    shift
    NOLOCK=$lock_errno LD_PRELOAD="$scratch/nolock.so" "$@"
}

# What fails without locks fails here: the library works.
on_unlocked 37 sh -c 'exec 9>probe; flock 9' 2>/dev/null && skip "the library is not loaded"

# ENOLCK, EOPNOTSUPP and ENOTSUPP, which NFS gives to programs although it is none of theirs.
unset HDF5_USE_FILE_LOCKING
for code in 37 95 524; do
    run=run$code
    expect_exit 0 on_unlocked $code run_mpi 2 train --preset tiny --steps 4 --output "$run"
    refuse_text "warning"
    expect_exit 0 on_unlocked $code run_mpi 2 train --preset tiny --steps 4 --output "$run"
    expect_exit 0 on_unlocked $code run_mpi 2 eval "$run" --last 1 --puzzles val --first 8 \
        --perturbations none --segments 2 --threads 1 --output "$run.h5"
    refuse_text "warning" "damaged"
    expect_exit 0 on_unlocked $code "$HRMPI" vote "$run.h5"
    expect_exit 0 on_unlocked $code "$HRMPI" export "$run" --output "small$code"
    expect_exit 0 on_unlocked $code "$HRMPI" info
done
expect_exit 0 on_unlocked 37 "$HRMPI" data convert val set.h5 --first 20
expect_exit 0 on_unlocked 37 "$HRMPI" data check set.h5

# Who asks for locks gets them, and is told what failed: the file is whole.
expect_exit 3 on_unlocked 37 env HDF5_USE_FILE_LOCKING=TRUE "$HRMPI" vote run37.h5
expect_text "HDF5 cannot open it" "lock" "HDF5_USE_FILE_LOCKING=FALSE"
refuse_text "damaged" "truncated"
