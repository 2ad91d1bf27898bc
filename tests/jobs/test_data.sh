#!/bin/sh
# hrmpi data: conversions there and back, checks, summaries, and every kind of bad file.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
data=$HRM_SOURCE/jobs/data

# There and back again changes no byte.
gzip -dc "$data/val.csv.gz" >val.csv
expect_exit 0 "$HRMPI" data convert val.csv val.h5
expect_text "val.h5: 3959 puzzles, hash e0eeaf6b527e680d"
expect_exit 0 "$HRMPI" data convert val.h5 again.csv.gz
gzip -dc again.csv.gz | cmp - val.csv || fail "csv, h5, csv.gz differs from the start"
expect_exit 0 "$HRMPI" data convert again.csv.gz again.csv
cmp again.csv val.csv || fail "csv.gz, csv differs from the start"
expect_exit 0 "$HRMPI" data convert again.csv.gz again.h5 --first 100 --subset 10 --seed 1
expect_exit 0 "$HRMPI" data convert val.csv ten.csv --first 100 --subset 10 --seed 1
expect_exit 0 "$HRMPI" data convert again.h5 more.csv
cmp ten.csv more.csv || fail "the same seed draws other puzzles"
[ "$(wc -l <ten.csv)" -eq 11 ] || fail "not ten puzzles"

expect_exit 0 "$HRMPI" data check "$data/easy-300.csv.gz"
expect_text "every puzzle is sound" "300"
expect_exit 0 "$HRMPI" data check val.h5 --first 200 --json --threads 2
expect_text '"sound": 200' '"several solutions": 0'
expect_exit 0 "$HRMPI" data summarize "$data/test.csv.gz"
expect_text "9fddb3869b2d0f6e" "17256" "puzzles1_unbiased"
expect_exit 0 "$HRMPI" data summarize val.h5 --json --min-rating 50 --max-rating 60
expect_text '"smallest": 50'

# Sets of any size by symmetry: the originals, then copies; a smaller number gives the first of
# them; no row twice; every form the same.
expect_exit 0 "$HRMPI" data expand val.csv --count 9001 --seed 5 --output large.csv
expect_text "large.csv: 9001 puzzles"
head -3960 large.csv | cmp - val.csv || fail "the first are not the originals"
[ "$(sed 1d large.csv | cut -d, -f2 | sort -u | wc -l)" -eq 9001 ] || fail "a row is there twice"
expect_exit 0 "$HRMPI" data expand val.csv --count 4100 --seed 5 --output some.csv.gz
head -4101 large.csv >head.csv
gzip -dc some.csv.gz | cmp - head.csv || fail "a smaller number gives other puzzles"
expect_exit 0 "$HRMPI" data expand val --count 4100 --seed 5 --output some.h5
expect_exit 0 "$HRMPI" data convert some.h5 some.csv
cmp some.csv head.csv || fail "the compiled form has other puzzles"
expect_exit 0 "$HRMPI" data expand val.csv --count 4100 --seed 6 --output other.csv
cmp -s other.csv head.csv && fail "the seed does not matter"
sed '1p;4000,$!d' head.csv >copies.csv
expect_exit 0 "$HRMPI" data check copies.csv
expect_text "every puzzle is sound"
expect_exit 0 "$HRMPI" data expand val.csv --first 3 --count 7 --output seven.csv
sed -n 2,4p seven.csv >three.csv
cat seven.csv three.csv >repeated.csv
expect_exit 0 "$HRMPI" data expand repeated.csv --count 12 --output twelve.csv
expect_text "warning: 3 rows of repeated.csv that repeat others are left out"
head -8 twelve.csv | cmp - seven.csv || fail "other rows than the repeated ones are left out"
[ "$(sort -u twelve.csv | wc -l)" -eq 13 ] || fail "a row is there twice"

# As many rows as a published file: said, in every action that reads them all.
expect_exit 0 "$HRMPI" data expand easy-300 --count 422786 --output full.h5
expect_exit 0 "$HRMPI" data summarize full.h5
expect_text "as many puzzles as test.csv of the dataset sapientinc/sudoku-extreme" "hash"
expect_exit 0 "$HRMPI" data summarize full.h5 --json
expect_text '"as many as": "test.csv of the dataset sapientinc/sudoku-extreme"'
expect_exit 0 "$HRMPI" data check full.h5 --first 100
refuse_text "as many"
rm full.h5

# A board without givens: its answer solves it, but not alone.
answer=769341852142895367538267194273689541954123678681574923316452789495738216827916435
question=.........142895367538267194273689541954123678681574923316452789495738216827916435
blank=$(printf '%081d' 0)
printf 'source,question,answer,rating\na,%s,%s,0\nb,%s,%s,3\n' "$question" "$answer" "$blank" \
    "$answer" >several.csv
