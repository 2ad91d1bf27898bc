#include "core/eval/guided.h"

int64_t hrm_guided_chunk(const struct hrm_guided *work, int64_t seen)
{
    int64_t chunk = (work->total - seen) / (4 * work->workers);
    return chunk < 1 ? 1 : chunk < work->most ? chunk : work->most;
}
