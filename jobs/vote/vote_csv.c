#include "jobs/vote/vote_print.h"
#include "jobs/vote/vote_runs.h"

#include <inttypes.h>

/// What the lines of one vote or mean have in common. Negative numbers are left empty.
struct subject {
    const char *section, *name, *training;
    int64_t seed, step, replica;
};

static void print_number(int64_t number, FILE *stream)
{
    if (number >= 0)
        fprintf(stream, "%" PRId64, number);
    fputc(',', stream);
}

static void print_subject(const struct subject *subject, FILE *stream)
{
    fprintf(stream, "%s,%s,%s,", subject->section, subject->name, subject->training);
    print_number(subject->seed, stream);
    print_number(subject->replica, stream);
    print_number(subject->step, stream);
}

static void print_row(const struct vote_report *report, const struct subject *subject,
                      const struct vote_row *row, FILE *stream)
{
    const struct hrm_bands *bands = &report->pool->bands;
    for (int i = 0; i < HRM_RULES * (HRM_BANDS + 1); i++) {
        enum hrm_rule rule = (enum hrm_rule)(i / (HRM_BANDS + 1));
        int band = i % (HRM_BANDS + 1) - 1;
        if (!vote_row_has(row, rule) || band >= hrm_tally_bands(&row->tally, bands))
            continue;
        struct vote_cell cell = vote_row_cell(row, rule, band, report->confidence);
        print_subject(subject, stream);
        fprintf(stream,
                "%d,%d,%d,%d,%s,%d,%s,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
                ",%.6f,,%.6f,%.6f\n",
                row->checkpoints, row->perturbations, row->passes, row->copies, hrm_rule_name(rule),
                hrm_rule_needs_labels(rule), band < 0 ? "all" : bands->names[band], cell.n,
                cell.asked, cell.answered, cell.right, cell.share, cell.interval.low,
                cell.interval.high);
    }
}

static void print_mean(const struct vote_report *report, const struct subject *subject,
                       const struct vote_mean *mean, FILE *stream)
{
    for (int rule = 0; rule < HRM_RULES; rule++) {
        const struct hrm_spread *spread = &mean->spread[rule];
        if (!(mean->rules >> rule & 1))
            continue;
        print_subject(subject, stream);
        fprintf(stream, ",%d,,%d,%s,%d,all,%" PRId64 ",,,,%.6f,", report->perturbations, mean->runs,
                hrm_rule_name((enum hrm_rule)rule), hrm_rule_needs_labels((enum hrm_rule)rule),
                report->pool->puzzles, spread->mean);
        if (spread->known)
            fprintf(stream, "%.6f,%.6f,%.6f\n", spread->sd, spread->interval.low,
                    spread->interval.high);
        else if (mean->runs > 1)
            fprintf(stream, "%.6f,,\n", spread->sd);
        else
            fputs(",,\n", stream);
    }
}

static const char *training_word(enum vote_training training)
{
    return training == VOTE_MIXED ? "mixed" : "plain";
}

static void print_checkpoints(const struct vote_report *report, const struct vote_sweep *sweep,
                              FILE *stream)
{
    for (int i = sweep->first; i < sweep->first + sweep->count; i++) {
        const struct vote_checkpoint *one = &report->checkpoints[i];
        struct subject subject = {"checkpoint",     one->row.name,    training_word(one->training),
                                  one->about->seed, one->about->step, one->about->replica};
        print_row(report, &subject, &one->row, stream);
    }
}

static void print_sweep(const struct vote_report *report, const struct vote_sweep *sweep,
                        FILE *stream)
{
    const char *training = training_word(report->checkpoints[sweep->first].training);
    struct subject subject = {"passes", "", training, -1, -1, -1};
    for (int i = 0; i < sweep->curve_count; i++) {
        subject.name = sweep->curve[i].name;
        print_row(report, &subject, &sweep->curve[i], stream);
    }
    print_checkpoints(report, sweep, stream);
    for (int i = sweep->first_run; i < sweep->first_run + sweep->runs; i++) {
        const struct vote_run *run = &report->runs[i];
        struct subject of = {"run", run->row.name, training, run->seed, -1, run->replica};
        print_row(report, &of, &run->row, stream);
    }
    subject = (struct subject){"seeds", sweep->seeds.name, training, -1, -1, -1};
    print_row(report, &subject, &sweep->seeds, stream);
    subject = (struct subject){"last", "last step", training, -1, -1, -1};
    print_mean(report, &subject, &sweep->last, stream);
    subject = (struct subject){"snapshots", "ensemble of a run", training, -1, -1, -1};
    print_mean(report, &subject, &sweep->snapshots, stream);
    for (int i = 0; i < sweep->step_count; i++) {
        subject = (struct subject){"step", "mean", training, -1, sweep->steps[i].step, -1};
        print_mean(report, &subject, &sweep->steps[i], stream);
    }
}

void vote_print_csv(const struct vote_report *report, FILE *stream)
{
    fputs("section,name,training,seed,replica,step,checkpoints,perturbations,passes,mean_of,rule,"
          "needs_labels,rating,n,asked,answered,right,share,sd,low,high\n",
          stream);
    struct subject all = {"all", report->all.name, "", -1, -1, -1};
    print_row(report, &all, &report->all, stream);
    for (int i = 0; i < VOTE_CONFIGURATIONS && report->table; i++) {
        const struct vote_configuration *one = &report->configurations[i];
        struct subject subject = {
            "configuration", one->row.name, training_word(one->training), -1, -1, -1};
        print_row(report, &subject, &one->row, stream);
    }
    for (int i = 0; i < VOTE_TRAININGS; i++)
        if (report->sweeps[i].count > 0)
            print_sweep(report, &report->sweeps[i], stream);
    for (int i = 0; i < report->both.curve_count; i++) {
        struct subject passes = {"passes", report->both.curve[i].name, "", -1, -1, -1};
        print_row(report, &passes, &report->both.curve[i], stream);
    }
}
