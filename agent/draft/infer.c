/* SPDX-License-Identifier: Apache-2.0 */
/* What all places together show: one medium each, and one set where several hold the same. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/limits.h"
#include "koboshi/pattern.h"
#include "koboshi/text.h"
#include "lines.h"
#include "sets.h"

enum { ID_CHARACTERS = 40 };

/* What a name leaves of an id: small letters and digits, hyphens between. */
static const char *slug(struct kb_arena *arena, const char *name)
{
    char *out = kb_alloc(arena, strlen(name) + 1, 1), *to = out;
    for (const char *at = name; *at && to < out + ID_CHARACTERS; at++) {
        if (isalnum((unsigned char)*at))
            *to++ = (char)tolower((unsigned char)*at);
        else if (to > out && to[-1] != '-')
            *to++ = '-';
    }
    while (to > out && to[-1] == '-')
        to--;
    *to = '\0';
    return out;
}

static bool medium_has(const struct kb_draft *draft, const char *id)
{
    for (size_t i = 0; i < draft->media.n; i++)
        if (draft->media.v[i].id && !strcmp(draft->media.v[i].id, id))
            return true;
    return false;
}

static bool set_has(const struct kb_draft *draft, const char *id)
{
    for (size_t i = 0; i < draft->sets.n; i++)
        if (draft->sets.v[i].id && !strcmp(draft->sets.v[i].id, id))
            return true;
    return false;
}

static const char *unused_id(const struct kb_draft *draft, const char *name, const char *otherwise,
                             bool (*has)(const struct kb_draft *draft, const char *id), struct kb_arena *arena)
{
    const char *wanted = slug(arena, name), *id;
    wanted = *wanted ? wanted : otherwise;
    if (*kb_yaml_value(arena, wanted) == '"') /* `n` and `2026` are no words to YAML */
        wanted = kb_sprintf(arena, "%s-%s", otherwise, wanted);
    id = wanted;
    for (int i = 2; has(draft, id); i++)
        id = kb_sprintf(arena, "%s-%d", wanted, i);
    return id;
}

static void add_medium(struct kb_draft *draft, const struct kb_scanned *scanned, struct kb_arena *arena)
{
    const struct kb_medium_state *state = scanned->state;
    const char *base = strrchr(state->root, '/');
    struct kb_draft_medium medium = {.root = state->root};
    if (state->fs_uuid) {
        medium.kind = KB_MEDIUM_HDD;
        medium.label = state->label;
        medium.fs_uuid = state->fs_uuid;
        medium.serial = state->serial;
        medium.luks_uuid = state->luks_uuid;
        for (size_t i = 0; state->container && kb_encryption_names[i]; i++)
            if (!strcmp(state->container, kb_encryption_names[i]))
                medium.encryption = kb_encryption_names[i];
        medium.id = unused_id(draft, state->label ? state->label : "", "hdd", medium_has, arena);
        medium.why = kb_text_new(arena, "%s is a disk of its own: %s, %s", "%s は独立したディスク（%s、%s）",
                                 kb_escape(arena, state->root, strlen(state->root)), state->device, state->fs_type);
    } else if (state->source) {
        medium.kind = KB_MEDIUM_NAS;
        medium.mount = state->root;
        medium.source = state->source;
        medium.fs = state->fs_type;
        medium.id = unused_id(draft, "nas", "nas", medium_has, arena);
        medium.why = kb_text_new(arena, "%s is a network mount", "%s はネットワーク上の共有",
                                 kb_escape(arena, state->root, strlen(state->root)));
    } else {
        medium.kind = KB_MEDIUM_FOLDER;
        medium.mount = state->root;
        medium.id = unused_id(draft, base && base[1] ? base + 1 : "", "folder", medium_has, arena);
        medium.why = kb_text_new(arena, "%s is a folder; if it lies on an external disk, scan its mount point instead",
                                 "%s はフォルダ。外付けディスクの中なら --scan にはマウントポイントを指定",
                                 kb_escape(arena, state->root, strlen(state->root)));
    }
    draft->media.v = kb_grow(arena, draft->media.v, draft->media.n, sizeof *draft->media.v);
    draft->media.v[draft->media.n++] = medium;
}

