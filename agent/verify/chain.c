/* SPDX-License-Identifier: Apache-2.0 */
/* A chain: a full backup and the parts that hang on it, read one after the other. */
#include <string.h>

#include "koboshi/arena.h"
#include "compare.h"
#include "layers.h"
#include "pass.h"

/* Names listed in one finding; the rest is counted. */
enum { NAMES_SHOWN = 20 };

struct chain {
    struct kb_pass *pass;
    struct kb_tally *tally;
    struct kb_stream_result *sum;
    bool differential;
    bool *broken;           /* of each part */
    bool by_file;           /* the last state was compared file by file */
    bool equal;             /* every part so far is as its own manifest says */
    unsigned whole_digests; /* of each part, beside SHA-256 */
};

static const char *name_of(const struct chain *c, size_t i, struct kb_arena *arena)
{
    return kb_escape(arena, c->pass->parts[i].name, strlen(c->pass->parts[i].name));
}

/* "a, b, c" of those from `from` on. */
static const char *names_from(const struct chain *c, size_t from, struct kb_arena *arena)
{
    const char *names = "";
    for (size_t i = from; i < c->pass->n && i < from + NAMES_SHOWN; i++)
        names = kb_sprintf(arena, "%s%s%s", names, i > from ? ", " : "", name_of(c, i, arena));
    return c->pass->n > from + NAMES_SHOWN ? kb_sprintf(arena, "%s …", names) : names;
}

/* Nothing it hangs on is broken. */
static bool hangs_well(const struct chain *c, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (c->broken[k] && (!c->differential || k == 0))
            return false;
    return true;
}

/* Of a differential chain only the full backup and the newest part. */
static bool is_restored(const struct chain *c, size_t i)
{
    return hangs_well(c, i) && (!c->differential || i == 0 || i + 1 == c->pass->n);
}

static void add_facts(struct kb_stream_result *sum, const struct kb_stream_result *one, bool first)
{
    if (first) {
        *sum = *one;
        return;
    }
    sum->read &= one->read;
    sum->entries &= one->entries;
    sum->facts.whole &= one->facts.whole;
    sum->facts.content_checked &= one->facts.content_checked;
    sum->facts.members |= one->facts.members;
}

/* The part's own manifest, of which the table is the tally's now where it lists what is in the archive. NULL: of the
 * archive itself, or there is none. */
static struct kb_manifest *read_own(const struct kb_pass *pass, struct kb_part *part, struct kb_tally *tally,
                                    struct kb_sha256 *ret_digest)
{
    struct kb_manifest *manifest = kb_manifest_load(&part->manifest, pass->manifest_names, tally, ret_digest,
                                                    &tally->manifest_good);
    if (manifest)
        part->manifest_sha256 = kb_hex(tally->arena, ret_digest->bytes, sizeof ret_digest->bytes);
    tally->manifest_digest = ret_digest;
    tally->manifest = manifest && !kb_manifest_find_file(manifest, part->name, NULL) ? manifest : NULL;
    if (tally->manifest && !kb_manifest_are_entries(manifest))
        tally->manifest_good = false;
    return manifest;
}

/* The part against its own manifest. */
static void compare_own(struct chain *c, size_t i, const struct kb_stream_result *one, struct kb_manifest *manifest)
{
    struct kb_tally *tally = c->tally;
    const struct kb_part *part = &c->pass->parts[i];
    bool equal = manifest && tally->manifest_good && one->read;
    c->by_file = tally->manifest != NULL;
    if (tally->manifest) /* after a break before it many are absent, and that is told */
        equal = hangs_well(c, i) && kb_compare_layer(tally, one->entries && !tally->stopped) && equal;
    else if (manifest && one->read)
        equal = kb_compare_whole(tally, manifest, kb_manifest_find_file(manifest, part->name, NULL), &one->digests,
                                 part->st.st_size) &&
                equal;
    if (manifest)
        kb_manifest_note(tally, manifest);
    c->equal &= equal;
    kb_manifest_free(tally->manifest_before);
    tally->manifest_before = tally->manifest;
    if (!tally->manifest)
        kb_manifest_free(manifest);
    tally->manifest = NULL;
}

