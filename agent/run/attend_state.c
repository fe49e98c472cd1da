/* SPDX-License-Identifier: Apache-2.0 */
/* How far an attended drill is, kept so that a restart, a crash or a power cut loses no step that was done. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attend.h"
#include "book.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/key.h"
#include "koboshi/ledger.h"
#include "koboshi/limits.h"

enum { KEPT_FORMAT = 1 };

/* What is kept becomes part of a signed record, so it is signed itself: the JSON, then its armored signature. */
static const char signed_as[] = "koboshi-attended", signature_mark[] = "\n-----BEGIN SSH SIGNATURE-----\n";

#define UNIT(field, kind, ...) KB_KEY(struct kb_kept_unit, field, kind, __VA_ARGS__)
static const struct kb_key unit_keys[] = {
    UNIT(at, KB_INT, .flags = KB_REQUIRED),
    UNIT(used_ns, KB_INT, .flags = KB_REQUIRED),
    UNIT(ended, KB_BOOL),
    UNIT(failed, KB_BOOL),
    UNIT(chosen, KB_BOOL),
    UNIT(medium, KB_STR),
    UNIT(generation, KB_OBJECT, .of = &kb_generation_shape),
};
static const struct kb_shape unit_shape = KB_SHAPE(struct kb_kept_unit, "unit", unit_keys);

#define KEPT(field, kind, ...) KB_KEY(struct kb_kept, field, kind, __VA_ARGS__)
static const struct kb_key kept_keys[] = {
    KEPT(format, KB_INT, .flags = KB_REQUIRED),
    KEPT(ledger, KB_STR, .flags = KB_REQUIRED),
    KEPT(drill, KB_INT, .flags = KB_REQUIRED),
    KEPT(plan, KB_STR, .flags = KB_REQUIRED),
    KEPT(plan_sha256, KB_STR, .flags = KB_REQUIRED),
    KEPT(name, KB_STR),
    KEPT(systems, KB_STRS),
    KEPT(generation, KB_STR),
    KEPT(host, KB_STR),
    KEPT(keep, KB_BOOL),
    KEPT(start_ns, KB_INT, .flags = KB_REQUIRED),
    KEPT(start_wall_ns, KB_INT, .flags = KB_REQUIRED),
    KEPT(saved, KB_INT, .flags = KB_REQUIRED),
    KEPT(asked, KB_BOOL),
    KEPT(clock_asked, KB_BOOL),
    KEPT(clock_asked_end, KB_BOOL),
    KEPT(unit, KB_INT),
    KEPT(running, KB_BOOL),
    KEPT(paused_since, KB_INT),
    KEPT(paused_ns, KB_INT, .flags = KB_REQUIRED),
    KEPT(done_ns, KB_INT),
    KEPT(done_wall, KB_INT),
    KEPT(last_by, KB_STR),
    KEPT(roles, KB_STRS),
    KEPT(people, KB_STRS),
    KEPT(arrived, KB_STRS),
    KEPT(events, KB_STR),
    KEPT(units, KB_LIST, .of = &unit_shape),
    KEPT(media, KB_LIST, .of = &kb_medium_state_shape),
    KEPT(record, KB_OBJECT, .of = &kb_record_shape, .flags = KB_REQUIRED),
};
static const struct kb_shape kept_shape = KB_SHAPE(struct kb_kept, "attended drill", kept_keys);

/* --- writing --- */

static const char *file_name(struct drill *drill, int64_t number)
{
    return kb_sprintf(drill->arena, "%s-%06" PRId64 ".json", kb_ledger_uuid(drill->params->ledger), number);
}

static void keep_units(const struct drill *drill, struct kb_arena *arena, struct kb_kept *kept)
{
    kept->units.n = drill->n_units;
    kept->units.v = kb_alloc(arena, drill->n_units, sizeof *kept->units.v);
    for (size_t i = 0; i < drill->n_units; i++) {
        const struct unit_run *unit = &drill->units[i];
        kept->units.v[i] = (struct kb_kept_unit){.at = (int64_t)unit->at,
                                                 .used_ns = unit->used_ns,
                                                 .ended = unit->ended,
                                                 .failed = unit->failed,
                                                 .chosen = unit->chosen,
                                                 .medium = unit->medium ? unit->medium->plan->id : NULL,
                                                 .generation = unit->generation};
    }
    kept->media.n = drill->n_media;
    kept->media.v = kb_alloc(arena, drill->n_media, sizeof *kept->media.v);
    for (size_t i = 0; i < drill->n_media; i++) {
        const struct medium_run *medium = &drill->media[i];
        kept->media.v[i] = medium->seen.medium && !medium->open ? medium->seen : medium->state;
    }
}

