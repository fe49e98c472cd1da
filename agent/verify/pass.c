/* SPDX-License-Identifier: Apache-2.0 */
/* A generation opened, its manifest read, then the pass over the file or folder, and the verdict on each fact. */
#include "koboshi/verify.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bags.h"
#include "compare.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/media.h"
#include "koboshi/reader.h"
#include "koboshi/tool.h"
#include "pass.h"
#include "koboshi/ring.h"
#include "tree.h"

int kb_verify_prepare(struct kb_err *err)
{
    if (!setlocale(LC_CTYPE, "C.UTF-8") || !kb_reader_prepare())
        return kb_fail(err, KB_ECONFIG, "the locale C.UTF-8 is missing", "ロケール C.UTF-8 がありません");
    /* unset, glibc looks at the file again, under a lock, for the time of every entry of a zip */
    if (setenv("TZ", ":/etc/localtime", 0))
        return kb_fail(err, KB_ECONFIG, "out of memory", "メモリが足りません");
    tzset();
    return kb_crypto_prepare(err);
}

/* What this account may not read says nothing about the backup. */
static int check_rights(const char *path, int cause, struct kb_err *err)
{
    if (!cause || kb_code_of_errno(cause) != KB_EPERM)
        return 0;
    KB_SCOPED_ARENA arena = kb_arena_new();
    return kb_fail(
        err, KB_EPERM, "%s cannot be read by this account (%s): run koboshi as root or give it the right to read",
        "%s をこのアカウントでは読めません（%s）。koboshi を root で実行するか、読み取る権限を与えてください",
        kb_escape(arena, path, strlen(path)), strerror(cause));
}

static int check_all_rights(const struct kb_pass *pass, struct kb_err *err)
{
    int code = 0;
    for (size_t i = 0; i < pass->n && !code; i++)
        code = check_rights(pass->parts[i].path, pass->parts[i].cause, err);
    for (size_t i = 0; i < pass->n && !code; i++)
        code = check_rights(pass->parts[i].manifest.path, pass->parts[i].manifest.cause, err);
    return code ? code : check_rights(pass->manifest.path, pass->manifest.cause, err);
}

int kb_pass_open(const struct kb_job_set *set, struct kb_arena *arena, struct kb_pass **ret_pass, struct kb_err *err)
{
    if (!set->source && !set->segments.n)
        return kb_fail(err, KB_EWORKER, "the job names no file to read",
                       "読み取るファイルがジョブに指定されていません");
    struct kb_pass *pass = kb_alloc(arena, 1, sizeof *pass);
    pass->set = set;
    pass->held = -1;
    kb_parts_open(pass, arena);
    pass->manifest = kb_manifest_open(pass->own_manifests ? NULL : set->manifest);
    int code = check_all_rights(pass, err);
    if (code) {
        kb_pass_close(pass);
        return code;
    }
    if (set->format == KB_FORMAT_TREE && pass->parts[0].fd >= 0)
        pass->one_reader = kb_media_spins("/sys", pass->parts[0].st.st_dev);
    pass->physical = set->order == KB_ORDER_PHYSICAL || (set->order == KB_ORDER_AUTO && pass->one_reader);
    pass->names = kb_names_new((enum kb_name_encoding)set->name_encoding);
    pass->manifest_names = kb_names_new(KB_NAMES_AUTO);
    *ret_pass = pass;
    return 0;
}

void kb_pass_resume(struct kb_pass *pass, int out)
{
    if (pass->set->format == KB_FORMAT_TREE)
        pass->resume = kb_resume_new(pass->set->verified, out, pass->set->seconds);
}

void kb_pass_close(struct kb_pass *pass)
{
    if (!pass)
        return;
    kb_resume_free(pass->resume);
    pass->resume = NULL;
    kb_parts_close(pass);
    kb_manifest_close(&pass->manifest);
    kb_manifest_free(pass->listed);
    pass->listed = NULL;
    kb_names_free(pass->names);
    kb_names_free(pass->manifest_names);
    pass->names = pass->manifest_names = NULL;
}

bool kb_pass_runs_programs(const struct kb_pass *pass)
{
    static const char seven_zip[] = {'7', 'z', '\xbc', '\xaf', '\x27', '\x1c'}; /* 7zFormat.txt, kSignature */
    char head[sizeof seven_zip];
    bool whole = pass->n == 1 || pass->set->format == KB_FORMAT_CHAIN; /* the program cannot read a split one */
    bool any = false;
    for (size_t i = 0; pass->set->passphrase && whole && i < pass->n; i++)
        any |= pass->parts[i].fd >= 0 && pread(pass->parts[i].fd, head, sizeof head, 0) == sizeof head &&
               !memcmp(head, seven_zip, sizeof head);
    return any;
}

