#include "core/eval/perturbation.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum sigma { SIGMA_NONE, SIGMA_OPTIONAL, SIGMA_REQUIRED };

/// The row of a kind.
struct row {
    const char *name;
    int32_t most;
    enum sigma sigma;
};

static struct row row_of(const struct hrm_task *task, int kind)
{
    struct row row = {"init", HRM_PERTURBATIONS_MOST, SIGMA_OPTIONAL};
    if (kind == HRM_PERTURBATION_NOISE)
        row = (struct row){"noise", HRM_PERTURBATIONS_MOST, SIGMA_REQUIRED};
    if (kind >= HRM_PERTURBATION_INIT)
        return row;
    int64_t members = task->kind->view_members(task, kind);
    row.name = task->kind->views[kind].name;
    row.most = members < row.most ? (int32_t)members : row.most;
    row.sigma = SIGMA_NONE;
    return row;
}

/// Say what is wrong with a term, and what there is.
static int refuse(struct hrm_error *error, const struct hrm_task *task, const char *term,
                  const char *reason)
{
    char views[256] = "";
    size_t used = 0;
    for (int i = 0; i < task->kind->view_kinds && used < sizeof views; i++) {
        struct row row = row_of(task, i);
        used += (size_t)snprintf(views + used, sizeof views - used, "%s:%d, ", row.name,
                                 row.most < 20 ? row.most : 20);
    }
    hrm_fail(error, HRM_USAGE, "perturbation '%.100s': %s", term, reason);
    return hrm_hint(error,
                    "write for example none, %sinit:8, noise:8:0.01, or a product such as "
                    "init:4*noise:2:0.01",
                    views);
}

/// Whether a term is of a kind; then what follows its name.
static bool has_name(const char *term, const char *name, const char **rest)
{
    size_t length = strlen(name);
    *rest = term + length;
    return strncmp(term, name, length) == 0 && (term[length] == ':' || term[length] == '\0');
}

/// The kind of a term and what follows its name; -1 when there is no such kind.
static int find_kind(const struct hrm_task *task, const char *term, const char **rest)
{
    for (int kind = 0; kind < task->kind->view_kinds; kind++)
        if (has_name(term, task->kind->views[kind].name, rest))
            return kind;
    for (int kind = HRM_PERTURBATION_INIT; kind <= HRM_PERTURBATION_NOISE; kind++)
        if (has_name(term, row_of(task, kind).name, rest))
            return kind;
    return -1;
}

static bool is_used(const struct hrm_perturbations *list, int kind)
{
    for (int i = 0; i < list->factors; i++) {
        if (list->factor[i].kind == kind)
            return true;
    }
    return false;
}

// ":N" of a term; NULL when it is not a whole number of 1..most.
static const char *read_count(const char *text, int32_t most, int32_t *count)
{
    if (text[0] != ':' || text[1] < '0' || text[1] > '9')
        return NULL;
    char *end = NULL;
    errno = 0;
    long value = strtol(text + 1, &end, 10);
    if (errno != 0 || value < 1 || value > most || (*end != ':' && *end != '\0'))
        return NULL;
    *count = (int32_t)value;
    return end;
}

// ":sigma" of a term.
static bool read_sigma(const char *text, enum sigma rule, double *sigma)
{
    if (*text == '\0') {
        *sigma = rule == SIGMA_OPTIONAL ? 1.0 : 0.0;
        return rule != SIGMA_REQUIRED;
    }
    char *end = NULL;
    *sigma = strtod(text + 1, &end);
    return rule != SIGMA_NONE && end != text + 1 && *end == '\0' && isfinite(*sigma) && *sigma > 0;
}

static int parse_term(const char *term, struct hrm_perturbations *list, struct hrm_error *error)
{
    if (strcmp(term, "none") == 0)
        return HRM_OK;
    const struct hrm_task *task = &list->task;
    const char *rest = NULL;
    char wanted[96];
    int kind = find_kind(task, term, &rest);
    if (kind < 0)
        return refuse(error, task, term, "unknown kind");
    if (is_used(list, kind))
        return refuse(error, task, term, "this kind occurs twice");
    if (list->factors == HRM_PERTURBATION_FACTORS)
        return refuse(error, task, term, "more kinds than a list can hold");
    struct row row = row_of(task, kind);
    int32_t count = 0;
    double sigma = 0;
    rest = read_count(rest, row.most, &count);
    snprintf(wanted, sizeof wanted, "wanted a count of 1..%d after the name", row.most);
    if (rest == NULL)
        return refuse(error, task, term, wanted);
    if (!read_sigma(rest, row.sigma, &sigma))
        return refuse(error, task, term,
                      row.sigma == SIGMA_NONE
                          ? "nothing may follow the count"
                          : "wanted a positive standard deviation after the count");
    list->factor[list->factors].kind = kind;
    list->factor[list->factors].count = count;
    list->factor[list->factors].sigma = sigma;
    list->factors++;
    return HRM_OK;
}