static const char *leaf(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The same path; or below different folders the same dated name. */
static bool is_same(const struct kb_draft_set *a, const struct kb_draft_set *b)
{
    const struct kb_draft_copy *x = &a->copies.v[0], *y = &b->copies.v[0];
    if (a->format != b->format || a->tool != b->tool || a->unpack != b->unpack)
        return false;
    for (size_t i = 0; i < a->copies.n; i++)
        if (a->copies.v[i].medium == y->medium)
            return false;
    bool telling = strstr(leaf(x->path), "%Y") && *a->title && !strcmp(a->title, b->title);
    return !strcmp(x->path, y->path) || (telling && !strcmp(leaf(x->path), leaf(y->path)));
}

static int newest_first(const void *a, const void *b)
{
    const struct kb_draft_copy *x = a, *y = b;
    if (x->newest_time != y->newest_time)
        return x->newest_time < y->newest_time ? 1 : -1;
    return (x->medium > y->medium) - (x->medium < y->medium);
}

static void merge(struct kb_draft *draft, struct kb_arena *arena)
{
    size_t kept = 0;
    for (size_t i = 0; i < draft->sets.n; i++) {
        struct kb_draft_set *set = &draft->sets.v[i], *same = NULL;
        for (size_t k = 0; !same && k < kept; k++)
            same = is_same(&draft->sets.v[k], set) ? &draft->sets.v[k] : NULL;
        if (!same) {
            draft->sets.v[kept++] = *set;
            continue;
        }
        same->copies.v = kb_grow(arena, same->copies.v, same->copies.n, sizeof *same->copies.v);
        same->copies.v[same->copies.n++] = set->copies.v[0];
        qsort(same->copies.v, same->copies.n, sizeof *same->copies.v, newest_first);
    }
    draft->sets.n = kept;
}

/* Disks that take turns each hold one week from Monday to Friday; only together they show that weekends are left out.
 */
static void judge_weekends(struct kb_draft_set *set, struct kb_arena *arena)
{
    enum { DAY = 24 * 3600 };
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t i = 0; i < set->copies.n; i++) {
        const struct kb_draft_copy *copy = &set->copies.v[i];
        if (!copy->workdays)
            return;
        first = copy->oldest_time < first ? copy->oldest_time : first;
        last = copy->newest_time > last ? copy->newest_time : last;
    }
    if (last <= first || last - first < 6 * DAY)
        return;
    for (size_t i = 0; i < set->copies.n; i++) {
        struct kb_draft_copy *copy = &set->copies.v[i];
        if (copy->interval != DAY)
            continue;
        copy->interval = KB_BUSINESS_DAY;
        copy->why = kb_text_new(arena, "%s%.0s, none on Saturday or Sunday on any disk",
                                "%.0s%s、どのディスクにも土日なし", copy->why.en, copy->why.ja);
    }
}

/* The written pattern must find the very file it was made of. */
static bool finds_newest(const struct kb_draft_copy *copy, struct kb_arena *arena)
{
    const struct kb_pattern *pattern = NULL;
    struct kb_err err = {0};
    struct kb_match match = kb_match_none;
    if (kb_pattern_parse(copy->path, arena, &pattern, &err))
        return false;
    const char *at = copy->newest;
    for (size_t i = 0; i < pattern->components.n; i++) {
        size_t n = strcspn(at, "/");
        struct kb_name_form form;
        const char *name = kb_name_composed(kb_strndup(arena, at, n), &form);
        bool last = i + 1 == pattern->components.n;
        if (!n || last != !at[n] || !kb_component_match(&pattern->components.v[i], kb_strdup(arena, name), &match))
            return false;
        at += n + (at[n] == '/');
    }
    return true;
}

static bool loads(const struct kb_draft *draft, const struct kb_draft_set *set, struct kb_arena *arena)
{
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    struct kb_err err = {0};
    struct kb_draft alone = {.media = draft->media, .sets = {.n = 1, .v = (struct kb_draft_set *)(uintptr_t)set}};
    const struct kb_draft_text text = {.lang = KB_EN, .zone = "UTC", .now = 0};
    const char *source = kb_draft_plan(&alone, &text, arena);
    return !kb_plan_parse("plan.yaml", source, strlen(source), arena, &plan, &diags, &err);
}

