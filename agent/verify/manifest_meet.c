/* SPDX-License-Identifier: Apache-2.0 */
/* What is listed of a path against what was found. */
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/finding.h"
#include "manifest_lines.h"

/* Behind its own digests: those that were found, of the same kinds, then the size. */
static const uint8_t *found_digest(const struct kb_manifest *m, const struct kb_listed *listed, int kind)
{
    return kb_listed_digest(m, listed, kind) + kb_kinds_size(listed->kinds);
}

static int64_t found_size(const struct kb_manifest *m, const struct kb_listed *listed)
{
    int64_t size;
    memcpy(&size, m->found + listed->digest_at + 2 * kb_kinds_size(listed->kinds), sizeof size);
    return size;
}

static const uint8_t *computed(const struct kb_digests *digests, int kind)
{
    return kb_digest_of(digests, kind == KB_DIGEST_EITHER ? KB_DIGEST_SHA512 : (enum kb_digest_kind)kind);
}

/* Which of them is what the list has, KB_DIGEST_KINDS if none is: a digest that was not computed is never equal. */
static enum kb_digest_kind equal_kind(const struct kb_manifest *m, const struct kb_listed *listed,
                                      const struct kb_digests *digests, int kind)
{
    static const enum kb_digest_kind either[] = {KB_DIGEST_SHA512, KB_DIGEST_BLAKE2B};
    const enum kb_digest_kind one = (enum kb_digest_kind)kind;
    const uint8_t *said = kb_listed_digest(m, listed, kind);
    bool open = kind == KB_DIGEST_EITHER;
    for (size_t i = 0; i < (open ? sizeof either / sizeof *either : 1); i++) {
        enum kb_digest_kind as = open ? either[i] : one;
        const uint8_t *is = kb_digest_of(digests, as);
        if (is && !memcmp(said, is, kb_kind_size(kind)))
            return as;
    }
    return KB_DIGEST_KINDS;
}

bool kb_listed_says(const struct kb_manifest *manifest, const struct kb_listed *listed,
                    const struct kb_digests *digests, int64_t size)
{
    bool same = listed->kinds && (listed->size == KB_ABSENT || size == KB_ABSENT || listed->size == size);
    for (int kind = 0; kind < KB_LISTED_KINDS && same; kind++)
        if (listed->kinds & 1u << kind)
            same = equal_kind(manifest, listed, digests, kind) != KB_DIGEST_KINDS;
    return same;
}

/* Apart from the pool, whose paths others hold. */
static char *room_for_found(struct kb_manifest *m, size_t n)
{
    if (m->n_found + n > m->found_room) {
        m->found_room = m->found_room * 2 + n + 4096;
        m->found = realloc(m->found, m->found_room);
        if (!m->found)
            abort();
    }
    return m->found + m->n_found;
}

static void keep_found(struct kb_manifest *m, struct kb_listed *listed, const struct kb_digests *digests, int64_t size)
{
    size_t n = kb_kinds_size(listed->kinds), all = 2 * n + sizeof size;
    if (!listed->found) {
        char *room = room_for_found(m, all);
        memcpy(room, m->pool + listed->digest_at, n);
        listed->digest_at = m->n_found;
        m->n_found += all;
        listed->found = true;
    }
    char *to = m->found + listed->digest_at + n;
    for (int kind = 0; kind < KB_LISTED_KINDS; kind++) {
        if (!(listed->kinds & 1u << kind))
            continue;
        const uint8_t *is = computed(digests, kind);
        if (is)
            memcpy(to, is, kb_kind_size(kind));
        else
            memset(to, 0, kb_kind_size(kind));
        to += kb_kind_size(kind);
    }
    memcpy(to, &size, sizeof size);
}

bool kb_listed_meet(struct kb_manifest *manifest, struct kb_listed *listed, const struct kb_digests *digests,
                    int64_t size)
{
    bool same = kb_listed_says(manifest, listed, digests, size);
    enum kb_digest_kind either = listed->kinds & 1u << KB_DIGEST_EITHER
                                     ? equal_kind(manifest, listed, digests, KB_DIGEST_EITHER)
                                     : KB_DIGEST_KINDS;
    if (either != KB_DIGEST_KINDS)
        manifest->either |= 1u << either;
    if (!same)
        keep_found(manifest, listed, digests, size);
    listed->state = same ? KB_LISTED_MATCHES : KB_LISTED_DIFFERS;
    return same;
}

