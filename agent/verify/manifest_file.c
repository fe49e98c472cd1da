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

struct kb_manifest *kb_manifest_load(const struct kb_manifest_file *file, struct kb_tally *tally,
                                     struct kb_sha256 *ret_digest, bool *ret_good)
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
    struct kb_manifest *manifest = cause ? NULL : kb_manifest_new(tally, tell_flaw);
    if (!cause)
        cause = load(manifest, file->fd, ret_digest);
    if (cause) {
        tell_unread(tally, file, cause);
        kb_manifest_free(manifest);
        return NULL;
    }
    *ret_good = kb_manifest_end(manifest);
    return manifest;
}
