/* SPDX-License-Identifier: Apache-2.0 */
/* A bag found and judged. */
#include "bag.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bag_tags.h"
#include "koboshi/arena.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

bool kb_bag_is_payload(const char *path)
{
    return !strncmp(path, "data/", 5);
}

void kb_bag_broken(struct kb_bag *bag, struct kb_text expected, struct kb_text found)
{
    bag->good = false;
    if (bag->told++ >= KB_FINDINGS_PER_RULE_MAX)
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *of = bag->reading ? kb_escape(arena, bag->reading, strlen(bag->reading)) : NULL;
    kb_tally_tell(bag->tally, KB_RULE_BAG_BROKEN, NULL, expected,
                  of ? (struct kb_text){.en = kb_sprintf(arena, "%s: %s", of, found.en),
                                        .ja = kb_sprintf(arena, "%s: %s", of, found.ja)}
                     : found);
}

/* The kind of "manifest-sha256.txt" and "tagmanifest-md5.txt". false: another file. */
static bool is_manifest(const char *name, struct kb_bag_file *ret_file)
{
    bool tag = !strncmp(name, "tag", 3);
    const char *at = name + 3 * tag, *dot = strrchr(name, '.');
    if (strncmp(at, "manifest-", 9) || !dot || strcmp(dot, ".txt"))
        return false;
    at += 9;
    *ret_file = (struct kb_bag_file){
        .name = name, .tag = tag, .kind = at < dot ? kb_kind_named(at, (size_t)(dot - at)) : -1};
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct kb_bag_file *)a)->name, ((const struct kb_bag_file *)b)->name);
}

bool kb_bag_is_tag(const char *name)
{
    struct kb_bag_file file;
    return !strcmp(name, "bagit.txt") || !strcmp(name, "bag-info.txt") || !strcmp(name, "fetch.txt") ||
           is_manifest(name, &file);
}

int kb_bag_kind(const char *name)
{
    struct kb_bag_file file;
    return is_manifest(name, &file) ? file.kind : -1;
}

static void look_at(struct kb_bag *bag, const char *name)
{
    struct kb_bag_file file;
    bag->has_declaration |= !strcmp(name, "bagit.txt");
    bag->has_info |= !strcmp(name, "bag-info.txt");
    bag->has_fetch |= !strcmp(name, "fetch.txt");
    bag->has_payload |= !strcmp(name, "data");
    if (!is_manifest(name, &file) || bag->n_files == KB_BAG_FILES_MAX)
        return;
    file.name = kb_strdup(bag->tally->arena, name);
    bag->files[bag->n_files++] = file;
}

/* What lies at its top. false: it cannot be listed, which the walk tells. */
static bool look(struct kb_bag *bag)
{
    const struct kb_bag_source *source = bag->source;
    DIR *dir = source->fd < 0 ? NULL : kb_dir_list(source->fd);
    if (source->fd >= 0 && !dir)
        return false;
    for (struct dirent *e; dir && (e = readdir(dir));)
        look_at(bag, e->d_name);
    if (dir)
        (void)closedir(dir);
    for (size_t i = 0; i < source->n_tags; i++)
        look_at(bag, source->tags[i].name);
    bag->has_payload |= source->has_payload;
    if (bag->n_files)
        qsort(bag->files, bag->n_files, sizeof *bag->files, by_name);
    return true;
}

/* A folder with data/ and a manifest was a bag before its declaration got lost. */
static bool is_bag(const struct kb_bag *bag)
{
    bool listed = false;
    for (size_t i = 0; i < bag->n_files; i++)
        listed |= !bag->files[i].tag && bag->files[i].kind >= 0;
    return bag->has_declaration || (listed && bag->has_payload);
}

/* Its digests were not computed: where it stands was only seen when the files had been read. */
static void tell_unmeasured(struct kb_bag *bag, const struct kb_bag_file *file)
{
    bag->unmeasured |= !file->tag;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_tally_tell(
        bag->tally, KB_RULE_BAG_UNUSUAL, NULL,
        (struct kb_text){.en = "the manifests before the files in an archive, or one of sha256, sha512, sha1 or "
                               "md5",
                         .ja = "アーカイブの中でマニフェストがファイルより前にあるか、sha256・sha512・sha1・md5 "
                               "のいずれかのマニフェストがあること"},
        kb_text_new(arena,
                    "%s came after files that it lists and was not compared; unpack the bag and verify "
                    "the folder",
                    "%s はファイルの後にあったため照合していません。展開してフォルダを検証してください",
                    kb_escape(arena, file->name, strlen(file->name))));
}

static void require(struct kb_bag *bag, bool there, struct kb_text expected)
{
    bag->reading = NULL;
    if (!there)
        kb_bag_broken(bag, expected, (struct kb_text){.en = "not there", .ja = "ありません"});
}

