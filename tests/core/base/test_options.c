#include "core/base/options.h"

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct model {
    int hidden;
    int rope;
    bool bias;
};

struct train {
    int64_t steps;
    double rate;
    char output[HRM_OPTION_TEXT];
    int hidden;
};

static const struct hrm_option MODEL[] = {
    {"hidden", HRM_OPTION_INT, offsetof(struct model, hidden), "512", NULL, "width", 2, 4096,
     HRM_ROLE_TRAINING, 0},
    {"position", HRM_OPTION_CHOICE, offsetof(struct model, rope), "rope", "learned|rope|none",
     "position encoding", 0, 0, HRM_ROLE_TRAINING, 0},
    {"bias", HRM_OPTION_FLAG, offsetof(struct model, bias), "false", NULL, "biases", 0, 0,
     HRM_ROLE_TRAINING, 0},
};
static const struct hrm_option TRAIN[] = {
    {"steps", HRM_OPTION_INT64, offsetof(struct train, steps), "52080", NULL, "steps", 1, INFINITY,
     HRM_ROLE_TRAINING, 0},
    {"learning_rate", HRM_OPTION_REAL, offsetof(struct train, rate), "7e-5", NULL, "rate", 0, 1,
     HRM_ROLE_TRAINING, 0},
    {"output", HRM_OPTION_TEXT, offsetof(struct train, output), "runs/a", NULL, "folder", 0, 0,
     HRM_ROLE_TRAINING, 0},
    {"hidden", HRM_OPTION_INT, offsetof(struct train, hidden), "-3", NULL, "any number", 0, 0,
     HRM_ROLE_TRAINING, 0},
};

static struct model model;
static struct train train;
static struct hrm_error error;
static const struct hrm_option_section SECTIONS[] = {
    HRM_OPTION_SECTION("model", MODEL, &model),
    HRM_OPTION_SECTION("train", TRAIN, &train),
};
static char path[] = "/tmp/hrm-test-options-XXXXXX";

static void set_up(void)
{
    memset(&model, 0xff, sizeof model);
    memset(&train, 0xff, sizeof train);
    model.bias = true;
    error = (struct hrm_error){0};
    hrm_options_default(SECTIONS, 2);
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
}

static void tear_down(void)
{
    unlink(path);
}

static int read_text(const char *text)
{
    FILE *stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    fclose(stream);
    return hrm_options_read(SECTIONS, 2, path, &error);
}

START_TEST(test_defaults)
{
    ck_assert_int_eq(model.hidden, 512);
    ck_assert_int_eq(model.rope, 1);
    ck_assert(!model.bias);
    ck_assert_int_eq(train.steps, 52080);
    ck_assert_double_eq(train.rate, 7e-5);
    ck_assert_str_eq(train.output, "runs/a");
    ck_assert_int_eq(train.hidden, -3);
}
END_TEST

/// A pair that hrm_options_set() takes or refuses, and a word of its complaint.
static const struct {
    const char *key, *value;
    int status;
    const char *says;
} SETTINGS[] = {
    {"steps", "9000000000", HRM_OK, ""},
    {"train.steps", "1", HRM_OK, ""},
    {"steps", "0", HRM_USAGE, "1 or more"},
    {"steps", "99999999999999999999", HRM_USAGE, "64 bits"},
    {"steps", "12x", HRM_USAGE, "whole number"},
    {"steps", "", HRM_USAGE, "whole number"},
    {"model.hidden", "4096", HRM_OK, ""},
    {"model.hidden", "4097", HRM_USAGE, "2 to 4096"},
    {"model.hidden", "5000000000", HRM_USAGE, "32 bits"},
    {"train.hidden", "-2147483648", HRM_OK, ""},
    {"hidden", "4", HRM_USAGE, "several sections"},
    {"learning-rate", "1e-4", HRM_OK, ""},
    {"learning_rate", "1.5", HRM_USAGE, "0 to 1"},
    {"learning_rate", "nan", HRM_USAGE, "not a number"},
    {"learning_rate", "0,1", HRM_USAGE, "not a number"},
    {"learning_rat", "1", HRM_USAGE, "'train.learning_rate'"},
    {"train.learnign_rate", "1", HRM_USAGE, "'train.learning_rate'"},
    {"model.steps", "1", HRM_USAGE, "'train.steps'"},
    {"zzz", "1", HRM_USAGE, "--help"},
    {"position", "none", HRM_OK, ""},
    {"position", "ropes", HRM_USAGE, "learned|rope|none"},
    {"bias", "yes", HRM_OK, ""},
    {"bias", "OFF", HRM_OK, ""},
    {"bias", "maybe", HRM_USAGE, "'true' or 'false'"},
    {"output", "", HRM_OK, ""},
    {"output", "a path;with = odd, things", HRM_OK, ""},
    {"output", "a ;b", HRM_USAGE, "without"},
    {"output", "a\nb", HRM_USAGE, "without"},
    {"output", " a", HRM_USAGE, "without"},
};

