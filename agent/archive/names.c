/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes stored names: UTF-8 as it is, else CP932, else the bytes themselves. */
#include "koboshi/archive.h"

#include <stdlib.h>
#include <string.h>

#include <iconv.h>
#include <pthread.h>

#include "koboshi/arena.h"
#include "koboshi/text.h"

struct kb_names {
    enum kb_name_encoding encoding;
    iconv_t cp932;        /* (iconv_t)-1 where the system has none: names stay raw */
    pthread_mutex_t lock; /* of the converter: opened before confinement, used by all readers of a zip */
};

struct kb_names *kb_names_new(enum kb_name_encoding encoding)
{
    struct kb_names *names = calloc(1, sizeof *names);
    if (!names)
        abort();
    names->encoding = encoding;
    if (pthread_mutex_init(&names->lock, NULL))
        abort();
    /* "CP932", never "SHIFT_JIS": only the former has the characters that Windows really writes (①, 髙, ～) */
    names->cp932 = iconv_open("UTF-8", "CP932");
    return names;
}

void kb_names_free(struct kb_names *names)
{
    if (!names)
        return;
    if (names->cp932 != (iconv_t)-1)
        (void)iconv_close(names->cp932);
    (void)pthread_mutex_destroy(&names->lock);
    free(names);
}

static const char *from_cp932(struct kb_names *names, const void *bytes, size_t n, struct kb_arena *arena)
{
    if (names->cp932 == (iconv_t)-1 || memchr(bytes, 0, n))
        return NULL;
    /* two bytes become at most three, one (half-width kana) at most three */
    size_t room = 3 * n;
    char *out = kb_alloc(arena, room + 1, 1), *to = out;
    char *from = kb_strndup(arena, bytes, n); /* iconv takes no const */
    (void)pthread_mutex_lock(&names->lock);
    (void)iconv(names->cp932, NULL, NULL, NULL, NULL);
    const bool good = iconv(names->cp932, &from, &n, &to, &room) != (size_t)-1 && !n;
    (void)pthread_mutex_unlock(&names->lock);
    if (!good)
        return NULL;
    *to = '\0';
    return out;
}

const char *kb_names_decode(struct kb_names *names, const void *bytes, size_t n, bool utf8_flagged,
                            struct kb_arena *arena)
{
    bool utf8 = kb_is_utf8(bytes, n);
    if (n && !utf8_flagged && names->encoding != KB_NAMES_UTF8 && (!utf8 || names->encoding == KB_NAMES_CP932)) {
        const char *text = from_cp932(names, bytes, n, arena);
        if (text)
            return text;
    }
    return kb_strndup(arena, bytes, n);
}
