#include "jobs/cli/console.h"
#include "jobs/page/page.h"
#include "jobs/plot/svg.h"
#include "jobs/vote/vote_page.h"

#include <inttypes.h>
#include <string.h>

static const char *plural(int count)
{
    return count == 1 ? "" : "s";
}

/// The rule of the main figure: of those that need no answers, always the same one where it can be
/// counted, not the luckiest.
static int main_rule(const struct vote_report *report)
{
    for (int place = 1; hrm_rule_leading(place) != HRM_RULES; place++)
        if (vote_row_has(&report->all, hrm_rule_leading(place)))
            return (int)hrm_rule_leading(place);
    return -1;
}

/// "85% of 60 puzzles by halted-vote, 12 passes"; with its interval, or for the title of the page
/// without.
static void put_headline(const struct vote_report *report, bool interval, FILE *stream)
{
    int rule = main_rule(report);
    if (rule < 0) {
        fprintf(stream, "Votes on %" PRId64 " puzzles", report->pool->puzzles);
        return;
    }
    struct vote_cell cell =
        vote_row_cell(&report->all, (enum hrm_rule)rule, -1, report->confidence);
    int decimals = hrm_share_decimals(cell.n);
    fprintf(stream, "%.*f%%", decimals, 100 * cell.share);
    if (interval)
        fprintf(stream, " <small>(%.*f&ndash;%.*f)</small>", decimals, 100 * cell.interval.low,
                decimals, 100 * cell.interval.high);
    fprintf(stream, " of %" PRId64 " puzzles", cell.n);
    if (interval)
        fprintf(stream, " by %s, %s%d pass%s", hrm_rule_name((enum hrm_rule)rule),
                report->all.tally.not_run > 0 ? "up to " : "", report->all.passes,
                report->all.passes == 1 ? "" : "es");
}

/// When the evaluations began, from the first to the last; nothing where no file says.
static void put_date(const struct hrm_pool *pool, FILE *stream)
{
    enum { DAY = 86400 };
    int64_t first = 0, last = 0;
    for (int i = 0; i < pool->files; i++) {
        int64_t when = pool->votes[i].created;
        first = when > 0 && (first == 0 || when < first) ? when : first;
        last = when > last ? when : last;
    }
    if (first == 0)
        return;
    fputs(", evaluated on ", stream);
    page_day(first, stream);
    if (first / DAY == last / DAY)
        return;
    fputs(" to ", stream);
    page_day(last, stream);
}

void vote_page_head(const struct vote_report *report, FILE *stream)
{
    const struct hrm_pool *pool = report->pool;
    const char *source = pool->votes[0].about.puzzles, *slash = strrchr(source, '/');
    page_begin(stream);
    put_headline(report, false, stream);
    page_body(stream);
    fputs("<h1>", stream);
    put_headline(report, true, stream);
    fprintf(stream, "</h1>\n<p>Votes on %" PRId64 " puzzles of ", pool->puzzles);
    svg_put_text(slash && slash[1] ? slash + 1 : source, stream);
    put_date(pool, stream);
    fprintf(stream, ": %d checkpoint%s under %d perturbation%s, up to %d segments a pass.</p>\n",
            report->checkpoint_count, plural(report->checkpoint_count), report->perturbations,
            plural(report->perturbations), pool->segments);
}
