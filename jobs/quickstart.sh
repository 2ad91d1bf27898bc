#!/bin/sh
# From a fresh checkout to a table of results: install packages, build, train two small replicas on
# 1,000 hard Sudokus for three or four minutes, evaluate them on 500 others under nine relabellings of
# the digits, and vote. Two ranks. What an earlier start left in runs/quickstart is replaced.
set -eu
cd "$(dirname "$0")/.."
. jobs/setup.sh

hrm_install
cmake -S . -B build -DCMAKE_BUILD_TYPE=Release
cmake --build build --target hrmpi --parallel "$(hrm_cores)"

hrmpi=build/hrmpi
runs=runs/quickstart
ranks() {
    mpirun -n 2 --oversubscribe "$hrmpi" "$@"
}

"$hrmpi" info
ranks train --preset small --puzzles jobs/data/train-1k.csv.gz --replicas 2 \
    --output "$runs" --overwrite
ranks eval --checkpoints "$runs" --last 1 --puzzles jobs/data/test.csv.gz --first 500 \
    --perturbations cyclic:9 --output "$runs/votes.h5" --overwrite
"$hrmpi" vote --table "$runs/votes.h5"
