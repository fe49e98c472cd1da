/* SPDX-License-Identifier: Apache-2.0 */
/* The tag files of a bag: declaration, metadata, manifests, what is to be fetched. */
#include "bag_tags.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "koboshi/arena.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/reader.h"
#include "reading.h"

enum { PIECE_BYTES = 256 << 10, DECLARATION_BYTES_MAX = 4096 };

void kb_bag_flaw(void *owner, struct kb_text expected, struct kb_text found)
{
    kb_bag_broken(owner, expected, found);
}

/* -1 with errno; not even the access time changes. */
static int open_tag(int dirfd, const char *name)
{
    int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = openat(dirfd, name, flags | O_NOATIME);
    struct stat st;
    if (fd < 0 && errno == EPERM)
        fd = openat(dirfd, name, flags);
    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        (void)close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

static void tell_unread(struct kb_bag *bag, int cause)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_bag_broken(bag, (struct kb_text){.en = "a file that can be read", .ja = "読めるファイルであること"},
                  cause == EINVAL ? (struct kb_text){.en = "not a regular file", .ja = "通常のファイルではありません"}
                                  : kb_text_new(arena, "%s", "%s", strerror(cause)));
}

static const struct kb_bag_tag *kept(const struct kb_bag *bag, const char *name)
{
    for (size_t i = 0; i < bag->source->n_tags; i++)
        if (!strcmp(bag->source->tags[i].name, name))
            return &bag->source->tags[i];
    return NULL;
}

static void read_kept(struct kb_bag *bag, const struct kb_bag_tag *tag, const struct kb_dialect *lines)
{
    if (!tag || !tag->bytes) {
        tell_unread(bag, EIO);
        return;
    }
    kb_manifest_begin_file(bag->manifest, lines, (enum kb_encoding)bag->encoding);
    kb_manifest_add(bag->manifest, tag->bytes, tag->n);
    kb_manifest_end_file(bag->manifest);
}

void kb_bag_read(struct kb_bag *bag, const char *name, const struct kb_dialect *lines, uint8_t file)
{
    bag->reading = name;
    bag->file = file;
    if (bag->source->fd < 0) {
        read_kept(bag, kept(bag, name), lines);
        return;
    }
    KB_SCOPED_FD own = open_tag(bag->source->fd, name);
    if (own < 0) {
        tell_unread(bag, errno);
        return;
    }
    struct kb_reading reading = {.fd = own};
    uint8_t *piece = malloc(PIECE_BYTES);
    if (!piece)
        abort();
    ssize_t n;
    kb_manifest_begin_file(bag->manifest, lines, (enum kb_encoding)bag->encoding);
    while ((n = kb_reading_next(&reading, piece, PIECE_BYTES)) > 0 && reading.offset <= KB_MANIFEST_BYTES_MAX)
        kb_manifest_add(bag->manifest, piece, (size_t)n);
    kb_manifest_end_file(bag->manifest);
    free(piece);
    if (n)
        tell_unread(bag, n < 0 ? reading.bad[0].cause : EFBIG);
}

/* "Label: value" or "Label : value": the value, without blanks around it; NULL: another line. */
static const char *value_of(const char *s, size_t n, const char *label, size_t *ret_n)
{
    size_t at = strlen(label);
    if (n <= at || strncasecmp(s, label, at))
        return NULL;
    while (at < n && (s[at] == ' ' || s[at] == '\t'))
        at++;
    if (at == n || s[at++] != ':')
        return NULL;
    while (at < n && (s[at] == ' ' || s[at] == '\t'))
        at++;
    while (n > at && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r'))
        n--;
    *ret_n = n - at;
    return s + at;
}

static bool take_version(struct kb_bag *bag, const char *s, size_t n)
{
    static const char *const known[] = {"0.93", "0.94", "0.95", "0.96", "0.97", "1.0"};
    bag->modern = n && *s >= '1' && *s <= '9'; /* later ones will be more like 1.0 than like 0.97 */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i]) != n || memcmp(known[i], s, n))
            continue;
        memcpy(bag->version, s, n);
        return true;
    }
    return false;
}

static bool take_encoding(struct kb_bag *bag, const char *s, size_t n)
{
    static const struct {
        const char *name;
        enum kb_encoding encoding;
    } known[] = {
        {"UTF-8", KB_ENCODING_BYTES},       {"US-ASCII", KB_ENCODING_BYTES},   {"UTF-16", KB_ENCODING_UTF16BE},
        {"UTF-16BE", KB_ENCODING_UTF16BE},  {"UTF-16LE", KB_ENCODING_UTF16LE}, {"ISO-8859-1", KB_ENCODING_LATIN1},
        {"Windows-31J", KB_ENCODING_BYTES}, {"Shift_JIS", KB_ENCODING_BYTES},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == n && !strncasecmp(known[i].name, s, n)) {
            bag->encoding = (int)known[i].encoding;
            return true;
        }
    return false;
}

