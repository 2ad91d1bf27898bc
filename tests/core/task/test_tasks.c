#include "core/task/task.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(finds_a_task_by_its_name)
{
    struct hrm_error error = {0};
    for (int i = 0; hrm_task_kinds[i] != NULL; i++)
        ck_assert_ptr_eq(hrm_task_kind_find(hrm_task_kinds[i]->name, &error), hrm_task_kinds[i]);
    ck_assert_int_eq(error.status, HRM_OK);
    ck_assert_ptr_null(hrm_task_kind_find("chess", &error));
    ck_assert_int_eq(error.status, HRM_USAGE);
    ck_assert_str_eq(error.text, "there is no task 'chess'");
    ck_assert_ptr_nonnull(strstr(error.hint, hrm_task_kinds[0]->name));
}
END_TEST

START_TEST(has_sizes_that_fit)
{
    for (int i = 0; hrm_task_kinds[i] != NULL; i++) {
        struct hrm_task task;
        hrm_task_default(&task, hrm_task_kinds[i]);
        const struct hrm_task_shape *shape = &task.shape;
        ck_assert_int_gt(shape->positions, 0);
        ck_assert_int_gt(shape->vocab, shape->first_symbol + shape->symbols - 1);
        ck_assert(shape->rows == 0 || shape->rows * shape->columns == shape->positions);
        ck_assert_int_ge(shape->frames, 1);
        ck_assert_int_gt(shape->item_bytes, 0);
        ck_assert_int_gt(shape->answer_bytes, 0);
        ck_assert_int_le(shape->view_bytes, HRM_VIEW_BYTES);
        ck_assert_int_le(task.kind->bands, HRM_TASK_BANDS);
    }
}
END_TEST

START_TEST(takes_options_from_its_section)
{
    for (int i = 0; hrm_task_kinds[i] != NULL; i++) {
        struct hrm_task task;
        hrm_task_default(&task, hrm_task_kinds[i]);
        struct hrm_option_section section = hrm_task_section(&task, hrm_task_kinds[i]);
        ck_assert_str_eq(section.name, task.kind->name);
        for (int k = 0; k < section.count; k++)
            ck_assert_uint_lt(section.options[k].offset, HRM_TASK_OPTIONS);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tasks");
    TCase *tcase = tcase_create("tasks");
    tcase_add_test(tcase, finds_a_task_by_its_name);
    tcase_add_test(tcase, has_sizes_that_fit);
    tcase_add_test(tcase, takes_options_from_its_section);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
