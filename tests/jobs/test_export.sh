#!/bin/sh
# Exported checkpoints are small, keep what they say of themselves, and solve the same.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

data=$HRM_SOURCE/jobs/data
expect_exit 0 "$HRMPI" train --preset tiny --steps 6 --snapshot-every 2 --ema 0.9 --seed 5 \
    --puzzles "$data/train-1k.csv.gz" --output run
expect_exit 0 "$HRMPI" export run --last 2 --output models/tiny
expect_text "models/tiny/replica-0/step-00000004.h5: step 4, seed 5" "step-00000006.h5"
refuse_text "step-00000002.h5"

size() {
    wc -c <"$1"
}
whole=$(size run/replica-0/step-00000006.h5)
small=$(size models/tiny/replica-0/step-00000006.h5)
[ $((3 * small)) -lt "$whole" ] || fail "$small bytes of $whole"

# What is computed in bf16 does not see the rounding: the same passes to the bit.
evaluate() {
    expect_exit 0 "$HRMPI" eval "$1" --last 1 --puzzles "$data/test.csv.gz" --first 5 --segments 3 \
        --perturbations none --output "$2"
    expect_exit 0 "$HRMPI" vote "$2" --dump "$2.csv"
}
evaluate run all.h5
evaluate models/tiny slim.h5
if "$HRMPI" info | grep -q "^ *bf16.*(chosen)"; then
    cmp all.h5.csv slim.h5.csv || fail "the passes differ"
else
    [ "$(wc -l <all.h5.csv)" = "$(wc -l <slim.h5.csv)" ] || fail "passes are missing"
fi

# Without rounding there is no difference anywhere.
expect_exit 0 "$HRMPI" export run --last 1 --no-round --output whole
evaluate whole whole.h5
cmp all.h5.csv whole.h5.csv || fail "the passes of unrounded weights differ"

expect_exit 2 "$HRMPI" export run --last 2 --output models/tiny
expect_text "step-00000004.h5 is there already" "hint"
expect_exit 2 "$HRMPI" export
expect_text "no checkpoint was given" "hint"
expect_exit 3 "$HRMPI" export nowhere
touch taken
expect_exit 2 "$HRMPI" export run --output taken/models
expect_text "taken" "cannot be made" "hint"
