/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what a manifest lists. */
#include "manifest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/archive.h"
#include "koboshi/arena.h"
#include "koboshi/limits.h"
#include "manifest_lines.h"

_Static_assert(KB_LISTED_KINDS <= 8, "the bits of kb_listed.kinds");

static void *resized(void *memory, size_t n, size_t size)
{
    void *grown = reallocarray(memory, n, size);
    if (!grown)
        abort();
    return grown;
}

/* What the name of the file says of 128 digits. */
static int digits_of_name(const char *name)
{
    static const struct {
        const char *word;
        int kind;
    } words[] = {{"sha512", KB_DIGEST_SHA512},
                 {"sha-512", KB_DIGEST_SHA512},
                 {"blake2", KB_DIGEST_BLAKE2B},
                 {"b2sum", KB_DIGEST_BLAKE2B},
                 {".b2", KB_DIGEST_BLAKE2B}};
    int kind = KB_DIGEST_EITHER, said = 0;
    for (size_t i = 0; name && i < sizeof words / sizeof *words; i++)
        if (strcasestr(name, words[i].word) && kind != words[i].kind)
            kind = words[i].kind, said++;
    return said == 1 ? kind : KB_DIGEST_EITHER;
}

struct kb_manifest *kb_manifest_new(const struct kb_manifest_params *params)
{
    struct kb_manifest *m = calloc(1, sizeof *m);
    if (!m)
        abort();
    m->params = *params;
    m->key = kb_key128_random();
    m->n_slots = 64;
    m->slots = calloc(m->n_slots, sizeof *m->slots);
    m->line = malloc(KB_MANIFEST_LINE_MAX);
    m->folded = malloc(KB_MANIFEST_LINE_MAX);
    if (!m->slots || !m->line || !m->folded)
        abort();
    m->number = 1;
    m->digits_128 = digits_of_name(params->name);
    m->known = kb_digests_known();
    if (m->known & (1u << KB_DIGEST_SHA512 | 1u << KB_DIGEST_BLAKE2B))
        m->known |= 1u << KB_DIGEST_EITHER;
    return m;
}

void kb_manifest_free(struct kb_manifest *manifest)
{
    if (!manifest)
        return;
    free(manifest->pool);
    free(manifest->found);
    free(manifest->items);
    free(manifest->slots);
    free(manifest->line);
    free(manifest->folded);
    free(manifest->held.line.s);
    free(manifest->held.path.s);
    free(manifest->held.set.s);
    free(manifest);
}

static bool is_item(const struct kb_manifest *m, uint32_t number, const char *path, size_t n)
{
    const struct kb_listed *item = &m->items[number - 1];
    return item->path_n == n && !memcmp(m->pool + item->path_at, path, n);
}

/* Nothing is fetched of an item whose hash is another: a large list does not fit into the processor's caches. */
static struct kb_slot *slot_of(struct kb_manifest *m, uint32_t hash, const char *path, size_t n)
{
    size_t at = hash & (m->n_slots - 1);
    while (m->slots[at].number && (m->slots[at].hash != hash || !is_item(m, m->slots[at].number, path, n)))
        at = (at + 1) & (m->n_slots - 1);
    return &m->slots[at];
}

static void grow_slots(struct kb_manifest *m)
{
    struct kb_slot *old = m->slots;
    size_t n = m->n_slots;
    m->n_slots *= 2;
    m->slots = calloc(m->n_slots, sizeof *m->slots);
    if (!m->slots)
        abort();
    for (size_t i = 0; i < n; i++) { /* none is there twice */
        size_t at = old[i].hash & (m->n_slots - 1);
        while (old[i].number && m->slots[at].number)
            at = (at + 1) & (m->n_slots - 1);
        if (old[i].number)
            m->slots[at] = old[i];
    }
    free(old);
}

char *kb_manifest_room(struct kb_manifest *m, size_t n)
{
    if (m->n_pool + n > m->pool_room) {
        m->pool_room = m->pool_room * 2 + n + 4096;
        m->pool = resized(m->pool, m->pool_room, 1);
    }
    return m->pool + m->n_pool;
}

size_t kb_kind_size(int kind)
{
    return kind == KB_DIGEST_EITHER ? kb_digest_names[KB_DIGEST_SHA512].size : kb_digest_names[kind].size;
}

size_t kb_kinds_size(unsigned kinds)
{
    size_t n = 0;
    for (int kind = 0; kind < KB_LISTED_KINDS; kind++)
        if (kinds & 1u << kind)
            n += kb_kind_size(kind);
    return n;
}

const uint8_t *kb_listed_digest(const struct kb_manifest *manifest, const struct kb_listed *listed, int kind)
{
    if (!(listed->kinds & 1u << kind))
        return NULL;
    const char *pool = listed->found ? manifest->found : manifest->pool;
    return (const uint8_t *)pool + listed->digest_at + kb_kinds_size(listed->kinds & ((1u << kind) - 1u));
}

