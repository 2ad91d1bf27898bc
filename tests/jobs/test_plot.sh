#!/bin/sh
# Training curves as pictures: what is drawn, and clear errors.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
if ! command -v gnuplot >/dev/null; then
    echo "skipped: gnuplot is not installed"
    exit 77
fi

# lines FILE STEPS: what a training of so many steps leaves, with a validation at the end.
lines() {
    mkdir -p "$(dirname "$1")"
    awk -v steps="$2" 'BEGIN {
        for (step = 10; step <= steps; step += 10)
            printf "{\"kind\":\"train\",\"step\":%d,\"loss\":%g,\"accuracy\":%s,\"exact_accuracy\":%g," \
                "\"segments\":12.5}\n", step, 2 / step, step == 10 ? "null" : 0.5, step / 10000
        printf "{\"kind\":\"validation\",\"step\":%d,\"puzzles\":100,\"accuracy\":0.6," \
            "\"exact_accuracy\":0.25}\n", steps
    }' >"$1"
}
lines runs/a/replica-0/metrics.jsonl 5000
lines runs/a/replica-1/metrics.jsonl 3000
lines runs/b/replica-0/metrics.jsonl 100
printf '[model]\nhidden = 64\n[train]\nbatch = 64\n' >runs/a/config.ini

# expect_svg FILE TEXT...: a picture that says each text.
expect_svg() {
    expect_svg_file=$1
    shift
    head -c 4 "$expect_svg_file" | grep -q '<svg' || fail "$expect_svg_file is no SVG"
    tail -n 2 "$expect_svg_file" | grep -q '</svg>' || fail "$expect_svg_file has no end"
    ! command -v xmllint >/dev/null || xmllint --noout "$expect_svg_file" || fail "malformed"
    for expect_svg_text in "$@"; do
        grep -qF "<text>$expect_svg_text</text>" "$expect_svg_file" ||
            fail "$expect_svg_file does not say '$expect_svg_text'"
    done
}

expect_exit 0 "$HRMPI" plot runs/b --output b.svg
expect_svg b.svg "Exact accuracy, %" "Cell accuracy, %" "Loss, of answers and halting together" \
    "Segments until halting" "step" "training (slots that halted)" "validation"
grep -q '<desc id="curves_desc">Loss .* Exact accuracy of the validation 25.0% (.*) at step 100' \
    b.svg || fail "no alternative text"
expect_exit 0 "$HRMPI" plot runs/b/
cmp -s out b.svg || fail "the screen shows another picture"

# Runs are told apart by that in which their paths differ; text is text, whatever it holds.
expect_exit 0 "$HRMPI" plot runs/a runs/b/replica-0/metrics.jsonl --title "it's <a> & \`b\` \$c" \
    --output ab.svg
expect_svg ab.svg "a/replica-0" "a/replica-1" "b/replica-0" "it's &lt;a> &amp; \`b\` \$c"
expect_exit 0 "$HRMPI" plot runs/a --names "one,two" --x slot-steps --log --output a.svg
expect_svg a.svg one two "slot-step (thousands)"
expect_exit 0 "$HRMPI" plot runs/a/replica-0 runs/b/replica-0 --output folders.svg
expect_svg folders.svg a b

# What no line of metrics has is left out: panels, and names in the legend.
mkdir -p runs/short
printf '{"kind":"train","step":1,"loss":2}\n{"kind":"train","step":2,"loss":1}\n' \
    >runs/short/metrics.jsonl
expect_exit 0 "$HRMPI" plot runs/short --output short.svg
expect_svg short.svg "Loss, of answers and halting together" "step"
! grep -qE '>(Exact|Cell|Segments|validation|no data)' short.svg || fail "an empty panel or name"

# The models that come with the program have names, as elsewhere; a folder of that name goes first.
expect_exit 0 "$HRMPI" plot mixing plain --output models.svg
expect_svg models.svg mixing plain "step (thousands)"
lines mixing/replica-0/metrics.jsonl 100
expect_exit 0 "$HRMPI" plot mixing --output own.svg
grep -q 'at step 100\.' own.svg || fail "not the folder of that name"
expect_exit 3 "$HRMPI" plot mixin
expect_text "mixin: No such file" "mixing or plain"

# Long curves are thinned: 500 lines take about the room of 50.
expect_exit 0 "$HRMPI" plot runs/a --points 50 --output thin.svg
[ "$(wc -c <thin.svg)" -lt "$(wc -c <ab.svg)" ] || fail "the curves are not thinned"

# A kill leaves half a line, and a training that has just begun an empty file.
printf '{"kind":"train","step":110,"lo' >>runs/b/replica-0/metrics.jsonl
expect_exit 0 "$HRMPI" plot runs/b
cmp -s out b.svg || fail "half a line changes the picture"
mkdir -p runs/new/replica-0 runs/none
: >runs/new/replica-0/metrics.jsonl
expect_exit 0 "$HRMPI" plot runs/new runs/b
expect_text "warning: runs/new/replica-0/metrics.jsonl has no metrics yet"

expect_bad() {
    expect_bad_code=$1
    expect_bad_text=$2
    shift 2
    expect_exit "$expect_bad_code" "$HRMPI" plot "$@"
    expect_text "hrmpi: error:" "hint:" "$expect_bad_text"
}
expect_bad 2 "no training was given"
expect_bad 2 "--names has 1 names, there are 2 runs" runs/a --names one
expect_bad 2 "no-folder" runs/b --output no-folder/b.svg
expect_bad 2 "the nearest is --output" runs/b --outputs b.svg
expect_bad 3 "nothing to draw" runs/new
expect_bad 3 "there are no metrics in runs/none" runs/none
expect_bad 3 "No such file" runs/c
expect_bad 3 "runs/b/replica-0/metrics.jsonl: there is no config.ini" runs/b --x slot-steps
printf 'nonsense\n' >>runs/b/replica-0/metrics.jsonl
expect_bad 3 "runs/b/replica-0/metrics.jsonl:12: no JSON" runs/b
printf '{"kind":"train"}\n' >foreign.jsonl
expect_bad 3 "foreign.jsonl:1: no \"kind\" or no \"step\"" foreign.jsonl

# Without gnuplot, and with one that fails.
mkdir empty broken
expect_exit 1 env PATH="$scratch/empty" "$HRMPI" plot runs/a
expect_text "gnuplot, which cannot be started" "hint: install gnuplot"
printf '#!/bin/sh\necho "  no terminal svg" >&2\nexit 1\n' >broken/gnuplot
chmod +x broken/gnuplot
expect_exit 1 env PATH="$scratch/broken:$PATH" "$HRMPI" plot runs/a
expect_text "no terminal svg"
