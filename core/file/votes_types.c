#include "core/file/votes_types.h"

#include "core/file/votes.h"

#include <stddef.h>

hid_t hrm_votes_record_type(void)
{
    hsize_t bytes = HRM_GRID_PACKED;
    hid_t grid = H5Tarray_create2(H5T_STD_U8LE, 1, &bytes);
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct hrm_pass));
    H5Tinsert(type, "q_halt", offsetof(struct hrm_pass, q_halt), H5T_IEEE_F32LE);
    H5Tinsert(type, "q_continue", offsetof(struct hrm_pass, q_continue), H5T_IEEE_F32LE);
    H5Tinsert(type, "segments", offsetof(struct hrm_pass, segments), H5T_STD_U16LE);
    H5Tinsert(type, "settled", offsetof(struct hrm_pass, settled), H5T_STD_U16LE);
    H5Tinsert(type, "conflicts", offsetof(struct hrm_pass, conflicts), H5T_STD_U16LE);
    H5Tinsert(type, "halted", offsetof(struct hrm_pass, halted), H5T_STD_U8LE);
    H5Tinsert(type, "grid", offsetof(struct hrm_pass, grid), grid);
    H5Tclose(grid);
    return type;
}

hid_t hrm_votes_name_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, HRM_VOTES_NAME);
    return type;
}

hid_t hrm_votes_checkpoint_type(void)
{
    hid_t name = hrm_votes_name_type();
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct hrm_votes_checkpoint));
    H5Tinsert(type, "path", offsetof(struct hrm_votes_checkpoint, path), name);
    H5Tinsert(type, "step", offsetof(struct hrm_votes_checkpoint, step), H5T_STD_I64LE);
    H5Tinsert(type, "seed", offsetof(struct hrm_votes_checkpoint, seed), H5T_STD_I64LE);
    H5Tinsert(type, "replica", offsetof(struct hrm_votes_checkpoint, replica), H5T_STD_I64LE);
    H5Tinsert(type, "hash", offsetof(struct hrm_votes_checkpoint, hash), H5T_STD_U64LE);
    H5Tinsert(type, "mixing", offsetof(struct hrm_votes_checkpoint, mixing), H5T_STD_I64LE);
    H5Tclose(name);
    return type;
}
