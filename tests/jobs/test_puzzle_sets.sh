#!/bin/sh
# Puzzle sets as people write them: rows that are there twice, questions with two answers, sources
# and ratings of all sorts; and sets that a checkpoint was trained on.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
data=$HRM_SOURCE/jobs/data
gzip -dc "$data/val.csv.gz" | head -41 >forty.csv

# Rows that are there twice are counted, and take nothing from a set.
sed '1p;2,4p;20p' forty.csv | sed 1d >repeated.csv
expect_exit 0 "$HRMPI" data check repeated.csv
expect_text "repeated rows                      4  the first: puzzle 2 is puzzle 1" "every puzzle is sound"
expect_exit 0 "$HRMPI" data check forty.csv --json
expect_text '"repeated rows": 0' '"questions with two answers": 0'

# A question with two answers: said by check, refused by eval and train, taken when told.
answer=769341852142895367538267194273689541954123678681574923316452789495738216827916435
sed '2q' forty.csv >both.csv
{
    echo "x,$(printf '%081d' 0),$answer,3"
    echo "y,$(printf '%081d' 0),$(echo $answer | tr 12 21),3"
} >>both.csv
expect_exit 3 "$HRMPI" data check both.csv
expect_text "questions with two answers         1  the first: puzzles 2 and 3" "puzzle 2: several solutions"
for ranks in 1 2; do
    expect_exit 3 run_mpi $ranks train --preset tiny --puzzles both.csv --batch 16 --steps 1 --output both
    expect_text "both.csv: 1 question has two answers in the set: puzzles 2 and 3" "--allow-ambiguous"
    [ ! -e both ] || fail "the run has begun"
done
expect_exit 0 "$HRMPI" train --preset tiny --puzzles both.csv --batch 16 --steps 1 --output both --allow-ambiguous
for ranks in 1 2; do
    expect_exit 3 run_mpi $ranks eval both --puzzles both.csv --segments 1 --perturbations none
    expect_text "both.csv: 1 question has two answers in the set: puzzles 2 and 3" "--allow-ambiguous"
done
expect_exit 0 "$HRMPI" eval both --puzzles both.csv --segments 1 --perturbations none --allow-ambiguous
rm votes.h5

# More than 256 sources, long ones, with commas, not in UTF-8; a rating that is missing.
awk -F, -v OFS=, 'NR == 2 { $1 = "\"a, \"\"b\"\"\"" } NR == 3 { $1 = "\344" } NR == 4 { $4 = "" }
    NR == 5 { $1 = sprintf("%0100d", 7) } NR == 6 { $4 = "7.0" } { print }' forty.csv >sources.csv
gzip -dc "$data/val.csv.gz" | sed 1d | head -300 | awk -F, -v OFS=, '{ $1 = "source " NR; print }' >>sources.csv
expect_exit 0 "$HRMPI" data summarize sources.csv
expect_text 'a, "b"' "(other sources)" "1 without rating"
expect_exit 0 "$HRMPI" data summarize sources.csv --json
expect_text '"without rating": 1'
expect_exit 0 "$HRMPI" data convert sources.csv sources.h5
expect_text "more than 255 sources" "(other sources)"
expect_exit 0 "$HRMPI" data convert sources.h5 again.csv
sed -n '2p' again.csv | grep -q '^"a, ""b""",' || fail "a source with a comma is lost"
sed -n '4p' again.csv | grep -q ',$' || fail "a rating has appeared"
sed -n '6p' again.csv | grep -q ',7$' || fail "a rating is lost"
[ "$(wc -l <again.csv)" -eq 341 ] || fail "rows are lost"

expect_exit 0 "$HRMPI" train --preset tiny --puzzles forty.csv --batch 16 --steps 1 --output run
expect_exit 0 "$HRMPI" data summarize forty.csv --json
hash=$(sed -n 's/.*"hash": "\(.*\)".*/\1/p' out)
grep -qa "$hash" run/replica-0/step-00000001.h5 || fail "the checkpoint does not have the hash as text"
# Evaluated on what it was trained on, under another name, in part, by several ranks: said.
expect_exit 0 "$HRMPI" data convert forty.csv other.h5
for set in forty.csv other.h5; do
    expect_exit 0 run_mpi 2 eval run --puzzles $set --segments 1 --perturbations none --overwrite
    expect_text "warning: 1 of 1 checkpoints trained on these puzzles (hash $hash)"
    [ "$(grep -c "trained on these" err)" -eq 1 ] || fail "it is said more than once"
    grep -qa "$hash" votes.h5 || fail "the votes do not have the hash"
done
for part in '--first 10' '--subset 10' '--first 20 --subset 5'; do
    # shellcheck disable=SC2086 # a list of words
    expect_exit 0 "$HRMPI" eval run --puzzles forty.csv $part --segments 1 --perturbations none --overwrite
    expect_text "warning: 1 of 1 checkpoints trained on these puzzles (hash $hash)"
done
# Other puzzles, without ratings: no word of training, but of the ratings.
cut -d, -f2,3 repeated.csv >unrated.csv
expect_exit 0 "$HRMPI" eval run --puzzles unrated.csv --segments 1 --perturbations none --overwrite
refuse_text "trained on these"
expect_text "44 of 44 puzzles have no rating"
expect_exit 0 "$HRMPI" vote votes.h5 --format json
expect_text '"none": {'
expect_exit 0 "$HRMPI" eval run --puzzles val --first 5 --segments 1 --perturbations none --overwrite
refuse_text "trained on these" "no rating"
