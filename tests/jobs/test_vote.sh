#!/bin/sh
# Counting votes: rules, the published table, seeds, formats, ranks, and clear errors.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=votes_lib.sh
. "$HRM_SOURCE/tests/jobs/votes_lib.sh"
make_votes="$(dirname "$HRMPI")/tests/make_votes"
expect_exit 0 evaluate 2 votes.h5

# A screen gets a summary: what was counted, rules, cost, and how to see more.
expect_exit 0 "$HRMPI" vote votes.h5
expect_text "2 checkpoints x 3 perturbations (cyclic:3) x 70 puzzles" "95% interval" \
    "single" "plurality" "halted-vote" "q-weighted" "valid-first" "any" "passes and" "--all"
refuse_text "% by rating" "baseline" "halting head" "not told whether"
[ "$(wc -l <out)" -le 14 ] || fail "the summary is long"
awk 'length > 100 { exit 1 }' out || fail "the summary is wider than 100 columns"
# Seventy puzzles bear no decimals.
grep -Eq '^  (single|plurality) +[0-9]+   [0-9]+ - [0-9]+ ' out || fail "decimals of 70 puzzles"
cp out summary
# Everything with --all, and in a file.
expect_exit 0 "$HRMPI" vote votes.h5 --all
expect_text "% by rating" "halting head" "single" "plurality" "halted-vote" "q-weighted" \
    "valid-first" "published" "any" "baseline: 1 checkpoint" "right by number of passes"
refuse_text "not told whether"
cp out everything
expect_exit 0 "$HRMPI" vote votes.h5 --output report.txt
cmp -s report.txt everything || fail "a file does not get everything"
expect_exit 0 "$HRMPI" vote votes.h5 --table
expect_text "the paper's" "right by number of passes"
refuse_text "% by rating"
expect_exit 0 "$HRMPI" vote votes.h5 --checkpoints last --perturbations 0-1 --all
expect_text "relabel: 1 checkpoint x 2 perturbations" "of 140 passes halted"
expect_exit 0 "$HRMPI" vote votes.h5 --confidence 0.99
expect_text "99% interval"

# The first puzzles alone count as if no others had been run.
expect_exit 0 evaluate 1 few.h5 --first 41
for file in few votes; do
    expect_exit 0 "$HRMPI" vote $file.h5 --first 41 --format csv
    cp out $file.csv
done
cmp -s few.csv votes.csv || fail "the first puzzles"
expect_exit 2 "$HRMPI" vote votes.h5 --first 71
expect_text "votes.h5 has 70 puzzles, not 71"

# The table: what was not trained is missing and not left out.
expect_exit 0 "$HRMPI" vote votes.h5 --all
expect_text "baseline: 1 checkpoint x 1 perturbation, mean of 2" \
    "bootstrap: 2 checkpoints x 1 perturbation" \
    "relabel: 1 checkpoint x 3 perturbations, mean of 2" \
    "bootstrap + relabel: 2 checkpoints x 3 perturbations"
grep -q '^  mixing + relabel *missing: no checkpoint was trained with mixing' out || fail "missing"
expect_exit 0 "$HRMPI" train --preset tiny --mixing --output mixed --steps 2 --threads 1
expect_exit 0 "$HRMPI" eval mixed --puzzles test --first 70 --segments 3 --perturbations cyclic:3 \
    --output mixed.h5
expect_exit 0 "$HRMPI" vote votes.h5 mixed.h5 --table
# Two trainings also vote together: in the table, and by passes in the order in which they are run.
grep -q '^  all passes  *9 ' out || fail "no row of both trainings"
expect_text "right by number of passes, newest checkpoint first, both trainings"
expect_exit 0 "$HRMPI" vote votes.h5 mixed.h5 --table --format csv
awk -F, '$1 == "passes" && $3 == "" && $11 == "plurality" && $13 == "all" { print $9 }' out | tr '\n' ' ' >by
[ "$(cat by)" = "1 3 6 9 " ] || fail "passes of both trainings: $(cat by)"
expect_exit 0 "$HRMPI" vote votes.h5 mixed.h5 --all
expect_text "3 checkpoints x 3 perturbations" "mixing + relabel: 1 checkpoint x 3 perturbations" \
    "missing: there is one checkpoint only"

