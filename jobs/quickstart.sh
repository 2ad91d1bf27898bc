#!/bin/sh
# From a fresh checkout to a table of results: install packages, build, solve a famous hard puzzle, and
# evaluate the two models that come along on 500 real test puzzles: nine initial states each, until a grid
# is proven right.
# --train first trains two small replicas from scratch, for three to five minutes, and evaluates those.
# Two ranks. What an earlier start left in runs/quickstart is replaced.
set -eu
cd "$(dirname "$0")/.."
. jobs/setup.sh

train=false
case ${1:-} in
"") ;;
--train) train=true ;;
*)
    echo "usage: sh jobs/quickstart.sh [--train]" >&2
    exit 2
    ;;
esac

hrm_install
cmake -S . -B build -DCMAKE_BUILD_TYPE=Release
cmake --build build --target hrmpi --parallel "$(hrm_cores)"

hrmpi=build/hrmpi
runs=runs/quickstart
ranks() {
    mpirun -n 2 --oversubscribe "$hrmpi" "$@"
}

"$hrmpi" info
mkdir -p "$runs"
if [ "$train" = true ]; then
    ranks train --preset small --puzzles jobs/data/train-1k.csv.gz --replicas 2 \
        --output "$runs" --overwrite
    set -- "$runs" --perturbations init:3 --leave halted
else
    # Inkala's puzzle of 2012.
    "$hrmpi" solve 8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..
    set -- mixing plain --perturbations init:9 --leave certified --prune valid-first
fi
ranks eval "$@" --last 1 --puzzles jobs/data/test.csv.gz --first 500 --output "$runs/votes.h5" --overwrite
"$hrmpi" vote --table "$runs/votes.h5" --pictures "$runs/votes"
echo "pictures: $runs/*.svg"
