#!/bin/sh
# From a fresh checkout to a result: install packages, build, solve a famous hard puzzle, and evaluate
# the two bundled models on 500 real test puzzles, from nine initial states each until a grid is proved
# right. --train trains two small models first, for three to five minutes, and evaluates those.
# Two ranks. All that is printed goes to files in runs/quickstart, what an earlier start left there is
# replaced; progress and a dozen lines at the end go to the screen.
set -eu
cd "$(dirname "$0")/.."
. jobs/setup.sh

train=false
case ${1:-} in
"") ;;
--train) train=true ;;
*)
    echo "usage: sh jobs/quickstart.sh [--train]" >&2
    exit 2
    ;;
esac

# More ranks than cores are wanted on a machine with one: Open MPI's words for it, of 4 and of 5.
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export OMPI_MCA_hwloc_base_binding_policy=none

started=$(date +%s)
hrmpi=build/hrmpi
runs=runs/quickstart
mkdir -p "$runs"
rm -f "$runs"/*.txt "$runs"/*.svg "$runs"/*.h5 "$runs"/*.html

# step FILE COMMAND...: all output to the file, progress to the screen too. Sets code.
step() {
    file=$1
    shift
    { "$@" 2>&1 && echo 0 >"$runs/code" || echo $? >"$runs/code"; } | tee -a "$file" |
        awk '/^\[ *(25|50|75|100)%\]/ { if ($1 $2 == seen) next; seen = $1 $2; print "  built", $1, $2; fflush() }
            /^(eval|train) .* left/ { print "  " $0; fflush() }'
    read -r code <"$runs/code"
    rm -f "$runs/code"
}
# must FILE COMMAND...: the same, and a failure ends all of it.
must() {
    step "$@"
    [ "$code" -eq 0 ] && return
    tail -n 15 "$1" >&2
    echo "failed with code $code: $1 has all of it" >&2
    exit "$code"
}
# On two ranks, by the mpiexec that belongs to the MPI of the build.
ranks() {
    mpiexec=$(sed -n 's/^MPIEXEC_EXECUTABLE:[A-Z]*=//p' build/CMakeCache.txt)
    "$mpiexec" -n 2 "$hrmpi" "$@"
}

echo "Packages that are missing are installed ..."
must "$runs/build.txt" hrm_install
echo "Building (a minute) ..."
must "$runs/build.txt" cmake -S . -B build -DCMAKE_BUILD_TYPE=Release
must "$runs/build.txt" cmake --build build --target hrmpi --parallel "$(hrm_cores)"
"$hrmpi" info >"$runs/info.txt"

if [ "$train" = true ]; then
    echo "Training two models (three to five minutes) ..."
    must "$runs/train.txt" ranks train --preset small --replicas 2 --output "$runs" --overwrite
    set -- "$runs" --perturbations init:3 --leave halted
    rule=halted-vote
    what="2 small models of your own x 3 initial states"
else
    echo "Solving a puzzle ..."
    # Inkala's puzzle of 2012. Code 5: not solved.
    step "$runs/solve.txt" "$hrmpi" solve \
        8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..
    case $code in
    0) solved="Inkala's puzzle of 2012, proved right" ;;
    5) solved="not Inkala's puzzle of 2012" ;;
    *) must "$runs/solve.txt" "$hrmpi" solve --help ;;
    esac
    set -- mixing plain --perturbations init:9 --leave certified --prune valid-first
    rule=valid-first
    what="2 bundled models x up to 9 initial states"
fi
echo "Evaluating (a minute or two) ..."
must "$runs/eval.txt" ranks eval "$@" --last 1 --puzzles test --first 500 \
    --output "$runs/votes.h5" --overwrite
must "$runs/vote.txt" "$hrmpi" vote "$runs/votes.h5" --all --pictures "$runs/votes"
must "$runs/page.txt" "$hrmpi" vote "$runs/votes.h5" --format html --output "$runs/votes.html"
"$hrmpi" vote "$runs/votes.h5" --table --format csv >"$runs/votes.csv"

# right PASSES RULE: the row of the curve with the most checkpoints, at so many passes (0: all).
right() {
    awk -F, -v passes="$1" -v rule="$2" '$1 == (passes ? "passes" : "all") && $11 == rule &&
        $13 == "all" && (!passes || $9 == passes) {
            text = sprintf("%.1f%% (%.1f - %.1f)", 100 * $18, 100 * $20, 100 * $21) }
        END { print text }' "$runs/votes.csv"
}
seconds=$(($(date +%s) - started))
cat <<END

Done in $((seconds / 60)) min $((seconds % 60)) s, on two processes (MPI ranks).
  ${solved:+solved      $solved (solve.txt)
  }evaluated   $what on 500 test puzzles of Sudoku-Extreme
  right       one pass $(right 1 plurality), vote of all passes by the rule $rule $(right 0 "$rule")
              (95% intervals; $rule does not look at the right answers: hrmpi vote --help)
  published   HRM 54.5% (the baseline), with augmented training 59.9% from one pass, 96.9% from 90
              (arXiv 2601.10679: 27 million parameters, all test puzzles, a rule that looks at the answers)
  pictures    $(for picture in "$runs"/*.svg; do [ -e "$picture" ] && printf '%s ' "$picture"; done)
              $runs/votes.html has all of them with all tables
  files       $runs/*.txt: everything that was printed
Next: build/hrmpi vote $runs/votes.h5 --all      every table
      build/hrmpi solve PUZZLE                        81 characters, . for a blank cell
      sh jobs/quickstart.sh --train                   train two models yourself
END
