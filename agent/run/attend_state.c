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

const char *kb_attend_file(struct drill *drill, int64_t number)
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
        a->file = kb_attend_file(drill, drill->record->id);
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
        (void)unlinkat(drill->attend->state_dir, kb_attend_file(drill, drill->record->id),
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
        struct kb_kept *kept = read_kept(drill, dir, kb_attend_file(drill, numbers.v[i]));
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

/* KB_EAGAIN while another process has it. ret_over: the ledger knows its end. */
static int check_at_rest(const struct drill *drill, int64_t number, bool *ret_over, struct kb_err *err)
{
    struct kb_drill_run *run = NULL;
    int code = kb_drill_resume(drill->params->ledger, number, &run, err);
    kb_drill_free(run);
    *ret_over = code && err->code == KB_EUSAGE;
    if (code && !*ret_over)
        return code;
    *err = (struct kb_err){0};
    return 0;
}

/* Its number stays in the ledger, which will say that it was interrupted; one that is at work is left alone. */
static int discard(struct drill *drill, int dir, int64_t number, struct kb_err *err)
{
    bool over;
    int code = check_at_rest(drill, number, &over, err);
    if (!code)
        (void)unlinkat(dir, kb_attend_file(drill, number), 0);
    return code;
}

static int refuse_new(struct drill *drill, const struct kb_kept *kept, struct kb_err *err)
{
    return kb_fail(
        err, KB_EUSAGE,
        "drill %" PRId64 " of this plan was stopped at %s; go on with --resume, or give it up with --discard",
        "この計画の訓練 %" PRId64 " が %s から中断中です。続けるなら --resume、打ち切るなら --discard を付けてください",
        kept->drill, kb_time_show(drill->arena, kept->saved));
}

/* One that was ended between its last line in the ledger and here is over. */
static int find_open(struct drill *drill, int dir, struct kb_kept **ret_kept, int64_t *ret_unreadable,
                     struct kb_err *err)
{
    bool over = true;
    while (over && (*ret_kept = find_kept(drill, dir, ret_unreadable))) {
        int code = check_at_rest(drill, (*ret_kept)->drill, &over, err);
        if (code)
            return code;
        if (over && unlinkat(dir, kb_attend_file(drill, (*ret_kept)->drill), 0))
            return kb_fail(err, kb_code_of_errno(errno), "what was kept of drill %" PRId64 " cannot be removed: %s",
                           "訓練 %" PRId64 " の途中経過を削除できません: %s", (*ret_kept)->drill, strerror(errno));
    }
    return 0;
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
    int64_t unreadable = KB_ABSENT;
    struct kb_kept *kept = NULL;
    code = find_open(drill, a->state_dir, &kept, &unreadable, err);
    if (code)
        return code;
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
