#include "jobs/selftest/selftest.h"

#include "build_info.h"
#include "jobs/cli/cli.h"
#include "jobs/cli/console.h"
#include "jobs/jobs.h"

void selftest_check(struct selftest *test, const char *subject, const char *what, double deviation,
                    double limit)
{
    bool good = deviation <= limit; // false for NaN
    test->checks++;
    test->failed += !good;
    hrm_console_print("%-6s  %-11s  %-28s  deviation %.1e, at most %.0e\n", good ? "ok" : "FAILED",
                      subject, what, deviation, limit);
}

static int run(struct selftest *test, struct hrm_error *error)
{
    int status = selftest_exact(test, error);
    for (const struct hrm_backend *const *b = hrm_backends(); *b && status == HRM_OK; b++)
        if ((*b)->available())
            status = selftest_backend(test, *b, error);
        else
            hrm_console_print("%-6s  %-11s  not on this machine\n", "-", (*b)->name);
    return status;
}

int hrm_job_selftest(int argc, char **argv)
{
    struct hrm_cli cli = {
        .name = "selftest",
        .summary = "Check this program on this machine, in about a second.",
        .description =
            "Small computations are compared with numbers that are stored in the program: random "
            "numbers, the exact solver, voting rules and intervals, and on every backend of this "
            "machine two small models, forward and through a training step. A line says what was "
            "compared, how far it deviates and how far it may. Code 4: a check has failed.",
        .examples = "hrmpi selftest",
    };
    struct hrm_error error = {0};
    struct selftest test = {0};
    if (hrm_cli_parse(&cli, argc, argv, &error))
        return hrm_console_error(&error);
    if (cli.done)
        return HRM_OK;
    int status = run(&test, &error);
    if (status == HRM_OK && test.failed == 0) {
        hrm_console_print("hrmpi %s: ok, %d checks\n", HRM_VERSION, test.checks);
        return HRM_OK;
    }
    if (status == HRM_OK) {
        hrm_fail(&error, HRM_NUMERIC, "hrmpi %s: %d of %d checks failed", HRM_VERSION, test.failed,
                 test.checks);
        hrm_hint(&error, "do not trust results of what failed; report it with 'hrmpi info'");
    }
    return hrm_console_error(&error);
}
