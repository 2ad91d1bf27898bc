#include "core/file/h5.h"
#include "core/file/seal.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

static char path[64];
static struct hrm_error error;

static void setup(void)
{
    strcpy(path, "/tmp/hrm-h5-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    error = (struct hrm_error){0};
}

static void teardown(void)
{
    unlink(path);
}

static const struct hrm_h5_data table = {.name = "table", .rank = 2, .size = {5, 3}};

static hid_t write_table(bool checksum)
{
    int32_t values[5][3];
    for (int i = 0; i < 15; i++)
        values[i / 3][i % 3] = 10 * (i / 3) + i % 3;
    struct hrm_h5_data data = table;
    data.type = H5T_NATIVE_INT32;
    data.form = checksum ? HRM_H5_CHECKED : HRM_H5_CONTIGUOUS;
    hid_t file = -1;
    ck_assert_int_eq(hrm_h5_create(path, H5P_DEFAULT, &file, &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_write(file, &data, values, &error), HRM_OK);
    return file;
}

static void reopen(hid_t *file)
{
    ck_assert_int_eq(hrm_h5_close(file, &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, file, &error), HRM_OK);
}

START_TEST(reads_what_was_written)
{
    hid_t file = write_table(_i == 1);
    reopen(&file);
    struct hrm_h5_data data = table;
    data.type = H5T_NATIVE_INT32;
    int32_t all[5][3];
    ck_assert_int_eq(hrm_h5_read(file, &data, all, &error), HRM_OK);
    ck_assert_int_eq(all[4][2], 42);
    int32_t rows[2][3];
    data.first = 2;
    data.count = 2;
    ck_assert_int_eq(hrm_h5_read(file, &data, rows, &error), HRM_OK);
    ck_assert_int_eq(rows[0][0], 20);
    ck_assert_int_eq(rows[1][2], 32);
    int64_t wide[5][3];
    data = table;
    data.type = H5T_NATIVE_INT64;
    ck_assert_int_eq(hrm_h5_read(file, &data, wide, &error), HRM_OK);
    ck_assert_int_eq(wide[3][1], 31);
    int64_t size[2];
    ck_assert_int_eq(hrm_h5_size(file, "table", 2, size, &error), HRM_OK);
    ck_assert_int_eq(size[0], 5);
    ck_assert_int_eq(size[1], 3);
    ck_assert(hrm_h5_has(file, "table"));
    ck_assert(!hrm_h5_has(file, "chair"));
    ck_assert_int_eq(hrm_h5_close(&file, &error), HRM_OK);
    ck_assert_int_eq(file, -1);
    ck_assert_int_eq(hrm_h5_close(&file, &error), HRM_OK);
}
END_TEST

START_TEST(writes_one_value_and_nothing)
{
    hid_t file = -1;
    ck_assert_int_eq(hrm_h5_create(path, H5P_DEFAULT, &file, &error), HRM_OK);
    double one = 2.5;
    struct hrm_h5_data scalar = {.name = "one", .type = H5T_NATIVE_DOUBLE};
    struct hrm_h5_data empty = {.name = "empty",
                                .type = H5T_NATIVE_DOUBLE,
                                .rank = 2,
                                .size = {0, 3},
                                .form = HRM_H5_CHECKED};
    ck_assert_int_eq(hrm_h5_write(file, &scalar, &one, &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_write(file, &empty, &one, &error), HRM_OK);
    reopen(&file);
    one = 0;
    ck_assert_int_eq(hrm_h5_read(file, &scalar, &one, &error), HRM_OK);
    ck_assert_double_eq(one, 2.5);
    ck_assert_int_eq(hrm_h5_read(file, &empty, &one, &error), HRM_OK);
    hrm_h5_close(&file, &error);
}
END_TEST

static void expect(int status, const char *const *words)
{
    ck_assert_int_eq(status, HRM_DATA);
    ck_assert_int_eq(error.status, HRM_DATA);
    for (; *words != NULL; words++)
        ck_assert_msg(strstr(error.text, *words) != NULL, "'%s' not in: %s", *words, error.text);
    ck_assert_str_ne(error.hint, "");
    error = (struct hrm_error){0};
}

START_TEST(refuses_wrong_datasets)
{
    hid_t file = write_table(false);
    reopen(&file);
    int32_t values[100];
    struct hrm_h5_data data = table;
    data.type = H5T_NATIVE_INT32;
    data.name = "chair";
    expect(hrm_h5_read(file, &data, values, &error),
           (const char *[]){path, "'chair' is missing", NULL});
    data.name = "table";
    data.size[0] = 6;
    expect(hrm_h5_read(file, &data, values, &error),
           (const char *[]){path, "'table'", "[5,3]", "[6,3]", NULL});
    data.rank = 1;
    expect(hrm_h5_read(file, &data, values, &error),
           (const char *[]){"'table'", "2 dimensions", "wanted 1", NULL});
    data = table;
    data.type = H5T_NATIVE_FLOAT;
    expect(hrm_h5_read(file, &data, values, &error),
           (const char *[]){"'table'", "integer", "real", NULL});
    data.type = H5T_NATIVE_UINT8;
    expect(hrm_h5_read(file, &data, values, &error),
           (const char *[]){"'table'", "integer, 4 bytes", "integer, 1", NULL});
    data.type = H5T_NATIVE_UINT64;
    expect(hrm_h5_read(file, &data, values, &error), (const char *[]){"'table'", NULL});
    hrm_h5_close(&file, &error);
}
END_TEST

static int open_it(void)
{
    hid_t file = -1;
    int status = hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, &file, &error);
    ck_assert_int_eq(file, -1);
    return status;
}

START_TEST(refuses_wrong_files)
{
    expect(open_it(), (const char *[]){path, "empty", NULL});
    FILE *stream = fopen(path, "w");
    fputs("source,question,answer,rating\n", stream);
    fclose(stream);
    expect(open_it(), (const char *[]){path, "not an HDF5 file", NULL});
    hid_t file = write_table(false);
    hrm_h5_close(&file, &error);
    ck_assert_int_eq(truncate(path, 600), 0);
    expect(open_it(), (const char *[]){path, "truncated", NULL});
    unlink(path);
    expect(open_it(), (const char *[]){path, "No such file", NULL});
}
END_TEST

// A file system that gives no locks is like one where another program holds them all.
START_TEST(needs_no_lock)
{
    hid_t file = write_table(false), again = -1;
    ck_assert_int_eq(hrm_h5_close(&file, &error), HRM_OK);
    int holder = open(path, O_RDONLY);
    ck_assert_int_eq(flock(holder, LOCK_EX), 0);
    unsetenv("HDF5_USE_FILE_LOCKING");
    ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDWR, H5P_DEFAULT, &file, &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_close(&file, &error), HRM_OK);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_sec2(access);
    ck_assert_int_eq(hrm_h5_create(path, access, &again, &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_close(&again, &error), HRM_OK);
    H5Pclose(access);
    close(holder);
}
END_TEST

START_TEST(refuses_unsealed_files)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    expect(open_it(), (const char *[]){path, "another program", NULL});
}
END_TEST

// Shapes whose values are not in the file, where the last one is.
static const struct {
    hsize_t size[2];
    const char *external;
} absent[] = {{{(hsize_t)1 << 60, 3}, NULL}, {{1 << 20, 3}, NULL}, {{5, 3}, "/dev/null"}};

START_TEST(refuses_values_that_are_not_there)
{
    struct hrm_h5_data data = table;
    int32_t values[5][3];
    int64_t size[2];
    hid_t file = -1;
    ck_assert_int_eq(hrm_h5_create(path, H5P_DEFAULT, &file, &error), HRM_OK);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    if (absent[_i].external != NULL)
        H5Pset_external(list, absent[_i].external, 0, H5F_UNLIMITED);
    hid_t space = H5Screate_simple(2, absent[_i].size, NULL);
    hid_t set = H5Dcreate2(file, "table", H5T_STD_I32LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ck_assert_int_ge(set, 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
    reopen(&file);
    data.type = H5T_NATIVE_INT32;
    expect(hrm_h5_size(file, "table", 2, size, &error),
           (const char *[]){path, "'table'", "not in the file", NULL});
    expect(hrm_h5_read(file, &data, values, &error), (const char *[]){path, "'table'", NULL});
    hrm_h5_close(&file, &error);
}
END_TEST

START_TEST(notices_damaged_rows)
{
    int64_t count = 100000;
    int32_t *values = calloc((size_t)count, sizeof *values);
    struct hrm_h5_data data = {.name = "zeros",
                               .type = H5T_NATIVE_INT32,
                               .rank = 1,
                               .size = {count},
                               .form = HRM_H5_CHECKED};
    struct hrm_seal seal = {0};
    hid_t file = -1;
    ck_assert_int_eq(hrm_h5_create(path, H5P_DEFAULT, &file, &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_write(file, &data, values, &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_close(&file, &error), HRM_OK);
    FILE *stream = fopen(path, "r+b");
    fseek(stream, 200000, SEEK_SET);
    fputc(1, stream);
    fclose(stream);
    ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, &file, &error), HRM_DATA);
    error = (struct hrm_error){0};
    // Under a new seal the sums of the chunks still tell.
    ck_assert_int_eq(hrm_seal_write(path, &seal, &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, &file, &error), HRM_OK);
    expect(hrm_h5_read(file, &data, values, &error), (const char *[]){path, "'zeros'", NULL});
    hrm_h5_close(&file, &error);
    free(values);
}
END_TEST

START_TEST(reports_a_full_disk)
{
    // A limit on the file size fails a write just as a full disk does.
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit old;
    getrlimit(RLIMIT_FSIZE, &old);
    struct rlimit small = {100000, old.rlim_max};
    int64_t count = 1000000;
    int32_t *values = calloc((size_t)count, sizeof *values);
    struct hrm_h5_data data = {
        .name = "zeros", .type = H5T_NATIVE_INT32, .rank = 1, .size = {count}};
    hid_t file = -1;
    ck_assert_int_eq(hrm_h5_create(path, H5P_DEFAULT, &file, &error), HRM_OK);
    ck_assert_int_eq(hrm_h5_write(file, &data, values, &error), HRM_OK);
    setrlimit(RLIMIT_FSIZE, &small);
    ck_assert_int_eq(hrm_h5_close(&file, &error), HRM_FAILED);
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert_ptr_nonnull(strstr(error.text, path));
    ck_assert_str_eq(error.hint, HRM_H5_SPACE);
    // HDF5 goes on working.
    error = (struct hrm_error){0};
    file = write_table(false);
    ck_assert_int_eq(hrm_h5_close(&file, &error), HRM_OK);
    free(values);
}
END_TEST

START_TEST(reports_a_missing_folder)
{
    hid_t file = -1;
    ck_assert_int_eq(hrm_h5_create("/nowhere/a.h5", H5P_DEFAULT, &file, &error), HRM_FAILED);
    ck_assert_int_eq(file, -1);
    ck_assert_ptr_nonnull(strstr(error.text, "/nowhere/a.h5"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("h5");
    TCase *tests = tcase_create("h5");
    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, reads_what_was_written, 0, 2);
    tcase_add_test(tests, writes_one_value_and_nothing);
    tcase_add_test(tests, refuses_wrong_datasets);
    tcase_add_test(tests, refuses_wrong_files);
    tcase_add_test(tests, needs_no_lock);
    tcase_add_test(tests, refuses_unsealed_files);
    tcase_add_loop_test(tests, refuses_values_that_are_not_there, 0,
                        sizeof absent / sizeof *absent);
    tcase_add_test(tests, notices_damaged_rows);
    tcase_add_test(tests, reports_a_full_disk);
    tcase_add_test(tests, reports_a_missing_folder);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