expect_exit 3 "$HRMPI" data check several.csv
expect_text "puzzle 2: several solutions" "1 of 2 puzzles"

# Bad files end with 3 and say where and what to do.
expect_exit 3 "$HRMPI" data check nowhere.csv
expect_text "nowhere.csv" "No such file" "hint"
printf 'a,b\n' >header.csv
expect_exit 3 "$HRMPI" data summarize header.csv
expect_text "header.csv:1" "wanted columns named question" "source,question,answer,rating" "hint"
printf 'source,question,answer,rating\n' >empty.csv
expect_exit 3 "$HRMPI" data convert empty.csv empty.h5
expect_text "empty.csv" "no puzzles"
[ ! -e empty.h5 ] || fail "a file appeared"
printf 'source,question,answer,rating\na,%s,%s,0\n' "$answer" "$question" >wrong.csv
expect_exit 3 "$HRMPI" data check wrong.csv
expect_text "wrong.csv:2" "the answer is blank at position 1"
head -c 5000 val.h5 >short.h5
expect_exit 3 "$HRMPI" data check short.h5
expect_text "short.h5" "truncated" "hint"
head -c 5000 again.csv.gz >short.csv.gz
expect_exit 3 "$HRMPI" data check short.csv.gz
expect_text "short.csv.gz" "truncated or damaged" "hint"

# Generated puzzles: those of generate:, so that a model learns the same from either; a smaller
# number gives the first of them; spaces survive.
same() { # TASK FILE SOURCE OPTIONS..: training on either leaves the same losses
    task=$1 file=$2 source=$3
    shift 3
    for puzzles in "$file" "$source"; do
        rm -rf run
        expect_exit 0 "$HRMPI" train --preset tiny --task "$task" "$@" --puzzles "$puzzles" \
            --steps 3 --log-every 1 --batch 8 --threads 1 --output run
        grep -o '"loss": *[^,]*' run/replica-0/metrics.jsonl >losses.new
        [ "$(wc -l <losses.new)" -ge 3 ] || fail "no losses of $puzzles"
        [ "$puzzles" = "$file" ] && mv losses.new losses.file
    done
    cmp losses.file losses.new || fail "$file and $source train differently"
}
expect_exit 0 "$HRMPI" data generate --task sudoku --side 6 --count 60 --seed 3 --output six.csv
expect_text "six.csv: 60 Sudoku puzzles"
expect_exit 0 "$HRMPI" data generate --side 6 --count 20 --seed 3 --output part.csv.gz
head -21 six.csv >head.csv
gzip -dc part.csv.gz | cmp - head.csv || fail "a smaller number gives other puzzles"
same sudoku six.csv generate:singles:60:3 --side 6
expect_exit 0 "$HRMPI" data generate --task maze --rows 7 --columns 9 --family braid --count 30 \
    --output maze.csv.gz
same maze maze.csv.gz generate:braid:30 --rows 7 --columns 9
expect_exit 2 "$HRMPI" data generate --task maze --family nope --count 5 --output no.csv
expect_text "no family 'nope'" "wilson"
expect_exit 2 "$HRMPI" data generate --count 5 --output no.h5
[ ! -e no.csv ] || fail "a file of a family that there is not"

# A generated set and its file are one, for every task: the same hash, all sound.
hash_of() { # SOURCE OPTIONS..: what summarize and check say
    source=$1
    shift
    expect_exit 0 "$HRMPI" data check "$source" "$@"
    expect_text "every puzzle is sound"
    checked=$(awk '$1 == "hash" { print $2 }' out)
    expect_exit 0 "$HRMPI" data summarize "$source" "$@"
    hash=$(awk '$1 == "hash" { print $2 }' out)
    [ -n "$hash" ] || fail "no hash of $source"
    [ "$hash" = "$checked" ] || fail "hashes of $source: '$hash', '$checked'"
}
one_set() { # FILE GENERATED OPTIONS..
    file=$1 generated=$2
    shift 2
    hash_of "$file" "$@"
    first=$hash
    hash_of "$generated" "$@"
    [ "$first" = "$hash" ] || fail "$file has hash $first, $generated $hash"
}
one_set six.csv generate:singles:60:3 --side 6
one_set maze.csv.gz generate:braid:30 --task maze --rows 7 --columns 9
expect_exit 0 "$HRMPI" data generate --count 12 --family guesses --seed 4 --output nine.csv
one_set nine.csv generate:guesses:12:4
expect_exit 0 "$HRMPI" data generate --count 9 --split test --side 16 --output big.csv
expect_exit 0 "$HRMPI" data summarize big.csv --side 16 --first 5
expect_text "Sudoku puzzles of 16x16" "256"
expect_exit 0 "$HRMPI" data summarize maze.csv.gz --task maze --rows 7 --columns 9 --json \
    --min-rating 9 --max-rating 16
