#include "core/file/votes.h"

#include "core/base/preallocate.h"
#include "core/file/h5.h"
#include "core/file/h5_attribute.h"
#include "core/file/seal.h"
#include "core/file/votes_axes.h"
#include "core/file/votes_older.h"
#include "core/file/votes_tables.h"
#include "core/file/votes_task.h"
#include "core/file/votes_types.h"
#include "core/task/sudoku.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- attributes ----------------------------------------------------------------------------------

enum kind { TEXT, INT32, INT64, HASH };

/// The attributes that are fields of struct hrm_votes; HASH is a number as 16 hexadecimal digits.
static const struct field {
    const char *name;
    enum kind kind;
    size_t offset, size;
} FIELDS[] = {
#define FIELD(name, kind, member)                                                                  \
    {                                                                                              \
        name, kind, offsetof(struct hrm_votes, member), sizeof(((struct hrm_votes *)0)->member)    \
    }
    FIELD("program", TEXT, about.program),
    FIELD("command", TEXT, about.command),
    FIELD("config", TEXT, about.config),
    FIELD("backend", TEXT, about.backend),
    FIELD("hosts", TEXT, about.hosts),
    FIELD("puzzle_source", TEXT, about.puzzles),
    FIELD("perturbation_list", TEXT, about.perturbations),
    FIELD("seed", INT64, about.seed),
    FIELD("ranks", INT64, about.ranks),
    FIELD("threads", INT64, about.threads),
    FIELD("data_hash", HASH, about.data_hash),
    FIELD("checkpoints", INT32, plan.checkpoints),
    FIELD("perturbations", INT32, plan.perturbations),
    FIELD("puzzles", INT64, plan.puzzles),
    FIELD("segments", INT32, plan.segments),
    FIELD("block", INT32, plan.block),
    FIELD("identity", HASH, plan.identity),
#undef FIELD
};
#define FIELD_COUNT (sizeof FIELDS / sizeof *FIELDS)

/// Says what data_hash is made of. Older files have no such attribute, and the ratings in the hash.
#define HASH_OF "data_hash_of"

static int write_field(const struct hrm_votes *votes, const struct field *field,
                       struct hrm_error *error)
{
    const void *at = (const char *)votes + field->offset;
    switch (field->kind) {
    case TEXT:
        return hrm_h5_write_text(votes->file, field->name, at, error);
    case INT32:
        return hrm_h5_write_int(votes->file, field->name, *(const int32_t *)at, error);
    case INT64:
        return hrm_h5_write_int(votes->file, field->name, *(const int64_t *)at, error);
    case HASH:
        break;
    }
    return hrm_h5_write_hash(votes->file, field->name, *(const uint64_t *)at, error);
}

static int read_field(struct hrm_votes *votes, const struct field *field, struct hrm_error *error)
{
    void *at = (char *)votes + field->offset;
    int64_t number = 0;
    if (field->kind == TEXT)
        return hrm_h5_read_text(votes->file, field->name, at, field->size, error);
    if (field->kind == HASH)
        return hrm_h5_read_hash(votes->file, field->name, at, error);
    int status = hrm_h5_read_int(votes->file, field->name, &number, error);
    if (status)
        return status;
    if (field->kind == INT64)
        *(int64_t *)at = number;
    else if (number >= 0 && number <= INT32_MAX)
        *(int32_t *)at = (int32_t)number;
    else
        return hrm_fail(error, HRM_DATA, "%s: attribute '%s' is %" PRId64, votes->path, field->name,
                        number);
    return HRM_OK;
}

// --- opening -------------------------------------------------------------------------------------