# Rows have the names of what was perturbed, and answer to the paper's as well.
expect_exit 0 evaluate 1 states.h5 --perturbations init:2
expect_exit 0 "$HRMPI" vote states.h5 --all
expect_text "bootstrap + initial states: 2 checkpoints x 2 perturbations"
refuse_text "relabel"
# The paper's figure stands beside what the paper did.
grep -q '^  bootstrap .* 64\.7$' out || fail "no figure of the paper"
grep -q '^  initial states .* -$' out || fail "a figure of relabelled puzzles"
for name in "initial states" relabel; do
    expect_exit 0 "$HRMPI" vote states.h5 --compare "bootstrap + $name/bootstrap" --dump states.csv
    expect_text "first  bootstrap + $name: 2 checkpoints x 2 perturbations"
    [ "$(wc -l <states.csv)" = 281 ] || fail "passes beside a comparison"
done

# Four seeds and two trainings, in files with blocks of different sizes.
for seed in 0 1 2; do
    expect_exit 0 "$make_votes" s$seed.h5 seed=$seed puzzles=300 block=$((16 + seed))
done
expect_exit 0 "$make_votes" mixed-7.h5 seed=7 mixing=1 puzzles=300 skill=75
expect_exit 0 "$HRMPI" vote s?.h5 mixed-7.h5
expect_text "3 runs trained without mixing, the last checkpoint of each: mean of" "t interval"
expect_exit 0 "$HRMPI" vote s?.h5 mixed-7.h5 --all
expect_text "4 files: 12 checkpoints" "mean of 3 runs, last step" "95% t interval" "ensemble of the 3" \
    "trained with mixing: 1 run" "mixing + bootstrap + relabel: 3 checkpoints x 9 perturbations"
refuse_text "missing:"

# Two seeds have a mean and a deviation; an interval of theirs would say nothing.
expect_exit 0 "$HRMPI" vote s0.h5 s1.h5 --all
expect_text "standard deviation" "no interval: 2 runs are too few"
refuse_text "t interval"
expect_exit 0 "$HRMPI" vote s0.h5 s1.h5 --format csv
awk -F, '$1 == "last" && !($19 != "" && $20 == "" && $21 == "") { exit 1 }' out || fail "two seeds"

# The same on any number of ranks.
for format in text json csv; do
    all=$([ $format != text ] || echo --all)
    # shellcheck disable=SC2086
    expect_exit 0 "$HRMPI" vote s?.h5 mixed-7.h5 --table --format $format $all
    cp out wanted
    more=$([ $format != json ] || echo 2 3 4)
    for ranks in $more; do
        expect_exit 0 run_mpi "$ranks" vote s?.h5 mixed-7.h5 --table --format $format
        cmp -s out wanted || fail "$format differs on $ranks ranks"
    done
    expect_exit 0 run_mpi 2 vote s?.h5 mixed-7.h5 --table --format $format --output table.$format
    cmp -s table.$format wanted || fail "$format differs in a file"
done
awk -F, 'NF != 21 { exit 1 }' table.csv || fail "columns of CSV"
awk -F, 'NR > 1 && $13 == "all" && $14 != 300 { exit 1 }' table.csv || fail "n is not 300"
awk -F, 'NR > 1 && $20 != "" && ($20 > $18 || $21 < $18) { exit 1 }' table.csv ||
    fail "a share is outside"
