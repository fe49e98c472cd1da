/* SPDX-License-Identifier: Apache-2.0 */
/* A walk through the header of a 7z as far as the properties of its coders. */
#include "seven_zip_needs.h"

#include <stdlib.h>
#include <string.h>

#include <lzma.h>

#include "koboshi/limits.h"

enum { SIGNATURE_BYTES = 32, CODERS_MAX = 32, STREAMS_MAX = 1000000 };

/* 7zFormat.txt, "Property IDs" */
enum {
    P_END = 0,
    P_HEADER = 1,
    P_ARCHIVE_PROPERTIES = 2,
    P_MAIN_STREAMS = 4,
    P_PACK_INFO = 6,
    P_UNPACK_INFO = 7,
    P_SIZE = 9,
    P_CRC = 10,
    P_FOLDER = 11,
    P_UNPACK_SIZES = 12,
    P_ENCODED_HEADER = 23,
};

struct cursor {
    const uint8_t *at, *end;
    bool bad; /* something did not fit: what was read since then is 0 */
};

/* What is kept of a folder; of a packed header all of it is used. */
struct folder {
    uint64_t window;
    bool ppmd;
    size_t coders, outs;
    lzma_vli filter; /* of the only coder; LZMA_VLI_UNKNOWN: another */
    const uint8_t *props;
    size_t n_props;
};

struct streams {
    uint64_t pack_offset, pack_size; /* of the first stream, behind the signature */
    uint64_t unpack_size;            /* of the first folder */
    struct kb_seven_zip_needs needs;
    struct folder first;
    uint32_t crc; /* of the first folder, if it is the only one */
    bool has_crc;
};

static uint64_t little_endian(const uint8_t *s, size_t n)
{
    uint64_t value = 0;
    for (size_t i = n; i--;)
        value = value << 8 | s[i];
    return value;
}

static const uint8_t *take(struct cursor *c, uint64_t n)
{
    if (c->bad || n > (uint64_t)(c->end - c->at)) {
        c->bad = true;
        return NULL;
    }
    const uint8_t *bytes = c->at;
    c->at += n;
    return bytes;
}

static uint8_t take_byte(struct cursor *c)
{
    const uint8_t *byte = take(c, 1);
    return byte ? *byte : 0;
}

/* 7zFormat.txt, "REAL_UINT64 / UINT64": the leading ones of the first byte count the bytes that follow. */
static uint64_t take_number(struct cursor *c)
{
    uint8_t first = take_byte(c);
    size_t n = 0;
    while (n < 8 && first & (0x80 >> n))
        n++;
    const uint8_t *rest = take(c, n);
    if (!rest)
        return 0;
    uint64_t high = n < 7 ? first & (0x7fU >> n) : 0;
    return little_endian(rest, n) | (n < 8 ? high << (8 * n) : 0);
}

static size_t take_count(struct cursor *c, size_t most)
{
    uint64_t n = take_number(c);
    c->bad |= n > most;
    return c->bad ? 0 : (size_t)n;
}

static void skip_numbers(struct cursor *c, size_t n)
{
    while (n-- && !c->bad)
        (void)take_number(c);
}

/* Which of n are defined, then a CRC-32 for each of those. */
static void skip_digests(struct cursor *c, size_t n)
{
    size_t defined = n;
    if (!take_byte(c)) {
        const uint8_t *bits = take(c, (n + 7) / 8);
        defined = 0;
        for (size_t i = 0; bits && i < n; i++)
            defined += bits[i / 8] >> (7 - i % 8) & 1;
    }
    (void)take(c, 4 * (uint64_t)defined);
}

static uint64_t lzma_window(const uint8_t *props, size_t n)
{
    return n == 5 ? little_endian(props + 1, 4) : 0;
}

static uint64_t lzma2_window(const uint8_t *props, size_t n)
{
    if (n != 1 || props[0] > 40)
        return 0;
    return props[0] == 40 ? UINT32_MAX : (uint64_t)(2 | (props[0] & 1)) << (props[0] / 2 + 11);
}

enum { LZMA, LZMA2, PPMD };

/* Methods.txt; what is not here needs a megabyte at the most. PPMd has the size of its model where LZMA has the window.
 */
