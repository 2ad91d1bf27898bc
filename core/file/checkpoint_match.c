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

int hrm_checkpoint_task(struct hrm_task *task, const struct hrm_provenance *provenance,
                        const char *path, const char *first, struct hrm_error *error)
{
    struct hrm_error bad = {0};
    struct hrm_task own;
    if (hrm_task_configured(&own, provenance->config, &bad) != HRM_OK) {
        hrm_fail(error, HRM_DATA, "%s is of a task that this version does not have: %.500s", path,
                 bad.text);
        return hrm_hint(error, "use the version that made it: %s", provenance->program);
    }
    if (!first)
        *task = own;
    if (hrm_task_same(&own, task))
        return HRM_OK;
    char wanted[HRM_TASK_TEXT], found[HRM_TASK_TEXT];
    hrm_task_describe(task, wanted);
    hrm_task_describe(&own, found);
    hrm_fail(error, HRM_USAGE, "%s answers %s; wanted %s, as %s does", path, found, wanted, first);
    return hrm_hint(error, "give checkpoints of one task");
}
