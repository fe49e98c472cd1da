/* SPDX-License-Identifier: Apache-2.0 */
/* What a unit's pass listed, compared with what earlier drills and verifications listed. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drill.h"
#include "koboshi/arena.h"
#include "koboshi/change.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/ledger.h"

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The entries of which a finding says that they could not be read. */
static void list_unread(const struct unit_run *unit, struct kb_change_params *params)
{
    static const enum kb_rule_id rules[] = {KB_RULE_ENCRYPTED, KB_RULE_ARCHIVE_BROKEN, KB_RULE_ARCHIVE_TRUNCATED,
                                            KB_RULE_READ_FAILED};
    const struct drill *drill = unit->drill;
    const char **names = kb_alloc(drill->arena, drill->n_findings, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < drill->n_findings; i++) {
        const struct kb_finding *finding = &drill->record->findings.v[i];
        bool is = false;
        for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
            is |= !strcmp(finding->rule, kb_rule(rules[k])->name);
        if (is && finding->entry && finding->set && !strcmp(finding->set, unit->set->id))
            names[n++] = finding->entry;
    }
    qsort(names, n, sizeof *names, by_text);
    params->unread = names;
    params->n_unread = n;
}

/* The unit's list, from its start: at hand, or of a drill that was resumed in the ledger. */
static int open_now(const struct unit_run *unit, int *ret_fd, struct kb_err *err)
{
    if (unit->list_fd < 0)
        return kb_ledger_object_open(unit->drill->params->ledger, unit->record->list, ret_fd, err);
    int fd = dup(unit->list_fd);
    if (fd < 0)
        return kb_fail(err, KB_EIO, "the list of entries cannot be read back", "項目の一覧を読み戻せません");
    *ret_fd = fd;
    return 0;
}

static int compare(struct unit_run *unit, const char *list, struct kb_change *ret_change, struct kb_err *err)
{
    KB_SCOPED_FD before = -1;
    KB_SCOPED_FD now = -1;
    struct kb_change_params params = {0};
    int code = kb_ledger_object_open(unit->drill->params->ledger, list, &before, err);
    if (!code)
        code = open_now(unit, &now, err);
    if (code)
        return code;
    params.before_fd = before;
    params.now_fd = now;
    list_unread(unit, &params);
    return kb_change_find(&params, unit->drill->arena, ret_change, err);
}

static struct kb_record_earlier record_of(const struct kb_earlier *earlier)
{
    return (struct kb_record_earlier){
        .drill = earlier->line->drill,
        .time = earlier->line->time,
        .list = earlier->read->list,
        .medium = earlier->read->medium,
        .file = earlier->read->file,
        .point_in_time = earlier->read->point_in_time,
    };
}

static void tell_lost(struct unit_run *unit, const struct kb_earlier *earlier, const struct kb_err *err)
{
    struct kb_arena *arena = unit->drill->arena;
    const struct kb_record_earlier with = record_of(earlier);
    struct kb_text text = kb_earlier_show(arena, &with);
    struct kb_finding *finding = kb_finding_make(arena, KB_RULE_COMPARE_LOST);
    finding->expected = kb_text_new(arena, "the list of %s%.0s", "%.0s%sの一覧", text.en, text.ja);
    finding->found = kb_text_new(arena, "%s%.0s", "%.0s%s", err->frame[0].en, err->frame[0].ja);
    kb_unit_finding(unit, finding);
}

/* What is not listed need not be gone. */
static bool is_partial(const struct kb_set_result *r)
{
    return r->proof.read != KB_REACHED || r->proof.structure == KB_NOT_REACHED ||
           (r->freshness && r->freshness->now != r->freshness->files);
}