# 8 configurations, all passes, 12 checkpoints, 4 runs, 3 seeds together, and three curves of 1, 2,
# 4, 9, 18, .. passes to 81, to 27 and, of both trainings, to 108, each with 7 rules and 8 lines of ratings.
rows=$(awk -F, 'NR > 1 && $19 == "" && $20 != "" && $13 == "0"' table.csv | wc -l)
[ "$rows" -eq $((7 * (8 + 1 + 12 + 4 + 1 + 8 + 6 + 8))) ] || fail "$rows rows of CSV"
# Mean, standard deviation and t interval (4.302653 of 2 degrees of freedom) of the last steps.
awk -F, '$1 == "checkpoint" && $3 == "plain" && $6 == 300 && $13 == "all" {
        n[$11]++; sum[$11] += $18; square[$11] += $18 * $18 }
    $1 == "last" && $3 == "plain" { mean[$11] = $18; sd[$11] = $19; low[$11] = $20; high[$11] = $21 }
    function differs(a, b) { return a - b > 2e-6 || b - a > 2e-6 }
    END {
        for (rule in n) {
            m = sum[rule] / 3
            s = sqrt((square[rule] - 3 * m * m) / 2)
            if (n[rule] != 3 || differs(m, mean[rule]) || differs(s, sd[rule]) ||
                differs(m - 4.302653 * s / sqrt(3), low[rule]) ||
                differs(m + 4.302653 * s / sqrt(3), high[rule])) exit 1
            rules++
        }
        exit rules != 7
    }' table.csv || fail "the mean over seeds is wrong"
if command -v python3 >/dev/null; then
    python3 -c 'import json; t = json.load(open("table.json")); c = t["configurations"]
assert len(c) == 8 and not any("missing" in r for r in c)
assert all(r["rules"][k]["n"] == 300 for r in c for k in r["rules"])
assert sum(c[7]["passes"].values()) == 9 * 9 * 300 and c[7]["segments"] == 9 * 9 * 300 * 16
assert [s["step"] for s in t["sweeps"][0]["by_step"]] == [100, 200, 300]
assert [p["passes_of_a_vote"] for p in t["sweeps"][1]["by_passes"]] == [1, 2, 4, 9, 18, 27]' ||
        fail "the JSON is wrong"
fi

# The paper's protocol: 16 segments, nine cyclic relabellings, several checkpoints. Its rule, and
# what is right at all, once more from the stored passes: in awk from the dump, and in Python from
# the file.
expect_exit 0 "$make_votes" paper.h5 checkpoints=5 perturbations=9 segments=16 puzzles=500 skill=45
expect_exit 0 "$HRMPI" vote paper.h5 --table --dump passes.csv --format csv
cp out table.csv
right() { # NAME RULE: right answers of a configuration, over the votes that it is the mean of
    awk -F, -v name="$1" -v rule="$2" \
        '$1 == "configuration" && $2 == name && $11 == rule && $13 == "all" { print $17 }' table.csv
}
[ "$(wc -l <passes.csv)" -eq $((5 * 9 * 500 + 1)) ] || fail "lines of the dump"
awk -F, '
    function finish(   c, solved) {
        for (c = 0; c < 5; c++) {
            each += 2 * right[c] > halted[c]
            solved = solved || 2 * right[c] > halted[c]
        }
        all += solved
        any += seen
        split("", halted)
        split("", right)
        seen = 0
    }
    NR == 1 { next }
    NR > 2 && $1 != puzzle { finish() }
    { puzzle = $1
      same = ($12 "") == ($11 "") # as texts, not as numbers
      halted[$2] += $7; right[$2] += $7 && same; seen = seen || same; plain += $3 == 0 && same }
    END { finish(); print each, all, any, plain }' passes.csv >recomputed
counted="$(right relabel published) $(right "bootstrap + relabel" published)"
counted="$counted $(right "bootstrap + relabel" any) $(right baseline single)"
[ "$(cat recomputed)" = "$counted" ] || fail "counted $counted, recomputed $(cat recomputed)"
awk '{ exit !($1 > 0 && $1 < 2500 && $2 > $1 / 5 && $2 < $3 && $3 <= 500) }' recomputed ||
    fail "the rules are not told apart"
