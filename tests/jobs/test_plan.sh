#!/bin/sh
# Plans: what they say of an evaluation is what it leaves behind; figures that are given decide
# the forecast; clear errors.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=votes_lib.sh
. "$HRM_SOURCE/tests/jobs/votes_lib.sh"

evaluation="run --last 2 --puzzles test --first 70 --block 16 --segments 3 --perturbations cyclic:3"
write_bench
given="--bench bench.json --segment-ms 1000 --contention 1 --cores 4 --store-ms 1e-6 --write-gb-s 1e6
    --launch 1e-6 --launch-rank-ms 0 --load 1e-6 --claim-us 1e-3 --service-us 1e-3 --vote-us 0
    --spread 0"

# plan ARGUMENT...: of the evaluation that votes_lib.sh runs.
plan() {
    # shellcheck disable=SC2086
    timeout 900 "$HRMPI" plan $evaluation "$@"
}

# figure KEY: the first number of that name in the JSON that was printed last.
figure() {
    sed -n "s/^ *\"$1\": \([-0-9.e]*\),*$/\1/p" out | head -1
}

# near KEY VALUE TOLERANCE: it is VALUE, or off by at most TOLERANCE times that.
near() {
    awk -v a="$(figure "$1")" -v b="$2" -v t="$3" \
        'BEGIN { exit !(a != "" && a - b <= t * b && b - a <= t * b) }' ||
        fail "$1 is $(figure "$1") instead of $2"
}

# A text with every part, from measurements alone; the votes file has the size that was planned.
expect_exit 0 plan --measure 0.1 --simulate 1,2
expect_text "2 checkpoints x 3 perturbations x 70 puzzles" "420 passes" "30 of 16 puzzles" \
    "measured on blocks" "bottleneck" "GPU hours" "500"
expect_exit 0 evaluate 2 votes.h5
[ ! -e votes.h5.probe ] || fail "the probe of the storage was left behind"
size=$(wc -c <votes.h5)
# shellcheck disable=SC2086
expect_exit 0 plan $given --json --simulate 1,2,4 --nodes 1
near blocks 30 0
planned=$(figure votes_bytes)
if [ "$size" -lt "$planned" ] || [ "$size" -gt $((planned + 65536)) ]; then
    fail "$planned bytes were planned, there are $size"
fi

# 420 passes of 3 segments of a second, on 1 rank and on 30 that take a block of 48 s each.
near seconds 1260 0.001
near core_hours 0.35 0.001
# 10 x 9 x 422,786 x 16 segments of 2 x 0.1 / 20 s.
expect_text '"core_hours": 1691.144'
# shellcheck disable=SC2086
expect_exit 0 plan $given --json --simulate 30
near seconds 48 0.01
expect_text '"nodes": 8' '"bottleneck": "compute"'
# Four cores for 30 ranks: as long as on 4.
# shellcheck disable=SC2086
expect_exit 0 plan $given --json --simulate 30 --nodes 1
near seconds 360 0.001

# One thing at a time is the bottleneck.
bottleneck() {
    bottleneck_name=$1
    shift
    # shellcheck disable=SC2086
    expect_exit 0 plan $given --json --simulate 20 --segment-ms 1 "$@"
    expect_text "\"bottleneck\": \"$bottleneck_name\""
}
bottleneck start --launch 10
bottleneck queue --service-us 1e6
bottleneck storage --store-ms 1e4
bottleneck tail --simulate 1000 --segment-ms 1000

# As an evaluation has done it: 3 segments each, then fewer when passes are left out.
# shellcheck disable=SC2086
expect_exit 0 plan $given --json --simulate 1 --like votes.h5
near segments_of_a_pass 3 0
near seconds 1260 0.001
expect_exit 0 evaluate 2 stop.h5 --prune valid-first --leave certified
# shellcheck disable=SC2086
expect_exit 0 plan $given --json --simulate 1 --like stop.h5 --prune valid-first --leave certified
expect_text '"items": 5' '"items_are_ranges": true' '"segments_from": "stop.h5"'

# A preset without checkpoints, figures of hrmpi bench, several ranks that measure the counter.
expect_exit 0 "$HRMPI" plan --preset tiny --models 7 --count 1000 --bench bench.json \
    --simulate 100000 --json
near segment_ms 2 0
expect_text '"checkpoints": 7' '"puzzles": 1000' '"speed_from": "from hrmpi bench"' '"ranks": 100000'
expect_exit 0 timeout 900 "${HRM_MPIEXEC:-mpiexec}" -n 2 "$HRMPI" plan --preset tiny --bench bench.json \
    --claim-us 0 --service-us 0 --json
expect_text '"claim_latency_s"'

# Bad input, with the right code, on several ranks too.
launcher=
expect_bad() {
    expect_bad_code=$1
    expect_bad_text=$2
    shift 2
    # shellcheck disable=SC2086
    expect_exit "$expect_bad_code" timeout 900 $launcher "$HRMPI" plan --bench bench.json "$@"
    expect_text "hrmpi: error:" "hint:" "$expect_bad_text"
    [ "$(grep -c 'hrmpi: error:' err)" -eq 1 ] || fail "the error is not told once"
}
head -c 3000 votes.h5 >truncated.h5
echo '{"models": 5}' >foreign.json
: >empty.json
for list in 0 -1 1,,2 '1,' 2x 1000001 none ''; do
    expect_bad 2 "is no list of numbers of ranks" --simulate "$list"
done
expect_bad 3 "missing.h5" missing.h5
expect_bad 3 "missing.h5" run --like missing.h5
expect_bad 3 "truncated.h5" run --like truncated.h5
expect_bad 3 "hrmpi-checkpoint" run --like run/replica-0/step-00000012.h5
expect_bad 2 "up to 3 segments" run --like votes.h5 --segments 4
expect_bad 2 "do not fill a block" run --like votes.h5 --segments 3 --block 71
expect_bad 3 "missing.json" --preset tiny --bench missing.json
expect_bad 3 "empty.json" --preset tiny --bench empty.json
expect_bad 3 "no figures of hrmpi bench" --preset tiny --bench foreign.json
expect_bad 3 "there is no puzzle file" run --puzzles missing.csv
expect_bad 2 "cyclic" run --perturbations cyclic:10
expect_bad 2 "there is no backend 'gpu'" run --backend gpu
launcher="${HRM_MPIEXEC:-mpiexec} -n 2"
expect_bad 3 "missing.h5" missing.h5
expect_bad 2 "none/votes.h5" run --output none/votes.h5
expect_bad 2 "out of range" run --cores -1
expect_bad 2 "the nearest is" run --simulates 1
