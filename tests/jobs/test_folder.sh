#!/bin/sh
# A training writes over its own files only: not over exported weights, nor over a run that cannot be
# told from another.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

train="train --preset tiny --steps 4 --snapshot-every 2 --batch 16 --threads 1"
# shellcheck disable=SC2086
expect_exit 0 "$HRMPI" $train --output run
expect_exit 0 "$HRMPI" export run --output exported

# kept FOLDER TEXT ARGUMENT...: two ranks refuse, and the folder is as it was.
kept() {
    kept_folder=$1
    kept_text=$2
    shift 2
    find "$kept_folder" -type f -exec cksum {} + | sort >before
    # shellcheck disable=SC2086
    expect_every 2 2 $train --output "$kept_folder" "$@"
    expect_text "$kept_text" "hint: "
    find "$kept_folder" -type f -exec cksum {} + | sort >after
    cmp -s before after || fail "files of $kept_folder have changed"
}

# Exported weights, also beside the configuration and metrics of their training.
kept exported "and no config.ini that says of which run"
kept exported "holds weights without the training that made them" --overwrite
cp run/config.ini exported
kept exported "holds weights and no state to go on from"
cp run/replica-0/metrics.jsonl exported/replica-0
kept exported "holds weights and no state to go on from"
kept exported "holds weights without the training that made them" --overwrite

# A run without its configuration, and without its states. Its own metrics say that it is one.
cp -r run bare
rm bare/config.ini
kept bare "and no config.ini"
cp -r run stateless
rm stateless/replica-0/state-*
kept stateless "holds weights and no state to go on from"
for folder in bare stateless; do
    # shellcheck disable=SC2086
    expect_exit 0 "$HRMPI" $train --output $folder --overwrite --seed 9
    [ -s $folder/config.ini ] || fail "no configuration"
    cmp -s run/replica-0/step-00000004.h5 $folder/replica-0/step-00000004.h5 &&
        fail "$folder was not replaced"
done

# The configuration of another program.
mkdir other
printf '[server]\nport = 80\n' >other/config.ini
kept other "other/config.ini is not that of a training" --overwrite
kept other "other"

# A run that is killed after its first snapshot has a state, whatever was asked for.
# shellcheck disable=SC2086
start_paused 3 "$HRMPI" $train --output killed --state-minutes 0
kill -KILL "$child"
ended 137
# shellcheck disable=SC2086
expect_exit 0 "$HRMPI" $train --output killed --state-minutes 0
expect_text "going on from step 2 of 4"
