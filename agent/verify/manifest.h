/* SPDX-License-Identifier: Apache-2.0 */
/* A list of SHA-256 lines as sha256sum(1) writes them, kept as a table by path. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "koboshi/digest.h"
#include "koboshi/text.h"

struct kb_arena;

enum kb_listed_state { KB_LISTED_UNSEEN, KB_LISTED_MATCHES, KB_LISTED_DIFFERS, KB_LISTED_UNREAD };

struct kb_listed {
    uint64_t path_at; /* offset in the manifest's text */
    uint32_t path_n;
    uint32_t line;
    int state; /* enum kb_listed_state */
    struct kb_sha256 digest, found;
};

struct kb_manifest;

/* What is wrong with it: a finding manifest-broken. */
typedef void kb_manifest_flaw_fn(void *owner, struct kb_text expected, struct kb_text found);

/*
 * kb_manifest_new(), then kb_manifest_add(bytes, n) as often as there are bytes, then kb_manifest_end: lines
 * `<64 hex> [ *]path`, a leading `\` when the path is written with \n, \r, \\ (GNU coreutils); CRLF, a UTF-8 BOM, empty
 * lines and `#` comments are taken. A leading `./` of a path is dropped. A line that is none of these, no line at all,
 * and a path with two different digests are told, and kb_manifest_end gives false.
 */
struct kb_manifest *kb_manifest_new(void *owner, kb_manifest_flaw_fn *flaw);
void kb_manifest_free(struct kb_manifest *manifest);
void kb_manifest_add(struct kb_manifest *manifest, const void *bytes, size_t n);
bool kb_manifest_end(struct kb_manifest *manifest);

size_t kb_manifest_count(const struct kb_manifest *manifest);
/* kb_manifest_at(manifest, i): line number i in the order of the file. */
struct kb_listed *kb_manifest_at(struct kb_manifest *manifest, size_t i);
const char *kb_manifest_path(const struct kb_manifest *manifest, const struct kb_listed *listed);
/* kb_manifest_find(manifest, path): NULL if it is not listed. */
struct kb_listed *kb_manifest_find(struct kb_manifest *manifest, const char *path);
/* kb_manifest_is_whole(manifest, name): its single line names this generation itself. */
bool kb_manifest_is_whole(struct kb_manifest *manifest, const char *name);

/* kb_checksum_line(arena, path, digest, ret_n): one such line with its newline. */
const char *kb_checksum_line(struct kb_arena *arena, const char *path, const struct kb_sha256 *digest, size_t *ret_n);
