/* SPDX-License-Identifier: Apache-2.0 */
/* Before a disk is exchanged: find it, verify it if asked, list it, judge it, and log that it left. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alone.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/lock.h"
#include "koboshi/media.h"
#include "line.h"
#include "medium.h"
#include "outcome.h"
#include "swap.h"

enum { SHORT_UUID = 8, MANIFESTS = 1 << 20 /* added to the index of a copy: what is listed are its manifests */ };

struct swapping {
    const struct kb_swap_params *params;
    struct kb_arena *arena;
    struct kb_swap *swap;
    struct kb_swap_listing listing;
    struct kb_job_medium medium;
    bool asked;
};

static const char *name_of(struct kb_arena *arena, const struct kb_medium *medium)
{
    return kb_printable(arena, medium->label ? medium->label : medium->id);
}

static bool is_in(const struct kb_rotation *rotation, const char *medium)
{
    for (size_t i = 0; i < rotation->disks.n; i++)
        if (!strcmp(rotation->disks.v[i], medium))
            return true;
    return false;
}

static int nobody_here(const struct swapping *s, struct kb_err *err)
{
    const struct kb_rotation *rotation = s->params->rotation;
    const char *names = "";
    for (size_t i = 0; i < rotation->disks.n; i++)
        names = kb_sprintf(s->arena, "%s%s%s", names, i ? ", " : "",
                           name_of(s->arena, kb_plan_medium(s->params->plan, rotation->disks.v[i])));
    return kb_fail(err, KB_EAGAIN, "no disk of the rotation %s is attached (%s); attach the one that is to leave",
                   "交換サイクル %s のディスクが接続されていません（%s）。外す予定のディスクを接続してください",
                   rotation->id, names);
}

static int which(const struct swapping *s, const char *names, struct kb_err *err)
{
    return kb_fail(err, KB_EUSAGE,
                   "several disks of the rotation %s are attached (%s) and the ledger does not know which is in use; "
                   "name the one that comes with --to",
                   "交換サイクル %s のディスクが複数接続されています（%s）。使用中のものが台帳から分かりません。"
                   "これから使う方を --to で指定してください",
                   s->params->rotation->id, names);
}

/* The one that leaves: the only one here; of several the one in use, or the one that is not to come. */
static int find_out(struct swapping *s, const struct kb_look *look, struct kb_err *err)
{
    const struct kb_medium *to = s->params->to;
    const struct kb_look_medium *chosen = NULL;
    const char *names = "";
    size_t n = 0, candidates = 0;
    for (size_t i = 0; i < look->media.n; i++) {
        const struct kb_look_medium *at = &look->media.v[i];
        if (!is_in(s->params->rotation, at->medium->id) || !kb_medium_is_here(at->medium, &at->state))
            continue;
        names = kb_sprintf(s->arena, "%s%s%s", names, n++ ? ", " : "", name_of(s->arena, at->medium));
        if (at->medium == to)
            continue;
        candidates++;
        if (!chosen || (s->swap->turn.out && !strcmp(s->swap->turn.out, at->medium->id)))
            chosen = at;
    }
    if (!n)
        return nobody_here(s, err);
    if (!chosen)
        return kb_fail(err, KB_EUSAGE, "%s is the disk that --to names, and it is the only one attached",
                       "接続されているのは --to で指定した %s だけです", names);
    bool known = s->swap->turn.out && !strcmp(s->swap->turn.out, chosen->medium->id);
    if (candidates > 1 && !known)
        return which(s, names, err);
    s->swap->out = chosen->medium;
    s->swap->look = chosen;
    s->swap->state = chosen->state;
    return 0;
}

static void find_in(struct swapping *s)
{
    const char *next = kb_rotation_next(s->params->rotation, s->swap->out->id);
    s->swap->in = s->params->to ? s->params->to : next ? kb_plan_medium(s->params->plan, next) : NULL;
}

