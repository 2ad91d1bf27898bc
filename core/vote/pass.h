#ifndef HRM_VOTE_PASS_H
#define HRM_VOTE_PASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Bits of hrm_pass.flags. The last two are found where the pass is made, by the rules of its task,
/// and never again.
enum hrm_pass_flag {
    HRM_PASS_HALTED = 1,   ///< the halting head asked to stop at the last segment
    HRM_PASS_RIGHT = 2,    ///< the answer is the puzzle's
    HRM_PASS_CERTIFIED = 4 ///< the answer is one to the question, by the rules of the task alone
};

/// What is kept of a pass = (checkpoint, perturbation, puzzle): a head, then the bytes of the
/// answer. How many there are depends on the task, so passes lie in arrays of records of
/// hrm_pass_bytes() each, and a record is copied and cleared as bytes.
/// The byte layout is part of the votes file's format, little-endian, without padding of its own.
struct hrm_pass {
    float q_halt, q_continue; ///< at the last segment
    uint16_t segments;        ///< segments run; 0: this pass was not run, and all else is 0
    uint16_t settled;         ///< first segment from which on the answer stayed as it is
    uint16_t defects;         ///< how far the answer is from the rules of the task; 0: not at all
    uint16_t matches;         ///< positions that are those of the puzzle's answer
    uint8_t flags;            ///< enum hrm_pass_flag
    uint8_t answer[];         ///< equal just when the answers are; then zeros to the record's end
};

#define HRM_PASS_HEAD offsetof(struct hrm_pass, answer)

_Static_assert(HRM_PASS_HEAD == 17, "the votes file depends on this layout");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the votes file is little-endian");

/// Bytes of a record: a multiple of 4.
static inline size_t hrm_pass_bytes(int answer_bytes)
{
    return (HRM_PASS_HEAD + (size_t)answer_bytes + 3) & ~(size_t)3;
}

/// Record i of an array. @param record  [in] bytes of one
static inline struct hrm_pass *hrm_pass_at(const void *passes, size_t record, int64_t i)
{
    return (struct hrm_pass *)((uintptr_t)passes + record * (size_t)i);
}

static inline bool hrm_pass_has(const struct hrm_pass *pass, enum hrm_pass_flag flag)
{
    return (pass->flags & flag) != 0;
}

/// The passes of one puzzle inside an array [checkpoints, perturbations, stride]. A view.
struct hrm_passes {
    const void *first; ///< of (checkpoint 0, perturbation 0)
    size_t record;     ///< bytes of a record
    int checkpoints, perturbations;
    int64_t stride; ///< records from one perturbation to the next: 1 when only one puzzle is held
};

static inline const struct hrm_pass *hrm_passes_at(const struct hrm_passes *passes, int checkpoint,
                                                   int perturbation)
{
    int64_t row = (int64_t)checkpoint * passes->perturbations + perturbation;
    return hrm_pass_at(passes->first, passes->record, row * passes->stride);
}

#endif
