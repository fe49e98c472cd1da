/* SPDX-License-Identifier: Apache-2.0 */
/* Entries judged, hashed, compared, listed and handed on. */
#include "tally.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bags.h"
#include "compare.h"
#include "keyed.h"
#include "layers.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/reader.h"
#include "koboshi/threads.h"

enum { LIST_BUFFER_BYTES = 256 << 10, ENTRIES_PER_ARENA = 256 };

void kb_tally_init(struct kb_tally *tally)
{
    tally->meter = (struct kb_meter){.budgets = tally->set->budgets ? tally->set->budgets : &kb_budgets_usual,
                                     .packed = tally->packed};
    tally->seen = kb_seen_new();
    tally->all = tally->chain ? kb_seen_new() : NULL;
    tally->marks = kb_marks_new(tally->set);
    tally->canaries = kb_canaries_new(tally->set);
    tally->signs = kb_signs_new();
    tally->entry_arena = kb_arena_new();
    tally->list = tally->list_fd >= 0 ? malloc(LIST_BUFFER_BYTES) : NULL;
    if (tally->list_fd >= 0 && !tally->list)
        abort();
}

void kb_tally_done(struct kb_tally *tally)
{
    kb_seen_free(tally->seen);
    kb_seen_free(tally->all);
    kb_seen_free(tally->layers.names);
    kb_marks_free(tally->marks);
    kb_canaries_free(tally->canaries);
    kb_signs_free(tally->signs);
    kb_arena_free(tally->entry_arena);
    free(tally->list);
}

void kb_tally_tell(struct kb_tally *tally, enum kb_rule_id rule, const struct kb_entry *entry, struct kb_text expected,
                   struct kb_text found)
{
    KB_SCOPED_ARENA arena = kb_arena_new(); /* the reporter keeps nothing: a million findings take no memory */
    struct kb_finding *finding = kb_finding_make(arena, rule);
    finding->set = tally->set->set;
    finding->medium = tally->set->medium;
    finding->file = tally->set->file ? kb_escape(arena, tally->set->file, strlen(tally->set->file)) : NULL;
    finding->expected = expected;
    finding->found = found;
    if (tally->layers.name)
        finding->found = (struct kb_text){.en = kb_sprintf(arena, "%s: %s", tally->layers.name, found.en),
                                          .ja = kb_sprintf(arena, "%s: %s", tally->layers.name, found.ja)};
    if (!entry && tally->bag)
        finding->entry = kb_bag_base(tally->bag);
    if (entry) {
        finding->entry = entry->shown;
        if (entry->raw_n != strlen(entry->shown) || memcmp(entry->raw, entry->shown, entry->raw_n))
            finding->entry_hex = kb_hex(arena, entry->raw, entry->raw_n);
    }
    tally->bad |= finding->severity == KB_BAD;
    tally->refused |= !entry && !tally->meter.entries && (rule == KB_RULE_FORMAT_REFUSED || rule == KB_RULE_ENCRYPTED);
    tally->reporter->finding(tally->reporter->owner, finding);
}

/* Of several files read as one: which, and the place within it. */
static struct kb_bad_range within(const struct kb_tally *tally, const struct kb_reading *reading,
                                  struct kb_bad_range bad, const char **ret_name)
{
    *ret_name = NULL;
    if (!tally->extent_names)
        return bad;
    size_t at = kb_extents_at(reading->extents, bad.from);
    *ret_name = tally->extent_names[at];
    bad.from -= reading->extents->v[at].start;
    bad.to -= reading->extents->v[at].start;
    return bad;
}

