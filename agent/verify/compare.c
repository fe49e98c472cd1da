/* SPDX-License-Identifier: Apache-2.0 */
/* What the manifest says against what was read. */
#include "compare.h"

#include <inttypes.h>
#include <string.h>

#include "bags.h"
#include "koboshi/arena.h"
#include "layers.h"

/* What no content has: where a list holds no SHA-256, it stands for "not what is listed". */
static const struct kb_sha256 no_content;

static bool same(const struct kb_sha256 *a, const struct kb_sha256 *b)
{
    return !memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

/* A good list, of which this file is none (backed up itself it is never extra), or a tag file. */
static bool must_list(const struct kb_tally *tally, const struct kb_bag *bag, const char *path,
                      const struct kb_sha256 *digest)
{
    bool itself = tally->manifest_digest && same(digest, tally->manifest_digest);
    bool good = bag ? kb_bag_has_list(bag) : tally->manifest && tally->manifest_good;
    return good && !itself && (!bag || kb_bag_is_payload(path));
}

/* Of several bags that of this path becomes the one whose manifest counts, until leave(). What the path is in it. */
static const char *enter(struct kb_tally *tally, const char *path)
{
    struct kb_bag *bag = tally->bags ? kb_bags_of(tally->bags, path) : NULL;
    if (!bag)
        return path;
    tally->bag = bag;
    tally->manifest = kb_bag_manifest(bag);
    tally->manifest_good = kb_bag_has_list(bag);
    return path + strlen(kb_bag_prefix(bag));
}

static void leave(struct kb_tally *tally)
{
    if (!tally->bag)
        return;
    tally->bag = NULL;
    tally->manifest = NULL;
}

bool kb_compare_agrees(const struct kb_tally *tally, const char *path, const struct kb_content *content)
{
    const struct kb_bag *bag = tally->bags ? kb_bags_of(tally->bags, path) : NULL;
    struct kb_manifest *manifest = bag ? kb_bag_manifest(bag) : tally->manifest;
    if (bag)
        path += strlen(kb_bag_prefix(bag));
    struct kb_listed *listed = manifest ? kb_manifest_find(manifest, path) : NULL;
    return listed ? kb_listed_says(manifest, listed, &content->digests, content->size)
                  : !must_list(tally, bag, path, &content->digests.sha256);
}

/* What nothing vouches for; and what is told to be a bag where none is looked for. */
static void outside(struct kb_tally *tally, const struct kb_entry *entry)
{
    const char *slash = strrchr(entry->path, '/');
    tally->outside++;
    if (!tally->seeks_bags || strcmp(slash ? slash + 1 : entry->path, "bagit.txt"))
        return;
    if (!tally->bags_deep++)
        tally->bag_deep = kb_strdup(tally->arena, entry->shown);
}

/* path: of the entry as the manifest sees it. */
static void extra(struct kb_tally *tally, const struct kb_entry *entry, const char *path)
{
    if (tally->bag && !kb_bag_is_payload(path)) /* tag files need not be listed */
        return;
    tally->extra++;
    if (tally->last_counts) /* it may be gone by the last part */
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_tell(tally, tally->bag ? KB_RULE_BAG_UNLISTED : KB_RULE_ENTRY_EXTRA, entry,
                  kb_text_new(arena, "a line for it among the %s of the manifest",
                              "ハッシュ一覧（%s 行）に載っていること",
                              kb_show_count(arena, (int64_t)kb_manifest_count(tally->manifest))),
                  (struct kb_text){.en = "not listed", .ja = "載っていません"});
}

static struct kb_text listed_text(struct kb_arena *arena, const struct kb_tally *tally, const struct kb_listed *listed)
{
    struct kb_text text = kb_listed_text(arena, tally->manifest, listed);
    const char *of = tally->bag ? kb_bag_file(tally->bag, listed->file) : NULL;
    if (of)
        return (struct kb_text){.en = kb_sprintf(arena, "%s (line %u of %s)", text.en, listed->line, of),
                                .ja = kb_sprintf(arena, "%s（%s %u行目）", text.ja, of, listed->line)};
    return (struct kb_text){.en = kb_sprintf(arena, "%s (line %u of the manifest)", text.en, listed->line),
                            .ja = kb_sprintf(arena, "%s（ハッシュ一覧 %u行目）", text.ja, listed->line)};
}

static void tell_differs(struct kb_tally *tally, const struct kb_listed *listed, const struct kb_entry *entry)
{
    tally->differing++;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_tell(tally, KB_RULE_ENTRY_DIFFERS, entry, listed_text(arena, tally, listed),
                  kb_listed_found_text(arena, tally->manifest, listed));
}

static void settle(struct kb_tally *tally, const struct kb_listed *listed, const struct kb_entry *entry, bool equal)
{
    if (tally->last_counts) /* only what stands there last counts */
        return;
    tally->result->files_compared++;
    if (!equal) {
        tell_differs(tally, listed, entry);
        return;
    }
    tally->result->files_matched++;
    tally->weak += kb_listed_is_weak(listed);
}

/* Once told, it stays so, even if the same name comes again with the right content. */
static bool meet(struct kb_tally *tally, struct kb_listed *listed, const struct kb_digests *digests, int64_t size)
{
    int before = listed->state;
    bool equal = kb_listed_meet(tally->manifest, listed, digests, size);
    if (equal && !tally->last_counts && before != KB_LISTED_UNSEEN)
        listed->state = (uint8_t)before;
    return equal;
}

static const struct kb_sha256 *compare_file(struct kb_tally *tally, const struct kb_content *content, const char *path)
{
    const struct kb_digests *digests = &content->digests;
    if (!tally->manifest) {
        outside(tally, &tally->entry);
        return NULL;
    }
    if (tally->bag)
        kb_bag_saw(tally->bag, path, content->size);
    struct kb_listed *listed = kb_manifest_find(tally->manifest, path);
    if (!listed) {
        if (must_list(tally, tally->bag, path, &digests->sha256))
            extra(tally, &tally->entry, path);
        return NULL;
    }
    bool equal = meet(tally, listed, digests, content->size);
    settle(tally, listed, &tally->entry, equal);
    if (equal)
        return &digests->sha256;
    const struct kb_sha256 *said = (const void *)kb_listed_digest(tally->manifest, listed, KB_DIGEST_SHA256);
    return said && !same(said, &digests->sha256) ? said : &no_content;
}

const struct kb_sha256 *kb_compare_file(struct kb_tally *tally, const struct kb_content *content)
{
    if (tally->beside && kb_manifest_find(tally->beside, tally->entry.path))
        tally->named_beside++;
    if (kb_bags_noting(tally->bags)) {
        kb_bags_note_end(tally->bags, &tally->entry, content);
        return NULL;
    }
    const struct kb_sha256 *expected = compare_file(tally, content, enter(tally, tally->entry.path));
    leave(tally);
    return expected;
}

/* The part before has it so, and this one says nothing else of it: it is as it was. */
static bool is_carried(const struct kb_tally *tally, const struct kb_listed *listed)
{
    const struct kb_listed *before = tally->manifest_before
                                         ? kb_manifest_find(tally->manifest_before,
                                                            kb_manifest_path(tally->manifest, listed))
                                         : NULL;
    return before && before->state == KB_LISTED_MATCHES &&
           kb_listed_agree(tally->manifest_before, before, tally->manifest, listed);
}

/* What a hard link names, if it lies in the same bag. */
static struct kb_listed *target_of(const struct kb_tally *tally, const struct kb_entry *entry)
{
    if (entry->kind != KB_ENTRY_HARDLINK || !entry->target)
        return NULL;
    const char *prefix = tally->bag ? kb_bag_prefix(tally->bag) : "";
    size_t n = strlen(prefix);
    return strncmp(entry->target, prefix, n) ? NULL : kb_manifest_find(tally->manifest, entry->target + n);
}

static void compare_link(struct kb_tally *tally, const struct kb_entry *entry, const char *path)
{
    struct kb_listed *listed = tally->manifest ? kb_manifest_find(tally->manifest, path) : NULL;
    if (!listed)
        return;
    struct kb_listed *target = target_of(tally, entry);
    if (target && target->state == KB_LISTED_UNSEEN && is_carried(tally, target))
        target->state = KB_LISTED_MATCHES;
    if (target && (target->state == KB_LISTED_MATCHES || target->state == KB_LISTED_DIFFERS)) {
        int before = listed->state;
        if (tally->bag)
            kb_bag_saw_link(tally->bag, path);
        bool equal = kb_listed_meet_same(tally->manifest, listed, target);
        if (equal && before == KB_LISTED_DIFFERS && !tally->last_counts)
            listed->state = KB_LISTED_DIFFERS;
        settle(tally, listed, entry, equal);
        return;
    }
    listed->state = KB_LISTED_DIFFERS;
    tally->differing++;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_text said = kb_listed_text(arena, tally->manifest, listed);
    kb_tally_tell(
        tally, KB_RULE_ENTRY_DIFFERS, entry,
        (struct kb_text){.en = kb_sprintf(arena, "a file with %s", said.en),
                         .ja = kb_sprintf(arena, "%s のファイル", said.ja)},
        entry->kind == KB_ENTRY_HARDLINK ? (struct kb_text){.en = "a hard link to a file that is not in the manifest",
                                                            .ja = "ハッシュ一覧にないファイルへのハードリンクです"}
        : entry->kind == KB_ENTRY_SYMLINK ? (struct kb_text){.en = "a symbolic link", .ja = "シンボリックリンクです"}
                                          : (struct kb_text){.en = "a folder", .ja = "フォルダです"});
}

void kb_compare_link(struct kb_tally *tally, const struct kb_entry *entry)
{
    if (kb_bags_noting(tally->bags)) {
        kb_bags_note_end(tally->bags, entry, NULL);
        return;
    }
    compare_link(tally, entry, enter(tally, entry->path));
    leave(tally);
}

static void compare_unread(struct kb_tally *tally, const char *path)
{
    struct kb_listed *listed = tally->manifest ? kb_manifest_find(tally->manifest, path) : NULL;
    if (listed && listed->state != KB_LISTED_DIFFERS)
        listed->state = KB_LISTED_UNREAD;
    else if (!listed && !tally->later && tally->entry.kind == KB_ENTRY_FILE)
        tally->extra++;
}

void kb_compare_unread(struct kb_tally *tally, const char *path)
{
    if (kb_bags_noting(tally->bags)) {
        kb_bags_note_end(tally->bags, &tally->entry, NULL);
        return;
    }
    compare_unread(tally, enter(tally, path));
    leave(tally);
}

/* Once all archives of a chain were read. */
static void settle_last(struct kb_tally *tally, const struct kb_listed *listed)
{
    tally->result->files_compared++;
    if (listed->state == KB_LISTED_MATCHES) {
        tally->result->files_matched++;
        tally->weak += kb_listed_is_weak(listed);
        return;
    }
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *path = kb_manifest_path(tally->manifest, listed);
    const struct kb_entry entry = {
        .shown = kb_escape(arena, path, listed->path_n), .raw = path, .raw_n = listed->path_n};
    tell_differs(tally, listed, &entry);
}

static void missing(struct kb_tally *tally, const struct kb_listed *listed)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *path = kb_manifest_path(tally->manifest, listed);
    if (tally->bag)
        path = kb_sprintf(arena, "%s%s", kb_bag_prefix(tally->bag), path);
    const struct kb_entry entry = {.shown = kb_escape(arena, path, strlen(path)), .raw = path, .raw_n = strlen(path)};
    kb_tally_tell(tally, KB_RULE_ENTRY_MISSING, &entry, listed_text(arena, tally, listed),
                  (struct kb_text){.en = "not in the backup", .ja = "バックアップにありません"});
}

