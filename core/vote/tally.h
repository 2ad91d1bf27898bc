#ifndef HRM_VOTE_TALLY_H
#define HRM_VOTE_TALLY_H

#include "core/vote/ballot.h"
#include "core/vote/bands.h"
#include "core/vote/rules.h"

#include <stdbool.h>
#include <stdint.h>

/// Bins of a histogram of segments: 1, 2, .. 16, 17-32, 33-64, .. 32769-65536.
#define HRM_DEPTHS 28

/// Outcomes of a selection summed over puzzles. Sums of whole numbers and nothing else: tallies
/// of parts of a puzzle set add up to the tally of the whole in any order. The rule `single`
/// asks once a checkpoint, the others once a puzzle.
struct hrm_tally {
    int64_t puzzles[HRM_BANDS];
    int64_t asked[HRM_RULES][HRM_BANDS];
    int64_t answered[HRM_RULES][HRM_BANDS];
    int64_t right[HRM_RULES][HRM_BANDS];
    int64_t halted_right, halted_wrong;   ///< passes that halted
    int64_t running_right, running_wrong; ///< passes that did not
    int64_t matches;                      ///< positions that are right, summed over passes
    int64_t segments;                     ///< run by all passes
    int64_t by_segments[HRM_DEPTHS];      ///< passes, by the segments that they ran
    int64_t by_settled[HRM_DEPTHS]; ///< passes, by the segment from which on the answer stayed
    int64_t right_by_settled[HRM_DEPTHS]; ///< the right ones of these
    int64_t settled;           ///< summed over passes: the segment from which on the answer stayed
    int64_t defects;           ///< summed over passes
    int64_t not_run;           ///< passes that were left out
    int64_t unsure[HRM_RULES]; ///< puzzles whose outcome they could change
};

#define HRM_TALLY_COUNTS ((int)(sizeof(struct hrm_tally) / sizeof(int64_t)))

/// Vote on one puzzle by every rule and add the outcomes.
/// @param ballot  [work]
/// @param band    [in] of the puzzle's rating: hrm_bands.of()
/// Returns the rules that gave the right answer as bits 1 << rule; that of SINGLE means something
/// when there is one checkpoint.
unsigned hrm_tally_count(struct hrm_tally *tally, struct hrm_ballot *ballot,
                         const struct hrm_passes *passes, const struct hrm_selection *selection,
                         int band);

/// Add `part` to `tally`.
void hrm_tally_add(struct hrm_tally *tally, const struct hrm_tally *part);

/// How many bands there are to show: the last one only where it has puzzles.
int hrm_tally_bands(const struct hrm_tally *tally, const struct hrm_bands *bands);

/// Bin of a number of segments 1 .. 65536, and its name ("17-32").
int hrm_depth_of(int segments);
const char *hrm_depth_name(int depth);

/// Whether the rule's outcomes are those of all passes, whatever was left out.
bool hrm_tally_supports(const struct hrm_tally *tally, enum hrm_rule rule);

/// A rule's outcome in one band, or with band -1 in all of them.
struct hrm_outcome {
    int64_t puzzles, asked, answered, right;
};
struct hrm_outcome hrm_tally_outcome(const struct hrm_tally *tally, enum hrm_rule rule, int band);

#endif
