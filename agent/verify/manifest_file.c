/* SPDX-License-Identifier: Apache-2.0 */
/* The file that holds a manifest: opened with the generation, read into a table before what it lists. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"
#include "pass.h"
#include "koboshi/ring.h"

struct kb_manifest_file kb_manifest_open(const char *path)
{
    struct kb_manifest_file file = {.path = path, .fd = -1};
    if (path)
        file.fd = kb_part_open(path, 0, &file.cause);
    return file;
}

void kb_manifest_close(struct kb_manifest_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = -1;
}

static void tell_flaw(void *owner, struct kb_text expected, struct kb_text found)
{
    kb_tally_tell(owner, KB_RULE_MANIFEST_BROKEN, NULL, expected, found);
}

static void tell_unread(struct kb_tally *tally, const struct kb_manifest_file *file, int cause)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *slash = strrchr(file->path, '/'), *name = slash ? slash + 1 : file->path;
    enum kb_rule_id rule = cause == ENOENT ? KB_RULE_MANIFEST_ABSENT
                           : cause == EIO  ? KB_RULE_READ_FAILED
                                           : KB_RULE_MANIFEST_BROKEN;
    const char *shown = kb_escape(arena, name, strlen(name));
    kb_tally_tell(tally, rule, NULL, kb_text_new(arena, "the manifest %s", "ハッシュ一覧 %s", shown),
                  kb_text_new(arena, "%s", "%s", strerror(cause)));
}

/* 0, or the errno of a read that failed. */
static int load(struct kb_manifest *manifest, int fd, struct kb_sha256 *ret_digest)
{
    struct kb_reading reading = {.fd = fd};
    uint8_t *buffer = malloc(KB_RING_SLOT_BYTES);
    struct kb_hasher *hasher = kb_hasher_new();
    if (!buffer)
        abort();
    kb_hasher_begin(hasher);
    ssize_t n;
    while ((n = kb_reading_next(&reading, buffer, KB_RING_SLOT_BYTES)) > 0 && reading.offset <= KB_MANIFEST_BYTES_MAX) {
        kb_hasher_add(hasher, buffer, (size_t)n);
        kb_manifest_add(manifest, buffer, (size_t)n);
    }
    int cause = n < 0 ? reading.bad[0].cause : n > 0 ? EFBIG : 0;
    *ret_digest = kb_hasher_end(hasher);
    kb_hasher_free(hasher);
    free(buffer);
    return cause;
}

struct kb_manifest *kb_manifest_load(const struct kb_manifest_file *file, struct kb_names *names,
                                     struct kb_tally *tally, struct kb_sha256 *ret_digest, bool *ret_good)
{
    *ret_good = false;
    if (!file->path)
        return NULL;
    struct stat st;
    int cause = file->cause;
    if (!cause && fstat(file->fd, &st))
        cause = errno;
    if (!cause && !S_ISREG(st.st_mode))
        cause = EISDIR;
    const char *slash = strrchr(file->path, '/');
    struct kb_manifest *manifest = NULL;
    if (!cause) {
        manifest = kb_manifest_new(&(struct kb_manifest_params){
            .owner = tally, .flaw = tell_flaw, .name = slash ? slash + 1 : file->path, .names = names});
        cause = load(manifest, file->fd, ret_digest);
    }
    if (cause) {
        tell_unread(tally, file, cause);
        kb_manifest_free(manifest);
        return NULL;
    }
    *ret_good = kb_manifest_end(manifest);
    return manifest;
}

static bool holds(const struct kb_set_result *result, const char *name)
{
    for (size_t i = 0; i < result->manifest_digests.n; i++)
        if (!strcmp(result->manifest_digests.v[i], name))
            return true;
    return false;
}

void kb_manifest_note(struct kb_tally *tally, const struct kb_manifest *manifest)
{
    struct kb_set_result *result = tally->result;
    const char *names[KB_DIGEST_KINDS];
    size_t n = kb_manifest_digests(manifest, names);
    if (!result->manifest_kind)
        result->manifest_kind = kb_manifest_dialect(manifest);
    for (size_t i = 0; i < n; i++) {
        if (holds(result, names[i]))
            continue;
        result->manifest_digests.v = kb_grow(tally->arena, result->manifest_digests.v, result->manifest_digests.n,
                                             sizeof *result->manifest_digests.v);
        result->manifest_digests.v[result->manifest_digests.n++] = names[i];
    }
}

static const char *weak_names(const struct kb_set_result *result, struct kb_arena *arena)
{
    const char *text = "";
    for (int kind = 0; kind < KB_DIGEST_KINDS; kind++)
        if (kb_digest_names[kind].weak && holds(result, kb_digest_names[kind].name))
            text = kb_sprintf(arena, "%s%s%s", text, *text ? ", " : "", kb_digest_names[kind].name);
    return text;
}

void kb_manifest_caveat(struct kb_tally *tally)
{
    if (!tally->weak)
        return;
    struct kb_arena *arena = tally->arena;
    kb_tally_caveat(
        tally, kb_text_new(arena,
                           "L2: %s of %s files were compared by %s alone, which is weak: it finds accidents, not a "
                           "deliberate change. SHA-256 finds both.",
                           "L2: %2$s ファイル中 %1$s は %3$s だけで照合しました。弱いハッシュのため、事故による変化は"
                           "見つかりますが、意図的な改ざんは検出できません。SHA-256 なら両方を検出できます。",
                           kb_show_count(arena, tally->weak), kb_show_count(arena, tally->result->files_compared),
                           weak_names(tally->result, arena)));
}
