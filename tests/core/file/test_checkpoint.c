#include "core/file/checkpoint.h"

#include "core/file/h5.h"
#include "core/file/h5_attribute.h"
#include "core/file/seal.h"

#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], path[96];

static void enter(void)
{
    snprintf(folder, sizeof folder, "/tmp/hrm-checkpoint-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/model.h5", folder);
}

static void leave(void)
{
    unlink(path);
    // Fails when a temporary file was left behind.
    ck_assert_int_eq(rmdir(folder), 0);
}

static struct hrm_model_config small(bool shared, int angles)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    hrm_options_default(&section, 1);
    config.hidden = 24;
    config.heads = 3;
    config.expansion = 1.5;
    config.h_layers = 1;
    config.l_layers = 2;
    config.cells = 5;
    config.puzzle_emb = 30;
    config.puzzle_ids = 3;
    config.shared = shared;
    config.angles = angles;
    config.loss = HRM_LOSS_SOFTMAX;
    config.rope_theta = 12345.678901234567;
    return config;
}

static struct hrm_checkpoint make(const struct hrm_model_config *config, bool ema)
{
    struct hrm_checkpoint checkpoint = {.config = *config};
    ck_assert_int_eq(hrm_layout_init(&checkpoint.layout, config, NULL), HRM_OK);
    checkpoint.params = calloc(checkpoint.layout.total, sizeof(float));
    hrm_params_draw(&checkpoint.layout, 7, checkpoint.params);
    if (ema) {
        checkpoint.ema = calloc(checkpoint.layout.trained, sizeof(float));
        for (size_t i = 0; i < checkpoint.layout.trained; i++)
            checkpoint.ema[i] = (float)i * 0.25f;
    }
    struct hrm_provenance *run = &checkpoint.provenance;
    *run = (struct hrm_provenance){.program = "hrmpi 0.1",
                                   .command = "hrmpi train 'a b'",
                                   .backend = "blas",
                                   .hosts = "n1,n2",
                                   .ranks = 12,
                                   .threads = 3,
                                   .step = 5000000000,
                                   .seed = 0xfedcba9876543210u,
                                   .replica = 4,
                                   .data_hash = 0x8000000000000001u,
                                   .core_hours = 1.0 / 3};
    memset(run->config, 'x', sizeof run->config - 1);
    return checkpoint;
}

static const struct {
    bool shared, ema;
    int angles;
} variants[] = {{false, false, HRM_ANGLES_ROPE},
                {true, false, HRM_ANGLES_ROPE},
                {false, true, HRM_ANGLES_LEARNED},
                {true, true, HRM_ANGLES_LEARNED}};

static void ck_assert_provenance(const struct hrm_provenance *a, const struct hrm_provenance *b)
{
    ck_assert_str_eq(a->program, b->program);
    ck_assert_str_eq(a->command, b->command);
    ck_assert_str_eq(a->config, b->config);
    ck_assert_str_eq(a->backend, b->backend);
    ck_assert_str_eq(a->hosts, b->hosts);
    ck_assert_int_eq(a->ranks, b->ranks);
    ck_assert_int_eq(a->threads, b->threads);
    ck_assert_int_eq(a->step, b->step);
    ck_assert_uint_eq(a->seed, b->seed);
    ck_assert_int_eq(a->replica, b->replica);
    ck_assert_uint_eq(a->data_hash, b->data_hash);
    ck_assert_double_eq(a->core_hours, b->core_hours);
}

