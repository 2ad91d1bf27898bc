#include "jobs/cli/console.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const struct {
    double seconds;
    const char *text;
} DURATIONS[] = {
    {0, "0.0 s"},           {4.24, "4.2 s"},
    {59.94, "59.9 s"},      {59.96, "1 min 00 s"},
    {125.4, "2 min 05 s"},  {3599.4, "59 min 59 s"},
    {3599.6, "1 h 00 min"}, {100 * 3600.0 + 61, "100 h 01 min"},
};

START_TEST(test_format_duration)
{
    char text[32];
    ck_assert_str_eq(hrm_format_duration(DURATIONS[_i].seconds, text, sizeof text),
                     DURATIONS[_i].text);
}
END_TEST

static const struct {
    double bytes;
    const char *text;
} BYTES[] = {
    {0, "0 B"},
    {1023, "1023 B"},
    {1024, "1.0 KiB"},
    {48 * 1024, "48.0 KiB"},
    {105 * 1048576.0, "105 MiB"},
    {1048575, "1.0 MiB"},
    {1.5 * 1073741824, "1.5 GiB"},
    {3e18, "2665 PiB"},
};

START_TEST(test_format_bytes)
{
    char text[32];
    ck_assert_str_eq(hrm_format_bytes(BYTES[_i].bytes, text, sizeof text), BYTES[_i].text);
}
END_TEST

static const struct {
    double value;
    const char *text;
} NUMBERS[] = {
    {0, "0.000"},     {0.01234, "0.012"}, {-1.5, "-1.500"},     {98.765, "98.77"},
    {1234.6, "1235"}, {999.96, "1000"},   {123456.7, "123457"}, {3e9, "3000000000"},
};

static const struct {
    double share;
    int64_t n;
    const char *text;
} SHARES[] = {
    {0.616667, 60, "62"}, {1, 100, "100"},         {0.0829, 101, "8.3"},
    {0.974, 500, "97.4"}, {0.97043, 1000, "97.0"}, {0.97043, 422786, "97.04"},
};

START_TEST(test_format_share)
{
    char text[32];
    ck_assert_str_eq(hrm_format_share(SHARES[_i].share, SHARES[_i].n, text, sizeof text),
                     SHARES[_i].text);
}
END_TEST

START_TEST(test_format_number)
{
    char text[64];
    ck_assert_str_eq(hrm_format_number(NUMBERS[_i].value, text, sizeof text), NUMBERS[_i].text);
}
END_TEST