/* The next line of a small text; false at its end. */
static bool next_line(const char **at, const char *end, const char **ret_line, size_t *ret_n)
{
    if (*at >= end)
        return false;
    const char *to = *at;
    while (to < end && *to != '\n' && *to != '\r')
        to++;
    *ret_line = *at;
    *ret_n = (size_t)(to - *at);
    to += end - to > 1 && to[0] == '\r' && to[1] == '\n';
    *at = to < end ? to + 1 : end;
    return true;
}

static void judge_declaration(struct kb_bag *bag, const char *text, size_t n)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *at = text, *end = text + n, *line = "", *value;
    size_t line_n = 0, value_n = 0;
    if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
        kb_bag_broken(bag, (struct kb_text){.en = "UTF-8 without a byte order mark", .ja = "BOM のない UTF-8"},
                      (struct kb_text){.en = "a byte order mark", .ja = "BOM があります"});
        at += 3;
    }
    (void)next_line(&at, end, &line, &line_n);
    value = value_of(line, line_n, "BagIt-Version", &value_n);
    if (!value || !take_version(bag, value, value_n))
        kb_bag_broken(bag,
                      (struct kb_text){.en = "line 1: BagIt-Version: 0.93 to 0.97, or 1.0",
                                       .ja = "1行目: BagIt-Version: 0.93〜0.97 か 1.0"},
                      kb_text_new(arena, "%s", "%s", kb_escape(arena, line, line_n < 80 ? line_n : 80)));
    line_n = 0;
    (void)next_line(&at, end, &line, &line_n);
    value = line_n ? value_of(line, line_n, "Tag-File-Character-Encoding", &value_n) : NULL;
    if (!value || !take_encoding(bag, value, value_n))
        kb_bag_broken(bag,
                      (struct kb_text){.en = "line 2: Tag-File-Character-Encoding: UTF-8 (or UTF-16, ISO-8859-1, "
                                             "Shift_JIS)",
                                       .ja = "2行目: Tag-File-Character-Encoding: UTF-8"
                                             "（または UTF-16、ISO-8859-1、Shift_JIS）"},
                      line_n ? kb_text_new(arena, "%s", "%s", kb_escape(arena, line, line_n < 80 ? line_n : 80))
                             : (struct kb_text){.en = "no such line", .ja = "この行がありません"});
}

static void declare_kept(struct kb_bag *bag)
{
    const struct kb_bag_tag *tag = kept(bag, bag->reading);
    if (!tag || !tag->bytes)
        tell_unread(bag, EIO);
    else
        judge_declaration(bag, (const char *)tag->bytes,
                          tag->n < DECLARATION_BYTES_MAX ? tag->n : DECLARATION_BYTES_MAX);
}

void kb_bag_declaration(struct kb_bag *bag)
{
    char text[DECLARATION_BYTES_MAX];
    bag->reading = "bagit.txt";
    if (bag->source->fd < 0) {
        declare_kept(bag);
        return;
    }
    KB_SCOPED_FD own = open_tag(bag->source->fd, bag->reading);
    if (own < 0) {
        tell_unread(bag, errno);
        return;
    }
    struct kb_reading reading = {.fd = own};
    size_t n = 0;
    ssize_t part = 0;
    while (n < sizeof text && (part = kb_reading_next(&reading, text + n, sizeof text - n)) > 0)
        n += (size_t)part;
    if (part < 0)
        tell_unread(bag, reading.bad[0].cause);
    else
        judge_declaration(bag, text, n);
}

static enum kb_taken take_info(struct kb_manifest *m, const char *s, size_t n)
{
    struct kb_bag *bag = m->params.owner;
    size_t value_n;
    const char *value = value_of(s, n, "Payload-Oxum", &value_n);
    if (!value)
        return KB_TAKEN;
    const char *dot = memchr(value, '.', value_n);
    size_t bytes_n = dot ? (size_t)(dot - value) : 0;
    int64_t bytes, files = 0;
    bool good = dot && kb_line_number(value, bytes_n, &bytes) && kb_line_number(dot + 1, value_n - bytes_n - 1, &files);
    if (!good || (bag->has_oxum && (bag->oxum_bytes != bytes || bag->oxum_files != files))) {
        kb_manifest_flaw_of(
            m, good ? "a second Payload-Oxum that says something else" : "not of the form BYTES.FILES",
            good ? "別の値の Payload-Oxum がもう1つあります" : "「バイト数.ファイル数」の形式ではありません", s, n);
        return KB_TOLD;
    }
    bag->has_oxum = true;
    bag->oxum_bytes = bytes;
    bag->oxum_files = files;
    return KB_TAKEN;
}