static void keep_all(const struct drill *drill, struct kb_arena *arena, struct kb_kept *kept)
{
    const struct kb_attend_run *a = drill->attend;
    const struct kb_run_params *params = drill->params;
    *kept = (struct kb_kept){
        .format = KEPT_FORMAT,
        .ledger = drill->record->ledger,
        .drill = drill->record->id,
        .plan = drill->record->plan.id,
        .plan_sha256 = drill->record->plan.sha256,
        .name = drill->record->drill,
        .generation = params->generation,
        .host = params->host,
        .keep = params->keep,
        .start_ns = drill->start_ns,
        .start_wall_ns = drill->start_wall_ns,
        .saved = kb_wall_s(),
        .asked = a->stopped,
        .clock_asked = a->clock_asked,
        .clock_asked_end = a->clock_asked_end,
        .unit = a->unit ? a->unit - drill->units : KB_ABSENT,
        .running = a->running,
        .paused_since = a->paused_since,
        .paused_ns = a->paused_ns,
        .done_ns = a->done_ns,
        .done_wall = a->done_wall,
        .last_by = a->last_by,
        .events = kb_strndup(arena, drill->events.bytes ? drill->events.bytes : "", drill->events.n),
        .record = drill->record,
    };
    kept->systems.n = params->n_systems;
    kept->systems.v = (const char **)(uintptr_t)params->systems;
    kept->roles.n = a->roles.n;
    kept->roles.v = a->roles.v;
    kept->people.n = a->people.n;
    kept->people.v = a->people.v;
    kept->arrived.n = a->arrived.n;
    kept->arrived.v = a->arrived.v;
    keep_units(drill, arena, kept);
}

static int write_kept(struct drill *drill, struct kb_err *err)
{
    struct kb_attend_run *a = drill->attend;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_kept kept;
    keep_all(drill, arena, &kept);
    KB_SCOPED_JSON json = kb_shape_write(&kept_shape, &kept);
    size_t n;
    const char *text = kb_json_dump(arena, json, JSON_COMPACT, &n), *signature = NULL;
    int code = kb_ledger_sign(drill->params->ledger, signed_as, text, n, arena, &signature, err);
    if (code)
        return code;
    text = kb_sprintf(arena, "%.*s\n%s", (int)n, text, signature);
    if (strlen(text) > KB_JSON_BYTES_MAX)
        return kb_fail(err, KB_EIO, "%zu bytes are too many (at most %d)", "%zu バイトは多すぎます（上限 %d バイト）",
                       strlen(text), KB_JSON_BYTES_MAX);
    return kb_file_publish(a->state_dir, a->file, text, strlen(text), 0600, err);
}

/* A state that cannot be written is a fault of the drill: it goes on, its people and its record are told, and the next
 * step tries again. */
bool kb_attend_save(struct drill *drill)
{
    struct kb_attend_run *a = drill->attend;
    struct kb_err err = {0};
    if (!a || a->frozen || !drill->booked)
        return true;
    if (!a->file)
        a->file = file_name(drill, drill->record->id);
    int code = kb_book_lists(drill, &err);
    if (!code)
        code = write_kept(drill, &err);
    if (code && !a->unkept) {
        kb_attend_tell(a, KB_NEWS_SAID, NULL,
                       kb_text_new(drill->arena,
                                   "How far the drill is cannot be kept, so it cannot be resumed if it is "
                                   "interrupted now: %s%.0s",
                                   "%.0s途中経過を保存できません。このまま中断すると再開できません: %s",
                                   err.frame[0].en, err.frame[0].ja));
        (void)kb_wrap(&err, "keeping how far the drill is; it could not be resumed after a crash",
                      "訓練の途中経過の保存中。中断した場合に再開できません");
        kb_drill_fault(drill, &err);
    }
    a->unkept = code != 0;
    return !a->unkept;
}

void kb_attend_alive(struct drill *drill)
{
    struct kb_attend_run *a = drill->attend;
    if (!a->frozen && a->file)
        (void)utimensat(a->state_dir, a->file, NULL, AT_SYMLINK_NOFOLLOW); /* without it the gap looks longer */
}

void kb_attend_forget(struct drill *drill)
{
    if (drill->attend && drill->attend->state_dir >= 0)
        (void)unlinkat(drill->attend->state_dir, file_name(drill, drill->record->id),
                       0); /* left behind it says nothing */
}

