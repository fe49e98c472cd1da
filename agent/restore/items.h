/* SPDX-License-Identifier: Apache-2.0 */
/* What was restored: one small item per name, found by path or by a name that looks like it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/archive.h"
#include "koboshi/digest.h"

struct kb_arena;

enum kb_item_flags {
    KB_ITEM_WRITTEN = 1 << 0,    /* it is in the scratch folder, complete */
    KB_ITEM_IMPLIED = 1 << 1,    /* a folder no entry names; it holds others */
    KB_ITEM_SEEN = 1 << 2,       /* met again by the re-read */
    KB_ITEM_NOT_LISTED = 1 << 3, /* its content is not what the manifest says */
    KB_ITEM_LINKED = 1 << 5,     /* a hard link to a restored file, no file of its own */
    KB_ITEM_DROPPED = 1 << 4,    /* could not be restored; the name is free again */
};

/* About 150 bytes each with a path of usual length; ten million stay below 2 GiB. */
struct kb_item {
    const char *path;
    int64_t size;
    int64_t mtime_ns;
    union {
        struct kb_sha256 digest; /* FILE */
        const char *target;      /* SYMLINK, HARDLINK not yet made */
    };
    uint32_t hash, next; /* next: 1-based index in the same bucket, 0 ends */
    uint16_t mode;
    uint8_t kind;   /* enum kb_entry_kind */
    uint8_t flags;  /* enum kb_item_flags */
    uint16_t layer; /* archive of a chain that it came from */
};

/* kb_item_is_own_file(item): in the scratch folder, and of an entry that is a file: the pass has counted it. */
static inline bool kb_item_is_own_file(const struct kb_item *item)
{
    return item->kind == KB_ENTRY_FILE && (item->flags & (KB_ITEM_WRITTEN | KB_ITEM_LINKED)) == KB_ITEM_WRITTEN;
}

struct kb_items {
    struct kb_arena *arena;
    struct kb_item **chunks; /* of KB_ITEMS_CHUNK each: items never move */
    size_t n;
    uint32_t *buckets;
    size_t n_buckets; /* a power of two */
    uint32_t seed;
};
enum { KB_ITEMS_CHUNK = 1024 };

void kb_items_init(struct kb_items *items, struct kb_arena *arena);
void kb_items_done(struct kb_items *items);
struct kb_item *kb_items_at(const struct kb_items *items, size_t i);
/* kb_items_add: a new item of this path, all else zero. kept: the same where it outlives the items; NULL: it is copied.
 */
struct kb_item *kb_items_add(struct kb_items *items, const char *path, const char *kept);
/* kb_items_find: the item of exactly this path, NULL if none (dropped ones do not count). */
struct kb_item *kb_items_find(const struct kb_items *items, const char *path);

/* How two names meet: on the target they are one (case), or they only look the same (NFC and NFD). */
enum kb_likeness { KB_UNLIKE, KB_LOOKS_ALIKE, KB_SAME_ON_WINDOWS, KB_SAME };
/* kb_items_twin(items, path, ret_other): the strongest likeness to an item that is there. */
enum kb_likeness kb_items_twin(const struct kb_items *items, const char *path, const struct kb_item **ret_other);

/* kb_name_key(path, compose, fold): the path in NFC and/or upper case per code point; malloc, caller frees. */
char *kb_name_key(const char *path, bool compose, bool fold);
/* kb_name_utf16(name, n): length in UTF-16 units, 0 if it is not UTF-8. */
size_t kb_name_utf16(const char *name, size_t n);
/* kb_windows_fault(path): why a Windows file system cannot hold this path; both sides NULL if it can. */
struct kb_text kb_windows_fault(const char *path);
/* kb_windows_target(fs): names on this file system follow the rules of Windows. */
bool kb_windows_target(const char *fs);
/* kb_file_size_limit(fs): the largest file it takes, INT64_MAX if that is no concern. */
int64_t kb_file_size_limit(const char *fs);
