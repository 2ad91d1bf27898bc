#include "jobs/vote/vote_compare.h"

#include "jobs/vote/vote_plan.h"
#include "jobs/vote/vote_runs.h"
#include "jobs/vote/vote_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBSET_TEXT 256

/// One side of a comparison: which passes.
struct side {
    char text[SUBSET_TEXT];
    int *checkpoint; ///< [checkpoints]; owned
    int checkpoints;
    int *perturbation; ///< [perturbations]; owned
    int perturbations;
};

static int bad_text(const char *text, struct hrm_error *error)
{
    hrm_fail(error, HRM_USAGE, "'%s' does not name two subsets of the passes", text);
    return hrm_hint(error, "write two with a slash between, each CHECKPOINTS:PERTURBATIONS or a "
                           "configuration: --compare 3:all/3:0, --compare last/0-9, "
                           "--compare 'bootstrap + relabel/bootstrap'");
}

static int take_perturbations(struct side *side, const struct hrm_pool *pool, const char *list,
                              bool plain, struct hrm_error *error)
{
    struct hrm_selection chosen;
    int status =
        hrm_selection_init(&chosen, "all", list, (int[]){pool->checkpoints, pool->perturbations},
                           pool->identity, error);
    if (status)
        return status;
    side->perturbation = chosen.perturbation;
    side->perturbations = chosen.perturbations;
    if (plain) {
        side->perturbation[0] = chosen.single;
        side->perturbations = 1;
    }
    free(chosen.checkpoint);
    return HRM_OK;
}

/// The checkpoints of a list, of one training or (NULL) of both.
static int take_checkpoints(struct side *side, const struct hrm_pool *pool, const char *list,
                            const enum vote_training *training, struct hrm_error *error)
{
    struct vote_report report = {.pool = pool};
    int status = vote_runs_make(&report, list, error);
    if (status == HRM_OK) {
        side->checkpoint = calloc((size_t)report.checkpoint_count, sizeof *side->checkpoint);
        if (!side->checkpoint)
            status = hrm_fail(error, HRM_FAILED, "no memory for a comparison");
    }
    for (int i = 0; i < report.checkpoint_count && status == HRM_OK; i++)
        if (!training || report.checkpoints[i].training == *training)
            side->checkpoint[side->checkpoints++] = report.checkpoints[i].index;
    vote_report_free(&report);
    return status;
}

static int take_configuration(struct side *side, const struct hrm_pool *pool,
                              const struct vote_choice *choice,
                              const struct vote_configuration *configuration,
                              struct hrm_error *error)
{
    int status = take_checkpoints(side, pool, choice->checkpoints, &configuration->training, error);
    if (status == HRM_OK)
        status =
            take_perturbations(side, pool, choice->perturbations, !configuration->perturbed, error);
    if (status)
        return status;
    if (side->checkpoints == 0) {
        hrm_fail(error, HRM_USAGE, "'%s': no checkpoint was trained %s", side->text,
                 vote_training_name(configuration->training));
        return hrm_hint(error, "name a votes file with such checkpoints too");
    }
    if (configuration->bootstrap || side->checkpoints == 1)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "'%s' is the mean over %d checkpoints and no single vote",
             side->text, side->checkpoints);
    return hrm_hint(error, "compare one of them, such as %d:%s, or choose one with --checkpoints",
                    side->checkpoint[0], configuration->perturbed ? "all" : "0");
}

static int take_subset(struct side *side, const struct hrm_pool *pool,
                       const struct vote_choice *choice, struct hrm_error *error)
{
    struct vote_configuration configuration;
    if (vote_table_find(pool, side->text, &configuration))
        return take_configuration(side, pool, choice, &configuration, error);
    char list[SUBSET_TEXT];
    strcpy(list, side->text);
    char *colon = strchr(list, ':');
    if (colon)
        *colon = '\0';
    int status = take_checkpoints(side, pool, list, NULL, error);
    return status ? status
                  : take_perturbations(side, pool, colon ? colon + 1 : choice->perturbations, false,
                                       error);
}

static int take_sides(struct side sides[2], const struct hrm_pool *pool,
                      const struct vote_choice *choice, const char *text, struct hrm_error *error)
{
    const char *slash = strchr(text, '/');
    if (!slash || slash == text || slash[1] == '\0' || strchr(slash + 1, '/') ||
        strlen(text) >= SUBSET_TEXT)
        return bad_text(text, error);
    snprintf(sides[0].text, SUBSET_TEXT, "%.*s", (int)(slash - text), text);
    snprintf(sides[1].text, SUBSET_TEXT, "%s", slash + 1);
    int status = take_subset(&sides[0], pool, choice, error);
    return status ? status : take_subset(&sides[1], pool, choice, error);
}

static int count(struct vote_comparison *comparison, const struct hrm_world *world,
                 const struct hrm_pool *pool, const struct side sides[2], struct hrm_error *error)
{
    static const int pairs[1][2] = {{0, 1}};
    struct vote_plan plan = {.pool = pool};
    int status = HRM_OK;
    for (int i = 0; i < 2 && status == HRM_OK; i++) {
        const struct side *side = &sides[i];
        struct vote_row *row = &comparison->sides[i];
        snprintf(row->name, sizeof row->name, "%.63s", side->text);
        status = vote_plan_add(
            &plan, row, (struct hrm_selection_axis){side->checkpoint, side->checkpoints},
            (struct hrm_selection_axis){side->perturbation, side->perturbations}, 0, error);
    }
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK)
        status = vote_plan_count(&plan, world, pairs, &comparison->tables, 1, error);
    vote_plan_free(&plan);
    return status;
}

int vote_compare(struct vote_comparison *comparison, const struct hrm_world *world,
                 const struct hrm_pool *pool, const struct vote_choice *choice, const char *text,
                 struct hrm_error *error)
{
    struct side sides[2] = {0};
    *comparison = (struct vote_comparison){.confidence = choice->confidence};
    int status = take_sides(sides, pool, choice, text, error);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK)
        status = count(comparison, world, pool, sides, error);
    comparison->rules = comparison->sides[0].rules & comparison->sides[1].rules;
    // Of several checkpoints `single` is a mean, which is not right or wrong on a puzzle.
    if (sides[0].checkpoints > 1 || sides[1].checkpoints > 1)
        comparison->rules &= ~(1u << HRM_RULE_SINGLE);
    for (int i = 0; i < 2; i++) {
        free(sides[i].checkpoint);
        free(sides[i].perturbation);
    }
    return status;
}