START_TEST(reads_what_was_written)
{
    enter();
    struct hrm_model_config config = small(variants[_i].shared, variants[_i].angles);
    struct hrm_checkpoint written = make(&config, variants[_i].ema), read, header;
    struct hrm_error error = {0};
    ck_assert_msg(hrm_checkpoint_write(path, &written, &error) == HRM_OK, "%s", error.text);
    ck_assert_msg(hrm_checkpoint_read(path, &read, &error) == HRM_OK, "%s", error.text);
    ck_assert_msg(hrm_checkpoint_read_header(path, &header, &error) == HRM_OK, "%s", error.text);
    ck_assert_provenance(&read.provenance, &written.provenance);
    ck_assert_provenance(&header.provenance, &written.provenance);
    ck_assert_int_eq(header.config.puzzle_emb, 30);
    ck_assert_int_eq(read.config.shared, variants[_i].shared);
    ck_assert_int_eq(read.config.angles, variants[_i].angles);
    ck_assert_int_eq(read.config.loss, HRM_LOSS_SOFTMAX);
    ck_assert_double_eq(read.config.rope_theta, config.rope_theta);
    ck_assert_double_eq(read.config.expansion, 1.5);
    size_t bytes = written.layout.total * sizeof(float);
    ck_assert_uint_eq(read.layout.total, written.layout.total);
    ck_assert_mem_eq(read.params, written.params, bytes);

    float *weights = malloc(bytes);
    hrm_checkpoint_weights(&read, weights);
    size_t trained = written.layout.trained;
    ck_assert_mem_eq(weights, variants[_i].ema ? written.ema : written.params,
                     trained * sizeof(float));
    ck_assert_mem_eq(weights + trained, written.params + trained, bytes - trained * sizeof(float));
    free(weights);
    hrm_checkpoint_free(&read);
    hrm_checkpoint_free(&header);
    hrm_checkpoint_free(&written);
    leave();
}
END_TEST

/// Replace a dataset or attribute of the file by something else.
static void spoil_nan(hid_t file)
{
    float value[24] = {0};
    value[5] = NAN;
    hid_t data = H5Dopen2(file, "params/L_init", H5P_DEFAULT);
    H5Dwrite(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
    H5Dclose(data);
}

static void spoil_missing(hid_t file)
{
    H5Ldelete(file, "params/H_level/layers/0/mlp/down_proj/weight", H5P_DEFAULT);
}

static void spoil_shape(hid_t file)
{
    hsize_t size[] = {11, 23};
    H5Ldelete(file, "params/lm_head/weight", H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, size, NULL);
    hid_t data = H5Dcreate2(file, "params/lm_head/weight", H5T_NATIVE_FLOAT, space, H5P_DEFAULT,
                            H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(data);
    H5Sclose(space);
}

static void spoil_heads(hid_t file)
{
    int64_t heads = 5;
    hid_t attribute = H5Aopen(file, "model.heads", H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_INT64, &heads);
    H5Aclose(attribute);
}

static void spoil_schema(hid_t file)
{
    H5Adelete(file, "schema");
}

static void spoil_ranks(hid_t file)
{
    ck_assert_int_eq(hrm_h5_write_int(file, "run.ranks", INT64_C(4294967297), NULL), HRM_OK);
}

static void spoil_angles(hid_t file)
{
    H5Adelete(file, "model.angles");
}

static const struct {
    void (*spoil)(hid_t file);
    const char *text;
} damages[] = {{spoil_nan, "params/L_init"},
               {spoil_missing, "params/H_level/layers/0/mlp/down_proj/weight"},
               {spoil_shape, "params/lm_head/weight"},
               {spoil_heads, "heads"},
               {spoil_angles, "model.angles"},
               {spoil_ranks, "'run.ranks' is 4294967297"},
               {spoil_schema, "schema"}};

/// Put a file that was changed under a new seal, which else tells all damage alike.
static void reseal(void)
{
    struct hrm_seal seal = {0};
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_seal_write(path, &seal, &error), HRM_OK);
}

START_TEST(refuses_damaged_files)
{
    enter();
    struct hrm_model_config config = small(false, HRM_ANGLES_ROPE);
    struct hrm_checkpoint written = make(&config, false), read;
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_checkpoint_write(path, &written, &error), HRM_OK);
    hid_t file;
    ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDWR, H5P_DEFAULT, &file, &error), HRM_OK);
    damages[_i].spoil(file);
    ck_assert_int_eq(hrm_h5_close(&file, &error), HRM_OK);
    reseal();
    ck_assert_int_eq(hrm_checkpoint_read(path, &read, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, path));
    ck_assert_msg(strstr(error.text, damages[_i].text) != NULL, "%s", error.text);
    ck_assert_ptr_null(read.params);
    hrm_checkpoint_free(&written);
    leave();
}
END_TEST

/// Files of before an option came have its default.
START_TEST(reads_files_without_a_later_option)
{
    enter();
    struct hrm_model_config config = small(false, HRM_ANGLES_ROPE);
    struct hrm_checkpoint written = make(&config, false), read;
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_checkpoint_write(path, &written, &error), HRM_OK);
    hid_t file;
    ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDWR, H5P_DEFAULT, &file, &error), HRM_OK);
    ck_assert_int_ge(H5Adelete(file, "model.symbol_equivariant"), 0);
    ck_assert_int_eq(hrm_h5_close(&file, &error), HRM_OK);
    reseal();
    ck_assert_msg(hrm_checkpoint_read(path, &read, &error) == HRM_OK, "%s", error.text);
    ck_assert(!read.config.symbol_equivariant);
    hrm_checkpoint_free(&read);
    hrm_checkpoint_free(&written);
    leave();
}
END_TEST

