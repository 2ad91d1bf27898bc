#include "core/file/puzzle_file.h"

#include "core/base/replace.h"
#include "core/file/h5.h"
#include "core/file/h5_attribute.h"
#include "core/file/seal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// --- what the file holds ----------------------------------------------------------------------

static struct hrm_h5_data boards(const char *name, int64_t count)
{
    return (struct hrm_h5_data){
        .name = name, .type = H5T_NATIVE_UINT8, .rank = 2, .size = {count, HRM_CELLS}};
}

static struct hrm_h5_data ratings(int64_t count)
{
    return (struct hrm_h5_data){
        .name = "rating", .type = H5T_NATIVE_INT32, .rank = 1, .size = {count}};
}

static struct hrm_h5_data sources(int64_t count)
{
    return (struct hrm_h5_data){
        .name = "source", .type = H5T_NATIVE_UINT8, .rank = 1, .size = {count}};
}

// The caller closes `type`.
static struct hrm_h5_data names(int64_t count)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, HRM_SOURCE_NAME);
    return (struct hrm_h5_data){.name = "source_names", .type = type, .rank = 1, .size = {count}};
}

// --- writing ----------------------------------------------------------------------------------

static int write_attributes(hid_t file, const struct hrm_puzzles *puzzles, const char *program,
                            const char *created_from, struct hrm_error *error)
{
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, puzzles->hash);
    const char *const texts[][2] = {{"schema", HRM_PUZZLE_SCHEMA},
                                    {"program", program},
                                    {"created_from", created_from},
                                    {"hash", hash}};
    int status = hrm_h5_write_int(file, "schema_version", HRM_PUZZLE_VERSION, error);
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == HRM_OK; i++)
        status = hrm_h5_write_text(file, texts[i][0], texts[i][1], error);
    return status;
}

static int write_rows(hid_t file, const struct hrm_puzzles *puzzles, struct hrm_error *error)
{
    int64_t n = puzzles->count;
    struct hrm_h5_data name_table = names(puzzles->sources);
    const struct {
        struct hrm_h5_data data;
        const void *values;
    } sets[] = {{boards("question", n), puzzles->question},
                {boards("answer", n), puzzles->answer},
                {ratings(n), puzzles->rating},
                {sources(n), puzzles->source},
                {name_table, puzzles->source_name}};
    int status = HRM_OK;
    for (size_t i = 0; i < sizeof sets / sizeof *sets && status == HRM_OK; i++)
        status = hrm_h5_write(file, &sets[i].data, sets[i].values, error);
    H5Tclose(name_table.type);
    return status;
}

int hrm_puzzle_file_write(const char *path, const struct hrm_puzzles *puzzles, const char *program,
                          const char *created_from, struct hrm_error *error)
{
    struct hrm_replace replace = {0};
    hid_t file = -1;
    int status = hrm_replace_begin(&replace, path, error);
    if (status == HRM_OK)
        status = hrm_h5_create(replace.temporary, H5P_DEFAULT, &file, error);
    if (status == HRM_OK)
        status = write_attributes(file, puzzles, program, created_from, error);
    if (status == HRM_OK)
        status = write_rows(file, puzzles, error);
    int closed = hrm_h5_close(&file, error);
    if (status == HRM_OK)
        status = closed;
    if (status == HRM_OK)
        status = hrm_replace_commit(&replace, error);
    hrm_replace_abandon(&replace);
    return status;
}

// --- reading ----------------------------------------------------------------------------------

#define AGAIN "make the file again: hrmpi data convert puzzles.csv puzzles.h5"

// Open a compiled set and read its number of puzzles.
static int open_set(const char *path, hid_t *file, int64_t *count, struct hrm_error *error)
{
    int64_t size[2] = {0, 0};
    int status = hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, file, error);
    if (status == HRM_OK)
        status = hrm_h5_check_schema(*file, HRM_PUZZLE_SCHEMA, HRM_PUZZLE_VERSION, error);
    if (status == HRM_OK)
        status = hrm_h5_size(*file, "question", 2, size, error);
    *count = size[0];
    if (status == HRM_OK && *count == 0) {
        hrm_fail(error, HRM_DATA, "%s: dataset 'question' has no rows", path);
        status = hrm_hint(error, AGAIN);
    }
    return status;
}

int hrm_puzzle_file_count(const char *path, int64_t *count, struct hrm_error *error)
{
    hid_t file = -1;
    int status = open_set(path, &file, count, error);
    hrm_h5_close(&file, NULL);
    return status;
}

static int read_names(hid_t file, struct hrm_puzzles *puzzles, struct hrm_error *error)
{
    int64_t count = 0;
    int status = hrm_h5_size(file, "source_names", 1, &count, error);
    if (status != HRM_OK)
        return status;
    if (count > HRM_SOURCES)
        return hrm_fail(error, HRM_DATA, "dataset 'source_names' has %lld names, at most %d",
                        (long long)count, HRM_SOURCES);
    struct hrm_h5_data table = names(count);
    status = hrm_h5_read(file, &table, puzzles->source_name, error);
    H5Tclose(table.type);
    puzzles->sources = (int)count;
    for (int i = 0; i < (int)count; i++)
        puzzles->source_name[i][HRM_SOURCE_NAME - 1] = '\0';
    return status;
}

