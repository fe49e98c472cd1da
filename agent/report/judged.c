/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts, totals and their words, read off a record. */
#include "judged.h"

#include <inttypes.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"

bool kb_unit_was_read(const struct kb_record_unit *unit)
{
    const struct kb_set_result *r = &unit->result;
    return r->bytes_read > 0 || r->files > 0 || r->read_ns > 0;
}

int kb_unit_shown_status(const struct kb_record_unit *unit)
{
    bool good = unit->status == KB_UNIT_GOOD || unit->status == KB_UNIT_CONDITIONAL;
    return good && unit->result.files <= 0 ? KB_UNIT_FAILED : unit->status;
}

enum kb_tone kb_unit_tone(const struct kb_record_unit *unit)
{
    switch (kb_unit_shown_status(unit)) {
    case KB_UNIT_GOOD:
        return KB_TONE_GOOD;
    case KB_UNIT_CONDITIONAL:
    case KB_UNIT_PARTIAL:
        return KB_TONE_WARN;
    case KB_UNIT_NOT_RUN:
    case KB_UNIT_CANCELED:
        return KB_TONE_DIM;
    default:
        return KB_TONE_BAD;
    }
}

enum kb_tone kb_verdict_tone(int verdict)
{
    return verdict == KB_VERDICT_MET           ? KB_TONE_GOOD
           : verdict == KB_VERDICT_CONDITIONAL ? KB_TONE_WARN
           : verdict == KB_VERDICT_MISSED      ? KB_TONE_BAD
                                               : KB_TONE_DIM;
}

static const char *marked(const struct kb_view *view, enum kb_tone tone, const char *word)
{
    return kb_sprintf(view->arena, "%s %s", kb_view_mark(view, tone), word);
}

const char *kb_unit_status_text(const struct kb_view *view, const struct kb_record_unit *unit)
{
    return marked(view, kb_unit_tone(unit), kb_view_name(view, KB_T_UNIT, kb_unit_shown_status(unit)));
}

int64_t kb_function_total(const struct kb_record_function *f)
{
    int64_t total;
    if (f->recovery_s == KB_ABSENT || !f->counts_detection || f->detect_s == KB_ABSENT)
        return f->recovery_s;
    return __builtin_add_overflow(f->recovery_s, f->detect_s, &total) ? KB_ABSENT : total;
}

bool kb_function_is_estimated(const struct kb_record_function *f)
{
    bool estimated = false;
    for (size_t i = 0; i < f->parts.n; i++)
        estimated |= f->parts.v[i].critical && f->parts.v[i].source == KB_TIME_ESTIMATED;
    return estimated;
}

const char *kb_function_total_text(const struct kb_view *view, const struct kb_record_function *f)
{
    const char *total = kb_view_seconds(view, kb_function_total(f));
    bool at_least = f->recovery_s != KB_ABSENT && (f->lower_bound || (f->counts_detection && f->detect_s == KB_ABSENT));
    if (at_least)
        total = kb_sprintf(view->arena, view->lang == KB_JA ? "%s以上" : "at least %s", total);
    if (!kb_function_is_estimated(f))
        return total;
    return kb_sprintf(view->arena, view->lang == KB_JA ? "%s、推定を含む" : "%s, partly estimated", total);
}

const char *kb_function_detail_text(const struct kb_view *view, const struct kb_record_function *f)
{
    struct kb_arena *arena = view->arena;
    if (f->detect_s == KB_ABSENT)
        return kb_pick(kb_text_new(arena, "detection: not declared", "検知まで：未申告"), view->lang);
    const char *detect = kb_view_seconds(view, f->detect_s), *recovery = kb_view_seconds(view, f->recovery_s);
    struct kb_text text = f->counts_detection
                              ? kb_text_new(arena, "detection %s + recovery %s", "検知 %s ＋ 復旧 %s", detect, recovery)
                              : kb_text_new(arena, "detection %s not counted", "検知まで%sは含まず", detect);
    return kb_pick(text, view->lang);
}

static bool is_measured(const struct kb_record_part *part)
{
    return part->source == KB_TIME_ATTENDED || part->source == KB_TIME_MEASURED;
}