/* The manifest tells of the last state; what came to be otherwise on the way is not compared. */
static void caveat_of_chain(struct kb_tally *tally, int64_t moved)
{
    struct kb_arena *arena = tally->arena;
    kb_tally_caveat(tally, kb_text_new(arena,
                                       "Not compared with the manifest: %s files in renamed folders, %s files of "
                                       "earlier parts that it does not list.",
                                       "ハッシュ一覧と比べていないもの: 名前が変わったフォルダの %s "
                                       "ファイル、以前の部分にあり一覧にない %s ファイル。",
                                       kb_show_count(arena, moved), kb_show_count(arena, tally->extra)));
}

/* One sentence, not one per file: what is broken is told already. */
static void tell_unreached(struct kb_tally *tally, int64_t unseen)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_tell(tally, KB_RULE_ENTRY_MISSING, NULL,
                  kb_text_new(arena, "all %s files of the manifest", "ハッシュ一覧の全 %s ファイル",
                              kb_show_count(arena, (int64_t)kb_manifest_count(tally->manifest))),
                  kb_text_new(arena, "%s of them were not reached: reading stopped before the end",
                              "%s ファイルは、途中で読めなくなったため確認できませんでした",
                              kb_show_count(arena, unseen)));
}

/* What became of each line. true: every one is there and equal. */
static bool close_lines(struct kb_tally *tally, bool whole, int64_t *ret_moved)
{
    size_t n = kb_manifest_count(tally->manifest);
    int64_t unseen = 0, good = 0;
    bool carried = tally->carried && tally->manifest_digest; /* it was compared with this very list */
    for (size_t i = 0; i < n; i++) {
        struct kb_listed *listed = kb_manifest_at(tally->manifest, i);
        if (tally->last_counts && (listed->state == KB_LISTED_MATCHES || listed->state == KB_LISTED_DIFFERS))
            settle_last(tally, listed);
        if (listed->state == KB_LISTED_UNSEEN && is_carried(tally, listed))
            listed->state = KB_LISTED_MATCHES;
        bool before = carried && listed->state == KB_LISTED_UNREAD;
        good += before || listed->state == KB_LISTED_MATCHES;
        tally->weak += before && kb_listed_is_weak(listed);
        if (listed->state != KB_LISTED_UNSEEN)
            continue;
        if (tally->chain && kb_layer_moved(tally, kb_manifest_path(tally->manifest, listed))) {
            ++*ret_moved;
            continue;
        }
        if (whole && tally->bag && kb_bag_excuses(tally, listed)) {
            good++;
            continue;
        }
        unseen++;
        if (whole)
            missing(tally, listed);
    }
    if (unseen && !whole)
        tell_unreached(tally, unseen);
    return whole && good == (int64_t)n && !tally->differing && !tally->extra && (!tally->left || carried);
}

