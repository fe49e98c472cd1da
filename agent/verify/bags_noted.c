/* SPDX-License-Identifier: Apache-2.0 */
/* What was noted down of an archive, and the bags that it turns out to hold. */
#include "bags_noted.h"

#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "koboshi/limits.h"
#include "manifest_lines.h"

bool kb_bags_noting(const struct kb_bags *bags)
{
    return bags && bags->noting;
}

static void *grown(void *items, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return items;
    *room = *room ? *room * 2 : 64;
    items = reallocarray(items, *room, size);
    if (!items)
        abort();
    return items;
}

static void drop(struct kb_kept *kept)
{
    free(kept->bytes);
    *kept = (struct kb_kept){0};
}

/* Rather nothing than half a bag. */
static void give_up(struct kb_bags *bags)
{
    struct kb_tally *tally = bags->tally;
    bags->noting = false;
    bags->n_notes = 0;
    drop(&bags->keeping);
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_caveat(tally,
                    kb_text_new(tally->arena,
                                "It looks like a bag (BagIt) and was not judged as one: in an archive this is done for "
                                "at most %s files and %s of manifests. Unpack it and verify the folder.",
                                "BagIt のようですが、BagIt としては判定していません。アーカイブの中では %s ファイル、"
                                "マニフェスト %s までが対象です。展開したフォルダを検証してください。",
                                kb_show_count(arena, KB_BAG_NOTES_MAX), kb_show_bytes(arena, KB_BAG_KEPT_BYTES_MAX)));
}

/* At the top, or in a folder there. */
static bool is_tag(const char *path)
{
    const char *slash = strchr(path, '/');
    return slash && strchr(slash + 1, '/') ? false : kb_bag_is_tag(slash ? slash + 1 : path);
}

void kb_bags_note_entry(struct kb_bags *bags, const struct kb_entry *entry)
{
    if (!kb_bags_noting(bags))
        return;
    drop(&bags->keeping);
    if (entry->kind == KB_ENTRY_FILE && entry->path && is_tag(entry->path))
        bags->keeping.path = kb_strdup(bags->arena, entry->path);
}

void kb_bags_note_data(struct kb_bags *bags, int64_t offset, const void *bytes, size_t n)
{
    if (!kb_bags_noting(bags) || !bags->keeping.path || !n)
        return;
    struct kb_kept *k = &bags->keeping;
    k->cut |= offset < 0 || (uint64_t)offset != k->n;
    if (k->cut)
        return;
    if (bags->kept_bytes + k->n + n > KB_BAG_KEPT_BYTES_MAX) {
        give_up(bags);
        return;
    }
    if (k->n + n > k->room) {
        k->room = 2 * (k->n + n);
        if (!(k->bytes = realloc(k->bytes, k->room)))
            abort();
    }
    memcpy(k->bytes + k->n, bytes, n);
    k->n += n;
}

static void keep(struct kb_bags *bags, bool whole, int64_t size)
{
    struct kb_kept *k = &bags->keeping;
    if (!k->path)
        return;
    k->cut |= !whole || (uint64_t)size != k->n;
    bags->kept_bytes += k->n;
    bags->kept = grown(bags->kept, bags->n_kept, &bags->kept_room, sizeof *bags->kept);
    k->order = bags->n_kept;
    bags->kept[bags->n_kept++] = *k;
    *k = (struct kb_kept){0};
}

static const uint8_t *pack(struct kb_bags *bags, const struct kb_digests *digests)
{
    uint8_t *all = kb_alloc(bags->arena, sizeof digests->sha256 + kb_kinds_size(bags->kinds), 1), *to = all;
    memcpy(to, digests->sha256.bytes, sizeof digests->sha256);
    to += sizeof digests->sha256;
    for (int kind = 0; kind < KB_DIGEST_KINDS; kind++) {
        const uint8_t *digest = bags->kinds & 1u << kind ? kb_digest_of(digests, (enum kb_digest_kind)kind) : NULL;
        if (!digest)
            continue;
        memcpy(to, digest, kb_digest_names[kind].size);
        to += kb_digest_names[kind].size;
    }
    return all;
}

static void unpack(const struct kb_bags *bags, const struct kb_note *note, struct kb_digests *ret_digests)
{
    const uint8_t *at = note->digests;
    memcpy(ret_digests->sha256.bytes, at, sizeof ret_digests->sha256);
    at += sizeof ret_digests->sha256;
    ret_digests->others = bags->kinds;
    for (int kind = 0; kind < KB_DIGEST_KINDS; kind++) {
        if (!(bags->kinds & 1u << kind))
            continue;
        memcpy(ret_digests->other[kind], at, kb_digest_names[kind].size);
        at += kb_digest_names[kind].size;
    }
}

void kb_bags_note_end(struct kb_bags *bags, const struct kb_entry *entry, const struct kb_content *content)
{
    if (!kb_bags_noting(bags) || !entry->path || entry->kind == KB_ENTRY_FOLDER)
        return;
    if (bags->n_notes == KB_BAG_NOTES_MAX) {
        give_up(bags);
        return;
    }
    keep(bags, content != NULL, content ? content->size : 0);
    struct kb_arena *arena = bags->arena;
    bags->notes = grown(bags->notes, bags->n_notes, &bags->notes_room, sizeof *bags->notes);
    struct kb_note *note = &bags->notes[bags->n_notes++];
    *note = (struct kb_note){.entry = *entry, .whole = content != NULL};
    struct kb_entry *e = &note->entry;
    const char *path = kb_strdup(arena, entry->path);
    const bool raw = entry->raw_n != strlen(path) || memcmp(entry->raw, path, entry->raw_n);
    e->path = path;
    e->long_path = entry->long_path ? path : NULL;
    e->shown = strcmp(entry->shown, path) ? kb_strdup(arena, entry->shown) : path;
    e->raw = raw ? kb_strndup(arena, entry->raw, entry->raw_n) : path;
    e->target = entry->target ? kb_strdup(arena, entry->target) : NULL;
    e->dumped = NULL;
    if (!content)
        return;
    note->size = content->size;
    note->digests = pack(bags, &content->digests);
}