/// Open a dataset and check shape and type.
static int open_set(const struct hrm_votes *votes, const struct hrm_h5_data *wanted, hid_t *set,
                    struct hrm_error *error)
{
    int64_t size[HRM_H5_RANK];
    int status = hrm_h5_size(votes->file, wanted->name, wanted->rank, size, error);
    if (status)
        return status;
    *set = H5Dopen2(votes->file, wanted->name, H5P_DEFAULT);
    if (*set < 0)
        return HRM_H5_FAIL(error, HRM_DATA, "%s: cannot open '%s'", votes->path, wanted->name);
    hid_t type = H5Dget_type(*set);
    bool same = H5Tequal(type, wanted->type) > 0;
    H5Tclose(type);
    for (int i = 0; i < wanted->rank; i++)
        same = same && size[i] == wanted->size[i];
    if (same)
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "%s: dataset '%s' has another shape or type than its plan says",
             votes->path, wanted->name);
    return hrm_hint(error, "the file is damaged: run hrmpi eval again with --overwrite");
}

enum { QUESTION, ANSWER, RATING, PASSES, BLOCKS, SETS };

/// The large datasets, in the order in which they lie in the file.
static void list_sets(const struct hrm_votes *votes, struct hrm_h5_data sets[SETS])
{
    const struct hrm_plan *plan = &votes->plan;
    const struct hrm_task_shape *shape = &votes->task.shape;
    const bool older = votes->version == 1;
    int64_t n = plan->puzzles, width = older ? HRM_CELLS : shape->answer_bytes;
    hid_t token = shape->vocab > 256 ? H5T_STD_U16LE : H5T_STD_U8LE;
    sets[QUESTION] = (struct hrm_h5_data){
        older ? "puzzles/question" : "question", token, 2, {n, shape->positions}, 0, 0, 0};
    sets[ANSWER] = (struct hrm_h5_data){
        older ? "puzzles/answer" : "answer", H5T_STD_U8LE, 2, {n, width}, 0, 0, 0};
    sets[RATING] =
        (struct hrm_h5_data){older ? "puzzles/rating" : "rating", H5T_STD_I32LE, 1, {n}, 0, 0, 0};
    sets[PASSES] = (struct hrm_h5_data){
        "passes", votes->type, 3, {plan->checkpoints, plan->perturbations, n}, 0, 0, 0};
    sets[BLOCKS] = (struct hrm_h5_data){"blocks", H5T_STD_U64LE, 1, {plan->blocks}, 0, 0, 0};
}

static int open_sets(struct hrm_votes *votes, struct hrm_error *error)
{
    hid_t *const opened[SETS] = {&votes->question, &votes->answer, &votes->rating, &votes->passes,
                                 &votes->blocks};
    struct hrm_h5_data sets[SETS];
    int status = HRM_OK;
    list_sets(votes, sets);
    for (int i = 0; i < SETS && status == HRM_OK; i++)
        status = open_set(votes, &sets[i], opened[i], error);
    return status;
}

/// When a dataset was made. HDF5 keeps that beside it.
static int64_t time_of(hid_t set)
{
#if H5_VERSION_GE(1, 12, 0)
    H5O_info2_t info;
    return H5Oget_info3(set, &info, H5O_INFO_TIME) < 0 ? 0 : (int64_t)info.ctime;
#else
    H5O_info_t info;
    return H5Oget_info2(set, &info, H5O_INFO_TIME) < 0 ? 0 : (int64_t)info.ctime;
#endif
}

/// Derive the rest of the plan; what cannot be planned is bad data here.
static int complete_plan(struct hrm_votes *votes, struct hrm_error *error)
{
    struct hrm_error bad = {0};
    if (votes->plan.block > 0 && hrm_plan_make(&votes->plan, &bad) == HRM_OK)
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "%s: attributes make no plan: %s", votes->path,
             *bad.text ? bad.text : "'block' is 0");
    return hrm_hint(error, "the file is damaged: run hrmpi eval again with --overwrite");
}

/// The version, which may be an older one. An unfinished file of it is not continued.
static int read_version(struct hrm_votes *votes, struct hrm_error *error)
{
    int64_t version = HRM_VOTES_VERSION;
    if (hrm_h5_read_int(votes->file, "schema_version", &version, NULL) != HRM_OK || version != 1)
        version = HRM_VOTES_VERSION;
    votes->version = (int)version;
    return hrm_h5_check_schema(votes->file, HRM_VOTES_SCHEMA, version, error);
}