expect_text '"task": "mazes of 7x9"' '"positions": 63' '"smallest":' '"name": "17-32"'

# Faults: a row that is no puzzle, a wrong answer, several answers, repeated rows.
printf 'question,answer,rating\n' >faults.csv
{
    echo '.234341221434321,1234341221434321,0'
    echo '.234341221434321,1234341221434321,0'
    echo '.234341221434321,4234341221434321,0'
    echo '11..............,1234341221434321,0'
    echo '................,1234341221434321,0'
    echo '................,1243342121344312,0'
    echo '123,1234341221434321,0'
} >>faults.csv
expect_exit 3 "$HRMPI" data check faults.csv --side 4
expect_text "line 4: wrong answer: the answer does not solve the question" "line 5: refused" \
    "line 6: several answers" "line 8: refused: the question has 3 characters" "5 of 7"
count() { grep -q "^$1  *$2\$" out || fail "not $2 of '$1'"; }
count puzzles 7
count sound 2
count refused 2
count "wrong answer" 1
count "several answers" 2
count "repeated rows" 1
count "questions with two answers" 1
expect_exit 3 "$HRMPI" data summarize faults.csv --side 4
expect_text "faults.csv:4: the answer does not solve the question"
printf 'question,answer\n"S   G    ","SooGo    "\n"S       G","So  o  oG"\n' >faults.csv
expect_exit 3 "$HRMPI" data check faults.csv --task maze --rows 3 --columns 3 --json
expect_text '"wrong answer": 1' '"several answers": 1' '"sound": 1'

# An option that would do nothing is named.
for ignored in "--task maze --side 6" "--rows 6" "--min-rating 3" "--first 2" "--threads 2" --json; do
    # shellcheck disable=SC2086 # several words
    expect_exit 2 "$HRMPI" data generate --count 5 --output no.csv $ignored
    expect_text "$(echo "$ignored" | grep -o -e '--[a-z-]*' | tail -n 1) would do nothing"
done
expect_exit 2 "$HRMPI" data check six.csv --side 6 --subset 3
expect_text "--subset would do nothing"
expect_exit 2 "$HRMPI" data convert six.csv six.h5 --side 6
expect_text "6x6"
[ -z "$(ls no.csv six.h5 2>/dev/null)" ] || fail "a file after a refusal"

# Wrong usage ends with 2.
expect_exit 2 "$HRMPI" data
expect_text "wanted convert, check, summarize, generate or expand"
expect_exit 2 "$HRMPI" data chek val.csv
expect_text "hrmpi data check"
expect_exit 2 "$HRMPI" data convert val.csv
expect_text "takes 2 files, 1 given"
expect_exit 2 "$HRMPI" data convert val.csv val.txt
expect_text ".csv.gz or .h5"
expect_exit 2 "$HRMPI" data convert val.csv nowhere/val.csv
expect_text "nowhere"
expect_exit 2 "$HRMPI" data summarize val.csv --min-rating 2000000
expect_text "no puzzle has a rating"
expect_exit 2 "$HRMPI" data check val.csv --ratings 3
expect_text "rating"
expect_exit 2 "$HRMPI" data expand val.csv --output x.csv
expect_text "--count" "hint"
expect_exit 2 "$HRMPI" data expand val.csv --count 0 --output x.csv
expect_text "--count" "hint"
expect_exit 2 "$HRMPI" data expand val.csv --count -3 --output x.csv
expect_text "count"
expect_exit 2 "$HRMPI" data expand val.csv --count 10
expect_text "--output" "hint"
expect_exit 2 "$HRMPI" data expand val.csv --count 10 --output x.txt
expect_text ".csv.gz or .h5"
expect_exit 2 "$HRMPI" data expand val.csv --count 10 --output nowhere/x.h5
expect_text "nowhere" "hint"
expect_exit 2 "$HRMPI" data expand val.csv --first 1 --count 362881 --output x.h5
expect_text "at most 362880" "hint"
expect_exit 3 "$HRMPI" data expand header.csv --count 10 --output x.h5
expect_text "header.csv:1" "hint"
expect_exit 3 "$HRMPI" data expand nowhere.csv --count 10 --output x.h5
expect_text "nowhere.csv" "hint"
[ -z "$(find . -name 'x.*')" ] || fail "something appeared"
