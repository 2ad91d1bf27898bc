#!/bin/sh
# Output paths that are longer than most, and one that is too long for the system.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

folder=$scratch
while [ ${#folder} -lt 600 ]; do
    folder=$folder/a-folder-of-a-sweep-with-a-long-name
done
mkdir -p "$folder"

expect_exit 0 run_mpi 2 train --preset tiny --steps 2 --snapshot-every 2 --threads 1 \
    --output "$folder/run"
[ -s "$folder/run/replica-0/step-00000002.h5" ] || fail "no snapshot"
expect_exit 0 run_mpi 2 eval "$folder/run" --puzzles test --first 4 --block 2 --segments 1 \
    --perturbations cyclic:2 --threads 1 --output "$folder/votes.h5"
expect_exit 0 "$HRMPI" vote "$folder/votes.h5" --output "$folder/report.txt"
[ -s "$folder/report.txt" ] || fail "no report"

run=$folder/run
# The path itself would do, and not what the program appends to it.
while [ ${#folder} -lt 4040 ]; do
    folder=$folder/aaaaaaaa
done
expect_exit 2 "$HRMPI" train --preset tiny --steps 2 --threads 1 --output "$folder"
expect_text "too long" "hint: use a shorter path"
mkdir -p "$folder"
expect_exit 2 "$HRMPI" eval "$run" --puzzles test --first 4 --segments 1 --output "$folder/votes.h5"
expect_text "too long" "hint: use a shorter path"
exit 0
