#!/bin/sh
# Where the output goes: what is no plain file is written straight and stays what it is, links are
# followed, an input is never written over, nor a file of the program by a text; and output that
# nobody takes is no success.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
make_votes="$(dirname "$HRMPI")/tests/make_votes"
[ -x "$make_votes" ] || make_votes=$HRM_MAKE_VOTES
metrics='{"kind":"train","step":10,"loss":1,"accuracy":0.5,"exact_accuracy":0.1,"segments":12.5}'
mkdir -p runs/a/replica-0
printf '%s\n' "$metrics" >runs/a/replica-0/metrics.jsonl
printf '[train]\nbatch = 64\n' >runs/a/config.ini
expect_exit 0 "$make_votes" votes.h5 puzzles=30
expect_exit 0 "$make_votes" more.h5 puzzles=30 seed=5
expect_exit 0 "$HRMPI" vote votes.h5 --output plain
printf 'source,question,answer,rating\n' >one.csv
printf 'a,%s,%s,7\n' \
    .69341852142895367538267194273689541954123678681574923316452789495738216827916435 \
    769341852142895367538267194273689541954123678681574923316452789495738216827916435 >>one.csv

# same_report FILE: the report of votes.h5.
same_report() { cmp -s plain "$1" || fail "$1 is not the report"; }

# --- what is no plain file

if [ "$(id -u)" -eq 0 ] && mknod null c 1 3 2>/dev/null && printf x 2>/dev/null >null; then
    ln -s null link-to-null
    for target in null link-to-null; do
        expect_exit 0 "$HRMPI" vote votes.h5 --output $target --dump $target
        [ -c null ] && [ ! -s null ] || fail "the device is one no more"
    done
    [ -L link-to-null ] || fail "the link is one no more"
    expect_exit 0 "$HRMPI" data convert one.csv null
    [ -c null ] || fail "the device is one no more"
    mv null null.h5
    expect_exit 2 "$HRMPI" data convert one.csv null.h5
    expect_text "null.h5" "HDF5" "hint: "
    [ -c null.h5 ] || fail "the device is one no more"
else
    echo "no device node: only root can make one, where the file system takes it"
fi

mkfifo pipe pipe.csv.gz
cat pipe >taken &
expect_exit 0 "$HRMPI" vote votes.h5 --output pipe
wait $!
same_report taken
cat pipe >taken &
expect_exit 0 "$HRMPI" vote votes.h5 --dump pipe --format json
wait $!
[ "$(wc -l <taken)" -gt 30 ] && [ -p pipe ] || fail "the dump did not get through"
cat pipe.csv.gz >taken.csv.gz &
expect_exit 0 "$HRMPI" data convert one.csv pipe.csv.gz
wait $!
expect_exit 0 "$HRMPI" data convert taken.csv.gz taken.csv
cmp -s one.csv taken.csv || fail "the set did not get through"
for name in "data convert one.csv pipe.h5" "eval run --puzzles one.csv --output pipe.h5"; do
    [ -p pipe.h5 ] || mkfifo pipe.h5
    case $name in
    eval*) [ -d run ] || expect_exit 0 "$HRMPI" train --preset tiny --steps 1 --threads 1 --output run ;;
    esac
    # shellcheck disable=SC2086
    expect_exit 2 "$HRMPI" $name
    expect_text "pipe.h5" "HDF5" "hint: "
    [ -p pipe.h5 ] || fail "the pipe is gone"
done

# --- open descriptors, also those that a shell hands on

"$HRMPI" vote votes.h5 --output /dev/stdout >taken 2>err || fail "/dev/stdout as a file"
same_report taken
"$HRMPI" vote votes.h5 --output /dev/stdout 2>err | cat >taken
same_report taken
{
    echo before
    "$HRMPI" vote votes.h5 --output /proc/self/fd/1
    echo after
} >taken 2>err
{ echo before && cat plain && echo after; } | cmp -s - taken || fail "a part of the file is gone"
"$HRMPI" vote votes.h5 --output /dev/fd/4 4>taken >out 2>err || fail "a descriptor"
same_report taken
"$HRMPI" data convert one.csv /dev/stdout 2>err | cmp -s - one.csv || fail "the set as a stream"
if command -v bash >/dev/null; then
    # The reader may end after the program.
    mkfifo ended
    bash -c '"$0" vote votes.h5 --output >(cat >taken; echo >ended)' "$HRMPI" >out 2>err || fail ">(cmd)"
    read -r _ <ended
    same_report taken
fi

# --- links stay, and what they lead to is replaced

mkdir far
echo old >far/report
ln -s far/report link
ln -s link again
ln -s far/none dangling
for target in again dangling; do
    expect_exit 0 "$HRMPI" vote votes.h5 --output $target
    [ -L $target ] && [ -L link ] || fail "a link was replaced"
    same_report $target
done
[ -f far/report ] && [ -f far/none ] || fail "the report is elsewhere"
ln -s far/set.h5 set.h5
expect_exit 0 "$HRMPI" data convert one.csv set.h5
[ -L set.h5 ] && [ -f far/set.h5 ] || fail "a link was replaced"
ln -s far/votes.h5 new.h5
expect_exit 0 "$HRMPI" eval run --puzzles one.csv --perturbations none --segments 1 --output new.h5
[ -L new.h5 ] && [ -f far/votes.h5 ] && [ ! -e new.h5.part ] || fail "a link was replaced"
ln -s circle circle
expect_exit 2 "$HRMPI" vote votes.h5 --output circle
expect_text "circle" "hint: "
[ -z "$(find . -name '*.partial')" ] || fail "something is left"