/* --- finding --- */

static bool is_ours(struct drill *drill, const char *name, int64_t *ret_number)
{
    const char *uuid = kb_ledger_uuid(drill->params->ledger);
    size_t n = strlen(uuid);
    if (strncmp(name, uuid, n) != 0 || name[n] != '-')
        return false;
    size_t digits = strspn(name + n + 1, "0123456789");
    if (digits < 6 || digits > 18 || strcmp(name + n + 1 + digits, ".json") != 0)
        return false;
    *ret_number = strtoll(name + n + 1, NULL, 10);
    return true;
}

void kb_attend_waiting(struct drill *drill, struct kb_drill_numbers *ret_numbers)
{
    const char *folder = drill->params->place->attended;
    DIR *list = folder ? opendir(folder) : NULL;
    int64_t number, *numbers = NULL;
    size_t n = 0;
    for (struct dirent *e; list && (e = readdir(list));) {
        if (!is_ours(drill, e->d_name, &number))
            continue;
        numbers = kb_grow(drill->arena, numbers, n, sizeof *numbers);
        numbers[n++] = number;
    }
    if (list)
        (void)closedir(list);
    *ret_numbers = (struct kb_drill_numbers){n, numbers};
}

static struct kb_kept *read_kept(struct drill *drill, int dir, const char *name)
{
    KB_SCOPED_JSON json = NULL;
    char *text;
    size_t n;
    struct kb_kept *kept = kb_alloc(drill->arena, 1, sizeof *kept);
    if (kb_file_read(dir, name, KB_JSON_BYTES_MAX, drill->arena, &text, &n, NULL))
        return NULL;
    const char *mark = strstr(text, signature_mark); /* a line feed within JSON strings is written \\n */
    size_t json_n = mark ? (size_t)(mark - text) : n;
    bool good = !kb_json_parse(text, json_n, &json, NULL) &&
                !kb_shape_read(&kept_shape, json, drill->arena, kept, NULL) && kept->format == KEPT_FORMAT;
    const struct kb_sshsig signature = {mark ? mark + 1 : "", mark ? n - json_n - 1 : 0, signed_as};
    kept->is_signed = mark && kb_ledger_has_signed(drill->params->ledger, &signature, text, json_n);
    return good ? kept : NULL;
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* The last one of this plan and drill. ret_unreadable: one of which not even that can be told, else KB_ABSENT. */
static struct kb_kept *find_kept(struct drill *drill, int dir, int64_t *ret_unreadable)
{
    *ret_unreadable = KB_ABSENT;
    const struct kb_run_params *params = drill->params;
    struct kb_drill_numbers numbers;
    struct kb_kept *last = NULL;
    kb_attend_waiting(drill, &numbers);
    for (size_t i = 0; i < numbers.n; i++) {
        struct kb_kept *kept = read_kept(drill, dir, file_name(drill, numbers.v[i]));
        bool fits = kept && kept->drill == numbers.v[i] && is_same(kept->plan, params->plan->plan.id) &&
                    is_same(kept->name, params->drill ? params->drill->id : NULL);
        if (!kept)
            *ret_unreadable = numbers.v[i];
        if (fits && (!last || last->drill < kept->drill))
            last = kept;
    }
    return last;
}

static int open_folder(struct drill *drill, int *ret_dir, struct kb_err *err)
{
    const char *folder = drill->params->place->attended;
    int code = kb_mkdir_p(folder, 0700, err);
    if (code)
        return code;
    *ret_dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *ret_dir >= 0 ? 0
                         : kb_fail(err, kb_code_of_errno(errno), "%s cannot be opened: %s", "%s を開けません: %s",
                                   folder, strerror(errno));
}

/* KB_EAGAIN while another process has it. */
static int check_at_rest(const struct drill *drill, int64_t number, struct kb_err *err)
{
    struct kb_drill_run *run = NULL;
    int code = kb_drill_resume(drill->params->ledger, number, &run, err);
    kb_drill_free(run);
    if (code && err->code != KB_EUSAGE) /* which says that the ledger knows its end already */
        return code;
    *err = (struct kb_err){0};
    return 0;
}

/* Its number stays in the ledger, which will say that it was interrupted; one that is at work is left alone. */
static int discard(struct drill *drill, int dir, int64_t number, struct kb_err *err)
{
    int code = check_at_rest(drill, number, err);
    if (!code)
        (void)unlinkat(dir, file_name(drill, number), 0);
    return code;
}

static int refuse_new(struct drill *drill, const struct kb_kept *kept, struct kb_err *err)
{
    int code = check_at_rest(drill, kept->drill, err);
    return code ? code
                : kb_fail(err, KB_EUSAGE,
                          "drill %" PRId64
                          " of this plan was stopped at %s; go on with --resume, or give it up with --discard",
                          "この計画の訓練 %" PRId64
                          " が %s から中断中です。続けるなら --resume、打ち切るなら --discard を付けてください",
                          kept->drill, kb_time_show(drill->arena, kept->saved));
}

static int check_kept(const struct drill *drill, const struct kb_kept *kept, int64_t unreadable, struct kb_err *err)
{
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(drill->params->plan->sha256, hex);
    if (!kept && unreadable != KB_ABSENT)
        return kb_fail(err, KB_EIO,
                       "what was kept of drill %" PRId64
                       " cannot be read (damaged, or of another version); give that drill up with --discard",
                       "訓練 %" PRId64
                       " の途中経過を読み取れません（破損、または別の版）。--discard で打ち切ってください",
                       unreadable);
    if (kept && !kept->is_signed)
        return kb_fail(err, KB_ELEDGER,
                       "what was kept of drill %" PRId64
                       " was changed after koboshi wrote it: its signature does not fit; give that drill up with "
                       "--discard",
                       "訓練 %" PRId64 " の途中経過が、koboshi "
                       "の保存後に変更されています（署名が合いません）。--discard で打ち切ってください",
                       kept->drill);
    if (!kept)
        return kb_fail(err, KB_EUSAGE, "there is no stopped drill of this plan to resume",
                       "この計画には、再開できる中断中の訓練がありません");
    if (strcmp(kept->plan_sha256, hex) != 0)
        return kb_fail(err, KB_EUSAGE,
                       "the plan was changed after drill %" PRId64
                       " was stopped; put the plan back as it was, or give that drill up with --discard",
                       "訓練 %" PRId64
                       " の中断後に計画が変更されています。計画を元に戻すか、--discard でその訓練を打ち切ってください",
                       kept->drill);
    return 0;
}

/* The options of the first call hold for the whole drill. */
static void take_options(struct drill *drill, const struct kb_kept *kept)
{
    struct kb_run_params *params = kb_alloc(drill->arena, 1, sizeof *params);
    *params = *drill->params;
    params->systems = kept->systems.v;
    params->n_systems = kept->systems.n;
    params->generation = kept->generation;
    params->host = kept->host;
    params->seed = kept->record->seed;
    params->threat_given = true;
    params->threat = kept->record->threat ? kb_plan_threat(params->plan, kept->record->threat->id) : NULL;
    params->keep = kept->keep;
    params->disrupted_at = kept->record->disrupted_at_given ? kept->record->disrupted_at : KB_ABSENT;
    drill->params = params;
}

int kb_attend_find(struct drill *drill, struct kb_err *err)
{
    const struct kb_run_attend *face = drill->params->attend;
    if (!face)
        return 0;
    struct kb_attend_run *a = kb_alloc(drill->arena, 1, sizeof *a);
    *a = (struct kb_attend_run){.drill = drill,
                                .face = face,
                                .paused_since = KB_ABSENT,
                                .done_ns = KB_ABSENT,
                                .from = KB_ABSENT,
                                .until = KB_ABSENT,
                                .state_dir = -1};
    a->seen = kb_alloc(drill->arena, 1, sizeof *a->seen);
    drill->attend = a;
    int code = open_folder(drill, &a->state_dir, err);
    if (code)
        return code;
    int64_t unreadable;
    struct kb_kept *kept = find_kept(drill, a->state_dir, &unreadable);
    if (face->resume) {
        code = check_kept(drill, kept, unreadable, err);
        if (!code)
            take_options(drill, kept);
        a->kept = kept;
    } else if (face->discard && (kept || unreadable != KB_ABSENT)) {
        code = discard(drill, a->state_dir, kept ? kept->drill : unreadable, err);
    } else if (kept) {
        code = refuse_new(drill, kept, err);
    }
    return code;
}

bool kb_attend_is_resumed(const struct drill *drill)
{
    return drill->attend && drill->attend->kept;
}

int64_t kb_attend_number(const struct drill *drill)
{
    return drill->attend->kept->drill;
}

/* --- taking up again --- */

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
    if (!fstatat(a->state_dir, file_name(drill, kept->drill), &st, AT_SYMLINK_NOFOLLOW) && st.st_mtime > from)
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
