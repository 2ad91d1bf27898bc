#include "core/file/votes_part.h"

#include "core/file/h5.h"

static int select_part(const struct hrm_votes_part *part, hid_t *memory, hid_t *file)
{
    hsize_t size[3];
    for (int i = 0; i < part->rank; i++)
        size[i] = part->count[i] * part->block[i];
    *memory = H5Screate_simple(part->rank, size, NULL);
    *file = H5Dget_space(part->set);
    return H5Sselect_hyperslab(*file, H5S_SELECT_SET, part->start, part->stride, part->count,
                               part->block);
}

int hrm_votes_read_part(const struct hrm_votes *votes, const struct hrm_votes_part *part,
                        void *values, struct hrm_error *error)
{
    hid_t memory = -1, file = -1;
    herr_t result = select_part(part, &memory, &file);
    if (result >= 0)
        result = H5Dread(part->set, part->type, memory, file, H5P_DEFAULT, values);
    H5Sclose(memory);
    H5Sclose(file);
    if (result >= 0)
        return HRM_OK;
    HRM_H5_FAIL(error, HRM_DATA, "%s: cannot read", votes->path);
    return hrm_hint(error, "the file is damaged: run hrmpi eval again with --overwrite");
}

int hrm_votes_write_part(const struct hrm_votes *votes, const struct hrm_votes_part *part,
                         const void *values, struct hrm_error *error)
{
    hid_t memory = -1, file = -1;
    herr_t result = select_part(part, &memory, &file);
    if (result >= 0)
        result = H5Dwrite(part->set, part->type, memory, file, H5P_DEFAULT, values);
    H5Sclose(memory);
    H5Sclose(file);
    if (result >= 0)
        return HRM_OK;
    HRM_H5_FAIL(error, HRM_FAILED, "%s: cannot write", votes->path);
    return hrm_hint(error, HRM_H5_SPACE);
}

struct hrm_votes_part hrm_votes_line(hid_t set, hid_t type, int64_t first, int64_t count)
{
    return (struct hrm_votes_part){.set = set,
                                   .type = type,
                                   .rank = 1,
                                   .start = {(hsize_t)first},
                                   .stride = {1},
                                   .count = {(hsize_t)count},
                                   .block = {1}};
}
