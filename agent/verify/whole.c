/* SPDX-License-Identifier: Apache-2.0 */
/* What a manifest says of whole files: of the generation, or of each file that it consists of. */
#include <string.h>

#include "counted.h"
#include "koboshi/arena.h"
#include "pass.h"

/* The generation as seen from the folder of its manifest; NULL: it does not lie below it. */
static const char *below_manifest(const struct kb_pass *pass)
{
    const char *manifest = pass->manifest.path, *slash = manifest ? strrchr(manifest, '/') : NULL;
    size_t n = slash ? (size_t)(slash + 1 - manifest) : 0;
    return n && !pass->set->segments.n && !strncmp(pass->parts[0].path, manifest, n) ? pass->parts[0].path + n : NULL;
}

struct kb_listed *kb_listed_whole(const struct kb_pass *pass, struct kb_manifest *manifest)
{
    return kb_manifest_find_file(manifest, pass->name, below_manifest(pass));
}

enum kb_listing kb_listing_of(const struct kb_pass *pass, struct kb_manifest *manifest)
{
    int format = pass->set->format;
    if (format == KB_FORMAT_TREE)
        return KB_LISTS_ENTRIES;
    bool whole = format != KB_FORMAT_CHAIN && kb_listed_whole(pass, manifest);
    if (whole && kb_manifest_count(manifest) == 1)
        return KB_LISTS_WHOLE;
    for (size_t i = 0; pass->set->segments.n && i < pass->n; i++)
        if (kb_manifest_find(manifest, pass->parts[i].name))
            return KB_LISTS_PARTS;
    return whole ? KB_LISTS_WHOLE : KB_LISTS_ENTRIES;
}

/* name: of the file where there are several. */
static bool compare(struct kb_tally *tally, struct kb_manifest *manifest, struct kb_listed *listed,
                    const struct kb_digests *digests, int64_t size, const char *name)
{
    tally->result->files_compared++;
    if (kb_listed_meet(manifest, listed, digests, size)) {
        tally->result->files_matched++;
        tally->weak += kb_listed_is_weak(listed);
        return true;
    }
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_text expected = kb_listed_text(arena, manifest, listed);
    struct kb_text found = kb_listed_found_text(arena, manifest, listed);
    if (name) {
        name = kb_escape(arena, name, strlen(name));
        found = (struct kb_text){.en = kb_sprintf(arena, "%s: %s", name, found.en),
                                 .ja = kb_sprintf(arena, "%s: %s", name, found.ja)};
    }
    kb_tally_tell(tally, KB_RULE_FILE_HASH_DIFFERS, NULL, expected, found);
    return false;
}

bool kb_compare_whole(struct kb_tally *tally, struct kb_manifest *manifest, struct kb_listed *listed,
                      const struct kb_digests *digests, int64_t size)
{
    return compare(tally, manifest, listed, digests, size, NULL);
}

void kb_compare_beside(struct kb_tally *tally)
{
    if (!tally->beside || !tally->named_beside)
        return;
    kb_tally_caveat(tally,
                    kb_text_new(tally->arena,
                                "The manifest lists several files and this backup as one of them; %s files in it "
                                "that have a name of the list were not compared with those lines.",
                                "ハッシュ一覧には複数のファイルがあり、このバックアップはその1つとして照合しました。"
                                "中にある同名の %s ファイルは、その行とは照合していません。",
                                kb_show_count(tally->arena, tally->named_beside)));
}

static struct kb_entry as_entry(const char *name, struct kb_arena *arena)
{
    size_t n = strlen(name);
    return (struct kb_entry){.shown = kb_escape(arena, name, n), .raw = name, .raw_n = n};
}

static void tell_unlisted(struct kb_tally *tally, const char *name)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_entry entry = as_entry(name, arena);
    kb_tally_tell(tally, KB_RULE_ENTRY_EXTRA, &entry,
                  (struct kb_text){.en = "a line for each file of the backup",
                                   .ja = "バックアップの各ファイルがハッシュ一覧に載っていること"},
                  (struct kb_text){.en = "not listed", .ja = "載っていません"});
}

static bool is_part(const struct kb_pass *pass, const char *name)
{
    for (size_t i = 0; i < pass->n; i++)
        if (!strcmp(pass->parts[i].name, name))
            return true;
    return false;
}

static struct kb_text line_text(struct kb_arena *arena, const struct kb_manifest *manifest,
                                const struct kb_listed *listed)
{
    struct kb_text text = kb_listed_text(arena, manifest, listed);
    return (struct kb_text){.en = kb_sprintf(arena, "%s (line %u of the manifest)", text.en, listed->line),
                            .ja = kb_sprintf(arena, "%s（ハッシュ一覧 %u行目）", text.ja, listed->line)};
}

