/* SPDX-License-Identifier: Apache-2.0 */
/* From groups to backup sets: what is a backup, what is a folder of ordinary files, what is neither. */
#include "sets.h"

#include <string.h>
#include <strings.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/text.h"
#include "chains.h"
#include "layout.h"
#include "rhythm.h"
#include "things.h"

struct maker {
    struct kb_arena *arena;
    struct kb_draft *draft;
    const char *place; /* escaped */
    size_t medium;
    int64_t now;
    bool whole; /* the scan saw all there is */
};

/* Files of a folder and all below it: those of backup sets, those of mirrors, and other ordinary ones. */
struct tally {
    int64_t backups, mirrored, plain;
};

/* What was proposed before a folder was looked at, to go back to. */
struct before {
    size_t n_sets, n_unknown;
    struct kb_draft_unknown *unknown;
};

void kb_unknown_add(struct kb_draft *draft, const char *place, const char *path, int64_t n, struct kb_text why,
                    struct kb_arena *arena)
{
    for (size_t i = 0; i < draft->unknown.n; i++) {
        struct kb_draft_unknown *unknown = &draft->unknown.v[i];
        if (!strcmp(unknown->place, place) && !strcmp(unknown->why.en, why.en)) {
            unknown->n += n;
            return;
        }
    }
    draft->unknown.v = kb_grow(arena, draft->unknown.v, draft->unknown.n, sizeof *draft->unknown.v);
    draft->unknown.v[draft->unknown.n++] = (struct kb_draft_unknown){
        .place = place, .first = kb_escape(arena, path, strlen(path)), .why = why, .n = n};
}

static const char *shown(struct maker *m, const char *path)
{
    return kb_escape(m->arena, path, strlen(path));
}

/* Ends a pattern: without a whole date its parts are wildcards; a colon in the second place looks like a drive. */
static const char *settled(struct maker *m, const char *pattern)
{
    bool year = strstr(pattern, "%Y") || strstr(pattern, "%y") || strstr(pattern, "%{era}");
    bool whole = year && strstr(pattern, "%m") && strstr(pattern, "%d");
    char *path = kb_strdup(m->arena, whole ? pattern : kb_name_undated(pattern, m->arena));
    if (path[0] && path[1] == ':')
        path[1] = '?';
    return path;
}

/* --- what a file is ---------------------------------------------------------------------------------------------- */

/* Dated files of these kinds are papers and logs, whatever else they look like. */
static bool is_paper(const char *name)
{
    static const char *const tails[] = {"txt", "log",  "md",   "doc", "docx", "xls", "xlsx", "xlsm", "ppt", "pptx",
                                        "pdf", "jpg",  "jpeg", "png", "gif",  "tif", "tiff", "html", "htm", "msg",
                                        "eml", "odt",  "ods",  "jtd", "jww",  "dwg", "dxf",  "mp4",  "mov", "heic",
                                        "md5", "sha1", "asc",  "sig", "lnk",  "url", NULL};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && tails[i]; i++)
        if (!strcasecmp(dot + 1, tails[i]))
            return true;
    return false;
}

/* .KB and the year of the product, as .KB26 */
static bool is_yayoi(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && !strncasecmp(dot, ".KB", 3) && strspn(dot + 3, "0123456789") == strlen(dot + 3) && strlen(dot) < 6;
}

static const char *database_name(struct maker *m, const struct kb_member *newest, bool filtered)
{
    const char *name = newest->thing->name;
    size_t n = strlen(name);
    const char *last = filtered ? memrchr(name, '.', n) : NULL;
    n = last ? (size_t)(last - name) : n;
    const char *dot = memrchr(name, '.', n);
    const char *tail = dot ? kb_strndup(m->arena, dot, (size_t)(name + n - dot)) : "";
    const char *whole = kb_sprintf(m->arena, "%s%s", *newest->name.stem ? newest->name.stem : "data", tail);
    return whole[strcspn(whole, "/\\\n\t")] ? NULL : whole;
}

static bool is_one_of(const char *name, const char *const *list)
{
    while (*list && strcmp(*list, name) != 0)
        list++;
    return *list != NULL;
}
/* Names that kb_sniff gives. An installer or an old archive lying about is neither. */
static const char *const papers[] = {"Office", "PDF", "Java", "JPEG", "PNG", NULL};
static const char *const images[] = {"VHDX", "VHD", "QCOW2", "VMDK", "WIM", NULL};