bool kb_tally_tell_reading(struct kb_tally *tally, const struct kb_reading *reading, const struct kb_entry *entry)
{
    bool lost = false;
    size_t kept = reading->n_bad < KB_BAD_RANGES_KEPT ? reading->n_bad : KB_BAD_RANGES_KEPT;
    for (size_t i = 0; i < kept; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const char *name;
        const struct kb_bad_range bad = within(tally, reading, reading->bad[i], &name);
        const char *of = name ? kb_sprintf(arena, "%s: ", name) : "";
        struct kb_text expected = {.en = "every byte comes at the first read", .ja = "すべてのバイトが1回で読めること"};
        lost |= !bad.recovered;
        kb_tally_tell(
            tally, bad.recovered ? KB_RULE_READ_AGAIN : KB_RULE_READ_FAILED, entry, expected,
            bad.recovered
                ? kb_text_new(arena, "%sbytes %" PRId64 " to %" PRId64 ": %s; read again in small pieces, they came",
                              "%s%" PRId64 "〜%" PRId64 " バイト目: %s。小さく分けて読み直すと読めました", of, bad.from,
                              bad.to - 1, strerror(bad.cause))
                : kb_text_new(arena,
                              "%sbytes %" PRId64 " to %" PRId64
                              ": %s; the second read failed too, and reading stopped there",
                              "%s%" PRId64 "〜%" PRId64 " バイト目: %s。読み直しも失敗し、そこで読み取りを止めました",
                              of, bad.from, bad.to - 1, strerror(bad.cause)));
    }
    return lost;
}

void kb_tally_hold(struct kb_tally *tally, const struct kb_reader_flaw *flaw)
{
    struct kb_arena *arena = tally->arena;
    if (tally->unread)
        return;
    struct kb_finding *unread = kb_finding_make(arena, flaw->rule);
    unread->expected = kb_text_new(arena, "%s%.0s", "%.0s%s", flaw->expected.en, flaw->expected.ja);
    unread->found = kb_text_new(arena, "%s%.0s", "%.0s%s", flaw->found.en, flaw->found.ja);
    tally->unread = unread;
}

void kb_tally_let_go(struct kb_tally *tally, bool told)
{
    if (tally->unread && !told)
        kb_tally_tell(tally, KB_RULE_READ_FAILED, NULL, tally->unread->expected, tally->unread->found);
    tally->unread = NULL;
}

void kb_tally_progress(struct kb_tally *tally, int64_t bytes, int64_t total)
{
    if (!tally->reporter->progress)
        return;
    const struct kb_progress progress = {.bytes = bytes,
                                         .bytes_total = total,
                                         .entries = tally->meter.entries,
                                         .entry = tally->entry.shown,
                                         .phase = "read"};
    tally->reporter->progress(tally->reporter->owner, &progress);
}

void kb_tally_caveat(struct kb_tally *tally, struct kb_text text)
{
    struct kb_set_result *r = tally->result;
    r->caveats.v = kb_grow(tally->arena, r->caveats.v, r->caveats.n, sizeof *r->caveats.v);
    r->caveats.v[r->caveats.n++] = text;
}

static void stop_at(struct kb_tally *tally, const struct kb_entry *entry, struct kb_text expected, struct kb_text found)
{
    kb_tally_tell(tally, KB_RULE_BUDGET, entry, expected, found);
    tally->stopped = true;
}

static const struct {
    enum kb_rule_id rule;
    struct kb_text expected, found;
} path_faults[] = {
    [KB_PATH_EMPTY] = {KB_RULE_NAME_UNSAFE,
                       {.en = "a name", .ja = "名前があること"},
                       {.en = "no name", .ja = "名前がありません"}},
    [KB_PATH_ABSOLUTE] = {KB_RULE_NAME_UNSAFE,
                          {.en = "a path below the restore folder", .ja = "復元先の中の相対パス"},
                          {.en = "an absolute path", .ja = "絶対パスです"}},
    [KB_PATH_PARENT] = {KB_RULE_NAME_UNSAFE,
                        {.en = "a path below the restore folder", .ja = "復元先の中の相対パス"},
                        {.en = "it climbs up by `..`", .ja = "「..」で上の階層を指しています"}},
    [KB_PATH_NUL] = {KB_RULE_NAME_UNSAFE,
                     {.en = "a name without NUL", .ja = "NUL を含まない名前"},
                     {.en = "it holds a NUL byte: tools disagree about where it ends",
                      .ja = "NUL バイトを含み、ツールにより名前が変わります"}},
    [KB_PATH_WINDOWS] = {KB_RULE_NAME_UNSAFE,
                         {.en = "a path below the restore folder, also on Windows",
                          .ja = "Windows でも復元先の中の相対パス"},
                         {.en = "on Windows it leads outside (drive letter, leading backslash or `..\\`)",
                          .ja = "Windows では外を指します（ドライブ名・先頭の「\\」・「..\\」）"}},
    [KB_PATH_TOO_LONG] = {KB_RULE_BUDGET,
                          {.en = "a path of at most 4,096 bytes", .ja = "パスが 4,096 バイト以下"},
                          {.en = "a longer one; this entry is left out",
                           .ja = "それより長いため、この項目は対象外です"}},
    [KB_PATH_TOO_DEEP] = {KB_RULE_BUDGET,
                          {.en = "at most 256 folders deep", .ja = "階層が 256 以下"},
                          {.en = "deeper; this entry is left out", .ja = "それより深いため、この項目は対象外です"}},
    [KB_PATH_NAME_TOO_LONG] = {KB_RULE_NOT_REPRESENTABLE,
                               {.en = "names of at most 255 bytes (85 kanji)",
                                .ja = "名前が 255 バイト（漢字85字）以下"},
                               {.en = "a longer one, which Linux cannot hold; this entry was read, but not restored",
                                .ja = "Linux で扱えない長さのため、この項目は読み取りだけ行い、復元していません"}},
};

