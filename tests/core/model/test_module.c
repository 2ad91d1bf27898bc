#include "core/model/module.h"

#include "tests/core/model/tiny_model.h"

#include <math.h>

static const struct hrm_backend *const backends[] = {&hrm_backend_ref, &hrm_backend_blas};

enum { PUZZLES = 3, SEQ = 9, D = 12, STATE = PUZZLES * SEQ * D };

struct fixture {
    struct tiny tiny;
    struct hrm_module_context context;
    struct hrm_module module;
    float z[STATE + 96 * D], injection[STATE];
};

static void open_fixture(struct fixture *f, const struct hrm_backend *backend, int layers)
{
    struct hrm_model_config config = tiny_config();
    config.l_layers = layers;
    tiny_open(&f->tiny, &config, backend, PUZZLES, true);
    struct hrm_worker_buffers *buffers = f->tiny.worker.buffers;
    f->context = (struct hrm_module_context){&f->tiny.model, buffers, buffers->shape};
    f->module = (struct hrm_module){f->tiny.model.l_blocks, f->tiny.model.l_count};
    for (int i = 0; i < STATE; i++) {
        f->z[i] = (float)sin(i);
        f->injection[i] = (float)cos(2 * i);
    }
}

START_TEST(recording_changes_nothing)
{
    static struct fixture f;
    static float plain[STATE + 96 * D];
    open_fixture(&f, backends[_i], 2);
    struct hrm_worker_buffers *buffers = f.tiny.worker.buffers;
    memcpy(plain, f.z, sizeof plain);
    hrm_module_forward(&f.context, f.module, plain, f.injection);
    hrm_module_record(&f.context, f.module, f.z, f.injection, &buffers->calls[0]);
    ck_assert_mem_eq(plain, f.z, STATE * sizeof(float));
    ck_assert_mem_eq(buffers->calls[0].blocks[1].n2, f.z, STATE * sizeof(float));
    for (int i = 0; i < STATE; i++)
        ck_assert_float_eq(((const float *)buffers->calls[0].input)[i],
                           (float)sin(i) + f.injection[i]);
    tiny_close(&f.tiny);
}
END_TEST

START_TEST(outputs_have_unit_size)
{
    static struct fixture f;
    open_fixture(&f, backends[_i], 2);
    hrm_module_forward(&f.context, f.module, f.z, f.injection);
    for (int row = 0; row < PUZZLES * SEQ; row++) {
        double squares = 0;
        for (int j = 0; j < D; j++)
            squares += (double)f.z[row * D + j] * f.z[row * D + j];
        ck_assert_double_eq_tol(squares / D, 1, 1e-4);
    }
    tiny_close(&f.tiny);
}
END_TEST

START_TEST(first_positions_alone)
{
    static struct fixture f;
    static float whole[STATE + 96 * D];
    open_fixture(&f, backends[_i / 2], 1 + _i % 2);
    memcpy(whole, f.z, sizeof whole);
    hrm_module_forward(&f.context, f.module, whole, f.injection);
    hrm_module_first(&f.context, f.module, f.z, f.injection);
    const float *first = f.tiny.worker.buffers->first_h;
    for (int p = 0; p < PUZZLES; p++)
        for (int j = 0; j < D; j++)
            ck_assert_float_eq_tol(first[p * D + j], whole[p * SEQ * D + j], 2e-6f);
    tiny_close(&f.tiny);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("module");
    TCase *tests = tcase_create("module");
    tcase_set_timeout(tests, 10);
    tcase_add_loop_test(tests, recording_changes_nothing, 0, 2);
    tcase_add_loop_test(tests, outputs_have_unit_size, 0, 2);
    tcase_add_loop_test(tests, first_positions_alone, 0, 4);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
