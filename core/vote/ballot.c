#include "core/vote/ballot.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int hrm_ballot_init(struct hrm_ballot *ballot, int capacity, struct hrm_error *error)
{
    assert(capacity > 0);
    *ballot = (struct hrm_ballot){.capacity = capacity};
    ballot->candidates = calloc((size_t)capacity, sizeof *ballot->candidates);
    ballot->order = calloc((size_t)capacity, sizeof *ballot->order);
    if (ballot->candidates && ballot->order)
        return HRM_OK;
    hrm_ballot_free(ballot);
    return hrm_fail(error, HRM_FAILED, "no memory for a vote of %d passes", capacity);
}

void hrm_ballot_free(struct hrm_ballot *ballot)
{
    free(ballot->candidates);
    free(ballot->order);
    *ballot = (struct hrm_ballot){0};
}

double hrm_ballot_sigmoid(double q)
{
    return 1 / (1 + exp(-q));
}

/// By answer, then by what the sums are made of: passes that compare equal contribute the same.
static int compare_passes(const void *left, const void *right)
{
    const struct hrm_ballot_entry *first = left, *second = right;
    const struct hrm_pass *a = first->pass, *b = second->pass;
    int order = memcmp(a->answer, b->answer, first->bytes);
    if (order)
        return order;
    bool halted = hrm_pass_has(a, HRM_PASS_HALTED);
    if (halted != hrm_pass_has(b, HRM_PASS_HALTED))
        return halted ? 1 : -1;
    return (a->q_halt > b->q_halt) - (a->q_halt < b->q_halt);
}

static void add_pass(struct hrm_candidate *candidate, const struct hrm_pass *pass)
{
    candidate->votes++;
    candidate->q_sum += (double)pass->q_halt;
    if (!hrm_pass_has(pass, HRM_PASS_HALTED))
        return;
    candidate->halted++;
    candidate->halted_q_sum += (double)pass->q_halt;
    candidate->halted_weight += hrm_ballot_sigmoid((double)pass->q_halt);
}

void hrm_ballot_fill(struct hrm_ballot *ballot, const struct hrm_passes *passes,
                     const struct hrm_selection *selection)
{
    // With the zeros behind an answer, which are alike.
    size_t bytes = passes->record - HRM_PASS_HEAD;
    int n = hrm_selection_passes(selection);
    assert(n <= ballot->capacity);
    int run = 0;
    for (int i = 0; i < n; i++) {
        const struct hrm_pass *pass =
            hrm_passes_at(passes, selection->checkpoint[i / selection->perturbations],
                          selection->perturbation[i % selection->perturbations]);
        if (pass->segments > 0)
            ballot->order[run++] = (struct hrm_ballot_entry){pass, bytes};
    }
    n = run;
    qsort(ballot->order, (size_t)n, sizeof *ballot->order, compare_passes);
    ballot->passes = n;
    ballot->halted = 0;
    ballot->count = 0;
    for (int i = 0; i < n; i++) {
        const struct hrm_pass *pass = ballot->order[i].pass;
        if (i == 0 || memcmp(pass->answer, ballot->order[i - 1].pass->answer, bytes) != 0)
            ballot->candidates[ballot->count++] =
                (struct hrm_candidate){.answer = pass->answer,
                                       .right = hrm_pass_has(pass, HRM_PASS_RIGHT),
                                       .certified = hrm_pass_has(pass, HRM_PASS_CERTIFIED)};
        add_pass(&ballot->candidates[ballot->count - 1], pass);
        ballot->halted += hrm_pass_has(pass, HRM_PASS_HALTED);
    }
}
