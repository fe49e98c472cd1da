/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of checksums in every dialect; the first line that means anything decides which. */
#include "fuzz.h"

#include <string.h>

#include "koboshi/archive.h"
#include "koboshi/arena.h"
#include "verify/manifest.h"

static struct kb_names *names;

void fuzz_begin(void)
{
    REQUIRE(!kb_crypto_prepare(NULL));
    names = kb_names_new(KB_NAMES_AUTO);
}

static size_t n_flaws;

static void flaw(void *owner, struct kb_text expected, struct kb_text found)
{
    (void)owner;
    n_flaws++;
    REQUIRE(found.en && found.ja);
    fuzz_require_safe(expected.en);
    fuzz_require_safe(expected.ja);
    fuzz_require_safe(found.en);
    fuzz_require_safe(found.ja);
}

static struct kb_manifest *read_in(const void *bytes, size_t n, size_t step, bool *ret_whole)
{
    const struct kb_manifest_params params = {.flaw = flaw, .name = "SHA512SUMS", .names = names};
    struct kb_manifest *manifest = kb_manifest_new(&params);
    n_flaws = 0;
    for (size_t at = 0; at < n; at += step)
        kb_manifest_add(manifest, (const char *)bytes + at, n - at < step ? n - at : step);
    *ret_whole = kb_manifest_end(manifest);
    REQUIRE(*ret_whole == !n_flaws);
    return manifest;
}

/* One path written as sha256sum does is read as the same path with the same digest. */
static void write_again(const struct kb_manifest *manifest, const struct kb_listed *listed)
{
    const char *path = kb_manifest_path(manifest, listed);
    const uint8_t *digest = kb_listed_digest(manifest, listed, KB_DIGEST_SHA256);
    if (!digest || !strncmp(path, "./", 2) || listed->absolute || !kb_is_utf8(path, strlen(path)))
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_sha256 sha256;
    size_t n;
    bool whole;
    memcpy(sha256.bytes, digest, sizeof sha256.bytes);
    const char *line = kb_checksum_line(arena, path, &sha256, &n);
    struct kb_manifest *again = read_in(line, n, n, &whole);
    REQUIRE(whole && kb_manifest_count(again) == 1);
    struct kb_listed *found = kb_manifest_at(again, 0);
    REQUIRE(!strcmp(kb_manifest_path(again, found), path));
    REQUIRE(!memcmp(kb_listed_digest(again, found, KB_DIGEST_SHA256), digest, sizeof sha256.bytes));
    kb_manifest_free(again);
}

static void look_at(struct kb_manifest *manifest, size_t i)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_listed *listed = kb_manifest_at(manifest, i);
    const char *path = kb_manifest_path(manifest, listed);
    REQUIRE(strlen(path) == listed->path_n);
    REQUIRE(kb_manifest_find(manifest, path) == listed);
    REQUIRE(listed->size == KB_ABSENT || listed->size >= 0);
    REQUIRE(listed->kinds); /* a file without any digest is told */
    struct kb_text text = kb_listed_text(arena, manifest, listed);
    fuzz_require_safe(text.en);
    fuzz_require_safe(text.ja);
    (void)kb_listed_is_weak(listed);
    struct kb_digests none = {0};
    (void)kb_listed_says(manifest, listed, &none, 0);
    write_again(manifest, listed);
}

enum fuzz_verdict fuzz_one(const uint8_t *bytes, size_t n)
{
    bool whole, in_pieces;
    struct kb_manifest *manifest = read_in(bytes, n, n ? n : 1, &whole);
    struct kb_manifest *pieces = read_in(bytes, n, 3, &in_pieces);
    size_t count = kb_manifest_count(manifest);
    /* how it was read makes no difference */
    REQUIRE(whole == in_pieces && count == kb_manifest_count(pieces));
    REQUIRE(!whole || (count && kb_manifest_dialect(manifest)));
    for (size_t i = 0; i < count; i++)
        REQUIRE(!strcmp(kb_manifest_path(manifest, kb_manifest_at(manifest, i)),
                        kb_manifest_path(pieces, kb_manifest_at(pieces, i))));
    const char *said[KB_DIGEST_KINDS];
    size_t kinds = kb_manifest_digests(manifest, said);
    REQUIRE(kinds <= KB_DIGEST_KINDS);
    for (size_t i = 0; whole && i < count && i < 50; i++)
        look_at(manifest, i);
    (void)kb_manifest_find_file(manifest, "share.tar", "srv");
    (void)kb_manifest_are_entries(manifest);
    kb_manifest_free(pieces);
    kb_manifest_free(manifest);
    return whole ? FUZZ_SOUND : FUZZ_REFUSED;
}
