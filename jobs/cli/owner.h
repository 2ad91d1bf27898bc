#ifndef HRM_JOBS_OWNER_H
#define HRM_JOBS_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HRM_OWNER_WORD 64
#define HRM_OWNER_TEXT 2048 ///< bytes of an owner as text

/// A process that writes somewhere, described so that no other can be taken for it, on whatever
/// host the description is read.
struct hrm_owner {
    uint64_t token; ///< drawn at random for every description; 0: none
    char host[256];
    char machine[HRM_OWNER_WORD]; ///< /etc/machine-id, or empty
    char boot[HRM_OWNER_WORD];    ///< of the system's start: another after every restart
    char space[HRM_OWNER_WORD];   ///< of process numbers: the PID namespace
    int64_t process;
    int64_t ticks;              ///< of the clock between the system's start and the process's
    char since[HRM_OWNER_WORD]; ///< when the process described itself, in local time
    int64_t user;
    int64_t job, restarts; ///< of Slurm; job 0: none
    char cluster[HRM_OWNER_WORD];
};

enum hrm_owner_state {
    HRM_OWNER_LIVES,
    HRM_OWNER_GONE,
    HRM_OWNER_UNKNOWN ///< it cannot be seen from here
};

/// Describe this process.
void hrm_owner_self(struct hrm_owner *owner);

/// As lines "key value" behind a sentence for people. Returns text.
char *hrm_owner_write(const struct hrm_owner *owner, char text[HRM_OWNER_TEXT]);

/// Whether the text is complete and was understood.
bool hrm_owner_read(struct hrm_owner *owner, const char *text);

/// Whether the owner is still there, as seen by the process `self`: by its process where that can
/// be seen, by a restart of its system, else by its Slurm job.
enum hrm_owner_state hrm_owner_look(const struct hrm_owner *owner, const struct hrm_owner *self);

/// "process 1234 on host n1, since 2026-01-31 12:00:00 +0000, Slurm job 77". Returns text.
char *hrm_owner_name(const struct hrm_owner *owner, char *text, size_t size);

#endif
