#!/bin/sh
# Every task goes through the same commands, with the same votes on 1 and 3 ranks; what does not
# fit together is refused on every rank, and nothing is written.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# The published model's speed, so that no plan measures it.
cat >bench.json <<'END'
{"threads": 2, "models": [
 {"hidden": 512, "heads": 8, "inner": 1536, "h_layers": 4, "l_layers": 4, "h_cycles": 2,
  "l_cycles": 2, "rows": 82, "evaluation": {"puzzles": 20, "seconds": 0.1}}]}
END

# learn FOLDER RANKS PRESET OPTION...: three steps of a small model.
learn() {
    folder=$1 ranks=$2
    shift 2
    expect_exit 0 run_mpi "$ranks" train --preset "$@" --hidden 16 --heads 4 --steps 3 --batch 8 \
        --shards 4 --threads 1 --puzzles generate:20 --output "$folder"
}

# votes FOLDER RANKS: of its model on six generated puzzles, in FOLDER-RANKS.h5 and .csv.
votes() {
    expect_exit 0 run_mpi "$2" eval "$1" --puzzles generate:6 --segments 2 --block 2 --threads 1 \
        --perturbations auto --output "$1-$2.h5"
    expect_exit 0 run_mpi "$2" vote "$1-$2.h5" --all --dump "$1-$2.csv"
    expect_text "single" "valid-first" "$3"
}

