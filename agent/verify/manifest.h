/* SPDX-License-Identifier: Apache-2.0 */
/* A list of checksums in any of its dialects, kept as a table by path. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/digest.h"
#include "koboshi/text.h"

struct kb_arena;
struct kb_names;

enum kb_listed_state { KB_LISTED_UNSEEN, KB_LISTED_MATCHES, KB_LISTED_DIFFERS, KB_LISTED_UNREAD };

/* A further kind beside those of digest.h: 128 digits of which the list does not say whether they are SHA-512 or
 * BLAKE2b; equal to either is equal. */
enum { KB_DIGEST_EITHER = KB_DIGEST_KINDS, KB_LISTED_KINDS };

/* One path: 40 bytes, and in the pool its bytes, a NUL and its digests in the order of their kinds. */
struct kb_listed {
    uint64_t path_at, digest_at; /* offsets in the manifest's pool; found: digest_at in another */
    int64_t size;                /* KB_ABSENT: the list does not say it */
    uint32_t line;
    uint16_t path_n;
    uint8_t kinds; /* bits 1 << kind, KB_DIGEST_EITHER among them */
    uint8_t state; /* enum kb_listed_state */
    uint8_t file;  /* of a bag: which of its manifests has the line */
    bool absolute; /* from the root of a machine or drive: it names no entry, at most a whole file */
    bool found;    /* behind its digests lie those that were found instead */
    bool met;      /* an entry of exactly this name was read: for who keeps no names of its own */
};

struct kb_manifest;

/* What is wrong with it: a finding manifest-broken. */
typedef void kb_manifest_flaw_fn(void *owner, struct kb_text expected, struct kb_text found);

struct kb_manifest_params {
    void *owner;
    kb_manifest_flaw_fn *flaw;
    const char *name;       /* of the file, which may say what 128 digits are ("SHA512SUMS", "x.b2"); may be NULL */
    struct kb_names *names; /* to decode what is not UTF-8 (CP932); NULL: taken as it is */
};

/*
 * kb_manifest_new(params), then kb_manifest_add(bytes, n) as often as there are bytes, then kb_manifest_end. The first
 * line that means anything decides the dialect, never the file's name; a line of another one is told with its number:
 *
 *   GNU         `HEX  path`, `HEX *path`; a leading `\` where \n, \r, \\ are written so (coreutils manual, "md5sum
 *               invocation"). A `\` in a line without it was written by a program of Windows: it parts folders.
 *   one space   `HEX path` (md5 -r of FreeBSD, BagIt's manifests)
 *   BSD         `SHA256 (path) = HEX` (coreutils --tag), `SHA256(path)= HEX` (openssl dgst)
 *   hashdeep    `%%%% HASHDEEP-1.0` (hashdeep(1)): size and digests; absolute paths below "Invoked from" are below it
 *   mtree       mtree(5) of FreeBSD, NetBSD and bsdtar: folders one by one or full paths, /set, /unset, vis(3) escapes;
 *               files need a digest, links and folders are not compared
 *   certutil    `certutil -hashfile` of Windows, English and Japanese, also with the digits in pairs
 *   FCIV        `// File Checksum Integrity Verifier`: MD5, SHA-1 or both
 *   FCIV XML    what `fciv -xml` writes: digests in base64; "line" is the number of the entry
 *   PowerShell  Get-FileHash | Format-List, and Export-Csv
 *
 * UTF-8 with or without BOM, UTF-16 with one, CR LF, CP932 line by line. A leading `./` of a path is dropped; nothing
 * else about paths is guessed. A path may stand there several times with different kinds of digests.
 * Told, and kb_manifest_end gives false: a line of no known shape, no path at all, one path with two different digests,
 * a digest that libcrypto does not offer here, a file without any digest.
 */
struct kb_manifest *kb_manifest_new(const struct kb_manifest_params *params);
void kb_manifest_free(struct kb_manifest *manifest);
void kb_manifest_add(struct kb_manifest *manifest, const void *bytes, size_t n);
bool kb_manifest_end(struct kb_manifest *manifest);
/* kb_manifest_are_entries(manifest): it lists what is in the generation: paths from a root are told; false: there are
 * such. */
bool kb_manifest_are_entries(struct kb_manifest *manifest);
/* kb_manifest_dialect(manifest): "GNU", "BSD", "hashdeep" …; NULL before a line decided it. */
const char *kb_manifest_dialect(const struct kb_manifest *manifest);

