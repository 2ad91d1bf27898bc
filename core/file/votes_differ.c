#include "core/file/votes_differ.h"

#include "core/base/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/// A difference in words.
struct difference {
    const char *key;
    char wanted[HRM_VOTES_NAME + 64], found[HRM_VOTES_NAME + 64];
};

/// A key whose two values are told as they are in the configurations.
static bool setting_differs(const struct hrm_votes *found, const struct hrm_votes *wanted,
                            const char *key, struct difference *difference)
{
    char mine[HRM_SETTING], other[HRM_SETTING];
    // An older program may not have known the key.
    if (!hrm_settings_find(wanted->about.config, "eval", key + sizeof "eval", mine) ||
        !hrm_settings_find(found->about.config, "eval", key + sizeof "eval", other) ||
        strcmp(mine, other) == 0)
        return false;
    difference->key = key;
    snprintf(difference->wanted, sizeof difference->wanted, "%s", mine);
    snprintf(difference->found, sizeof difference->found, "%s", other);
    return true;
}

static bool any_setting(const struct hrm_votes *found, const struct hrm_votes *wanted,
                        const char *const *keys, struct difference *difference)
{
    for (; *keys; keys++)
        if (setting_differs(found, wanted, *keys, difference))
            return true;
    return false;
}

static bool texts_differ(const char *key, const char *found, const char *wanted,
                         struct difference *difference)
{
    if (strcmp(found, wanted) == 0)
        return false;
    difference->key = key;
    snprintf(difference->wanted, sizeof difference->wanted, "%.250s", wanted);
    snprintf(difference->found, sizeof difference->found, "%.250s", found);
    return true;
}

/// The same path with other weights is told by their hashes.
static bool checkpoints_differ(const struct hrm_votes *found, const struct hrm_votes *wanted,
                               struct difference *difference)
{
    int mine = wanted->plan.checkpoints, other = found->plan.checkpoints;
    difference->key = "eval.checkpoints";
    for (int i = 0; i < mine && i < other; i++) {
        const struct hrm_votes_checkpoint *a = &wanted->checkpoints[i], *b = &found->checkpoints[i];
        if (a->hash == b->hash)
            continue;
        snprintf(difference->wanted, sizeof difference->wanted, "%s (%016" PRIx64 ")", a->path,
                 a->hash);
        snprintf(difference->found, sizeof difference->found, "%s (%016" PRIx64 ")", b->path,
                 b->hash);
        return true;
    }
    snprintf(difference->wanted, sizeof difference->wanted, "%d of them", mine);
    snprintf(difference->found, sizeof difference->found, "%d", other);
    return mine != other;
}

/// Which puzzles: by the option that chooses them, else by their hashes.
static bool puzzles_differ(const struct hrm_votes *found, const struct hrm_votes *wanted,
                           struct difference *difference)
{
    static const char *const keys[] = {"eval.first", "eval.subset", "eval.puzzles", NULL};
    // The hash of an older file is not to be compared.
    bool same = found->about.hash_rated || found->about.data_hash == wanted->about.data_hash;
    if (same && found->plan.puzzles == wanted->plan.puzzles)
        return false;
    if (any_setting(found, wanted, keys, difference))
        return true;
    char subset[HRM_SETTING];
    hrm_settings_find(wanted->about.config, "eval", "subset", subset);
    if (strcmp(subset, "0") != 0 && setting_differs(found, wanted, "eval.seed", difference))
        return true;
    difference->key = "eval.puzzles";
    snprintf(difference->wanted, sizeof difference->wanted, "%" PRId64 " with the hash %016" PRIx64,
             wanted->plan.puzzles, wanted->about.data_hash);
    snprintf(difference->found, sizeof difference->found, "%" PRId64 " with %016" PRIx64,
             found->plan.puzzles, found->about.data_hash);
    return true;
}

static bool find_difference(const struct hrm_votes *found, const struct hrm_votes *wanted,
                            struct difference *difference)
{
    static const char *const keys[] = {"eval.segments", "eval.block", "eval.seed",
                                       "eval.leave",    "eval.prune", NULL};
    return checkpoints_differ(found, wanted, difference) ||
           puzzles_differ(found, wanted, difference) ||
           texts_differ("eval.perturbations", found->about.perturbations,
                        wanted->about.perturbations, difference) ||
           texts_differ("eval.backend", found->about.backend, wanted->about.backend, difference) ||
           any_setting(found, wanted, keys, difference) ||
           setting_differs(found, wanted, "eval.settled_segments", difference);
}

int hrm_votes_differ(const struct hrm_votes *found, const struct hrm_votes *wanted,
                     struct hrm_error *error)
{
    struct difference difference;
    if (!find_difference(found, wanted, &difference)) {
        hrm_fail(error, HRM_USAGE, "%.500s holds another evaluation", found->path);
        return hrm_hint(error, "choose another --output, or replace it with --overwrite");
    }
    hrm_fail(error, HRM_USAGE,
             "%.250s holds another evaluation: %s = %.260s was wanted, %.260s was found",
             found->path, difference.key, difference.wanted, difference.found);
    return hrm_hint(error,
                    "to go on, give %s as it was; else choose another --output, or replace it "
                    "with --overwrite",
                    difference.key);
}