/* False: no backup, but an ordinary file. */
static bool tell_format(struct maker *m, const struct kb_group *group, struct kb_draft_set *set)
{
    const struct kb_member *newest = &group->members.v[0];
    const struct kb_seen *looked = group->looked;
    bool packs_itself = looked && looked->container &&
                        (!strcmp(looked->container, "zip") || !strcmp(looked->container, "7z"));
    const char *path = shown(m, newest->thing->path);
    if (looked && looked->tool != KB_TOOL_OTHER) {
        int format = kb_tool_of((enum kb_tool_id)looked->tool)->format;
        set->tool = looked->tool;
        set->format = format == KB_FORMAT_FILE || format == KB_FORMAT_ARCHIVE ? format : KB_FORMAT_FILE;
        struct kb_text title = kb_tool_of((enum kb_tool_id)looked->tool)->title;
        set->format_why = kb_text_new(m->arena, "%s begins as files of %s%.0s do", "%s の先頭が%.0s%sのファイル", path,
                                      title.en, title.ja);
    } else if (looked && looked->container && !(packs_itself && looked->filter)) {
        set->format = KB_FORMAT_ARCHIVE;
        set->format_why = kb_text_new(m->arena, "%s is %s%s%s by its content", "%s の中身は %s%s%s", path,
                                      looked->container, looked->filter ? " + " : "",
                                      looked->filter ? looked->filter : "");
    } else if (looked && looked->filter) {
        const char *as = database_name(m, newest, true);
        set->format = KB_FORMAT_FILE;
        set->unpack = true;
        set->as = as;
        set->sqlite = looked->known && !strcmp(looked->known, "SQLite") ? as : NULL;
        set->format_why = kb_text_new(m->arena, "%s is one %s file packed by %s",
                                      "%s は1つの%sファイルを %s で圧縮したもの", path, set->sqlite ? "SQLite " : "",
                                      looked->filter);
    } else if (looked && looked->known && !strcmp(looked->known, "SQLite")) {
        set->format = KB_FORMAT_FILE;
        set->as = set->sqlite = database_name(m, newest, false);
        set->format_why = kb_text_new(m->arena, "%s is a SQLite database", "%s は SQLite データベース", path);
    } else if (looked && looked->known) {
        set->format = KB_FORMAT_FILE;
        set->format_why = kb_text_new(m->arena, "%s is %s: it can be hashed and counted, not looked into",
                                      "%s は %s です。ハッシュと大きさは確かめられますが、中身は確かめられません", path,
                                      looked->known);
        bool turns = (group->dated || group->weekdays) && group->members.n > 1;
        return looked->encrypted || is_one_of(looked->known, images) || (turns && !is_one_of(looked->known, papers));
    } else if (is_yayoi(newest->thing->name)) {
        set->format = KB_FORMAT_FILE;
        set->tool = KB_TOOL_YAYOI;
        set->format_why = kb_text_new(m->arena,
                                      "%s is named as Yayoi names its backups; their content is not documented",
                                      "%s の名前が弥生のバックアップのもの（中身の形式は公開されていません）", path);
    } else {
        set->format = KB_FORMAT_FILE;
        set->format_why = kb_text_new(m->arena, "%s is of no known format: stored as it is",
                                      "%s の形式は不明。ファイルのまま扱います", path);
        return looked && (group->dated || group->weekdays) && group->members.n > 1 && !is_paper(newest->thing->name);
    }
    return true;
}

/* --- a set of a group -------------------------------------------------------------------------------------------- */

/* The list of hashes that belongs to this generation: by its stem, or the folder's own; a strong one before a weak. */
static const struct kb_member *manifest_of(const struct kb_members *manifests, const struct kb_thing *thing)
{
    const struct kb_member *best = NULL;
    int best_rank = 0;
    size_t n = strlen(thing->name), stem = thing->seen->kind == KB_SEEN_FOLDER ? n : kb_name_stem_end(thing->name);
    for (size_t i = 0; i < manifests->n; i++) {
        const struct kb_thing *manifest = manifests->v[i].thing;
        size_t end = kb_name_stem_end(manifest->name);
        const char *name = manifest->name;
        bool of_folder = false;
        int sums = kb_name_sums(name, &of_folder);
        bool own = (!strncmp(name, thing->name, n) && name[n] == '.') ||
                   (end == stem && !strncmp(name, thing->name, stem));
        int rank = 2 * sums + own;
        if (manifest->parent != thing->parent || !(own || of_folder) || rank < best_rank || (own && rank == best_rank))
            continue;
        best = &manifests->v[i];
        best_rank = rank;
    }
    return best;
}