/* C0, DEL, C1, and the characters that change the direction or the line of what is shown. */
static bool has_control(const char *path)
{
    for (const unsigned char *s = (const unsigned char *)path; *s; s++) {
        if (*s < 0x20 || *s == 0x7f || (s[0] == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f))
            return true;
        if (s[0] == 0xe2 && s[1] == 0x80 && ((s[2] >= 0xa8 && s[2] <= 0xae) || s[2] == 0x8e || s[2] == 0x8f))
            return true;
        if (s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9)
            return true;
    }
    return false;
}

static void count_kind(struct kb_set_result *result, enum kb_entry_kind kind)
{
    if (kind == KB_ENTRY_FILE)
        result->files++;
    else if (kind == KB_ENTRY_FOLDER)
        result->folders++;
    else if (kind == KB_ENTRY_SYMLINK || kind == KB_ENTRY_HARDLINK)
        result->links++;
}

/* A name that the manifest lists is remembered there; of a chain each archive begins anew. NULL: it is not. */
static struct kb_listed *listed_as(const struct kb_tally *tally, const char *path)
{
    struct kb_listed *listed = tally->manifest && !tally->chain ? kb_manifest_find(tally->manifest, path) : NULL;
    return listed && !strcmp(kb_manifest_path(tally->manifest, listed), path) ? listed : NULL;
}

/* False: this archive had the name before. */
static bool is_first(struct kb_tally *tally, const char *path)
{
    tally->listed = listed_as(tally, path);
    if (!tally->listed)
        return kb_seen_add(tally->seen, path, strlen(path));
    bool first = !tally->listed->met;
    tally->listed->met = true;
    return first;
}

static bool was_there(const struct kb_tally *tally, const char *path)
{
    const struct kb_listed *listed = listed_as(tally, path);
    return listed ? listed->met : kb_seen_has(tally->all ? tally->all : tally->seen, path, strlen(path));
}

/* Whether the name may be used; tells what is wrong with it. */
static bool judge_name(struct kb_tally *tally, const struct kb_entry *e)
{
    if (!e->path) {
        kb_tally_tell(tally, path_faults[e->fault].rule, e, path_faults[e->fault].expected,
                      path_faults[e->fault].found);
        return false;
    }
    if (has_control(e->path))
        kb_tally_tell(tally, KB_RULE_NAME_CONTROL, e,
                      (struct kb_text){.en = "characters that can be seen", .ja = "目に見える文字だけ"},
                      (struct kb_text){.en = "control characters, shown here as %XX",
                                       .ja = "制御文字があります（ここでは %XX と表示）"});
    tally->known = tally->all && !kb_seen_add(tally->all, e->path, strlen(e->path));
    if (!is_first(tally, e->path) && e->kind != KB_ENTRY_FOLDER)
        kb_tally_tell(tally, KB_RULE_NAME_TWICE, e, (struct kb_text){.en = "each name once", .ja = "同じ名前は1回だけ"},
                      (struct kb_text){.en = "it was there before", .ja = "前にも同じ名前がありました"});
    return true;
}

