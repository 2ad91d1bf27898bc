#include "core/file/votes_axes.h"

#include "core/file/h5.h"
#include "core/file/h5_attribute.h"

#include <assert.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <string.h>

/// What a dataset is.
static const struct set {
    const char *name;
    const char *axes[3];
    const char *long_name;
} SETS[] = {
    {"checkpoint", {"checkpoint"}, "number of a checkpoint"},
    {"perturbation", {"perturbation"}, "name of a perturbation"},
    {"checkpoint_path", {"checkpoint"}, "file of a checkpoint"},
    {"checkpoint_step", {"checkpoint"}, "training step of a checkpoint"},
    {"checkpoint_seed", {"checkpoint"}, "seed of its training"},
    {"checkpoint_replica", {"checkpoint"}, "replica of its training"},
    {"checkpoint_mixing",
     {"checkpoint"},
     "1: trained with easier copies of the puzzles, 0: without, -1: not recorded"},
    {"checkpoint_hash", {"checkpoint"}, "XXH3 of its weights in fp32"},
    {"question", {"puzzle", "position"}, "tokens of a question"},
    {"answer", {"puzzle", "answer_byte"}, "bytes of the right answer, as in passes"},
    {"rating", {"puzzle"}, "how hard a puzzle is; negative: not known"},
    {"passes",
     {"checkpoint", "perturbation", "puzzle"},
     "q_halt and q_continue at the last segment; segments run (0: this pass was not run, and all "
     "else is 0); settled: first segment from which on the answer stayed; defects: how far it is "
     "from the rules; matches: positions that are right; flags: 1 halted, 2 right, 4 certified; "
     "answer: bytes, equal just when the answers are"},
    {"blocks", {"block"}, "XXH3 of the stored passes of a block; 0: not stored"},
};

static int fail(const struct hrm_votes *votes, const char *name, struct hrm_error *error)
{
    HRM_H5_FAIL(error, HRM_FAILED, "%s: cannot create '%s'", votes->path, name);
    return hrm_hint(error, HRM_H5_SPACE);
}

/// An axis without values, as netCDF-4 has them.
static int create_axis(const struct hrm_votes *votes, const char *name, int64_t length,
                       struct hrm_error *error)
{
    char text[80];
    hsize_t size = (hsize_t)length;
    snprintf(text, sizeof text, "This is a netCDF dimension but not a netCDF variable.%10lld",
             (long long)length);
    hid_t space = H5Screate_simple(1, &size, NULL);
    hid_t set =
        H5Dcreate2(votes->file, name, H5T_IEEE_F32BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    int status = set < 0 || H5DSset_scale(set, text) < 0 ? fail(votes, name, error) : HRM_OK;
    H5Sclose(space);
    if (set >= 0)
        H5Dclose(set);
    return status;
}

/// The axis of checkpoints has their numbers.
static int create_checkpoint(const struct hrm_votes *votes, struct hrm_error *error)
{
    hsize_t size = (hsize_t)votes->plan.checkpoints;
    hid_t space = H5Screate_simple(1, &size, NULL), one = H5Screate(H5S_SCALAR);
    hid_t set = H5Dcreate2(votes->file, "checkpoint", H5T_STD_I32LE, space, H5P_DEFAULT,
                           H5P_DEFAULT, H5P_DEFAULT);
    herr_t result = set < 0 ? -1 : 0;
    for (int32_t i = 0; i < votes->plan.checkpoints && result >= 0; i++) {
        hsize_t at = (hsize_t)i;
        result = H5Sselect_elements(space, H5S_SELECT_SET, 1, &at);
        if (result >= 0)
            result = H5Dwrite(set, H5T_NATIVE_INT32, one, space, H5P_DEFAULT, &i);
    }
    int status = result < 0 ? fail(votes, "checkpoint", error) : HRM_OK;
    H5Sclose(one);
    H5Sclose(space);
    if (set >= 0)
        H5Dclose(set);
    return status;
}

/// Name axis `index` of a dataset; one of the dataset's own name is the scale itself.
static herr_t attach(const struct hrm_votes *votes, hid_t set, const struct set *about,
                     unsigned index)
{
    const char *axis = about->axes[index];
    if (strcmp(axis, about->name) == 0)
        return H5DSset_scale(set, axis);
    hid_t scale = H5Dopen2(votes->file, axis, H5P_DEFAULT);
    herr_t result = scale < 0 ? -1 : H5DSattach_scale(set, scale, index);
    if (result >= 0)
        result = H5DSset_label(set, index, axis);
    if (scale >= 0)
        H5Dclose(scale);
    return result;
}

int hrm_votes_describe(const struct hrm_votes *votes, const char *name, struct hrm_error *error)
{
    const struct set *about = SETS;
    while (strcmp(about->name, name) != 0)
        about++;
    assert(about < SETS + sizeof SETS / sizeof *SETS);
    hid_t set = H5Dopen2(votes->file, name, H5P_DEFAULT);
    herr_t result = set < 0 ? -1 : 0;
    for (unsigned i = 0; i < 3 && about->axes[i] && result >= 0; i++)
        result = attach(votes, set, about, i);
    int status = result < 0 ? fail(votes, name, error) : HRM_OK;
    if (status == HRM_OK)
        status = hrm_h5_write_text(set, "long_name", about->long_name, error);
    if (status == HRM_OK)
        status = hrm_h5_write_text(set, "units", "1", error);
    if (set >= 0)
        H5Dclose(set);
    return status;
}

int hrm_votes_create_axes(const struct hrm_votes *votes, struct hrm_error *error)
{
    const struct hrm_plan *plan = &votes->plan;
    int status = create_checkpoint(votes, error);
    if (status == HRM_OK)
        status = hrm_votes_describe(votes, "checkpoint", error);
    if (status == HRM_OK)
        status = hrm_votes_describe(votes, "perturbation", error);
    if (status == HRM_OK)
        status = create_axis(votes, "puzzle", plan->puzzles, error);
    if (status == HRM_OK)
        status = create_axis(votes, "position", votes->task.shape.positions, error);
    if (status == HRM_OK)
        status = create_axis(votes, "answer_byte", votes->task.shape.answer_bytes, error);
    return status ? status : create_axis(votes, "block", plan->blocks, error);
}