// Read `count` of all `total` rows.
static int read_rows(hid_t file, int64_t total, int64_t first, int64_t count,
                     struct hrm_puzzles *puzzles, struct hrm_error *error)
{
    int status = hrm_puzzles_reserve(puzzles, count, error);
    if (status != HRM_OK)
        return status;
    struct {
        struct hrm_h5_data data;
        void *values;
    } sets[] = {{boards("question", total), puzzles->question},
                {boards("answer", total), puzzles->answer},
                {ratings(total), puzzles->rating},
                {sources(total), puzzles->source}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets && status == HRM_OK; i++) {
        sets[i].data.first = first;
        sets[i].data.count = count;
        status = hrm_h5_read(file, &sets[i].data, sets[i].values, error);
    }
    puzzles->count = count;
    return status == HRM_OK ? read_names(file, puzzles, error) : status;
}

static int check_rows(const char *path, int64_t first, const struct hrm_puzzles *puzzles,
                      struct hrm_error *error)
{
    for (int64_t row = 0; row < puzzles->count; row++) {
        struct hrm_error reason = {0};
        if (puzzles->source[row] >= puzzles->sources) {
            hrm_fail(&reason, HRM_DATA, "dataset 'source': %d, but there are %d names",
                     puzzles->source[row], puzzles->sources);
        } else {
            struct hrm_puzzle puzzle = hrm_puzzles_get(puzzles, row);
            hrm_puzzle_check(&puzzle.question, &puzzle.answer, &reason);
        }
        if (reason.status == HRM_OK)
            continue;
        hrm_fail(error, HRM_DATA, "%s: row %lld: %s", path, (long long)(first + row), reason.text);
        return hrm_hint(error, AGAIN);
    }
    return HRM_OK;
}

static int check_hash(const char *path, hid_t file, const struct hrm_puzzles *puzzles,
                      struct hrm_error *error)
{
    char wanted[32];
    char found[17];
    snprintf(found, sizeof found, "%016" PRIx64, puzzles->hash);
    int status = hrm_h5_read_text(file, "hash", wanted, sizeof wanted, error);
    if (status != HRM_OK || strcmp(found, wanted) == 0)
        return status;
    hrm_fail(error, HRM_DATA, "%s: the puzzles have hash %s, attribute 'hash' says %s", path, found,
             wanted);
    return hrm_hint(error, AGAIN);
}

int hrm_puzzle_file_read(const char *path, int64_t first, int64_t count,
                         struct hrm_puzzles *puzzles, struct hrm_error *error)
{
    *puzzles = (struct hrm_puzzles){0};
    hid_t file = -1;
    int64_t total = 0;
    int status = open_set(path, &file, &total, error);
    if (status != HRM_OK)
        goto done;
    if (count == 0 && first == 0)
        count = total;
    if (first < 0 || count < 1 || count > total - first) {
        hrm_fail(error, HRM_DATA, "%s: rows %lld..%lld are wanted, there are %lld", path,
                 (long long)first, (long long)(first + count - 1), (long long)total);
        status = hrm_hint(error, "ask for fewer rows");
        goto done;
    }
    status = read_rows(file, total, first, count, puzzles, error);
    if (status == HRM_OK)
        status = check_rows(path, first, puzzles, error);
    if (status != HRM_OK)
        goto done;
    hrm_puzzles_rehash(puzzles);
    if (count == total)
        status = check_hash(path, file, puzzles, error);
done:
    hrm_h5_close(&file, NULL);
    if (status != HRM_OK)
        hrm_puzzles_free(puzzles);
    return status;
}

int hrm_puzzles_open(const char *path, struct hrm_puzzles *puzzles, struct hrm_error *error)
{
    static const char signature[4] = "\211HDF";
    char found[4] = {0};
    *puzzles = (struct hrm_puzzles){0};
    FILE *stream = fopen(path, "rb");
    size_t length = stream != NULL ? fread(found, 1, sizeof found, stream) : 0;
    // A folder opens but does not read.
    if (stream == NULL || ferror(stream)) {
        hrm_fail(error, HRM_DATA, "%s: cannot read: %s", path, strerror(errno));
        if (stream != NULL)
            fclose(stream);
        return hrm_hint(error, "check the path and its permissions");
    }
    fclose(stream);
    bool hdf5 = length == sizeof found && memcmp(found, signature, sizeof found) == 0;
    if (hdf5 || hrm_seal_exists(path))
        return hrm_puzzle_file_read(path, 0, 0, puzzles, error);
    return hrm_puzzles_read(path, puzzles, error);
}
