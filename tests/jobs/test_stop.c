#include "jobs/cli/stop.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Every test is a process of its own, with signals of its own.

static void pause_for(double seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds};
    left.tv_nsec = (long)(1e9 * (seconds - (double)left.tv_sec));
    while (nanosleep(&left, &left) != 0)
        continue;
}

/// The limit of the test case ends the wait.
static void wait_for(const volatile sig_atomic_t *flag)
{
    while (*flag == 0)
        pause_for(0.01);
}

START_TEST(signals_within_a_second_are_one)
{
    const volatile sig_atomic_t *flag = hrm_stop_listen();
    ck_assert_int_eq(*flag, 0);
    raise(SIGUSR1);
    raise(SIGTERM);
    raise(SIGUSR1);
    ck_assert_int_eq(*flag, SIGUSR1);
    ck_assert(!hrm_stop_again());
    ck_assert_str_eq(hrm_stop_reason(), "signal 10");
    pause_for(2.2);
    raise(SIGTERM);
    ck_assert(hrm_stop_again());
}
END_TEST

/// Every signal that says that the time is up.
static const int SIGNALS[] = {SIGUSR1, SIGUSR2, SIGXCPU, SIGTERM, SIGINT, SIGHUP};

START_TEST(signals_that_stop)
{
    const volatile sig_atomic_t *flag = hrm_stop_listen();
    raise(SIGNALS[_i]);
    ck_assert_int_eq(*flag, SIGNALS[_i]);
}
END_TEST

/// The kernel sends it again for every second above the limit.
START_TEST(a_limit_is_no_impatience)
{
    const volatile sig_atomic_t *flag = hrm_stop_listen();
    raise(SIGXCPU);
    for (int i = 0; i < 2; i++) {
        pause_for(2.2);
        raise(SIGXCPU);
    }
    ck_assert_int_eq(*flag, SIGXCPU);
    ck_assert(!hrm_stop_again());
}
END_TEST

/// What a rank of mpirun says to the signals that it gets.
static void hear(const char *rank, int number, char *text, size_t size)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        setenv("OMPI_COMM_WORLD_RANK", rank, 1);
        hrm_stop_listen();
        raise(number);
        raise(number);
        _exit(0);
    }
    close(ends[1]);
    waitpid(child, NULL, 0);
    ssize_t length = read(ends[0], text, size - 1);
    text[length > 0 ? length : 0] = '\0';
    close(ends[0]);
}

START_TEST(mpirun_leaves_little_time)
{
    char text[1024];
    hear("0", SIGTERM, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "kill -USR1"));
    ck_assert_ptr_eq(strchr(text, '\n') + 1, text + strlen(text));
    hear("0", SIGUSR1, text, sizeof text);
    ck_assert_str_eq(text, "");
    hear("1", SIGTERM, text, sizeof text);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(the_time_limit_comes)
{
    const volatile sig_atomic_t *flag = hrm_stop_listen();
    unsetenv("SLURM_JOB_END_TIME");
    hrm_stop_after(3600);
    ck_assert_int_eq(*flag, 0);
    hrm_stop_after(0.1);
    wait_for(flag);
    ck_assert_str_eq(hrm_stop_reason(), "the time limit");
    raise(SIGUSR1); // the first signal of a person
    ck_assert(!hrm_stop_again());
}
END_TEST

START_TEST(the_end_of_the_job_is_a_limit)
{
    const volatile sig_atomic_t *flag = hrm_stop_listen();
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)time(NULL) + 6);
    setenv("SLURM_JOB_END_TIME", text, 1);
    hrm_stop_after(1000);
    wait_for(flag);
}
END_TEST

START_TEST(the_file_is_seen)
{
    const volatile sig_atomic_t *flag = hrm_stop_listen();
    char folder[] = "/tmp/hrm-stop-XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/STOP", folder);
    hrm_stop_look(folder);
    ck_assert_int_eq(*flag, 0);
    fclose(fopen(path, "w"));
    pause_for(1.1);
    hrm_stop_look(folder);
    unlink(path);
    rmdir(folder);
    ck_assert_int_ne(*flag, 0);
    ck_assert_str_eq(hrm_stop_reason(), "the file STOP");
}
END_TEST

START_TEST(a_fault_is_named)
{
    int ends[2];
    char text[256] = "";
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        hrm_stop_name_faults(3, "n7");
        hrm_stop_name_step(1234);
        raise(SIGSEGV);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ck_assert(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
    static const char wanted[] = "hrmpi: rank 3 on n7 died of signal 11 in step 1234\n";
    ck_assert_int_gt(read(ends[0], text, sizeof wanted - 1), 0);
    ck_assert_str_eq(text, wanted);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stop");
    TCase *tests = tcase_create("stop");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, signals_within_a_second_are_one);
    tcase_add_loop_test(tests, signals_that_stop, 0, (int)(sizeof SIGNALS / sizeof *SIGNALS));
    tcase_add_test(tests, a_limit_is_no_impatience);
    tcase_add_test(tests, mpirun_leaves_little_time);
    tcase_add_test(tests, the_time_limit_comes);
    tcase_add_test(tests, the_end_of_the_job_is_a_limit);
    tcase_add_test(tests, the_file_is_seen);
    tcase_add_test(tests, a_fault_is_named);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
