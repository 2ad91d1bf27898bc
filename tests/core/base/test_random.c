#include "core/base/random.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Known answers of philox4x32-10, from the kat_vectors file of Random123.
static const struct {
    uint32_t counter[4], key[2], block[4];
} known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

START_TEST(gives_the_known_answers)
{
    struct hrm_random random = {0};
    memcpy(random.counter, known[_i].counter, sizeof random.counter);
    memcpy(random.key, known[_i].key, sizeof random.key);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(hrm_random_bits(&random), known[_i].block[i]);
}
END_TEST

START_TEST(streams_differ_in_every_key)
{
    struct hrm_random streams[] = {
        hrm_random_open(1, HRM_RANDOM_ORDER, 2, 3),
        hrm_random_open(2, HRM_RANDOM_ORDER, 2, 3),
        hrm_random_open(1 + (1ull << 32), HRM_RANDOM_ORDER, 2, 3),
        hrm_random_open(1, HRM_RANDOM_AUGMENT, 2, 3),
        hrm_random_open(1, HRM_RANDOM_ORDER, 3, 3),
        hrm_random_open(1, HRM_RANDOM_ORDER, 2 + (1ull << 39), 3),
        hrm_random_open(1, HRM_RANDOM_ORDER, 2, 4),
        hrm_random_open(1, HRM_RANDOM_ORDER, 2, 3 + (1ull << 47)),
    };
    int count = (int)(sizeof streams / sizeof *streams);
    uint64_t first[8];
    for (int i = 0; i < count; i++) {
        first[i] = (uint64_t)hrm_random_bits(&streams[i]) << 32;
        first[i] |= hrm_random_bits(&streams[i]);
        for (int j = 0; j < i; j++)
            ck_assert_uint_ne(first[i], first[j]);
    }
    struct hrm_random again = hrm_random_open(1, HRM_RANDOM_ORDER, 2, 3);
    ck_assert_uint_eq(hrm_random_bits(&again), first[0] >> 32);
}
END_TEST

START_TEST(below_is_uniform)
{
    static const uint32_t bounds[] = {1, 2, 9, 81, 1000};
    uint32_t bound = bounds[_i];
    int counts[1000] = {0};
    int draws = 200 * (int)bound;
    struct hrm_random random = hrm_random_open(5, HRM_RANDOM_SUBSET, bound, 0);
    for (int i = 0; i < draws; i++) {
        uint32_t value = hrm_random_below(&random, bound);
        ck_assert_uint_lt(value, bound);
        counts[value]++;
    }
    double chi2 = 0;
    for (uint32_t i = 0; i < bound; i++)
        chi2 += (counts[i] - 200.0) * (counts[i] - 200.0) / 200.0;
    ck_assert_double_le(fabs(chi2 - (bound - 1)), 5.0 * sqrt(2.0 * bound));
}
END_TEST

START_TEST(below_rejects_biased_draws)
{
    // With this bound a third of the raw draws must be rejected; the mean shows a bias of 1/3.
    uint32_t bound = 0xaaaaaaabu;
    struct hrm_random random = hrm_random_open(6, HRM_RANDOM_SUBSET, 0, 0);
    double sum = 0;
    int low = 0;
    for (int i = 0; i < 30000; i++) {
        uint32_t value = hrm_random_below(&random, bound);
        sum += value;
        low += value < bound / 2;
    }
    ck_assert_double_eq_tol(sum / 30000 / bound, 0.5, 0.01);
    ck_assert_double_eq_tol(low / 30000.0, 0.5, 0.015);
}
END_TEST

START_TEST(moments_are_right)
{
    struct hrm_random random = hrm_random_open(7, HRM_RANDOM_NOISE, 0, 0);
    int n = 200000;
    double uniform = 0, mean = 0, square = 0, fourth = 0;
    for (int i = 0; i < n; i++) {
        double u = hrm_random_uniform(&random);
        ck_assert(u >= 0 && u < 1);
        uniform += u / n;
        double x = hrm_random_normal(&random);
        ck_assert(isfinite(x));
        mean += x / n;
        square += x * x / n;
        fourth += x * x * x * x / n;
    }
    ck_assert_double_eq_tol(uniform, 0.5, 0.005);
    ck_assert_double_eq_tol(mean, 0, 0.012);
    ck_assert_double_eq_tol(square, 1, 0.02);
    ck_assert_double_eq_tol(fourth, 3, 0.15);
}
END_TEST

START_TEST(shuffle_reaches_every_order_alike)
{
    int counts[24] = {0};
    struct hrm_random random = hrm_random_open(8, HRM_RANDOM_ORDER, 0, 0);
    for (int round = 0; round < 24000; round++) {
        int v[4] = {0, 1, 2, 3};
        hrm_random_shuffle(&random, v, 4);
        int rank = 0;
        for (int i = 0, base = 6; i < 3; base /= 3 - i, i++) {
            int smaller = 0;
            for (int j = i + 1; j < 4; j++)
                smaller += v[j] < v[i];
            rank += smaller * base;
        }
        counts[rank]++;
    }
    for (int i = 0; i < 24; i++)
        ck_assert_int_le(abs(counts[i] - 1000), 160);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *tests = tcase_create("random");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, gives_the_known_answers, 0, 3);
    tcase_add_test(tests, streams_differ_in_every_key);
    tcase_add_loop_test(tests, below_is_uniform, 0, 5);
    tcase_add_test(tests, below_rejects_biased_draws);
    tcase_add_test(tests, moments_are_right);
    tcase_add_test(tests, shuffle_reaches_every_order_alike);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
