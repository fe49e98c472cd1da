/* SPDX-License-Identifier: Apache-2.0 */
/* The database that FCIV writes (`fciv -xml`): six elements of XML, and nothing else of XML is taken. */
#include <string.h>

#include "koboshi/finding.h"
#include "manifest_lines.h"

enum { BEFORE, INSIDE, CLOSED };                         /* held.kind: of <FCIV> */
enum { IN_NOTHING, IN_NAME, IN_MD5, IN_SHA1, IN_OTHER }; /* held.field */

static const struct {
    const char *tag;
    int field;
} elements[] = {{"<name>", IN_NAME}, {"<MD5>", IN_MD5}, {"<SHA1>", IN_SHA1}};

static bool is(const char *s, size_t n, const char *tag)
{
    return n == strlen(tag) && !memcmp(s, tag, n);
}

/* RFC 4648 section 4, of exactly `size` bytes. */
static bool take_base64(const char *s, size_t n, uint8_t *ret_bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0, n_bits = 0;
    size_t made = 0, padding = (3 - size % 3) % 3;
    if (n != (size + 2) / 3 * 4)
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *digit = s[i] ? strchr(digits, s[i]) : NULL;
        if (i >= n - padding ? s[i] != '=' : !digit)
            return false;
        if (i >= n - padding)
            continue;
        bits = bits << 6 | (uint32_t)(digit - digits);
        n_bits += 6;
        if (n_bits < 8)
            continue;
        n_bits -= 8;
        ret_bytes[made++] = (uint8_t)(bits >> n_bits);
        bits &= (1u << n_bits) - 1;
    }
    return made == size && !bits;
}

/* XML 1.0, 4.6: what stands for a character in a name; 0: none of them. */
static char character(const char *s, size_t n, size_t *ret_used)
{
    static const struct {
        const char *text;
        char c;
    } entities[] = {{"&amp;", '&'},  {"&lt;", '<'},  {"&gt;", '>'},   {"&apos;", '\''},
                    {"&quot;", '"'}, {"&#38;", '&'}, {"&#39;", '\''}, {"&#34;", '"'}};
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (kb_line_starts(s, n, entities[i].text)) {
            *ret_used = strlen(entities[i].text);
            return entities[i].c;
        }
    return 0;
}

static bool take_name(struct kb_held *held, const char *s, size_t n)
{
    for (size_t used; n; s += used, n -= used) {
        char c = *s;
        used = 1;
        if (c == '&' && !(c = character(s, n, &used)))
            return false;
        if (!kb_piece_add(&held->path, &c, 1))
            return false;
    }
    held->has_path = held->path.n > 0;
    return held->has_path;
}

static enum kb_taken take_text(struct kb_held *held, const char *s, size_t n)
{
    const int kind = held->field == IN_MD5 ? KB_DIGEST_MD5 : KB_DIGEST_SHA1;
    bool good;
    if (held->field == IN_NAME) {
        good = !held->has_path && take_name(held, s, n);
    } else {
        good = (held->field == IN_MD5 || held->field == IN_SHA1) && !(held->sum.kinds & 1u << kind) &&
               take_base64(s, n, held->sum.digest[kind], kb_kind_size(kind));
        held->sum.kinds |= good ? 1u << kind : 0;
    }
    return good ? KB_TAKEN : KB_NOT_ITS_OWN;
}

static enum kb_taken end_entry(struct kb_manifest *m)
{
    struct kb_held *held = &m->held;
    enum kb_taken taken = KB_TOLD;
    held->sum.path = held->path.s;
    held->sum.path_n = held->path.n;
    held->sum.windows = true;
    held->sum.size = KB_ABSENT;
    if (held->has_path)
        taken = kb_manifest_take(m);
    else
        kb_manifest_flaw(m, m->dialect->expected, "an entry without a name", "名前のない項目です");
    held->has_hash = held->has_path = false;
    m->number++; /* entries are counted, whatever lines they stand on */
    return taken;
}

/* has_hash: within an entry. */
static enum kb_taken take_tag(struct kb_manifest *m, const char *s, size_t n)
{
    struct kb_held *held = &m->held;
    if (held->kind == BEFORE && kb_line_starts(s, n, "<?xml "))
        return KB_TAKEN;
    if (held->kind != INSIDE && !(held->kind == BEFORE && is(s, n, "<FCIV>")))
        return KB_NOT_ITS_OWN;
    if (held->kind == BEFORE || (!held->has_hash && is(s, n, "</FCIV>"))) {
        held->kind++;
        return KB_TAKEN;
    }
    if (!held->has_hash && is(s, n, "<FILE_ENTRY>")) {
        held->has_hash = true;
        held->path.n = 0;
        held->sum.kinds = 0;
        return KB_TAKEN;
    }
    if (held->has_hash && held->field == IN_NOTHING && is(s, n, "</FILE_ENTRY>"))
        return end_entry(m);
    for (size_t i = 0; held->has_hash && i < sizeof elements / sizeof *elements; i++) {
        const char *tag = elements[i].tag;
        bool begins = held->field == IN_NOTHING && is(s, n, tag);
        bool ends = held->field == elements[i].field && n == strlen(tag) + 1 && s[1] == '/' &&
                    !memcmp(s + 2, tag + 1, n - 2);
        if (begins || ends) {
            held->field = begins ? elements[i].field : IN_NOTHING;
            return KB_TAKEN;
        }
    }
    return KB_NOT_ITS_OWN;
}

static enum kb_taken take(struct kb_manifest *m, const char *s, size_t n)
{
    if (n && *s == '<')
        return take_tag(m, s, n);
    if (m->held.field != IN_NOTHING)
        return take_text(&m->held, s, n);
    return kb_line_is_blank(s, n) ? KB_TAKEN : KB_NOT_ITS_OWN;
}

static void end(struct kb_manifest *m)
{
    if (m->held.kind != CLOSED)
        kb_manifest_flaw(m, m->dialect->expected, "the list ends before </FCIV>", "</FCIV> の前で一覧が終わっています");
}

const struct kb_dialect kb_dialect_fciv_xml = {
    .name = "FCIV XML",
    .expected = {.en =
                     "the XML of `fciv -xml`: FCIV, FILE_ENTRY, name, MD5 and SHA1 (else write a list by `fciv -r -bp` "
                     "without -xml)",
                 .ja = "fciv -xml が書き出す XML（FCIV・FILE_ENTRY・name・MD5・SHA1）。それ以外は -xml を付けずに "
                       "fciv -r -bp で書き出してください"},
    .lines = KB_LINES_TAGS,
    .take = take,
    .end = end,
};
