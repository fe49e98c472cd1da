/* SPDX-License-Identifier: Apache-2.0 */
/* The listing of a folder that GNU tar --listed-incremental keeps as the content of its entry. */
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"
#include "reader_state.h"

/* A listing this long gets an arena of its own. */
enum { CROWDED_BYTES = 64 << 10 };

/* The bytes of the entry, n of them; 0 as they are, 1 there is no such content, -1 they could not be read. */
static int read_listing(struct kb_reader *reader, size_t n)
{
    size_t have = 0;
    for (;;) {
        const void *bytes;
        size_t got;
        int64_t offset;
        int more = kb_reader_block(reader, &bytes, &got, &offset);
        if (more < 0)
            return -1;
        if (!more)
            return have == n ? 0 : 1;
        if (offset != (int64_t)have || got > n - have)
            return 1;
        memcpy(reader->listing + have, bytes, got);
        have += got;
    }
}

/* Names one after the other, each a code and a text that ends with NUL, an empty one at the end. How many; -1 if it is
 * anything else. */
static ssize_t count_names(const uint8_t *s, size_t n)
{
    ssize_t names = 0;
    size_t at = 0;
    while (at < n && s[at]) {
        const uint8_t *end = memchr(s + at, 0, n - at);
        if (!end || !strchr("YNDRTX", s[at]))
            return -1;
        names++;
        at = (size_t)(end - s) + 1;
    }
    return at + 1 == n ? names : -1;
}

/* The paths of a renaming are created: they are judged like those of entries. */
static struct kb_dumped decoded(struct kb_reader *reader, char code, const char *raw)
{
    const char *name = kb_names_decode(reader->params.names, raw, strlen(raw), false, reader->arena), *path = NULL;
    bool renaming = code == 'R' || code == 'T';
    if (renaming && kb_path_judge(name, strlen(name), reader->arena, &path) != KB_PATH_SAFE)
        return (struct kb_dumped){.code = 'X', .name = name};
    return (struct kb_dumped){.code = code, .name = renaming ? path : name};
}

int kb_dumpdir_fill(struct kb_reader *reader)
{
    struct kb_entry *e = &reader->entry;
    if (!reader->params.dumpdirs || reader->container != KB_CONTAINER_TAR || e->kind != KB_ENTRY_FOLDER ||
        e->size <= 0 || e->size > KB_DUMPDIR_BYTES_MAX)
        return 0;
    if (!reader->listing && !(reader->listing = malloc(KB_DUMPDIR_BYTES_MAX)))
        abort();
    int r = read_listing(reader, (size_t)e->size);
    ssize_t n = r ? -1 : count_names(reader->listing, (size_t)e->size);
    if (r < 0 || n < 0)
        return r < 0 ? -1 : 0;
    struct kb_dumped *dumped = kb_alloc(reader->arena, (size_t)n + 1, sizeof *dumped);
    const char *at = (const char *)reader->listing;
    for (ssize_t i = 0; i < n; i++, at += strlen(at) + 1)
        dumped[i] = decoded(reader, *at, at + 1);
    e->dumped = dumped;
    e->n_dumped = (size_t)n;
    reader->crowded = e->size > CROWDED_BYTES;
    return 0;
}