static bool contradicts(const struct kb_manifest *m, const struct kb_listed *listed, const struct kb_sum *sum)
{
    if (listed->size != KB_ABSENT && sum->size != KB_ABSENT && listed->size != sum->size)
        return true;
    for (int kind = 0; kind < KB_LISTED_KINDS; kind++)
        if (sum->kinds & listed->kinds & 1u << kind &&
            memcmp(kb_listed_digest(m, listed, kind), sum->digest[kind], kb_kind_size(kind)))
            return true;
    return false;
}

/* The digests of an item anew at the end of the pool: those it has and those of the sum. */
static void put_digests(struct kb_manifest *m, struct kb_listed *item, const struct kb_sum *sum)
{
    unsigned all = item->kinds | sum->kinds;
    if (!item->kinds && !(all & (all - 1))) { /* most lists hold one kind */
        int kind = __builtin_ctz(all);
        size_t n = kb_kind_size(kind);
        memcpy(kb_manifest_room(m, n), sum->digest[kind], n);
        item->digest_at = m->n_pool;
        item->kinds = (uint8_t)all;
        m->n_pool += n;
        return;
    }
    char *room = kb_manifest_room(m, kb_kinds_size(all)), *to = room;
    for (int kind = 0; kind < KB_LISTED_KINDS; kind++) {
        if (!(all & 1u << kind))
            continue;
        const uint8_t *old = kb_listed_digest(m, item, kind);
        memcpy(to, old ? old : sum->digest[kind], kb_kind_size(kind));
        to += kb_kind_size(kind);
    }
    item->digest_at = (uint64_t)(room - m->pool);
    item->kinds = (uint8_t)all;
    m->n_pool += (size_t)(to - room);
}

static enum kb_put merge(struct kb_manifest *m, struct kb_listed *item, const struct kb_sum *sum)
{
    if (contradicts(m, item, sum))
        return KB_PUT_CONFLICT;
    if (item->size == KB_ABSENT)
        item->size = sum->size;
    if (!(sum->kinds & ~(unsigned)item->kinds))
        return KB_PUT_TWICE;
    put_digests(m, item, sum);
    return KB_PUT_MERGED;
}

bool kb_is_absolute(const char *s, size_t n, bool windows)
{
    if (n && (*s == '/' || (windows && *s == '\\')))
        return true;
    return n > 2 && isalpha((unsigned char)s[0]) && s[1] == ':' && (s[2] == '\\' || (windows && s[2] == '/'));
}

/* The path as it is stored and looked for; into m->folded where it is not the bytes given. NULL: not to be kept. */
static const char *fold(struct kb_manifest *m, const char *s, size_t n, bool windows, size_t *ret_n)
{
    struct kb_arena *arena = NULL;
    if (m->params.names && !kb_is_utf8(s, n)) { /* as the names in archives are */
        arena = kb_arena_new();
        s = kb_names_decode(m->params.names, s, n, false, arena);
        n = strlen(s);
    }
    bool copied = arena || (windows && memchr(s, '\\', n));
    if (copied && n < KB_MANIFEST_LINE_MAX) {
        memcpy(m->folded, s, n);
        s = m->folded;
    }
    kb_arena_free(arena);
    if (n >= KB_MANIFEST_LINE_MAX)
        return NULL;
    for (size_t i = 0; windows && copied && i < n; i++)
        if (m->folded[i] == '\\')
            m->folded[i] = '/';
    if (n > 2 && s[0] == '.' && s[1] == '/') {
        s += 2;
        n -= 2;
    }
    *ret_n = n;
    return s;
}

enum kb_put kb_manifest_put(struct kb_manifest *manifest, const struct kb_sum *sum, uint32_t line, uint8_t file,
                            struct kb_listed **ret_listed)
{
    struct kb_manifest *m = manifest;
    size_t n;
    bool absolute = kb_is_absolute(sum->path, sum->path_n, sum->windows);
    const char *path = memchr(sum->path, 0, sum->path_n) ? NULL : fold(m, sum->path, sum->path_n, sum->windows, &n);
    *ret_listed = NULL;
    if (!path || !n)
        return KB_PUT_BAD_PATH;
    uint32_t hash = (uint32_t)kb_siphash(&m->key, path, n);
    struct kb_slot *slot = slot_of(m, hash, path, n);
    m->kinds |= sum->kinds;
    if (slot->number) {
        *ret_listed = &m->items[slot->number - 1];
        return merge(m, *ret_listed, sum);
    }
    if (m->n >= KB_ENTRIES_MAX)
        return KB_PUT_FULL;
    if (m->n == m->room)
        m->items = resized(m->items, m->room = m->room ? m->room * 2 : 64, sizeof *m->items);
    char *to = kb_manifest_room(m, n + 1);
    memcpy(to, path, n);
    to[n] = '\0';
    struct kb_listed *item = *ret_listed = &m->items[m->n];
    *item = (struct kb_listed){.path_at = m->n_pool,
                               .size = sum->size,
                               .line = line,
                               .path_n = (uint16_t)n,
                               .file = file,
                               .absolute = absolute};
    m->n_pool += n + 1;
    put_digests(m, item, sum);
    *slot = (struct kb_slot){.hash = hash, .number = (uint32_t)++m->n};
    if (m->n * 4 > m->n_slots * 3)
        grow_slots(m);
    return KB_PUT_NEW;
}