/* Whether its kind is one of those that are restored. */
static bool judge_kind(struct kb_tally *tally, const struct kb_entry *e)
{
    if (e->kind == KB_ENTRY_OTHER) {
        kb_tally_tell(tally, KB_RULE_ENTRY_KIND, e,
                      (struct kb_text){.en = "a file, folder or link", .ja = "ファイル・フォルダ・リンク"},
                      (struct kb_text){.en = "a device, FIFO or socket", .ja = "デバイス・FIFO・ソケットです"});
        return false;
    }
    if (e->encrypted) {
        kb_tally_tell(tally, KB_RULE_ENCRYPTED, e, (struct kb_text){.en = "readable content", .ja = "中身を読めること"},
                      (struct kb_text){.en = "encrypted; the key is not known here",
                                       .ja = "暗号化されています（鍵がありません）"});
        return false;
    }
    if (e->kind == KB_ENTRY_HARDLINK && (!e->target || !was_there(tally, e->target))) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        kb_tally_tell(tally, KB_RULE_ENTRY_KIND, e,
                      (struct kb_text){.en = "a hard link to an entry before it", .ja = "前にある項目へのハードリンク"},
                      kb_text_new(arena, "its target is not in the backup: %s",
                                  "リンク先がバックアップにありません: %s",
                                  e->target ? kb_escape(arena, e->target, strlen(e->target)) : "-"));
    }
    return true;
}

static void keep(struct kb_tally *tally, const struct kb_entry *entry)
{
    if (tally->meter.entries % ENTRIES_PER_ARENA == 1) {
        kb_arena_free(tally->entry_arena);
        tally->entry_arena = kb_arena_new();
    }
    struct kb_entry *e = &tally->entry;
    *e = *entry;
    e->path = entry->path ? kb_strdup(tally->entry_arena, entry->path) : NULL;
    e->long_path = entry->long_path ? kb_strdup(tally->entry_arena, entry->long_path) : NULL;
    e->shown = kb_strdup(tally->entry_arena, entry->shown);
    e->raw = kb_strndup(tally->entry_arena, entry->raw, entry->raw_n);
    e->target = entry->target ? kb_strdup(tally->entry_arena, entry->target) : NULL;
    e->kept = NULL;
}

/* A name that only this system cannot hold: what is in the file is known all the same. */
static bool read_apart(struct kb_tally *tally)
{
    struct kb_entry *e = &tally->entry;
    tally->apart = e->long_path && e->kind == KB_ENTRY_FILE && judge_kind(tally, e);
    if (!tally->apart)
        return false;
    e->path = e->long_path;
    return true;
}

static void stop_at_entries(struct kb_tally *tally, const struct kb_entry *entry)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *most = kb_show_count(arena, tally->meter.budgets->entries);
    stop_at(
        tally, entry, kb_budget_limit(arena, kb_text_new(arena, "at most %s entries", "%s 項目以下", most), "entries"),
        kb_text_new(arena, "this is number %s", "これが %s 項目目です", kb_show_count(arena, tally->meter.entries)));
}

bool kb_tally_wants(const struct kb_entry *entry)
{
    return entry->kind == KB_ENTRY_FILE && !entry->encrypted && (entry->path || entry->long_path);
}

int kb_tally_entry(struct kb_tally *tally, const struct kb_entry *entry, struct kb_err *err)
{
    if (kb_meter_entry(&tally->meter)) {
        stop_at_entries(tally, entry);
        return 0;
    }
    if (entry->kind == KB_ENTRY_FOLDER && !entry->path && entry->fault == KB_PATH_EMPTY)
        return kb_layer_listing(tally, entry, err); /* the top itself */
    keep(tally, entry);
    tally->known = tally->apart = false;
    tally->listed = NULL;
    bool usable = judge_name(tally, &tally->entry) && judge_kind(tally, &tally->entry);
    tally->files += entry->kind == KB_ENTRY_FILE;
    if (!tally->known)
        count_kind(tally->result, entry->kind);
    if (!usable) {
        tally->result->skipped++;
        if (read_apart(tally))
            return 1;
        if (entry->path)
            kb_compare_unread(tally, entry->path);
        kb_canaries_take(tally, NULL);
        return 0;
    }
    if (tally->listed)
        tally->entry.kept = kb_manifest_path(tally->manifest, tally->listed);
    if (tally->sink && tally->sink->entry(tally->sink->owner, &tally->entry, err) < 0)
        return kb_wrap(err, "while %s was handed on", "%s を渡すとき", tally->entry.shown);
    if (entry->kind != KB_ENTRY_FILE) {
        kb_compare_link(tally, &tally->entry);
        kb_canaries_take(tally, NULL);
        return kb_layer_listing(tally, &tally->entry, err);
    }
    kb_bags_note_entry(tally->bags, &tally->entry);
    return 1;
}