/* One archive of the chain. 1 it is good, 0 it is not (told), < 0 a fault. */
static int run_part(struct chain *c, size_t i, const struct kb_sink *sink, struct kb_err *err)
{
    struct kb_tally *tally = c->tally;
    struct kb_part *part = &c->pass->parts[i];
    struct kb_stream_result one = {0};
    struct kb_sha256 digest;
    tally->sink = sink && is_restored(c, i) ? sink : NULL;
    kb_tally_layer(tally, name_of(c, i, tally->arena));
    struct kb_manifest *own = c->pass->own_manifests ? read_own(c->pass, part, tally, &digest) : NULL;
    int r = i && tally->sink && tally->sink->layer ? tally->sink->layer(tally->sink->owner, err) : 0;
    if (!r && !part->cause && S_ISREG(part->st.st_mode)) {
        const struct kb_extents extents = kb_parts_extents(c->pass, i, 1, tally->arena);
        const struct kb_stream_params params = {.extents = &extents,
                                                .mtime_ns = kb_mtime_ns(&part->st),
                                                .name = part->name,
                                                .names = c->pass->names,
                                                .digests = own ? kb_manifest_kinds(own) : c->whole_digests};
        int64_t unread = tally->files - tally->checked;
        r = kb_stream_run(&params, tally, &one, err);
        one.entries &= one.facts.whole && tally->files - tally->checked == unread;
    } else if (!r) {
        (void)kb_part_is_there(c->pass, part, tally);
    }
    if (c->pass->own_manifests)
        compare_own(c, i, &one, own);
    if (r)
        return r;
    part->hashed = one.read;
    part->digests = one.digests;
    if (hangs_well(c, i)) /* else what is broken has told why files are absent */
        kb_layer_end(tally);
    add_facts(c->sum, &one, i == 0);
    return one.read && one.entries && !tally->bad;
}

static const char *time_of(const struct kb_part *part, struct kb_arena *arena)
{
    return part->point_in_time == KB_ABSENT ? "-" : kb_time_show(arena, part->point_in_time);
}

static void tell_base(const struct chain *c)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    size_t hang = c->pass->n - 1;
    struct kb_text found = kb_text_new(arena, "%s is not sound", "%s に異常があります", name_of(c, 0, arena));
    if (hang)
        found = kb_text_new(arena, "%s is not sound; %zu hang on it and cannot be used: %s",
                            "%s に異常があり、これに続く %zu 件も使えません: %s", name_of(c, 0, arena), hang,
                            names_from(c, 1, arena));
    kb_tally_tell(c->tally, KB_RULE_CHAIN_BASE_BROKEN, NULL,
                  (struct kb_text){.en = "a sound full backup", .ja = "フルバックアップが正常であること"}, found);
}

static void tell_part(const struct chain *c, size_t broken, size_t intact)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *name = name_of(c, broken, arena), *last = name_of(c, intact, arena);
    const char *when = time_of(&c->pass->parts[intact], arena);
    size_t hang = c->differential ? 0 : c->pass->n - broken - 1;
    struct kb_text lost = kb_text_new(arena, "%s is not sound", "%s に異常があります", name);
    if (hang)
        lost = kb_text_new(arena, "%s is not sound; %zu after it cannot be used: %s",
                           "%s に異常があり、後に続く %zu 件も使えません: %s", name, hang,
                           names_from(c, broken + 1, arena));
    kb_tally_tell(c->tally, KB_RULE_CHAIN_PART_BROKEN, NULL,
                  kb_text_new(arena, "all %zu parts sound", "%zu 件すべてが正常であること", c->pass->n),
                  (struct kb_text){.en = kb_sprintf(arena, "%s; last intact part: %s (%s)", lost.en, last, when),
                                   .ja = kb_sprintf(arena, "%s。最後の正常な部分: %s（%s）", lost.ja, last, when)});
}