static void tell_unusual(struct kb_bag *bag, bool *told, const char *en, const char *ja)
{
    if (*told) /* once per file: it is a habit of the program that wrote it */
        return;
    *told = true;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *name = kb_escape(arena, bag->reading, strlen(bag->reading));
    kb_tally_tell(bag->tally, KB_RULE_BAG_UNUSUAL, NULL,
                  (struct kb_text){.en = "each file once: its digest, blanks, its path from the top of the bag",
                                   .ja = "各ファイル1回ずつ、ハッシュ・空白・BagIt の最上位からのパス"},
                  (struct kb_text){.en = kb_sprintf(arena, "%s: line %u: %s", name, bag->manifest->number, en),
                                   .ja = kb_sprintf(arena, "%s: %u行目: %s", name, bag->manifest->number, ja)});
}

/* %0A and %0D, since 1.0 %25 too; into held.path. Other percent signs stay. */
static bool undo_percent(struct kb_bag *bag, const char *s, size_t n)
{
    struct kb_piece *to = &bag->manifest->held.path;
    to->n = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        uint8_t byte;
        if (c == '%' && n - i > 2 && kb_hex_run(s + i + 1, 2, &byte, 1) == 2 &&
            (byte == '\n' || byte == '\r' || (byte == '%' && bag->modern))) {
            c = (char)byte;
            i += 2;
        }
        if (!kb_piece_add(to, &c, 1))
            return false;
    }
    return true;
}

static const struct {
    const char *en, *ja;
} path_faults[] = {
    [KB_PATH_SAFE] = {"a path outside data/", "data/ の外のパスです"},
    [KB_PATH_EMPTY] = {"no path", "パスがありません"},
    [KB_PATH_ABSOLUTE] = {"an absolute path, which leaves the bag", "BagIt の外を指す絶対パスです"},
    [KB_PATH_PARENT] = {"a path that leaves the bag by `..`", "「..」で BagIt の外を指すパスです"},
    [KB_PATH_TOO_LONG] = {"a path longer than any file can have", "長すぎるパスです"},
    [KB_PATH_TOO_DEEP] = {"a path deeper than any file can lie", "階層が深すぎるパスです"},
    [KB_PATH_NAME_TOO_LONG] = {"a name longer than Linux can hold", "Linux で扱えない長さの名前です"},
    [KB_PATH_NUL] = {"a NUL byte in the path", "パスに NUL バイトがあります"},
    [KB_PATH_WINDOWS] = {"a path that leaves the bag on Windows", "Windows では BagIt の外を指すパスです"},
};

/* A path of a manifest or of fetch.txt, made ready; NULL: told. */
static const char *bag_path(struct kb_bag *bag, const char *s, size_t n, bool payload, struct kb_arena *arena)
{
    struct kb_manifest *m = bag->manifest;
    const char *path = NULL;
    enum kb_path_fault fault = KB_PATH_TOO_LONG;
    if (undo_percent(bag, s, n)) {
        const struct kb_piece *undone = &m->held.path;
        const char *text = undone->s;
        size_t text_n = undone->n;
        if (m->params.names && text_n && !kb_is_utf8(text, text_n)) {
            text = kb_names_decode(m->params.names, text, text_n, false, arena);
            text_n = strlen(text);
        }
        fault = kb_path_judge(text ? text : "", text_n, arena, &path);
    }
    if (fault == KB_PATH_SAFE && path && (payload ? kb_bag_is_payload(path) : !kb_bag_is_payload(path)))
        return path;
    bool inside = fault == KB_PATH_SAFE && !payload;
    kb_manifest_flaw_of(m, inside ? "a payload file in a tag manifest" : path_faults[fault].en,
                        inside ? "タグマニフェストに data/ のファイルがあります" : path_faults[fault].ja, s, n);
    return NULL;
}

