/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the first entries of an archive look like those of a bag. */
#include <stdlib.h>
#include <string.h>

#include "bags_noted.h"
#include "koboshi/extents.h"
#include "koboshi/limits.h"
#include "koboshi/reader.h"

enum { PIECE_BYTES = 256 << 10 };

struct head {
    const struct kb_extents *extents;
    int64_t offset;
    uint8_t *bytes;
};

/* What the head showed so far. */
struct signs {
    bool declared;     /* a name of BagIt's own */
    bool payload;      /* data/ at the top, or in the one folder there */
    unsigned others;   /* files beside it that BagIt gives no name to */
    unsigned payloads; /* kinds of payload manifests, */
    unsigned all;      /* and of tag manifests */
};

/* The end comes early; what cannot be read is told by the pass. */
static ssize_t next_piece(void *owner, const void **ret_bytes)
{
    struct head *h = owner;
    if (h->offset >= KB_BAG_HEAD_BYTES)
        return 0;
    ssize_t n = kb_extents_read(h->extents, h->bytes, PIECE_BYTES, h->offset);
    if (n <= 0)
        return 0;
    h->offset += n;
    *ret_bytes = h->bytes;
    return n;
}

static void ignore(void *owner, const struct kb_reader_flaw *flaw)
{
    (void)owner;
    (void)flaw;
}

/* A file with this path below the folder that may be a bag. */
static void look_below(struct signs *s, const char *path, size_t n_first)
{
    if (path[n_first]) {
        bool data = n_first == 4 && !memcmp(path, "data", 4);
        s->payload |= data;
        s->others += !data;
    } else if (kb_bag_is_tag(path)) {
        int kind = kb_bag_kind(path);
        s->declared = true;
        s->all |= kind < 0 ? 0 : 1u << kind;
        s->payloads |= kind < 0 || *path == 't' ? 0 : 1u << kind;
    } else {
        s->others++;
    }
}

/* `name` and `data` may both be the top: both are looked at. */
static void look(struct signs *top, struct signs *below, const char *path, bool file, const char **first,
                 struct kb_arena *arena)
{
    size_t n = strcspn(path, "/");
    if (!file)
        return;
    look_below(top, path, n);
    below->others += !path[n];
    if (!path[n])
        return;
    if (!*first)
        *first = kb_strndup(arena, path, n);
    bool same = strlen(*first) == n && !memcmp(*first, path, n);
    const char *rest = path + n + 1;
    struct signs one = {0};
    look_below(&one, rest, strcspn(rest, "/"));
    below->declared |= one.declared;
    below->payload |= one.payload;
    below->others += one.others || !same;
    below->payloads |= one.payloads;
    below->all |= one.all;
}

static bool shows(const struct signs *s)
{
    return s->declared || (s->payload && !s->others);
}

/* Enough was seen beside what a bag has. */
static bool is_none(const struct signs *s)
{
    return !s->declared && s->others >= KB_BAG_HEAD_OTHERS;
}

/* A bag is packed in a folder of its own, and the file has its name (RFC 8493 section 4.1). */
static bool is_called(const char *file, const char *folder)
{
    size_t n = strlen(folder);
    return !strncmp(file, folder, n) && file[n] == '.';
}

/* Digests that no list has named yet are computed where only the list is missing: `data` alone is a common name. */
static unsigned kinds_of(const struct signs *s, bool called)
{
    const unsigned usual = 1u << KB_DIGEST_SHA512 | 1u << KB_DIGEST_SHA1 | 1u << KB_DIGEST_MD5;
    return !shows(s) ? 0 : s->payloads || !(s->declared || called) ? s->all : s->all | usual;
}

/* Both are known by what a bag has at its top; nothing of the content is asked for. */
static bool read_head(const struct kb_bags_head *params, unsigned *ret_kinds)
{
    struct head head = {.extents = params->extents, .bytes = malloc(PIECE_BYTES)};
    if (!head.bytes)
        abort();
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct signs top = {0}, below = {0};
    const char *first = NULL;
    const struct kb_entry *e;
    struct kb_reader *reader = kb_reader_open(
        &(struct kb_reader_params){.source = {.owner = &head, .next = next_piece, .extents = params->extents},
                                   .name = params->name,
                                   .format = KB_FORMAT_ARCHIVE,
                                   .threads = 1,
                                   .names = params->names,
                                   .flaw = ignore});
    int64_t bytes = 0;
    for (size_t n = 0; n < KB_BAG_HEAD_ENTRIES && bytes <= KB_BAG_HEAD_UNPACKED && !(is_none(&top) && is_none(&below));
         n++) {
        if (kb_reader_next(reader, &e) <= 0)
            break;
        if (e->path)
            look(&top, &below, e->path, e->kind != KB_ENTRY_FOLDER, &first, arena);
        /* the directory of a zip says where the next one begins; elsewhere it is behind the content of this one */
        if (kb_reader_slices(reader) == 0 && e->size > 0 && __builtin_add_overflow(bytes, e->size, &bytes))
            bytes = INT64_MAX;
    }
    kb_reader_close(reader);
    free(head.bytes);
    bool called = first && is_called(params->name, first);
    *ret_kinds = (kinds_of(&top, false) | kinds_of(&below, called)) & kb_digests_known();
    return shows(&top) || shows(&below);
}

struct kb_bags *kb_bags_of_archive(const struct kb_bags_head *head, struct kb_names *names, struct kb_tally *tally)
{
    unsigned kinds;
    if (!read_head(head, &kinds))
        return NULL;
    struct kb_bags *bags = kb_bags_new(names, tally);
    bags->kinds = kinds;
    bags->noting = true;
    bags->arena = kb_arena_new();
    return bags;
}
