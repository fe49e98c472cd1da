/* SPDX-License-Identifier: Apache-2.0 */
/* Reads an archive that was restored to its end. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/file.h"
#include "koboshi/reader.h"

#include "probes.h"

enum { BLOCK_BYTES = 256 << 10 };

struct reading {
    int fd, errnum;
    int64_t at;
    void *block;
    struct kb_arena *arena;
    struct kb_text *why;
    bool flawed;
};

static ssize_t next_block(void *owner, const void **ret_bytes)
{
    struct reading *r = owner;
    ssize_t n;
    do
        n = pread(r->fd, r->block, BLOCK_BYTES, r->at);
    while (n < 0 && errno == EINTR);
    r->errnum = n < 0 ? errno : 0;
    if (n > 0)
        r->at += n;
    *ret_bytes = r->block;
    return n;
}

static void first_flaw(void *owner, const struct kb_reader_flaw *flaw)
{
    struct reading *r = owner;
    if (r->flawed || kb_rule(flaw->rule)->severity == KB_NOTE)
        return;
    r->flawed = true;
    *r->why = kb_text_new(r->arena, "%s%.0s", "%.0s%s", kb_pick(flaw->found, KB_EN), kb_pick(flaw->found, KB_JA));
}

/* Every entry to its end; -1 when it could not be read whole. */
static int read_all(struct kb_reader *reader, int64_t *ret_entries)
{
    const struct kb_entry *entry;
    int more;
    bool broken = false;
    while ((more = kb_reader_next(reader, &entry)) > 0) {
        const void *bytes;
        size_t n;
        int64_t offset;
        int block;
        while ((block = kb_reader_block(reader, &bytes, &n, &offset)) > 0)
            ;
        broken = broken || block < 0;
        ++*ret_entries;
    }
    return more < 0 || broken ? -1 : 0;
}

static bool try_as(struct reading *r, const char *name, int64_t size, enum kb_format format, bool *ret_known)
{
    int64_t entries = 0;
    struct kb_names *names = kb_names_new(KB_NAMES_AUTO);
    const struct kb_extent extent = {.fd = r->fd, .size = size};
    const struct kb_extents extents = {.n = 1, .v = &extent, .size = size};
    struct kb_reader_params params = {.source = {.owner = r, .next = next_block, .extents = &extents},
                                      .threads = 1, /* restored files are small */
                                      .name = name,
                                      .format = format,
                                      .unpack = true,
                                      .mtime_ns = KB_ABSENT,
                                      .names = names,
                                      .owner = r,
                                      .flaw = first_flaw};
    r->at = 0;
    r->flawed = false;
    struct kb_reader *reader = kb_reader_open(&params);
    int result = read_all(reader, &entries);
    struct kb_reader_facts facts = kb_reader_facts(reader);
    kb_reader_close(reader);
    kb_names_free(names);
    *ret_known = facts.format || format == KB_FORMAT_FILE;
    if (r->errnum)
        *r->why = kb_text_new(r->arena, "it cannot be read: %s", "読めません: %s", strerror(r->errnum));
    else if (!entries && !r->flawed)
        *r->why = kb_text_new(r->arena, "an archive without one entry", "中身が1件もないアーカイブです");
    else if (!r->flawed)
        *r->why = kb_text_new(r->arena, "it cannot be read to its end", "最後まで読めません");
    return !result && !r->flawed && !r->errnum && facts.whole && entries > 0;
}

bool kb_opens_archive(int fd, const char *name, struct kb_arena *arena, struct kb_text *ret_why)
{
    struct stat st;
    struct reading r = {.fd = fd, .block = kb_alloc(arena, BLOCK_BYTES, 1), .arena = arena, .why = ret_why};
    bool known = false;
    if (fstat(fd, &st)) {
        *ret_why = kb_text_new(arena, "it cannot be read: %s", "読めません: %s", strerror(errno));
        return false;
    }
    /* a .gz holds a tar or just one file: what is no archive is read as the latter */
    return try_as(&r, name, st.st_size, KB_FORMAT_ARCHIVE, &known) ||
           (!known && try_as(&r, name, st.st_size, KB_FORMAT_FILE, &known));
}