/* Manifests of kinds that are not computed are left out, as long as others are there. */
static void read_manifests(struct kb_bag *bag)
{
    const unsigned known = kb_digests_known(), measured = known & bag->source->measured;
    for (size_t i = 0; i < bag->n_files; i++) {
        struct kb_bag_file *file = &bag->files[i];
        if (file->kind >= 0 && measured & 1u << file->kind) {
            kb_bag_read(bag, file->name, &kb_bag_manifest_lines, (uint8_t)i);
            if (!file->tag)
                bag->payload_kinds |= 1u << file->kind;
        } else if (file->kind >= 0 && known & 1u << file->kind) {
            tell_unmeasured(bag, file);
        } else {
            KB_SCOPED_ARENA arena = kb_arena_new();
            kb_tally_tell(
                bag->tally, KB_RULE_BAG_UNUSUAL, NULL,
                (struct kb_text){.en = "manifests of digests that are known (md5, sha1, sha224, sha256, sha384, "
                                       "sha512, blake2b)",
                                 .ja = "対応しているハッシュ（md5、sha1、sha224、sha256、sha384、sha512、blake2b）"
                                       "のマニフェスト"},
                kb_text_new(arena, "%s was not compared", "%s は照合していません",
                            kb_escape(arena, file->name, strlen(file->name))));
        }
    }
}

static void read_tags(struct kb_bag *bag)
{
    require(bag, bag->has_declaration, (struct kb_text){.en = "bagit.txt", .ja = "bagit.txt があること"});
    if (bag->has_declaration)
        kb_bag_declaration(bag);
    require(bag, bag->has_payload, (struct kb_text){.en = "the folder data/", .ja = "フォルダ data/ があること"});
    if (bag->has_info)
        kb_bag_read(bag, "bag-info.txt", &kb_bag_info_lines, 0);
    read_manifests(bag);
    require(bag, bag->payload_kinds || bag->unmeasured,
            (struct kb_text){.en = "a payload manifest, manifest-sha256.txt or another of a known digest",
                             .ja = "ペイロードのマニフェスト（manifest-sha256.txt など、対応しているハッシュのもの）"});
    if (bag->has_fetch)
        kb_bag_read(bag, "fetch.txt", &kb_bag_fetch_lines, 0);
    bag->reading = NULL;
}

struct kb_bag *kb_bag_load(const struct kb_bag_source *source, const char *base, struct kb_names *names,
                           struct kb_tally *tally)
{
    struct kb_bag *bag = calloc(1, sizeof *bag);
    if (!bag)
        abort();
    *bag = (struct kb_bag){.source = source, .tally = tally, .good = true};
    if (!look(bag) || !is_bag(bag)) {
        free(bag);
        return NULL;
    }
    bag->prefix = *base ? kb_sprintf(tally->arena, "%s/", base) : "";
    bag->shown = *base ? kb_escape(tally->arena, base, strlen(base)) : NULL;
    bag->manifest = kb_manifest_new(&(struct kb_manifest_params){.owner = bag, .flaw = kb_bag_flaw, .names = names});
    bag->fetched = kb_seen_new();
    tally->bag = bag;
    read_tags(bag);
    tally->bag = NULL;
    const bool blind = bag->unmeasured && !bag->payload_kinds;
    bag->listed = !blind && (bag->good || kb_manifest_count(bag->manifest) > 0);
    bag->good &= !blind;
    bag->source = NULL;
    return bag;
}

void kb_bag_free(struct kb_bag *bag)
{
    if (!bag)
        return;
    kb_manifest_free(bag->manifest);
    kb_seen_free(bag->fetched);
    free(bag->twins);
    free(bag);
}

const char *kb_bag_base(const struct kb_bag *bag)
{
    return bag->shown;
}

const char *kb_bag_prefix(const struct kb_bag *bag)
{
    return bag->prefix;
}

struct kb_manifest *kb_bag_manifest(const struct kb_bag *bag)
{
    return bag->manifest;
}

bool kb_bag_has_list(const struct kb_bag *bag)
{
    return bag->listed;
}

const char *kb_bag_name(const struct kb_bag *bag, struct kb_arena *arena)
{
    return *bag->version ? kb_sprintf(arena, "BagIt %s", bag->version) : "BagIt";
}

const char *kb_bag_file(const struct kb_bag *bag, uint8_t file)
{
    return file < bag->n_files ? bag->files[file].name : NULL;
}

void kb_bag_saw(struct kb_bag *bag, const char *path, int64_t size)
{
    if (!kb_bag_is_payload(path))
        return;
    bag->payload_files++;
    if (__builtin_add_overflow(bag->payload_bytes, size, &bag->payload_bytes))
        bag->payload_bytes = INT64_MAX;
}

