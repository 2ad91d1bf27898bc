#include "tests/core/model/tiny_model.h"

#include <math.h>

enum { SEQ = 9, D = 12, STATE = SEQ * D };

START_TEST(takes_the_bytes_it_says)
{
    struct hrm_model_config config = tiny_config();
    struct tiny tiny;
    bool training = _i == 1;
    tiny_open(&tiny, &config, &hrm_backend_ref, 3, training);
    size_t bytes = hrm_worker_bytes(&tiny.model, 3, training);
    ck_assert_uint_eq(tiny.worker.arena.capacity, bytes);
    ck_assert_uint_eq(tiny.worker.arena.used, bytes);
    ck_assert_uint_gt(hrm_worker_bytes(&tiny.model, 40, training), bytes);
    ck_assert_uint_gt(hrm_worker_bytes(&tiny.model, 3, true),
                      hrm_worker_bytes(&tiny.model, 3, false));
    ck_assert_uint_eq(hrm_state_bytes(&tiny.model), STATE * sizeof(float));
    tiny_close(&tiny);
}
END_TEST

START_TEST(resets_to_the_initial_states)
{
    struct hrm_model_config config = tiny_config();
    struct tiny tiny;
    tiny_open(&tiny, &config, &hrm_backend_ref, 2, false);
    const float *h = tiny.params + hrm_layout_find(&tiny.model.layout, "H_init")->offset;
    const float *l = tiny.params + hrm_layout_find(&tiny.model.layout, "L_init")->offset;
    memset(tiny.worker.z_h, 0xff, 2 * STATE * sizeof(float));
    hrm_state_reset(&tiny.worker, 1, 0, NULL);
    for (size_t i = 0; i < STATE; i++) {
        ck_assert_float_eq(((const float *)tiny.worker.z_h)[STATE + i], h[i % D]);
        ck_assert_float_eq(((const float *)tiny.worker.z_l)[STATE + i], l[i % D]);
    }
    ck_assert(isnan(((const float *)tiny.worker.z_h)[STATE - 1]));
    tiny_close(&tiny);
}
END_TEST

START_TEST(resets_with_noise_of_the_asked_size)
{
    struct hrm_model_config config = tiny_config();
    config.cells = 2000;
    struct tiny tiny;
    tiny_open(&tiny, &config, &hrm_backend_ref, 1, false);
    struct hrm_random random = hrm_random_open(2, HRM_RANDOM_STATE, 0, 0), same = random;
    const float *h = tiny.params + hrm_layout_find(&tiny.model.layout, "H_init")->offset;
    hrm_state_reset(&tiny.worker, 0, 0.5, &random);
    size_t count = 2002 * D;
    double squares = 0, largest = 0;
    for (size_t i = 0; i < count; i++) {
        double noise = (double)((const float *)tiny.worker.z_h)[i] - h[i % D];
        squares += noise * noise;
        largest = fmax(largest, fabs(noise));
    }
    ck_assert_double_eq_tol(sqrt(squares / (double)count), 0.5, 1e-2);
    ck_assert_double_le(largest, 0.5 * 2.2737);
    float first = ((const float *)tiny.worker.z_l)[0];
    hrm_state_reset(&tiny.worker, 0, 0.5, &same);
    ck_assert_float_eq(((const float *)tiny.worker.z_l)[0], first);
    tiny_close(&tiny);
}
END_TEST

START_TEST(loads_what_was_stored)
{
    struct hrm_model_config config = tiny_config();
    struct tiny tiny;
    float h[STATE], l[STATE], other[STATE];
    tiny_open(&tiny, &config, &hrm_backend_ref, 3, false);
    for (int i = 0; i < STATE; i++) {
        h[i] = (float)i;
        l[i] = (float)-i;
    }
    hrm_state_load(&tiny.worker, 1, h, l);
    ck_assert_float_eq(((const float *)tiny.worker.z_h)[STATE + 5], 5);
    hrm_state_store(&tiny.worker, 1, other, h);
    for (int i = 0; i < STATE; i++) {
        ck_assert_float_eq(other[i], (float)i);
        ck_assert_float_eq(h[i], (float)-i);
    }
    tiny_close(&tiny);
}
END_TEST

START_TEST(says_when_memory_is_short)
{
    struct hrm_model_config config = tiny_config();
    struct tiny tiny;
    struct hrm_worker worker;
    struct hrm_error error = {0};
    config.cells = 65000;
    tiny_open(&tiny, &config, &hrm_backend_ref, 1, false);
    ck_assert_int_eq(hrm_worker_init(&worker, &tiny.model, 30000, true, &error), HRM_FAILED);
    ck_assert_str_ne(error.text, "");
    ck_assert_ptr_null(worker.buffers);
    tiny_close(&tiny);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker");
    TCase *tests = tcase_create("worker");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, takes_the_bytes_it_says, 0, 2);
    tcase_add_test(tests, resets_to_the_initial_states);
    tcase_add_test(tests, resets_with_noise_of_the_asked_size);
    tcase_add_test(tests, loads_what_was_stored);
    tcase_add_test(tests, says_when_memory_is_short);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