START_TEST(test_set)
{
    int status = hrm_options_set(SECTIONS, 2, SETTINGS[_i].key, SETTINGS[_i].value, &error);
    ck_assert_int_eq(status, SETTINGS[_i].status);
    ck_assert_int_eq(error.status, SETTINGS[_i].status);
    ck_assert_msg(strstr(error.text, SETTINGS[_i].says) || strstr(error.hint, SETTINGS[_i].says),
                  "'%s' / '%s' lacks '%s'", error.text, error.hint, SETTINGS[_i].says);
}
END_TEST

START_TEST(test_set_keeps_field_on_error)
{
    ck_assert_int_eq(hrm_options_set(SECTIONS, 2, "model.hidden", "1", &error), HRM_USAGE);
    ck_assert_int_eq(model.hidden, 512);
    char text[HRM_OPTION_TEXT + 1];
    memset(text, 'x', HRM_OPTION_TEXT);
    text[HRM_OPTION_TEXT] = '\0';
    ck_assert_int_eq(hrm_options_set(SECTIONS, 2, "output", text, NULL), HRM_USAGE);
    ck_assert_str_eq(train.output, "runs/a");
    // A line that began with one of these would be a comment.
    memset(text + 2, ';', 200);
    text[203] = '\0';
    ck_assert_int_eq(hrm_options_set(SECTIONS, 2, "output", text, NULL), HRM_USAGE);
    ck_assert_str_eq(train.output, "runs/a");
    memset(text + 2, 'x', 100);
    ck_assert_int_eq(hrm_options_set(SECTIONS, 2, "output", text, NULL), HRM_OK);
}
END_TEST

START_TEST(test_read)
{
    int status = read_text("# a comment\n"
                           "[model]\n"
                           "hidden = 64 ; narrow\n"
                           "position: none\n"
                           "\n"
                           "[train]\n"
                           "output = runs/b\n"
                           "  steps = 7\n"
                           "output += -more\n");
    ck_assert_int_eq(status, HRM_OK);
    ck_assert_int_eq(model.hidden, 64);
    ck_assert_int_eq(model.rope, 2);
    ck_assert_int_eq(train.steps, 7);
    ck_assert_str_eq(train.output, "runs/b-more");
    ck_assert_double_eq(train.rate, 7e-5);
}
END_TEST

static const struct {
    const char *text;
    int line;
    const char *says, *hint;
} BAD_FILES[] = {
    {"[model]\nhiden = 3\n", 2, "unknown key 'model.hiden'", "'model.hidden'"},
    {"\n\n[modle]\nhidden = 3\n", 4, "unknown section [modle]", "[model]"},
    {"[train]\nsteps = 5\nsteps = 0\n", 3, "out of range", "1 or more"},
    {"[train]\nsteps\n", 2, "no 'key = value'", "comment"},
    {"[train\nsteps = 1\n", 1, "no 'key = value'", "comment"},
    {"[train]\nsteps += 1\n", 2, "continues a text", ""},
    {"[train]\nstep = 1\nrubbish\n", 2, "unknown key", "'train.steps'"},
    {"= 1\n", 1, "unknown key ''", ""},
    {"[train]\n = 1\n", 2, "unknown key 'train.'", ""},
    {"[train]\nrubbish\nstep = 1\n", 2, "no 'key = value'", ""},
};

START_TEST(test_read_bad)
{
    char where[64];
    ck_assert_int_eq(read_text(BAD_FILES[_i].text), HRM_USAGE);
    snprintf(where, sizeof where, "%s:%d: ", path, BAD_FILES[_i].line);
    ck_assert_msg(strncmp(error.text, where, strlen(where)) == 0, "%s", error.text);
    ck_assert_msg(strstr(error.text, BAD_FILES[_i].says) != NULL, "%s", error.text);
    ck_assert_msg(strstr(error.hint, BAD_FILES[_i].hint) != NULL, "%s", error.hint);
}
END_TEST

START_TEST(test_read_long_line)
{
    char text[600] = "[train]\noutput = ";
    memset(text + strlen(text), 'x', 300);
    ck_assert_int_eq(read_text(text), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, ":2: the line is too long"));
    ck_assert_str_eq(train.output, "runs/a");
}
END_TEST

START_TEST(test_read_foreign_section)
{
    struct hrm_option_section sections[] = {SECTIONS[0], {.name = "train"}};
    FILE *stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    fputs("[train]\nwhatever = 1\n[model]\nmodel.hidden = 3\nhidden = 8\n", stream);
    fclose(stream);
    ck_assert_int_eq(hrm_options_read(sections, 2, path, &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, ":4: "));
    stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    fputs("[train]\nwhatever = 1\n[model]\nhidden = 8\n", stream);
    fclose(stream);
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_options_read(sections, 2, path, &error), HRM_OK);
    ck_assert_int_eq(model.hidden, 8);
}
END_TEST