if python3 -c 'import h5py' 2>err; then
    python3 -c 'import h5py, numpy
f = h5py.File("paper.h5")
passes = f["passes"][:]
same, halted = (passes["answer"] == f["answer"][:]).all(axis=3), passes["flags"] & 1
assert (same == (passes["flags"] >> 1 & 1)).all() and (same == (passes["matches"] == 81)).all()
solved = 2 * (same & halted).sum(axis=1) > halted.sum(axis=1)
print(solved.sum(), solved.any(axis=0).sum())' >from_file || fail "reading the file with Python"
    [ "$(cat from_file)" = "$(cut -d ' ' -f 1,2 recomputed)" ] || fail "the dump is not the file"
fi

# Passes that were not run once a puzzle was certified are not missed by valid-first, nor by a part
# of the passes that has what it needs; every other figure is missing.
expect_exit 0 "$make_votes" full.h5 checkpoints=2 perturbations=3 puzzles=300
expect_exit 0 "$make_votes" stopped.h5 checkpoints=2 perturbations=3 puzzles=300 stop=1
expect_exit 0 "$HRMPI" vote full.h5
grep 'valid-first  ' out >wanted
expect_exit 0 "$HRMPI" vote stopped.h5
expect_text "passes were not run"
refuse_text "plurality  "
grep 'valid-first  ' out | cmp -s - wanted || fail "valid-first has changed in the summary"
expect_exit 0 "$HRMPI" vote full.h5 --all
sed -n '/^bootstrap + relabel: /,/halting head/p' out | grep 'valid-first  ' >wanted
expect_exit 0 "$HRMPI" vote stopped.h5 --all
expect_text "passes were not run"
sed -n '/^bootstrap + relabel: /,/halting head/p' out | grep 'valid-first  ' | cmp -s - wanted || fail "valid-first has changed"
refuse_text "plurality  "
grep -q '^ *0 *0 *100 *[0-9.]* *[0-9.]* *[0-9.]* *seed-0' out || fail "the first checkpoint"
! grep -q 'passes .*halted-vote' out || fail "a column without a figure"
grep -q '^  % by rating .* 64+' out || fail "no ratings"
grep -q '^ *1 *0 *200 *- *- *- *seed-0' out || fail "a part of the passes was counted"
# Bands without a puzzle have no column.
expect_exit 0 "$HRMPI" vote full.h5 --first 1 --all
grep -q '^  n  *1$' out || fail "bands without a puzzle"

# Two votes against each other.
expect_exit 0 run_mpi 2 vote paper.h5 --compare "bootstrap + relabel/1:0" --format csv
cp out compared.csv
awk -F, '$3 == "published" && $5 == 500 && $6 == $8 + $9 && $7 == $8 + $10 && $9 > $10 &&
    $8 + $9 + $10 + $11 == 500 && $12 < 0.05 && $13 <= $12 { print $6 }' compared.csv >first
[ "$(cat first)" = "$(right "bootstrap + relabel" published)" ] || fail "the comparison is wrong"
expect_exit 0 "$HRMPI" vote paper.h5 --compare 0:0/1:0
expect_text "single" "McNemar"
expect_exit 0 "$HRMPI" vote paper.h5 --compare last/0-1:0-2 --format json
refuse_text '"single"'