static int verify(struct swapping *s, struct kb_err *err)
{
    const struct kb_swap_params *params = s->params;
    const struct kb_plan *plan = params->plan;
    const char **sets = kb_alloc(s->arena, plan->backup_sets.n, sizeof *sets);
    size_t n = 0;
    for (size_t i = 0; i < plan->backup_sets.n; i++)
        for (size_t k = 0; k < plan->backup_sets.v[i].copies.n; k++)
            if (!strcmp(plan->backup_sets.v[i].copies.v[k].medium, s->swap->out->id)) {
                sets[n++] = plan->backup_sets.v[i].id;
                break;
            }
    if (!n)
        return 0;
    const char **media = kb_alloc(s->arena, 1, sizeof *media);
    media[0] = s->swap->out->id;
    enum { PASS_S = 24 * 3600 }; /* the largest disk, read whole */
    struct kb_drill *only = kb_alloc(s->arena, 1, sizeof *only);
    *only = (struct kb_drill){.title = plan->plan.title, .max_duration = PASS_S, .media = {.n = 1, .v = media}};
    only->generation.before = only->restore.sample = KB_ABSENT;
    const struct kb_run_params run = {.plan = plan,
                                      .drill = only,
                                      .kind = KB_RECORD_VERIFY,
                                      .sets = sets,
                                      .n_sets = n,
                                      .disrupted_at = KB_ABSENT,
                                      .place = params->place,
                                      .watch = params->watch,
                                      .ledger = params->ledger};
    const struct kb_record *record = NULL;
    int status = 0, code = kb_run_drill(&run, s->arena, &record, &status, err);
    if (code)
        return code;
    if (record->status == KB_RECORD_CANCELED)
        return kb_fail(err, KB_ECANCELED, "cancelled", "中止されました");
    if (record->fault) {
        kb_fault_to_err(record->fault, err);
        return err->code;
    }
    for (size_t i = 0; i < record->findings.n; i++)
        if (record->findings.v[i].set) /* those of the medium itself come again when it is opened */
            kb_swap_finding(s->swap, s->arena, &record->findings.v[i]);
    return 0;
}

static void on_reply(void *owner, const struct kb_reply *reply)
{
    struct swapping *s = owner;
    if (reply->kind == KB_REPLY_MEDIUM) {
        s->swap->state = *reply->medium;
        s->swap->state.medium = s->swap->out->id; /* whatever the worker says */
        s->asked = true;
    } else if (reply->kind == KB_REPLY_FINDING) {
        struct kb_finding finding = *reply->finding;
        finding.medium = s->swap->out->id;
        kb_swap_finding(s->swap, s->arena, &finding);
    } else if (reply->kind == KB_REPLY_GENERATION) {
        struct kb_generation generation = *reply->generation;
        bool manifest = generation.copy >= MANIFESTS;
        struct kb_swap_listing *listing = &s->listing;
        if (manifest) {
            listing->manifests.v = kb_grow(s->arena, listing->manifests.v, listing->manifests.n,
                                           sizeof *listing->manifests.v);
            listing->manifests.v[listing->manifests.n++] = generation;
        } else {
            listing->generations.v = kb_grow(s->arena, listing->generations.v, listing->generations.n,
                                             sizeof *listing->generations.v);
            listing->generations.v[listing->generations.n++] = generation;
        }
    }
}

static int errand(struct swapping *s, struct kb_job *job, bool listens, struct kb_err *err)
{
    job->zone = s->params->plan->plan.timezone;
    job->sandbox = (int)s->params->place->sandbox;
    job->fiscal_year_start = kb_fiscal_year_start(s->params->plan);
    const struct kb_child_params params = {.program = s->params->place->worker,
                                           .job = job,
                                           .list_fd = -1,
                                           .timeout_s = KB_MEDIA_TIMEOUT_S,
                                           .arena = s->arena,
                                           .owner = s,
                                           .reply = listens ? on_reply : NULL};
    struct kb_child_outcome outcome = {0};
    int code = kb_alone(&params, &outcome, err);
    if (!code && outcome.end != KB_CHILD_DONE) {
        kb_outcome_err(&outcome, err);
        code = kb_wrap(err, "looking at medium %s", "媒体 %s の確認中", s->swap->out->id);
    }
    return code;
}

