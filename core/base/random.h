#ifndef HRM_BASE_RANDOM_H
#define HRM_BASE_RANDOM_H

#include <stdint.h>

/// What a random number is for. Streams of different purposes never meet.
/// The values are part of what "same seed, same result" means: append, never renumber.
enum hrm_purpose {
    HRM_RANDOM_WEIGHTS = 1,      ///< initial weights; step = tensor index
    HRM_RANDOM_ORDER = 2,        ///< order of puzzles; step = epoch
    HRM_RANDOM_AUGMENT = 3,      ///< symmetry of a training puzzle; step, sample = slot
    HRM_RANDOM_MIXING = 4,       ///< easier copy; step, sample = slot
    HRM_RANDOM_EXPLORATION = 5,  ///< minimum number of segments; step, sample = slot
    HRM_RANDOM_SUBSET = 6,       ///< subset of a puzzle set
    HRM_RANDOM_PERTURBATION = 7, ///< symmetry of an evaluation pass; step = perturbation
    HRM_RANDOM_STATE = 8,        ///< initial latent state; step, sample
    HRM_RANDOM_NOISE = 9,        ///< noise on the latent state; step, sample
    HRM_RANDOM_EXPAND = 10,      ///< copies of a puzzle; step = copy, sample = puzzle
    HRM_RANDOM_MOVE = 11,        ///< givens that move; step, sample = slot
    HRM_RANDOM_ITEM = 12         ///< a generated item; step = family and split, sample = index
};

/// A stream of random numbers keyed by (seed, purpose, step, sample), never by rank or thread.
/// Philox4x32-10 (Salmon et al. 2011) of the Random123 library: 2^36 bytes a stream.
struct hrm_random {
    uint32_t key[2];
    uint32_t counter[4]; ///< counter[0] counts blocks of four numbers
    uint32_t block[4];   ///< the current block
    int left;            ///< numbers left in it
};

/// Open a stream. `step` and `sample` are taken modulo 2^40 and 2^48.
struct hrm_random hrm_random_open(uint64_t seed, enum hrm_purpose purpose, uint64_t step,
                                  uint64_t sample);

/// Uniform on 0..2^32-1.
uint32_t hrm_random_bits(struct hrm_random *random);

/// Uniform on 0..bound-1 without bias (Lemire 2019). bound > 0.
uint32_t hrm_random_below(struct hrm_random *random, uint32_t bound);

/// Uniform on [0, 1) with 32 bits.
double hrm_random_uniform(struct hrm_random *random);

/// Normal with mean 0 and standard deviation 1 (Box-Muller).
double hrm_random_normal(struct hrm_random *random);

/// Shuffle count ints in place (Fisher-Yates).
void hrm_random_shuffle(struct hrm_random *random, int *values, int count);

#endif