# whole NAME PUZZLE DEFECTS OPTION...: the task NAME from training to a picture.
whole() {
    name=$1 puzzle=$2 defects=$3
    shift 3
    learn "$name" 1 "$@"
    learn "$name-3" 3 "$@"
    votes "$name" 1 "$defects"
    votes "$name" 3 "$defects"
    votes "$name-3" 1 "$defects"
    [ "$(wc -l <"$name-1.csv")" -gt 12 ] || fail "no passes of $name"
    cmp -s "$name-1.csv" "$name-3.csv" || fail "$name: other votes on three ranks"
    cmp -s "$name-1.csv" "$name-3-1.csv" || fail "$name: other weights on three ranks"
    "$HRMPI" solve --checkpoints "$name" --segments 2 --plain "$puzzle" >solved 2>>err ||
        [ $? -eq 5 ] || fail "solve does not know $name"
    [ "$(head -c ${#puzzle} solved | wc -c)" -eq ${#puzzle} ] || fail "no answer of $name"
    expect_exit 0 "$HRMPI" plot "$name" --output "$name.svg"
    [ -s "$name.svg" ] || fail "no picture of $name"
    expect_exit 0 "$HRMPI" plan "$name" --puzzles generate:6 --segments 2 --measure 0.01 --simulate 1 \
        --bench bench.json
    expect_text "6 puzzles" "bottleneck"
}
nine=.................................................................................
whole four .234341221434321 "repeated digits" sudoku4
whole six .3....2.....4....6...2.1..6.....15.4 "repeated digits" sudoku6
whole five "S#     #  # #  #     # #G" "wrong cells" maze9 --rows 5 --columns 5
whole wide "S#        # # G" "wrong cells" maze9 --rows 3 --columns 5
expect_exit 0 "$HRMPI" plan --preset maze9 --puzzles generate:6 --measure 0.01 --simulate 1 \
    --bench bench.json
expect_text "6 puzzles"

# All files and what is in them, but those of this test.
files() {
    find . -type f ! -name out ! -name err ! -name before ! -name after ! -path './codes/*' \
        -exec cksum {} + | sort
}

# refused CODE TEXT ARGUMENT...: on 1 and 3 ranks, and no file is made or changed.
refused() {
    code=$1 text=$2
    shift 2
    files >before
    for ranks in 1 3; do
        expect_every "$code" "$ranks" "$@"
        expect_text "$text"
        refuse_text "set the side"
    done
    files >after
    cmp -s before after || fail "$(diff before after): written though refused: $*"
}
expect_exit 0 "$HRMPI" data generate --side 6 --count 3 --output six.csv
expect_exit 0 "$HRMPI" data generate --side 4 --count 3 --output bad.csv
echo 'generated,1111............,1234341221434321,0' >>bad.csv

# Two tasks or two sizes in one evaluation or vote.
refused 2 "four/replica-0/step-00000003.h5" eval four six --puzzles generate:3 --output x.h5
refused 2 "four/replica-0/step-00000003.h5" eval four five --puzzles generate:3 --output x.h5
refused 2 "five/replica-0/step-00000003.h5" eval five wide --puzzles generate:3 --output x.h5
refused 3 "sudoku (side = 4) and sudoku (side = 6)" vote four-1.h5 six-1.h5 --output x.txt
refused 3 "sudoku (side = 4) and maze" vote four-1.h5 five-1.h5 --output x.txt
refused 3 "columns = 5" vote five-1.h5 wide-1.h5 --output x.txt
# A votes file of another task, and a run of another.
refused 2 "four-1.h5 holds another evaluation" eval six --puzzles generate:6 --segments 2 --block 2 \
    --output four-1.h5
refused 2 "four" train --preset maze9 --rows 5 --columns 5 --hidden 16 --heads 4 --steps 3 \
    --batch 8 --shards 4 --puzzles generate:20 --output four
refused 3 "six.csv:2: the checkpoint answers Sudoku puzzles of 4x4, of 16 characters, and the question has 36" \
    eval four --puzzles six.csv --output x.h5
refused 3 "six.csv:2: the checkpoint answers mazes of 5x5" eval five --puzzles six.csv --output x.h5
refused 3 "six.csv:2: a board has 36 characters, wanted 81" eval mixing --puzzles six.csv --output x.h5
refused 3 "the checkpoint answers Sudoku puzzles of 4x4, of 16 characters, and the question has 36" \
    plan four --puzzles six.csv
# An item that the task refuses.
refused 3 "bad.csv:5: the answer does not solve the question" eval four --puzzles bad.csv --output x.h5
refused 3 "bad.csv:5: the answer does not solve the question" train --preset sudoku4 --batch 8 --shards 4 \
    --puzzles bad.csv --output x --steps 2
# Tasks, sizes and families that there are not.
refused 2 "there is no task 'chess'" train --preset sudoku4 --batch 8 --shards 4 \
    --task chess --output x --steps 2
refused 2 "there is no Sudoku of side 5" train --preset sudoku4 --batch 8 --shards 4 \
    --set sudoku.side=5 --output x --steps 2
refused 2 "rows" train --preset maze9 --batch 8 --shards 4 --rows 2 --output x --steps 2
refused 2 "'generate:nope:3' asks for no generated items" train --preset sudoku4 --batch 8 --shards 4 \
    --puzzles generate:nope:3 --output x --steps 2
refused 2 "'generate:nope:3' asks for no generated items" eval four --puzzles generate:nope:3 \
    --output x.h5
refused 2 "there is no task 'chess'" plan --preset sudoku4 --task chess
for argument in .23434122143432 "$nine"; do
    expect_exit 3 "$HRMPI" solve --checkpoints four "$argument"
    expect_text "the checkpoint answers Sudoku puzzles of 4x4, of 16 characters, and the question has"
    refuse_text "set the side"
done
expect_exit 3 "$HRMPI" solve --checkpoints four --file six.csv
expect_text "six.csv:2: the checkpoint answers Sudoku puzzles of 4x4"
expect_exit 2 "$HRMPI" solve --checkpoints four,six .234341221434321
expect_text "four/replica-0/step-00000003.h5"
expect_exit 2 "$HRMPI" data generate --side 7 --count 3 --output x.csv
expect_exit 2 "$HRMPI" data generate --family nope --count 3 --output x.csv
[ -z "$(find . -name 'x*')" ] || fail "something was written"
