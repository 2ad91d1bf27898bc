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
expect_text "header.csv:1" "wanted 'source,question,answer,rating'" "hint"
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

# Wrong usage ends with 2.
expect_exit 2 "$HRMPI" data
expect_text "wanted convert, check or summarize"
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
