#!/bin/sh
# A disk that is full or read-only, while states, snapshots, metrics and votes are written: a clear
# message, no crash, no hang, and what was there before is whole. Needs root, for a small tmpfs.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
same="$(dirname "$HRMPI")/tests/same_data"
[ -x "$same" ] && [ "$(id -u)" -eq 0 ] || exit 77
mkdir disk
mount -t tmpfs -o size=2m tmpfs disk 2>/dev/null || exit 77
trap 'umount "$scratch/disk"; rm -rf "$scratch"' EXIT

# resize BYTES: more or less room.
resize() { mount -o "remount,size=$1" disk || fail "cannot remount"; }

# crowd KILOBYTES: leave only that much room.
crowd() {
    rm -f disk/filler
    room=$(df --output=avail -k disk | tail -n 1)
    dd if=/dev/zero of=disk/filler bs=1024 count=$((room - $1)) status=none
}

# expect_failure ARGUMENT...: hrmpi on two ranks ends with code 1 or 2, without a hang, with one error and a hint.
expect_failure() {
    failure_code=0
    timeout 900 "${HRM_MPIEXEC:-mpiexec}" -n 2 "$HRMPI" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || failure_code=$?
    [ $failure_code -eq 1 ] || [ $failure_code -eq 2 ] || fail "exit code $failure_code: $*"
    expect_text "hrmpi: error: " "hint: "
    refuse_text "Segmentation" "Signal" "died of"
}

train="train --preset tiny --steps 12 --snapshot-every 4"
# shellcheck disable=SC2086
expect_exit 0 run_mpi 2 $train --output whole

# --- the state does not fit any more: the older ones are whole, and the run goes on from them
# shellcheck disable=SC2086
expect_failure $train --output disk/run --state-every 2
expect_text "No space left on device" "state-0000000" "check free space"
[ -z "$(find disk -name '*.partial')" ] || fail "something torn is left"
resize 16m
# shellcheck disable=SC2086
expect_exit 0 run_mpi 3 $train --output disk/run --state-every 2
expect_text "going on from step"
for step in 4 8 12; do
    name=replica-0/step-$(printf %08d $step).h5
    "$same" "whole/$name" "disk/run/$name" >out || fail "other weights at step $step"
done
rm -rf disk/run

# --- the snapshot does not fit
# shellcheck disable=SC2086
expect_exit 0 run_mpi 2 $train --output disk/run --steps 2
crowd 200
# shellcheck disable=SC2086
expect_failure $train --output disk/run --state-minutes 0
expect_text "No space left on device" "step-00000004.h5"
[ "$(find disk -name '*.h5*' | wc -l)" -eq 2 ] || fail "something torn is left"

# --- not even the first file does
crowd 0
# shellcheck disable=SC2086
expect_failure $train --output disk/other
# shellcheck disable=SC2086
expect_failure $train --output disk/run

# --- votes: refused before anything is computed
crowd 150
eval="eval whole/replica-0/step-00000012.h5 --puzzles test --first 400 --segments 1 --threads 1"
# shellcheck disable=SC2086
expect_failure $eval --perturbations cyclic:9 --output disk/votes.h5
expect_text "No space left on device" "votes.h5"
[ -z "$(find disk -name 'votes*')" ] || fail "something torn is left"
crowd 8
# shellcheck disable=SC2086
expect_failure $eval --perturbations none --output disk/votes.h5
rm disk/filler
# shellcheck disable=SC2086
expect_exit 0 run_mpi 2 $eval --perturbations none --output disk/votes.h5

# --- puzzle sets: refused before or while they are written, and nothing torn is left
for name in set.h5 set.csv set.csv.gz; do
    expect_exit 1 "$HRMPI" data expand test --count 300000 --output disk/$name
    expect_text "hrmpi: error: " "hint: " "No space left on device" "set."
    [ -z "$(find disk -name 'set*')" ] || fail "something torn is left"
done

# --- read-only
mount -o remount,ro disk || fail "cannot remount"
# shellcheck disable=SC2086
expect_failure $train --output disk/new
expect_text "Read-only file system"
# shellcheck disable=SC2086
expect_failure $train --output disk/run
expect_text "Read-only file system"
# shellcheck disable=SC2086
expect_failure $eval --perturbations none --output disk/more.h5
expect_text "Read-only file system"
