/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent says to a worker on fd 0: a job as JSON. */
#include "fuzz.h"

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/job.h"

void fuzz_begin(void)
{
}

enum fuzz_verdict fuzz_one(const uint8_t *bytes, size_t n)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_err err = {0};
    struct kb_job job;
    json_t *json = NULL;
    int code = kb_json_parse((const char *)bytes, n, &json, &err);
    if (!code)
        code = kb_shape_read(&kb_job_shape, json, arena, &job, &err);
    json_decref(json);
    if (code) {
        REQUIRE(err.n_frames && err.frame[0].en[0] && err.frame[0].ja[0]);
        fuzz_require_safe(err.frame[0].en);
        fuzz_require_safe(err.frame[0].ja);
        return FUZZ_REFUSED;
    }
    REQUIRE(job.stage >= 0 && job.stage < KB_STAGE_COUNT);
    REQUIRE(job.confine >= KB_CONFINE_READ && job.confine <= KB_CONFINE_PROBE);
    REQUIRE(!job.set || !job.set->passphrase); /* it never stands in a job */
    fuzz_require_round_trip(&kb_job_shape, &job, arena);
    return FUZZ_SOUND;
}
