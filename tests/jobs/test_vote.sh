#!/bin/sh
# Counting votes: formats, selections, ranks, and clear errors.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=votes_lib.sh
. "$HRM_SOURCE/tests/jobs/votes_lib.sh"
expect_exit 0 evaluate 2 votes.h5

expect_exit 0 "$HRMPI" vote votes.h5
expect_text "2 checkpoints x 3 perturbations (cyclic:3) x 70 puzzles" "95% interval" "% by rating" \
    "halting head" "single" "plurality" "halted-vote" "q-weighted" "valid-first" "published" "any"
refuse_text "baseline"
expect_exit 0 "$HRMPI" vote votes.h5 --table
expect_text "baseline: 1 checkpoint x 1 perturbation, mean of 2" \
    "bootstrap: 2 checkpoints x 1 perturbation" \
    "relabel: 1 checkpoint x 3 perturbations, mean of 2" "both: 2 checkpoints x 3 perturbations"
expect_exit 0 "$HRMPI" vote votes.h5 --checkpoints last --perturbations 0-1
expect_text "all passes: 1 checkpoint x 2 perturbations" "of 140 passes halted"
expect_exit 0 "$HRMPI" vote votes.h5 --confidence 0.99
expect_text "99% interval"

# The same on any number of ranks.
for format in text json csv; do
    expect_exit 0 "$HRMPI" vote votes.h5 --table --format $format
    cp out wanted
    for ranks in 1 2 3 4; do
        expect_exit 0 run_mpi $ranks vote votes.h5 --table --format $format
        cmp -s out wanted || fail "$format differs on $ranks ranks"
    done
    expect_exit 0 run_mpi 2 vote votes.h5 --table --format $format --output table.$format
    cmp -s table.$format wanted || fail "$format differs in a file"
done
# 4 configurations and 2 checkpoints, 7 rules, all puzzles and 7 bands, and the header.
[ "$(wc -l <table.csv)" -eq $((6 * 7 * 8 + 1)) ] || fail "lines of CSV"
awk -F, 'NF != 14 { exit 1 }' table.csv || fail "columns of CSV"
awk -F, '$7 == "all" && $8 != 70 { exit 1 }' table.csv || fail "n is not 70"
awk -F, 'NR > 1 && ($13 > $12 || $14 < $12) { exit 1 }' table.csv || fail "a share is outside"
if command -v python3 >/dev/null; then
    python3 -c 'import json; t = json.load(open("table.json")); c = t["configurations"]
assert [r["name"] for r in c] == ["baseline", "bootstrap", "relabel", "both"]
assert all(r["rules"][k]["n"] == 70 for r in c for k in r["rules"])
assert sum(c[3]["passes"].values()) == 2 * 3 * 70 and c[3]["segments"] == 2 * 3 * 70 * 3' ||
        fail "the JSON is wrong"
fi

head -c 3000 votes.h5 >truncated.h5
echo "no HDF5 at all" >foreign.h5
cp votes.h5 damaged.h5
size=$(wc -c <votes.h5)
printf 'x' | dd of=damaged.h5 bs=1 seek=$((size - 2 * 3 * 5 * 8 - 10)) conv=notrunc 2>err
expect_bad() {
    expect_bad_code=$1
    expect_bad_text=$2
    shift 2
    expect_exit "$expect_bad_code" timeout 60 "${HRM_MPIEXEC:-mpiexec}" -n 2 "$HRMPI" vote "$@"
    expect_text "hrmpi: error:" "hint:" "$expect_bad_text"
    [ "$(grep -c 'hrmpi: error:' err)" -eq 1 ] || fail "the error is not told once"
}
expect_bad 2 "one votes file is wanted"
expect_bad 2 "one votes file is wanted" votes.h5 votes.h5
expect_bad 3 "none.h5: cannot open" none.h5
expect_bad 3 "truncated.h5: truncated" truncated.h5
expect_bad 3 "not an HDF5 file" foreign.h5
expect_bad 3 "schema is 'hrmpi-checkpoint', wanted 'hrmpi-votes'" run/replica-0/step-00000012.h5
expect_bad 3 "the votes are damaged" damaged.h5
expect_bad 2 "no checkpoint of 0 to 1" votes.h5 --checkpoints 2
expect_bad 2 "no perturbation of 0 to 2" votes.h5 --perturbations 1-9
expect_bad 2 "choices are text|json|csv" votes.h5 --format xml
expect_bad 2 "none/table.txt" votes.h5 --output none/table.txt