static enum kb_taken take_manifest(struct kb_manifest *m, const char *s, size_t n)
{
    struct kb_bag *bag = m->params.owner;
    struct kb_bag_file *file = &bag->files[bag->file];
    struct kb_sum *sum = &m->held.sum;
    size_t size = kb_kind_size(file->kind), at = 2 * size;
    if (kb_line_is_blank(s, n))
        return KB_TAKEN;
    if (n < at + 2 || kb_hex_run(s, at, sum->digest[file->kind], size) != at || (s[at] != ' ' && s[at] != '\t'))
        return KB_NOT_ITS_OWN;
    while (at < n && (s[at] == ' ' || s[at] == '\t'))
        at++;
    if (at < n && s[at] == '*') {
        tell_unusual(bag, &file->starred, "a `*` before the path, as md5sum writes it",
                     "パスの前に「*」があります（md5sum の書き方）");
        at++;
    }
    if (n - at > 2 && s[at] == '.' && s[at + 1] == '/')
        tell_unusual(bag, &file->dotted, "`./` before the path", "パスの前に「./」があります");
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *path = bag_path(bag, s + at, n - at, !file->tag, arena);
    if (!path)
        return KB_TOLD;
    sum->path = path;
    sum->path_n = strlen(path);
    sum->kinds = 1u << file->kind;
    sum->size = KB_ABSENT;
    sum->windows = false;
    struct kb_listed *listed;
    enum kb_put put = kb_manifest_put(m, sum, m->number, bag->file, &listed);
    if (put == KB_PUT_TWICE)
        tell_unusual(bag, &file->twice, "the same line again", "同じ行がもう一度あります");
    if (put == KB_PUT_CONFLICT)
        kb_manifest_flaw_of(m, "it stands twice with different digests", "別のハッシュで2回書かれています", s + at,
                            n - at);
    if (put == KB_PUT_FULL || put == KB_PUT_BAD_PATH)
        kb_manifest_flaw_of(m, "it cannot be taken: too many lines, or no path",
                            "受け付けられません（行数の上限を超えたか、パスがありません）", s, n);
    return KB_TAKEN;
}

/* A URL, a length or `-`, a path: the path. NULL: not so. */
static const char *fetch_path(const char *s, size_t n, size_t *ret_n)
{
    const char *at = s, *end = s + n;
    for (int word = 0; word < 2; word++) {
        const char *from = at;
        bool digits = true;
        while (at < end && *at != ' ' && *at != '\t') {
            digits &= (*at >= '0' && *at <= '9') || (*at == '-' && at == from);
            at++;
        }
        if (at == from || (word && !digits))
            return NULL;
        while (at < end && (*at == ' ' || *at == '\t'))
            at++;
    }
    *ret_n = (size_t)(end - at);
    return at < end ? at : NULL;
}

static enum kb_taken take_fetch(struct kb_manifest *m, const char *s, size_t n)
{
    struct kb_bag *bag = m->params.owner;
    KB_SCOPED_ARENA arena = kb_arena_new();
    size_t path_n;
    if (kb_line_is_blank(s, n))
        return KB_TAKEN;
    const char *written = fetch_path(s, n, &path_n);
    if (!written)
        return KB_NOT_ITS_OWN;
    const char *path = bag_path(bag, written, path_n, true, arena);
    if (!path)
        return KB_TOLD;
    if (!kb_manifest_find(m, path)) {
        kb_manifest_flaw_of(m, "it stands in no manifest", "どのマニフェストにもありません", written, path_n);
        return KB_TOLD;
    }
    (void)kb_seen_add(bag->fetched, path, strlen(path));
    return KB_TAKEN;
}

const struct kb_dialect kb_bag_manifest_lines = {
    .name = "BagIt",
    .lines = KB_LINES_CR,
    .expected = {.en = "a digest of the kind that the file is named after, blanks, a path inside the bag",
                 .ja = "ファイル名にある種類のハッシュ・空白・BagIt の中のパスの行"},
    .take = take_manifest,
};
const struct kb_dialect kb_bag_info_lines = {
    .name = "BagIt",
    .lines = KB_LINES_CR,
    .expected = {.en = "`Label: value`; Payload-Oxum as BYTES.FILES, once",
                 .ja = "「項目: 値」の行。Payload-Oxum は「バイト数.ファイル数」で1回"},
    .take = take_info,
};
const struct kb_dialect kb_bag_fetch_lines = {
    .name = "BagIt",
    .lines = KB_LINES_CR,
    .expected = {.en = "a URL, a length or `-`, and the path of a listed file in data/",
                 .ja = "URL・サイズ（または -）・マニフェストにある data/ のパス"},
    .take = take_fetch,
};
