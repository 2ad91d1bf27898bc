#!/bin/sh
# Two runs in one place: the second start refuses, whatever it is told, and says who is there; what
# a killed run left is taken over, if that run is certainly gone.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# A Slurm that answers what the test wants: $jobs, lines "job NUMBER STATE"; none: no answer.
mkdir tools
cat >tools/squeue <<'END'
#!/bin/sh
[ -n "$jobs" ] && printf '%s\n' "$jobs"
END
cat >tools/scontrol <<'END'
#!/bin/sh
echo "ClusterName             = $cluster"
END
chmod +x tools/squeue tools/scontrol
PATH=$scratch/tools:$PATH
jobs=
cluster=here
export jobs cluster
unset SLURM_JOB_ID SLURM_RESTART_COUNT SLURM_CLUSTER_NAME

train="train --preset tiny --steps 4 --batch 16 --threads 1"
host=$(hostname)

# --- training
# shellcheck disable=SC2086
start_paused 2 "${HRM_MPIEXEC:-mpiexec}" -n 2 "$HRMPI" $train --output run
cp run/config.ini run/RUNNING .
# shellcheck disable=SC2086
expect_every 2 2 $train --output run
expect_text "another run writes to run: process " "on host $host, since 20" "hint: "
# shellcheck disable=SC2086
expect_exit 2 "$HRMPI" $train --output ./run/ --overwrite --seed 3
expect_text "another run writes to"
cmp -s config.ini run/config.ini || fail "the configuration is another"
cmp -s RUNNING run/RUNNING || fail "the mark is another"
kill -USR1 "$child"
ended 75
[ ! -e run/RUNNING ] || fail "the mark stays after a stop"
# shellcheck disable=SC2086
expect_exit 0 run_mpi 2 $train --output run
expect_text "going on from step 3 of 4"
refuse_text "taken over"
[ ! -e run/RUNNING ] || fail "the mark stays at the end"
[ "$(cut -d, -f2 run/replica-0/metrics.jsonl | sort | uniq -d)" = "" ] || fail "torn metrics"
# shellcheck disable=SC2086
expect_exit 2 "$HRMPI" $train --output run --lr 1
[ ! -e run/RUNNING ] || fail "the mark stays after an error"

# --- evaluation
eval="eval run --last 1 --puzzles test --first 40 --segments 2 --perturbations none --threads 1"
# shellcheck disable=SC2086
start_paused 1 "$HRMPI" $eval --block 1 --output votes.h5
[ -e votes.h5.running ] || fail "there is no mark"
# shellcheck disable=SC2086
expect_every 2 2 $eval --block 1 --output votes.h5
expect_text "another run writes to votes.h5: process " "hint: "
# shellcheck disable=SC2086
expect_exit 2 "$HRMPI" $eval --output votes.h5 --overwrite --seed 3
kill -USR1 "$child"
ended 75
# shellcheck disable=SC2086
expect_exit 0 "$HRMPI" $eval --block 1 --output votes.h5
expect_text "continued"
[ -z "$(find . -name '*running*')" ] || fail "a mark stays"

# --- killed: taken over, by one of several that start at the same instant
# shellcheck disable=SC2086
start_paused 2 "$HRMPI" $train --output killed
kill -KILL "$child"
ended 137
cp killed/RUNNING stale
rivals="1 2 3 4 5"
for rival in $rivals; do
    # shellcheck disable=SC2086
    HRM_TEST_PAUSE="1:$scratch/held" "$HRMPI" $train --output killed >"out.$rival" 2>&1 </dev/null &
    eval "rival_$rival=$!"
done
refused() { [ "$(cat out.? | grep -c 'another run writes to killed')" -eq 4 ]; }
tries=0
until refused || [ $tries -gt 1200 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
codes=
for rival in $rivals; do
    # The one that is held is waited for when it is let go.
    grep -q "another run" "out.$rival" || continue
    code=0
    eval "wait \$rival_$rival" || code=$?
    codes="$codes $code"
done
[ "$codes" = " 2 2 2 2" ] || { cat out.?; fail "codes$codes of four that must be refused"; }
[ "$(cat out.? | grep -c 'killed: taken over from a run that is gone (process ')" -eq 1 ] ||
    fail "it is not taken over once"
while [ -e killed/RUNNING ]; do
    rm -f held
    sleep 0.05
done
wait
[ -z "$(find killed -name 'RUNNING*')" ] || fail "something is left"

# --- marks of others; each line replaces those of this host's
# given KEY=VALUE...: the mark is that of a killed run with other values.
given() {
    cp stale killed/RUNNING
    for pair in "$@"; do
        sed "s/^${pair%%=*} .*/${pair%%=*} ${pair#*=}/" killed/RUNNING >edited
        cp edited killed/RUNNING
    done
}
taken() {
    # shellcheck disable=SC2086
    expect_exit 0 "$HRMPI" $train --output killed
    expect_text "taken over"
}
left() {
    # shellcheck disable=SC2086
    expect_exit 2 "$HRMPI" $train --output killed
    expect_text "$1" "hint: "
    [ -e killed/RUNNING ] || fail "the mark is gone"
}
# The number of a process was given to another.
given "process=$$"
taken
# Another host, a container with the same name, a mark that was cut.
given host=elsewhere boot=1-2-3
left "another run may still write to killed: process "
expect_text "remove killed/RUNNING" "on host elsewhere"
given "space=pid:[77]"
left "may still write to killed"
: >killed/RUNNING
left "its mark killed/RUNNING cannot be read"
# This host was started anew.
if [ "$(readlink /proc/self/ns/pid)" = "pid:[4026531836]" ] && [ -s /etc/machine-id ]; then
    given boot=1-2-3
    taken
fi
# A job of Slurm on another host: running, without an answer, of another cluster, this one, over.
far="host=elsewhere boot=1-2-3 job=77 cluster=here"
# shellcheck disable=SC2086
given $far
jobs='job 777 RUNNING
job 77 RUNNING'
left "another run writes to killed"
expect_text "Slurm job 77"
jobs=
left "may still write to killed"
jobs='job 78 RUNNING'
cluster=there
left "may still write to killed"
cluster=here
export SLURM_JOB_ID=77 SLURM_CLUSTER_NAME=here
left "may still write to killed"
unset SLURM_JOB_ID SLURM_CLUSTER_NAME
jobs='job 78 RUNNING
job 77 TIMEOUT'
taken
# The same job, requeued.
# shellcheck disable=SC2086
given $far
export SLURM_JOB_ID=77 SLURM_RESTART_COUNT=1 SLURM_CLUSTER_NAME=here
taken