/* What the file of this path is: as listed, unless something else was found. */
static const uint8_t *is_now(const struct kb_manifest *m, const struct kb_listed *listed, int kind)
{
    return listed->state == KB_LISTED_DIFFERS && listed->found ? found_digest(m, listed, kind)
                                                               : kb_listed_digest(m, listed, kind);
}

bool kb_listed_meet_same(struct kb_manifest *manifest, struct kb_listed *listed, const struct kb_listed *other)
{
    struct kb_digests digests = {0};
    unsigned kinds = listed->kinds & other->kinds;
    bool same = kinds != 0;
    for (int kind = 0; kind < KB_LISTED_KINDS; kind++) {
        if (!(kinds & 1u << kind))
            continue;
        const uint8_t *is = is_now(manifest, other, kind);
        same &= !memcmp(is, kb_listed_digest(manifest, listed, kind), kb_kind_size(kind));
        int as = kind == KB_DIGEST_EITHER ? KB_DIGEST_SHA512 : kind;
        memcpy(as == KB_DIGEST_SHA256 ? digests.sha256.bytes : digests.other[as], is, kb_kind_size(kind));
        digests.others |= 1u << as;
    }
    if (!same)
        keep_found(manifest, listed, &digests, KB_ABSENT);
    listed->state = same ? KB_LISTED_MATCHES : KB_LISTED_DIFFERS;
    return same;
}

bool kb_listed_agree(const struct kb_manifest *m, const struct kb_listed *listed, const struct kb_manifest *of,
                     const struct kb_listed *other)
{
    unsigned kinds = listed->kinds & other->kinds;
    bool same = kinds != 0;
    for (int kind = 0; kind < KB_LISTED_KINDS && same; kind++)
        if (kinds & 1u << kind)
            same = !memcmp(kb_listed_digest(m, listed, kind), kb_listed_digest(of, other, kind), kb_kind_size(kind));
    return same;
}

/* The first kind that differs, else the strongest. */
static int telling_kind(const struct kb_manifest *m, const struct kb_listed *listed)
{
    for (int kind = 0; listed->found && kind < KB_LISTED_KINDS; kind++)
        if (listed->kinds & 1u << kind &&
            memcmp(kb_listed_digest(m, listed, kind), found_digest(m, listed, kind), kb_kind_size(kind)))
            return kind;
    return kb_listed_kind(listed);
}

static struct kb_text shown(struct kb_arena *arena, int kind, const uint8_t *digest, int64_t size)
{
    const char *text = kb_sprintf(arena, "%s %s…", kb_kind_name(kind), kb_hex(arena, digest, 8));
    if (size == KB_ABSENT)
        return (struct kb_text){.en = text, .ja = text};
    return kb_text_new(arena, "%s bytes, %s", "%s バイト、%s", kb_show_count(arena, size), text);
}

static bool size_differs(const struct kb_manifest *m, const struct kb_listed *listed)
{
    return listed->found && listed->size != KB_ABSENT && found_size(m, listed) != KB_ABSENT &&
           found_size(m, listed) != listed->size;
}

struct kb_text kb_listed_text(struct kb_arena *arena, const struct kb_manifest *manifest,
                              const struct kb_listed *listed)
{
    int kind = telling_kind(manifest, listed);
    return shown(arena, kind, kb_listed_digest(manifest, listed, kind),
                 size_differs(manifest, listed) ? listed->size : KB_ABSENT);
}

struct kb_text kb_listed_found_text(struct kb_arena *arena, const struct kb_manifest *manifest,
                                    const struct kb_listed *listed)
{
    int kind = telling_kind(manifest, listed);
    if (!listed->found)
        return shown(arena, kind, kb_listed_digest(manifest, listed, kind), KB_ABSENT);
    return shown(arena, kind == KB_DIGEST_EITHER ? KB_DIGEST_SHA512 : kind, found_digest(manifest, listed, kind),
                 size_differs(manifest, listed) ? found_size(manifest, listed) : KB_ABSENT);
}