START_TEST(test_read_missing_file)
{
    ck_assert_int_eq(hrm_options_read(SECTIONS, 2, "/nowhere/at-all.ini", &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "/nowhere/at-all.ini"));
}
END_TEST

static void write_and_read(void)
{
    FILE *stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    hrm_options_write(SECTIONS, 2, stream);
    fclose(stream);
    ck_assert_int_eq(hrm_options_read(SECTIONS, 2, path, &error), HRM_OK);
}

START_TEST(test_round_trip)
{
    struct model written = {.hidden = 96, .rope = 0, .bias = true};
    struct train also = {.steps = INT64_MAX / 3, .rate = 0.1 + 0.2, .hidden = -77};
    for (size_t i = 0; i + 1 < sizeof also.output; i++)
        also.output[i] = i % 7 ? (char)('a' + i % 26) : ' ';
    also.output[0] = '#';
    also.output[sizeof also.output - 2] = 'z';
    model = written;
    train = also;
    write_and_read();
    ck_assert_int_eq(model.hidden, written.hidden);
    ck_assert_int_eq(model.rope, written.rope);
    ck_assert(model.bias);
    ck_assert_int_eq(train.steps, also.steps);
    ck_assert(train.rate == also.rate);
    ck_assert_str_eq(train.output, also.output);
    ck_assert_int_eq(train.hidden, also.hidden);
}
END_TEST

START_TEST(test_round_trip_short)
{
    train.output[0] = '\0';
    strcpy(train.output, "");
    train.rate = 1;
    write_and_read();
    ck_assert_str_eq(train.output, "");
    ck_assert(train.rate == 1);
}
END_TEST

START_TEST(test_range)
{
    char text[80];
    hrm_option_range(&MODEL[0], text, sizeof text);
    ck_assert_str_eq(text, "2 to 4096");
    hrm_option_range(&MODEL[1], text, sizeof text);
    ck_assert_str_eq(text, "learned|rope|none");
    hrm_option_range(&TRAIN[0], text, sizeof text);
    ck_assert_str_eq(text, "1 or more");
    hrm_option_range(&TRAIN[3], text, sizeof text);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(test_values)
{
    char text[8];
    hrm_option_text(&SECTIONS[1], &TRAIN[0], text, sizeof text);
    ck_assert_str_eq(text, "52080");
    hrm_option_text(&SECTIONS[0], &MODEL[1], text, sizeof text);
    ck_assert_str_eq(text, "rope");
    strcpy(train.output, "a long path");
    hrm_option_text(&SECTIONS[1], &TRAIN[2], text, sizeof text);
    ck_assert_str_eq(text, "a long ");
    train.steps = -1;
    ck_assert_uint_eq(hrm_option_bits(&SECTIONS[1], &TRAIN[0]), UINT64_MAX);
    ck_assert_uint_eq(hrm_option_bits(&SECTIONS[0], &MODEL[1]), 1);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(hrm_option_is_default(&SECTIONS[1], &TRAIN[i]), i == 1 || i == 3);
}
END_TEST

START_TEST(test_check)
{
    ck_assert_int_eq(hrm_options_check(&SECTIONS[0], &error), HRM_OK);
    ck_assert_int_eq(hrm_options_check(&SECTIONS[1], &error), HRM_OK);
    model.hidden = 4097;
    ck_assert_int_eq(hrm_options_check(&SECTIONS[0], &error), HRM_USAGE);
    ck_assert_str_eq(error.text, "model.hidden is 4097");
    ck_assert_str_eq(error.hint, "give model.hidden a value of 2 to 4096");
    model.hidden = 2;
    error = (struct hrm_error){0};
    model.rope = 3;
    ck_assert_int_eq(hrm_options_check(&SECTIONS[0], &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.hint, "learned|rope|none"));
    train.rate = NAN;
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_options_check(&SECTIONS[1], &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "train.learning_rate is nan"));
    train.rate = 1;
    train.steps = 0;
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_options_check(&SECTIONS[1], &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.hint, "1 or more"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tcase = tcase_create("options");
    tcase_set_timeout(tcase, 10);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_defaults);
    tcase_add_loop_test(tcase, test_set, 0, sizeof SETTINGS / sizeof *SETTINGS);
    tcase_add_test(tcase, test_set_keeps_field_on_error);
    tcase_add_test(tcase, test_read);
    tcase_add_loop_test(tcase, test_read_bad, 0, sizeof BAD_FILES / sizeof *BAD_FILES);
    tcase_add_test(tcase, test_read_long_line);
    tcase_add_test(tcase, test_read_foreign_section);
    tcase_add_test(tcase, test_read_missing_file);
    tcase_add_test(tcase, test_round_trip);
    tcase_add_test(tcase, test_round_trip_short);
    tcase_add_test(tcase, test_range);
    tcase_add_test(tcase, test_values);
    tcase_add_test(tcase, test_check);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
