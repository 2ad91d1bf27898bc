#!/bin/sh
# Weights that the ranks of a node share, and a node whose shared memory is too small for them, as a
# container's is.
# shellcheck source=lib.sh disable=SC2317 # called by name
. "$(dirname "$0")/lib.sh"

# with_shm MEGABYTES COMMAND...: with another /dev/shm, which nobody else sees.
with_shm() {
    shm_size=$1
    shift
    # shellcheck disable=SC2016 # expanded by that shell
    $own_mounts sh -c 'mount -t tmpfs -o size="$0m" shm /dev/shm && exec "$@"' "$shm_size" "$@"
}
own_mounts="unshare --mount"
[ "$(id -u)" -eq 0 ] || own_mounts="unshare --mount --map-root-user"
if ! with_shm 1 true 2>/dev/null; then
    echo "skipped: this machine lets nobody mount a small /dev/shm for itself"
    exit 77
fi

# 4 MB of parameters a checkpoint.
expect_exit 0 "$HRMPI" train --preset tiny --hidden 256 --h-layers 1 --l-layers 1 --steps 3 \
    --snapshot-every 1 --threads 1 --output run

# evaluate MEGABYTES RANKS OUTPUT OPTION...: with that much shared memory. What waits for ever is
# ended.
evaluate() {
    evaluate_size=$1
    evaluate_ranks=$2
    evaluate_output=$3
    shift 3
    with_shm "$evaluate_size" timeout 100 "${HRM_MPIEXEC:-mpiexec}" -n "$evaluate_ranks" "$HRMPI" \
        eval run --puzzles test --first 4 --block 2 --segments 1 --perturbations cyclic:2 \
        --output "$evaluate_output" --threads 1 "$@"
}

expect_exit 0 evaluate 500 2 shared.h5
refuse_text "shared memory"
expect_exit 0 "$HRMPI" vote shared.h5 --format csv --table
cp out shared.csv

# What packs its weights, and what reads them as they are.
for backend in auto ref; do
    expect_exit 0 evaluate 12 2 small.h5 --backend $backend --overwrite
    expect_text "shared memory (/dev/shm) is too small for the weights on 1 node" "copy"
    [ "$(grep -c 'shared memory' err)" -eq 1 ] || fail "more than one rank speaks"
done
expect_exit 0 evaluate 12 2 small.h5 --overwrite
expect_exit 0 "$HRMPI" vote small.h5 --format csv --table
cmp out shared.csv || fail "other votes with copies of the weights"
# A rank alone shares nothing.
expect_exit 0 evaluate 12 1 alone.h5
refuse_text "shared memory"
exit 0