int64_t kb_pass_bytes(const struct kb_pass *pass)
{
    int64_t sum = 0;
    for (size_t i = 0; i < pass->n; i++) {
        const struct kb_part *part = &pass->parts[i];
        if (part->fd < 0 || !S_ISREG(part->st.st_mode) || __builtin_add_overflow(sum, (int64_t)part->st.st_size, &sum))
            return KB_ABSENT;
    }
    return sum;
}

/* Whether the generation is there and of the kind the plan says. Of a chain it is asked part by part. */
static bool is_there(struct kb_pass *pass, struct kb_tally *tally)
{
    bool there = true;
    for (size_t i = 0; i < pass->n && !tally->chain; i++)
        there &= kb_part_is_there(pass, &pass->parts[i], tally);
    if (pass->left_out) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        kb_tally_tell(tally, KB_RULE_BUDGET, NULL,
                      kb_text_new(arena, "at most %d files in one generation", "1世代のファイルが %d 個以下であること",
                                  KB_SEGMENTS_MAX),
                      kb_text_new(arena, "%zu more", "それより %zu 個多くあります", pass->left_out));
    }
    return there && !pass->left_out && (tally->chain || kb_parts_in_order(pass, tally));
}

static const char *const *names_shown(const struct kb_pass *pass, struct kb_arena *arena)
{
    const char **names = kb_alloc(arena, pass->n, sizeof *names);
    for (size_t i = 0; i < pass->n; i++)
        names[i] = kb_escape(arena, pass->parts[i].name, strlen(pass->parts[i].name));
    return names;
}

/* One file, or the segments of one. */
static int read_stream(struct kb_pass *pass, struct kb_tally *tally, unsigned kinds,
                       struct kb_stream_result *ret_result, struct kb_err *err)
{
    const struct kb_extents extents = kb_parts_extents(pass, 0, pass->n, tally->arena);
    struct kb_digests *digests = pass->set->segments.n ? kb_alloc(tally->arena, pass->n, sizeof *digests) : NULL;
    tally->extent_names = pass->n > 1 ? names_shown(pass, tally->arena) : NULL;
    const struct kb_stream_params params = {.extents = &extents,
                                            .mtime_ns = kb_mtime_ns(&pass->parts[0].st),
                                            .name = pass->name,
                                            .names = pass->names,
                                            .digests = kinds,
                                            .ret_digests = digests};
    int r = kb_stream_run(&params, tally, ret_result, err);
    for (size_t i = 0; digests && !r && ret_result->read && i < pass->n; i++) {
        pass->parts[i].hashed = true;
        pass->parts[i].digests = digests[i];
    }
    return r;
}

/* Of what was not looked into, that is all there is to say. */
static bool is_refused(const struct kb_tally *tally)
{
    return tally->refused && !tally->meter.entries;
}

/* What this kind of file cannot show, even when nothing is wrong. */
static void add_caveats(struct kb_tally *tally, const struct kb_reader_facts *facts, bool listed)
{
    if (is_refused(tally))
        return;
    const struct kb_text tools = kb_tool_of((enum kb_tool_id)tally->set->tool)->caveat;
    bool tree = tally->set->format == KB_FORMAT_TREE;
    if (kb_tool_hides(tally->set))
        kb_tally_caveat(tally, tools);
    else if (!tree && !facts->format && !facts->filter)
        kb_tally_caveat(
            tally, (struct kb_text){.en = "The file is opaque: that it can be read says nothing about its content.",
                                    .ja = "中身を調べない形式です。読めることは、内容が正しいことを意味しません。"});
    if (listed || tree)
        return;
    if ((facts->format || facts->filter) && !facts->content_checked)
        kb_tally_caveat(
            tally, (struct kb_text){.en = "This format has no checksum of its content: without a manifest a changed "
                                          "byte inside a file is not noticed.",
                                    .ja = "この形式は内容のチェックサムを持ちません。ハッシュ一覧がないため、"
                                          "ファイルの中の1バイトの変化は検出できません。"});
    if (!facts->format && facts->members)
        kb_tally_caveat(
            tally, (struct kb_text){.en = "Compressed data that was cut exactly between two members is not noticed "
                                          "without a manifest or a known size.",
                                    .ja = "圧縮データがちょうど区切りの位置で切れていても、"
                                          "ハッシュ一覧か元の大きさがなければ検出できません。"});
}

static void conclude(struct kb_tally *tally, const struct kb_stream_result *stream)
{
    const struct kb_reader_facts *facts = &stream->facts;
    struct kb_set_result *r = tally->result;
    bool archive = tally->set->format == KB_FORMAT_ARCHIVE || tally->chain;
    r->detected = facts->format && facts->filter ? kb_sprintf(tally->arena, "%s + %s", facts->format, facts->filter)
                  : facts->format                ? facts->format
                  : facts->filter                ? facts->filter
                  : archive                      ? "unknown"
                                                 : "opaque";
    bool sound = stream->entries && facts->whole && r->bytes_unpacked > 0 && tally->checked == tally->files;
    if (archive || tally->set->unpack)
        r->proof.structure = sound ? KB_REACHED : KB_NOT_REACHED;
}