static bool has_unmeasured(const struct kb_record_function *f)
{
    bool unmeasured = f->counts_detection; /* detection is declared, never measured */
    for (size_t i = 0; i < f->parts.n; i++)
        unmeasured |= f->parts.v[i].critical && !is_measured(&f->parts.v[i]);
    return unmeasured;
}

const char *kb_function_sources_text(const struct kb_view *view, const struct kb_record_function *f)
{
    struct kb_arena *arena = view->arena;
    const char *text = "";
    for (int source = 0; source <= KB_TIME_UNDECLARED; source++) {
        int64_t sum = 0;
        size_t n = 0;
        for (size_t i = 0; i < f->parts.n; i++) {
            const struct kb_record_part *part = &f->parts.v[i];
            if (!part->critical || part->source != source)
                continue;
            n++;
            if (part->length_s != KB_ABSENT && __builtin_add_overflow(sum, part->length_s, &sum))
                return kb_view_word(view, KB_W_MISSING);
        }
        if (!n)
            continue;
        const char *amount = source == KB_TIME_UNDECLARED
                                 ? kb_pick(kb_text_new(arena, "%zu part(s)", "%zu工程", n), view->lang)
                                 : kb_view_seconds(view, sum);
        text = kb_sprintf(arena, view->lang == KB_JA ? "%s%s%s %s" : "%s%s%s %s", text,
                          !*text                ? ""
                          : view->lang == KB_JA ? " ＋ "
                                                : " + ",
                          kb_view_name(view, KB_T_SOURCE, source), amount);
    }
    return kb_view_string(view, text);
}

bool kb_function_is_lost(const struct kb_record_function *f, bool data)
{
    int64_t limit = data ? f->rpo : f->rto, used = data ? f->age_s : kb_function_total(f);
    return (data ? f->data : f->time) == KB_VERDICT_MISSED &&
           (used == KB_ABSENT || limit == KB_ABSENT || used <= limit);
}

const struct kb_record_part *kb_function_parts(const struct kb_view *view, const struct kb_record_function *f,
                                               size_t *ret_n)
{
    int64_t offset = f->counts_detection && f->detect_s > 0 ? f->detect_s : 0;
    struct kb_record_part *parts = kb_alloc(view->arena, f->parts.n + 1, sizeof *parts);
    size_t n = 0;
    if (f->counts_detection)
        parts[n++] = (struct kb_record_part){.text = kb_word(KB_W_DETECTION),
                                             .length_s = f->detect_s,
                                             .critical = true,
                                             .source = f->detect_s == KB_ABSENT ? KB_TIME_UNDECLARED
                                                                                : KB_TIME_DECLARED};
    for (size_t i = 0; i < f->parts.n; i++) {
        parts[n] = f->parts.v[i];
        if (__builtin_add_overflow(f->parts.v[i].start_s, offset, &parts[n].start_s))
            parts[n].start_s = KB_ABSENT;
        n++;
    }
    *ret_n = n;
    return parts;
}

static const char *time_word(const struct kb_view *view, int verdict, bool unmeasured)
{
    return verdict == KB_VERDICT_MET && unmeasured ? kb_view_word(view, KB_W_ON_TRACK)
                                                   : kb_view_name(view, KB_T_VERDICT, verdict);
}

static const char *with_line(const struct kb_view *view, const char *text, const char *line)
{
    return kb_sprintf(view->arena, "%s\n%s", text, line);
}

const char *kb_function_time_text(const struct kb_view *view, const struct kb_record_function *f)
{
    const char *text = marked(view, kb_verdict_tone(f->time), time_word(view, f->time, has_unmeasured(f)));
    return kb_function_is_lost(f, false) ? with_line(view, text, kb_view_word(view, KB_W_LOST)) : text;
}

const char *kb_function_data_text(const struct kb_view *view, const struct kb_record_function *f)
{
    const char *text = marked(view, kb_verdict_tone(f->data), kb_view_name(view, KB_T_VERDICT, f->data));
    return kb_function_is_lost(f, true) ? with_line(view, text, kb_view_word(view, KB_W_LOST)) : text;
}

