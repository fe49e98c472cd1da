/* SPDX-License-Identifier: Apache-2.0 */
/* Does a file open as what its content says it is? The name is not asked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

#include "probes.h"

enum { HEAD_BYTES = 1024, TAIL_BYTES = 2048 };

struct opening {
    const struct kb_probe *probe;
    int fd;
    int64_t size;
    char head[HEAD_BYTES + 1];
    size_t head_n;
    struct kb_arena *arena;
    struct kb_answer *answer;
};

static bool open_archive(struct opening *o)
{
    const char *slash = strrchr(o->probe->opens, '/');
    return kb_opens_archive(o->fd, slash ? slash + 1 : o->probe->opens, o->arena, &o->answer->found);
}

static bool open_database(struct opening *o)
{
    struct kb_answer answer = {.rule = KB_RULE_COUNT};
    struct kb_probe probe = {.integrity = true, .timeout = o->probe->timeout};
    kb_sqlite_judge(o->fd, &probe, o->arena, &answer);
    o->answer->found = answer.found;
    return answer.rule == KB_RULE_COUNT;
}

/* ISO 32000-1 §7.5.5: the file ends with startxref, the offset of the cross-reference section, %%EOF. */
static bool open_pdf(struct opening *o)
{
    char tail[TAIL_BYTES + 1] = "", at_xref[32] = "";
    int64_t from = o->size > TAIL_BYTES ? o->size - TAIL_BYTES : 0;
    ssize_t n = pread(o->fd, tail, TAIL_BYTES, from);
    const char *mark = NULL, *end = NULL;
    for (const char *at = tail; n > 0 && (at = memmem(at, (size_t)(tail + n - at), "startxref", 9)); at += 9)
        mark = at;
    if (mark)
        end = memmem(mark, (size_t)(tail + n - mark), "%%EOF", 5);
    if (!end) {
        o->answer->found = kb_text_new(o->arena, "a PDF without its end (startxref … %%%%EOF): cut off",
                                       "PDF の終端（startxref … %%%%EOF）がありません。途中で切れています");
        return false;
    }
    int64_t offset = strtoll(mark + 9, NULL, 10);
    n = offset > 0 && offset < o->size ? pread(o->fd, at_xref, sizeof at_xref - 1, offset) : 0;
    const char *xref = n > 0 ? at_xref + strspn(at_xref, " \r\n\t") : "";
    /* a table says so; a cross-reference stream is an object: "12 0 obj" */
    if (!strncmp(xref, "xref", 4) || (strspn(xref, "0123456789") && strstr(xref, "obj")))
        return true;
    o->answer->found = kb_text_new(o->arena, "a PDF whose table of contents is not at byte %lld, where it says",
                                   "PDF の相互参照表が、記載された位置（%lld バイト目）にありません",
                                   (long long)offset);
    return false;
}

static uint32_t le32(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* [MS-CFB] §2.2: old Office files, and new ones with a password. Sectors of 512 or 4,096 bytes; the directory is one of
 * them. */
static bool open_compound(struct opening *o)
{
    int shift = o->head_n >= 76 ? (unsigned char)o->head[30] : 0;
    int64_t directory = o->head_n >= 76 ? ((int64_t)le32(o->head + 48) + 1) << shift : INT64_MAX;
    if ((shift == 9 || shift == 12) && directory < o->size)
        return true;
    o->answer->found = kb_text_new(o->arena, "an OLE2 file whose directory lies behind its end: cut off",
                                   "OLE2 ファイルのディレクトリが終端より後ろにあります。途中で切れています");
    return false;
}

static const struct {
    size_t at, n;
    const char *magic;
    bool (*open)(struct opening *);
} kinds[] = {
    {0, 16, "SQLite format 3", open_database},
    {0, 5, "%PDF-", open_pdf},
    {0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", open_compound},
    {0, 4, "PK\3\4", open_archive},
    {0, 4, "PK\5\6", open_archive},
    {0, 6, "7z\xbc\xaf\x27\x1c", open_archive},
    {0, 2, "\x1f\x8b", open_archive},
    {0, 3, "BZh", open_archive},
    {0, 6,
     "\xfd"
     "7zXZ",
     open_archive},
    {0, 4, "\x28\xb5\x2f\xfd", open_archive},
    {0, 4, "\x04\x22\x4d\x18", open_archive},
    {257, 5, "ustar", open_archive},
    {0, 5, "07070", open_archive},
};

int kb_probe_opens(struct kb_probes *p, size_t i, struct kb_arena *arena, struct kb_answer *ret_answer,
                   struct kb_err *err)
{
    (void)err;
    const struct kb_probe *probe = &p->set->probes.v[i];
    struct kb_answer bad = {.rule = KB_RULE_PROBE_OPENS, .entry = probe->opens};
    bad.expected = kb_text_new(
        arena, "a whole zip, Office, tar, gz, bz2, xz, zst, lz4, 7z, cpio, SQLite or PDF file",
        "zip・Office・tar・gz・bz2・xz・zst・lz4・7z・cpio・SQLite・PDF のいずれかとして最後まで読めること");
    KB_SCOPED_FD fd = kb_probe_open_file(p, probe->opens, arena, &bad.found);
    struct opening o = {.probe = probe, .fd = fd, .arena = arena, .answer = &bad};
    struct stat st;
    ssize_t n = fd < 0 || fstat(fd, &st) ? -1 : pread(fd, o.head, HEAD_BYTES, 0);
    if (fd >= 0 && n < 0)
        bad.found = kb_text_new(arena, "it cannot be read: %s", "読めません: %s", strerror(errno));
    if (n < 0) {
        *ret_answer = bad;
        return 0;
    }
    o.size = st.st_size;
    o.head_n = (size_t)n;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (kinds[k].at + kinds[k].n > o.head_n || memcmp(o.head + kinds[k].at, kinds[k].magic, kinds[k].n))
            continue;
        if (!kinds[k].open(&o))
            *ret_answer = bad;
        return 0;
    }
    if (!n)
        bad.found = kb_text_new(arena, "an empty file", "空のファイルです");
    else
        bad.found = kb_text_new(arena, "none of these; it begins with %s", "いずれの形式でもありません（先頭: %s）",
                                kb_hex(arena, o.head, n < 8 ? (size_t)n : 8));
    *ret_answer = bad;
    return 0;
}
