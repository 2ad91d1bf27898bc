#include "core/base/word.h"
#include "core/task/maze.h"
#include "core/task/sudoku.h"
#include "core/task/task.h"

#include <assert.h>
#include <stdio.h>

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