bool kb_is_on_track(const struct kb_record *record)
{
    bool unmeasured = false;
    for (size_t i = 0; i < record->functions.n; i++)
        unmeasured |= has_unmeasured(&record->functions.v[i]);
    return record->verdict.time == KB_VERDICT_MET && unmeasured;
}

static const char *restore_note(const struct kb_view *view)
{
    size_t counts[KB_UNIT_CANCELED + 1] = {0}, n = view->record->units.n;
    for (size_t i = 0; i < n; i++) {
        int status = kb_unit_shown_status(&view->record->units.v[i]);
        if (status >= 0 && status <= KB_UNIT_CANCELED)
            counts[status]++;
    }
    if (!n)
        return kb_view_word(view, KB_W_NO_UNIT);
    const char *text = kb_pick(kb_text_new(view->arena, "%zu backup(s):", "バックアップ%zu件：", n), view->lang);
    const char *join = view->lang == KB_JA ? "" : " ";
    for (int status = 0; status <= KB_UNIT_CANCELED; status++) {
        if (!counts[status])
            continue;
        text = kb_sprintf(view->arena, view->lang == KB_JA ? "%s%s%s %zu件" : "%s%s%s: %zu", text, join,
                          kb_view_name(view, KB_T_UNIT, status), counts[status]);
        join = view->lang == KB_JA ? "、" : ", ";
    }
    size_t sampled = 0;
    for (size_t i = 0; i < n; i++)
        sampled += kb_result_sample(&view->record->units.v[i].result) > 0;
    if (!sampled)
        return text;
    return kb_sprintf(view->arena,
                      view->lang == KB_JA ? "%s（抜き取りでの復元 %zu件）" : "%s (only a sample restored: %zu)", text,
                      sampled);
}

/* The row an owner has to look at first: the worst verdict, then the least room to its limit. */
static const struct kb_record_function *worst_function(const struct kb_record *record, bool data)
{
    const struct kb_record_function *worst = NULL;
    int worst_verdict = 0;
    int64_t worst_room = 0;
    for (size_t i = 0; i < record->functions.n; i++) {
        const struct kb_record_function *f = &record->functions.v[i];
        int64_t limit = data ? f->rpo : f->rto, used = data ? f->age_s : kb_function_total(f), room = 0;
        if (limit == KB_ABSENT || used == KB_ABSENT || __builtin_sub_overflow(limit, used, &room))
            room = 0;
        int verdict = data ? f->data : f->time;
        if (!worst || verdict > worst_verdict || (verdict == worst_verdict && room < worst_room)) {
            worst = f;
            worst_verdict = verdict;
            worst_room = room;
        }
    }
    return worst;
}

static const char *function_note(const struct kb_view *view, bool data)
{
    const struct kb_record_function *f = worst_function(view->record, data);
    if (!f)
        return kb_view_word(view, KB_W_NO_FUNCTION);
    if (kb_function_is_lost(f, data))
        return kb_sprintf(view->arena, view->lang == KB_JA ? "%s：%s" : "%s: %s", kb_view_text(view, f->title),
                          kb_view_word(view, KB_W_LOST));
    return kb_sprintf(view->arena, view->lang == KB_JA ? "%s：%s（%s %s）" : "%s: %s (%s %s)",
                      kb_view_text(view, f->title),
                      data ? kb_view_seconds(view, f->age_s) : kb_function_total_text(view, f), data ? "RPO" : "RTO",
                      kb_view_seconds(view, data ? f->rpo : f->rto));
}

