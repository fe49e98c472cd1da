/* SPDX-License-Identifier: Apache-2.0 */
/* The books of a drill: locks, its lines in the ledger, its record folder. */
#include "book.h"

#include <string.h>
#include <unistd.h>

#include "attend.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/ledger.h"
#include "koboshi/lock.h"
#include "koboshi/register.h"
#include "medium.h"

enum { SHORT_UUID = 8 };

static const char *drill_name(struct drill *drill, int64_t number)
{
    const char *uuid = kb_ledger_uuid(drill->params->ledger);
    return number == KB_ABSENT ? kb_sprintf(drill->arena, "koboshi-%.*s-verify", SHORT_UUID, uuid)
                               : kb_sprintf(drill->arena, "koboshi-%.*s-%06lld", SHORT_UUID, uuid, (long long)number);
}

static void add_stale_mount(struct drill *drill, const char *folder)
{
    if (geteuid() != 0)
        return; /* only root mounts */
    drill->stale_mounts.v = kb_grow(drill->arena, drill->stale_mounts.v, drill->stale_mounts.n,
                                    sizeof *drill->stale_mounts.v);
    drill->stale_mounts.v[drill->stale_mounts.n++] = folder;
}

static void add_stale(struct drill *drill, int64_t number)
{
    const struct kb_run_place *place = drill->params->place;
    const char *name = drill_name(drill, number);
    drill->stale_scratch.v = kb_grow(drill->arena, drill->stale_scratch.v, drill->stale_scratch.n,
                                     sizeof *drill->stale_scratch.v);
    drill->stale_scratch.v[drill->stale_scratch.n++] = kb_sprintf(drill->arena, "%s/%s", place->scratch, name);
    add_stale_mount(drill, kb_sprintf(drill->arena, "%s/%s", place->mounts, name));
}

/* Drills whose process is gone get their line, and what they left is swept by the first worker of this one. */
static int note_interrupted(struct drill *drill, struct kb_err *err)
{
    size_t n = 0;
    struct kb_drill_numbers waiting = {0};
    kb_attend_waiting(drill, &waiting);
    int code = kb_ledger_interrupted(drill->params->ledger, &waiting, &n, err);
    struct kb_lines lines = {0};
    if (!code && n)
        code = kb_ledger_lines(drill->params->place->ledger, drill->arena, &lines, err);
    for (size_t i = lines.n; !code && n && i-- > 0;) {
        if (strcmp(lines.v[i].kind, kb_line_kind_names[KB_LINE_DRILL_INTERRUPTED]) != 0)
            continue;
        add_stale(drill, lines.v[i].drill);
        n--;
    }
    return code;
}

/* A medium is one thing on this machine; a system is one of its plan, that is, of this ledger. */
static int take_lock(struct drill *drill, enum kb_lock_kind kind, const char *id, struct kb_err *err)
{
    const char *locks = drill->params->place->locks;
    struct kb_lock lock = {.dir = kind == KB_LOCK_MEDIUM
                                      ? locks
                                      : kb_sprintf(drill->arena, "%s/%s", locks, kb_ledger_uuid(drill->params->ledger)),
                           .kind = kind,
                           .id = id,
                           .drill = KB_ABSENT};
    int fd = -1, code = kb_lock_take(&lock, &fd, err);
    if (code)
        return code;
    drill->locks.v = kb_grow(drill->arena, drill->locks.v, drill->locks.n, sizeof *drill->locks.v);
    drill->locks.v[drill->locks.n++] = fd;
    return 0;
}

