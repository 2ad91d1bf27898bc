#!/bin/sh
# Solving single puzzles, and everything that a person can type wrong.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=votes_lib.sh
. "$HRM_SOURCE/tests/jobs/votes_lib.sh"
puzzle=7.....8....2..5....3..6..9..7.6....1...1.3.7.....7.9.....4.2....9..3..1..2..1643.
solved=769341852142895367538267194273689541954123678681574923316452789495738216827916435
good=run/replica-0/step-00000012.h5

expect_exit 5 "$HRMPI" solve --checkpoints run $puzzle --perturbations cyclic:2
expect_text "------+-------+------" "not certified" "sigmoid(q_halt) 0." "rule " "passes gave this answer"
refuse_text "warning"
expect_text "1 of 1 puzzle not solved"
expect_exit 5 "$HRMPI" solve --checkpoints $good --plain $puzzle $puzzle
[ "$(wc -l <out)" -eq 2 ] || fail "a line for each puzzle"
awk 'length($1) != 81 || $2 != "not-certified" || NF != 2 { exit 1 }' out || fail "81 characters a line, and a mark"
cp out wanted
for threads in 1 2 5; do
    expect_exit 5 "$HRMPI" solve --checkpoints $good --plain --threads $threads $puzzle $puzzle
    cmp -s out wanted || fail "the answer depends on the threads"
done
expect_exit 5 "$HRMPI" solve --checkpoints run --last 0 --json --perturbations none $puzzle
expect_text '"passes": 3' '"rule": "' '"certified": false' '"solutions": "one"' "\"question\": \"$puzzle\""
expect_exit 5 "$HRMPI" solve --checkpoints $good --trace --segments 3 --perturbations none $puzzle
[ "$(grep -c 'puzzle 1   segment' out)" -eq 3 ] || fail "a grid for each segment"

# The model that comes with the program, by its name and without one: a puzzle that needs no guess, and
# Inkala's of 2012.
easy=$(gzip -dc "$HRM_SOURCE/jobs/data/easy-300.csv.gz" | sed -n '2p' | cut -d, -f2)
expect_exit 0 "$HRMPI" solve "$easy"
expect_text "certified: the question is kept and no rule is broken"
expect_exit 0 "$HRMPI" solve --checkpoints mixing --plain "$easy"
# What the first pass solves takes no other, and no other checkpoint, alone or among many.
expect_exit 0 "$HRMPI" solve --json "$easy"
expect_text '"passes": 1,'
expect_exit 0 "$HRMPI" solve "$easy" "$easy"
[ "$(grep -c '1 of 1 pass gave this answer' out)" -eq 2 ] || fail "one pass for each"
expect_exit 0 "$HRMPI" solve 8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..
expect_text "certified: the question is kept and no rule is broken"
expect_exit 3 "$HRMPI" solve --checkpoints mixin --plain "$easy"
expect_text "checkpoint mixin: No such file" "hint"

# Puzzles from files: a text, a CSV, the standard input. More forms in test_solve_files.sh.
printf '# two puzzles\n%s\n\n%s\n' $puzzle $solved >puzzles.txt
expect_exit 5 "$HRMPI" solve --checkpoints $good --plain --file puzzles.txt
[ "$(wc -l <out)" -eq 2 ] || fail "two puzzles in the file"
expect_text "2 puzzles read from puzzles.txt"
printf 'source,question,answer,rating\nx,%s,%s,12\n' $puzzle $solved >puzzles.csv
expect_exit 5 "$HRMPI" solve --checkpoints $good --plain --file puzzles.csv
head -1 wanted >one
cmp -s out one || fail "the CSV gives another answer"
code=0
"$HRMPI" solve --checkpoints $good --plain - <puzzles.csv >out 2>err || code=$?
[ $code -eq 5 ] || fail "standard input"
cmp -s out one || fail "the standard input gives another answer"

# Not exactly one solution: said at once, and no model is run unless asked.
none=77$(printf '%079d' 0)
several=$(printf '%081d' 0)
expect_exit 5 "$HRMPI" solve --checkpoints none.h5 "$none" "$several"
expect_text "warning: puzzle 1 has no solution: the model is not run" "not run: the puzzle has no solution" \
    "warning: puzzle 2 has 1000 or more solutions" "2 of 2 puzzles not solved"
refuse_text "sigmoid(q_halt)" "certified:"
expect_exit 5 "$HRMPI" solve --plain "$none" "$easy" "$several"
[ "$(cut -d' ' -f2 out | tr '\n' ' ')" = "no-solution $(sed -n 2p out) several-solutions " ] || fail "other marks"
expect_exit 5 "$HRMPI" solve --json "$none"
expect_text '"solutions": "none"' '"grid": null' '"sigmoid_q_halt": null' '"certified": false'
expect_exit 5 "$HRMPI" solve --checkpoints $good --segments 2 --anyway "$none"
expect_text "not certified" "the puzzle has no solution" "passes gave this answer" "what follows is wrong"
refuse_text "sigmoid(q_halt)"
expect_exit 5 "$HRMPI" solve --checkpoints $good --segments 2 --anyway --json "$none"
expect_text '"sigmoid_q_halt": null' '"rule"'
expect_exit 0 "$HRMPI" --help
expect_text "5 a puzzle not solved"
expect_exit 0 "$HRMPI" solve --help
expect_text "Code 5"

