/* SPDX-License-Identifier: Apache-2.0 */
/* What every fuzzer shares: its one function, and how it says that something is wrong. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "koboshi/shape.h"

struct kb_arena;

/* What an input was taken for. The replay holds it against the name of the file: good-* is SOUND, bad-* is REFUSED. */
enum fuzz_verdict { FUZZ_REFUSED, FUZZ_SOUND };

/* fuzz_one(bytes, n): each fuzzer's own; aborts where something is wrong with the code. fuzz_begin(): once before. */
enum fuzz_verdict fuzz_one(const uint8_t *bytes, size_t n);
void fuzz_begin(void);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* An invariant; what libFuzzer and the replay see is an abort. */
#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                              \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* fuzz_require_safe(text): UTF-8 without control characters, as people may be shown it. NULL is. */
void fuzz_require_safe(const char *text);
/* fuzz_require_round_trip(shape, object, arena): written and read again it is written the same. */
void fuzz_require_round_trip(const struct kb_shape *shape, const void *object, struct kb_arena *arena);

/* fuzz_part(&at, end, mark, ret_n): the bytes up to the next mark, or up to the end; NULL: there are no more. */
const char *fuzz_part(const char **at, const char *end, char mark, size_t *ret_n);

/* fuzz_folder(): a temporary folder of this process, removed when it ends in order. */
const char *fuzz_folder(void);
/* fuzz_put(dirfd, name, bytes, n): the file has this content. */
void fuzz_put(int dirfd, const char *name, const void *bytes, size_t n);
