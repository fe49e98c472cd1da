/* SPDX-License-Identifier: Apache-2.0 */
/* The open stage: locate, mount, list; and what a medium's state means as a finding. */
#include "koboshi/media.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

#include "device.h"
#include "kind.h"

static const struct verdict {
    bool bad;
    enum kb_rule_id rule;
} verdicts[] = {
    [KB_MEDIUM_READY] = {false, KB_RULE_COUNT},         [KB_MEDIUM_ABSENT] = {true, KB_RULE_MEDIUM_ABSENT},
    [KB_MEDIUM_WRONG] = {true, KB_RULE_MEDIUM_WRONG},   [KB_MEDIUM_EMPTY] = {true, KB_RULE_MOUNT_EMPTY},
    [KB_MEDIUM_TWICE] = {true, KB_RULE_MEDIUM_TWICE},   [KB_MEDIUM_UNREADABLE] = {true, KB_RULE_MEDIUM_UNREADABLE},
    [KB_MEDIUM_LOCKED] = {true, KB_RULE_MEDIUM_LOCKED},
};

const struct kb_text kb_rights_next = {
    .en = "The medium itself may be sound: run koboshi as root, or give this account the right to read the folder.",
    .ja =
        "媒体の故障とは限りません。koboshi を root で実行するか、このアカウントにフォルダを読む権限を与えてください。"};

static bool is_forbidden(const char *folder)
{
    KB_SCOPED_FD fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 && kb_code_of_errno(errno) == KB_EPERM;
}

static void report(const struct kb_job_medium *medium, const struct kb_medium_state *state, enum kb_rule_id rule,
                   struct kb_arena *arena, const struct kb_media_sink *sink)
{
    struct kb_finding *finding = kb_finding_make(arena, rule);
    finding->medium = medium->id;
    finding->expected = kb_media_kind(medium->kind)->describe(medium, arena);
    finding->found = state->detail;
    if (rule == KB_RULE_MEDIUM_UNREADABLE && !kb_medium_is_disk(medium->kind) && is_forbidden(medium->mount))
        finding->next = kb_rights_next;
    if (rule == KB_RULE_MEDIUM_WRONG && kb_media_kind(medium->kind)->wrong.en)
        finding->next = kb_media_kind(medium->kind)->wrong;
    sink->finding(sink->owner, finding);
}

int kb_media_open_stage(const struct kb_job *job, struct kb_arena *arena, const struct kb_media_sink *sink,
                        struct kb_err *err)
{
    const struct kb_job_medium *medium = job->medium;
    if (!medium)
        return kb_fail(err, KB_EWORKER, "the job names no medium", "ジョブに媒体の指定がありません");
    struct kb_medium_state *state = kb_alloc(arena, 1, sizeof *state);
    int rc = kb_media_locate(medium, arena, state, err);
    if (!rc)
        rc = kb_media_mount(medium, arena, state, err);
    if (rc)
        return rc;
    sink->medium(sink->owner, state);
    if (verdicts[state->status].bad) {
        report(medium, state, verdicts[state->status].rule, arena, sink);
        return 0;
    }
    if (state->unclean)
        report(medium, state, KB_RULE_MEDIUM_UNCLEAN, arena, sink);
    if (state->writable_elsewhere)
        report(medium, state, kb_media_kind(medium->kind)->writable, arena, sink);
    return kb_media_generations(job, state, arena, sink, err);
}