/* Up to where it can be relied on. An incremental chain ends at its first broken part; of a differential one each part
 * stands by itself. */
static void tell_broken(const struct chain *c)
{
    size_t first = 0, intact = 0;
    while (first < c->pass->n && !c->broken[first])
        first++;
    if (first == c->pass->n)
        return;
    if (!first) {
        tell_base(c);
        return;
    }
    for (size_t i = 1; i < c->pass->n; i++)
        if (!c->broken[i] && (c->differential || i < first))
            intact = i;
    for (size_t i = first; i < c->pass->n; i++)
        if (c->broken[i] && (c->differential || i == first))
            tell_part(c, i, intact);
    struct kb_arena *arena = c->tally->arena;
    const char *name = name_of(c, intact, arena), *when = time_of(&c->pass->parts[intact], arena);
    kb_tally_caveat(c->tally,
                    kb_text_new(arena, "The chain is intact up to %s (%s).", "%s（%s）までは正常です。", name, when));
}

static void tell_deletions(const struct chain *c)
{
    if (c->pass->n == 1 || c->tally->layers.names)
        return;
    kb_tally_caveat(c->tally,
                    (struct kb_text){.en = "These parts do not say what was deleted in between: files deleted after "
                                           "the full backup come back.",
                                     .ja = "この形式は削除されたファイルを記録しません。"
                                           "フルバックアップ後に削除したファイルも復元されます。"});
}

/* A listing of names tells what came and went, not what else changed. */
static void tell_gaps(const struct chain *c)
{
    if (c->pass->n == 1 || c->by_file)
        return;
    kb_tally_caveat(
        c->tally,
        c->differential
            ? (struct kb_text){.en =
                                   "That each part rests on the full backup alone is as the plan says (differential): "
                                   "were they increments, files would come back in an older state, unnoticed "
                                   "without a manifest of the files.",
                               .ja = "各部分がフルだけを元にした差分であることは、計画の記載によります。実際には増分"
                                     "の場合、ファイルが古い内容で復元されても、ファイルごとのハッシュ一覧がなければ"
                                     "検出できません。"}
            : (struct kb_text){.en = "A part missing in between that only changed files would not be noticed without a "
                                     "manifest of the files.",
                               .ja = "間の増分が欠けていても、既存のファイルの更新だけを含むものなら、"
                                     "ファイルごとのハッシュ一覧がなければ検出できません。"});
}

int kb_chain_run(struct kb_pass *pass, struct kb_tally *tally, unsigned digests, struct kb_stream_result *ret_result,
                 struct kb_err *err)
{
    struct chain c = {.pass = pass,
                      .tally = tally,
                      .sum = ret_result,
                      .by_file = tally->manifest != NULL,
                      .equal = pass->own_manifests,
                      .whole_digests = digests,
                      .differential = pass->set->chain_kind == KB_CHAIN_DIFFERENTIAL,
                      .broken = kb_alloc(tally->arena, pass->n, sizeof(bool))};
    const struct kb_sink *sink = tally->sink;
    bool bad = false;
    int r = 1;
    for (size_t i = 0; i < pass->n && r >= 0; i++) {
        r = tally->stopped ? 0 : run_part(&c, i, sink, err); /* a limit counts over all of them */
        c.broken[i] = r <= 0;
        bad |= tally->bad;
    }
    tally->sink = sink;
    tally->layers.name = NULL;
    kb_manifest_free(tally->manifest_before);
    tally->manifest_before = NULL;
    if (r >= 0 && c.equal && !tally->stopped)
        tally->result->proof.hash = KB_REACHED;
    tally->bad = bad;
    if (r < 0)
        return r;
    if (tally->stopped)
        ret_result->entries = false;
    tell_broken(&c);
    tell_deletions(&c);
    tell_gaps(&c);
    return 0;
}
