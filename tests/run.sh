#!/bin/sh
# The whole check, from packages to the summaries of ctest, which come last: a release build with
# warnings as errors and all its tests; core/, the library and what runs as one process, without MPI
# and under the sanitizers; and a few seconds of fuzzing where clang has libFuzzer.
set -u
exec </dev/null
cd "$(dirname "$0")/.." || exit 1
. jobs/setup.sh

hrm_packages="$hrm_packages hdf5-tools libhdf5-dev python3-h5py"
# Tests of slurm/ build a cluster of virtual hosts with a real Slurm, which takes root.
[ "$(id -u)" -ne 0 ] ||
    hrm_packages="$hrm_packages slurmctld slurmd slurm-client munge iproute2 shellcheck"

cores=$(hrm_cores)
logs=build-check/logs
failed=0

# run_logged NAME COMMAND...: show and keep the output; returns the command's status.
run_logged() {
    name=$1
    shift
    { "$@" 2>&1; echo $? >"$logs/$name.status"; } | tee "$logs/$name.log"
    return "$(cat "$logs/$name.status")"
}

# build FOLDER TARGET CMAKE-OPTION...
build() {
    folder=$1
    target=$2
    shift 2
    cmake -S . -B "$folder" -DHRM_WERROR=ON -DHRM_TESTS=ON "$@" &&
        cmake --build "$folder" --parallel "$cores" --target "$target"
}

# sanitizers: all that takes no MPI, under the address and undefined behaviour sanitizers, with a
# static library. Where there is no serial HDF5, core/ with the parallel one.
sanitizers() {
    set -- -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG='-O2 -g' -DHRM_SANITIZE=ON
    if cmake -S . -B build-check/asan -DHRM_MPI=OFF >"$logs/serial.log" 2>&1; then
        build build-check/asan all "$@" -DHRM_MPI=OFF -DBUILD_SHARED_LIBS=OFF &&
            ctest --test-dir build-check/asan --label-exclude heavy --output-on-failure \
                --parallel "$cores"
    else
        echo "not without MPI: $logs/serial.log says why (libhdf5-dev)"
        rm -f build-check/asan/CMakeCache.txt
        build build-check/asan core_tests "$@" &&
            ctest --test-dir build-check/asan --label-regex core --label-exclude heavy \
                --output-on-failure --parallel "$cores"
    fi
}

# can_fuzz: whether clang has libFuzzer, the sanitizers and OpenMP.
can_fuzz() {
    printf '%s\n' '#include <stddef.h>' 'int LLVMFuzzerTestOneInput(const char *, size_t);' \
        'int LLVMFuzzerTestOneInput(const char *data, size_t size) { return size > 9 && !*data; }' |
        clang -fopenmp -fsanitize=fuzzer,address,undefined -x c - -o "$logs/can_fuzz" \
            >"$logs/can_fuzz.log" 2>&1
}

# fuzzers: every reader of foreign input, from its corpus on.
fuzzers() {
    if ! can_fuzz; then
        echo "skipped: no clang with libFuzzer and OpenMP (clang, libclang-rt-dev, libomp-dev)"
        return 0
    fi
    build build-check/fuzz fuzz_tests -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug \
        -DCMAKE_C_FLAGS_DEBUG='-O1 -g' -DHRM_FUZZ=ON &&
        ctest --test-dir build-check/fuzz --label-regex fuzz --output-on-failure --parallel "$cores"
}

hrm_install || exit 1
mkdir -p "$logs"

# Not everywhere are there all of these, and only the fuzzers want them.
if [ "$(id -u)" -eq 0 ]; then
    for hrm_packages in clang libclang-rt-dev libomp-dev; do
        hrm_install
    done
fi

build build-check all -DCMAKE_BUILD_TYPE=Release || exit 1

# Many tests wait more than they work, and those of the Slurm of virtual hosts most of all.
{
    run_logged sanitizers sanitizers
    run_logged fuzzers fuzzers
} >"$logs/beside.log" &
run_logged slurm ctest --test-dir build-check --output-on-failure --label-regex slurm || failed=1
run_logged release ctest --test-dir build-check --output-on-failure --label-exclude slurm \
    --parallel "$cores" || failed=1
wait
cat "$logs/beside.log"
[ "$(cat "$logs/sanitizers.status")$(cat "$logs/fuzzers.status")" = 00 ] || failed=1

echo
echo "== without MPI, under the address and undefined behaviour sanitizers"
sed -n '/^not without MPI/p;/tests passed/,$p;/failed$/p' "$logs/sanitizers.log"
echo
echo "== readers of foreign input, fuzzed"
sed -n '/tests passed/,$p;/failed$/p;/^skipped/p' "$logs/fuzzers.log"
echo
echo "== slurm/ on virtual hosts"
sed -n '/tests passed/,$p;/failed$/p' "$logs/slurm.log"
echo
echo "== all other tests"
sed -n '/tests passed/,$p' "$logs/release.log"
exit $failed