static size_t n_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) : 0;
}

/* By folder, as paths are sorted; within one by name, and as they came. */
static int by_path(const void *a, const void *b)
{
    const struct kb_kept *x = a, *y = b;
    size_t n = n_base(x->path), m = n_base(y->path);
    if (!n != !m) /* the top */
        return n ? 1 : -1;
    int order = memcmp(x->path, y->path, n < m ? n : m);
    if (!order && n != m) /* a slash stands behind the shorter one */
        order = n < m ? '/' - (unsigned char)y->path[n] : (unsigned char)x->path[m] - '/';
    if (!order)
        order = strcmp(x->path, y->path);
    return order ? order : x->order < y->order ? -1 : 1;
}

static bool has_payload(const struct kb_bags *bags, const char *base, size_t n)
{
    for (size_t i = 0; i < bags->n_notes; i++) {
        const char *path = bags->notes[i].entry.path;
        if (!n || (!strncmp(path, base, n) && path[n] == '/'))
            if (kb_bag_is_payload(path + (n ? n + 1 : 0)))
                return true;
    }
    return false;
}

static void load(struct kb_bags *bags, const struct kb_kept *kept, size_t n, unsigned measured)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_bag_tag *tags = kb_alloc(arena, n, sizeof *tags);
    size_t base_n = n_base(kept->path), n_tags = 0;
    for (size_t i = 0; i < n; i++) {
        const struct kb_kept *k = &kept[i];
        const char *name = k->path + (base_n ? base_n + 1 : 0);
        const uint8_t *bytes = k->cut ? NULL : k->bytes ? k->bytes : (const uint8_t *)"";
        struct kb_bag_tag tag = {.name = name, .bytes = bytes, .n = k->cut ? 0 : k->n};
        if (n_tags && !strcmp(tags[n_tags - 1].name, name)) /* the later one counts, as unpacking leaves it */
            tags[n_tags - 1] = tag;
        else
            tags[n_tags++] = tag;
    }
    const char *base = kb_strndup(arena, kept->path, base_n);
    kb_bags_add(bags,
                &(struct kb_bag_source){.fd = -1,
                                        .tags = tags,
                                        .n_tags = n_tags,
                                        .has_payload = has_payload(bags, base, base_n),
                                        .measured = measured},
                base);
}

/* RFC 8493 section 4: a serialisation holds one bag, in one folder, with nothing beside it. */
static void judge_serialisation(struct kb_bags *bags)
{
    struct kb_text expected = {.en = "one folder in the archive, and in it the bag",
                               .ja = "アーカイブにフォルダが1つだけあり、その中が BagIt であること"};
    KB_SCOPED_ARENA arena = kb_arena_new();
    if (bags->n > 1)
        kb_tally_tell(bags->tally, KB_RULE_BAG_UNUSUAL, NULL, expected,
                      kb_text_new(arena, "%zu bags", "BagIt が %zu 個あります", bags->n));
    else if (bags->n && !*kb_bag_prefix(bags->v[0]))
        kb_tally_tell(bags->tally, KB_RULE_BAG_UNUSUAL, NULL, expected,
                      (struct kb_text){.en = "the bag lies at the top of the archive, without a folder of its own",
                                       .ja = "フォルダなしで、アーカイブの最上位が BagIt になっています"});
}

static void find_bags(struct kb_bags *bags)
{
    const unsigned measured = bags->kinds | 1u << KB_DIGEST_SHA256;
    if (bags->n_kept)
        qsort(bags->kept, bags->n_kept, sizeof *bags->kept, by_path);
    for (size_t from = 0, to; from < bags->n_kept; from = to) {
        const char *path = bags->kept[from].path;
        size_t n = n_base(path);
        for (to = from + 1; to < bags->n_kept; to++)
            if (n_base(bags->kept[to].path) != n || memcmp(bags->kept[to].path, path, n))
                break;
        load(bags, &bags->kept[from], to - from, measured);
        if (bags->n && !*kb_bag_prefix(bags->v[0])) /* all else is part of it */
            break;
    }
}

void kb_bags_settle(struct kb_bags *bags)
{
    if (!kb_bags_noting(bags))
        return;
    bags->noting = false;
    find_bags(bags);
    judge_serialisation(bags);
    const struct kb_entry before = bags->tally->entry;
    for (size_t i = 0; i < bags->n_notes; i++) {
        const struct kb_note *note = &bags->notes[i];
        struct kb_content content = {.whole = note->whole, .size = note->size};
        bags->tally->entry = note->entry;
        if (note->entry.kind == KB_ENTRY_SYMLINK || note->entry.kind == KB_ENTRY_HARDLINK) {
            kb_compare_link(bags->tally, &note->entry);
        } else if (note->digests) {
            unpack(bags, note, &content.digests);
            (void)kb_compare_file(bags->tally, &content);
        } else {
            kb_compare_unread(bags->tally, note->entry.path);
        }
    }
    bags->tally->entry = before;
}