/* Lines that name a further part of this very split file. How many of them were told. */
static size_t tell_absent(const struct kb_pass *pass, struct kb_tally *tally, struct kb_manifest *manifest)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char **names = kb_alloc(arena, pass->n + 1, sizeof *names);
    for (size_t i = 0; i < pass->n; i++)
        names[i] = pass->parts[i].name;
    struct kb_counted counted = kb_counted_of(names, pass->n);
    size_t told = 0;
    for (size_t i = 0; counted.counts && i < kb_manifest_count(manifest); i++) {
        const struct kb_listed *listed = kb_manifest_at(manifest, i);
        const char *name = kb_manifest_path(manifest, listed);
        if (strncmp(name, names[0], counted.at) || is_part(pass, name) || !strcmp(name, pass->name))
            continue;
        names[pass->n] = name;
        struct kb_counted with = kb_counted_of(names, pass->n + 1);
        if (!with.counts || with.at != counted.at)
            continue;
        const struct kb_entry entry = as_entry(name, arena);
        kb_tally_tell(tally, KB_RULE_SEGMENT_MISSING, &entry, line_text(arena, manifest, listed),
                      (struct kb_text){.en = "not there", .ja = "ありません"});
        told++;
    }
    return told;
}

enum { DIGITS_MAX = 32 };

/* The digits of a name, and whether the rest of it is that of `like` (NULL: any). */
static bool digits_of(const char *name, const char *like, char digits[DIGITS_MAX + 1])
{
    size_t n = 0;
    for (; *name; name++) {
        bool digit = *name >= '0' && *name <= '9';
        if (like && !(digit ? *like >= '0' && *like <= '9' : *like == *name))
            return false;
        if (digit && n == DIGITS_MAX)
            return false;
        if (digit)
            digits[n++] = *name;
        like = like ? like + 1 : NULL;
    }
    digits[n] = '\0';
    return !like || !*like;
}

/* Lines that name an increment like those of this chain, dated or counted between the full backup and the last one. */
static size_t tell_absent_increments(const struct kb_pass *pass, struct kb_tally *tally, struct kb_manifest *manifest)
{
    char first[DIGITS_MAX + 1], last[DIGITS_MAX + 1], at[DIGITS_MAX + 1];
    const char *like = pass->parts[pass->n - 1].name;
    size_t told = 0;
    if (pass->n < 2 || pass->set->chain_kind == KB_CHAIN_DIFFERENTIAL || !digits_of(pass->parts[0].name, NULL, first) ||
        !digits_of(like, NULL, last) || strlen(first) != strlen(last))
        return 0;
    for (size_t i = 0; i < kb_manifest_count(manifest); i++) {
        const struct kb_listed *listed = kb_manifest_at(manifest, i);
        const char *name = kb_manifest_path(manifest, listed);
        if (!digits_of(name, like, at) || strcmp(at, first) < 0 || strcmp(at, last) >= 0 || is_part(pass, name))
            continue;
        KB_SCOPED_ARENA arena = kb_arena_new();
        const struct kb_entry entry = as_entry(name, arena);
        kb_tally_tell(tally, KB_RULE_SEGMENT_MISSING, &entry, line_text(arena, manifest, listed),
                      (struct kb_text){.en = "not there", .ja = "ありません"});
        told++;
    }
    return told;
}

void kb_compare_parts(const struct kb_pass *pass, struct kb_tally *tally, struct kb_manifest *manifest,
                      const struct kb_digests *all)
{
    bool equal = true;
    for (size_t i = 0; i < pass->n; i++) {
        const struct kb_part *part = &pass->parts[i];
        struct kb_listed *listed = kb_manifest_find(manifest, part->name);
        if (!listed)
            tell_unlisted(tally, part->name);
        equal = listed && part->hashed &&
                compare(tally, manifest, listed, &part->digests, part->st.st_size, part->name) && equal;
    }
    struct kb_listed *joined = pass->set->format != KB_FORMAT_CHAIN ? kb_manifest_find(manifest, pass->name) : NULL;
    if (joined && all && !compare(tally, manifest, joined, all, KB_ABSENT, pass->name))
        equal = false;
    bool chain = pass->set->format == KB_FORMAT_CHAIN;
    if (chain ? tell_absent_increments(pass, tally, manifest) : tell_absent(pass, tally, manifest))
        equal = false;
    if (equal)
        tally->result->proof.hash = KB_REACHED;
}
