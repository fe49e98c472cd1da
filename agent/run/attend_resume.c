/* SPDX-License-Identifier: Apache-2.0 */
/* An attended drill taken up again: units, media, people and clocks as they were when it was left. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "attend.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"

static bool is_same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* Lists that were read have room for no more; those that grow get it. */
static void *grown(struct kb_arena *arena, const void *items, size_t n, size_t size)
{
    char *list = NULL;
    for (size_t i = 0; i < n; i++) {
        list = kb_grow(arena, list, i, size);
        memcpy(list + i * size, (const char *)items + i * size, size);
    }
    return list;
}

static int restore_unit(struct unit_run *unit, struct kb_record_unit *record, const struct kb_kept_unit *kept,
                        struct kb_err *err)
{
    struct drill *drill = unit->drill;
    if (!is_same(record->set, unit->set->id) || record->steps.n != unit->record->steps.n || kept->at < 0 ||
        kept->at > (int64_t)record->steps.n)
        return kb_fail(err, KB_EIO, "what was kept of drill %" PRId64 " is damaged",
                       "訓練 %" PRId64 " の途中経過が壊れています", drill->record->id);
    record->result.caveats.v = grown(drill->arena, record->result.caveats.v, record->result.caveats.n,
                                     sizeof *record->result.caveats.v);
    unit->record = record;
    unit->at = (size_t)kept->at;
    unit->used_ns = kept->used_ns;
    unit->ended = kept->ended;
    unit->failed = kept->failed;
    unit->chosen = kept->chosen;
    unit->generation = kept->generation;
    for (size_t i = 0; kept->medium && i < drill->n_media; i++)
        if (!strcmp(drill->media[i].plan->id, kept->medium))
            unit->medium = &drill->media[i];
    if ((unit->medium != NULL) != (unit->generation != NULL))
        unit->chosen = false, unit->medium = NULL, unit->generation = NULL;
    unit->started = unit->ended && unit->medium; /* it was; the job of one at work is made anew */
    return 0;
}

static void restore_media(struct drill *drill, const struct kb_kept *kept)
{
    for (size_t i = 0; i < kept->media.n; i++)
        for (size_t k = 0; k < drill->n_media; k++) {
            struct medium_run *medium = &drill->media[k];
            if (strcmp(medium->plan->id, kept->media.v[i].medium ? kept->media.v[i].medium : "") != 0)
                continue;
            medium->state = kept->media.v[i];
            medium->state.medium = medium->plan->id;
            medium->told = medium->state.status == KB_MEDIUM_READY;
            if (medium->told) {
                medium->seen = medium->state;
                medium->asked = true;
                medium->state.status = KB_MEDIUM_ABSENT; /* until it has been opened again */
            }
        }
}

/* Times across a restart of the machine are wall differences: the boot clock began anew. */
static void restore_clock(struct drill *drill, const struct kb_kept *kept)
{
    char id[KB_BOOT_ID_SIZE];
    bool same = drill->record->clock.boot_id && !kb_boot_id(id, NULL) && !strcmp(id, drill->record->clock.boot_id);
    drill->start_wall_ns = kept->start_wall_ns;
    drill->start_ns = same ? kept->start_ns : kb_boot_ns() - (kb_wall_ns() - kept->start_wall_ns);
}

static void note_gap(struct drill *drill, const struct kb_kept *kept, bool rebooted)
{
    struct kb_attend_run *a = drill->attend;
    struct stat st;
    int64_t now = kb_wall_s(), from = kept->saved;
    if (!fstatat(a->state_dir, kb_attend_file(drill, kept->drill), &st, AT_SYMLINK_NOFOLLOW) && st.st_mtime > from)
        from = st.st_mtime;
    from = from < now ? from : now; /* the clock was set back meanwhile */
    const struct unit_run *unit = a->unit;
    bool open = unit && unit->at < unit->record->steps.n;
    a->seen->interruptions.v = kb_grow(drill->arena, a->seen->interruptions.v, a->seen->interruptions.n,
                                       sizeof *a->seen->interruptions.v);
    a->seen->interruptions.v[a->seen->interruptions.n++] = (struct kb_record_interruption){
        .from = from,
        .until = now,
        .ns = (now - from) * KB_NS_PER_S,
        .asked = kept->asked,
        .rebooted = rebooted,
        .resumed_by = kb_operator_name(drill->arena),
        .set = open ? unit->set->id : NULL,
        .step = open ? unit->record->steps.v[unit->at].id : NULL,
    };
    a->gap_open = a->running && a->paused_since == KB_ABSENT && a->done_ns == KB_ABSENT;
    kb_event(&drill->events, kb_drill_now(drill), "resumed",
             json_pack("{s:I, s:b, s:b}", "away_ns", (json_int_t)((now - from) * KB_NS_PER_S), "asked", kept->asked,
                       "rebooted", rebooted));
}

