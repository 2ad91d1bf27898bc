#include "jobs/eval/eval_options.h"

#include "core/eval/perturbation.h"
#include "core/eval/plan.h"
#include "core/model/config.h"
#include "jobs/cli/console.h"
#include "jobs/cli/threads.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define ROW(key, type, fallback, choices, help, minimum, maximum, role, since)                     \
    {                                                                                              \
#key, HRM_OPTION_##type, offsetof(struct eval_options, key), fallback, choices, help,      \
            minimum, maximum, HRM_ROLE_##role, since                                               \
    }

static const struct hrm_option EVAL[] = {
    ROW(checkpoints, TEXT, "", NULL,
        "checkpoint files, folders of training runs, or folders of such folders, separated by "
        "commas. Quote a path that holds a comma: \"'a,b',c\". Arguments are one path each and "
        "add to the list. Copies and links of a file count once. None: the bundled models",
        0, 0, SOURCE, 0),
    ROW(last, INT, "0", NULL,
        "take only the last so many checkpoints of each replica in a folder; 0: all", 0, INT_MAX,
        SOURCE, 0),
    ROW(puzzles, TEXT, "test", NULL,
        "a CSV file, gzipped or not, a compiled set, the name of a bundled set, or "
        "generate:COUNT, generate:FAMILY:COUNT or generate:FAMILY:COUNT:SEED",
        0, 0, SOURCE, 0),
    ROW(first, INT64, "0", NULL, "take only so many puzzles from the beginning; 0: all", 0,
        INFINITY, SOURCE, 0),
    ROW(subset, INT64, "0", NULL, "then draw so many of them at random; 0: all", 0, INFINITY,
        SOURCE, 0),
    ROW(allow_ambiguous, FLAG, "false", NULL,
        "take puzzles of which two have the same question and another answer", 0, 0, SOURCE, 1),
    ROW(seed, INT64, "0", NULL, "seed of --subset and of random perturbations", 0, INFINITY, PASS,
        0),
    ROW(perturbations, TEXT, "auto", NULL,
        "none, cyclic:N, digits:N, symmetry:N, init:N[:SIGMA], noise:N:SIGMA, or a product as "
        "cyclic:9*init:4; of mazes symmetry:N and exchange:2 instead of the first three; auto: "
        "cyclic:9, or symmetry:8, or for a symbol-equivariant model, which answers all "
        "relabellings alike, init:9",
        0, 0, SOURCE, 0),
    ROW(segments, INT, "16", NULL, "segments that a pass runs, at most", 1, 65535, EXTENT, 0),
    ROW(leave, CHOICE, "never", "never|halted|settled|certified",
        "when a pass ends before its last segment: halted, when it asks to stop; settled, when it "
        "asks to stop and its answer has stayed the same for --settled-segments; certified, when "
        "its "
        "answer is proved right",
        0, 0, PASS, 0),
    ROW(settled_segments, INT, "2", NULL,
        "segments that an answer must stay the same before the pass is settled", 1, 65535, PASS, 0),
    ROW(prune, CHOICE, "off", "off" HRM_RULE_PRUNABLE,
        "skip the passes of a puzzle that cannot change its answer by this rule; other rules are "
        "counted only where they lose nothing",
        0, 0, PRUNING, 0),
    ROW(backend, TEXT, "auto", NULL, "auto, or one of those that `hrmpi info` lists", 0, 0, SOURCE,
        0),
    ROW(threads, INT, "0", NULL,
        "threads of each rank; 0: as many as it may use CPUs, or as a CPU quota allows", 0,
        HRM_THREADS_MAX, BOOKKEEPING, 0),
    ROW(block, INT, "8", NULL,
        "puzzles whose passes are stored together; ranks claim one or more such blocks at a time",
        1, 1 << 20, EXTENT, 0),
    ROW(claims, CHOICE, "auto", "auto|one_sided|messages",
        "how ranks claim the next blocks from rank 0: by one-sided access or by messages", 0, 0,
        BOOKKEEPING, 0),
    ROW(output, TEXT, "votes.h5", NULL, "the votes file; .part is added until it is complete", 0, 0,
        BOOKKEEPING, 0),
    ROW(overwrite, FLAG, "false", NULL,
        "replace the votes of another evaluation; no other file is replaced", 0, 0, BOOKKEEPING, 0),
    ROW(max_time, REAL, "0", NULL,
        "seconds after which the run stops, to be continued; 0: five minutes before the end of "
        "the Slurm job where SLURM_JOB_END_TIME tells it, else never",
        0, INFINITY, BOOKKEEPING, 0),
};

