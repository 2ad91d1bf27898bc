#ifndef HRM_VOTE_SELECTION_H
#define HRM_VOTE_SELECTION_H

#include "core/base/error.h"

/// Which passes of [checkpoints, perturbations] a vote counts: the first checkpoint under each
/// perturbation, the second under each, and so on.
struct hrm_selection {
    int checkpoints;   ///< number of selected checkpoints, > 0
    int perturbations; ///< number of selected perturbations, > 0
    int passes;        ///< how many of the passes count; fewer than all: the first
    int *checkpoint;   ///< [checkpoints] indices; owned
    int *perturbation; ///< [perturbations] indices; owned
    int single; ///< the perturbation of the rule `single`: the identity where it is selected,
                ///< else the first that is
};

/// One axis of a selection: `count` indices in this order.
struct hrm_selection_axis {
    const int *index;
    int count;
};

/// Select all passes of some checkpoints under some perturbations.
/// @param identity  [in] index of the identity among the perturbations, or -1
/// Free with hrm_selection_free(). Errors: HRM_FAILED.
int hrm_selection_make(struct hrm_selection *selection, struct hrm_selection_axis checkpoints,
                       struct hrm_selection_axis perturbations, int identity,
                       struct hrm_error *error);

/// Select by lists such as "0-3,7", in rising order; "" or "all" is everything, "last" the highest
/// index.
/// @param limits    [in] checkpoints and perturbations that there are
/// @param identity  [in] index of the identity among the perturbations, or -1
/// Free with hrm_selection_free(). Errors: HRM_USAGE naming the list and its limits.
int hrm_selection_init(struct hrm_selection *selection, const char *checkpoints,
                       const char *perturbations, const int limits[2], int identity,
                       struct hrm_error *error);
void hrm_selection_free(struct hrm_selection *selection);

/// Passes that it counts.
static inline int hrm_selection_passes(const struct hrm_selection *selection)
{
    return selection->passes;
}

#endif
