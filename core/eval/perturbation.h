#ifndef HRM_EVAL_PERTURBATION_H
#define HRM_EVAL_PERTURBATION_H

#include "core/base/error.h"
#include "core/task/task.h"

#include <stdint.h>

/// One way to perturb an evaluation pass. The question is asked under a view of its task; the two
/// latent ones are applied by the model, which draws from HRM_RANDOM_STATE and HRM_RANDOM_NOISE
/// with `state` and `noise` in the key.
struct hrm_perturbation {
    _Alignas(8) unsigned char view[HRM_VIEW_BYTES];
    int32_t state;      ///< 0: the fixed initial state, else the number of a random one
    double state_sigma; ///< standard deviation of a random initial state, 0 when state is 0
    int32_t noise;      ///< 0: none, else the number of a noise stream
    double noise_sigma; ///< standard deviation of the noise added to the state, 0 when noise is 0
    char name[64];      ///< "identity", or its parts that are not 0, as "cyclic:3*init:2"
};

/// Kinds of any task; those below are its views, hrm_task_kind.views.
enum hrm_perturbation_kind {
    HRM_PERTURBATION_INIT = 100, ///< init:N[:sigma], random initial states, sigma 1 unless given
    HRM_PERTURBATION_NOISE       ///< noise:N:sigma, noise on the latent state
};
#define HRM_PERTURBATION_FACTORS 5 ///< of a list, at most

/// A list of perturbations: the product of factors, each of some members. Member 0 of a factor
/// changes nothing, so perturbation 0 of a list is the identity. The last factor runs fastest.
struct hrm_perturbations {
    struct hrm_task task;
    uint64_t seed; ///< of random views
    int factors;   ///< 0: the identity alone
    struct {
        int kind; ///< index of a view, or enum hrm_perturbation_kind
        int32_t count;
        double sigma; ///< of INIT and NOISE
    } factor[HRM_PERTURBATION_FACTORS];
};

#define HRM_PERTURBATIONS_MOST 1000000 ///< perturbations of a list
#define HRM_PERTURBATIONS_TEXT 256     ///< bytes of the text of a list

/// Read a list such as "none", "cyclic:9", "symmetry:20", "cyclic:9*init:4:1*noise:2:0.01".
/// Errors: HRM_USAGE with a hint: a kind that the task has not, or twice, count or sigma missing or
/// out of range.
int hrm_perturbations_parse(const char *text, const struct hrm_task *task, uint64_t seed,
                            struct hrm_perturbations *list, struct hrm_error *error);

/// How many perturbations the list has, at least 1.
int64_t hrm_perturbations_count(const struct hrm_perturbations *list);

/// Perturbation number `index` of 0..count-1.
struct hrm_perturbation hrm_perturbations_make(const struct hrm_perturbations *list, int64_t index);

/// The text that parses to this list, always the same for the same list.
void hrm_perturbations_format(const struct hrm_perturbations *list,
                              char text[HRM_PERTURBATIONS_TEXT]);

#endif