/* What a restore that was cut off has left, and the folder of its check commands. */
static void sweep_cut_off(struct drill *drill)
{
    struct unit_run *unit = drill->attend->unit;
    if (!unit || unit->at >= unit->record->steps.n)
        return;
    const char *scratch = kb_unit_scratch(unit);
    const char *folders[] = {kb_sprintf(drill->arena, "%s.tmp", scratch),
                             unit->record->steps.v[unit->at].act == KB_DO_RESTORE ? scratch : NULL};
    for (size_t i = 0; i < sizeof folders / sizeof *folders && folders[i]; i++) {
        drill->stale_scratch.v = kb_grow(drill->arena, drill->stale_scratch.v, drill->stale_scratch.n,
                                         sizeof *drill->stale_scratch.v);
        drill->stale_scratch.v[drill->stale_scratch.n++] = folders[i];
    }
}

static void restore_people(struct kb_attend_run *a, const struct kb_kept *kept)
{
    struct kb_arena *arena = a->drill->arena;
    const struct kb_record_attended *seen = a->drill->record->attended;
    a->clock_asked = kept->clock_asked;
    a->clock_asked_end = kept->clock_asked_end;
    a->running = kept->running;
    a->paused_since = kept->paused_since;
    a->paused_ns = kept->paused_ns;
    a->done_ns = kept->done_ns;
    a->done_wall = kept->done_wall;
    a->last_by = kept->last_by;
    size_t n = kept->roles.n < kept->people.n ? kept->roles.n : kept->people.n;
    a->roles.n = a->people.n = n;
    a->roles.v = grown(arena, kept->roles.v, n, sizeof *kept->roles.v);
    a->people.v = grown(arena, kept->people.v, n, sizeof *kept->people.v);
    a->arrived.n = kept->arrived.n;
    a->arrived.v = grown(arena, kept->arrived.v, kept->arrived.n, sizeof *kept->arrived.v);
    if (!seen)
        return;
    a->seen->scripted |= seen->scripted;
    a->seen->by.n = seen->by.n;
    a->seen->by.v = grown(arena, seen->by.v, seen->by.n, sizeof *seen->by.v);
    a->seen->interruptions.n = seen->interruptions.n;
    a->seen->interruptions.v = grown(arena, seen->interruptions.v, seen->interruptions.n,
                                     sizeof *seen->interruptions.v);
}

int kb_attend_restore(struct drill *drill, struct kb_err *err)
{
    struct kb_attend_run *a = drill->attend;
    const struct kb_kept *kept = a->kept;
    struct kb_record *record = (struct kb_record *)(uintptr_t)kept->record; /* made by the reader, ours alone */
    if (record->units.n != drill->n_units || kept->units.n != drill->n_units || record->id != kept->drill ||
        (kept->unit != KB_ABSENT && (kept->unit < 0 || kept->unit >= (int64_t)drill->n_units)))
        return kb_fail(err, KB_EIO, "what was kept of drill %" PRId64 " is damaged",
                       "訓練 %" PRId64 " の途中経過が壊れています", kept->drill);
    const char *scratch = drill->record->scratch;
    if (!is_same(record->scratch, scratch))
        return kb_fail(err, KB_EUSAGE, "drill %" PRId64 " restored into %s; give the same --scratch as then",
                       "訓練 %" PRId64 " の復元先は %s です。そのときと同じ --scratch を指定してください", kept->drill,
                       record->scratch ? kb_printable(drill->arena, record->scratch) : "–");
    drill->record = record;
    for (size_t i = 0; i < drill->n_units; i++) {
        int code = restore_unit(&drill->units[i], &record->units.v[i], &kept->units.v[i], err);
        if (code)
            return code;
    }
    struct kb_record_threat *threat = (struct kb_record_threat *)(uintptr_t)record->threat;
    if (threat)
        threat->hosts.v = grown(drill->arena, threat->hosts.v, threat->hosts.n, sizeof *threat->hosts.v);
    drill->record_threat = threat;
    drill->n_findings = record->findings.n;
    record->findings.v = grown(drill->arena, record->findings.v, record->findings.n, sizeof *record->findings.v);
    restore_media(drill, kept);
    restore_clock(drill, kept);
    restore_people(a, kept);
    a->unit = kept->unit == KB_ABSENT ? NULL : &drill->units[kept->unit];
    kb_events_put(&drill->events, kept->events ? kept->events : "");
    char id[KB_BOOT_ID_SIZE];
    note_gap(drill, kept, record->clock.boot_id && !kb_boot_id(id, NULL) && strcmp(id, record->clock.boot_id) != 0);
    sweep_cut_off(drill);
    return 0;
}
