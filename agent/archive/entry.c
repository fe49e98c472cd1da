/* SPDX-License-Identifier: Apache-2.0 */
/* Turns libarchive's entry into ours, with the name as its bytes were stored. */
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/text.h"
#include "reader_state.h"

static enum kb_entry_kind kind_of(struct archive_entry *from)
{
    if (archive_entry_hardlink(from))
        return KB_ENTRY_HARDLINK;
    switch (archive_entry_filetype(from)) {
    case AE_IFREG:
        return KB_ENTRY_FILE;
    case AE_IFDIR:
        return KB_ENTRY_FOLDER;
    case AE_IFLNK:
        return KB_ENTRY_SYMLINK;
    default:
        return KB_ENTRY_OTHER;
    }
}

static int64_t mtime_of(struct archive_entry *from)
{
    int64_t ns;
    if (!archive_entry_mtime_is_set(from) ||
        __builtin_mul_overflow((int64_t)archive_entry_mtime(from), KB_NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, (int64_t)archive_entry_mtime_nsec(from), &ns))
        return KB_ABSENT;
    return ns;
}

static const char *target_of(struct kb_reader *reader, struct archive_entry *from, enum kb_entry_kind kind, bool utf8)
{
    const char *stored = kind == KB_ENTRY_SYMLINK    ? archive_entry_symlink(from)
                         : kind == KB_ENTRY_HARDLINK ? archive_entry_hardlink(from)
                                                     : NULL;
    if (!stored || kind == KB_ENTRY_SYMLINK)
        return stored ? kb_strdup(reader->arena, stored) : NULL;
    const char *decoded = kb_names_decode(reader->params.names, stored, strlen(stored), utf8, reader->arena),
               *path = NULL;
    return kb_path_judge(decoded, strlen(decoded), reader->arena, &path) == KB_PATH_SAFE ? path : NULL;
}

void kb_entry_fill(struct kb_reader *reader, struct archive_entry *from, bool utf8)
{
    struct kb_entry *e = &reader->entry;
    *e = (struct kb_entry){
        .kind = kind_of(from),
        .size = archive_entry_size_is_set(from) ? archive_entry_size(from) : KB_ABSENT,
        .mode = archive_entry_perm(from) & 0777,
        .mtime_ns = mtime_of(from),
        .encrypted = archive_entry_is_encrypted(from) > 0 && !reader->params.passphrase,
        .decrypted = archive_entry_is_encrypted(from) > 0 && reader->params.passphrase,
    };
    if (reader->container != KB_CONTAINER_ZIP || !kb_zip_entry(reader, &utf8)) {
        const char *stored = archive_entry_pathname(from);
        e->raw = kb_strdup(reader->arena, stored ? stored : "");
        e->raw_n = stored ? strlen(stored) : 0;
        utf8 |= reader->container == KB_CONTAINER_7Z; /* stored as UTF-16; a zip's flag is in the header not found */
    }
    const char *decoded = kb_names_decode(reader->params.names, e->raw, e->raw_n, utf8, reader->arena);
    /* a NUL inside ends no name: judged over the stored length */
    bool has_nul = e->raw_n && memchr(e->raw, 0, e->raw_n);
    e->fault = has_nul ? KB_PATH_NUL : kb_path_judge(decoded, strlen(decoded), reader->arena, &e->path);
    e->shown = has_nul ? kb_escape(reader->arena, e->raw, e->raw_n)
                       : kb_escape(reader->arena, e->path ? e->path : decoded, strlen(e->path ? e->path : decoded));
    if (e->fault == KB_PATH_NAME_TOO_LONG) {
        e->long_path = e->path;
        e->path = NULL;
    }
    e->target = target_of(reader, from, e->kind, utf8);
    if (e->size < 0)
        e->size = KB_ABSENT;
}
