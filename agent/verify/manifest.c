/* SPDX-License-Identifier: Apache-2.0 */
/* Reads checksum lines and finds them by path. */
#include "manifest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "keyed.h"
#include "koboshi/arena.h"
#include "koboshi/limits.h"

struct kb_manifest {
    void *owner;
    kb_manifest_flaw_fn *flaw;
    struct kb_key128 key;
    char *text; /* all paths, each with its NUL */
    size_t n_text, text_room;
    struct kb_listed *items;
    size_t n, room;
    uint32_t *slots; /* index + 1 into items; 0 is free */
    size_t n_slots;
    char *line;
    size_t n_line;
    bool too_long, broken;
    uint32_t number; /* of the line being gathered, from 1 */
};

static void *resized(void *memory, size_t n, size_t size)
{
    void *grown = reallocarray(memory, n, size);
    if (!grown)
        abort();
    return grown;
}

struct kb_manifest *kb_manifest_new(void *owner, kb_manifest_flaw_fn *flaw)
{
    struct kb_manifest *m = calloc(1, sizeof *m);
    if (!m)
        abort();
    m->owner = owner;
    m->flaw = flaw;
    m->key = kb_key128_random();
    m->n_slots = 64;
    m->slots = calloc(m->n_slots, sizeof *m->slots);
    m->line = malloc(KB_MANIFEST_LINE_MAX);
    if (!m->slots || !m->line)
        abort();
    m->number = 1;
    return m;
}

void kb_manifest_free(struct kb_manifest *manifest)
{
    if (!manifest)
        return;
    free(manifest->text);
    free(manifest->items);
    free(manifest->slots);
    free(manifest->line);
    free(manifest);
}

static uint32_t *slot_of(struct kb_manifest *m, const char *path, size_t n)
{
    size_t at = (size_t)kb_siphash(&m->key, path, n) & (m->n_slots - 1);
    for (; m->slots[at]; at = (at + 1) & (m->n_slots - 1)) {
        const struct kb_listed *item = &m->items[m->slots[at] - 1];
        if (item->path_n == n && !memcmp(m->text + item->path_at, path, n))
            break;
    }
    return &m->slots[at];
}

static void grow_slots(struct kb_manifest *m)
{
    free(m->slots);
    m->n_slots *= 2;
    m->slots = calloc(m->n_slots, sizeof *m->slots);
    if (!m->slots)
        abort();
    for (size_t i = 0; i < m->n; i++)
        *slot_of(m, m->text + m->items[i].path_at, m->items[i].path_n) = (uint32_t)i + 1;
}

static void broken_line(struct kb_manifest *m, const char *en, const char *ja)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    m->broken = true;
    m->flaw(m->owner,
            (struct kb_text){.en = "lines of SHA-256, two spaces and a path, as sha256sum writes them",
                             .ja = "sha256sum の形式（SHA-256・空白2つ・パス）の行"},
            (struct kb_text){.en = kb_sprintf(arena, "line %u: %s", m->number, en),
                             .ja = kb_sprintf(arena, "%u行目: %s", m->number, ja)});
}

static void add_item(struct kb_manifest *m, const char *path, size_t n, struct kb_sha256 digest)
{
    uint32_t *slot = slot_of(m, path, n);
    if (*slot) {
        struct kb_listed *old = &m->items[*slot - 1];
        if (memcmp(old->digest.bytes, digest.bytes, sizeof digest.bytes)) {
            KB_SCOPED_ARENA arena = kb_arena_new();
            const char *shown = kb_escape(arena, path, n);
            broken_line(m,
                        kb_sprintf(arena, "%s stands twice with different hashes (first in line %u)", shown, old->line),
                        kb_sprintf(arena, "%s が別のハッシュで2回書かれています（最初は%u行目）", shown, old->line));
        }
        return;
    }
    if (m->n >= KB_ENTRIES_MAX) {
        if (m->n == KB_ENTRIES_MAX && !m->broken)
            broken_line(m, "more lines than can be taken (10 million)", "行数が上限（1,000万）を超えています");
        return;
    }
    if (m->n == m->room)
        m->items = resized(m->items, m->room = m->room ? m->room * 2 : 64, sizeof *m->items);
    if (m->n_text + n + 1 > m->text_room) {
        m->text_room = m->text_room * 2 + n + 4096;
        m->text = resized(m->text, m->text_room, 1);
    }
    memcpy(m->text + m->n_text, path, n);
    m->text[m->n_text + n] = '\0';
    m->items[m->n++] = (struct kb_listed){
        .path_at = m->n_text, .path_n = (uint32_t)n, .line = m->number, .digest = digest};
    m->n_text += n + 1;
    *slot = (uint32_t)m->n;
    if (m->n * 4 > m->n_slots * 3)
        grow_slots(m);
}

/* GNU coreutils undoes \n, \r and \\ in lines that begin with a backslash. Returns the new length, -1 for other
 * escapes. */
static ssize_t unescape(char *path, size_t n)
{
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        char c = path[i];
        if (c == '\\') {
            if (++i == n)
                return -1;
            c = path[i] == 'n' ? '\n' : path[i] == 'r' ? '\r' : path[i] == '\\' ? '\\' : '\0';
            if (!c)
                return -1;
        }
        path[to++] = c;
    }
    return (ssize_t)to;
}

