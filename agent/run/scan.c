/* SPDX-License-Identifier: Apache-2.0 */
/* A look round one place, in a worker. */
#include <stdlib.h>
#include <string.h>

#include "alone.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/limits.h"
#include "koboshi/run.h"

/* The worker keeps to its own time limit; one that does not is ended. */
enum { GRACE_SECONDS = 60 };

struct scan_run {
    struct kb_arena *arena;
    struct kb_scanned *scanned;
    void (*progress)(void *owner, int64_t seen);
    void *owner;
};

static void on_reply(void *owner, const struct kb_reply *reply)
{
    struct scan_run *run = owner;
    struct kb_scanned *scanned = run->scanned;
    if (reply->kind == KB_REPLY_MEDIUM) {
        scanned->state = reply->medium;
    } else if (reply->kind == KB_REPLY_SCANNED) {
        scanned->end = reply->scanned;
    } else if (reply->kind == KB_REPLY_SEEN && scanned->seen.n < KB_SCAN_ENTRIES_MAX) {
        scanned->seen.v = kb_grow(run->arena, scanned->seen.v, scanned->seen.n, sizeof *scanned->seen.v);
        scanned->seen.v[scanned->seen.n++] = *reply->seen;
        if (run->progress)
            run->progress(run->owner, (int64_t)scanned->seen.n);
    }
}

int kb_run_scan(const char *path, const struct kb_run_place *place, void (*progress)(void *owner, int64_t seen),
                void *owner, struct kb_arena *arena, struct kb_scanned *ret_scanned, struct kb_err *err)
{
    struct kb_scanned scanned = {.path = path};
    struct scan_run run = {.arena = arena, .scanned = &scanned, .progress = progress, .owner = owner};
    const char *zone = getenv("TZ");
    const struct kb_job_medium medium = {.id = "scan", .kind = KB_MEDIUM_FOLDER, .mount = path};
    const struct kb_job job = {.stage = KB_STAGE_SCAN,
                               .zone = zone && kb_zone_exists(zone) ? zone : "UTC",
                               .sandbox = (int)place->sandbox,
                               .confine = KB_CONFINE_READ,
                               .user = place->user,
                               .medium = &medium};
    const struct kb_child_params params = {.program = place->worker,
                                           .job = &job,
                                           .list_fd = -1,
                                           .timeout_s = KB_SCAN_SECONDS_MAX + GRACE_SECONDS,
                                           .arena = arena,
                                           .owner = &run,
                                           .reply = on_reply};
    struct kb_child_outcome outcome = {0};
    int code = kb_alone(&params, &outcome, err);
    if (code)
        return code;
    if (outcome.fault)
        kb_fault_to_err(outcome.fault, err);
    else if (outcome.end != KB_CHILD_DONE || !scanned.state || !scanned.end)
        (void)kb_fail(err, KB_EWORKER, "the scan did not come to its end; the disk may hang",
                      "走査が終わりませんでした。ディスクが応答していない可能性があります");
    if (outcome.fault || outcome.end != KB_CHILD_DONE || !scanned.state || !scanned.end)
        return kb_wrap(err, "while scanning %s", "%s を調べているとき", kb_escape(arena, path, strlen(path)));
    *ret_scanned = scanned;
    return 0;
}
