#include "core/file/votes_task.h"

#include "core/file/h5_attribute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int hrm_votes_task_options(const struct hrm_task *task, char text[HRM_VOTES_OPTIONS],
                           struct hrm_error *error)
{
    struct hrm_task copy = *task;
    struct hrm_option_section section = hrm_task_section(&copy, task->kind);
    char *lines = NULL, *left = NULL;
    size_t size = 0, used = 0;
    FILE *stream = open_memstream(&lines, &size);
    if (!stream)
        return hrm_fail(error, HRM_FAILED, "no memory for the options of a task");
    hrm_options_write(&section, 1, stream);
    fclose(stream);
    text[0] = '\0';
    // After the line with the name of the section.
    strtok_r(lines, "\n", &left);
    for (char *line = strtok_r(NULL, "\n", &left); line && used < HRM_VOTES_OPTIONS;
         line = strtok_r(NULL, "\n", &left))
        used +=
            (size_t)snprintf(text + used, HRM_VOTES_OPTIONS - used, "%s%s", used ? ", " : "", line);
    free(lines);
    return HRM_OK;
}

int hrm_votes_write_task(const struct hrm_votes *votes, struct hrm_error *error)
{
    const struct hrm_task *task = &votes->task;
    char text[HRM_VOTES_OPTIONS];
    int status = hrm_votes_task_options(task, text, error);
    if (status == HRM_OK)
        status = hrm_h5_write_text(votes->file, "task", task->kind->name, error);
    if (status == HRM_OK)
        status = hrm_h5_write_text(votes->file, "task_options", text, error);
    if (status == HRM_OK)
        status = hrm_h5_write_int(votes->file, "positions", task->shape.positions, error);
    if (status == HRM_OK)
        status = hrm_h5_write_int(votes->file, "answer_bytes", task->shape.answer_bytes, error);
    return status;
}

/// Set the options of a task from "side = 9, ...".
static int set_options(struct hrm_task *task, char *text, struct hrm_error *error)
{
    struct hrm_option_section section = hrm_task_section(task, task->kind);
    char *left = NULL;
    int status = HRM_OK;
    for (char *one = strtok_r(text, ",", &left); one && status == HRM_OK;
         one = strtok_r(NULL, ",", &left)) {
        char key[64] = "", value[HRM_VOTES_OPTIONS] = "";
        if (sscanf(one, " %63[a-z0-9_] = %511[^\n]", key, value) != 2)
            return hrm_fail(error, HRM_USAGE, "'%s' sets no option", one);
        status = hrm_options_set(&section, 1, key, value, error);
    }
    return status ? status : hrm_task_open(task, error);
}

/// Say what was wanted and found of the task that a file names.
static int refuse(const struct hrm_votes *votes, const struct hrm_error *found,
                  struct hrm_error *error)
{
    hrm_fail(error, HRM_DATA, "%s: votes of a task that this version does not have: %.300s",
             votes->path, found->text);
    return hrm_hint(error, "use the version that made it: %.100s", votes->about.program);
}

int hrm_votes_read_task(struct hrm_votes *votes, struct hrm_error *error)
{
    char name[64], text[HRM_VOTES_OPTIONS];
    int64_t positions = 0, bytes = 0;
    struct hrm_error found = {0};
    struct hrm_task *task = &votes->task;
    int status = hrm_h5_read_text(votes->file, "task", name, sizeof name, error);
    if (status == HRM_OK)
        status = hrm_h5_read_text(votes->file, "task_options", text, sizeof text, error);
    if (status == HRM_OK)
        status = hrm_h5_read_int(votes->file, "positions", &positions, error);
    if (status == HRM_OK)
        status = hrm_h5_read_int(votes->file, "answer_bytes", &bytes, error);
    if (status)
        return status;
    const struct hrm_task_kind *kind = hrm_task_kind_find(name, &found);
    if (!kind)
        return refuse(votes, &found, error);
    hrm_task_default(task, kind);
    if (set_options(task, text, &found) != HRM_OK)
        return refuse(votes, &found, error);
    const struct hrm_task_shape *shape = &task->shape;
    if (shape->positions == positions && shape->answer_bytes == bytes)
        return HRM_OK;
    hrm_fail(error, HRM_DATA,
             "%s: answers of %lld positions in %lld bytes; the task '%s' has %d in %d", votes->path,
             (long long)positions, (long long)bytes, name, shape->positions, shape->answer_bytes);
    return hrm_hint(error, "use the version that made it: %.100s", votes->about.program);
}