static void add_copies(struct swapping *s, struct kb_job *job)
{
    const struct kb_plan *plan = s->params->plan;
    for (size_t i = 0; i < plan->backup_sets.n; i++)
        for (size_t k = 0; k < plan->backup_sets.v[i].copies.n; k++) {
            const struct kb_set *set = &plan->backup_sets.v[i];
            if (strcmp(set->copies.v[k].medium, s->swap->out->id) != 0)
                continue;
            job->copies.v = kb_grow(s->arena, job->copies.v, job->copies.n, sizeof *job->copies.v);
            job->copies.v[job->copies.n++] = kb_copy_job(set, k);
            if (!set->copies.v[k].manifest)
                continue;
            job->copies.v = kb_grow(s->arena, job->copies.v, job->copies.n, sizeof *job->copies.v);
            job->copies.v[job->copies.n++] = (struct kb_job_copy){.set = set->id,
                                                                  .index = (int64_t)k + MANIFESTS,
                                                                  .format = KB_FORMAT_FILE,
                                                                  .tool = KB_TOOL_OTHER,
                                                                  .method = KB_METHOD_FULL,
                                                                  .path = set->copies.v[k].manifest};
        }
}

/* Opened, listed, and released again, also when it was not to be had: what a crash left is swept first. */
static int list(struct swapping *s, struct kb_err *err)
{
    const struct kb_swap_params *params = s->params;
    const char *folder = kb_sprintf(s->arena, "%s/koboshi-%.*s-swap-%s", params->place->mounts, SHORT_UUID,
                                    kb_ledger_uuid(params->ledger), s->swap->out->id);
    const struct kb_lock lock = {.dir = params->place->locks,
                                 .kind = KB_LOCK_MEDIUM,
                                 .id = kb_medium_lock_id(s->arena, s->swap->out),
                                 .drill = KB_ABSENT};
    KB_SCOPED_FD held = -1;
    int code = kb_lock_take(&lock, &held, err);
    if (code)
        return code;
    s->medium = kb_medium_job(s->swap->out);
    s->medium.mount_at = kb_sprintf(s->arena, "%s/%s", folder, s->swap->out->id);
    struct kb_job sweep = {.stage = KB_STAGE_CLEANUP, .sweep = {.n = 1, .v = &folder}};
    if (geteuid() == 0 && !access(folder, F_OK))
        code = errand(s, &sweep, false, err);
    struct kb_job open = {.stage = KB_STAGE_MEDIA_OPEN, .medium = &s->medium};
    add_copies(s, &open);
    if (!code)
        code = errand(s, &open, true, err);
    if (!code && !s->asked)
        code = kb_fail(err, KB_EWORKER, "the medium %s was not looked at", "媒体 %s を確認できませんでした",
                       s->swap->out->id);
    struct kb_job close = {.stage = KB_STAGE_MEDIA_CLOSE, .medium = &s->medium};
    struct kb_err second = {0};
    int closed = errand(s, &close, false, &second);
    if (closed && !code) {
        *err = second;
        code = closed;
    }
    if (!closed)
        (void)rmdir(folder);
    return code;
}

static void add_look_findings(struct swapping *s, const struct kb_look *look)
{
    size_t n;
    const struct kb_finding *all = kb_look_findings(s->params->plan, look, s->arena, &n);
    const char *const wanted[] = {kb_rule(KB_RULE_MEDIUM_FAILING)->name, kb_rule(KB_RULE_MEDIUM_WEARING)->name,
                                  kb_rule(KB_RULE_ROTATION_TOGETHER)->name};
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
            if (!strcmp(all[i].rule, wanted[k]) && all[i].medium && is_in(s->params->rotation, all[i].medium))
                kb_swap_finding(s->swap, s->arena, &all[i]);
}