static void drop_unsayable(struct kb_draft *draft, struct kb_arena *arena)
{
    size_t kept = 0;
    for (size_t i = 0; i < draft->sets.n; i++) {
        const struct kb_draft_set set = draft->sets.v[i];
        const struct kb_draft_copy *copy = &set.copies.v[0];
        bool room = kept < KB_SCAN_SETS_MAX;
        if (room && finds_newest(copy, arena) && loads(draft, &set, arena)) {
            draft->sets.v[kept++] = set;
            continue;
        }
        const char *root = draft->media.v[copy->medium].root;
        kb_unknown_add(
            draft, kb_escape(arena, root, strlen(root)), copy->newest, copy->n,
            room ? (struct kb_text){"計画では表せない名前", "names that a plan cannot describe"}
                 : (struct kb_text){"1つの計画には多すぎるバックアップ", "more backups than one plan should hold"},
            arena);
    }
    draft->sets.n = kept;
}

/* What was not looked at is as unknown as what was not understood. */
static void tell_limits(struct kb_draft *draft, const struct kb_scanned *scanned, struct kb_arena *arena)
{
    static const struct kb_text stops[] = {
        [KB_SCAN_ENTRIES] = {"項目が多すぎるため、ここから先は見ていません",
                             "too many entries; nothing was looked at beyond"},
        [KB_SCAN_DEPTH] = {"フォルダが深いため、見ていない階層があります",
                           "folders too deep; what lies further down was not looked at"},
        [KB_SCAN_TIME] = {"時間がかかりすぎるため、ここから先は見ていません",
                          "took too long; nothing was looked at beyond"},
    };
    const char *place = kb_escape(arena, scanned->path, strlen(scanned->path));
    const struct kb_scan_end *end = scanned->end;
    if (end->stopped != KB_SCAN_WHOLE) {
        const char *last = scanned->seen.n ? scanned->seen.v[scanned->seen.n - 1].path : ".";
        kb_unknown_add(draft, place, "", 1, stops[end->stopped], arena);
        draft->unknown.v[draft->unknown.n - 1].first = last;
    }
    if (end->unreadable) {
        kb_unknown_add(draft, place, "", end->unreadable,
                       (struct kb_text){"読めないフォルダ・ファイル", "folders or files that could not be read"},
                       arena);
        draft->unknown.v[draft->unknown.n - 1].first = end->first && *end->first ? end->first : ".";
    }
}

struct kb_draft *kb_draft_infer(const struct kb_scanned *scanned, size_t n, int64_t now, struct kb_arena *arena)
{
    struct kb_draft *draft = kb_alloc(arena, 1, sizeof *draft);
    for (size_t i = 0; i < n; i++) {
        add_medium(draft, &scanned[i], arena);
        kb_sets_of(&scanned[i], i, now, arena, draft);
        tell_limits(draft, &scanned[i], arena);
    }
    merge(draft, arena);
    for (size_t i = 0; i < draft->sets.n; i++)
        draft->sets.v[i].id = unused_id(draft, draft->sets.v[i].title, "backup", set_has, arena);
    for (size_t i = 0; i < draft->sets.n; i++)
        judge_weekends(&draft->sets.v[i], arena);
    drop_unsayable(draft, arena);
    return draft;
}

/* Rounded up: at least one of one, or the threshold would ask for nothing. */
static int64_t four_fifths(int64_t n)
{
    return n - n / 5;
}

void kb_draft_count(struct kb_draft_set *set, struct kb_draft_copy *copy, const struct kb_path_result *result,
                    struct kb_arena *arena)
{
    const struct kb_set_result *r = &result->result;
    const char *name = kb_escape(arena, copy->newest, strlen(copy->newest));
    if (copy->newest_manifest && r->files && !r->files_matched) {
        copy->manifest = copy->newest_manifest = NULL; /* it lists other things */
        copy->manifest_why = (struct kb_text){0};
    } else if (result->status == KB_UNIT_FAILED) {
        struct kb_text title = result->findings.n ? result->findings.v[0].title
                                                  : kb_text_new(arena, "it could not be read", "読めませんでした");
        set->expect_why = kb_text_new(arena, "the newest generation %s did not read well: %s%.0s",
                                      "最新の世代 %s に問題があります: %.0s%s", name, title.en, title.ja);
        return;
    }
    bool counts = set->format == KB_FORMAT_ARCHIVE || set->format == KB_FORMAT_TREE;
    set->min_files = counts ? four_fifths(r->files) : KB_ABSENT;
    set->min_bytes = four_fifths(r->bytes_unpacked);
    set->expect_why = kb_text_new(arena, "four fifths of the newest generation %s: %s files, %s",
                                  "最新の世代 %s（%s ファイル、%s）の8割", name, kb_show_count(arena, r->files),
                                  kb_show_bytes(arena, r->bytes_unpacked));
}
