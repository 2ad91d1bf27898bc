#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2094,SC2129,SC2317 # words for later; checks called by name
# What a real Slurm does to a run, on four hosts: an urgent job takes its place, its hosts die, its
# time limit comes.
. "$(dirname "$0")/lib.sh"
needs train --resume
start_cluster 4

zcat "$HRM_SOURCE/jobs/data/train-1k.csv.gz" | head -n 33 >train.csv
train() { here "$submit" train --preset tiny --puzzles train.csv "$@" >>submitted; }
runs() { has "$1/replica-0/metrics.jsonl" '"train"' 2>/dev/null; }
is_restart() { [ "$(restarts_of "$1/train.job")" = "$2" ] && is_state "$1/train.job" running; }
trained_since() { [ -n "$(find "$1" -name metrics.jsonl -newer "$1/train.job")" ]; }
host_of() { sed -n 's/^host //p' "$1/train.job"; }

echo "--- preemption: an urgent job wants all hosts"
train --output urged --ranks 4 --nodes 4 --train-args "'--steps 1000000'"
check "the run trains" until_true 30 runs urged
here "sbatch --partition=urgent --nodes=4 --exclusive --wrap='sleep 1'" >>submitted
check "it makes room" until_true 30 has urged/slurm/train.log 'interrupted, exit code'
check "and runs again" until_true 60 is_restart urged 1
check "from what it had saved" has urged/slurm/train.log 'start 2 .*saved so far: [1-9]'
touch urged/STOP
check "it stops" until_true 30 is_state urged/train.job stopped
check "all is over" until_true 30 queue_is_empty

echo "--- the host of the batch script dies, then another host of the same run"
train --output orphan --ranks 2 --nodes 2 --train-args "'--steps 1000000'"
check "the run trains" until_true 30 runs orphan
first=$(host_of orphan)
if [ "$first" = n1 ]; then login=n2; fi
bash "$cluster" kill "$first"
check "it runs again" until_true 90 is_restart orphan 1
check "elsewhere" test "$(host_of orphan)" != "$first"
second=$(here "scontrol show hostnames \$(squeue --noheader --format=%N)" |
    grep -v "^$(host_of orphan)$" | grep -v "^$login$" | head -n 1)
if [ -n "$second" ]; then
    check "the run trains again" until_true 30 trained_since orphan
    bash "$cluster" kill "$second"
    bash "$cluster" boot "$first" >boot.log 2>&1
    check "it runs once more" until_true 120 is_restart orphan 2
fi
touch orphan/STOP
check "it stops" until_true 90 is_state orphan/train.job stopped

if [ -n "${HRM_SLOW:-}" ]; then
    echo "--- the time limit, of which Slurm warns half a minute before"
    train --output timed --time 1 --margin 30 --train-args "'--steps 1000000'"
    check "the run goes through it" until_true 150 is_restart timed 1
    touch timed/STOP
    check "it stops" until_true 30 is_state timed/train.job stopped
fi
finish