static size_t hex_run(const char *s, size_t n)
{
    size_t k = 0;
    while (k < n && isxdigit((unsigned char)s[k]))
        k++;
    return k;
}

static void refuse_line(struct kb_manifest *m, const char *s, size_t n)
{
    static const struct {
        size_t digits;
        const char *en, *ja;
    } others[] = {
        {32, "a hash of 32 digits (MD5?): only SHA-256 is compared",
         "32桁のハッシュです（MD5?）。比べるのは SHA-256 だけです"},
        {40, "a hash of 40 digits (SHA-1?): only SHA-256 is compared",
         "40桁のハッシュです（SHA-1?）。比べるのは SHA-256 だけです"},
        {128, "a hash of 128 digits (SHA-512?): only SHA-256 is compared",
         "128桁のハッシュです（SHA-512?）。比べるのは SHA-256 だけです"},
    };
    size_t digits = hex_run(s, n);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (digits == others[i].digits) {
            broken_line(m, others[i].en, others[i].ja);
            return;
        }
    }
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *shown = kb_escape(arena, s, n < 80 ? n : 80);
    broken_line(m, kb_sprintf(arena, "not such a line: %s", shown), kb_sprintf(arena, "形式が違います: %s", shown));
}

static void take_line(struct kb_manifest *m, char *s, size_t n)
{
    if (m->number == 1 && n >= 3 && !memcmp(s, "\xef\xbb\xbf", 3)) {
        s += 3;
        n -= 3;
    }
    if (n && s[n - 1] == '\r')
        n--;
    if (!n || *s == '#')
        return;
    bool escaped = *s == '\\';
    char *hex = s + escaped, *path = hex + 66;
    struct kb_sha256 digest;
    size_t left = n - escaped;
    if (left < 67 || kb_sha256_parse(hex, 64, &digest) || hex[64] != ' ' || (hex[65] != ' ' && hex[65] != '*') ||
        memchr(path, 0, left - 66)) {
        refuse_line(m, s, n);
        return;
    }
    ssize_t n_path = (ssize_t)(left - 66);
    if (escaped && (n_path = unescape(path, (size_t)n_path)) < 0) {
        refuse_line(m, s, n);
        return;
    }
    if (n_path > 2 && path[0] == '.' && path[1] == '/') {
        path += 2;
        n_path -= 2;
    }
    add_item(m, path, (size_t)n_path, digest);
}

static void end_line(struct kb_manifest *m)
{
    if (m->too_long)
        broken_line(m, "longer than any path can be", "行が長すぎます");
    else
        take_line(m, m->line, m->n_line);
    m->n_line = 0;
    m->too_long = false;
    m->number++;
}

void kb_manifest_add(struct kb_manifest *manifest, const void *bytes, size_t n)
{
    const char *s = bytes;
    while (n) {
        const char *newline = memchr(s, '\n', n);
        size_t part = newline ? (size_t)(newline - s) : n;
        if (manifest->n_line + part > KB_MANIFEST_LINE_MAX)
            manifest->too_long = true;
        if (!manifest->too_long) {
            memcpy(manifest->line + manifest->n_line, s, part);
            manifest->n_line += part;
        }
        if (!newline)
            return;
        end_line(manifest);
        s += part + 1;
        n -= part + 1;
    }
}

bool kb_manifest_end(struct kb_manifest *manifest)
{
    if (manifest->n_line || manifest->too_long)
        end_line(manifest);
    if (!manifest->n && !manifest->broken) {
        manifest->broken = true;
        manifest->flaw(manifest->owner, (struct kb_text){.en = "at least one line", .ja = "1行以上あること"},
                       (struct kb_text){.en = "no line at all", .ja = "1行もありません"});
    }
    return !manifest->broken;
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
    return manifest->text + listed->path_at;
}

struct kb_listed *kb_manifest_find(struct kb_manifest *manifest, const char *path)
{
    uint32_t slot = *slot_of(manifest, path, strlen(path));
    return slot ? &manifest->items[slot - 1] : NULL;
}

bool kb_manifest_is_whole(struct kb_manifest *manifest, const char *name)
{
    return manifest->n == 1 && !strcmp(kb_manifest_path(manifest, manifest->items), name);
}

const char *kb_checksum_line(struct kb_arena *arena, const char *path, const struct kb_sha256 *digest, size_t *ret_n)
{
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(*digest, hex);
    size_t n = strlen(path);
    char *line = kb_alloc(arena, 2 * n + 70, 1), *at = line;
    bool escape = strpbrk(path, "\n\r\\") != NULL;
    if (escape)
        *at++ = '\\';
    memcpy(at, hex, 64);
    at += 64;
    *at++ = ' ';
    *at++ = ' ';
    for (const char *s = path; *s; s++) {
        if (*s == '\n' || *s == '\r' || *s == '\\') {
            *at++ = '\\';
            *at++ = *s == '\n' ? 'n' : *s == '\r' ? 'r' : '\\';
        } else {
            *at++ = *s;
        }
    }
    *at++ = '\n';
    *ret_n = (size_t)(at - line);
    return line;
}
