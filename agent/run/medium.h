/* SPDX-License-Identifier: Apache-2.0 */
/* A medium of a plan as the jobs of workers and the locks name it. */
#pragma once

#include "koboshi/job.h"

struct kb_arena;
struct kb_medium;
struct kb_plan;
struct kb_set;

/* media.c: the parts of a job that a plan gives. */
struct kb_job_medium kb_medium_job(const struct kb_medium *medium);
struct kb_job_copy kb_copy_job(const struct kb_set *set, size_t copy);
/* kb_fiscal_year_start(plan): "10-01"; NULL: the plan does not say. */
const char *kb_fiscal_year_start(const struct kb_plan *plan);

/* book.c: what the lock of a medium is named by. */
const char *kb_medium_lock_id(struct kb_arena *arena, const struct kb_medium *medium);

/* Long enough for a sleeping 5,400 rpm disk to spin up and be listed; a hung one is told apart by it. */
enum { KB_MEDIA_TIMEOUT_S = 120 };
/* To unmount what was only read writes nothing; one that does not let go of it hangs, and nobody waits for that long.
 */
enum { KB_MEDIA_CLOSE_TIMEOUT_S = 30 };
