#!/bin/sh
# The page of votes: it needs nothing else, says what the CSV says, and shows text as text.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
make_votes="$(dirname "$HRMPI")/tests/make_votes"
for seed in 0 1; do
    expect_exit 0 "$make_votes" s$seed.h5 seed=$seed puzzles=200
done
expect_exit 0 "$make_votes" "a<b>&\"c\".h5" seed=7 mixing=1 puzzles=200 skill=75
expect_exit 0 "$make_votes" one.h5 checkpoints=1 perturbations=1 puzzles=200 segments=40

# Without gnuplot a page has its tables, and says how to get pictures; files of pictures are an
# error that comes before any work.
mkdir without
(
    IFS=:
    for folder in $PATH; do
        ln -sf "$folder"/* without 2>/dev/null
    done
)
rm -f without/gnuplot*
expect_exit 0 env PATH="$scratch/without" "$HRMPI" vote s?.h5 --format html --output bare.html
expect_text "warning: pictures are drawn by gnuplot" "install gnuplot"
for text in "<h2>Configurations" "<h2>Halting head" "gnuplot, which draws them, is not installed" \
    "apt-get install gnuplot-nox" "</html>"; do
    grep -qF "$text" bare.html || fail "the page without pictures does not say '$text'"
done
! grep -qE '<svg|<figure' bare.html || fail "pictures without gnuplot"
expect_exit 1 env PATH="$scratch/without" "$HRMPI" vote s?.h5 --pictures p --output table.txt
expect_text "error: pictures are drawn by gnuplot" "hint: install gnuplot"
[ ! -e table.txt ] || fail "half of the results is left"

if ! command -v gnuplot >/dev/null; then
    echo "skipped: gnuplot is not installed"
    exit 77
fi

# expect_page FILE PICTURES: so many pictures, wide and narrow, each of which says what it shows; a
# begin and an end, and nothing from elsewhere.
expect_page() {
    head -n 1 "$1" | grep -q '^<!DOCTYPE html>' || fail "$1 has no beginning"
    tail -n 1 "$1" | grep -q '^</html>' || fail "$1 has no end"
    [ "$(grep -c '<div class=desk>' "$1")" -eq "$2" ] || fail "not $2 pictures in $1"
    [ "$(grep -c '<div class=phone>' "$1")" -eq "$2" ] || fail "not $2 narrow pictures in $1"
    [ "$(grep -c '<svg role="img" aria-labelledby=' "$1")" -eq $((2 * $2)) ] || fail "no role: $1"
    [ "$(grep -c '<title id="[a-z]*_title">[A-Z]' "$1")" -eq $((2 * $2)) ] || fail "no title: $1"
    [ "$(grep -c '<desc id="[a-z]*_desc">.*[0-9]' "$1")" -eq $((2 * $2)) ] || fail "no text: $1"
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
# It opens with its main figure and the day of the evaluation, not that of the page.
grep '<h1>' page.html | sed 's/<[^>]*>//g' |
    grep -qE '^[0-9.]+% \([0-9.]+&ndash;[0-9.]+\) of 200 puzzles by halted-vote, 81 passes$' ||
    fail "no headline: $(grep '<h1>' page.html)"
grep -qE 'evaluated on <time datetime=20[0-9]{2}-[0-9]{2}-[0-9]{2}>[0-9]+ [A-Z][a-z]+ 20' page.html ||
    fail "no date"
touch -d 2001-01-01 s?.h5
expect_exit 0 "$HRMPI" vote s?.h5 a*.h5 --format html --output again.html
cmp -s page.html again.html || fail "the page depends on more than the votes"

# On a phone and on a dark screen.
grep -qF '<meta name=viewport content="width=device-width,initial-scale=1">' page.html ||
    fail "no viewport"
grep -q '@media screen and (max-width:640px)' page.html || fail "nothing for a phone"
! grep -q 'background:#fff' page.html || fail "a white ground whatever the screen"
[ "$(grep -c '<style>@media screen and (prefers-color-scheme:dark)' page.html)" -eq 8 ] ||
    fail "pictures without colours for a dark screen"
! grep -q "McNemar" page.html || fail "a comparison that nobody asked for"

# The figures are those of the CSV.
expect_exit 0 "$HRMPI" vote s?.h5 a*.h5 --table --format csv
awk -F, '$1 == "configuration" && $13 == "all" { printf "%.1f<small>%.1f &ndash; %.1f</small>\n",
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
sed -n '/<div class=desk>/,/<\/div>/p' page.html | sed -n '/<svg/,/<\/svg>/p' >wanted
cmp -s pictures wanted || fail "the pictures are not those of the page"
for passes in 1 2 4 9 18 27 54 81; do
    grep -qF "<text>$passes</text>" p-passes.svg || fail "no tick at $passes passes"
done
expect_exit 2 "$HRMPI" vote one.h5 --pictures none/p
expect_text "cannot write none/p-"

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