static int check_list(const char *text, const struct hrm_perturbations *list,
                      struct hrm_error *error)
{
    const struct hrm_task *task = &list->task;
    for (int kind = 0; kind < task->kind->view_kinds; kind++) {
        const struct hrm_view_kind *view = &task->kind->views[kind];
        for (int other = 0; view->excludes && other < task->kind->view_kinds; other++)
            if (is_used(list, kind) && is_used(list, other) &&
                strcmp(view->excludes, task->kind->views[other].name) == 0) {
                char reason[96];
                snprintf(reason, sizeof reason, "one of %s and %s does what the other does too",
                         view->name, view->excludes);
                return refuse(error, task, text, reason);
            }
    }
    if (hrm_perturbations_count(list) > HRM_PERTURBATIONS_MOST)
        return refuse(error, task, text, "more than 1000000 perturbations");
    return HRM_OK;
}

int hrm_perturbations_parse(const char *text, const struct hrm_task *task, uint64_t seed,
                            struct hrm_perturbations *list, struct hrm_error *error)
{
    *list = (struct hrm_perturbations){.task = *task, .seed = seed};
    char copy[HRM_PERTURBATIONS_TEXT];
    if (strlen(text) >= sizeof copy)
        return refuse(error, task, text, "text too long");
    strcpy(copy, text);
    int status = HRM_OK;
    for (char *term = copy; status == HRM_OK && term != NULL;) {
        char *next = strchr(term, '*');
        if (next != NULL)
            *next++ = '\0';
        status = parse_term(term, list, error);
        term = next;
    }
    return status == HRM_OK ? check_list(text, list, error) : status;
}

int64_t hrm_perturbations_count(const struct hrm_perturbations *list)
{
    int64_t count = 1;
    for (int i = 0; i < list->factors && count <= HRM_PERTURBATIONS_MOST; i++)
        count *= list->factor[i].count;
    return count;
}

// Apply member `member` (not 0) of a factor to a perturbation.
static void apply_member(const struct hrm_perturbations *list, int factor, int32_t member,
                         struct hrm_perturbation *perturbation)
{
    const struct hrm_task *task = &list->task;
    int kind = list->factor[factor].kind;
    if (kind == HRM_PERTURBATION_INIT) {
        perturbation->state = member;
        perturbation->state_sigma = list->factor[factor].sigma;
    } else if (kind == HRM_PERTURBATION_NOISE) {
        perturbation->noise = member;
        perturbation->noise_sigma = list->factor[factor].sigma;
    } else {
        _Alignas(8) unsigned char view[HRM_VIEW_BYTES] = {0};
        task->kind->view_make(task, kind, member, list->seed, view);
        task->kind->view_compose(task, perturbation->view, view, perturbation->view);
    }
}

struct hrm_perturbation hrm_perturbations_make(const struct hrm_perturbations *list, int64_t index)
{
    assert(index >= 0 && index < hrm_perturbations_count(list));
    struct hrm_perturbation perturbation = {.state = 0};
    int32_t member[HRM_PERTURBATION_FACTORS];
    list->task.kind->view_identity(&list->task, perturbation.view);
    for (int i = list->factors - 1; i >= 0; i--) {
        member[i] = (int32_t)(index % list->factor[i].count);
        index /= list->factor[i].count;
    }
    size_t used = 0;
    for (int i = 0; i < list->factors; i++) {
        if (member[i] == 0)
            continue;
        apply_member(list, i, member[i], &perturbation);
        used += (size_t)snprintf(perturbation.name + used, sizeof perturbation.name - used,
                                 "%s%s:%d", used > 0 ? "*" : "",
                                 row_of(&list->task, list->factor[i].kind).name, member[i]);
    }
    if (used == 0)
        strcpy(perturbation.name, "identity");
    assert(used < sizeof perturbation.name);
    return perturbation;
}

// The shortest text that reads back to the same number.
static void format_real(double value, char text[32])
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

void hrm_perturbations_format(const struct hrm_perturbations *list,
                              char text[HRM_PERTURBATIONS_TEXT])
{
    strcpy(text, list->factors == 0 ? "none" : "");
    for (int i = 0; i < list->factors; i++) {
        char sigma[32];
        format_real(list->factor[i].sigma, sigma);
        size_t used = strlen(text);
        struct row row = row_of(&list->task, list->factor[i].kind);
        bool has_sigma = row.sigma != SIGMA_NONE;
        snprintf(text + used, HRM_PERTURBATIONS_TEXT - used, "%s%s:%d%s%s", i > 0 ? "*" : "",
                 row.name, list->factor[i].count, has_sigma ? ":" : "", has_sigma ? sigma : "");
    }
}