/* Every way to a structure that is not good tells its reason; should one be forgotten, the result is not green even so.
 */
static void tell_if_untold(struct kb_tally *tally)
{
    if (tally->result->proof.structure == KB_NOT_REACHED && !tally->bad && !kb_tool_hides(tally->set))
        kb_tally_tell(tally, KB_RULE_ARCHIVE_BROKEN, NULL,
                      (struct kb_text){.en = "it can be read to its end", .ja = "終わりまで読めること"},
                      (struct kb_text){.en = "it could not, for a reason that was not found out",
                                       .ja = "読めませんでした（原因は分かりません）"});
}

/* 1 every file was read whole, 0 not, < 0 a fault. */
static int read_tree(struct kb_pass *pass, struct kb_tally *tally, struct kb_err *err)
{
    const struct kb_tree_params params = {.fd = pass->parts[0].fd,
                                          .threads = pass->one_reader ? 1 : kb_tally_threads(tally),
                                          .physical = pass->physical,
                                          .resume = pass->resume};
    struct kb_tree_result result = {0};
    if (pass->resume)
        kb_resume_begin(pass->resume, tally->manifest ? tally->manifest_digest : NULL);
    int r = kb_tree_run(&params, tally, &result, err);
    if (r)
        return r;
    if (pass->resume)
        tally->result->freshness = kb_resume_end(pass->resume, !tally->stopped, tally->arena);
    const struct kb_freshness *c = tally->result->freshness;
    tally->left = result.left;
    tally->carried = c && !tally->stopped && c->files > 0 && c->now + c->recent == c->files;
    return result.whole;
}

/* The file, the files or the folder. 1 read whole, 0 not, < 0 a fault. */
static int read_all(struct kb_pass *pass, struct kb_tally *tally, struct kb_manifest *manifest, enum kb_listing listing,
                    struct kb_err *err)
{
    bool tree = pass->set->format == KB_FORMAT_TREE;
    struct kb_stream_result stream = {0};
    unsigned kinds = manifest && listing != KB_LISTS_ENTRIES ? kb_manifest_kinds(manifest) : 0;
    int r = tree           ? read_tree(pass, tally, err)
            : tally->chain ? kb_chain_run(pass, tally, kinds, &stream, err)
                           : read_stream(pass, tally, kinds, &stream, err);
    if (r < 0)
        return r;
    if (tree)
        tally->result->detected = "folder";
    else
        conclude(tally, &stream);
    if (stream.entries)
        kb_compare_settle(tally);
    add_caveats(tally, &stream.facts, manifest || pass->own_manifests || kb_bags_count(tally->bags));
    int closed = kb_tally_close(tally, tree ? r > 0 : stream.entries, err);
    tell_if_untold(tally);
    if (closed || tree)
        return closed ? closed : r;
    bool digest = stream.read && !tally->chain;
    if (digest)
        tally->result->sha256 = kb_hex(tally->arena, stream.digests.sha256.bytes, sizeof stream.digests.sha256.bytes);
    if (digest && listing == KB_LISTS_WHOLE &&
        kb_compare_whole(tally, manifest, kb_listed_whole(pass, manifest), &stream.digests, tally->packed))
        tally->result->proof.hash = KB_REACHED;
    if (listing == KB_LISTS_PARTS)
        kb_compare_parts(pass, tally, manifest, digest ? &stream.digests : NULL);
    kb_compare_beside(tally);
    kb_parts_judge_end(pass, tally, &stream.facts);
    return stream.read;
}

/* What was seen of each file, in the order of the job. */
static void add_segments(const struct kb_pass *pass, struct kb_tally *tally)
{
    struct kb_set_result *result = tally->result;
    if (!pass->set->segments.n)
        return;
    result->segments.v = kb_alloc(tally->arena, pass->n, sizeof *result->segments.v);
    for (size_t i = 0; i < pass->n; i++) {
        const struct kb_part *part = &pass->parts[i];
        result->segments.v[result->segments.n++] = (struct kb_segment_seen){
            .sha256 = part->hashed ? kb_hex(tally->arena, part->digests.sha256.bytes, sizeof part->digests.sha256.bytes)
                                   : NULL,
            .manifest_sha256 = part->manifest_sha256,
        };
    }
}

