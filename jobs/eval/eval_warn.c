#include "jobs/eval/eval_warn.h"

#include "core/file/checkpoint.h"
#include "jobs/cli/console.h"
#include "jobs/eval/eval_options.h"
#include "jobs/eval/puzzle_source.h"
#include "jobs/train/trained.h"
#include "mpi/weights.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/// The name of a set in a path: without folders, and without .csv, .csv.gz or .h5.
static void set_name(const char *path, char name[HRM_OPTION_TEXT])
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t length = strcspn(base, ".");
    length = length < HRM_OPTION_TEXT ? length : HRM_OPTION_TEXT - 1;
    memcpy(name, base, length);
    name[length] = '\0';
}

/// Whether a checkpoint was trained on a set of this name.
static bool has_name(const struct hrm_provenance *provenance, const char *wanted)
{
    char puzzles[HRM_OPTION_TEXT], name[HRM_OPTION_TEXT];
    if (!trained_on(provenance->config, puzzles, sizeof puzzles))
        return false;
    set_name(puzzles, name);
    return strcmp(name, wanted) == 0;
}

/// Of a part of a set, the hash of the whole counts too: it is looked for where a checkpoint names
/// a set of the same name, since a CSV file must be read again for it.
static int find_whole(const struct puzzle_source *source, const struct eval_options *options,
                      const struct hrm_weights *weights, uint64_t *whole, struct hrm_error *error)
{
    char name[HRM_OPTION_TEXT];
    bool named = false;
    *whole = source->hash;
    if (options->first == 0 && options->subset == 0)
        return HRM_OK;
    set_name(source->path, name);
    for (int i = 0; i < weights->count; i++)
        named |= has_name(&weights->provenance[i], name);
    return named ? puzzle_source_whole_hash(source, whole, error) : HRM_OK;
}

int eval_warn(const struct puzzle_source *source, const struct eval_options *options,
              const struct hrm_weights *weights, struct hrm_error *error)
{
    uint64_t whole;
    int trained = 0;
    int status = find_whole(source, options, weights, &whole, error);
    if (status)
        return status;
    for (int i = 0; i < weights->count; i++) {
        uint64_t hash = weights->provenance[i].data_hash;
        trained += hash == source->hash || hash == whole;
    }
    if (trained > 0)
        hrm_console_warn("%d of %d checkpoints trained on these puzzles (hash %016" PRIx64
                         "): how many they get right says nothing of new puzzles",
                         trained, weights->count, whole);
    if (source->unrated > 0)
        hrm_console_warn("%" PRId64 " of %" PRId64 " puzzles have no rating: 'none' in the "
                         "figures by rating",
                         source->unrated, source->count);
    return HRM_OK;
}
