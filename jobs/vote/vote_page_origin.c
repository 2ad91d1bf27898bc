#include "build_info.h"
#include "jobs/plot/svg.h"
#include "jobs/vote/vote_page.h"

#include <inttypes.h>

static void put_file(const struct hrm_votes *votes, FILE *stream)
{
    const struct hrm_votes_about *about = &votes->about;
    fputs("<tr><th class=path>", stream);
    svg_put_text(votes->path, stream);
    fprintf(stream, "<td>%d<td>%d<td class=text>", (int)votes->plan.checkpoints,
            (int)votes->plan.segments);
    svg_put_text(about->program, stream);
    fputs("<td class=text>", stream);
    svg_put_text(about->backend, stream);
    fprintf(stream, "<td>%" PRId64 " x %" PRId64 "<td>%" PRId64 "<td class=path>", about->ranks,
            about->threads, about->seed);
    svg_put_text(about->hosts, stream);
    if (*about->command) {
        fputs("\n<tr><td class=path colspan=8><code>", stream);
        svg_put_text(about->command, stream);
        fputs("</code>", stream);
    }
    fputc('\n', stream);
}

/// What all files have in common.
static void put_puzzles(const struct hrm_pool *pool, FILE *stream)
{
    const struct hrm_votes_about *about = &pool->votes[0].about;
    fprintf(stream, "<p>Puzzles: %" PRId64 " of ", pool->puzzles);
    svg_put_text(about->puzzles, stream);
    fprintf(stream,
            ", hash <code>%016" PRIx64 "</code>.</p>\n<p>Perturbations: ", about->data_hash);
    svg_put_text(about->perturbations, stream);
    fputs(".</p>\n", stream);
}

static void put_checkpoint(const struct vote_checkpoint *one, FILE *stream)
{
    const struct hrm_votes_checkpoint *about = one->about;
    const char *mixing = about->mixing < 0 ? "not told" : about->mixing > 0 ? "yes" : "no";
    fprintf(stream,
            "<tr><th>%d<td>%" PRId64 "<td>%" PRId64 "<td>%" PRId64 "<td>%s<td><code>%016" PRIx64
            "</code><td class=path>",
            one->index, about->seed, about->replica, about->step, mixing, about->hash);
    svg_put_text(about->path, stream);
    fputc('\n', stream);
}

void vote_page_origin(const struct vote_report *report, FILE *stream)
{
    fputs("<h2>Where it comes from</h2>\n", stream);
    put_puzzles(report->pool, stream);
    fputs("<div class=wide><table>\n<thead><tr><th>votes file<th>checkpoints<th>segments"
          "<th class=text>program<th class=text>backend<th>ranks x threads<th>seed"
          "<th class=path>hosts\n<tbody>\n",
          stream);
    for (int i = 0; i < report->pool->files; i++)
        put_file(&report->pool->votes[i], stream);
    fputs("</table></div>\n", stream);
    fputs("<div class=wide><table>\n<thead><tr><th>checkpoint<th>seed<th>replica<th>step<th>mixing"
          "<th>hash of the weights<th class=path>file\n<tbody>\n",
          stream);
    for (int i = 0; i < report->checkpoint_count; i++)
        put_checkpoint(&report->checkpoints[i], stream);
    fprintf(stream, "</table></div>\n<p class=soft>Counted by hrmpi %s%s%s%s.</p>\n", HRM_VERSION,
            *HRM_REVISION ? " (" : "", HRM_REVISION, *HRM_REVISION ? ")" : "");
}
