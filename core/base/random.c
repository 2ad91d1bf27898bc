#include "core/base/random.h"

#include <Random123/philox.h>
#include <assert.h>
#include <math.h>

#define TWO_PI 6.283185307179586476925286766559

// The counter of a stream: 32 bits of blocks, 8 of purpose, 40 of step, 48 of sample.
struct hrm_random hrm_random_open(uint64_t seed, enum hrm_purpose purpose, uint64_t step,
                                  uint64_t sample)
{
    struct hrm_random random = {0};
    random.key[0] = (uint32_t)seed;
    random.key[1] = (uint32_t)(seed >> 32);
    random.counter[1] = (uint32_t)step;
    random.counter[2] = (uint32_t)sample;
    random.counter[3] = (uint32_t)purpose << 24 | (uint32_t)(step >> 32 & 0xff) << 16 |
                        (uint32_t)(sample >> 32 & 0xffff);
    return random;
}

static void next_block(struct hrm_random *random)
{
    philox4x32_ctr_t counter = {
        {random->counter[0], random->counter[1], random->counter[2], random->counter[3]}};
    philox4x32_key_t key = {{random->key[0], random->key[1]}};
    philox4x32_ctr_t block = philox4x32_R(10, counter, key);
    for (int i = 0; i < 4; i++)
        random->block[i] = block.v[i];
    random->counter[0]++;
    random->left = 4;
}

uint32_t hrm_random_bits(struct hrm_random *random)
{
    if (random->left == 0)
        next_block(random);
    return random->block[4 - random->left--];
}

uint32_t hrm_random_below(struct hrm_random *random, uint32_t bound)
{
    assert(bound > 0);
    uint64_t product = (uint64_t)hrm_random_bits(random) * bound;
    if ((uint32_t)product >= bound)
        return (uint32_t)(product >> 32);
    uint32_t threshold = (0u - bound) % bound;
    while ((uint32_t)product < threshold)
        product = (uint64_t)hrm_random_bits(random) * bound;
    return (uint32_t)(product >> 32);
}

double hrm_random_uniform(struct hrm_random *random)
{
    return hrm_random_bits(random) * 0x1p-32;
}

double hrm_random_normal(struct hrm_random *random)
{
    // The radius takes a number from (0, 1], the logarithm of which is finite.
    double radius = sqrt(-2.0 * log((hrm_random_bits(random) + 1.0) * 0x1p-32));
    return radius * cos(TWO_PI * hrm_random_uniform(random));
}

void hrm_random_shuffle(struct hrm_random *random, int *values, int count)
{
    for (int i = count - 1; i > 0; i--) {
        int j = (int)hrm_random_below(random, (uint32_t)i + 1);
        int value = values[i];
        values[i] = values[j];
        values[j] = value;
    }
}