static void tell_manifest(struct maker *m, const struct kb_members *manifests, const struct kb_group *group,
                          const struct kb_member *newest, const char *prefix, struct kb_draft_copy *copy)
{
    const struct kb_member *manifest = manifest_of(manifests, newest->thing);
    const struct kb_pattern *of_path = NULL, *of_manifest = NULL;
    if (!manifest)
        return;
    const char *pattern = settled(m, kb_sprintf(m->arena, "%s%s", prefix, manifest->pattern));
    struct kb_err err = {0}; /* a list that cannot be said in a plan is none */
    if (kb_pattern_parse(copy->path, m->arena, &of_path, &err) ||
        kb_pattern_parse(pattern, m->arena, &of_manifest, &err) || kb_pattern_fills(of_manifest, of_path, &err))
        return;
    int64_t have = 0;
    for (size_t i = 0; i < group->members.n; i++)
        have += manifest_of(manifests, group->members.v[i].thing) != NULL;
    copy->manifest = pattern;
    copy->newest_manifest = manifest->thing->path;
    copy->manifest_why = kb_text_new(m->arena, "%d of %d generations have one", "%2$d世代中%1$d世代にあります",
                                     (int)have, (int)group->members.n);
}

/* Times of the generations; those of a split file count once. Returns the newest one that is not in the future. */
static const struct kb_member *take_times(struct maker *m, const struct kb_group *group, int64_t **ret_times,
                                          size_t *ret_n)
{
    const struct kb_member *newest = NULL;
    int64_t *times = kb_alloc(m->arena, group->members.n, sizeof *times);
    size_t n = 0;
    for (size_t i = 0; i < group->members.n; i++) {
        const struct kb_member *member = &group->members.v[i], *before = i ? member - 1 : NULL;
        if (before && member->part > 1 && before->part > 0 && member->time == before->time)
            continue;
        times[n++] = member->time;
        if (!newest && member->time <= m->now + 24 * 3600)
            newest = member;
    }
    *ret_times = times;
    *ret_n = n;
    return newest ? newest : &group->members.v[0];
}

static int64_t bytes_of(const struct kb_group *group, const struct kb_member *newest)
{
    if (group->folder)
        return newest->thing->bytes;
    int64_t bytes = 0;
    for (size_t i = 0; i < group->members.n; i++) {
        const struct kb_member *member = &group->members.v[i];
        if (member == newest || (member->part && member->time == newest->time))
            bytes += member->thing->seen->bytes;
    }
    return bytes;
}

static const char *title_of(struct maker *m, const struct kb_member *newest)
{
    for (const struct kb_thing *at = newest->thing; at && at->parent; at = at->parent) {
        int none[KB_PART_DATES] = {-1, -1, -1, -1, -1, -1};
        bool self = at == newest->thing;
        struct kb_name name = self ? newest->name : kb_name_read(at->name, none, true, m->arena);
        if (*name.stem && !(name.by_weekday && strlen(name.by_weekday) <= 7)) /* 月, 月曜日: says nothing */
            return name.stem;
    }
    return "backup";
}

static void add_set(struct maker *m, struct kb_draft_set *set, const struct kb_group *group, const char *prefix,
                    const struct kb_members *manifests)
{
    int64_t *times = NULL;
    size_t n = 0;
    const struct kb_member *newest = take_times(m, group, &times, &n);
    const char *path = settled(m, kb_sprintf(m->arena, "%s%s", prefix, group->pattern));
    struct kb_rhythm rhythm = kb_rhythm_of(times, n, m->now, strstr(path, "%{weekday:") != NULL, m->arena);
    struct kb_draft_copy copy = {.medium = m->medium,
                                 .path = path,
                                 .n = rhythm.n,
                                 .interval = rhythm.interval,
                                 .newest_time = newest->time,
                                 .oldest_time = rhythm.first,
                                 .workdays = rhythm.workdays,
                                 .newest_bytes = bytes_of(group, newest),
                                 .newest = newest->thing->path,
                                 .why = rhythm.why};
    if (rhythm.n_future)
        copy.why = kb_text_new(m->arena, "%s%.0s; %d in the future left out", "%.0s%s（未来の日付の%d世代は除く）",
                               rhythm.why.en, rhythm.why.ja, (int)rhythm.n_future);
    if (set->method == KB_METHOD_MIRROR)
        copy.why = kb_text_new(m->arena,
                               "a folder of ordinary files without dates in its name, %s%s files besides Thumbs.db and "
                               "the like%.0s",
                               "名前に日付のない通常のフォルダ（%.0sThumbs.db などを除き %s ファイル%s）",
                               m->whole ? "" : "at least ", kb_show_count(m->arena, newest->thing->files),
                               m->whole ? "" : "以上");
    tell_manifest(m, manifests, group, newest, prefix, &copy);
    set->title = title_of(m, newest);
    set->retention = rhythm.retention;
    set->min_files = set->min_bytes = KB_ABSENT;
    set->copies.v = kb_grow(m->arena, NULL, 0, sizeof *set->copies.v);
    set->copies.v[set->copies.n++] = copy;
    m->draft->sets.v = kb_grow(m->arena, m->draft->sets.v, m->draft->sets.n, sizeof *m->draft->sets.v);
    m->draft->sets.v[m->draft->sets.n++] = *set;
}

