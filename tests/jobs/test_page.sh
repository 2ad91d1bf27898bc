#!/bin/sh
# The page of votes: it needs nothing else, says what the CSV says, and shows text as text.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
make_votes="$(dirname "$HRMPI")/tests/make_votes"
if ! command -v gnuplot >/dev/null; then
    echo "skipped: gnuplot is not installed"
    exit 77
fi
for seed in 0 1; do
    expect_exit 0 "$make_votes" s$seed.h5 seed=$seed puzzles=200
done
expect_exit 0 "$make_votes" "a<b>&\"c\".h5" seed=7 mixing=1 puzzles=200 skill=75
expect_exit 0 "$make_votes" one.h5 checkpoints=1 perturbations=1 puzzles=200 segments=40

# expect_page FILE PICTURES: so many pictures, a begin and an end, and nothing from elsewhere.
expect_page() {
    head -n 1 "$1" | grep -q '^<!DOCTYPE html>' || fail "$1 has no beginning"
    tail -n 1 "$1" | grep -q '^</html>' || fail "$1 has no end"
    [ "$(grep -c '<svg' "$1")" -eq "$2" ] || fail "$(grep -c '<svg' "$1") pictures in $1, not $2"
    if sed 's/xmlns[:a-z]*="[^"]*"//' "$1" | grep -qE 'https?:|<script|<link|<img|src=|url\('; then
        fail "$1 needs something from elsewhere"
    fi
    grep -oE " id=['\"][^'\"]*" "$1" | sort | uniq -d >double
    [ ! -s double ] || fail "$1 has two parts of one name: $(cat double)"
}

expect_exit 0 "$HRMPI" vote s?.h5 a*.h5 --format html --output page.html
expect_page page.html 4
for text in "Votes on 200 puzzles" "9 checkpoints under 9 perturbations" "mixing + bootstrap" \
    "number of passes" "By rating" "Halting head" "Segments" "training step" "mean over seeds" \
    "published&nbsp;&dagger;" "pass@k" "Counted by hrmpi" "seed-7/replica-0/step-00000300.h5"; do
    grep -qF "$text" page.html || fail "nothing says '$text'"
done
grep -qF '<th class=path>a&lt;b&gt;&amp;&quot;c&quot;.h5' page.html || fail "a name is not escaped"
! grep -qF 'a<b>' page.html || fail "a name is not escaped"
! grep -q "McNemar" page.html || fail "a comparison that nobody asked for"

# The figures are those of the CSV.
expect_exit 0 "$HRMPI" vote s?.h5 a*.h5 --table --format csv
awk -F, '$1 == "configuration" && $13 == "all" { printf "%.2f<small>%.2f &ndash; %.2f</small>\n",
    100 * $18, 100 * $20, 100 * $21 }' out >shares
[ "$(wc -l <shares)" -eq $((8 * 7)) ] || fail "$(wc -l <shares) shares"
sed -n '/<h2>Configurations/,/<h2>Accuracy/p' page.html >table
while read -r share; do
    grep -qF ">$share" table || fail "the page does not say $share"
done <shares

# The same on any number of ranks; with a comparison where one is asked for.
expect_exit 0 run_mpi 2 vote s?.h5 a*.h5 --format html
cmp -s out page.html || fail "the page differs on 2 ranks"
expect_exit 0 "$HRMPI" vote s0.h5 --format html --compare "bootstrap + relabel/0:0" --output c.html
expect_page c.html 4
grep -q "McNemar&rsquo;s test: bootstrap + relabel against 0:0" c.html || fail "no comparison"
grep -q "no checkpoint was trained with mixing" c.html || fail "what is missing is not said"

# The pictures alone, as they are in the page.
expect_exit 0 "$HRMPI" vote s?.h5 a*.h5 --pictures p --output table.txt
cat p-passes.svg p-ratings.svg p-segments.svg p-steps.svg >pictures
sed -n '/<svg/,/<\/svg>/p' page.html >wanted
cmp -s pictures wanted || fail "the pictures are not those of the page"
expect_exit 2 "$HRMPI" vote one.h5 --pictures none/p
expect_text "none/p-ratings.svg"

# The histograms are also in the JSON.
expect_exit 0 "$HRMPI" vote one.h5 --format json
tr -d ' \n' <out | grep -qF '"by_segments":{"33-64":200}' || fail "no histogram of segments"

# One pass a puzzle: no curves, but ratings and segments, here more than 16 of them.
expect_exit 0 "$HRMPI" vote one.h5 --format html --output one.html
expect_page one.html 2
grep -q '<text>64</text>' one.html || fail "no bin of the 40 segments"

expect_exit 2 "$HRMPI" vote one.h5 --format html --output none/page.html
expect_text "none/page.html"
mkdir broken
printf '#!/bin/sh\necho "  no terminal svg" >&2\nexit 1\n' >broken/gnuplot
chmod +x broken/gnuplot
expect_exit 1 env PATH="$scratch/broken:$PATH" "$HRMPI" vote one.h5 --format html --output two.html
expect_text "gnuplot failed" "no terminal svg" "hint:"
[ ! -e two.html ] || fail "half a page is left"
