#!/bin/sh
# What the puzzles decide of a model is not free, and a range in the help is the true one.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# train ARGUMENT...: two steps of the smallest model, without a launcher.
train() {
    "$HRMPI" train --preset tiny --steps 2 "$@"
}

# train says no, names the key, and nothing is left behind.
while read -r key option value needed; do
    expect_exit 2 train --output refused "--$option" "$value"
    expect_text "model.$key is $value, but Sudoku puzzles need $needed" "take model.$key = $needed"
    [ ! -e refused ] || fail "a folder was made"
done <<EOF
cells cells 16 81
cells cells 80 81
cells cells 100 81
vocab vocab 5 11
vocab vocab 10 11
vocab vocab 12 11
puzzle_ids puzzle-ids 2 1
EOF
expect_every 2 2 train --preset tiny --steps 2 --output refused --vocab 5
expect_text "model.vocab is 5"
printf '[model]\ncells = 16\nangles = grid\n' >grid.ini
expect_exit 2 train --config grid.ini --output refused
expect_text "model.cells is 16"

# The ends of ranges: a model comes out that can be evaluated.
trained=0
while read -r backend arguments; do
    trained=$((trained + 1))
    # shellcheck disable=SC2086 # a list of arguments
    expect_exit 0 train --output "end$trained" --backend "$backend" $arguments
    expect_exit 0 "$HRMPI" eval "end$trained" --last 1 --puzzles val --first 4 --threads 1 \
        --backend "$backend" --perturbations none --segments 2 --output "end$trained.h5"
done <<EOF
auto --expansion 0.01
blas --hidden 2 --heads 1 --puzzle-emb 0 --expansion 0.01
ref --hidden 2 --heads 1 --puzzle-emb 33
auto --heads 16 --angles grid
auto --h-cycles 1 --l-cycles 1 --halt-max-steps 1 --halt-exploration 1 --rope-theta 1 --rms-eps 1
auto --beta1 0 --beta2 0 --ema 0.999999 --warmup 0
auto --optimizer muon --momentum 0.9999 --lr-min-ratio 0
EOF

# An average that never takes anything new trains nothing.
for key in ema beta1 beta2; do
    expect_exit 2 train --output refused "--$key" 1
    expect_text "1 is out of range: key '$key'" "allowed is 0 to 0.999999"
done

# Seeds that pass the largest number.
expect_every 2 2 train --preset tiny --steps 2 --output refused --replicas 2 \
    --seed 9223372036854775807
expect_text "the seeds of 2 replicas pass 9223372036854775807" "at most 9223372036854775806"
expect_exit 0 train --output seeds --seed 9223372036854775807
expect_exit 2 train --output refused --seed 9223372036854775808
expect_text "not a number of 64 bits" "seed"
[ ! -e refused ] || fail "a folder was made"

# Threads that nobody has.
OMP_NUM_THREADS=999999999999 expect_every 2 2 train --preset tiny --output refused --threads 0
expect_text "OMP_NUM_THREADS is '999999999999', which is no number from 1 to 1024"
OMP_NUM_THREADS=3,2 expect_exit 0 train --output three --threads 0
expect_text "1 rank x 3 threads"
OMP_NUM_THREADS=999999999999 expect_exit 0 train --output one --threads 1
for command in "train --preset tiny" "eval three" "solve" "bench" "data check val"; do
    # shellcheck disable=SC2086 # a subcommand and its arguments
    expect_exit 2 "$HRMPI" $command --threads 1025
    expect_text "1025 is out of range: key 'threads'"
done