/* --- folders ------------------------------------------------------------------------------------------------------ */

static struct tally visit(struct maker *m, const struct kb_members *folders, const char *prefix);

static void take_tree(struct maker *m, const struct kb_group *group, const char *prefix,
                      const struct kb_members *manifests, int method)
{
    const struct kb_member *newest = &group->members.v[0];
    struct kb_draft_set set = {.format = KB_FORMAT_TREE, .tool = KB_TOOL_OTHER, .method = method};
    set.format_why = kb_text_new(m->arena, "%s is a folder of %s files", "%s はフォルダ（%s ファイル）",
                                 shown(m, newest->thing->path), kb_show_count(m->arena, newest->thing->files));
    add_set(m, &set, group, prefix, manifests);
}

/* Folders of a tool's own make are taken whole. */
static bool take_layout(struct maker *m, const struct kb_group *group, const char *prefix,
                        const struct kb_members *manifests, struct tally *ret_tally)
{
    const struct kb_member *newest = &group->members.v[0];
    int tool = kb_layout_tool(newest->thing);
    if (tool == KB_TOOL_OTHER)
        return false;
    struct kb_text title = kb_tool_of((enum kb_tool_id)tool)->title;
    struct kb_draft_set set = {.format = KB_FORMAT_TREE, .tool = tool, .method = -1};
    set.format_why = kb_text_new(m->arena, "%s is laid out as %s%.0s does it", "%s の中の並びが%.0s%sのもの",
                                 shown(m, newest->thing->path), title.en, title.ja);
    add_set(m, &set, group, prefix, manifests);
    *ret_tally = (struct tally){.backups = newest->thing->files};
    return true;
}

static struct before remember(struct maker *m)
{
    size_t n = m->draft->unknown.n;
    struct before before = {.n_sets = m->draft->sets.n, .n_unknown = n};
    before.unknown = kb_alloc(m->arena, n, sizeof *before.unknown);
    if (n)
        memcpy(before.unknown, m->draft->unknown.v, n * sizeof *before.unknown);
    return before;
}

static void take_back(struct maker *m, const struct before *before)
{
    m->draft->sets.n = before->n_sets;
    m->draft->unknown.n = before->n_unknown;
    if (before->n_unknown)
        memcpy(m->draft->unknown.v, before->unknown, before->n_unknown * sizeof *before->unknown);
}

/* So many ordinary files beside fewer backups make a folder that people work in. */
enum { PAPERS = 5 };

/* A folder whose name says nothing: what lies in it, or, where that is mostly ordinary files, a mirror. */
static struct tally take_folder(struct maker *m, const struct kb_group *group, const char *prefix,
                                const struct kb_members *manifests)
{
    const struct before before = remember(m);
    struct tally tally = {0};
    if (take_layout(m, group, prefix, manifests, &tally))
        return tally;
    tally = visit(m, &group->members, kb_sprintf(m->arena, "%s%s/", prefix, group->pattern));
    bool worked_in = tally.plain >= PAPERS && tally.plain > tally.backups;
    if (tally.backups ? !worked_in : !tally.plain && !tally.mirrored)
        return tally;
    take_back(m, &before);
    tally = (struct tally){.mirrored = group->members.v[0].thing->files};
    take_tree(m, group, prefix, manifests, KB_METHOD_MIRROR);
    return tally;
}

/* 2026 or 2026-11 with papers in it is how people file, not a generation: each such folder for itself. */
static struct tally take_filing(struct maker *m, const struct kb_group *group, const char *prefix,
                                const struct kb_members *manifests)
{
    struct tally tally = {0};
    for (size_t i = 0; i < group->members.n; i++) {
        struct kb_member one = group->members.v[i];
        struct kb_group alone = {.folder = true, .members = {.n = 1, .v = &one}};
        alone.pattern = one.pattern = kb_name_literal(one.thing->name, m->arena);
        struct tally more = take_folder(m, &alone, prefix, manifests);
        tally.backups += more.backups;
        tally.mirrored += more.mirrored;
        tally.plain += more.plain;
    }
    return tally;
}

