#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2094,SC2129,SC2317 # words for later; checks called by name
# hrm-submit and the templates without Slurm: what is printed, and what a job does when it ends.
# Programs of Slurm are replaced by ones that write down how they were called.
. "$(dirname "$0")/lib.sh"
enter_work
slurm=$HRM_SOURCE/slurm

echo "--- the scripts"
scripts=("$slurm"/*.sbatch "$slurm/hrm-submit" "$slurm/site.example" "$HRM_SOURCE"/tests/slurm/*.sh)
if command -v shellcheck >/dev/null; then
    check "shellcheck finds nothing" shellcheck --external-sources --source-path=SCRIPTDIR \
        "${scripts[@]}"
else
    echo "skipped shellcheck, which is not installed"
fi
absolute='(^|[ "=(])/(home|root|usr|opt|work|scratch|tmp|etc)/'
check "no absolute path but the interpreter's" \
    same "$(grep -vhE '^#!' "$slurm"/*.sbatch "$slurm/hrm-submit" | grep -cE "$absolute")" 0
shared() { sed -n '/^# --- from here/,$p' "$slurm/$1.sbatch"; }
check "train and eval share their last part" same "$(shared train | cksum)" "$(shared eval | cksum)"
check "which is no empty one" test "$(shared train | wc -l)" -gt 50

echo "--- dry run"
HRMPI='' "$submit" sweep --dry-run --seeds 0-31%8 --preset small --puzzles train.csv.gz \
    --test "test set.csv.gz" --perturbations cyclic:9 --nodes 2 --ranks 8 --threads 4 \
    --time 2-0 --partition batch --account money --margin 600 --site site.sh \
    --sbatch '--constraint=amx' >dry
check "nothing is written" same "$(ls)" dry
while read -r text; do
    check "$text" has dry "$text"
done <<'END'
^# --- runs/small/slurm/train.sbatch: sbatch --parsable --constraint=amx runs/small/slurm/train
--dependency=aftercorr:TRAIN_JOB --kill-on-invalid-dep=yes runs/small/slurm/eval.sbatch$
--dependency=afterany:EVAL_JOB --kill-on-invalid-dep=yes runs/small/slurm/vote.sbatch$
^#SBATCH --array=0-31%8$
^#SBATCH --ntasks=8$
^#SBATCH --cpus-per-task=4$
^#SBATCH --time=2-0$
^#SBATCH --time=1:00:00$
^#SBATCH --partition=batch$
^#SBATCH --account=money$
^#SBATCH --signal=B:USR1@600$
^#SBATCH --requeue$
^export HRM_PRESET=small$
^export HRM_TEST=test\\ set.csv.gz$
^export HRM_MARGIN=600$
^export HRM_SITE=site.sh$
END
check "a default that was replaced is gone" has_not dry 'USR1@300'
check "three scripts" same "$(grep -c '^#!/usr/bin/env bash' dry)" 3
awk '/^# --- runs/ { n++; next } { print > ("script" n) }' dry
for number in 1 2 3; do
    check "script $number is a program" bash -n script$number
done

echo "--- wrong usage"
while read -r words; do
    # shellcheck disable=SC2086 # a list of words
    "$submit" $words >out 2>error
    check "exit code 2: $words" same $? 2
    check "with a word on why" has error 'hrm-submit: error: '
done <<'END'
sweep --test test.csv
sweep --seeds 0-3
sweep --seeds 3..5 --test test.csv
sweep --seeds 0-3 --test test.csv --ranks none
sweep --seeds 0-3 --test test.csv --time 5
sweep --seeds 0-3 --test test.csv --time 1-2-3
train --preset
train --pre-set small
train small
status nowhere
swep
END

echo "--- refused before anything is submitted"
mkdir -p slurmless
printf '#!/bin/sh\necho "$*" >>submitted\necho 7\n' >slurmless/sbatch
printf '#!/bin/sh\n:\n' | tee slurmless/squeue >slurmless/scontrol
chmod +x slurmless/*
# With the stubs; the file `submitted` tells what came to sbatch.
stubbed() { PATH="$work/slurmless:$PATH" "$submit" "$@" >out 2>error; }
refused() { # TEXT ARGUMENT...
    local text=$1 code=0
    shift
    rm -f submitted
    stubbed "$@" || code=$?
    check "refused: $*" same "$code" 2
    check "nothing is submitted" test ! -e submitted
    check "nothing is written" test ! -e refused
    check "the reason: $text" has error "$text"
}
ready=(--output refused --preset tiny --test test)
refused "no preset 'tinny'" train --output refused --preset tinny
refused 'which model' train --output refused
refused '--puzzles missing.csv: there is no' train "${ready[@]}" --puzzles missing.csv
refused '--test missing.csv: there is no' eval --output refused --test missing.csv
refused '--test missing.csv: there is no' sweep --seeds 0-3 "${ready[@]}" --test missing.csv
for seeds in 3-1 0-3%0 5000000 1:2 ","; do
    refused "--seeds $seeds:" train "${ready[@]}" --seeds "$seeds"
done
refused "nearest is --hidden" train "${ready[@]}" --train-args '--hiden 64'
refused "quotes do not fit" train "${ready[@]}" --train-args "--puzzles 'a"
refused "'hrmpi vote' does not take" sweep --seeds 0-3 "${ready[@]}" --vote-args '--tabel'
refused '--perturbations cyclic' eval "${ready[@]}" --perturbations cyclic
refused '64 threads of a replica' train "${ready[@]}" --ranks 32 --threads 2
refused 'be shared by 2 replicas' train "${ready[@]}" --ranks 3 --train-args '--replicas 2'
refused '--nodes 4 are more' train "${ready[@]}" --ranks 2 --nodes 4
refused '--site nowhere.sh' train "${ready[@]}" --site nowhere.sh
HRMPI=$work/nowhere refused 'which is no program' train "${ready[@]}"

echo "--- relabelling of a symbol-equivariant model"
stubbed sweep --output equal --seeds 0-1 --preset small --test test --perturbations cyclic:9
check "is submitted" same $? 0
check "with a warning" has error 'warning: a symbol-equivariant model answers all relabellings alike'
stubbed sweep --output other --seeds 0-1 --preset tiny --test test --perturbations cyclic:9
check "another model gets none" has_not error warning

echo "--- names with commas, blanks and quotes"
number=0
for odd in 'runs/lr=1e-3,wd=0.1' 'runs/a b' "runs/it's \"so\""; do
    number=$((number + 1))
    rm -f submitted
    stubbed sweep --output "$odd" --name "a b,'$number'" --seeds 0-1 --preset tiny --test test
    check "$odd is submitted" same "$? $(grep -c . submitted)" '0 3'
    check "as one word" has submitted "$odd/slurm/train.sbatch"
    for kind in train eval vote; do
        check "$kind is a program" bash -n "$odd/slurm/$kind.sbatch"
        got=$(env -u HRM_OUTPUT bash -c "$(grep '^export HRM_OUTPUT' "$odd/slurm/$kind.sbatch")"'; echo "$HRM_OUTPUT"')
        check "which works in the folder" same "$got" "$odd"
    done
    mkdir -p "$odd/seed-1/replica-0"
    printf 'steps = 100\nbatch = 8\n' >"$odd/seed-1/config.ini"
    printf 'state failed\ncode 4\n' >"$odd/seed-1/train.job"
    : >"$odd/seed-1/replica-0/metrics.jsonl"
    stubbed status "$odd"
    check "status reads it" has out '^seed-1 *failed, code 4 '
done
check "Slurm reads the name as one word" has 'runs/a b/slurm/train.sbatch' \
    "^#SBATCH --job-name=a\\\\ b,\\\\'2\\\\'-train$"
check "and the log's folder" has 'runs/a b/slurm/eval.sbatch' '^#SBATCH --output=runs/a\\ b/slurm/eval-%a'

echo "--- a run that is there needs no preset"
"$HRMPI" train --preset tiny --steps 2 --threads 1 --output there >log 2>&1
stubbed train --output there
check "it is submitted" same $? 0
mkdir -p many
mv there many/seed-3
stubbed train --output many --seeds 3-4
check "so are seeds" same $? 0

echo "--- the example of slurm/README.md"
mkdir -p example
ln -s "$(dirname "$submit")" example/slurm
awk '/^    / { print; found = 1; next } found { exit }' "$slurm/README.md" >example/words
check "is there" test "$(grep -c hrm-submit example/words)" -ge 2
(cd example && PATH="$work/slurmless:$PATH" bash -e words >../out 2>../error)
check "runs as it is written" same $? 0
check "and submits a sweep" same "$(grep -c . example/submitted)" 3
check "without a word of complaint" same "$(cat error)" ''

echo "--- how a job ends"
mkdir -p stubs
cat >stubs/srun <<'END'
#!/bin/sh
echo "srun $*" >>calls
case $* in
*--mpi=list) [ -e no_pmix ] || echo pmix ;;
*--overlap*) [ ! -e host_lost ] ;;
*' vote '*' --output '*) echo "$*" >>stubs.log; while [ "$1" != --output ]; do shift; done; cp "${2%/*}/counted" "$2" ;;
*' vote '*) echo "voted on $*" ;;
*) echo "threads $OMP_NUM_THREADS $SRUN_CPUS_PER_TASK blas $OPENBLAS_NUM_THREADS" >>calls
   [ ! -e work ] || { mkdir -p run/replica-0; : >"run/replica-0/$(cat work)"; }
   exit "$(cat code)" ;;
esac
END
sed 's/srun \$/mpirun $/' stubs/srun >stubs/mpirun
printf '#!/bin/sh\necho "$(basename "$0") $*" >>calls\n' >stubs/scontrol
printf '#!/bin/sh\necho "sleep $*" >>calls\n' >stubs/sleep
chmod +x stubs/*

# job CODE [NAME=VALUE...]: run train.sbatch in the folder `run` with a step that ends with CODE.
job() {
    echo "$1" >code
    shift
    : >calls
    env PATH="$work/stubs:$PATH" SLURM_JOB_ID=7 SLURM_JOB_NAME=hrm-train SLURM_NTASKS=4 \
        SLURM_CPUS_PER_TASK=2 HRMPI=hrmpi HRM_OUTPUT=run "$@" bash "$slurm/train.sbatch" >log 2>&1
    result=$?
}
finished_run() {
    mkdir -p run/replica-0
    echo 'steps = 7' >run/config.ini
    : >run/replica-0/step-00000007.h5
}
ends() { check "$1: exit code $2, $3" same "$result $(state_of run/train.job)" "$2 $3"; }
again() { has calls 'scontrol requeue'; }

finished_run
job 0 HRM_PRESET=tiny HRM_TRAIN_ARGS='--steps 5'
ends "a step that is done" 0 'done'
check "the call" has calls \
    '^srun --mpi=pmix --kill-on-bad-exit=1 --cpus-per-task=2 hrmpi train --preset tiny --output run --seed 0 --resume auto --threads 2 --steps 5$'
check "threads are passed on" has calls '^threads 2 2 blas 1$'
check "no requeue" has_not calls requeue
for code in 1 2 3 4 137; do
    job $code
    ends "a step that fails" $code failed
    check "no requeue" has_not calls requeue
done
steps() { grep -c 'hrmpi train' calls; }
check "a rank that was killed gets a second try" same "$(steps)" 2
job 4
check "a failure of the program does not" same "$(steps)" 1
overwrites() { grep -c -e --overwrite calls; }
job 137 HRM_TRAIN_ARGS='--overwrite --steps 5'
check "--overwrite is for the first start, not for the second try" same "$(overwrites)" 1
job 0 SLURM_RESTART_COUNT=1 HRM_TRAIN_ARGS='--overwrite --steps 5'
check "nor for a restart" same "$(overwrites)" 0
check "which keeps all else" has calls '--threads 2 --steps 5$'
rm run/replica-0/*
job 0
check "a step that did nothing is not done" same "$(steps)" 2
ends "but it failed" 1 failed
job 75
ends "a step that wants to go on" 75 requeued
check "is requeued" has calls '^scontrol requeue 7$'
job 75 SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=3
check "the element of an array, and not the array, is requeued" has calls '^scontrol requeue 7_3$'
check "its number is the seed" has calls 'hrmpi train --output run/seed-3 --seed 3 '
job 75 SLURM_RESTART_COUNT=2 HRM_RESTARTS=2
ends "the last restart" 75 exhausted
touch run/STOP
job 75
ends "a STOP file" 75 stopped
rm run/STOP
touch no_pmix
job 0
check "mpirun where srun has no PMIx" has calls '^mpirun -n 4 --bind-to none hrmpi train'
rm no_pmix
job 0 HRM_LAUNCH='mpiexec.site -x'
check "or what the site says" has log 'mpiexec.site -x hrmpi train'
job 0 SLURM_JOB_END_TIME=$(($(date +%s) + 4000))
check "the time limit is known to the run" has calls "--max-time 3[67][0-9][0-9] "
job 1 SLURM_JOB_NUM_NODES=2
ends "a failure while all hosts answer" 1 failed
touch host_lost
job 1 SLURM_JOB_NUM_NODES=2
check "a host that is silent: Slurm gets time, then requeue" has calls 'sleep 900'
check "is requeued" again
rm host_lost

echo "--- restarts without progress"
rm -rf run
job 75
for restart in 1 2 3; do
    job 75 SLURM_RESTART_COUNT=$restart
done
ends "the third in a row" 1 stalled
check "did not even start" has_not calls 'hrmpi train'
echo state-00000012.h5 >work
rm -rf run
job 75
job 75 SLURM_RESTART_COUNT=1
job 75 SLURM_RESTART_COUNT=2
echo state-00000100.h5 >work
job 75 SLURM_RESTART_COUNT=3
job 75 SLURM_RESTART_COUNT=4
ends "a new step" 75 requeued
check "counts from zero again" has run/train.job '^stalls 0$'
check "and is the newest" has run/train.job '^saved 100$'

echo "--- the report of a sweep"
for seed in 0 1 2 3; do
    mkdir -p "votes/seed-$seed"
    echo 'state done' >"votes/seed-$seed/eval.job"
    echo counts >"votes/seed-$seed/counted"
done
echo counts >votes/counted
rm votes/seed-1/counted
echo 'state failed' >votes/seed-3/eval.job
env PATH="$work/stubs:$PATH" SLURM_JOB_ID=8 HRMPI=hrmpi HRM_OUTPUT=votes bash "$slurm/vote.sbatch" \
    >log 2>&1
check "exit code 0" same $? 0
cat votes/report.txt log
check "the report is whole" has votes/report.txt '^counts'
check "who is missing" has votes/report.txt '^left out: votes/seed-3 has not been evaluated'
check "and what cannot be counted" has votes/report.txt 'the votes of votes/seed-1 cannot be counted'
check "the others are counted together" \
    has stubs.log 'vote votes/seed-0/votes.h5 votes/seed-2/votes.h5 --output votes/report.body --table$'
check "the counts are kept" has votes/votes.csv counts
rm -f votes/seed-*/counted votes/report.txt
env PATH="$work/stubs:$PATH" SLURM_JOB_ID=8 HRMPI=hrmpi HRM_OUTPUT=votes bash "$slurm/vote.sbatch" \
    >log 2>&1
check "exit code 3 when nothing can be counted" same $? 3
check "and no report" test ! -e votes/report.txt

echo "--- status without Slurm"
mkdir -p sweep/seed-0/replica-0 sweep/seed-10/replica-0 sweep/seed-2
printf '[train]\nsteps = 100\nbatch = 8\n' | tee sweep/seed-0/config.ini >sweep/seed-10/config.ini
cat >sweep/seed-0/replica-0/metrics.jsonl <<'END'
{"kind":"train","step":40,"loss":1.25,"exact_accuracy":null,"slot_steps_per_s":4.0,"seconds":9.5}
{"kind":"validation","step":40,"puzzles":100,"accuracy":0.5,"exact_accuracy":0.125,"seconds":10}
END
cp sweep/seed-0/replica-0/metrics.jsonl sweep/seed-10/replica-0
printf 'state done\ncode 0\n' | tee sweep/seed-0/train.job >sweep/seed-0/eval.job
printf 'state running\nhost n7\n' >sweep/seed-10/train.job
printf 'state failed\ncode 4\n' >sweep/seed-2/train.job
PATH=$PATH "$submit" status sweep >status 2>error
cat status
check "no error" same "$(cat error)" ''
check "a seed that is done" has status '^seed-0 *done *40/100 *1.2500 *12.5 *- *done$'
check "a seed that runs, and when it ends" \
    has status '^seed-10 *running n7 *40/100 *1.2500 *12.5 *[01][0-9]-[0-3][0-9],[0-9][0-9]:'
check "a seed that failed" has status '^seed-2 *failed, code 4 '
check "in the order of the seeds" same "$(sed -n 's/^seed-\([0-9]*\) .*/\1/p' status | tr '\n' ' ')" \
    '0 2 10 '
finish
