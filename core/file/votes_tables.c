#include "core/file/votes_tables.h"

#include "core/file/h5.h"
#include "core/file/votes_axes.h"
#include "core/file/votes_older.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/// The columns of struct hrm_votes_checkpoint.
static const struct column {
    const char *name;
    size_t offset, size;
    bool hash;
} COLUMNS[] = {
#define COLUMN(name, member, hash)                                                                 \
    {                                                                                              \
        name, offsetof(struct hrm_votes_checkpoint, member),                                       \
            sizeof(((struct hrm_votes_checkpoint *)0)->member), hash                               \
    }
    COLUMN("checkpoint_path", path, false),     COLUMN("checkpoint_step", step, false),
    COLUMN("checkpoint_seed", seed, false),     COLUMN("checkpoint_replica", replica, false),
    COLUMN("checkpoint_mixing", mixing, false), COLUMN("checkpoint_hash", hash, true),
#undef COLUMN
};
enum { COLUMN_COUNT = sizeof COLUMNS / sizeof *COLUMNS };

/// char[HRM_VOTES_NAME], ended by NUL. The caller closes it.
static hid_t name_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, HRM_VOTES_NAME);
    return type;
}

static hid_t type_of(const struct column *column)
{
    if (column->size == HRM_VOTES_NAME)
        return name_type();
    return H5Tcopy(column->hash ? H5T_STD_U64LE : H5T_STD_I64LE);
}

/// Read or write one column. @param values [work] [C, size]
static int move_column(const struct hrm_votes *votes, const struct column *column, bool writes,
                       char *values, struct hrm_error *error)
{
    int count = votes->plan.checkpoints;
    char *rows = (char *)votes->checkpoints + column->offset;
    struct hrm_h5_data data = {column->name, type_of(column), 1, {count}, 0, 0, 0};
    size_t size = column->size, row = sizeof *votes->checkpoints;
    for (int i = 0; writes && i < count; i++)
        memcpy(values + (size_t)i * size, rows + (size_t)i * row, size);
    int status = writes ? hrm_h5_write(votes->file, &data, values, error)
                        : hrm_h5_read(votes->file, &data, values, error);
    for (int i = 0; !writes && status == HRM_OK && i < count; i++)
        memcpy(rows + (size_t)i * row, values + (size_t)i * size, size);
    H5Tclose(data.type);
    return status;
}

static int move_columns(const struct hrm_votes *votes, bool writes, struct hrm_error *error)
{
    int status = HRM_OK;
    char *values = calloc((size_t)votes->plan.checkpoints, HRM_VOTES_NAME);
    if (!values)
        return hrm_fail(error, HRM_FAILED, "no memory for the tables of %s", votes->path);
    for (int i = 0; i < COLUMN_COUNT && status == HRM_OK; i++) {
        status = move_column(votes, &COLUMNS[i], writes, values, error);
        if (status == HRM_OK && writes)
            status = hrm_votes_describe(votes, COLUMNS[i].name, error);
    }
    free(values);
    return status;
}

int hrm_votes_write_tables(const struct hrm_votes *votes, struct hrm_error *error)
{
    struct hrm_h5_data names = {
        "perturbation", name_type(), 1, {votes->plan.perturbations}, 0, 0, 0};
    int status = hrm_h5_write(votes->file, &names, votes->perturbations, error);
    H5Tclose(names.type);
    if (status == HRM_OK)
        status = hrm_votes_create_axes(votes, error);
    return status ? status : move_columns(votes, true, error);
}

static int allocate(struct hrm_votes *votes, struct hrm_error *error)
{
    votes->checkpoints = calloc((size_t)votes->plan.checkpoints, sizeof *votes->checkpoints);
    votes->perturbations = calloc((size_t)votes->plan.perturbations, sizeof *votes->perturbations);
    if (!votes->checkpoints || !votes->perturbations)
        return hrm_fail(error, HRM_FAILED, "no memory for the tables of %s", votes->path);
    return HRM_OK;
}

int hrm_votes_read_tables(struct hrm_votes *votes, struct hrm_error *error)
{
    const bool older = votes->version == 1;
    struct hrm_h5_data names = {older ? "perturbations" : "perturbation",
                                name_type(),
                                1,
                                {votes->plan.perturbations},
                                0,
                                0,
                                0};
    int status = allocate(votes, error);
    if (status == HRM_OK)
        status = hrm_h5_read(votes->file, &names, votes->perturbations, error);
    H5Tclose(names.type);
    if (status == HRM_OK)
        status =
            older ? hrm_votes_older_checkpoints(votes, error) : move_columns(votes, false, error);
    // In a file of another program a name can take all its bytes.
    for (int i = 0; i < votes->plan.checkpoints && status == HRM_OK; i++)
        votes->checkpoints[i].path[HRM_VOTES_NAME - 1] = '\0';
    votes->identity = -1;
    for (int i = votes->plan.perturbations - 1; status == HRM_OK && i >= 0; i--) {
        votes->perturbations[i][HRM_VOTES_NAME - 1] = '\0';
        if (strcmp(votes->perturbations[i], HRM_VOTES_IDENTITY) == 0)
            votes->identity = i;
    }
    return status;
}