size_t kb_manifest_count(const struct kb_manifest *manifest)
{
    return manifest->n;
}

struct kb_listed *kb_manifest_at(struct kb_manifest *manifest, size_t i)
{
    return &manifest->items[i];
}

const char *kb_manifest_path(const struct kb_manifest *manifest, const struct kb_listed *listed)
{
    return manifest->pool + listed->path_at;
}

/* What was asked for last is asked for again, and a backup and its list are often in the same order. */
static struct kb_listed *find(struct kb_manifest *m, const char *path, size_t n)
{
    if (m->last && is_item(m, m->last, path, n))
        return &m->items[m->last - 1];
    uint32_t number = m->last < m->n && is_item(m, m->last + 1, path, n)
                          ? m->last + 1
                          : slot_of(m, (uint32_t)kb_siphash(&m->key, path, n), path, n)->number;
    if (!number)
        return NULL;
    m->last = number;
    return &m->items[number - 1];
}

struct kb_listed *kb_manifest_find(struct kb_manifest *manifest, const char *path)
{
    size_t n = strlen(path);
    struct kb_listed *listed = find(manifest, path, n);
    if (listed || (kb_is_utf8(path, n) && !memchr(path, '\\', n)))
        return listed;
    path = fold(manifest, path, n, true, &n);
    return path ? find(manifest, path, n) : NULL;
}

struct kb_listed *kb_manifest_find_file(struct kb_manifest *manifest, const char *name, const char *below)
{
    struct kb_listed *listed = kb_manifest_find(manifest, name), *only = NULL;
    if (listed || (below && (listed = kb_manifest_find(manifest, below))))
        return listed;
    size_t n = strlen(name);
    for (size_t i = 0; i < manifest->n; i++) {
        struct kb_listed *item = &manifest->items[i];
        const char *path = kb_manifest_path(manifest, item);
        if (!item->absolute || item->path_n <= n || path[item->path_n - n - 1] != '/' ||
            memcmp(path + item->path_n - n, name, n))
            continue;
        if (only)
            return NULL;
        only = item;
    }
    return only;
}

unsigned kb_manifest_kinds(const struct kb_manifest *manifest)
{
    unsigned kinds = manifest->kinds & ~(1u << KB_DIGEST_EITHER);
    if (manifest->kinds & 1u << KB_DIGEST_EITHER)
        kinds |= 1u << KB_DIGEST_SHA512 | 1u << KB_DIGEST_BLAKE2B;
    return kinds & manifest->known;
}

const char *kb_kind_name(int kind)
{
    return kind == KB_DIGEST_EITHER ? "SHA-512 / BLAKE2b" : kb_digest_names[kind].name;
}

size_t kb_manifest_digests(const struct kb_manifest *manifest, const char *ret_names[KB_DIGEST_KINDS])
{
    size_t n = 0;
    unsigned kinds = manifest->kinds;
    if (kinds & 1u << KB_DIGEST_EITHER && manifest->either)
        kinds = (kinds & ~(1u << KB_DIGEST_EITHER)) | manifest->either;
    for (int kind = 0; kind < KB_LISTED_KINDS; kind++)
        if (kinds & 1u << kind && n < KB_DIGEST_KINDS)
            ret_names[n++] = kb_kind_name(kind);
    return n;
}

int kb_listed_kind(const struct kb_listed *listed)
{
    for (int kind = 0; kind < KB_DIGEST_SHA1; kind++)
        if (listed->kinds & 1u << kind)
            return kind;
    return listed->kinds & 1u << KB_DIGEST_EITHER ? KB_DIGEST_EITHER
           : listed->kinds & 1u << KB_DIGEST_SHA1 ? KB_DIGEST_SHA1
                                                  : KB_DIGEST_MD5;
}

bool kb_listed_is_weak(const struct kb_listed *listed)
{
    int kind = kb_listed_kind(listed);
    return kind != KB_DIGEST_EITHER && kb_digest_names[kind].weak;
}