/// What `say` writes to a standard stream, which is given back afterwards.
static const char *capture(FILE *stream, void (*say)(void))
{
    static char text[4096];
    FILE *file = tmpfile();
    fflush(stream);
    int kept = dup(fileno(stream));
    ck_assert(file && kept >= 0 && dup2(fileno(file), fileno(stream)) >= 0);
    say();
    fflush(stream);
    dup2(kept, fileno(stream));
    close(kept);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void say_error(void)
{
    struct hrm_error error = {0};
    hrm_fail(&error, HRM_DATA, "line 3 has 80 cells");
    hrm_hint(&error, "give 81");
    ck_assert_int_eq(hrm_console_error(&error), HRM_DATA);
}

static void say_stopped(void)
{
    struct hrm_error error = {0};
    hrm_fail(&error, HRM_STOPPED, "stopped by a signal");
    ck_assert_int_eq(hrm_console_error(&error), HRM_STOPPED);
}

static void say_run(void)
{
    static const struct hrm_opening opening = {.job = "eval",
                                               .backend = "ref",
                                               .detail = "plain C",
                                               .ranks = 4,
                                               .threads = 1,
                                               .seeded = true,
                                               .seed = 77};
    static const struct hrm_figure figures[] = {{"puzzles/s", 123456.7}};
    hrm_console_open(&opening);
    static const struct hrm_usage usage = {4, 12.34, 1048576};
    hrm_console_close("done", &usage, figures, 1);
}

static void say_progress(void)
{
    struct hrm_progress progress;
    hrm_progress_begin(&progress, "eval", "puzzles", 1000, 100);
    hrm_progress_update(&progress, 200, NULL);
    progress.started -= 60;
    progress.shown -= 60;
    hrm_progress_update(&progress, 700, "loss 1.5");
    hrm_progress_end(&progress);
}

START_TEST(test_error)
{
    ck_assert_str_eq(capture(stderr, say_error),
                     "hrmpi: error: line 3 has 80 cells\n  hint: give 81\n");
    ck_assert_str_eq(capture(stderr, say_stopped), "hrmpi: stopped by a signal\n");
}
END_TEST

START_TEST(test_run)
{
    const char *text = capture(stdout, say_run);
    static const char *const parts[] = {"hrmpi 0.",
                                        "eval",
                                        "HDF5",
                                        "4 ranks x 1 thread,",
                                        "ref (plain C)",
                                        "seed 77",
                                        "done: wall 0.",
                                        "CPU 12.3 s of all 4 ranks",
                                        "peak memory 1.0 MiB a rank",
                                        "123457 puzzles/s"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        ck_assert_msg(strstr(text, parts[i]) != NULL, "no '%s' in %s", parts[i], text);
}
END_TEST

START_TEST(test_progress)
{
    ck_assert_str_eq(capture(stdout, say_progress),
                     "eval 700/1000 puzzles, 10.00/s, 30.0 s left, loss 1.5\n");
}
END_TEST

static const struct {
    int columns;
    const char *state, *text;
} LINES[] = {
    {100, "250/1000 puzzles", "eval [######..................]  25 % 250/1000 puzzles"},
    {50, "250/1000 puzzles", "eval [#####...............]  25 % 250/1000 puzzles"},
    {38, "250/1000 puzzles", "eval [##......]  25 % 250/1000 puzzles"},
    {37, "250/1000 puzzles", "eval  25 % 250/1000 puzzles"},
    {20, "250/1000 puzzles", "eval  25 % 250/1000"},
    {4, "250/1000 puzzles", "eval"},
    {0, "250/1000 puzzles", ""},
    // Two bytes and one column, three and two columns, two and none.
    {12, "\u00e4\u00e4\u00e4", "eval  25 % \u00e4"},
    {14, "\u6570\u6570", "eval  25 % \u6570"},
    {12, "e\u0301e", "eval  25 % e\u0301"},
    {13, "\xff\xfe\xff", "eval  25 % \xff\xfe"},
};

START_TEST(test_progress_fits_the_columns)
{
    static const struct hrm_progress progress = {.label = "eval", .total = 1000};
    char text[128];
    hrm_progress_format(&progress, 250, LINES[_i].state, LINES[_i].columns, text, sizeof text);
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        text[--length] = '\0';
    ck_assert_str_eq(text, LINES[_i].text);
}
END_TEST

/// What say_progress() writes to a terminal of so many columns; NULL where there are no terminals
/// to be had.
static const char *show(const char *term, unsigned short columns)
{
    static char text[4096];
    struct winsize size = {.ws_col = columns, .ws_row = 24};
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0)
        return NULL;
    int shown = open(ptsname(terminal), O_RDWR | O_NOCTTY), kept = dup(STDOUT_FILENO);
    ck_assert(shown >= 0 && ioctl(shown, TIOCSWINSZ, &size) == 0);
    setenv("TERM", term, 1);
    unsetenv("OMPI_COMM_WORLD_RANK");
    fflush(stdout);
    dup2(shown, STDOUT_FILENO);
    say_progress();
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    ssize_t length = read(terminal, text, sizeof text - 1);
    text[length > 0 ? length : 0] = '\0';
    close(shown);
    close(terminal);
    return text;
}

START_TEST(test_terminal)
{
    unsetenv("COLUMNS");
    const char *text = show("xterm", 40), *end = text ? strstr(text, "\033[K") : NULL;
    if (!text)
        return;
    ck_assert_msg(end && *text == '\r' && end - text == 40, "%s", text);
    ck_assert_msg(strstr(text, "eval  70 % 700/1000 puzzles"), "%s", text);
    text = show("xterm", 100);
    ck_assert_msg(strstr(text, "..]  70 % ") && strstr(text, "loss 1.5\033[K"), "%s", text);
    setenv("COLUMNS", "30", 1);
    text = show("xterm", 0);
    end = strstr(text, "\033[K");
    ck_assert_msg(end && end - text == 30, "%s", text);
    unsetenv("COLUMNS");
}
END_TEST

START_TEST(test_no_terminal)
{
    static const char *const terms[] = {"", "dumb"};
    const char *text = show(terms[_i], 100);
    if (!text)
        return;
    ck_assert_msg(strncmp(text, "eval 700/1000 puzzles", 21) == 0, "%s", text);
    ck_assert_ptr_null(strstr(text, "\033"));
}
END_TEST

START_TEST(test_quiet)
{
    hrm_console_quiet(true);
    ck_assert_str_eq(capture(stderr, say_error), "");
    ck_assert_str_eq(capture(stdout, say_run), "");
    ck_assert_str_eq(capture(stdout, say_progress), "");
    hrm_console_quiet(false);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("console");
    TCase *tcase = tcase_create("console");
    tcase_set_timeout(tcase, 10);
    tcase_add_loop_test(tcase, test_format_duration, 0, sizeof DURATIONS / sizeof *DURATIONS);
    tcase_add_loop_test(tcase, test_format_bytes, 0, sizeof BYTES / sizeof *BYTES);
    tcase_add_loop_test(tcase, test_format_number, 0, sizeof NUMBERS / sizeof *NUMBERS);
    tcase_add_loop_test(tcase, test_format_share, 0, sizeof SHARES / sizeof *SHARES);
    tcase_add_test(tcase, test_error);
    tcase_add_test(tcase, test_run);
    tcase_add_test(tcase, test_progress);
    tcase_add_loop_test(tcase, test_progress_fits_the_columns, 0, sizeof LINES / sizeof *LINES);
    tcase_add_test(tcase, test_terminal);
    tcase_add_loop_test(tcase, test_no_terminal, 0, 2);
    tcase_add_test(tcase, test_quiet);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