bool kb_compare_layer(struct kb_tally *tally, bool whole)
{
    int64_t moved = 0;
    bool good = close_lines(tally, whole, &moved);
    if (moved)
        kb_tally_caveat(tally, kb_text_new(tally->arena,
                                           "%s: %s files in renamed folders were not compared with its manifest.",
                                           "%s: 名前が変わったフォルダの %s ファイルは、ハッシュ一覧と比べていません。",
                                           tally->layers.name, kb_show_count(tally->arena, moved)));
    return good;
}

void kb_compare_settle(struct kb_tally *tally)
{
    if (tally->bags)
        kb_bags_settle(tally->bags);
}

static void tell_deep(struct kb_tally *tally)
{
    if (!tally->bags_deep)
        return;
    kb_tally_caveat(
        tally,
        kb_text_new(tally->arena,
                    "%s bagit.txt lie deeper and were not judged as bags (BagIt), first %s: bags are looked for at "
                    "the top and in the folders directly below it. Verify their folder by itself.",
                    "より深い階層に bagit.txt が %s 個あり（最初は %s）、BagIt としては判定していません。BagIt は"
                    "最上位とその直下のフォルダで探します。そのフォルダを単独で検証してください。",
                    kb_show_count(tally->arena, tally->bags_deep), tally->bag_deep));
}