# Passes of an evaluation, each run again alone: the same to the bit, whatever the perturbation.
for perturbations in cyclic:4 'digits:2*init:2:0.5*noise:2:0.1' symmetry:3; do
    expect_exit 0 run_mpi 2 eval run --last 2 --puzzles val --first 21 --segments 2 --block 8 \
        --perturbations "$perturbations" --leave certified --seed 9 --threads 1 --overwrite --output votes.h5
    for pass in 17 0,1,20 1,2,3 1,0,16; do
        expect_exit 0 "$HRMPI" solve --pass votes.h5:$pass
        expect_text "equal to the stored pass, bit for bit"
        refuse_text "not equal"
    done
done
expect_text "pass 79 of votes.h5" "run/replica-0/step-00000012.h5, step 12, seed 0, replica 0" \
    "perturbation 0: identity" "puzzle       16:" "halted" "q_halt" "segments" "bit for bit"
expect_exit 0 "$HRMPI" solve --pass votes.h5:1,2,16 --json
expect_text '"equal": true' '"pass": 121' '"name": "symmetry:2"'
expect_exit 0 "$HRMPI" solve --pass votes.h5:1,2,16 --plain --trace
[ "$(grep -c segment out)" -eq 2 ] || fail "a grid for each segment"
# The weights are found by their hash, and other weights are refused.
expect_exit 0 "$HRMPI" solve --pass votes.h5:1,2,16 --checkpoints run --last 0
mv run moved
expect_exit 3 "$HRMPI" solve --pass votes.h5:3
expect_text "run/replica-0/step-00000008.h5" "hint:" "--checkpoints"
expect_exit 0 "$HRMPI" solve --pass votes.h5:3 --checkpoints moved --last 0
expect_exit 3 "$HRMPI" solve --pass votes.h5:3 --checkpoints moved --last 1
expect_text "other weights" "step 8 of seed 0" "hint:"
mv moved run
# Several runs of several replicas: the votes know the seed of each.
expect_exit 0 run_mpi 2 train --preset tiny --output runs/b --steps 4 --replicas 2 --seed 7 --threads 1
cp -r run runs/a
expect_exit 0 run_mpi 1 eval runs --last 1 --puzzles val --first 9 --segments 1 --perturbations none \
    --threads 1 --output runs.h5
expect_exit 0 "$HRMPI" solve --pass runs.h5:0,0,0
expect_text "runs/a/replica-0/step-00000012.h5, step 12, seed 0, replica 0" "bit for bit"
expect_exit 0 "$HRMPI" solve --pass runs.h5:2,0,8
expect_text "runs/b/replica-1/step-00000004.h5, step 4, seed 8, replica 1" "bit for bit"
# On another backend a pass may differ, which is told and no failure.
expect_exit 0 "$HRMPI" solve --pass votes.h5:3 --backend ref
expect_text "backend ref; the votes are of"

expect_bad() {
    expect_bad_code=$1
    expect_bad_text=$2
    shift 2
    expect_exit "$expect_bad_code" "$HRMPI" solve "$@"
    expect_text "hrmpi: error:" "hint:" "$expect_bad_text"
}
printf '%s\n123\n' $puzzle >short.txt
: >empty.txt
head -c 3000 $good >truncated.h5
expect_bad 2 "no puzzle was given" --checkpoints $good
expect_bad 3 "wanted 81" --checkpoints $good 12345
expect_bad 3 "character 'q' at position 1" --checkpoints $good "q$(printf '%080d' 0)"
expect_bad 3 "short.txt" --checkpoints $good short.txt
expect_text "name it with --file"
expect_bad 3 "none.txt" --checkpoints $good --file none.txt
expect_bad 3 "short.txt:2" --checkpoints $good --file short.txt
expect_bad 3 "empty.txt has no puzzles" --checkpoints $good --file empty.txt
expect_bad 3 "none.h5: No such file" --checkpoints none.h5 $puzzle
expect_bad 3 "truncated.h5" --checkpoints truncated.h5 $puzzle
expect_bad 2 "model.hidden" --checkpoints run,other $puzzle
expect_bad 2 "perturbation" --checkpoints $good --perturbations spin:3 $puzzle
expect_bad 2 "there is no backend" --checkpoints $good --backend gpu $puzzle
expect_bad 2 "no such pass" --pass votes.h5:126
expect_text "2 checkpoints x 3 perturbations x 21 puzzles: passes 0 to 125"
expect_bad 2 "no such pass" --pass votes.h5:2,0,0
expect_bad 2 "no such pass" --pass votes.h5:0,3,0
expect_bad 2 "no such pass" --pass votes.h5:0,0,21
for name in votes.h5 votes.h5: votes.h5:x votes.h5:-1 votes.h5:1,2 votes.h5:1,2,3,4 votes.h5:99999999999999999999; do
    expect_bad 2 "wanted a votes file, a colon and a pass" --pass $name
done
expect_bad 3 "none.h5" --pass none.h5:1
expect_bad 3 "schema" --pass $good:1
expect_bad 3 "not an HDF5 file" --pass puzzles.txt:1
expect_bad 2 "takes its puzzle from the votes file" --pass votes.h5:1 $puzzle
expect_bad 2 "there is no backend" --pass votes.h5:1 --backend gpu
