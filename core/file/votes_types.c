#include "core/file/votes_types.h"

#include "core/vote/pass.h"

#include <stddef.h>

hid_t hrm_votes_pass_type(int answer_bytes)
{
    hsize_t bytes = (hsize_t)answer_bytes;
    hid_t answer = H5Tarray_create2(H5T_STD_U8LE, 1, &bytes);
    hid_t type = H5Tcreate(H5T_COMPOUND, hrm_pass_bytes(answer_bytes));
    H5Tinsert(type, "q_halt", offsetof(struct hrm_pass, q_halt), H5T_IEEE_F32LE);
    H5Tinsert(type, "q_continue", offsetof(struct hrm_pass, q_continue), H5T_IEEE_F32LE);
    H5Tinsert(type, "segments", offsetof(struct hrm_pass, segments), H5T_STD_U16LE);
    H5Tinsert(type, "settled", offsetof(struct hrm_pass, settled), H5T_STD_U16LE);
    H5Tinsert(type, "defects", offsetof(struct hrm_pass, defects), H5T_STD_U16LE);
    H5Tinsert(type, "matches", offsetof(struct hrm_pass, matches), H5T_STD_U16LE);
    H5Tinsert(type, "flags", offsetof(struct hrm_pass, flags), H5T_STD_U8LE);
    H5Tinsert(type, "answer", offsetof(struct hrm_pass, answer), answer);
    H5Tclose(answer);
    return type;
}
