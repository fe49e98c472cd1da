/* SPDX-License-Identifier: Apache-2.0 */
/* A look at the beginning of a file, and through one filter at the beginning of what lies within. */
#include "koboshi/sniff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "detect.h"
#include "koboshi/tool.h"

/* One bzip2 block is up to 900 KB and comes out at its end only; the others need far less. */
enum { LOOK_BYTES = 1 << 20 };

static const char *const containers[] = {
    [KB_CONTAINER_NONE] = NULL, [KB_CONTAINER_TAR] = "tar", [KB_CONTAINER_CPIO] = "cpio",
    [KB_CONTAINER_ZIP] = "zip", [KB_CONTAINER_7Z] = "7z",
};

/* Files that people work with; a zip of these kinds is a document, not a backup. */
static const struct {
    size_t offset, n;
    const char *bytes, *name;
} documents[] = {
    {0, 16, "SQLite format 3", "SQLite"},
    {0, 5, "%PDF-", "PDF"},
    {0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office"}, /* OLE2: Office before 2007, and Office with a password */
    {30, 19, "[Content_Types].xml", "Office"},            /* the first entry of an OOXML package (ECMA-376 part 2) */
    {30, 8, "mimetype", "Office"},                        /* OpenDocument 1.3 part 2, 3.3 */
    {30, 9, "META-INF/", "Java"},
    {0, 3, "\xff\xd8\xff", "JPEG"},
    {0, 8, "\x89PNG\r\n\x1a\n", "PNG"},
};

struct look {
    const uint8_t *bytes;
    size_t n, given;
};

static ssize_t next_bytes(void *owner, const void **ret_bytes)
{
    struct look *look = owner;
    *ret_bytes = look->bytes + look->given;
    size_t n = look->n - look->given;
    look->given = look->n;
    return (ssize_t)n;
}

/* The look ends in the middle of the data as a rule: that is no flaw. */
static void ignore_flaw(void *owner, enum kb_rule_id rule, struct kb_text expected, struct kb_text found)
{
    (void)owner, (void)rule, (void)expected, (void)found;
}

static size_t read_head(int fd, uint8_t *bytes, size_t n)
{
    size_t have = 0;
    while (have < n) {
        ssize_t got = pread(fd, bytes + have, n - have, (off_t)have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    return have;
}

static bool is_blank(const uint8_t *bytes, size_t n)
{
    return n && !*bytes && !memcmp(bytes, bytes + 1, n - 1);
}

static void name_content(const uint8_t *bytes, size_t n, struct kb_sniff *sniff)
{
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        if (n >= documents[i].offset + documents[i].n &&
            !memcmp(bytes + documents[i].offset, documents[i].bytes, documents[i].n)) {
            sniff->known = documents[i].name;
            return;
        }
    if (is_blank(bytes, n)) /* an empty tar begins so, and so does what was never written */
        return;
    sniff->container = containers[kb_detect_container(bytes, n)];
    const struct kb_unread *unread = sniff->container ? NULL : kb_detect_unread(bytes, n);
    if (unread) {
        sniff->known = unread->name;
        sniff->encrypted = unread->rule == KB_RULE_ENCRYPTED;
    }
}

static int tool_of(const uint8_t *bytes, size_t n)
{
    for (int id = 0; kb_tool_names[id]; id++) {
        const struct kb_tool *tool = kb_tool_of((enum kb_tool_id)id);
        for (size_t i = 0; i < tool->n_magic; i++)
            if (n >= tool->magic[i].offset + tool->magic[i].n &&
                !memcmp(bytes + tool->magic[i].offset, tool->magic[i].bytes, tool->magic[i].n))
                return id;
    }
    return KB_TOOL_OTHER;
}

struct kb_sniff kb_sniff(int fd, const char *name)
{
    struct kb_sniff sniff = {.tool = KB_TOOL_OTHER};
    uint8_t *bytes = malloc(LOOK_BYTES);
    if (!bytes)
        abort();
    struct look look = {.bytes = bytes, .n = read_head(fd, bytes, KB_DETECT_BYTES)};
    sniff.tool = tool_of(bytes, look.n);
    name_content(bytes, look.n, &sniff);
    const struct kb_codec *codec = sniff.container || sniff.known ? NULL : kb_detect_codec(bytes, look.n, name);
    if (codec) {
        sniff.filter = codec->name;
        look.n = read_head(fd, bytes, LOOK_BYTES);
        const struct kb_source source = {.owner = &look, .next = next_bytes};
        struct kb_decoder *decoder = kb_decoder_new(
            &(struct kb_decoder_params){.codec = codec, .source = source, .threads = 1, .flaw = ignore_flaw});
        const void *inner = NULL;
        ssize_t n = kb_decoder_next(decoder, &inner);
        if (n > 0)
            name_content(inner, (size_t)n, &sniff);
        kb_decoder_free(decoder);
    }
    free(bytes);
    return sniff;
}
