#include "core/file/checkpoint_match.h"

int hrm_checkpoint_match(const struct hrm_checkpoint_model *first,
                         const struct hrm_checkpoint_model *other, struct hrm_error *error)
{
    struct hrm_model_config one = *first->config, two = *other->config;
    struct hrm_option_section left = hrm_model_config_section(&one);
    struct hrm_option_section right = hrm_model_config_section(&two);
    for (int i = 0; i < left.count; i++) {
        const struct hrm_option *option = &left.options[i];
        char mine[64], others[64];
        if (option->role != HRM_ROLE_SHAPE ||
            hrm_option_bits(&left, option) == hrm_option_bits(&right, option))
            continue;
        hrm_option_text(&left, option, mine, sizeof mine);
        hrm_option_text(&right, option, others, sizeof others);
        hrm_fail(error, HRM_USAGE, "%s and %s are different models: model.%s is %s and %s",
                 first->path, other->path, option->key, mine, others);
        return hrm_hint(error, "give checkpoints of one configuration");
    }
    return HRM_OK;
}