# --- an output that is an input

ln votes.h5 hard.h5
ln -s votes.h5 soft.h5
printf '[vote]\nconfidence = 0.9\n' >vote.ini
step=run/replica-0/step-00000001.h5
inputs="votes.h5 more.h5 one.csv far/set.h5 vote.ini runs/a/config.ini runs/a/replica-0/metrics.jsonl $step run/replica-0/state-00000001.h5 run/config.ini run/replica-0/LATEST run/replica-0/metrics.jsonl"
# shellcheck disable=SC2086 # the names have no blanks
before=$(cksum $inputs)

# refused FIRST SECOND ARGUMENT...: exit 2, and both are named.
refused() {
    refused_texts="$1 $2"
    shift 2
    expect_exit 2 "$HRMPI" "$@"
    # shellcheck disable=SC2086
    expect_text $refused_texts "hint: "
}
refused more.h5 read vote more.h5 votes.h5 --output more.h5
refused hard.h5 votes.h5 vote votes.h5 --output hard.h5
refused votes.h5 soft.h5 vote soft.h5 --dump ./votes.h5
ln votes.h5 drawn-passes.svg
refused drawn-passes.svg votes.h5 vote votes.h5 --pictures drawn
refused same-passes.svg same vote more.h5 --output same-passes.svg --pictures same
refused vote.ini vote.ini vote votes.h5 --config vote.ini --output vote.ini
refused same same vote votes.h5 --output same --dump same
[ ! -e same ] || fail "something was written"
refused runs/a/replica-0/metrics.jsonl runs/a plot runs/a --output runs/a/replica-0/metrics.jsonl
refused config.ini runs/a plot runs/a --output runs/a/config.ini
refused one.csv one.csv data convert one.csv one.csv
refused set.h5 far/set.h5 data convert set.h5 far/set.h5
refused one.csv ./one.csv data expand one.csv --count 3 --output ./one.csv
refused $step read eval run --puzzles one.csv --output $step --overwrite
refused far/set.h5 read eval $step --puzzles set.h5 --output far/set.h5 --overwrite
refused vote.ini vote.ini eval run --config vote.ini --puzzles one.csv --output vote.ini --overwrite
expect_every 2 2 vote more.h5 votes.h5 --output votes.h5
expect_text "votes.h5" "hint: "

refused state-00000001.h5 run train --preset tiny --steps 2 --output run --overwrite \
    --resume run/replica-0/state-00000001.h5
refused state-00000001.h5 run train --preset tiny --steps 2 --output ./run --overwrite \
    --branch run/replica-0/../replica-0/state-00000001.h5

# --- a text does not go over a file of the program, and only votes over votes

refused more.h5 text vote votes.h5 --output more.h5
refused set.h5 text vote votes.h5 --dump set.h5
refused $step text plot runs/a --output $step
for name in LATEST metrics.jsonl ../config.ini; do
    refused $name training vote votes.h5 --output run/replica-0/$name
done
refused LATEST training plot runs/a --output run/replica-0/LATEST
ln -s run/replica-0/LATEST innocent
refused innocent training plot runs/a --output innocent
refused RUNNING training vote votes.h5 --dump run/RUNNING
for name in LATEST config.ini; do expect_exit 0 "$HRMPI" vote votes.h5 --output far/$name; done
cp votes.h5 sealed.csv
refused sealed.csv text data convert one.csv sealed.csv
refused votes.h5 hrmpi-puzzles data convert one.csv votes.h5
echo mine >foreign.h5
refused foreign.h5 votes eval run --puzzles one.csv --output foreign.h5 --overwrite
refused set.h5 votes eval run --puzzles one.csv --first 1 --output set.h5 --overwrite
grep -q mine foreign.h5 || fail "a foreign file was replaced"
expect_exit 0 "$HRMPI" eval run --puzzles one.csv --perturbations none --segments 2 --output new.h5 --overwrite
# shellcheck disable=SC2086
[ "$(cksum $inputs)" = "$before" ] || fail "an input was written over"

# --- a name that cannot be written is refused before the work

long=$(printf 'n%.0s' $(seq 250))
for name in "" "$long"; do
    expect_exit 2 "$HRMPI" eval run --puzzles one.csv --output "$name"
    expect_text "the name of the file to write is" "hint: "
    refuse_text "puzzles/s"
done
expect_exit 2 "$HRMPI" vote votes.h5 --output "$long"
expect_text "too long" "hint: "
[ ! -e .part ] || fail "work was done for a file without a name"

# --- nor a file that its owner has locked (root may write it)

if [ "$(id -u)" -ne 0 ]; then
    echo mine >locked.txt
    chmod 444 locked.txt
    expect_exit 2 "$HRMPI" vote votes.h5 --output locked.txt
    expect_text "locked.txt is there and write-protected" "hint: "
    grep -q mine locked.txt || fail "a write-protected file was replaced"
fi