/// What follows from version and task.
static void use_task(struct hrm_votes *votes, int version)
{
    const struct hrm_task_kind *kind = votes->task.kind;
    int bytes = votes->task.shape.answer_bytes;
    votes->version = version;
    votes->record = hrm_pass_bytes(bytes);
    votes->bands = (struct hrm_bands){kind->bands, kind->band_names, kind->band};
    votes->type = version == 1 ? hrm_votes_older_type() : hrm_votes_pass_type(bytes);
}

static int read_task(struct hrm_votes *votes, struct hrm_error *error)
{
    int status = HRM_OK;
    hrm_task_default(&votes->task, &hrm_sudoku_kind);
    if (votes->version > 1)
        status = hrm_votes_read_task(votes, error);
    if (status == HRM_OK)
        use_task(votes, votes->version);
    return status;
}

int hrm_votes_open_with(struct hrm_votes *votes, const char *path, unsigned flags, hid_t access,
                        struct hrm_error *error)
{
    *votes = (struct hrm_votes){.identity = -1};
    snprintf(votes->path, sizeof votes->path, "%s", path);
    int status = hrm_h5_open(path, flags, access, &votes->file, error);
    if (status == HRM_OK)
        status = read_version(votes, error);
    for (size_t i = 0; i < FIELD_COUNT && status == HRM_OK; i++)
        status = read_field(votes, &FIELDS[i], error);
    if (status == HRM_OK)
        status = read_task(votes, error);
    if (status == HRM_OK)
        votes->about.hash_rated = H5Aexists(votes->file, HASH_OF) == 0;
    if (status == HRM_OK)
        status = complete_plan(votes, error);
    if (status == HRM_OK)
        status = open_sets(votes, error);
    votes->created = status == HRM_OK ? time_of(votes->passes) : 0;
    // The passes are there, so the tables have a size that memory has.
    if (status == HRM_OK)
        status = hrm_votes_read_tables(votes, error);
    return status;
}

int hrm_votes_open(struct hrm_votes *votes, const char *path, unsigned flags,
                   struct hrm_error *error)
{
    int status = hrm_votes_open_with(votes, path, flags, H5P_DEFAULT, error);
    if (status)
        hrm_votes_close(votes, NULL);
    return status;
}

// --- creating ------------------------------------------------------------------------------------

