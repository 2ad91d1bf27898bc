#!/bin/sh
# Paths with commas, blanks and quotes; and the same weights twice.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

comma="runs/lr=1e-3,wd=0.1"
quote="it's a \"run\" # 1,2"
train() { # SEED FOLDER
    expect_exit 0 "$HRMPI" train --preset tiny --steps 2 --threads 1 --seed "$1" --output "$2" \
        --validate test --validate-first 8 --validate-every 2 --log-every 1
}
train 0 "$comma"
train 1 "$quote"
first=$comma/replica-0/step-00000002.h5
second=$quote/replica-0/step-00000002.h5
{ [ -e "$first" ] && [ -e "$second" ]; } || fail "folders with odd characters"

# A configuration is read again as it was written, whatever is in its paths.
expect_exit 0 "$HRMPI" train --config "$quote/config.ini" --print-config
grep -qxF "output = $quote" out || fail "the folder's name is read back as another"

write_bench
small="--puzzles test --first 4 --segments 1 --threads 1"
evaluate() { # WANTED-CHECKPOINTS OUTPUT ARGUMENT...
    evaluate_count=$1
    evaluate_output=$2
    shift 2
    # shellcheck disable=SC2086
    expect_exit 0 "$HRMPI" eval $small --output "$evaluate_output" "$@"
    expect_text "$evaluate_count checkpoint"
}

# Arguments are one path each; a list may quote, and what exists needs no quotes.
evaluate 2 "$comma/votes, 1.h5" "$comma" "$quote"
[ -e "$comma/votes, 1.h5" ] || fail "the name of an output"
evaluate 1 "$quote/votes.h5" --checkpoints "$comma"
evaluate 2 list.h5 --checkpoints "$comma,$first,'$comma',\"$comma\",$second"
expect_exit 0 "$HRMPI" vote "$comma/votes, 1.h5" --output "$quote/vote, 1.txt" --format text
[ -s "$quote/vote, 1.txt" ] || fail "the name of a report"
expect_exit 0 "$HRMPI" solve --pass "$comma/votes, 1.h5:0,0,1"
sudoku="53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
expect_exit 5 "$HRMPI" solve --checkpoints "$comma,$quote" --segments 1 --plain "$sudoku"
expect_exit 0 "$HRMPI" plan "$comma" --puzzles test --count 8 --bench bench.json --contention 1 \
    --simulate 1 --output "$quote/plan.h5"
expect_exit 0 "$HRMPI" export "$comma" --output "exported, 1"
[ -e "exported, 1/replica-0/step-00000002.h5" ] || fail "export"
if command -v gnuplot >/dev/null; then
    expect_exit 0 "$HRMPI" plot "$comma" "$quote" --output "$comma/curve, 1.svg" --names "'a,b',c"
    grep -q '<text>a,b</text>' "$comma/curve, 1.svg" || fail "the name of a curve"
fi

# A list of nothing is told as such.
for list in "," ",," "''"; do
    # shellcheck disable=SC2086
    expect_exit 2 "$HRMPI" eval $small --output none.h5 --checkpoints "$list"
    expect_text "names no checkpoint" "hint:"
    refuse_text "no memory"
done
# shellcheck disable=SC2086
expect_exit 2 "$HRMPI" eval $small --output none.h5 ""
expect_text "is empty" "hint:"
# shellcheck disable=SC2086
expect_exit 3 "$HRMPI" eval $small --output none.h5 "$comma,$quote"
expect_text "one path each"

# Links and copies of a checkpoint, and the same training done again, are one checkpoint.
mkdir more
ln -s "../$first" more/latest.h5
cp "$first" more/copy.h5
ln "$first" more/hard.h5
evaluate 1 once.h5 more "$first"
[ "$(grep -c "warning: .* and .* are the same checkpoint" err)" -eq 3 ] || fail "warnings of copies"
expect_text "more/latest.h5" "more/copy.h5" "more/hard.h5" "$first"
"$HRMPI" train --preset tiny --steps 2 --threads 1 --output again >out 2>err || fail "training"
cmp -s "$first" again/replica-0/step-00000002.h5 && fail "this should be another file"
# shellcheck disable=SC2086
expect_exit 0 run_mpi 2 eval $small --output twice.h5 again "$comma" "$quote"
expect_text "2 checkpoints" "again/replica-0/step-00000002.h5 and $first are the same checkpoint"

# Means over seeds are over different weights: three evaluations, two seeds.
for name in again "$quote"; do
    # shellcheck disable=SC2086
    expect_exit 0 "$HRMPI" eval $small --perturbations none --output "$name/seed.h5" "$name"
done
# shellcheck disable=SC2086
expect_exit 0 "$HRMPI" eval $small --perturbations none --block 2 --output other.h5 "$comma"
# shellcheck disable=SC2086
expect_exit 0 "$HRMPI" eval $small --perturbations none --segments 2 --output long.h5 "$comma"
for copy in other long; do
    expect_exit 0 "$HRMPI" vote again/seed.h5 "$quote/seed.h5" $copy.h5 --format csv
    [ "$(awk -F, '$1 == "last" && $11 == "single" { print $10 }' out)" = 2 ] ||
        fail "the mean over seeds is over copies: $copy"
done
expect_exit 0 "$HRMPI" vote again/seed.h5 "$quote/seed.h5" other.h5
expect_text "left out, whose weights vote already" "2 runs trained without mixing"

# Relabellings of a model that answers all of them alike.
expect_exit 0 "$HRMPI" train --preset small --steps 1 --threads 1 --output symbols
# shellcheck disable=SC2086
expect_exit 0 "$HRMPI" eval $small symbols --perturbations cyclic:9 --output symbols.h5
expect_text "of 9 passes of a checkpoint on a puzzle all are the same" "init:9"
# shellcheck disable=SC2086
expect_exit 0 "$HRMPI" eval $small symbols --perturbations "digits:3*init:2" --output mixed.h5
expect_text "of 6 passes of a checkpoint on a puzzle only 2 differ"
# shellcheck disable=SC2086
expect_exit 0 "$HRMPI" eval $small symbols --output auto.h5
refuse_text "symbol-equivariant and answers"