static void stop_at_size(struct kb_tally *tally)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *before = kb_show_bytes(arena, tally->result->bytes_unpacked);
    stop_at(tally, &tally->entry,
            kb_budget_limit(arena,
                            kb_text_new(arena, "content of at most %s in all", "内容の合計が %s 以下",
                                        kb_show_bytes(arena, tally->meter.budgets->bytes)),
                            "bytes"),
            kb_text_new(arena, "more: it stopped after %s, holes included",
                        "それを超えます（%s まで読んで停止、穴（スパース）を含む）", before));
}

static void stop_at_ratio(struct kb_tally *tally)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    stop_at(tally, &tally->entry,
            kb_budget_limit(arena,
                            kb_text_new(arena, "content of at most %s times the size of the file (%s)",
                                        "内容の合計がファイルの %s 倍以下（ファイル %s）",
                                        kb_show_count(arena, tally->meter.budgets->ratio),
                                        kb_show_bytes(arena, tally->packed)),
                            "ratio"),
            kb_text_new(arena, "%s so far, holes included", "穴（スパース）を含めて、これまでに %s",
                        kb_show_bytes(arena, tally->result->bytes_unpacked)));
}

static void stop_at_order(struct kb_tally *tally, int64_t offset)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_tell(tally, KB_RULE_ARCHIVE_BROKEN, &tally->entry,
                  (struct kb_text){.en = "content in order", .ja = "内容が順に並んでいること"},
                  kb_text_new(arena, "a piece at byte %" PRId64 " after %" PRId64,
                              "%" PRId64 " バイト目の断片が %" PRId64 " の後にあります", offset,
                              tally->meter.position));
    tally->stopped = true;
}

int kb_tally_data(struct kb_tally *tally, int64_t offset, const void *bytes, size_t n, struct kb_err *err)
{
    enum kb_excess excess = kb_meter_data(&tally->meter, offset, n);
    tally->result->bytes_unpacked = tally->meter.bytes;
    if (excess == KB_EXCESS_ORDER)
        stop_at_order(tally, offset);
    else if (excess == KB_EXCESS_SIZE)
        stop_at_size(tally);
    else if (excess == KB_EXCESS_RATIO)
        stop_at_ratio(tally);
    if (!excess)
        kb_bags_note_data(tally->bags, offset, bytes, n);
    if (!excess && n && tally->sink && !tally->apart &&
        tally->sink->data(tally->sink->owner, offset, bytes, n, err) < 0)
        return kb_wrap(err, "while %s was handed on", "%s を渡すとき", tally->entry.shown);
    return 0;
}

static int flush_list(struct kb_tally *tally, struct kb_err *err)
{
    if (tally->n_list && kb_write_all(tally->list_fd, tally->list, tally->n_list))
        return kb_fail(err, KB_EIO, "the list of entries could not be written: %s",
                       "項目の一覧を書き込めませんでした: %s", strerror(errno));
    tally->n_list = 0;
    return 0;
}

static int list(struct kb_tally *tally, const struct kb_sha256 *digest, struct kb_err *err)
{
    if (tally->list_fd < 0 || tally->list_full)
        return 0;
    size_t n;
    const char *line = kb_checksum_line(tally->entry_arena, tally->entry.path, digest, &n);
    if (tally->listed_bytes + (int64_t)n > KB_LIST_BYTES_MAX) {
        tally->list_full = true;
        KB_SCOPED_ARENA arena = kb_arena_new();
        kb_tally_tell(
            tally, KB_RULE_BUDGET, &tally->entry,
            kb_text_new(arena, "a list of at most %s", "一覧が %s 以下", kb_show_bytes(arena, KB_LIST_BYTES_MAX)),
            (struct kb_text){.en = "it would be longer; entries from here on are not listed",
                             .ja = "それを超えるため、以降の項目は一覧に載りません"});
        return 0;
    }
    if (tally->n_list + n > LIST_BUFFER_BYTES && flush_list(tally, err))
        return err ? err->code : KB_EIO;
    memcpy(tally->list + tally->n_list, line, n);
    tally->n_list += n;
    tally->listed_bytes += (int64_t)n;
    return 0;
}

