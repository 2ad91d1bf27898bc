#ifndef HRM_JOBS_OWNER_JOB_H
#define HRM_JOBS_OWNER_JOB_H

#include "jobs/cli/owner.h"

/// What Slurm knows of an owner on a host that this one cannot look into: gone when its job has
/// ended or was started anew, unknown without a job or without an answer.
enum hrm_owner_state hrm_owner_job(const struct hrm_owner *owner, const struct hrm_owner *self);

#endif