/* What one line says. */
struct kb_sum {
    const char *path; /* as written */
    size_t path_n;
    bool windows; /* `\` parts its folders */
    int64_t size;
    unsigned kinds;
    uint8_t digest[KB_LISTED_KINDS][KB_DIGEST_SIZE_MAX];
};
enum kb_put { KB_PUT_NEW, KB_PUT_MERGED, KB_PUT_TWICE, KB_PUT_CONFLICT, KB_PUT_FULL, KB_PUT_BAD_PATH };
/* kb_manifest_put(manifest, sum, line, file, ret_listed): one more. MERGED: further kinds of a path; TWICE: nothing
 * new; CONFLICT: otherwise than before. ret_listed: what stands there now, NULL for the last two. */
enum kb_put kb_manifest_put(struct kb_manifest *manifest, const struct kb_sum *sum, uint32_t line, uint8_t file,
                            struct kb_listed **ret_listed);

size_t kb_manifest_count(const struct kb_manifest *manifest);
/* kb_manifest_at(manifest, i): path number i in the order of the file. */
struct kb_listed *kb_manifest_at(struct kb_manifest *manifest, size_t i);
/* kb_manifest_path(manifest, listed): from kb_manifest_end on it stays where it is until kb_manifest_free. */
const char *kb_manifest_path(const struct kb_manifest *manifest, const struct kb_listed *listed);
/* kb_manifest_find(manifest, path): NULL if it is not listed. A path with `\`, or one that is not UTF-8, is also looked
 * for as a list made on Windows writes it. */
struct kb_listed *kb_manifest_find(struct kb_manifest *manifest, const char *path);
/* kb_manifest_find_file(manifest, name, below): the only line for a whole file that lies beside the list (name) or
 * below its folder (below, may be NULL), else the only absolute path that ends in this name; NULL: none, or several. */
struct kb_listed *kb_manifest_find_file(struct kb_manifest *manifest, const char *name, const char *below);

/* kb_manifest_kinds(manifest): bits of digest.h: what has to be computed to compare with all of it. */
unsigned kb_manifest_kinds(const struct kb_manifest *manifest);
/* kb_manifest_digests(manifest, ret_names): names for people, "SHA-256", "MD5"; of 128 digits what they turned out to
 * be. */
size_t kb_manifest_digests(const struct kb_manifest *manifest, const char *ret_names[KB_DIGEST_KINDS]);
/* kb_listed_digest(manifest, listed, kind): NULL if it has none of this kind. */
const uint8_t *kb_listed_digest(const struct kb_manifest *manifest, const struct kb_listed *listed, int kind);
/* kb_listed_kind(listed): the strongest that it has. */
int kb_listed_kind(const struct kb_listed *listed);
/* kb_listed_is_weak(listed): nothing but MD5 or SHA-1. */
bool kb_listed_is_weak(const struct kb_listed *listed);

/* kb_listed_says(manifest, listed, digests, size): the content against every digest and the size that are listed; true:
 * all equal. Changes nothing. size: KB_ABSENT: not known. */
bool kb_listed_says(const struct kb_manifest *manifest, const struct kb_listed *listed,
                    const struct kb_digests *digests, int64_t size);
/* kb_listed_meet(manifest, listed, digests, size): as kb_listed_says; sets state, keeps what was found. */
bool kb_listed_meet(struct kb_manifest *manifest, struct kb_listed *listed, const struct kb_digests *digests,
                    int64_t size);
/* kb_listed_meet_same(…, other): against what was found for another path of the list, which is the same file. */
bool kb_listed_meet_same(struct kb_manifest *manifest, struct kb_listed *listed, const struct kb_listed *other);
/* kb_listed_agree(a, of a, b, of b): they say the same of their files, and something. */
bool kb_listed_agree(const struct kb_manifest *m, const struct kb_listed *listed, const struct kb_manifest *of,
                     const struct kb_listed *other);
/* kb_listed_text, kb_listed_found_text(…): "SHA-256 87428fc522803d31…", of the first digest that differs, else of the
 * strongest; with the size where that differs. */
struct kb_text kb_listed_text(struct kb_arena *arena, const struct kb_manifest *manifest,
                              const struct kb_listed *listed);
struct kb_text kb_listed_found_text(struct kb_arena *arena, const struct kb_manifest *manifest,
                                    const struct kb_listed *listed);

/* kb_checksum_line(arena, path, digest, ret_n): one GNU line of SHA-256 with its newline. */
const char *kb_checksum_line(struct kb_arena *arena, const char *path, const struct kb_sha256 *digest, size_t *ret_n);
