# shellcheck shell=sh
# Sourced by jobs/quickstart.sh and tests/run.sh: the packages, how they get installed, and what
# Open MPI wants to know when root starts it.

# Debian 12 and Ubuntu 22.04 names. OpenBLAS in its pthread variant: with the OpenMP variant beside
# it, link time and run time can pick different libraries. Of gnuplot only pictures have need.
hrm_packages="cmake gcc libc6-dev make git pkg-config libopenmpi-dev openmpi-bin \
libopenblas-pthread-dev libhdf5-openmpi-dev check libinih-dev libjansson-dev zlib1g-dev \
libxxhash-dev librandom123-dev gnuplot-nox"

# Install what is missing. Where there is no apt-get the libraries come from elsewhere (modules, a
# package manager of the site), and CMake names what it does not find.
hrm_install() {
    command -v apt-get >/dev/null 2>&1 || return 0
    missing=
    for package in $hrm_packages; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    sudo=
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    if [ -n "$sudo" ] && ! command -v sudo >/dev/null 2>&1; then
        echo "not root and no sudo; missing packages:$missing" >&2
        return 0
    fi
    echo "installing:$missing"
    $sudo apt-get update -qq </dev/null
    # shellcheck disable=SC2086 # a list of words
    $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing </dev/null
}

hrm_cores() {
    nproc 2>/dev/null || echo 2
}

if [ "$(id -u)" -eq 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
