/* SPDX-License-Identifier: Apache-2.0 */
/* What every fuzzer shares. */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/text.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    if (setenv("TZ", "Asia/Tokyo", 1))
        return -1;
    fuzz_begin();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    (void)fuzz_one(bytes, n);
    return 0;
}

void fuzz_require_safe(const char *text)
{
    if (!text)
        return;
    KB_SCOPED_ARENA arena = kb_arena_new();
    REQUIRE(!strcmp(kb_printable(arena, text), text));
    for (const unsigned char *s = (const unsigned char *)text; *s; s++)
        REQUIRE(*s >= 0x20 && *s != 0x7f);
}

void fuzz_require_round_trip(const struct kb_shape *shape, const void *object, struct kb_arena *arena)
{
    KB_SCOPED_JSON first = kb_shape_write(shape, object);
    REQUIRE(first);
    size_t n, again_n;
    const char *text = kb_json_dump(arena, first, JSON_COMPACT, &n);
    json_t *parsed = NULL;
    struct kb_err err = {0};
    REQUIRE(!kb_json_parse(text, n, &parsed, &err));
    void *again = kb_alloc(arena, 1, shape->size);
    int code = kb_shape_read(shape, parsed, arena, again, &err);
    json_decref(parsed);
    if (code)
        (void)fprintf(stderr, "%s\n", err.frame[0].en);
    REQUIRE(!code);
    KB_SCOPED_JSON second = kb_shape_write(shape, again);
    const char *other = kb_json_dump(arena, second, JSON_COMPACT, &again_n);
    REQUIRE(n == again_n && !memcmp(text, other, n));
}

const char *fuzz_part(const char **at, const char *end, char mark, size_t *ret_n)
{
    const char *part = *at;
    if (!part || part > end)
        return NULL;
    const char *stop = part == end ? NULL : memchr(part, mark, (size_t)(end - part));
    *ret_n = (size_t)((stop ? stop : end) - part);
    *at = stop ? stop + 1 : NULL;
    return part;
}

static char folder[256];

static void remove_folder(void)
{
    (void)kb_remove_tree(AT_FDCWD, folder, NULL);
}

const char *fuzz_folder(void)
{
    if (!*folder) {
        const char *base = getenv("TMPDIR");
        (void)snprintf(folder, sizeof folder, "%.200s/koboshi-fuzz-XXXXXX", base ? base : "/tmp");
        REQUIRE(mkdtemp(folder) && !atexit(remove_folder));
    }
    return folder;
}

void fuzz_put(int dirfd, const char *name, const void *bytes, size_t n)
{
    KB_SCOPED_FD fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0 && !kb_write_all(fd, bytes, n));
}
