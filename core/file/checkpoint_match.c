#include "core/file/checkpoint_match.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static bool only_for_training(const char *key)
{
    static const char *const keys[] = {"loss", "gradient", "halt_max_steps", "halt_exploration"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

/// The value of an option as a number; the model section has no texts.
static double value_of(const struct hrm_model_config *config, const struct hrm_option *option)
{
    const char *at = (const char *)config + option->offset;
    switch (option->type) {
    case HRM_OPTION_FLAG:
        return *(const bool *)at;
    case HRM_OPTION_INT64:
        return (double)*(const int64_t *)at;
    case HRM_OPTION_REAL:
        return *(const double *)at;
    default:
        return *(const int *)at;
    }
}

int hrm_checkpoint_match(const struct hrm_checkpoint_model *first,
                         const struct hrm_checkpoint_model *other, struct hrm_error *error)
{
    struct hrm_model_config unused;
    struct hrm_option_section section = hrm_model_config_section(&unused);
    for (int i = 0; i < section.count; i++) {
        const struct hrm_option *option = &section.options[i];
        double one = value_of(first->config, option), two = value_of(other->config, option);
        if (one == two || only_for_training(option->key))
            continue;
        hrm_fail(error, HRM_USAGE, "%s and %s are different models: model.%s is %.10g and %.10g",
                 first->path, other->path, option->key, one, two);
        return hrm_hint(error, "give checkpoints of one configuration");
    }
    return HRM_OK;
}