void kb_axes_of(const struct kb_view *view, struct kb_axis_shown ret_axes[KB_AXES])
{
    const struct kb_record_verdict *v = &view->record->verdict;
    int restore = v->restore;
    for (size_t i = 0; i < view->record->units.n;
         i++) /* a good verdict over a unit that is shown as failed would be a lie */
        if (kb_unit_shown_status(&view->record->units.v[i]) != view->record->units.v[i].status)
            restore = KB_VERDICT_MISSED;
    ret_axes[0] = (struct kb_axis_shown){KB_W_RESTORE, KB_W_RESTORE_ASKS, kb_verdict_tone(restore),
                                         kb_view_name(view, KB_T_VERDICT, restore), restore_note(view)};
    ret_axes[1] = (struct kb_axis_shown){KB_W_TIME, KB_W_TIME_ASKS, kb_verdict_tone(v->time),
                                         time_word(view, v->time, kb_is_on_track(view->record)),
                                         function_note(view, false)};
    ret_axes[2] = (struct kb_axis_shown){KB_W_DATA, KB_W_DATA_ASKS, kb_verdict_tone(v->data),
                                         kb_view_name(view, KB_T_VERDICT, v->data), function_note(view, true)};
    for (size_t i = 0; i < KB_AXES && kb_view_is_broken(view); i++) { /* anybody may have written these verdicts */
        ret_axes[i].tone = kb_verdict_tone(KB_VERDICT_NONE);
        ret_axes[i].verdict = kb_view_name(view, KB_T_VERDICT, KB_VERDICT_NONE);
        ret_axes[i].note = kb_view_word(view, KB_W_BROKEN_SHORT);
    }
}

const char *kb_findings_text(const struct kb_view *view)
{
    int64_t counts[KB_BAD + 1] = {0}, total = 0;
    for (size_t i = 0; i < view->record->findings.n; i++) {
        const struct kb_finding *finding = &view->record->findings.v[i];
        int64_t count = finding->count > 1 ? finding->count : 1;
        if (finding->severity >= 0 && finding->severity <= KB_BAD &&
            __builtin_add_overflow(counts[finding->severity], count, &counts[finding->severity]))
            return kb_view_word(view, KB_W_MISSING);
        total += 1;
    }
    if (!total)
        return kb_view_word(view, KB_W_NO_FINDING);
    const char *text = kb_view_word(view, KB_W_FINDINGS), *join = view->lang == KB_JA ? "：" : ": ";
    for (int severity = KB_BAD; severity >= 0; severity--) {
        if (!counts[severity])
            continue;
        text = kb_sprintf(view->arena, view->lang == KB_JA ? "%s%s%s %s件" : "%s%s%s %s", text, join,
                          kb_view_name(view, KB_T_SEVERITY, severity), kb_show_count(view->arena, counts[severity]));
        join = view->lang == KB_JA ? "、" : ", ";
    }
    return text;
}

enum kb_tone kb_finding_tone(const struct kb_finding *finding)
{
    return finding->severity == KB_BAD ? KB_TONE_BAD : finding->severity == KB_WARN ? KB_TONE_WARN : KB_TONE_DIM;
}

bool kb_finding_is_of(const struct kb_finding *finding, const struct kb_record_unit *unit)
{
    return finding->set && unit->set && !strcmp(finding->set, unit->set);
}

const char *kb_unit_title(const struct kb_view *view, const struct kb_record_unit *unit)
{
    return kb_text_is_empty(unit->title) ? kb_view_string(view, unit->set) : kb_view_text(view, unit->title);
}

const char *kb_system_title(const struct kb_view *view, const char *id)
{
    for (size_t i = 0; id && i < view->record->units.n; i++) {
        const struct kb_record_unit *unit = &view->record->units.v[i];
        if (unit->system && !strcmp(unit->system, id) && !kb_text_is_empty(unit->system_title))
            return kb_view_text(view, unit->system_title);
    }
    return kb_view_string(view, id);
}

const char *kb_medium_title(const struct kb_view *view, const char *id)
{
    for (size_t i = 0; id && i < view->record->media.n; i++) {
        const struct kb_record_medium *medium = &view->record->media.v[i];
        const char *label = medium->state.label && *medium->state.label ? medium->state.label : medium->wanted_label;
        if (medium->state.medium && !strcmp(medium->state.medium, id) && label && *label)
            return kb_sprintf(view->arena, view->lang == KB_JA ? "%s（%s）" : "%s (%s)", kb_view_string(view, label),
                              kb_view_string(view, id));
    }
    return kb_view_string(view, id);
}