static void note_change(struct unit_run *unit, const struct kb_earlier *earlier, const struct kb_change *c)
{
    struct drill *drill = unit->drill;
    const struct kb_set_result *r = &unit->record->result;
    struct kb_record_change *change = kb_alloc(drill->arena, 1, sizeof *change);
    *change = (struct kb_record_change){
        .with = record_of(earlier),
        .before = c->before,
        .now = c->now,
        .changed = c->changed,
        .vanished = c->vanished,
        .added = c->added,
        .moved = c->moved,
        .renamed = c->renamed,
        .unreadable = c->unreadable,
        .ending = c->ending,
        .ending_files = c->ending_files,
        .bytes_before = earlier->read->content,
        .bytes_now = r->bytes_unpacked,
        .judged_before = earlier->read->judged,
        .odd_before = earlier->read->odd,
        .named_before = earlier->read->named,
        .partial = is_partial(r),
        .changed_list = c->changed_list,
        .vanished_list = c->vanished_list,
        .added_list = c->added_list,
        .renamed_list = c->renamed_list,
        .moved_list = c->moved_list,
        .unreadable_list = c->unreadable_list,
    };
    unit->record->change = change;
    size_t n = 0;
    const struct kb_finding *findings = kb_change_judge(
        unit->record, unit->set->expect ? unit->set->expect->max_change : KB_ABSENT, drill->arena, &n);
    for (size_t i = 0; i < n; i++) {
        struct kb_finding finding = findings[i];
        kb_unit_finding(unit, &finding);
    }
}

/* Nothing but a manifest shows that what was backed up is there; that nothing has changed since shows our own list. */
static void note_baseline(struct unit_run *unit, const struct kb_earlier *first, const struct kb_change *c)
{
    struct kb_arena *arena = unit->drill->arena;
    struct kb_set_result *r = &unit->record->result;
    struct kb_record_baseline *baseline = kb_alloc(arena, 1, sizeof *baseline);
    bool partial = is_partial(r);
    *baseline = (struct kb_record_baseline){
        .with = record_of(first),
        .before = c->before,
        .changed = c->changed,
        .vanished = partial ? 0 : c->vanished,
        .added = c->added,
        .moved = c->moved,
    };
    unit->record->baseline = baseline;
    struct kb_finding *finding = kb_baseline_judge(unit->record, c, arena);
    if (finding)
        kb_unit_finding(unit, finding);
    if (finding || partial)
        return;
    struct kb_text with = kb_earlier_show(arena, &baseline->with);
    r->caveats.v = kb_grow(arena, r->caveats.v, r->caveats.n, sizeof *r->caveats.v);
    r->caveats.v[r->caveats.n++] = kb_text_new(
        arena, "Unchanged since %s%.0s (own list of %s files); this does not show that it was right then.",
        "%2$s以降、変わっていません（当時の自前の一覧 %3$s 件と一致）。当時の内容が正しかったことは示しません。%1$.0s",
        with.en, with.ja, kb_show_count(arena, c->before));
}

static bool has_manifest(const struct kb_record_unit *record)
{
    bool any = record->result.manifest_sha256 || record->result.files_compared;
    for (size_t i = 0; i < record->segments.n; i++)
        any |= record->segments.v[i].manifest_sha256 != NULL;
    return any;
}

static const struct kb_lines *lines_of(struct drill *drill)
{
    struct kb_err err = {0};
    if (drill->history)
        return drill->history;
    struct kb_lines *lines = kb_alloc(drill->arena, 1, sizeof *lines);
    if (kb_ledger_lines(drill->params->place->ledger, drill->arena, lines, &err))
        kb_drill_fault(drill, &err);
    drill->history = lines;
    return lines;
}

void kb_unit_history(struct unit_run *unit)
{
    struct drill *drill = unit->drill;
    struct kb_record_unit *record = unit->record;
    struct kb_change change;
    struct kb_err err = {0};
    bool listed = unit->list_fd >= 0 ? lseek(unit->list_fd, 0, SEEK_END) > 0 : record->list != NULL;
    if (!listed || !record->file || !record->medium || !record->result.files || record->change)
        return;
    const struct kb_lines *lines = lines_of(drill);
    struct kb_earlier earlier = kb_earlier_generation(lines, drill->params->plan->plan.id, record);
    struct kb_earlier first = kb_first_reading(lines, drill->params->plan->plan.id, record,
                                               unit->medium ? unit->medium->state.fs_uuid : NULL);
    const char *lost = NULL;
    if (earlier.line && compare(unit, earlier.read->list, &change, &err)) {
        tell_lost(unit, &earlier, &err);
        lost = earlier.read->list;
    } else if (earlier.line)
        note_change(unit, &earlier, &change);
    if (!first.line || has_manifest(record) || unit->set->method == KB_METHOD_MIRROR) /* a mirror is never finished */
        return;
    if (lost && !strcmp(lost, first.read->list)) /* told */
        return;
    err = (struct kb_err){0};
    if (compare(unit, first.read->list, &change, &err))
        tell_lost(unit, &first, &err);
    else
        note_baseline(unit, &first, &change);
}