struct hrm_option_section eval_options_section(struct eval_options *options)
{
    return (struct hrm_option_section)HRM_OPTION_SECTION("eval", EVAL, options);
}

int eval_options_numbers(const struct eval_options *options, uint64_t *numbers)
{
    struct eval_options used = *options;
    struct hrm_option_section section = eval_options_section(&used);
    int count = 0;
    if (used.leave != HRM_LEAVE_SETTLED)
        used.settled_segments = 0; // nobody looks at it
    for (int i = 0; i < section.count; i++) {
        const struct hrm_option *option = &section.options[i];
        // An option that came later does not change the identity of votes that knew nothing of it.
        if ((option->role & (HRM_ROLE_PASS | HRM_ROLE_PRUNING)) &&
            (option->since == 0 || !hrm_option_is_default(&section, option)))
            numbers[count++] = hrm_option_bits(&section, option);
    }
    assert(count <= EVAL_NUMBERS);
    return count;
}

enum hrm_rule eval_options_rule(const struct eval_options *options)
{
    return hrm_rule_prunable(options->prune);
}

/// Say how many perturbations are the same to a symbol-equivariant model.
static void warn_of_relabelling(const struct hrm_perturbations *list)
{
    int64_t all = hrm_perturbations_count(list), different = all;
    for (int i = 0; i < list->factors; i++)
        if (list->factor[i].kind < HRM_PERTURBATION_INIT &&
            list->task.kind->views[list->factor[i].kind].relabels)
            different /= list->factor[i].count;
    if (different == all)
        return;
    char text[HRM_PERTURBATIONS_TEXT], some[64] = "all are the same";
    hrm_perturbations_format(list, text);
    if (different > 1)
        snprintf(some, sizeof some, "only %" PRId64 " differ", different);
    hrm_console_warn("--perturbations %s: of %" PRId64 " passes of a checkpoint on a puzzle %s, "
                     "since the model is symbol-equivariant and answers all relabellings alike; "
                     "init:9 makes nine that differ",
                     text, all, some);
}

/// The first kind of views with at most nine members, where it changes something to the model.
static void choose(const struct hrm_task *task, bool equivariant, char text[HRM_PERTURBATIONS_TEXT])
{
    const struct hrm_task_kind *kind = task->kind;
    strcpy(text, "init:9");
    if (kind->view_kinds == 0 || (equivariant && kind->views[0].relabels))
        return;
    int64_t members = kind->view_members(task, 0);
    snprintf(text, HRM_PERTURBATIONS_TEXT, "%s:%" PRId64, kind->views[0].name,
             members < 9 ? members : 9);
}

int eval_options_perturbations(const char *text, int64_t seed, const struct hrm_task *task,
                               const struct hrm_model_config *config,
                               struct hrm_perturbations *list, struct hrm_error *error)
{
    const bool equivariant = config->symbol_equivariant;
    char chosen[HRM_PERTURBATIONS_TEXT];
    choose(task, equivariant, chosen);
    if (strcmp(text, "auto") == 0)
        text = chosen;
    int status = hrm_perturbations_parse(text, task, (uint64_t)seed, list, error);
    if (status == HRM_OK && equivariant)
        warn_of_relabelling(list);
    return status;
}
