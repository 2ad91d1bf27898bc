#include "core/eval/perturbation.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXAMPLE                                                                                    \
    "write for example none, cyclic:9, digits:20, symmetry:20, init:8, noise:8:0.01, "             \
    "or a product such as cyclic:9*init:4"

enum sigma { SIGMA_NONE, SIGMA_OPTIONAL, SIGMA_REQUIRED };

static const struct {
    const char *name;
    int32_t most;
    enum sigma sigma;
} kinds[HRM_PERTURBATION_KINDS] = {
    [HRM_PERTURBATION_CYCLIC] = {"cyclic", 9, SIGMA_NONE},
    [HRM_PERTURBATION_DIGITS] = {"digits", HRM_PERTURBATIONS_MOST, SIGMA_NONE},
    [HRM_PERTURBATION_SYMMETRY] = {"symmetry", HRM_PERTURBATIONS_MOST, SIGMA_NONE},
    [HRM_PERTURBATION_INIT] = {"init", HRM_PERTURBATIONS_MOST, SIGMA_OPTIONAL},
    [HRM_PERTURBATION_NOISE] = {"noise", HRM_PERTURBATIONS_MOST, SIGMA_REQUIRED},
};

static int refuse(struct hrm_error *error, const char *term, const char *reason)
{
    hrm_fail(error, HRM_USAGE, "perturbation '%.100s': %s", term, reason);
    return hrm_hint(error, EXAMPLE);
}

// The kind of a term and what follows its name; -1 when there is no such kind.
static int find_kind(const char *term, const char **rest)
{
    for (int kind = 0; kind < HRM_PERTURBATION_KINDS; kind++) {
        size_t length = strlen(kinds[kind].name);
        if (strncmp(term, kinds[kind].name, length) == 0 &&
            (term[length] == ':' || term[length] == '\0')) {
            *rest = term + length;
            return kind;
        }
    }
    return -1;
}

static bool is_used(const struct hrm_perturbations *list, int kind)
{
    for (int i = 0; i < list->factors; i++) {
        if ((int)list->factor[i].kind == kind)
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
    const char *rest = NULL;
    int kind = find_kind(term, &rest);
    if (kind < 0)
        return refuse(error, term, "unknown kind");
    if (is_used(list, kind))
        return refuse(error, term, "this kind occurs twice");
    int32_t count = 0;
    double sigma = 0;
    rest = read_count(rest, kinds[kind].most, &count);
    if (rest == NULL)
        return refuse(error, term,
                      kind == HRM_PERTURBATION_CYCLIC
                          ? "wanted a count of 1..9 after the name"
                          : "wanted a count of 1..1000000 after the name");
    if (!read_sigma(rest, kinds[kind].sigma, &sigma))
        return refuse(error, term,
                      kinds[kind].sigma == SIGMA_NONE
                          ? "nothing may follow the count"
                          : "wanted a positive standard deviation after the count");
    list->factor[list->factors].kind = (enum hrm_perturbation_kind)kind;
    list->factor[list->factors].count = count;
    list->factor[list->factors].sigma = sigma;
    list->factors++;
    return HRM_OK;
}

static int check_list(const char *text, const struct hrm_perturbations *list,
                      struct hrm_error *error)
{
    if (is_used(list, HRM_PERTURBATION_DIGITS) && is_used(list, HRM_PERTURBATION_SYMMETRY))
        return refuse(error, text, "symmetry relabels the digits already");
    if (hrm_perturbations_count(list) > HRM_PERTURBATIONS_MOST)
        return refuse(error, text, "more than 1000000 perturbations");
    return HRM_OK;
}

int hrm_perturbations_parse(const char *text, uint64_t seed, struct hrm_perturbations *list,
                            struct hrm_error *error)
{
    *list = (struct hrm_perturbations){.seed = seed};
    char copy[HRM_PERTURBATIONS_TEXT];
    if (strlen(text) >= sizeof copy)
        return refuse(error, text, "text too long");
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
    struct hrm_random random =
        hrm_random_open(list->seed, HRM_RANDOM_PERTURBATION, (uint64_t)member, 0);
    struct hrm_symmetry symmetry;
    switch (list->factor[factor].kind) {
    case HRM_PERTURBATION_CYCLIC:
        symmetry = hrm_symmetry_cyclic(hrm_sudoku_of(9), member);
        break;
    case HRM_PERTURBATION_DIGITS:
        symmetry = hrm_symmetry_random_digits(hrm_sudoku_of(9), &random);
        break;
    case HRM_PERTURBATION_SYMMETRY:
        symmetry = hrm_symmetry_random(hrm_sudoku_of(9), &random);
        break;
    case HRM_PERTURBATION_INIT:
        perturbation->state = member;
        perturbation->state_sigma = list->factor[factor].sigma;
        return;
    default:
        perturbation->noise = member;
        perturbation->noise_sigma = list->factor[factor].sigma;
        return;
    }
    perturbation->symmetry = hrm_symmetry_compose(&perturbation->symmetry, &symmetry);
}

struct hrm_perturbation hrm_perturbations_make(const struct hrm_perturbations *list, int64_t index)
{
    assert(index >= 0 && index < hrm_perturbations_count(list));
    struct hrm_perturbation perturbation = {.symmetry = hrm_symmetry_identity(hrm_sudoku_of(9))};
    int32_t member[HRM_PERTURBATION_KINDS];
    for (int i = list->factors - 1; i >= 0; i--) {
        member[i] = (int32_t)(index % list->factor[i].count);
        index /= list->factor[i].count;
    }
    size_t used = 0;
    for (int i = 0; i < list->factors; i++) {
        if (member[i] == 0)
            continue;
        apply_member(list, i, member[i], &perturbation);
        used +=
            (size_t)snprintf(perturbation.name + used, sizeof perturbation.name - used, "%s%s:%d",
                             used > 0 ? "*" : "", kinds[list->factor[i].kind].name, member[i]);
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
        enum hrm_perturbation_kind kind = list->factor[i].kind;
        bool has_sigma = kinds[kind].sigma != SIGMA_NONE;
        snprintf(text + used, HRM_PERTURBATIONS_TEXT - used, "%s%s:%d%s%s", i > 0 ? "*" : "",
                 kinds[kind].name, list->factor[i].count, has_sigma ? ":" : "",
                 has_sigma ? sigma : "");
    }
}