void kb_bag_saw_link(struct kb_bag *bag, const char *path)
{
    bag->excused += kb_bag_is_payload(path);
}

/* Files that desktops make in every folder and clean up by themselves. */
static bool is_of_the_system(const char *path)
{
    static const char *const names[] = {".DS_Store", "Thumbs.db", "desktop.ini"};
    const char *slash = strrchr(path, '/');
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(slash ? slash + 1 : path, names[i]))
            return true;
    return false;
}

bool kb_bag_excuses(struct kb_tally *tally, const struct kb_listed *listed)
{
    struct kb_bag *bag = tally->bag;
    const char *path = kb_manifest_path(tally->manifest, listed);
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *from_top = kb_sprintf(arena, "%s%s", bag->prefix, path);
    const struct kb_entry entry = {
        .shown = kb_escape(arena, from_top, strlen(from_top)), .raw = from_top, .raw_n = strlen(from_top)};
    if (kb_seen_has(bag->fetched, path, listed->path_n)) {
        bag->good = false;
        kb_tally_tell(tally, KB_RULE_BAG_HOLE, &entry,
                      (struct kb_text){.en = "the file itself, not only where to fetch it from",
                                       .ja = "取得先だけでなく、ファイルそのものがあること"},
                      (struct kb_text){.en = "not in the bag", .ja = "ファイルがありません"});
        return true;
    }
    if (!kb_bag_is_payload(path))
        return false;
    const char *twin = kb_bag_twin(bag, listed);
    if (!twin && !is_of_the_system(path))
        return false;
    bag->excused += !twin;
    kb_tally_tell(
        tally, KB_RULE_BAG_UNUSUAL, &entry,
        (struct kb_text){.en = "each listed file under its own name", .ja = "記載された名前のファイルがあること"},
        twin ? kb_text_new(arena,
                           "not there; the same content is there as %s, which differs only in case or "
                           "composition",
                           "ありませんが、大文字・小文字か文字の合成だけが違う %s が同じ内容です",
                           kb_escape(arena, twin, strlen(twin)))
             : (struct kb_text){.en = "not there; it is a file that systems make and delete by themselves",
                                .ja = "ありません。OS が自動で作成・削除するファイルです"});
    return true;
}

static void judge_oxum(struct kb_bag *bag)
{
    bool files = bag->oxum_files == bag->payload_files + bag->excused;
    bool bytes = bag->excused ? bag->oxum_bytes >= bag->payload_bytes : bag->oxum_bytes == bag->payload_bytes;
    if (!bag->has_oxum || (files && bytes))
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_bag_broken(bag,
                  kb_text_new(arena, "%s bytes in %s files (Payload-Oxum)", "%s バイト、%s ファイル（Payload-Oxum）",
                              kb_show_count(arena, bag->oxum_bytes), kb_show_count(arena, bag->oxum_files)),
                  kb_text_new(arena, "%s bytes in %s files", "%s バイト、%s ファイル",
                              kb_show_count(arena, bag->payload_bytes), kb_show_count(arena, bag->payload_files)));
}

/* Since 1.0 each payload manifest lists every payload file. */
static void judge_coverage(struct kb_bag *bag)
{
    struct kb_manifest *m = bag->manifest;
    for (size_t i = 0; bag->modern && i < kb_manifest_count(m); i++) {
        const struct kb_listed *listed = kb_manifest_at(m, i);
        const char *path = kb_manifest_path(m, listed);
        unsigned lacking = bag->payload_kinds & ~(unsigned)listed->kinds;
        if (!lacking || !kb_bag_is_payload(path))
            continue;
        KB_SCOPED_ARENA arena = kb_arena_new();
        int kind = __builtin_ctz(lacking);
        kb_bag_broken(bag,
                      (struct kb_text){.en = "every payload file in each manifest (BagIt 1.0)",
                                       .ja = "data/ の各ファイルがすべてのマニフェストにあること（BagIt 1.0）"},
                      kb_text_new(arena, "%s stands in %s, and not in the manifest of %s",
                                  "%s は %s にありますが、%s のマニフェストにありません",
                                  kb_escape(arena, path, listed->path_n), kb_bag_file(bag, listed->file),
                                  kb_kind_name(kind)));
    }
}

bool kb_bag_close(struct kb_tally *tally, bool whole)
{
    struct kb_bag *bag = tally->bag;
    bag->reading = NULL;
    if (!whole)
        return false;
    judge_oxum(bag);
    judge_coverage(bag);
    if (!bag->payload_files) {
        bag->good = false;
        kb_tally_tell(tally, KB_RULE_ZERO_FILES, NULL,
                      (struct kb_text){.en = "at least one file in data/", .ja = "data/ にファイルが1つ以上あること"},
                      (struct kb_text){.en = "none", .ja = "1つもありません"});
    }
    return bag->good;
}
