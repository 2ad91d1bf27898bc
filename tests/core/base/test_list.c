#include "core/base/list.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/// What exists in these tests.
static bool is_known(const char *name)
{
    static const char *const names[] = {"a", "b,c", "b,c,d", "'q,", "runs/lr=1,wd=2"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/// The elements of `text`, each in [], or "error".
static const char *split(const char *text, hrm_list_known *known)
{
    static char all[512];
    struct hrm_error error = {0};
    char element[24];
    all[0] = '\0';
    for (const char *at = text; at;) {
        if (hrm_list_next(&at, known, element, sizeof element, &error))
            return error.status == HRM_USAGE ? "error" : "another error";
        strcat(strcat(strcat(all, "["), element), "]");
    }
    return all;
}

static const struct {
    const char *text, *known, *unknown;
} lists[] = {
    {"", "[]", "[]"},
    {"a", "[a]", "[a]"},
    {"a,b", "[a][b]", "[a][b]"},
    {"a,,b,", "[a][][b][]", "[a][][b][]"},
    {"b,c", "[b,c]", "[b][c]"},
    {"a,b,c,d,e", "[a][b,c,d][e]", "[a][b][c][d][e]"},
    {"x,b,c,y", "[x][b,c][y]", "[x][b][c][y]"},
    {"runs/lr=1,wd=2,a", "[runs/lr=1,wd=2][a]", "[runs/lr=1][wd=2][a]"},
    {"'x,y',z", "[x,y][z]", "[x,y][z]"},
    {"\"x,'y\",z", "[x,'y][z]", "[x,'y][z]"},
    {"'it''s',z", "[it's][z]", "[it's][z]"},
    {"''", "[]", "[]"},
    {"'q,,a", "['q,][a]", "error"},
    {"it's,a", "[it's][a]", "[it's][a]"},
    {"a b, c", "[a b][ c]", "[a b][ c]"},
    {"'x,y", "error", "error"},
    {"'x'y,z", "error", "error"},
    {"a-name-that-is-longer-than-the-room", "error", "error"},
    {"'a-name-that-is-longer-than-the-room'", "error", "error"},
};

START_TEST(splits_at_commas)
{
    ck_assert_str_eq(split(lists[_i].text, is_known), lists[_i].known);
    ck_assert_str_eq(split(lists[_i].text, NULL), lists[_i].unknown);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("list");
    TCase *tests = tcase_create("list");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, splits_at_commas, 0, sizeof lists / sizeof *lists);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