/* Bags vouch for what they hold where the plan names nothing else. */
static struct kb_bags *find_bags(const struct kb_pass *pass, struct kb_tally *tally)
{
    tally->seeks_bags = !pass->manifest.path &&
                        (pass->set->format == KB_FORMAT_TREE || pass->set->format == KB_FORMAT_ARCHIVE);
    if (!tally->seeks_bags)
        return NULL;
    if (pass->set->format == KB_FORMAT_TREE)
        return kb_bags_of_tree(pass->parts[0].fd, pass->manifest_names, tally);
    if (kb_pass_runs_programs(pass)) /* its names are known once the program has read it all */
        return NULL;
    const struct kb_extents extents = kb_parts_extents(pass, 0, pass->n, tally->arena);
    return kb_bags_of_archive(&(struct kb_bags_head){.extents = &extents, .name = pass->name, .names = pass->names},
                              pass->manifest_names, tally);
}

static void note_bags(struct kb_tally *tally)
{
    const char *name = kb_bags_name(tally->bags, tally->arena);
    for (size_t i = 0; i < kb_bags_count(tally->bags); i++)
        kb_manifest_note(tally, kb_bag_manifest(kb_bags_at(tally->bags, i)));
    if (name)
        tally->result->manifest_kind = name;
}

static int run(struct kb_pass *pass, struct kb_tally *tally, struct kb_err *err)
{
    struct kb_set_result *result = tally->result;
    bool archive = pass->set->format == KB_FORMAT_ARCHIVE || tally->chain || pass->set->unpack;
    result->proof = (struct kb_proof){.exists = KB_NOT_REACHED, .read = KB_NOT_REACHED, .hash = KB_NOT_REACHED};
    result->proof.structure = archive || kb_tool_hides(pass->set) ? KB_NOT_REACHED : KB_NOT_APPLICABLE;
    if (!is_there(pass, tally))
        return 0;
    result->proof.exists = KB_REACHED;
    for (size_t i = 0; i < pass->n; i++)
        if (pass->parts[i].cause)
            result->proof.exists = KB_NOT_REACHED;
    struct kb_sha256 digest;
    bool good;
    struct kb_manifest *manifest = kb_manifest_load(&pass->manifest, pass->manifest_names, tally, &digest, &good);
    if (manifest)
        result->manifest_sha256 = kb_hex(tally->arena, digest.bytes, sizeof digest.bytes);
    tally->bags = find_bags(pass, tally);
    enum kb_listing listing = manifest ? kb_listing_of(pass, manifest) : KB_LISTS_ENTRIES;
    if (manifest && listing == KB_LISTS_ENTRIES)
        good = kb_manifest_are_entries(manifest) && good;
    tally->manifest = listing == KB_LISTS_ENTRIES ? manifest : NULL;
    tally->beside = listing == KB_LISTS_WHOLE && kb_manifest_count(manifest) > 1 ? manifest : NULL;
    tally->manifest_digest = manifest ? &digest : NULL;
    tally->manifest_good = good;
    tally->last_counts = tally->chain && !pass->own_manifests;
    int r = read_all(pass, tally, manifest, listing, err);
    bool tree = pass->set->format == KB_FORMAT_TREE;
    if (r > 0 && (tally->carried || (!tally->left && (tree ? tally->checked > 0 : result->bytes_read > 0))))
        result->proof.read = KB_REACHED;
    if (!good && pass->manifest.path)
        result->proof.hash = KB_NOT_REACHED; /* lines that could not be read may be the ones that differ */
    if (!manifest && !pass->own_manifests && !kb_bags_count(tally->bags) && !is_refused(tally))
        kb_tally_caveat(
            tally, (struct kb_text){.en = "There is no manifest: that nothing was changed or left out is not shown.",
                                    .ja = "ハッシュ一覧がありません。変更や欠けがないことは確認できていません。"});
    if (manifest)
        kb_manifest_note(tally, manifest);
    note_bags(tally);
    if (result->proof.hash == KB_REACHED)
        kb_manifest_caveat(tally);
    pass->listed = manifest; /* who took entries holds paths in it */
    kb_bags_free(tally->bags);
    add_segments(pass, tally);
    return r < 0 ? r : 0;
}

int kb_pass_run(struct kb_pass *pass, const struct kb_sink *sink, int list_fd, const struct kb_reporter *reporter,
                struct kb_arena *arena, struct kb_set_result *ret_result, struct kb_err *err)
{
    struct kb_set_result result = {0};
    struct kb_tally tally = {
        .set = pass->set,
        .sink = sink,
        .reporter = reporter,
        .arena = arena,
        .result = &result,
        .list_fd = list_fd,
        .packed = pass->set->format == KB_FORMAT_TREE ? KB_ABSENT : kb_pass_bytes(pass),
        .chain = pass->set->format == KB_FORMAT_CHAIN,
    };
    int64_t began = kb_boot_ns();
    kb_tally_init(&tally);
    int r = run(pass, &tally, err);
    kb_tally_done(&tally);
    result.read_ns = kb_boot_ns() - began;
    if (!r)
        *ret_result = result;
    return r;
}
