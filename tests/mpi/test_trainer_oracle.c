#include "mpi/trainer.h"
#include "tests/mpi/ranks.h"
#include "tests/parity/oracle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define STEPS 16

/// The batches of an oracle file, as a source of examples.
struct batches {
    struct oracle oracle;
    struct oracle_batch steps[STEPS];
};

static void draw(void *context, int64_t step, int slot, uint16_t *inputs, uint16_t *labels,
                 int32_t *id)
{
    const struct batches *batches = context;
    const struct oracle_batch *batch = &batches->steps[step];
    size_t cells = (size_t)batches->oracle.config.cells, at = (size_t)slot * cells;
    memcpy(inputs, batch->inputs + at, cells * sizeof *inputs);
    memcpy(labels, batch->labels + at, cells * sizeof *labels);
    *id = batch->ids[slot];
}

static void open_batches(struct batches *batches, const char *name)
{
    struct hrm_error error = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/%s.h5", HRM_FIXTURES, name);
    int status = oracle_open(&batches->oracle, path, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    ck_assert_int_lt(batches->oracle.steps, STEPS);
    for (int step = 1; step <= batches->oracle.steps; step++) {
        snprintf(path, sizeof path, "train/step%d", step);
        status = oracle_read_batch(&batches->oracle, path, &batches->steps[step], &error);
        ck_assert_msg(status == HRM_OK, "%s", error.text);
    }
}

static void close_batches(struct batches *batches)
{
    for (int step = 1; step <= batches->oracle.steps; step++)
        oracle_free_batch(&batches->steps[step]);
    oracle_close(&batches->oracle);
}

/// The weights of a group; freed by the caller.
static float *read_weights(const struct batches *batches, const char *group,
                           const struct hrm_layout *layout)
{
    struct hrm_error error = {0};
    float *values = calloc(layout->total, sizeof *values);
    ck_assert_ptr_nonnull(values);
    int status = oracle_read_params(&batches->oracle, group, layout, values, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    return values;
}

static void start(struct hrm_trainer *trainer, struct batches *batches,
                  const struct hrm_group *group, const struct hrm_backend *backend)
{
    const struct oracle *oracle = &batches->oracle;
    struct hrm_training training = {.source = {.draw = draw, .context = batches},
                                    .batch = oracle->batch,
                                    .shards = oracle->batch,
                                    .threads = 1,
                                    .schedule = oracle->schedule,
                                    .adam = oracle->adam,
                                    .puzzle_rate = oracle->descent.rate,
                                    .puzzle_decay = oracle->descent.decay};
    struct hrm_error error = {0};
    int status = hrm_trainer_init(trainer, &training, &oracle->config, backend, group, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    float *weights = read_weights(batches, "params", &trainer->model.layout);
    hrm_trainer_load(trainer, weights);
    free(weights);
}

/// `value` against an attribute of the step, where it has one.
static void compare(const struct batches *batches, const char *group, const char *name,
                    double value, double tolerance)
{
    double wanted;
    if (!oracle_has_attribute(&batches->oracle, group, name))
        return;
    ck_assert_int_eq(oracle_attribute(&batches->oracle, group, name, &wanted, NULL), HRM_OK);
    ck_assert_msg(fabs(value - wanted) <= tolerance * (fabs(wanted) + 1e-3), "%s/%s: %g, not %g",
                  group, name, value, wanted);
}

static void compare_slots(const struct batches *batches, const char *group,
                          const struct hrm_slots *slots)
{
    char path[64];
    int64_t size[] = {batches->oracle.batch};
    snprintf(path, sizeof path, "%s/halted", group);
    int64_t *halted = oracle_ints(&batches->oracle, path, 1, size, NULL);
    snprintf(path, sizeof path, "%s/steps", group);
    int64_t *steps = oracle_ints(&batches->oracle, path, 1, size, NULL);
    ck_assert_ptr_nonnull(halted);
    ck_assert_ptr_nonnull(steps);
    for (int i = 0; i < slots->count; i++) {
        ck_assert_int_eq(slots->halted[i], halted[slots->first + i] != 0);
        ck_assert_int_eq(slots->steps[i], steps[slots->first + i]);
    }
    free(halted);
    free(steps);
}

static void compare_step(const struct batches *batches, const struct hrm_trainer *trainer,
                         const struct hrm_metrics *metrics)
{
    char group[32];
    const double *sums = metrics->sums;
    double q = sums[HRM_SUM_Q_HALT] + sums[HRM_SUM_Q_CONTINUE];
    snprintf(group, sizeof group, "train/step%d", (int)trainer->step);
    compare(batches, group, "loss", sums[HRM_SUM_LM] + 0.5 * q, 1e-5);
    compare(batches, group, "lm_loss", sums[HRM_SUM_LM], 1e-5);
    compare(batches, group, "q_halt_loss", sums[HRM_SUM_Q_HALT], 2e-5);
    compare(batches, group, "q_continue_loss", sums[HRM_SUM_Q_CONTINUE], 2e-5);
    compare(batches, group, "count", sums[HRM_SUM_HALTED], 1e-9);
    compare(batches, group, "accuracy", sums[HRM_SUM_ACCURACY], 1e-6);
    compare(batches, group, "exact_accuracy", sums[HRM_SUM_EXACT], 1e-9);
    compare(batches, group, "q_halt_accuracy", sums[HRM_SUM_Q_RIGHT], 1e-9);
    compare(batches, group, "steps", sums[HRM_SUM_SEGMENTS], 1e-9);
    // Eight steps of fp32, each on what the one before has rounded: 4e-5 apart with AVX2.
    compare(batches, group, "grad_norm", metrics->gradient_norm, 1e-4);
    compare(batches, group, "lr", trainer->training.adam.rate * metrics->factor, 1e-9);
    compare_slots(batches, group, &trainer->slots);
}

/// The distance of every tensor, relative to its norm.
static void compare_weights(const struct batches *batches, const struct hrm_trainer *trainer)
{
    const struct hrm_layout *layout = &trainer->model.layout;
    float *wanted = read_weights(batches, "final_params", layout);
    for (int i = 0; i < layout->count; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        double distance = 0, norm = 0;
        for (size_t j = 0; j < (size_t)tensor->rows * (size_t)tensor->cols; j++) {
            double value = wanted[tensor->offset + j];
            double difference = trainer->params[tensor->offset + j] - value;
            distance += difference * difference;
            norm += value * value;
        }
        ck_assert_msg(tensor->kind == HRM_TENSOR_FIXED || distance <= 1e-8 * norm,
                      "%s is off by %g of its norm", tensor->name, sqrt(distance / norm));
    }
    free(wanted);
}

static const char *const files[] = {"rope_stablemax", "learned_softmax"};
enum { FILES = sizeof files / sizeof *files };

START_TEST(trains_as_the_reference_does)
{
    const struct hrm_backend *backend = hrm_backends()[_i / FILES];
    static struct batches batches;
    if (backend->element != sizeof(float) || !backend->available())
        return;
    struct hrm_group group = {world.comm, world.rank, world.size, 0, 1};
    struct hrm_trainer trainer;
    struct hrm_error error = {0};
    open_batches(&batches, files[_i % FILES]);
    start(&trainer, &batches, &group, backend);
    for (int step = 1; step <= batches.oracle.steps; step++) {
        struct hrm_metrics metrics;
        int status = hrm_trainer_step(&trainer, &metrics, &error);
        ck_assert_msg(status == HRM_OK, "%s", error.text);
        compare_step(&batches, &trainer, &metrics);
    }
    compare_weights(&batches, &trainer);
    hrm_trainer_free(&trainer);
    close_batches(&batches);
}
END_TEST

static void add_tests(TCase *tests)
{
    int backends = 0;
    while (hrm_backends()[backends])
        backends++;
    tcase_add_loop_test(tests, trains_as_the_reference_does, 0, backends * FILES);
}

int main(void)
{
    return run_on_ranks("trainer_oracle", add_tests);
}
