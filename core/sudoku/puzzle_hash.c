#include "core/sudoku/puzzle_hash.h"

#include <stddef.h>
#include <xxhash.h>

int hrm_puzzle_hash_open(struct hrm_puzzle_hash *hash, struct hrm_error *error)
{
    hash->state = XXH3_createState();
    if (hash->state == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory for a checksum");
    XXH3_64bits_reset(hash->state);
    return HRM_OK;
}

void hrm_puzzle_hash_add(struct hrm_puzzle_hash *hash, const struct hrm_board *question,
                         const struct hrm_board *answer)
{
    XXH3_64bits_update(hash->state, question->cell, HRM_CELLS);
    XXH3_64bits_update(hash->state, answer->cell, HRM_CELLS);
}

uint64_t hrm_puzzle_hash_value(const struct hrm_puzzle_hash *hash)
{
    return XXH3_64bits_digest(hash->state);
}

void hrm_puzzle_hash_close(struct hrm_puzzle_hash *hash)
{
    XXH3_freeState(hash->state);
    hash->state = NULL;
}
