#include "core/file/h5_attribute.h"

#include "core/file/h5.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];
static struct hrm_error error;
static hid_t file;

static void setup(void)
{
    strcpy(path, "/tmp/hrm-h5-XXXXXX");
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_h5_create(path, H5P_DEFAULT, &file, &error), HRM_OK);
}

static void teardown(void)
{
    hrm_h5_close(&file, NULL);
    unlink(path);
}

static void reopen(void)
{
    ck_assert_int_eq(hrm_h5_close(&file, &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, &file, &error), HRM_OK);
}

START_TEST(reads_what_was_written)
{
    ck_assert_int_eq(hrm_h5_write_text(file, "text", "old and longer", &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_write_text(file, "text", "[train]\nseed = 1\n", &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_write_text(file, "empty", "", &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_write_int(file, "int", INT64_MIN, &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_write_real(file, "real", 0.1, &error), HRM_OK);
    reopen();
    char text[18];
    int64_t number = 0;
    double real = 0;
    ck_assert_int_eq(hrm_h5_read_text(file, "text", text, sizeof text, &error), HRM_OK);
    ck_assert_str_eq(text, "[train]\nseed = 1\n");
    ck_assert_int_eq(hrm_h5_read_text(file, "empty", text, 1, &error), HRM_OK);
    ck_assert_str_eq(text, "");
    ck_assert_int_eq(hrm_h5_read_int(file, "int", &number, &error), HRM_OK);
    ck_assert(number == INT64_MIN);
    ck_assert_int_eq(hrm_h5_read_real(file, "real", &real, &error), HRM_OK);
    ck_assert(real == 0.1);
}
END_TEST

START_TEST(reads_hashes_as_text_and_as_integers)
{
    const uint64_t hash = 0x8000000000000001u;
    uint64_t value = 0;
    char text[17];
    ck_assert_int_eq(hrm_h5_write_hash(file, "text", hash, &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_write_int(file, "older", (int64_t)hash, &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_write_text(file, "other", "12z", &error), HRM_OK);
    reopen();
    ck_assert_int_eq(hrm_h5_read_text(file, "text", text, sizeof text, &error), HRM_OK);
    ck_assert_str_eq(text, "8000000000000001");
    ck_assert_int_eq(hrm_h5_read_hash(file, "text", &value, &error), HRM_OK);
    ck_assert_uint_eq(value, hash);
    value = 0;
    ck_assert_int_eq(hrm_h5_read_hash(file, "older", &value, &error), HRM_OK);
    ck_assert_uint_eq(value, hash);
    ck_assert_int_eq(hrm_h5_read_hash(file, "other", &value, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "'12z', wanted 16 hexadecimal digits"));
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_h5_read_hash(file, "nowhere", &value, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "missing"));
}
END_TEST

START_TEST(reads_text_of_variable_length)
{
    // This is how h5py writes text.
    const char *value = "hello";
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(file, "text", type, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(H5Awrite(attribute, type, &value), 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    reopen();
    char text[8];
    ck_assert_int_eq(hrm_h5_read_text(file, "text", text, sizeof text, &error), HRM_OK);
    ck_assert_str_eq(text, "hello");
}
END_TEST

static void expect(int status, const char *const *words)
{
    ck_assert_int_eq(status, HRM_DATA);
    for (; *words != NULL; words++)
        ck_assert_msg(strstr(error.text, *words) != NULL, "'%s' not in: %s", *words, error.text);
    error = (struct hrm_error){0};
}

START_TEST(refuses_wrong_attributes)
{
    char text[4];
    int64_t number = 0;
    double real = 0;
    hrm_h5_write_text(file, "text", "four", &error);
    hrm_h5_write_int(file, "int", 1, &error);
    expect(hrm_h5_read_int(file, "none", &number, &error),
           (const char *[]){path, "'none' is missing", NULL});
    expect(hrm_h5_read_int(file, "text", &number, &error),
           (const char *[]){path, "'text'", "text", "wanted 1 x integer", NULL});
    expect(hrm_h5_read_real(file, "int", &real, &error), (const char *[]){"integer", "real", NULL});
    expect(hrm_h5_read_text(file, "int", text, sizeof text, &error),
           (const char *[]){"integer", "text", NULL});
    expect(hrm_h5_read_text(file, "text", text, sizeof text, &error),
           (const char *[]){path, "'text' has 4 bytes", "3", NULL});
}
END_TEST

START_TEST(checks_the_schema)
{
    expect(hrm_h5_check_schema(file, "fruit", 2, &error), (const char *[]){"'schema'", NULL});
    hrm_h5_write_text(file, "schema", "fruit", &error);
    hrm_h5_write_int(file, "schema_version", 2, &error);
    ck_assert_int_eq(hrm_h5_check_schema(file, "fruit", 2, &error), HRM_OK);
    expect(hrm_h5_check_schema(file, "meat", 2, &error),
           (const char *[]){path, "'fruit'", "'meat'", NULL});
    ck_assert_int_eq(hrm_h5_check_schema(file, "fruit", 1, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "version 2"));
    ck_assert_ptr_nonnull(strstr(error.hint, "newer"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("h5_attribute");
    TCase *tests = tcase_create("h5_attribute");
    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_what_was_written);
    tcase_add_test(tests, reads_hashes_as_text_and_as_integers);
    tcase_add_test(tests, reads_text_of_variable_length);
    tcase_add_test(tests, refuses_wrong_attributes);
    tcase_add_test(tests, checks_the_schema);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
