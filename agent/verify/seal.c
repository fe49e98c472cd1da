/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest of a folder or file: the list that a pass over it makes. */
#include "koboshi/seal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/text.h"
#include "pass.h"

struct sealing {
    const struct kb_reporter *reporter;
    struct kb_err *err;
    int code;
};

static const char *sentence(struct kb_arena *arena, const struct kb_finding *finding, enum kb_lang lang)
{
    const char *where = finding->entry ? finding->entry : finding->file;
    return kb_sprintf(arena, "%s: %s (%s)", where, kb_pick(finding->title, lang), kb_pick(finding->found, lang));
}

static void take_finding(void *owner, const struct kb_finding *finding)
{
    struct sealing *s = owner;
    KB_SCOPED_ARENA arena = kb_arena_new();
    if (finding->severity == KB_BAD && !s->code)
        s->code = kb_fail(s->err, KB_EIO, "%s%.0s", "%.0s%s", sentence(arena, finding, KB_EN),
                          sentence(arena, finding, KB_JA));
    s->reporter->finding(s->reporter->owner, finding);
}

static void pass_progress(void *owner, const struct kb_progress *progress)
{
    struct sealing *s = owner;
    if (s->reporter->progress)
        s->reporter->progress(s->reporter->owner, progress);
}

int kb_seal(const struct kb_seal *params, const struct kb_reporter *reporter, struct kb_arena *arena,
            struct kb_set_result *ret_result, struct kb_err *err)
{
    struct stat st;
    if (lstat(params->path, &st))
        return kb_fail(err, kb_code_of_errno(errno), "%s cannot be looked at: %s", "%s を確認できません: %s",
                       params->path, strerror(errno));
    const struct kb_job_set set = {
        .format = S_ISDIR(st.st_mode) ? KB_FORMAT_TREE : KB_FORMAT_FILE, .file = params->path, .source = params->path};
    struct kb_pass *pass;
    int r = kb_pass_open(&set, arena, &pass, err);
    if (r)
        return r;
    pass->skip = params->skip;
    struct sealing sealing = {.reporter = reporter, .err = err};
    const struct kb_reporter inner = {.owner = &sealing, .finding = take_finding, .progress = pass_progress};
    struct kb_set_result result;
    r = kb_pass_run(pass, NULL, params->out_fd, &inner, arena, &result, err);
    kb_pass_close(pass);
    if (!r && !sealing.code)
        *ret_result = result;
    return r ? r : sealing.code;
}