/* Folders with a date or weekday: either each holds backups, or each is one. */
static struct tally take_generations(struct maker *m, const struct kb_group *group, const char *prefix,
                                     const struct kb_members *manifests)
{
    const struct before before = remember(m);
    struct tally tally = {0};
    if (take_layout(m, group, prefix, manifests, &tally))
        return tally;
    tally = visit(m, &group->members, kb_sprintf(m->arena, "%s%s/", prefix, group->pattern));
    if (tally.backups && tally.plain + tally.mirrored <= tally.backups)
        return tally;
    take_back(m, &before);
    if (!group->weekdays && group->members.v[0].date[KB_PART_DAY] < 0)
        return take_filing(m, group, prefix, manifests);
    int64_t files = 0;
    for (size_t i = 0; i < group->members.n; i++)
        files += group->members.v[i].thing->files;
    if (files)
        take_tree(m, group, prefix, manifests, -1);
    return (struct tally){.backups = files};
}

static const struct kb_text why_plain = {"バックアップとみなす手がかりがないファイル",
                                         "files without anything that shows a backup"};
static const struct kb_text why_stray = {"手作業で作った写しのような名前", "names like those of copies made by hand"};
static const struct kb_text why_name = {"UTF-8 ではない名前（計画に書けません）",
                                        "names that are not UTF-8 (a plan cannot hold them)"};
static const struct kb_text why_other = {"リンクや特殊ファイル（たどりません）",
                                         "links and special files (never followed)"};

static void tell_unknown(struct maker *m, const struct kb_members *members, const struct kb_text *why)
{
    for (size_t i = 0; i < members->n; i++) {
        bool link = members->v[i].thing->seen->kind == KB_SEEN_OTHER;
        const struct kb_text *said = link ? &why_other : &why_name;
        kb_unknown_add(m->draft, m->place, members->v[i].thing->path, 1, why ? *why : *said, m->arena);
    }
}

/* A name of its own, which tells nothing of a next one. */
static bool is_loose(const struct kb_group *group)
{
    return !group->folder && !group->dated && !group->weekdays && !group->parts && !group->varies;
}

/* So many archives without dates in one folder are a collection, not backups. */
enum { COLLECTION = 8 };

static struct tally take_files(struct maker *m, const struct kb_group *group, const char *prefix,
                               const struct kb_members *manifests, bool collection)
{
    struct kb_draft_set set = {.tool = KB_TOOL_OTHER, .method = -1};
    int64_t n = (int64_t)group->members.n;
    if ((collection && is_loose(group)) || !tell_format(m, group, &set)) {
        tell_unknown(m, &group->members, &why_plain);
        return (struct tally){.plain = n};
    }
    add_set(m, &set, group, prefix, manifests);
    return (struct tally){.backups = n};
}

static struct tally visit(struct maker *m, const struct kb_members *folders, const char *prefix)
{
    struct tally tally = {0};
    struct kb_groups groups;
    size_t loose = 0;
    kb_groups_of(folders, m->arena, &groups);
    for (size_t i = 0; i < groups.list.n; i++)
        loose += is_loose(&groups.list.v[i]);
    for (size_t i = 0; i < groups.list.n; i++) {
        const struct kb_group *group = &groups.list.v[i];
        bool turns = group->dated || group->weekdays;
        struct tally more = !group->folder ? take_files(m, group, prefix, &groups.manifests, loose > COLLECTION)
                            : turns        ? take_generations(m, group, prefix, &groups.manifests)
                                           : take_folder(m, group, prefix, &groups.manifests);
        tally.backups += more.backups;
        tally.mirrored += more.mirrored;
        tally.plain += more.plain;
    }
    tell_unknown(m, &groups.strays, &why_stray);
    tell_unknown(m, &groups.others, NULL);
    return tally;
}

void kb_sets_of(const struct kb_scanned *scanned, size_t medium, int64_t now, struct kb_arena *arena,
                struct kb_draft *draft)
{
    struct maker m = {.arena = arena,
                      .draft = draft,
                      .place = kb_escape(arena, scanned->path, strlen(scanned->path)),
                      .medium = medium,
                      .whole = scanned->end->stopped == KB_SCAN_WHOLE,
                      .now = now};
    struct kb_member root = {.thing = kb_things_of(scanned, arena), .date = {-1, -1, -1, -1, -1, -1}};
    const struct kb_members roots = {.n = 1, .v = &root};
    size_t from = draft->sets.n;
    (void)visit(&m, &roots, "");
    kb_chains_join(draft, from, arena);
}
