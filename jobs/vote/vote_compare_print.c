#include "jobs/cli/console.h"
#include "jobs/vote/vote_compare.h"

#include <inttypes.h>
#include <jansson.h>

/// A rule's part of a comparison.
struct line {
    enum hrm_rule rule;
    struct vote_cell sides[2];
    const struct hrm_mcnemar *table;
};

/// The line of the first rule from *rule on that can be counted; false when there is none.
static bool next_line(const struct vote_comparison *comparison, int *rule, struct line *line)
{
    while (*rule < HRM_RULES && !(comparison->rules >> *rule & 1))
        (*rule)++;
    if (*rule == HRM_RULES)
        return false;
    line->rule = (enum hrm_rule) * rule;
    line->table = &comparison->tables[*rule];
    for (int i = 0; i < 2; i++)
        line->sides[i] =
            vote_row_cell(&comparison->sides[i], line->rule, -1, comparison->confidence);
    (*rule)++;
    return true;
}

void vote_compare_text(const struct vote_comparison *comparison, FILE *stream)
{
    struct line line;
    for (int i = 0; i < 2; i++) {
        const struct vote_row *row = &comparison->sides[i];
        fprintf(stream, "%s %s: %d checkpoint%s x %d perturbation%s\n", i ? "second" : "first ",
                row->name, row->checkpoints, row->checkpoints == 1 ? "" : "s", row->perturbations,
                row->perturbations == 1 ? "" : "s");
    }
    fprintf(stream, "\n  %-12s %9s %9s %9s %9s %10s %10s %9s   %-9s %s\n", "rule", "n", "first%",
            "second%", "both", "only 1st", "only 2nd", "neither", "p", "mid-p");
    for (int rule = 0; next_line(comparison, &rule, &line);)
        fprintf(stream,
                "  %-12s %9" PRId64 " %9.*f %9.*f %9" PRId64 " %10" PRId64 " %10" PRId64
                " %9" PRId64 "   %-9.3g %.3g\n",
                hrm_rule_name(line.rule), line.sides[0].n, hrm_share_decimals(line.sides[0].n),
                100 * line.sides[0].share, hrm_share_decimals(line.sides[1].n),
                100 * line.sides[1].share, line.table->both, line.table->first, line.table->second,
                line.table->neither, hrm_mcnemar_exact(line.table), hrm_mcnemar_midp(line.table));
    fprintf(stream, "  p of McNemar's test, two-sided: exact binomial, and mid-p\n");
}

void vote_compare_csv(const struct vote_comparison *comparison, FILE *stream)
{
    struct line line;
    fputs("first,second,rule,needs_labels,n,first_right,second_right,both,only_first,only_second,"
          "neither,p_exact,p_mid\n",
          stream);
    for (int rule = 0; next_line(comparison, &rule, &line);)
        fprintf(stream,
                "\"%s\",\"%s\",%s,%d,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
                ",%" PRId64 ",%" PRId64 ",%.6g,%.6g\n",
                comparison->sides[0].name, comparison->sides[1].name, hrm_rule_name(line.rule),
                hrm_rule_needs_labels(line.rule), line.sides[0].n, line.sides[0].right,
                line.sides[1].right, line.table->both, line.table->first, line.table->second,
                line.table->neither, hrm_mcnemar_exact(line.table), hrm_mcnemar_midp(line.table));
}

static json_t *json_of_side(const struct vote_cell *cell)
{
    return json_pack("{s:I, s:I, s:f, s:f, s:f}", "answered", (json_int_t)cell->answered, "right",
                     (json_int_t)cell->right, "share", cell->share, "low", cell->interval.low,
                     "high", cell->interval.high);
}

static json_t *json_of_line(const struct line *line)
{
    return json_pack(
        "{s:I, s:b, s:o, s:o, s:I, s:I, s:I, s:I, s:f, s:f}", "n", (json_int_t)line->sides[0].n,
        "needs_labels", hrm_rule_needs_labels(line->rule), "first", json_of_side(&line->sides[0]),
        "second", json_of_side(&line->sides[1]), "both", (json_int_t)line->table->both,
        "only_first", (json_int_t)line->table->first, "only_second",
        (json_int_t)line->table->second, "neither", (json_int_t)line->table->neither, "p_exact",
        hrm_mcnemar_exact(line->table), "p_mid", hrm_mcnemar_midp(line->table));
}

int vote_compare_json(const struct vote_comparison *comparison, FILE *stream,
                      struct hrm_error *error)
{
    struct line line;
    json_t *rules = json_object();
    for (int rule = 0; next_line(comparison, &rule, &line);)
        json_object_set_new(rules, hrm_rule_name(line.rule), json_of_line(&line));
    json_t *root = json_pack(
        "{s:s, s:i, s:s, s:s, s:f, s:s, s:o}", "schema", "hrmpi-vote-comparison", "schema_version",
        1, "first", comparison->sides[0].name, "second", comparison->sides[1].name, "confidence",
        comparison->confidence, "test", "McNemar, two-sided, exact binomial", "rules", rules);
    int failed = !root || json_dumpf(root, stream, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) != 0;
    json_decref(root);
    fputc('\n', stream);
    return failed ? hrm_fail(error, HRM_FAILED, "cannot write the comparison as JSON") : HRM_OK;
}