int kb_tally_end(struct kb_tally *tally, const struct kb_content *content, struct kb_err *err)
{
    bool whole = content->whole && !tally->stopped;
    const struct kb_sha256 *digest = &content->digests.sha256;
    const struct kb_sha256 *expected = NULL;
    int r = 0;
    if (whole) {
        tally->checked++;
        tally->result->files_decrypted += tally->entry.decrypted;
        kb_marks_take(tally, content);
        kb_signs_take(tally, content);
        expected = kb_compare_file(tally, content);
        r = list(tally, digest, err);
    } else {
        kb_compare_unread(tally, tally->entry.path);
        if (tally->later) {
            kb_marks_list(tally);
            kb_signs_list(tally);
        }
    }
    kb_canaries_take(tally, whole ? digest : NULL);
    if (!r && tally->sink && !tally->apart &&
        tally->sink->end(tally->sink->owner, tally->meter.position, whole ? digest : NULL, expected, err) < 0)
        r = kb_wrap(err, "while %s was handed on", "%s を渡すとき", tally->entry.shown);
    return r;
}

unsigned kb_tally_digests(const struct kb_tally *tally)
{
    return tally->bags ? kb_bags_kinds(tally->bags) : tally->manifest ? kb_manifest_kinds(tally->manifest) : 0;
}

size_t kb_tally_threads(const struct kb_tally *tally)
{
    return kb_threads(tally->set->threads);
}

bool kb_tally_wants_lead(const struct kb_tally *tally)
{
    return tally->marks != NULL;
}

static void too_few(struct kb_tally *tally)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_set_result *r = tally->result;
    const struct kb_job_set *set = tally->set;
    int64_t bytes = r->bytes_unpacked + tally->left_bytes;
    if (!(tally->checked + tally->left) || !bytes) {
        if (!tally->bad)
            kb_tally_tell(
                tally, KB_RULE_ZERO_FILES, NULL,
                (struct kb_text){.en = "at least one file with content", .ja = "中身のあるファイルが1つ以上あること"},
                kb_text_new(arena, "%" PRId64 " files read, %" PRId64 " bytes in all (%" PRId64 " entries)",
                            "読めたファイル %" PRId64 " 件、合計 %" PRId64 " バイト（項目 %" PRId64 " 件）",
                            tally->checked, r->bytes_unpacked, tally->meter.entries));
        return;
    }
    int64_t files = tally->chain && r->files < tally->checked ? r->files : tally->checked; /* each name once */
    files += tally->left;
    if (set->min_files > 0 && files < set->min_files)
        kb_tally_tell(tally, KB_RULE_TOO_FEW_FILES, NULL,
                      kb_text_new(arena, "at least %s files", "%s ファイル以上", kb_show_count(arena, set->min_files)),
                      kb_text_new(arena, "%s files", "%s ファイル", kb_show_count(arena, files)));
    if (set->min_bytes > 0 && bytes < set->min_bytes)
        kb_tally_tell(tally, KB_RULE_TOO_FEW_BYTES, NULL,
                      kb_text_new(arena, "at least %s", "%s 以上", kb_show_bytes(arena, set->min_bytes)),
                      kb_text_new(arena, "%s", "%s", kb_show_bytes(arena, bytes)));
}

int kb_tally_close(struct kb_tally *tally, bool whole, struct kb_err *err)
{
    whole &= !tally->stopped;
    kb_compare_close(tally, whole);
    if (whole)
        kb_marks_close(tally);
    kb_canaries_close(tally, whole);
    kb_signs_close(tally);
    if (whole) /* else another finding says what stopped it */
        too_few(tally);
    return flush_list(tally, err);
}
