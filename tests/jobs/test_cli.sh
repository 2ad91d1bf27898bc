#!/bin/sh
# The command line as a person meets it.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# The program itself.
expect_exit 0 "$HRMPI" --version
expect_text "hrmpi 0."
expect_exit 0 "$HRMPI" --help
expect_text "usage: hrmpi SUBCOMMAND" "info" "exit codes"
expect_exit 2 "$HRMPI"
expect_text "no subcommand" "--help"
expect_exit 2 "$HRMPI" inof
expect_text "hrmpi: error: there is no subcommand 'inof'" "hint: the nearest is 'hrmpi info'"
expect_exit 2 "$HRMPI" zzzzzz
expect_text "hrmpi --help"

# Every subcommand explains itself without ranks, with defaults and ranges.
for job in $("$HRMPI" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    expect_exit 0 "$HRMPI" "$job" --help
    expect_text "usage: hrmpi $job" "[general]" "--config" "examples:"
    cp "$scratch/out" "$scratch/help"
    expect_exit 0 "$HRMPI" help "$job"
    cmp -s "$scratch/out" "$scratch/help" || fail "'help $job' differs from '$job --help'"
    awk 'length > 100 { exit 1 }' "$scratch/help" || fail "help of $job is wider than 100 columns"
    expect_exit 2 "$HRMPI" "$job" --no-such-option
    expect_exit 0 "$HRMPI" "$job" --print-config
    cp "$scratch/out" "$scratch/config.ini"
    expect_exit 0 "$HRMPI" "$job" --config "$scratch/config.ini" --print-config
    cmp -s "$scratch/out" "$scratch/config.ini" || fail "the configuration of $job changes"
done

# The README opens with its two commands, names every exit code and links to what is there.
readme=$HRM_SOURCE/README.md
sed -n '3,4p' "$readme" >out
expect_text "sh jobs/quickstart.sh" "sh tests/run.sh"
grep -o '](\([^)#]*\)' "$readme" "$HRM_SOURCE/jobs/models/RESULTS.md" | sed 's/\(.*\):](/\1 /' >links
[ "$(wc -l <links)" -ge 8 ] || fail "few links"
while read -r from to; do
    [ -e "$(dirname "$from")/$to" ] || fail "$from links to $to, which is not there"
done <links
for code in 0 1 2 3 4 5 75; do
    grep -q "^| $code | " "$readme" || fail "no exit code $code in README"
done
# Help has the presets with size and time.
expect_exit 0 "$HRMPI" train --help
expect_text "million parameters" "core-hours"

# Keys, values and where they come from.
expect_exit 2 "$HRMPI" info --jsno
expect_text "unknown option '--jsno'" "the nearest is --json"
expect_exit 2 "$HRMPI" info --confg x
expect_text "the nearest is --config"
expect_exit 2 "$HRMPI" info --json=perhaps
expect_text "'true' or 'false'"
expect_exit 2 "$HRMPI" info -json
expect_text "two dashes"
expect_exit 2 "$HRMPI" info extra
expect_text "unexpected argument 'extra'"
expect_exit 2 "$HRMPI" info --config
expect_text "--config needs a value"
expect_exit 2 "$HRMPI" info --config none.ini
expect_text "none.ini: No such file"
expect_exit 2 "$HRMPI" info --set json
expect_text "section.key=value"
expect_exit 2 "$HRMPI" info --preset nothing
expect_text "there is no preset 'nothing'" "hint: the presets are" "small"
# A run's configuration is one for other subcommands too; a section that none has is an error.
expect_exit 0 "$HRMPI" train --preset tiny --print-config
cp out run.ini
expect_exit 0 "$HRMPI" bench --config run.ini --print-config
expect_text "hidden = 32"
echo '[modle]' >>run.ini
echo 'hidden = 8' >>run.ini
expect_exit 2 "$HRMPI" bench --config run.ini --print-config
expect_text "unknown section [modle]" "[model]"
expect_exit 2 "$HRMPI" info --no-config
expect_text "is no flag"

expect_print_config() {
    wanted=$1
    shift
    expect_exit 0 "$HRMPI" info "$@" --print-config
    expect_text "json = $wanted"
}
printf '[info]\njson = true\n' >on.ini
expect_print_config false
expect_print_config true --json
expect_print_config true --info.json
expect_print_config true --set info.json=true
expect_print_config true --set json=yes
expect_print_config true --config on.ini
expect_print_config false --config on.ini --no-json
expect_print_config false --no-json --config=on.ini
expect_print_config true --no-json --json
expect_print_config true --preset small --json

printf '[info]\n\njsan = true\n' >bad.ini
expect_exit 2 "$HRMPI" info --config bad.ini
expect_text "bad.ini:3: unknown key 'info.jsan'" "info.json"

expect_exit 0 "$HRMPI" info
expect_text "OpenBLAS" "HDF5" "instructions" "backends" "(chosen)"
expect_exit 0 "$HRMPI" info --json
expect_text '"libraries": {'

# Rank 0 speaks for all; what runs on no ranks speaks as the process that it is.
expect_exit 2 run_mpi 3 eval --jsno
[ "$(grep -c 'hrmpi: error' "$scratch/err")" -eq 1 ] || fail "not one rank speaks"
expect_exit 0 run_mpi 3 --version
[ "$(wc -l <"$scratch/out")" -eq 3 ] || fail "a process does not speak"

# A flag that is on is shown by what turns it off, with what that does.
expect_exit 0 "$HRMPI" train --help
tr -s ' \n' ' ' <out >words
grep -qF -- "--no-q-continue do not learn q_continue" words || fail "--no-q-continue says what q_continue is"
expect_exit 0 "$HRMPI" export --help
tr -s ' \n' ' ' <out >words
grep -qF -- "--no-round keep the matrices" words || fail "--no-round says what rounding is"

# A quota of CPUs counts among what a process may use.
expect_exit 0 "$HRMPI" info
expect_text "cpu quota"
