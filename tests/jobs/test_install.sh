#!/bin/sh
# What is installed works where it is: the pages' links lead somewhere, and so does hrm-submit.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
build=$(dirname "$HRMPI")
if [ ! -e "$build/cmake_install.cmake" ] || ! command -v cmake >/dev/null; then
    echo "skipped: the program is not in its build folder, or there is no cmake"
    exit 77
fi
expect_exit 0 cmake --install "$build" --prefix "$scratch/prefix"
pages=$(find prefix -name README.md -path '*/doc/*')
top=$(echo "$pages" | awk '{ print length, $0 }' | sort -n | head -n 1 | cut -d ' ' -f 2-)
[ -e "$(dirname "$top")/LICENSE" ] || fail "no licence"
[ -e "$(dirname "$top")/slurm/README.md" ] || fail "no page on Slurm"
find prefix -name '*.md' -path '*/doc/*' >all
while read -r page; do
    grep -o ']([^)# ]*' "$page" | cut -c 3- | grep -v ':' | sort -u >links || true
    while read -r link; do
        [ -z "$link" ] || [ -e "$(dirname "$page")/$link" ] || fail "$page links to $link"
    done <links
done <all

# The program is found beside hrm-submit, and the sets beside the program.
expect_exit 0 env -u HRMPI PATH=/usr/bin:/bin prefix/bin/hrm-submit sweep --dry-run --seeds 0-3 \
    --preset small --test test
expect_text "export HRMPI=$scratch/prefix/bin/hrmpi"

[ -e prefix/share/hrmpi/data/test.csv.gz ] || fail "no puzzles"
[ -z "$(find prefix/share/hrmpi -name '*.[ch]')" ] || fail "sources among the puzzles"

# Pages and completion, of this program.
for page in man/man1/hrmpi.1 man/man1/hrmpi-train.1 bash-completion/completions/hrmpi \
    zsh/site-functions/_hrmpi; do
    [ -s "prefix/share/$page" ] || fail "no $page"
done
