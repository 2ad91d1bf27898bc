#include "core/vote/selection.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/// One axis of a selection while it is read.
struct axis {
    const char *name; ///< for error texts
    const char *text;
    int limit;
};

static int bad_list(const struct axis *axis, struct hrm_error *error)
{
    int status = hrm_fail(error, HRM_USAGE, "'%s' selects no %s of 0 to %d", axis->text, axis->name,
                          axis->limit - 1);
    hrm_hint(error, "write numbers and ranges such as 0-3,7, or all, or last");
    return status;
}

/// Read a number and move on. -1 when there is none.
static long read_number(const char **at)
{
    char *end;
    if (**at < '0' || **at > '9')
        return -1;
    long number = strtol(*at, &end, 10);
    *at = end;
    return number;
}

/// Read `a` or `a-b` and mark what it names. Returns false when it is neither or out of range.
static bool read_range(const char **at, int limit, bool *chosen)
{
    long first = read_number(at), last = first;
    if (**at == '-') {
        (*at)++;
        last = read_number(at);
    }
    if (first < 0 || last < first || last >= limit)
        return false;
    for (long i = first; i <= last; i++)
        chosen[i] = true;
    return true;
}

static bool read_list(const struct axis *axis, bool *chosen)
{
    if (*axis->text == '\0' || strcmp(axis->text, "all") == 0) {
        memset(chosen, true, (size_t)axis->limit);
        return true;
    }
    if (strcmp(axis->text, "last") == 0)
        return chosen[axis->limit - 1] = true;
    for (const char *at = axis->text;; at++) {
        if (!read_range(&at, axis->limit, chosen))
            return false;
        if (*at == '\0')
            return true;
        if (*at != ',')
            return false;
    }
}

static int select_axis(const struct axis *axis, int **indices, int *count, struct hrm_error *error)
{
    int status = HRM_OK;
    assert(axis->limit > 0);
    bool *chosen = calloc((size_t)axis->limit, sizeof *chosen);
    *indices = calloc((size_t)axis->limit, sizeof **indices);
    if (!chosen || !*indices) {
        status = hrm_fail(error, HRM_FAILED, "no memory for a selection of %d", axis->limit);
        goto done;
    }
    if (!read_list(axis, chosen)) {
        status = bad_list(axis, error);
        goto done;
    }
    for (int i = 0; i < axis->limit; i++)
        if (chosen[i])
            (*indices)[(*count)++] = i;
done:
    free(chosen);
    return status;
}

static void complete(struct hrm_selection *selection, int identity)
{
    selection->passes = selection->checkpoints * selection->perturbations;
    selection->single = selection->perturbation[0];
    for (int i = 0; i < selection->perturbations; i++)
        if (selection->perturbation[i] == identity)
            selection->single = identity;
}

int hrm_selection_init(struct hrm_selection *selection, const char *checkpoints,
                       const char *perturbations, const int limits[2], int identity,
                       struct hrm_error *error)
{
    *selection = (struct hrm_selection){0};
    struct axis rows = {"checkpoint", checkpoints, limits[0]};
    struct axis columns = {"perturbation", perturbations, limits[1]};
    int status = select_axis(&rows, &selection->checkpoint, &selection->checkpoints, error);
    if (status == HRM_OK)
        status = select_axis(&columns, &selection->perturbation, &selection->perturbations, error);
    if (status) {
        hrm_selection_free(selection);
        return status;
    }
    complete(selection, identity);
    return HRM_OK;
}

int hrm_selection_make(struct hrm_selection *selection, struct hrm_selection_axis checkpoints,
                       struct hrm_selection_axis perturbations, int identity,
                       struct hrm_error *error)
{
    assert(checkpoints.count > 0 && perturbations.count > 0);
    size_t rows = (size_t)checkpoints.count, columns = (size_t)perturbations.count;
    *selection = (struct hrm_selection){.checkpoints = checkpoints.count,
                                        .perturbations = perturbations.count};
    selection->checkpoint = malloc(rows * sizeof(int));
    selection->perturbation = malloc(columns * sizeof(int));
    if (!selection->checkpoint || !selection->perturbation) {
        hrm_selection_free(selection);
        return hrm_fail(error, HRM_FAILED, "no memory for a selection of %zu", rows + columns);
    }
    memcpy(selection->checkpoint, checkpoints.index, rows * sizeof(int));
    memcpy(selection->perturbation, perturbations.index, columns * sizeof(int));
    complete(selection, identity);
    return HRM_OK;
}

void hrm_selection_free(struct hrm_selection *selection)
{
    free(selection->checkpoint);
    free(selection->perturbation);
    *selection = (struct hrm_selection){0};
}