int kb_run_swap(const struct kb_swap_params *params, struct kb_arena *arena, const struct kb_swap **ret_swap,
                struct kb_err *err)
{
    struct swapping s = {.params = params, .arena = arena, .swap = kb_alloc(arena, 1, sizeof *s.swap)};
    const struct kb_look *look = NULL;
    struct kb_lines lines = {0};
    int code = kb_ledger_lines(params->place->ledger, arena, &lines, err);
    if (!code)
        code = kb_run_look(params->plan, params->place, true, arena, &look, err);
    if (code)
        return code;
    kb_register_turn(params->plan, params->rotation, &lines, kb_wall_s(), &s.swap->turn);
    if (find_out(&s, look, err))
        return err->code;
    find_in(&s);
    add_look_findings(&s, look);
    if (params->verify)
        code = verify(&s, err);
    if (!code && params->verify)
        code = kb_ledger_lines(params->place->ledger, arena, &lines, err);
    if (!code)
        code = list(&s, err);
    if (code)
        return code;
    struct kb_medium_history history;
    kb_register_history(&lines, params->plan->plan.id, s.swap->out->id, &history);
    bool another = history.left && history.left->fs_uuid && s.swap->state.fs_uuid &&
                   !kb_same_uuid(history.left->fs_uuid, s.swap->state.fs_uuid);
    s.swap->last = another ? NULL
                           : history.left; /* that of the disk which had its id before says nothing of this one */
    s.swap->generations.n = s.listing.generations.n;
    s.swap->generations.v = s.listing.generations.v;
    kb_swap_judge(params, &s.listing, &lines, kb_wall_s(), arena, s.swap);
    *ret_swap = s.swap;
    return 0;
}

static int newest_first(const void *a, const void *b)
{
    const struct kb_line_generation *x = a, *y = b;
    return x->point_in_time == y->point_in_time  ? strcmp(x->path, y->path)
           : x->point_in_time < y->point_in_time ? 1
                                                 : -1;
}

int kb_run_swap_log(const struct kb_swap_params *params, const struct kb_swap *swap, struct kb_arena *arena,
                    struct kb_err *err)
{
    struct kb_line line;
    kb_line_of_plan(params->plan, KB_LINE_MEDIUM_SWAPPED, arena, &line);
    kb_line_name_medium(&line, swap->out, &swap->state);
    line.medium_in = swap->in ? swap->in->id : NULL;
    line.rotation = params->rotation->id;
    line.generations.v = kb_alloc(arena, swap->generations.n, sizeof *line.generations.v);
    for (size_t i = 0; i < swap->generations.n; i++) {
        const struct kb_generation *g = &swap->generations.v[i];
        line.generations.v[line.generations.n++] = (struct kb_line_generation){
            .set = g->set,
            .path = kb_escape(arena, g->path, strlen(g->path)),
            .point_in_time = g->point_in_time,
            .bytes = g->bytes,
        };
    }
    if (line.generations.n)
        qsort(line.generations.v, line.generations.n, sizeof *line.generations.v, newest_first);
    const char *en = "", *ja = "";
    for (size_t i = 0; !swap->good && i < swap->findings.n; i++) {
        const struct kb_finding *finding = &swap->findings.v[i];
        if (finding->severity != KB_BAD)
            continue;
        const char *set = finding->set ? finding->set : "";
        en = kb_sprintf(arena, "%s%s%s%s%s", en, *en ? "; " : "", set, *set ? ": " : "",
                        kb_pick(finding->title, KB_EN));
        ja = kb_sprintf(arena, "%s%s%s%s%s", ja, *ja ? "、" : "", set, *set ? ": " : "",
                        kb_pick(finding->title, KB_JA));
    }
    enum { REASON_MAX = 2000 }; /* bytes; all of it was told when it was asked */
    if (*en) {
        line.reason.en = kb_sprintf(arena, "exchanged although: %.*s", (int)kb_fit(en, REASON_MAX), en);
        line.reason.ja = kb_sprintf(arena, "次の指摘がありましたが交換しました: %.*s", (int)kb_fit(ja, REASON_MAX), ja);
    }
    kb_line_fit(&line);
    return kb_ledger_append(params->ledger, &line, err);
}
