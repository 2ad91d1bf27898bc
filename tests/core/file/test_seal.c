#include "core/file/seal.h"

#include "core/base/random.h"
#include "core/file/checkpoint.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define HEADER 16384 ///< bytes at the front that are cut at every 256th

static char folder[64], path[96];
static unsigned char *whole;
static size_t size;

static void spill(const unsigned char *bytes, size_t count)
{
    unlink(path); // some file systems write out what is truncated
    FILE *stream = fopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(bytes, 1, count, stream), count);
    fclose(stream);
}

/// A small checkpoint on the disk and in `whole`.
static void begin(void)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    struct hrm_checkpoint checkpoint = {0};
    struct hrm_error error = {0};
    struct stat found;
    strcpy(folder, "/tmp/hrm-seal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/model.h5", folder);
    hrm_options_default(&section, 1);
    config.hidden = 32;
    config.heads = 2;
    config.h_layers = config.l_layers = 1;
    config.puzzle_emb = 0;
    checkpoint.config = config;
    ck_assert_int_eq(hrm_layout_init(&checkpoint.layout, &config, &error), HRM_OK);
    checkpoint.params = calloc(checkpoint.layout.total, sizeof *checkpoint.params);
    hrm_params_draw(&checkpoint.layout, 1, checkpoint.params);
    ck_assert_msg(hrm_checkpoint_write(path, &checkpoint, &error) == HRM_OK, "%s", error.text);
    hrm_checkpoint_free(&checkpoint);
    ck_assert_int_eq(stat(path, &found), 0);
    size = (size_t)found.st_size;
    whole = malloc(size);
    FILE *stream = fopen(path, "rb");
    ck_assert_uint_eq(fread(whole, 1, size, stream), size);
    fclose(stream);
}

static void end(void)
{
    unlink(path);
    rmdir(folder);
    free(whole);
}

/// The reader says that the file is bad, names it, and says what to do.
static void expect_refusal(void)
{
    struct hrm_checkpoint read;
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_checkpoint_read(path, &read, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, path));
    ck_assert_uint_gt(strlen(error.hint), 0);
    ck_assert_ptr_null(read.params);
}

START_TEST(a_cut_file_is_refused)
{
    struct hrm_random random = hrm_random_open(7, HRM_RANDOM_AUGMENT, 0, 0);
    for (size_t at = 0; at < HEADER; at += 256) {
        spill(whole, at);
        expect_refusal();
    }
    for (int i = 0; i < 1000; i++) {
        spill(whole, hrm_random_below(&random, (uint32_t)size));
        expect_refusal();
    }
}
END_TEST

START_TEST(a_flipped_bit_is_found)
{
    struct hrm_random random = hrm_random_open(7, HRM_RANDOM_AUGMENT, 1, 0);
    for (int i = 0; i < 1000; i++) {
        size_t at = hrm_random_below(&random, (uint32_t)(i % 2 ? size : HEADER));
        unsigned char bit = (unsigned char)(1 << hrm_random_below(&random, 8));
        whole[at] ^= bit;
        spill(whole, size);
        expect_refusal();
        whole[at] ^= bit;
    }
}
END_TEST

START_TEST(a_whole_file_passes)
{
    struct hrm_checkpoint read;
    struct hrm_error error = {0};
    spill(whole, size);
    ck_assert_msg(hrm_checkpoint_read(path, &read, &error) == HRM_OK, "%s", error.text);
    hrm_checkpoint_free(&read);
}
END_TEST

START_TEST(ranges_are_left_out)
{
    struct hrm_seal seal = {.count = 2, .ranges = {{5000, 100}, {7000, 0}}}, found;
    struct hrm_error error = {0};
    bool sealed = false;
    spill(whole, size);
    ck_assert_int_eq(hrm_seal_write(path, &seal, &error), HRM_OK);
    FILE *stream = fopen(path, "r+b");
    fseek(stream, 5099, SEEK_SET);
    fputc(whole[5099] ^ 1, stream);
    fflush(stream);
    ck_assert_msg(hrm_seal_check(path, &sealed, &found, &error) == HRM_OK, "%s", error.text);
    ck_assert(sealed);
    ck_assert_int_eq(found.count, 2);
    ck_assert_int_eq(found.ranges[0].bytes, 100);
    fseek(stream, 5100, SEEK_SET);
    fputc(whole[5100] ^ 1, stream);
    fclose(stream);
    ck_assert_int_eq(hrm_seal_check(path, &sealed, &found, &error), HRM_DATA);
}
END_TEST

/// Numbers that another program puts under a right checksum of the seal.
static const struct {
    int64_t bytes, first, length;
} forged[] = {{INT64_MIN / 2, INT64_MAX / 2, 1}, {-1, 0, 0},       {5000, 4000, 2000},
              {5000, 4000, INT64_MAX},           {5000, 1000, 10}, {5000, 4000, -1}};

START_TEST(a_forged_seal_is_refused)
{
    struct hrm_seal seal = {.count = 1, .ranges = {{4000, 10}}}, found;
    struct hrm_error error = {0};
    unsigned char head[HRM_SEAL_BYTES];
    bool sealed = false;
    spill(whole, size);
    ck_assert_int_eq(hrm_seal_write(path, &seal, &error), HRM_OK);
    FILE *stream = fopen(path, "r+b");
    ck_assert_uint_eq(fread(head, 1, sizeof head, stream), sizeof head);
    memcpy(head + 16, &forged[_i].bytes, 8);
    memcpy(head + 32, &forged[_i].first, 8);
    memcpy(head + 40, &forged[_i].length, 8);
    XXH64_hash_t hash = XXH3_64bits(head, sizeof head - 8);
    memcpy(head + sizeof head - 8, &hash, 8);
    rewind(stream);
    ck_assert_uint_eq(fwrite(head, 1, sizeof head, stream), sizeof head);
    fclose(stream);
    ck_assert_int_eq(hrm_seal_check(path, &sealed, &found, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "first kilobyte"));
}
END_TEST

START_TEST(copies_have_the_same_mark)
{
    uint64_t mark = hrm_seal_mark(path);
    ck_assert_uint_ne(mark, 0);
    spill(whole, size);
    ck_assert_uint_eq(hrm_seal_mark(path), mark);
    hrm_seal_memory(whole, size - 1); // another content
    spill(whole, size - 1);
    ck_assert_uint_ne(hrm_seal_mark(path), mark);
    whole[40] ^= 1;
    spill(whole, size);
    ck_assert_uint_eq(hrm_seal_mark(path), 0);
    unlink(path);
    ck_assert_uint_eq(hrm_seal_mark(path), 0);
    spill(whole, size);
}
END_TEST

START_TEST(other_files_have_no_seal)
{
    struct hrm_seal found;
    struct hrm_error error = {0};
    bool sealed = true;
    spill((const unsigned char *)"text", 4);
    ck_assert_int_eq(hrm_seal_check(path, &sealed, &found, &error), HRM_OK);
    ck_assert(!sealed);
    unlink(path);
    ck_assert_int_eq(hrm_seal_check(path, &sealed, &found, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, path));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("seal");
    TCase *tests = tcase_create("seal");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, a_cut_file_is_refused);
    tcase_add_test(tests, a_flipped_bit_is_found);
    tcase_add_test(tests, a_whole_file_passes);
    tcase_add_test(tests, ranges_are_left_out);
    tcase_add_loop_test(tests, a_forged_seal_is_refused, 0, sizeof forged / sizeof *forged);
    tcase_add_test(tests, copies_have_the_same_mark);
    tcase_add_test(tests, other_files_have_no_seal);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
