/* SPDX-License-Identifier: Apache-2.0 */
/* Turns libarchive's entry into ours, with the name as its bytes were stored. */
#include <limits.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/text.h"
#include "reader_state.h"

enum { LOCAL_HEADER_BYTES = 30, NAME_FIELD_MAX = 65535 };

static unsigned le16(const uint8_t *s)
{
    return s[0] | (unsigned)s[1] << 8;
}

static uint32_t le32(const uint8_t *s)
{
    return le16(s) | (uint32_t)le16(s + 2) << 16;
}

static bool read_at(const struct kb_reader *reader, int64_t offset, uint8_t *bytes, size_t n)
{
    return offset >= 0 && kb_extents_read(reader->params.source.extents, bytes, n, offset) == (ssize_t)n;
}

/* APPNOTE 4.6.9, Info-ZIP Unicode Path: holds the name in UTF-8 if its CRC is that of the plain name. */
static const uint8_t *unicode_path(const uint8_t *name, size_t n_name, const uint8_t *extra, size_t n, size_t *ret_n)
{
    while (n >= 4) {
        size_t len = le16(extra + 2);
        if (len > n - 4)
            return NULL;
        const uint8_t *field = extra + 4;
        if (le16(extra) == 0x7075 && len > 5 && field[0] == 1 && le32(field + 1) == crc32(0, name, (uInt)n_name)) {
            *ret_n = len - 5;
            return field + 5;
        }
        extra += 4 + len;
        n -= 4 + len;
    }
    return NULL;
}

/*
 * libarchive normalises UTF-8 names to NFC and drops the flag that says so. It has just read the local header, which
 * ends where the data begins, and began either where it stood or where it last sought to: the name is looked up there.
 */
static bool zip_name(struct kb_reader *reader, bool *ret_utf8)
{
    int64_t end = archive_filter_bytes(reader->archive, -1);
    /* between the data before and this header may lie a data descriptor (APPNOTE 4.3.9): 12 or 20 bytes, 4 more signed
     */
    const int64_t stood = archive_read_header_position(reader->archive);
    const int64_t starts[] = {stood, reader->sought, stood + 16, stood + 24, stood + 12, stood + 20};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        uint8_t header[LOCAL_HEADER_BYTES];
        if (!read_at(reader, starts[i], header, sizeof header) || memcmp(header, "PK\3\4", 4))
            continue;
        size_t n = le16(header + 26), n_extra = le16(header + 28);
        if (starts[i] + LOCAL_HEADER_BYTES + (int64_t)(n + n_extra) != end)
            continue;
        uint8_t *bytes = kb_alloc(reader->arena, n + n_extra + 1, 1);
        if (!read_at(reader, starts[i] + LOCAL_HEADER_BYTES, bytes, n + n_extra))
            continue;
        size_t n_unicode = 0;
        const uint8_t *unicode = unicode_path(bytes, n, bytes + n, n_extra, &n_unicode);
        reader->entry.raw = unicode ? unicode : bytes;
        reader->entry.raw_n = unicode ? n_unicode : n;
        *ret_utf8 = unicode || (le16(header + 6) & 0x800);
        return true;
    }
    return false;
}

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
    if (reader->container != KB_CONTAINER_ZIP || !zip_name(reader, &utf8)) {
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