/* UUIDs are compared without regard to case. */
const char *kb_medium_lock_id(struct kb_arena *arena, const struct kb_medium *medium)
{
    char *id = kb_strdup(arena, medium->fs_uuid ? medium->fs_uuid : medium->mount);
    for (char *at = id; medium->fs_uuid && *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return id;
}

static int take_locks(struct drill *drill, struct kb_err *err)
{
    int code = 0;
    for (size_t i = 0; !code && i < drill->n_media; i++)
        code = take_lock(drill, KB_LOCK_MEDIUM, kb_medium_lock_id(drill->arena, drill->media[i].plan), err);
    for (size_t i = 0; !code && i < drill->n_units; i++) {
        const struct kb_system *system = drill->units[i].system;
        bool earlier = false;
        for (size_t k = 0; k < i; k++)
            earlier |= drill->units[k].system == system;
        if (system && !earlier)
            code = take_lock(drill, KB_LOCK_SYSTEM,
                             kb_sprintf(drill->arena, "%s (%s)", system->id, drill->params->plan->plan.id), err);
    }
    return code;
}

static struct kb_line new_line(const struct drill *drill, enum kb_line_kind kind)
{
    const struct kb_record *record = drill->record;
    struct kb_line line;
    kb_line_init(&line, kind);
    line.plan = record->plan.id;
    line.plan_version = record->plan.version;
    line.plan_sha256 = record->plan.sha256;
    line.name = record->drill;
    line.operator_ = record->operator_;
    line.disrupted_at = record->disrupted_at;
    line.agent_version = record->agent_version;
    return line;
}

/* A busy lock is expected and is no drill; that it was tried stays visible. */
static int note_not_run(struct drill *drill, struct kb_err *err)
{
    struct kb_line line = new_line(drill, KB_LINE_NOT_RUN);
    line.reason = (struct kb_text){.ja = err->frame[0].ja, .en = err->frame[0].en};
    struct kb_err second = {0};
    if (kb_ledger_append(drill->params->ledger, &line, &second))
        *err = second;
    return err->code;
}

static void name_folders(struct drill *drill, int64_t number)
{
    drill->name = drill_name(drill, number);
    if (number != KB_ABSENT) /* a verification restores nothing */
        drill->record->scratch = kb_sprintf(drill->arena, "%s/%s", drill->params->place->scratch, drill->name);
    drill->record->ledger = kb_strdup(drill->arena, kb_ledger_uuid(drill->params->ledger));
}

/* Anybody who can write the plan can write an approval into it; the ledger is signed. */
static int note_approval(struct drill *drill, struct kb_err *err)
{
    const struct kb_plan *plan = drill->params->plan;
    struct kb_lines lines = {0};
    if (drill->params->kind != KB_RECORD_DRILL || kb_plan_approval(plan) != KB_APPROVAL_CURRENT)
        return 0;
    int code = kb_ledger_lines(drill->params->place->ledger, drill->arena, &lines, err);
    if (code)
        return kb_wrap(err, "looking up the approval of the plan", "計画の承認の記録の確認中");
    if (kb_register_approved(&lines, plan))
        return 0;
    struct kb_record *record = drill->record;
    record->deviations.v = kb_grow(drill->arena, record->deviations.v, record->deviations.n,
                                   sizeof *record->deviations.v);
    record->deviations.v[record->deviations.n++] = kb_text_new(
        drill->arena, "The approval by %s stands in the plan, but this ledger has no line of it (koboshi approve).",
        "計画には %s による承認が書かれていますが、この台帳には承認の記録（koboshi approve）がありません。",
        kb_printable(drill->arena, plan->plan.approval->approved->by));
    return 0;
}

int kb_book_start(struct drill *drill, struct kb_err *err)
{
    int code = note_interrupted(drill, err);
    if (code)
        return code;
    bool resumed = kb_attend_is_resumed(drill);
    kb_drill_media_plan(drill);
    code = kb_threat_begin(drill, err);
    if (!code)
        code = note_approval(drill, err);
    if (!code && resumed) /* before the locks: whoever has it has its media too */
        code = kb_drill_resume(drill->params->ledger, kb_attend_number(drill), &drill->booked, err);
    if (!code)
        code = take_locks(drill, err);
    if (code)
        return code == KB_EAGAIN && !resumed ? note_not_run(drill, err) : code;
    if (drill->params->kind == KB_RECORD_VERIFY) {
        name_folders(drill, KB_ABSENT);
        for (size_t i = 0; i < drill->n_media; i++) /* nobody else has them: their locks are ours */
            add_stale_mount(drill, kb_medium_folder(drill, drill->media[i].plan));
        return 0;
    }
    if (resumed) {
        name_folders(drill, kb_attend_number(drill));
        add_stale_mount(drill, kb_sprintf(drill->arena, "%s/%s", drill->params->place->mounts, drill->name));
        return kb_attend_restore(drill, err);
    }
    struct kb_line line = new_line(drill, KB_LINE_DRILL_STARTED);
    code = kb_drill_begin(drill->params->ledger, &line, &drill->booked, err);
    if (code)
        return code;
    drill->record->id = kb_drill_number(drill->booked);
    name_folders(drill, drill->record->id);
    kb_event(&drill->events, kb_drill_now(drill), "drill_started",
             json_pack("{s:I}", "drill", (json_int_t)drill->record->id));
    return 0;
}

int kb_book_lists(struct drill *drill, struct kb_err *err)
{
    for (size_t i = 0; i < drill->n_units; i++) {
        struct unit_run *unit = &drill->units[i];
        if (unit->list_fd < 0 || unit->child || unit->record->list || unit->record->result.files == 0 ||
            lseek(unit->list_fd, 0, SEEK_END) <= 0)
            continue;
        if (lseek(unit->list_fd, 0, SEEK_SET) != 0)
            return kb_fail(err, KB_EIO, "the list of entries cannot be read back", "項目の一覧を読み戻せません");
        char name[65];
        int code = kb_ledger_object(drill->params->ledger, unit->list_fd, name, err);
        if (code)
            return code;
        unit->record->list = kb_strdup(drill->arena, name);
    }
    return 0;
}

int kb_book_finish(struct drill *drill, struct kb_err *err)
{
    int code = kb_book_lists(drill, err);
    if (!code && drill->params->kind == KB_RECORD_VERIFY)
        return kb_ledger_verified(drill->params->ledger, drill->record, err);
    kb_event(&drill->events, kb_drill_now(drill), "drill_finished", NULL);
    const struct kb_drill_files files = {.plan = drill->params->plan->source,
                                         .plan_n = drill->params->plan->source_n,
                                         .events = drill->events.bytes,
                                         .events_n = drill->events.n};
    if (!code)
        code = kb_drill_finish(drill->booked, drill->record, &files, err);
    return code;
}