/* Bag by bag. true: every file lies in a bag, and every bag is good. */
static bool close_bags(struct kb_tally *tally, bool whole)
{
    bool good = true;
    int64_t moved = 0;
    for (size_t i = 0; i < kb_bags_count(tally->bags); i++) {
        struct kb_bag *bag = kb_bags_at(tally->bags, i);
        tally->bag = bag;
        tally->manifest = kb_bag_manifest(bag);
        good = close_lines(tally, whole, &moved) && good;
        good = kb_bag_close(tally, whole) && good;
        leave(tally);
    }
    if (tally->outside && kb_bags_count(tally->bags))
        kb_tally_caveat(tally, kb_text_new(tally->arena,
                                           "%s files lie outside the bags (BagIt): no manifest vouches for them.",
                                           "BagIt の外に %s ファイルあり、対応するハッシュ一覧がありません。",
                                           kb_show_count(tally->arena, tally->outside)));
    return good && !tally->outside;
}

void kb_compare_close(struct kb_tally *tally, bool whole)
{
    tell_deep(tally);
    if (kb_bags_count(tally->bags)) {
        if (close_bags(tally, whole))
            tally->result->proof.hash = KB_REACHED;
        return;
    }
    if (!tally->manifest)
        return;
    int64_t moved = 0;
    bool good = close_lines(tally, whole, &moved);
    if (tally->chain && (moved || tally->extra))
        caveat_of_chain(tally, moved);
    if (good)
        tally->result->proof.hash = KB_REACHED;
}
