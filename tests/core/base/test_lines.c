#include "core/base/lines.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char path[64];
static struct hrm_error error;

static void setup(void)
{
    strcpy(path, "/tmp/hrm-lines-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    error = (struct hrm_error){0};
}

static void teardown(void)
{
    unlink(path);
}

static void put(const void *text, size_t size, bool gzip)
{
    gzFile stream = gzopen(path, gzip ? "wb" : "wbT");
    ck_assert_int_eq(gzwrite(stream, text, (unsigned)size), (int)size);
    gzclose(stream);
}

// The lines of a file, joined by bars.
static int read_all(char *joined, size_t size)
{
    struct hrm_lines lines;
    char *line = NULL;
    *joined = '\0';
    int status = hrm_lines_open(&lines, path, &error);
    while (status == HRM_OK) {
        status = hrm_lines_next(&lines, &line, &error);
        if (status != HRM_OK || line == NULL)
            break;
        ck_assert_uint_lt(strlen(joined) + strlen(line) + 2, size);
        strcat(joined, line);
        strcat(joined, "|");
    }
    hrm_lines_close(&lines);
    hrm_lines_close(&lines);
    return status;
}

static const struct {
    const char *text, *joined;
} cases[] = {
    {"", ""},
    {"a", "a|"},
    {"a\n", "a|"},
    {"\n\na\n", "||a|"},
    {"a\r\nb", "a|b|"},
    {"a\rb\r", "a|b|"},
    {"a\r\n\r\nb\r", "a||b|"},
    {"a\n\rb", "a||b|"},
    {"\357\273\277a\n\357\273\277b\n", "a|\357\273\277b|"},
};
#define CASES ((int)(sizeof cases / sizeof *cases))

START_TEST(reads_lines_however_they_end)
{
    char joined[64];
    for (int gzip = 0; gzip < 2; gzip++) {
        put(cases[_i].text, strlen(cases[_i].text), gzip);
        ck_assert_msg(read_all(joined, sizeof joined) == HRM_OK, "%s", error.text);
        ck_assert_str_eq(joined, cases[_i].joined);
    }
}
END_TEST

// Ends of lines fall on every place of the buffer.
START_TEST(reads_more_than_the_buffer)
{
    enum { LINES = 90000 };
    struct hrm_lines lines;
    char *line = NULL, wanted[32];
    FILE *stream = fopen(path, "w");
    for (int i = 0; i < LINES; i++)
        fprintf(stream, "%0*d%s", 1 + i % 23, i, i % 3 == 0 ? "\r" : i % 3 == 1 ? "\r\n" : "\n");
    fclose(stream);
    ck_assert_int_eq(hrm_lines_open(&lines, path, &error), HRM_OK);
    for (int i = 0; i < LINES; i++) {
        ck_assert_int_eq(hrm_lines_next(&lines, &line, &error), HRM_OK);
        snprintf(wanted, sizeof wanted, "%0*d", 1 + i % 23, i);
        ck_assert_str_eq(line, wanted);
        ck_assert_int_eq(lines.line, i + 1);
    }
    ck_assert_int_eq(hrm_lines_next(&lines, &line, &error), HRM_OK);
    ck_assert_ptr_null(line);
    hrm_lines_close(&lines);
}
END_TEST

START_TEST(refuses_what_is_no_text)
{
    char joined[64];
    static char large[HRM_LINE + 2];
    put("a\nb\0c\n", 6, false);
    ck_assert_int_eq(read_all(joined, sizeof joined), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, ":2: a zero byte"));
    error = (struct hrm_error){0};
    memset(large, 'a', sizeof large);
    put(large, sizeof large, false);
    ck_assert_int_eq(read_all(joined, sizeof joined), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, ":1: a line of more than 65536 bytes"));
    error = (struct hrm_error){0};
    put("\377\376a\0", 4, false);
    ck_assert_int_eq(read_all(joined, sizeof joined), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "UTF-16"));
}
END_TEST

START_TEST(peeks_and_takes_bytes)
{
    struct hrm_lines lines;
    const char *text;
    char *line;
    size_t length;
    put("ab\ncd\n", 6, false);
    ck_assert_int_eq(hrm_lines_open(&lines, path, &error), HRM_OK);
    ck_assert_int_eq(hrm_lines_peek(&lines, 100, &text, &length, &error), HRM_OK);
    ck_assert_uint_eq(length, 6);
    ck_assert_int_eq(hrm_lines_byte(&lines, &error), 'a');
    ck_assert_int_eq(hrm_lines_next(&lines, &line, &error), HRM_OK);
    ck_assert_str_eq(line, "b");
    ck_assert_int_eq(hrm_lines_byte(&lines, &error), 'c');
    ck_assert_int_eq(hrm_lines_byte(&lines, &error), 'd');
    ck_assert_int_eq(hrm_lines_byte(&lines, &error), '\n');
    ck_assert_int_eq(hrm_lines_byte(&lines, &error), -1);
    ck_assert_int_eq(lines.line, 2);
    hrm_lines_close(&lines);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lines");
    TCase *tests = tcase_create("lines");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, reads_lines_however_they_end, 0, CASES);
    tcase_add_test(tests, reads_more_than_the_buffer);
    tcase_add_test(tests, refuses_what_is_no_text);
    tcase_add_test(tests, peeks_and_takes_bytes);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