/// An empty dataset whose place in the file is fixed from the start.
static int allocate_set(const struct hrm_votes *votes, const struct hrm_h5_data *data, bool zero,
                        struct hrm_error *error)
{
    hsize_t size[3];
    for (int i = 0; i < data->rank; i++)
        size[i] = (hsize_t)data->size[i];
    hid_t space = H5Screate_simple(data->rank, size, NULL);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_layout(list, H5D_CONTIGUOUS);
    H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(list, zero ? H5D_FILL_TIME_ALLOC : H5D_FILL_TIME_NEVER);
    hid_t set =
        H5Dcreate2(votes->file, data->name, data->type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    H5Pclose(list);
    H5Sclose(space);
    if (set < 0) {
        HRM_H5_FAIL(error, HRM_FAILED, "%s: cannot create '%s'", votes->path, data->name);
        return hrm_hint(error, HRM_H5_SPACE);
    }
    H5Dclose(set);
    return HRM_OK;
}

static int allocate_sets(const struct hrm_votes *votes, struct hrm_error *error)
{
    struct hrm_h5_data sets[SETS];
    int status = HRM_OK;
    list_sets(votes, sets);
    for (int i = 0; i < SETS && status == HRM_OK; i++) {
        status = allocate_set(votes, &sets[i], sets[i].rank == 1, error);
        if (status == HRM_OK)
            status = hrm_votes_describe(votes, sets[i].name, error);
    }
    return status;
}

#define HEAD ((int64_t)1 << 20) ///< bytes of attributes, tables' heads and the like, and more

/// Reserve the disk space of the whole file, so that a full disk shows now and not after hours;
/// and not to HDF5, which crashes at the end of a process that could not write.
static int reserve_space(const struct hrm_votes *votes, struct hrm_error *error)
{
    const struct hrm_plan *plan = &votes->plan;
    int64_t puzzle = hrm_votes_puzzle_bytes(&votes->task.shape);
    int64_t passes = (int64_t)plan->checkpoints * plan->perturbations * plan->puzzles;
    int64_t bytes = HEAD + puzzle * plan->puzzles + passes * (int64_t)votes->record +
                    8 * plan->blocks + plan->checkpoints * (int64_t)sizeof *votes->checkpoints +
                    plan->perturbations * (int64_t)sizeof *votes->perturbations;
    return hrm_file_preallocate(votes->path, bytes, error);
}

/// Reserve what the file has come to: creating it has given back what was reserved before.
static int reserve_again(const struct hrm_votes *votes, struct hrm_error *error)
{
    hsize_t bytes = 0;
    if (H5Fflush(votes->file, H5F_SCOPE_GLOBAL) < 0 || H5Fget_filesize(votes->file, &bytes) < 0)
        return HRM_H5_FAIL(error, HRM_FAILED, "%s: cannot flush", votes->path);
    return hrm_file_preallocate(votes->path, (int64_t)bytes, error);
}

static int write_head(struct hrm_votes *votes, struct hrm_error *error)
{
    int status = hrm_h5_write_text(votes->file, "schema", HRM_VOTES_SCHEMA, error);
    if (status == HRM_OK)
        status = hrm_h5_write_int(votes->file, "schema_version", HRM_VOTES_VERSION, error);
    for (size_t i = 0; i < FIELD_COUNT && status == HRM_OK; i++)
        status = write_field(votes, &FIELDS[i], error);
    if (status == HRM_OK)
        status = hrm_votes_write_task(votes, error);
    if (status == HRM_OK)
        status = hrm_h5_write_text(votes->file, HASH_OF, "question, answer", error);
    return status ? status : hrm_votes_write_tables(votes, error);
}

#define META ((hsize_t)1 << 15) ///< bytes that metadata takes at a time: all of it lies in front

int hrm_votes_create(struct hrm_votes *votes, const char *path, struct hrm_error *error)
{
    snprintf(votes->path, sizeof votes->path, "%s", path);
    use_task(votes, HRM_VOTES_VERSION);
    int status = reserve_space(votes, error);
    if (status)
        return status;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_sec2(access);
    H5Pset_meta_block_size(access, META);
    status = hrm_h5_create(path, access, &votes->file, error);
    H5Pclose(access);
    if (status == HRM_OK)
        status = write_head(votes, error);
    if (status == HRM_OK)
        status = allocate_sets(votes, error);
    if (status == HRM_OK)
        status = open_sets(votes, error);
    return status ? status : reserve_again(votes, error);
}

/// Where a dataset lies in the file.
static struct hrm_seal_range place_of(hid_t set)
{
    hid_t space = H5Dget_space(set), type = H5Dget_type(set);
    int64_t count = (int64_t)H5Sget_simple_extent_npoints(space);
    int64_t bytes = count * (int64_t)H5Tget_size(type);
    H5Tclose(type);
    H5Sclose(space);
    return (struct hrm_seal_range){(int64_t)H5Dget_offset(set), bytes};
}

int hrm_votes_seal(struct hrm_votes *votes, struct hrm_error *error)
{
    struct hrm_seal seal = {.count = 2};
    char path[HRM_PATH];
    memcpy(path, votes->path, sizeof path);
    struct hrm_seal_range passes = place_of(votes->passes), blocks = place_of(votes->blocks);
    seal.ranges[0] = passes.first < blocks.first ? passes : blocks;
    seal.ranges[1] = passes.first < blocks.first ? blocks : passes;
    int status = hrm_votes_close(votes, error);
    return status ? status : hrm_seal_write(path, &seal, error);
}
