#include "core/base/settings.h"
#include "core/base/word.h"
#include "core/task/maze.h"
#include "core/task/sudoku.h"
#include "core/task/task.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const struct hrm_task_kind *const hrm_task_kinds[] = {
    &hrm_sudoku_kind,
    &hrm_maze_kind,
    NULL,
};

const struct hrm_task_kind *hrm_task_kind_find(const char *name, struct hrm_error *error)
{
    char names[256] = "";
    size_t used = 0;
    for (int i = 0; hrm_task_kinds[i] != NULL; i++) {
        const char *known = hrm_task_kinds[i]->name;
        if (hrm_word_same(name, known))
            return hrm_task_kinds[i];
        used += (size_t)snprintf(names + used, sizeof names - used, i > 0 ? ", %s" : "%s", known);
        assert(used < sizeof names);
    }
    hrm_fail(error, HRM_USAGE, "there is no task '%s'", name);
    hrm_hint(error, "the tasks are: %s", names);
    return NULL;
}

struct hrm_option_section hrm_task_section(struct hrm_task *task, const struct hrm_task_kind *kind)
{
    task->kind = kind;
    return (struct hrm_option_section){.name = kind->name,
                                       .options = kind->options,
                                       .count = kind->option_count,
                                       .target = task->options};
}

int hrm_task_open(struct hrm_task *task, struct hrm_error *error)
{
    return task->kind->shape(task->options, &task->shape, error);
}

void hrm_task_default(struct hrm_task *task, const struct hrm_task_kind *kind)
{
    *task = (struct hrm_task){0};
    struct hrm_option_section section = hrm_task_section(task, kind);
    hrm_options_default(&section, 1);
    int status = hrm_task_open(task, NULL);
    assert(status == HRM_OK); // the defaults of a task are one
    (void)status;
}

int hrm_task_choice_sections(struct hrm_task_choice *choice, struct hrm_option_section *sections)
{
    int count = 0;
    for (; hrm_task_kinds[count] != NULL; count++) {
        assert(count < HRM_TASKS_MOST);
        struct hrm_task task;
        sections[count] = hrm_task_section(&task, hrm_task_kinds[count]);
        sections[count].target = choice->options[count];
    }
    return count;
}

int hrm_task_choose(struct hrm_task *task, const char *name, const struct hrm_task_choice *choice,
                    struct hrm_error *error)
{
    *task = (struct hrm_task){.kind = hrm_task_kind_find(name, error)};
    if (task->kind == NULL)
        return HRM_USAGE;
    int index = 0;
    while (hrm_task_kinds[index] != task->kind)
        index++;
    memcpy(task->options, choice->options[index], HRM_TASK_OPTIONS);
    return hrm_task_open(task, error);
}

int hrm_task_configured(struct hrm_task *task, const char *config, struct hrm_error *error)
{
    struct hrm_task_choice choice = {0};
    struct hrm_option_section sections[HRM_TASKS_MOST];
    int count = hrm_task_choice_sections(&choice, sections);
    char value[HRM_SETTING];
    hrm_options_default(sections, count);
    for (int s = 0; s < count; s++)
        for (int i = 0; i < sections[s].count; i++) {
            const char *key = sections[s].options[i].key;
            int status = hrm_settings_find(config, sections[s].name, key, value)
                             ? hrm_options_set(&sections[s], 1, key, value, error)
                             : HRM_OK;
            if (status != HRM_OK)
                return status;
        }
    bool named = hrm_settings_find(config, "train", "task", value);
    return hrm_task_choose(task, named ? value : hrm_task_kinds[0]->name, &choice, error);
}

int hrm_task_read_asked(const struct hrm_task *task, const char *question, const char *answer,
                        int32_t rating, void *item, struct hrm_error *error)
{
    char wanted[HRM_TASK_TEXT];
    size_t size = (size_t)task->shape.text_bytes - 1;
    if (strlen(question) == size)
        return task->kind->read(task, question, answer, rating, item, error);
    hrm_task_describe(task, wanted);
    hrm_fail(error, HRM_DATA,
             "the checkpoint answers %s, of %zu characters, and the question has %zu", wanted, size,
             strlen(question));
    return hrm_hint(error, "give such puzzles, or a checkpoint that was trained on these");
}

bool hrm_task_same(const struct hrm_task *a, const struct hrm_task *b)
{
    const struct hrm_task_shape *one = &a->shape, *two = &b->shape;
    return a->kind == b->kind && one->positions == two->positions && one->vocab == two->vocab &&
           one->rows == two->rows && one->columns == two->columns &&
           one->answer_bytes == two->answer_bytes;
}

void hrm_task_describe(const struct hrm_task *task, char text[HRM_TASK_TEXT])
{
    const struct hrm_task_shape *shape = &task->shape;
    if (shape->rows > 0)
        snprintf(text, HRM_TASK_TEXT, "%s of %dx%d", task->kind->plural, shape->rows,
                 shape->columns);
    else
        snprintf(text, HRM_TASK_TEXT, "%s of %d positions", task->kind->plural, shape->positions);
}
