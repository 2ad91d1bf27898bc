#include "core/train/partials.h"

#include <assert.h>
#include <stdbool.h>

static void add(float *left, const float *right, size_t count)
{
    for (size_t i = 0; i < count; i++)
        left[i] += right[i];
}

static bool are_siblings(const struct hrm_partial *left, const struct hrm_partial *right)
{
    return left->span == right->span && left->first % (2 * left->span) == 0 &&
           left->first + left->span == right->first;
}

void hrm_partials_push(struct hrm_partials *partials, struct hrm_partial node, size_t first,
                       size_t count)
{
    assert(partials->count < HRM_PARTIALS);
    assert(node.span > 0 && node.first % node.span == 0);
    partials->nodes[partials->count++] = node;
    while (partials->count > 1) {
        struct hrm_partial *right = &partials->nodes[partials->count - 1], *left = right - 1;
        if (!are_siblings(left, right))
            break;
        if (count > 0)
            add(left->values + first, right->values + first, count);
        left->span *= 2;
        partials->count--;
    }
}

int hrm_partials_cover(struct hrm_partials *partials, int first, int shards)
{
    int depth = 0;
    *partials = (struct hrm_partials){0};
    for (int shard = first; shard < first + shards; shard++) {
        if (partials->count + 1 > depth)
            depth = partials->count + 1;
        hrm_partials_push(partials, (struct hrm_partial){.first = shard, .span = 1}, 0, 0);
    }
    return depth;
}

int hrm_partials_depth(int first, int shards)
{
    struct hrm_partials partials;
    return hrm_partials_cover(&partials, first, shards);
}
