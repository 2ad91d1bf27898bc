#!/bin/sh
# Manual pages and completion say what the options tables say.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
mkdir pages
expect_exit 0 "$HRMPI" help --pages pages
expect_exit 2 "$HRMPI" help --pages nowhere/at/all
expect_exit 0 "$HRMPI" --help
jobs=$(sed -n 's/^  \([a-z]*\)  .*/\1/p' out)
[ "$(echo "$jobs" | wc -l)" -ge 8 ] || fail "no list of subcommands"
for job in $jobs; do
    grep -q "hrmpi.-$job (1)" pages/hrmpi.1 || fail "hrmpi.1 does not name $job"
    expect_exit 0 "$HRMPI" help "$job" || continue
    grep -o '^  --[a-z0-9-]*' out | tr -d ' ' | sort >wanted
    [ -s wanted ] || fail "$job has no options"
    sed -n 's/^\\fB\(\\-\\-[^ ]*\)\\fR.*/\1/p' "pages/hrmpi-$job.1" | sed 's/[\]//g' | sort >found
    cmp -s wanted found || fail "hrmpi-$job.1 has other options than --help"
done

# What looks for mistakes in such pages, where there is one.
if command -v mandoc >/dev/null; then
    for page in pages/*.1; do
        mandoc -T lint "$page" >said 2>&1
        [ ! -s said ] || fail "mandoc: $(cat said)"
    done
fi
if command -v groff >/dev/null; then
    for page in pages/*.1; do
        groff -man -ww -z "$page" >said 2>&1
        [ ! -s said ] || fail "groff: $(cat said)"
    done
fi

# tab WORD...: what bash makes of the last word, one a line.
tab() {
    bash -c '. pages/hrmpi.bash; COMP_WORDS=(hrmpi "$@"); COMP_CWORD=$#; _hrmpi
        printf "%s\n" "${COMPREPLY[@]}"' bash "$@" >out 2>err || fail "bash completion"
}
if command -v bash >/dev/null; then
    tab tr
    [ "$(cat out)" = train ] || fail "a subcommand"
    tab train --optimizer m
    [ "$(cat out)" = muon ] || fail "a choice"
    tab eval --prune ""
    grep -qx halted-vote out || fail "the choices"
    tab train --lr-
    [ "$(cat out)" = --lr-min-ratio ] || fail "an option"
    tab train --no-q
    [ "$(cat out)" = --no-q-continue ] || fail "a flag that is on"
    tab train --preset ti
    [ "$(cat out)" = tiny ] || fail "a preset"
    tab train --config pag
    [ "$(cat out)" = pages ] || fail "a file"
fi
if command -v zsh >/dev/null; then
    zsh -n pages/_hrmpi || fail "zsh cannot read its completion"
fi
for job in $jobs; do
    grep -q "^    $job) _arguments" pages/_hrmpi || fail "zsh does not complete $job"
done
grep -q -e "--optimizer\[.*:(adam_atan2 muon)'" pages/_hrmpi || fail "zsh has no choices"
