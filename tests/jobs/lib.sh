# shellcheck shell=sh
# Sourced by the shell tests of the binary. They get HRMPI (the binary), HRM_SOURCE (the source
# tree) and HRM_MPIEXEC, and run in a scratch folder of their own that is removed at the end.
set -u
: "${HRMPI:?the binary to test}" "${HRM_SOURCE:?the source tree}"

# As ctest sets it, for a test that is run by hand.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe PRTE_MCA_hwloc_default_binding_policy=none

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
cd "$scratch" || exit 1

fail() {
    echo "FAILED: $*" >&2
    echo "--- stdout" >&2
    cat "$scratch/out" >&2
    echo "--- stderr" >&2
    cat "$scratch/err" >&2
    exit 1
}

# expect_exit CODE COMMAND...: run it; its output is then in $scratch/out and $scratch/err.
expect_exit() {
    lib_code=$1
    shift
    lib_got=0
    "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || lib_got=$?
    [ "$lib_got" -eq "$lib_code" ] || fail "exit code $lib_got instead of $lib_code: $*"
}

# expect_text TEXT...: the last command printed each text, to either stream.
expect_text() {
    for lib_text in "$@"; do
        cat "$scratch/out" "$scratch/err" | grep -qF -- "$lib_text" || fail "nothing says '$lib_text'"
    done
}

# refuse_text TEXT...: it printed none of them.
refuse_text() {
    for lib_text in "$@"; do
        if cat "$scratch/out" "$scratch/err" | grep -qF -- "$lib_text"; then
            fail "something says '$lib_text'"
        fi
    done
}

# run_mpi RANKS ARGUMENT...: hrmpi on that many ranks.
run_mpi() {
    lib_ranks=$1
    shift
    "${HRM_MPIEXEC:-mpiexec}" -n "$lib_ranks" "$HRMPI" "$@"
}

# until_true COMMAND...: until it succeeds, or the process `child` has ended.
until_true() {
    while ! "$@" && kill -0 "$child" 2>/dev/null; do sleep 0.05; done
}

# start_paused N COMMAND...: start it in the background as `child`, and return when it waits after N
# steps or stored blocks, and would after every N more (jobs/cli/test_pause.h). `go_on` lets it
# continue, as a signal to stop does.
start_paused() {
    rm -f "$scratch/pause"
    lib_units=$1
    shift
    HRM_TEST_PAUSE="$lib_units:$scratch/pause" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null &
    child=$!
    until_true test -e "$scratch/pause"
    [ -e "$scratch/pause" ] || fail "it ended before it was interrupted: $*"
}
# ranks_of LAUNCHER: the processes of its ranks.
# Some launchers have a process of their own between.
ranks_of() {
    for lib_rank in $(ps -o pid= --ppid "$1"); do
        if [ "$(readlink "/proc/$lib_rank/exe")" = "$(readlink -f "$HRMPI")" ]; then
            echo "$lib_rank"
        else
            ranks_of "$lib_rank"
        fi
    done
}

go_on() { rm -f "$scratch/pause"; }

# ended CODE: the process `child` ends with it.
ended() {
    lib_got=0
    wait "$child" 2>>"$scratch/err" || lib_got=$?
    [ "$lib_got" -eq "$1" ] || fail "exit code $lib_got instead of $1"
}

# expect_every CODE RANKS ARGUMENT...: hrmpi on that many ranks, and each of them ends with that
# code. The launcher is told nothing of it, or it would kill the others.
expect_every() {
    lib_every=$1
    lib_ranks=$2
    shift 2
    rm -rf codes
    mkdir codes
    # shellcheck disable=SC2016 # expanded by every rank
    expect_exit 0 "${HRM_MPIEXEC:-mpiexec}" -n "$lib_ranks" \
        sh -c '"$@"; echo $? >"codes/${OMPI_COMM_WORLD_RANK:-$PMI_RANK}"' rank "$HRMPI" "$@"
    [ "$(cat codes/* | wc -l)" -eq "$lib_ranks" ] || fail "not every rank has ended: $*"
    [ "$(sort -u codes/*)" = "$lib_every" ] || fail "codes $(cat codes/*) instead of $lib_every: $*"
}

# write_bench: bench.json with figures as of hrmpi bench, of the published model and of the preset
# tiny, so that hrmpi plan --bench bench.json --contention 1 has nothing to compute.
write_bench() {
    cat >bench.json <<'END'
{"threads": 2, "models": [
 {"hidden": 512, "heads": 8, "inner": 1536, "h_layers": 4, "l_layers": 4, "h_cycles": 2,
  "l_cycles": 2, "rows": 82, "evaluation": {"puzzles": 20, "seconds": 0.1}},
 {"hidden": 32, "heads": 2, "inner": 256, "h_layers": 1, "l_layers": 1, "h_cycles": 2,
  "l_cycles": 2, "rows": 82, "evaluation": {"puzzles": 10, "seconds": 0.01}}]}
END
}