head -c 3000 votes.h5 >truncated.h5
echo "no HDF5 at all" >foreign.h5
cp votes.h5 damaged.h5
size=$(wc -c <votes.h5)
printf 'x' | dd of=damaged.h5 bs=1 seek=$((size - 2 * 3 * 5 * 8 - 10)) conv=notrunc 2>err
"$make_votes" fewer.h5 seed=3 puzzles=299
"$make_votes" others.h5 seed=3 puzzles=300 data=1
"$make_votes" unperturbed.h5 seed=3 puzzles=300 perturbations=1
expect_bad() {
    expect_bad_code=$1
    expect_bad_text=$2
    shift 2
    expect_exit "$expect_bad_code" timeout 900 "${HRM_MPIEXEC:-mpiexec}" -n 2 "$HRMPI" vote "$@"
    expect_text "hrmpi: error:" "hint:" "$expect_bad_text"
    [ "$(grep -c 'hrmpi: error:' err)" -eq 1 ] || fail "the error is not told once"
}
expect_alone() { # the same without mpiexec, which takes longer to start
    expect_bad_text=$2
    expect_bad_code=$1
    shift 2
    expect_exit "$expect_bad_code" timeout 900 "$HRMPI" vote "$@"
    expect_text "hrmpi: error:" "hint:" "$expect_bad_text"
}
expect_bad 2 "no votes file was given"
expect_alone 2 "are part of it" states.h5 --table --compare 0:0/0:1
expect_alone 2 "votes.h5 and votes.h5 hold the same evaluation" votes.h5 votes.h5
expect_alone 3 "s0.h5 and fewer.h5 hold other puzzles" s0.h5 s1.h5 fewer.h5
expect_bad 3 "s0.h5 and others.h5 hold other puzzles" s0.h5 others.h5
expect_bad 3 "s0.h5 and unperturbed.h5 have other perturbations" s0.h5 unperturbed.h5
expect_bad 3 "none.h5: cannot open" s0.h5 none.h5
expect_alone 3 "truncated.h5: truncated" truncated.h5
expect_alone 3 "not an HDF5 file" foreign.h5
expect_alone 3 "schema is 'hrmpi-checkpoint', wanted 'hrmpi-votes'" run/replica-0/step-00000012.h5
expect_bad 3 "the votes are damaged" damaged.h5
expect_bad 2 "no checkpoint of 0 to 1" votes.h5 --checkpoints 2
expect_alone 2 "no perturbation of 0 to 2" votes.h5 --perturbations 1-9
expect_alone 2 "choices are text|json|csv" votes.h5 --format xml
expect_bad 2 "none/table.txt" votes.h5 --output none/table.txt
expect_bad 2 "none/passes.csv" votes.h5 --dump none/passes.csv
expect_alone 2 "does not name two subsets" votes.h5 --compare 0
expect_alone 2 "no checkpoint of 0 to 1" votes.h5 --compare 0/2
expect_alone 2 "'relabel' is the mean over 2 checkpoints" votes.h5 --compare relabel/0
expect_alone 2 "'mixing': no checkpoint was trained with mixing" votes.h5 --compare mixing/0

# A file of an older program, and the same passes in a new one: the same report, also together.
older=$HRM_SOURCE/tests/fixtures/votes_schema_1.h5
expect_exit 0 "$make_votes" newer.h5 checkpoints=2 perturbations=3 puzzles=24 block=8 seed=7
for file in "$older" newer.h5; do
    expect_exit 0 "$HRMPI" vote "$file" --format csv --dump "${file##*/}.csv"
    mv out "${file##*/}.report"
done
cmp votes_schema_1.h5.report newer.h5.report || fail "an older file gives another report"
cmp votes_schema_1.h5.csv newer.h5.csv || fail "an older file has other passes"
expect_exit 0 "$make_votes" second.h5 checkpoints=2 perturbations=3 puzzles=24 block=8 seed=8
expect_exit 0 "$HRMPI" vote newer.h5 second.h5 --format csv
mv out together
expect_exit 0 "$HRMPI" vote "$older" second.h5 --format csv
cmp out together || fail "an older file and a newer one give another report together"
expect_exit 2 "$HRMPI" vote "$older" newer.h5
expect_text "hold the same evaluation"
