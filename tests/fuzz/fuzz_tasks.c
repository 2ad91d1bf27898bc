#include "core/task/task.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define TEXT 512

struct texts {
    char question[TEXT], answer[TEXT];
    bool answered;
};

/// A line, without its end.
static bool take_line(struct fuzz_bytes *bytes, char *line)
{
    size_t length = 0;
    bool some = bytes->at < bytes->end;
    while (bytes->at < bytes->end) {
        char character = (char)fuzz_take(bytes);
        if (character == '\n' || character == '\0')
            break;
        if (length < TEXT - 1)
            line[length++] = character;
    }
    line[length] = '\0';
    return some;
}

/// What was read answers its question, and its texts are read again as the same.
static void check_item(const struct hrm_task *task, const unsigned char *item)
{
    unsigned char answer[TEXT], again[2 * TEXT];
    char question[TEXT], text[TEXT];
    struct hrm_verdict verdict;
    FUZZ_REQUIRE(task->shape.item_bytes <= 2 * TEXT && task->shape.text_bytes <= TEXT);
    task->kind->solution(task, item, answer);
    task->kind->judge(task, item, answer, &verdict);
    FUZZ_REQUIRE(verdict.right && verdict.certified && verdict.defects == 0);
    FUZZ_REQUIRE(verdict.matches == task->shape.positions);
    task->kind->question_text(task, item, question);
    task->kind->answer_text(task, item, answer, text);
    FUZZ_REQUIRE(task->kind->read(task, question, text, task->kind->rating(task, item), again,
                                  NULL) == HRM_OK);
    FUZZ_REQUIRE(memcmp(item, again, (size_t)task->shape.item_bytes) == 0);
}

/// The input is a byte for the task, one for a size, and a question, perhaps with an answer, on
/// lines.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes bytes = {data, data + size};
    const char *name = fuzz_take(&bytes) % 2 ? "maze" : "sudoku";
    static const char *const sizes[][2] = {
        {"side=4", "rows=3"}, {"side=6", "rows=4"}, {"side=9", "rows=9"}, {"side=16", "rows=16"}};
    const char *chosen = sizes[fuzz_take(&bytes) % 4][strcmp(name, "maze") == 0];
    struct hrm_task task;
    struct texts texts;
    struct hrm_error error = {0};
    unsigned char item[2 * TEXT + 64];
    char key[16];
    hrm_task_default(&task, hrm_task_kind_find(name, NULL));
    struct hrm_option_section section = hrm_task_section(&task, task.kind);
    snprintf(key, sizeof key, "%.*s", (int)strcspn(chosen, "="), chosen);
    hrm_options_set(&section, 1, key, strchr(chosen, '=') + 1, NULL);
    if (strcmp(name, "maze") == 0)
        hrm_options_set(&section, 1, "columns", "5", NULL);
    FUZZ_REQUIRE(hrm_task_open(&task, NULL) == HRM_OK);
    take_line(&bytes, texts.question);
    texts.answered = take_line(&bytes, texts.answer);
    int status = task.kind->read(&task, texts.question, texts.answered ? texts.answer : NULL, -1,
                                 item, &error);
    FUZZ_REQUIRE(status == HRM_OK || (status == HRM_DATA && error.text[0] != '\0'));
    if (status == HRM_OK)
        check_item(&task, item);
    return 0;
}
