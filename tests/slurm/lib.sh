# shellcheck shell=bash disable=SC2034,SC2317
# What the tests of slurm/ share; sourced. HRMPI is the program, HRM_SOURCE the source tree.
set -u
: "${HRMPI:?set HRMPI to the program}"
HRM_SOURCE=${HRM_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
cluster=$HRM_SOURCE/tests/slurm/cluster.sh
submit=${HRM_SUBMIT:-$HRM_SOURCE/slurm/hrm-submit}
failures=0
export HRMPI HRM_SOURCE
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1

# check TEXT COMMAND...: say whether the command succeeds.
check() {
    local text=$1
    shift
    if "$@"; then
        printf 'ok      %s\n' "$text"
    else
        printf 'FAILED  %s\n' "$text"
        failures=$((failures + 1))
    fi
}

has() { grep -q -- "$2" "$1"; }
has_not() { ! grep -q -- "$2" "$1"; }
same() { [ "$1" = "$2" ] || { printf "        '%s' is not '%s'\n" "$1" "$2" && false; }; }

# pause_after N: write a file `pausing` for --site, with which a run makes the file `pause` after N
# steps or stored blocks and waits to be stopped (jobs/cli/test_pause.h).
pause_after() {
    rm -f pause
    echo "export HRM_TEST_PAUSE=$1:$PWD/pause" >pausing
}

# until_true SECONDS COMMAND...: seconds of an idle machine, of which a busy or slow one gets twenty
# times as many; after something was waited for in vain, the rest gets less time.
until_true() {
    local limit=$((20 * $1)) end
    shift
    [ -z "${in_vain:-}" ] || limit=10
    end=$((SECONDS + limit))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || { in_vain=yes && return 1; }
        sleep 0.5
    done
}

# enter_work: an empty folder to work in, which goes when the test ends, whatever its end.
enter_work() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/hrm-slurm.XXXXXX") || exit 1
    trap leave EXIT
    trap 'exit 1' INT TERM
    cd "$work" || exit 1
}

leave() {
    [ -z "${HRM_CLUSTER:-}" ] || bash "$cluster" down
    cd / && rm -rf "$work"
}

# needs SUBCOMMAND WORD: end with 77 where the program has no such subcommand or option.
needs() {
    "$HRMPI" "$1" --help 2>/dev/null | grep -q -- "$2" && return
    echo "skipped: hrmpi $1 has no $2"
    exit 77
}

# start_cluster N: N hosts with Slurm, or an end with 77 where that cannot be.
start_cluster() {
    enter_work
    export HRM_CLUSTER=$work/cluster HRM_CLUSTER_OWNER=$$
    bash "$cluster" check || exit
    bash "$cluster" up "$1" || { tail -n 20 "$HRM_CLUSTER"/slurm/log/*.log && exit 1; }
}

# here COMMAND...: run something on the host where the jobs are submitted.
login=n1
here() { bash "$cluster" on "$login" "$@"; }

queue_is_empty() { [ -z "$(here squeue --noheader)" ]; }
job_of() { sed -n "s/^$2 //p" "$1/slurm/jobs" | tail -n 1; }
state_of() { sed -n 's/^state //p' "$1" 2>/dev/null; }
is_state() { [ "$(state_of "$1")" = "$2" ]; }
restarts_of() { sed -n 's/^restarts //p' "$1" 2>/dev/null; }

# same_losses FOLDER FOLDER: all that two trainings tell, but for what the clock decides.
same_losses() {
    local folder
    for folder in "$@"; do
        sed 's/"[a-z_]*_per_s":[^,]*,//; s/"seconds":.*//' "$folder/replica-0/metrics.jsonl" \
            >"$folder/metrics" || return 1
    done
    [ -s "$1/metrics" ] && cmp "$1/metrics" "$2/metrics"
}

# same_votes FOLDER FOLDER: the counts, and where h5dump is there all records with their checksums.
# The rest of a votes file says who wrote it.
same_votes() {
    local folder
    for folder in "$@"; do
        "$HRMPI" vote "$folder/votes.h5" --table --format csv >"$folder/counts" || return 1
        h5dump -A 0 -d /passes -d /blocks "$folder/votes.h5" 2>/dev/null | sed 1d >"$folder/records"
    done
    command -v h5dump >/dev/null || echo "records are not compared: h5dump is not installed"
    grep -q '^configuration,bootstrap + relabel,' "$1/counts" && cmp "$1/counts" "$2/counts" && cmp "$1/records" "$2/records"
}

finish() {
    [ "$failures" -eq 0 ] && exit 0
    echo "--- logs"
    tail -n 25 "$work"/*/slurm/*.log 2>/dev/null
    exit 1
}
