#!/bin/sh
# A program that was built without MPI: what is left works, and what is not says so.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
for job in train eval plan vote; do
    expect_exit 2 "$HRMPI" $job
    expect_text "hrmpi: error: '$job' takes MPI" "hint:" "-DHRM_MPI=ON"
    expect_exit 2 "$HRMPI" $job --help
    expect_text "'$job' takes MPI"
done
expect_exit 0 "$HRMPI" --help
expect_text "* takes MPI: not in this program" "solve" "selftest"
expect_exit 0 "$HRMPI" info
expect_text "HDF5" "(serial)" "MPI" "none"
ldd "$HRMPI" >libraries || fail "ldd"
! grep -q 'libmpi' libraries || fail "it is linked with an MPI"
for job in solve data export bench plot selftest; do
    expect_exit 0 "$HRMPI" $job --help
    expect_text "usage: hrmpi $job"
done
easy=$(gzip -dc "$HRM_SOURCE/jobs/data/easy-300.csv.gz" | sed -n '2p' | cut -d, -f2)
expect_exit 0 "$HRMPI" solve "$easy"
expect_text "certified: the question is kept and no rule is broken"
expect_exit 0 "$HRMPI" data summarize "$HRM_SOURCE/jobs/data/easy-300.csv.gz"
expect_exit 0 "$HRMPI" export "$HRM_SOURCE/jobs/models/mixing" --last 1 --output small