/// Files of when angles and pattern were one option.
START_TEST(reads_an_option_of_former_times)
{
    enter();
    struct hrm_model_config config = small(false, HRM_ANGLES_ROPE);
    config.cells = 16;
    config.heads = 4;
    struct hrm_checkpoint written = make(&config, false), read;
    struct hrm_error error = {0};
    hid_t file;
    for (int unknown = 0; unknown < 2; unknown++) {
        ck_assert_int_eq(hrm_checkpoint_write(path, &written, &error), HRM_OK);
        ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDWR, H5P_DEFAULT, &file, &error), HRM_OK);
        ck_assert_int_ge(H5Adelete(file, "model.angles"), 0);
        ck_assert_int_ge(H5Adelete(file, "model.pattern"), 0);
        ck_assert_int_ge(H5Adelete(file, "model.box_rows"), 0);
        ck_assert_int_eq(
            hrm_h5_write_text(file, "model.positions", unknown ? "where" : "masks", &error),
            HRM_OK);
        ck_assert_int_eq(hrm_h5_close(&file, &error), HRM_OK);
        reseal();
        ck_assert_int_eq(hrm_checkpoint_read(path, &read, &error), unknown ? HRM_DATA : HRM_OK);
        if (unknown)
            continue;
        ck_assert_int_eq(read.config.angles, HRM_ANGLES_NONE);
        ck_assert_int_eq(read.config.pattern, HRM_PATTERN_UNITS);
        hrm_checkpoint_free(&read);
    }
    hrm_checkpoint_free(&written);
    leave();
}
END_TEST

/// The first place of a pattern in the file, and flip a bit there.
static bool flip(const void *pattern, size_t size)
{
    FILE *stream = fopen(path, "r+b");
    static unsigned char bytes[1 << 20];
    size_t length = fread(bytes, 1, sizeof bytes, stream);
    unsigned char *at = memmem(bytes, length, pattern, size);
    if (at != NULL) {
        fseek(stream, at - bytes, SEEK_SET);
        fputc(*at ^ 1, stream);
    }
    fclose(stream);
    return at != NULL;
}

START_TEST(notices_a_flipped_bit)
{
    enter();
    struct hrm_model_config config = small(false, HRM_ANGLES_ROPE);
    struct hrm_checkpoint written = make(&config, false), read;
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_checkpoint_write(path, &written, &error), HRM_OK);
    ck_assert(flip(written.params, 32));
    ck_assert_int_eq(hrm_checkpoint_read(path, &read, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "checksum"));
    error = (struct hrm_error){0};
    reseal();
    ck_assert_int_eq(hrm_checkpoint_read(path, &read, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "embed_tokens"));
    hrm_checkpoint_free(&written);
    leave();
}
END_TEST

START_TEST(replaces_whole_or_not_at_all)
{
    enter();
    struct hrm_model_config config = small(false, HRM_ANGLES_ROPE);
    struct hrm_checkpoint written = make(&config, false), read;
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_checkpoint_write("/nonexistent/model.h5", &written, &error), HRM_USAGE);
    ck_assert_str_ne(error.text, "");
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_checkpoint_read(path, &read, &error), HRM_DATA);
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_checkpoint_write(path, &written, &error), HRM_OK);
    written.provenance.step = 99;
    ck_assert_int_eq(hrm_checkpoint_write(path, &written, &error), HRM_OK);
    ck_assert_int_eq(hrm_checkpoint_read(path, &read, &error), HRM_OK);
    ck_assert_int_eq(read.provenance.step, 99);
    hrm_checkpoint_free(&read);
    hrm_checkpoint_free(&written);
    leave();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *tests = tcase_create("checkpoint");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, reads_what_was_written, 0, 4);
    tcase_add_loop_test(tests, refuses_damaged_files, 0, 7);
    tcase_add_test(tests, reads_files_without_a_later_option);
    tcase_add_test(tests, reads_an_option_of_former_times);
    tcase_add_test(tests, notices_a_flipped_bit);
    tcase_add_test(tests, replaces_whole_or_not_at_all);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