static const struct {
    size_t n;
    const char *id;
    lzma_vli filter;
    uint64_t (*window)(const uint8_t *props, size_t n);
} methods[] = {
    [LZMA] = {3, "\x03\x01\x01", LZMA_FILTER_LZMA1, lzma_window},
    [LZMA2] = {1, "\x21", LZMA_FILTER_LZMA2, lzma2_window},
    [PPMD] = {3, "\x03\x04\x01", LZMA_VLI_UNKNOWN, lzma_window},
};

static void take_coder(struct cursor *c, struct folder *folder, size_t *ins)
{
    uint8_t flags = take_byte(c);
    size_t n_id = flags & 0x0f;
    const uint8_t *id = take(c, n_id);
    bool complex = flags & 0x10;
    *ins += complex ? take_count(c, CODERS_MAX) : 1;
    folder->outs += complex ? take_count(c, CODERS_MAX) : 1;
    folder->n_props = flags & 0x20 ? take_count(c, KB_SEVEN_ZIP_HEADER_MAX) : 0;
    folder->props = take(c, folder->n_props);
    folder->filter = LZMA_VLI_UNKNOWN;
    for (size_t i = 0; !c->bad && i < sizeof methods / sizeof *methods; i++) {
        if (n_id == methods[i].n && !memcmp(id, methods[i].id, n_id)) {
            folder->filter = methods[i].filter;
            folder->window += methods[i].window(folder->props, folder->n_props);
            folder->ppmd |= i == PPMD;
        }
    }
}

static struct folder take_folder(struct cursor *c)
{
    struct folder folder = {.coders = take_count(c, CODERS_MAX)};
    size_t ins = 0;
    for (size_t i = 0; i < folder.coders && !c->bad; i++)
        take_coder(c, &folder, &ins);
    c->bad |= !folder.outs || ins + 1 < folder.outs;
    if (c->bad)
        return (struct folder){0};
    size_t pairs = folder.outs - 1, packed = ins - pairs;
    skip_numbers(c, 2 * pairs);
    if (packed > 1)
        skip_numbers(c, packed);
    return folder;
}

static void take_pack_info(struct cursor *c, struct streams *s)
{
    s->pack_offset = take_number(c);
    size_t n = take_count(c, STREAMS_MAX);
    uint8_t id;
    while (!c->bad && (id = take_byte(c)) != P_END) {
        if (id == P_SIZE && n) {
            s->pack_size = take_number(c);
            skip_numbers(c, n - 1);
        } else if (id == P_CRC) {
            skip_digests(c, n);
        } else {
            c->bad = true;
        }
    }
}

static void take_unpack_info(struct cursor *c, struct streams *s)
{
    c->bad |= take_byte(c) != P_FOLDER;
    size_t n = take_count(c, STREAMS_MAX);
    c->bad |= take_byte(c) != 0; /* the folders stand elsewhere */
    for (size_t i = 0; i < n && !c->bad; i++) {
        struct folder folder = take_folder(c);
        s->needs.window = folder.window > s->needs.window ? folder.window : s->needs.window;
        s->needs.ppmd_filtered |= folder.ppmd && folder.coders > 1;
        if (i == 0)
            s->first = folder;
    }
    if (!c->bad && take_byte(c) == P_UNPACK_SIZES)
        s->unpack_size = take_number(c);
    struct cursor rest = *c; /* of a packed header its CRC; else of no interest */
    if (n == 1 && s->first.outs == 1 && take_byte(&rest) == P_CRC && take_byte(&rest)) {
        const uint8_t *crc = take(&rest, 4);
        s->has_crc = crc != NULL;
        s->crc = crc ? (uint32_t)little_endian(crc, 4) : 0;
    }
}

/* StreamsInfo as far as the folders. */
static bool take_streams(struct cursor *c, struct streams *s)
{
    uint8_t id = take_byte(c);
    if (id == P_PACK_INFO) {
        take_pack_info(c, s);
        id = take_byte(c);
    }
    if (id == P_UNPACK_INFO)
        take_unpack_info(c, s);
    return !c->bad;
}

/* True when all of out was filled: LZMA has no mark at its end there. */
static bool unpack(const struct folder *f, const uint8_t *in, size_t n_in, uint8_t *out, size_t n_out)
{
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_filter filters[] = {{.id = f->filter}, {.id = LZMA_VLI_UNKNOWN}};
    if (lzma_properties_decode(&filters[0], NULL, f->props, f->n_props) != LZMA_OK)
        return false;
    lzma_ret r = lzma_raw_decoder(&stream, filters);
    stream.next_in = in;
    stream.avail_in = n_in;
    stream.next_out = out;
    stream.avail_out = n_out;
    if (r == LZMA_OK)
        r = lzma_code(&stream, LZMA_RUN);
    bool full = (r == LZMA_OK || r == LZMA_STREAM_END) && !stream.avail_out;
    lzma_end(&stream);
    free(filters[0].options);
    return full;
}

/* A packed header, by the one coder that it has. NULL: it has several, or another, or too much. */
static uint8_t *unpack_header(const struct kb_extents *extents, const struct streams *s)
{
    uint64_t offset;
    const struct folder *f = &s->first;
    if (f->coders != 1 || f->filter == LZMA_VLI_UNKNOWN || !s->unpack_size ||
        s->unpack_size > KB_SEVEN_ZIP_HEADER_MAX || s->pack_size > KB_SEVEN_ZIP_HEADER_MAX ||
        s->needs.window > KB_SEVEN_ZIP_WINDOW_MAX ||
        __builtin_add_overflow(s->pack_offset, (uint64_t)SIGNATURE_BYTES, &offset) || offset > INT64_MAX)
        return NULL;
    size_t n_in = (size_t)s->pack_size, n_out = (size_t)s->unpack_size;
    uint8_t *in = malloc(n_in + 1), *out = malloc(n_out);
    if (!in || !out)
        abort();
    bool good = kb_extents_read(extents, in, n_in, (int64_t)offset) == (ssize_t)n_in &&
                unpack(f, in, n_in, out, n_out) && (!s->has_crc || lzma_crc32(out, n_out, 0) == s->crc);
    free(in);
    if (good)
        return out;
    free(out);
    return NULL;
}

/* Header: what may stand before the streams are archive properties, which nobody writes. */
static struct kb_seven_zip_needs needs_of_header(const uint8_t *bytes, size_t n)
{
    struct cursor c = {.at = bytes, .end = bytes + n};
    struct streams s = {0};
    bool whole = take_byte(&c) == P_HEADER && take_byte(&c) == P_MAIN_STREAMS && take_streams(&c, &s);
    return whole ? s.needs : (struct kb_seven_zip_needs){0};
}

static struct kb_seven_zip_needs needs_of(const struct kb_extents *extents, const uint8_t *bytes, size_t n)
{
    struct cursor c = {.at = bytes, .end = bytes + n};
    if (take_byte(&c) != P_ENCODED_HEADER)
        return needs_of_header(bytes, n);
    struct streams s = {0};
    if (!take_streams(&c, &s))
        return (struct kb_seven_zip_needs){0};
    uint8_t *inner = unpack_header(extents, &s);
    struct kb_seven_zip_needs needs = {0};
    if (inner)
        needs = needs_of_header(inner, (size_t)s.unpack_size);
    free(inner);
    needs.window = needs.window > s.needs.window ? needs.window : s.needs.window;
    return needs;
}

struct kb_seven_zip_needs kb_seven_zip_needs(const struct kb_extents *extents)
{
    struct kb_seven_zip_needs needs = {0};
    uint8_t signature[SIGNATURE_BYTES];
    if (kb_extents_read(extents, signature, sizeof signature, 0) != SIGNATURE_BYTES)
        return needs;
    uint64_t offset = little_endian(signature + 12, 8), n = little_endian(signature + 20, 8);
    if (!n || n > KB_SEVEN_ZIP_HEADER_MAX || offset > (uint64_t)extents->size)
        return needs;
    uint8_t *bytes = malloc((size_t)n);
    if (!bytes)
        abort();
    if (kb_extents_read(extents, bytes, (size_t)n, (int64_t)offset + SIGNATURE_BYTES) == (ssize_t)n &&
        lzma_crc32(bytes, (size_t)n, 0) == little_endian(signature + 28, 4))
        needs = needs_of(extents, bytes, (size_t)n);
    free(bytes);
    return needs;
}
