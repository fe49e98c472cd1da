/* SPDX-License-Identifier: Apache-2.0 */
/* A list of entries in the order of its paths or digests: sorted runs in a temporary file, merged while they are read.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/change.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

enum { DIGITS = 64, HEAD = DIGITS + 2, READ_BYTES = 256 << 10, WRITE_BYTES = 256 << 10 };

struct line {
    const char *text; /* with its newline */
    uint32_t n;
    uint32_t number; /* within its run: of equal paths the last counts */
};

/* One sorted run and the window of it that is in memory. */
struct run {
    int64_t start, at, end; /* in the file; at: what comes after the window */
    char *window;
    size_t from, n; /* what is left in the window */
    bool have;
    struct kb_sorted_line line; /* the next one, in the window */
};

struct kb_sorted {
    enum kb_sorted_by by;
    int fd; /* the runs, one behind the other */
    size_t n;
    struct run *runs;
    char *last; /* the line that was given last */
    size_t last_room;
};

/* text: with its newline */
static struct kb_sorted_line line_of(const char *text, size_t n)
{
    bool escaped = text[0] == '\\';
    return (struct kb_sorted_line){
        .digest = text + escaped, .path = text + HEAD + escaped, .path_n = n - HEAD - escaped - 1, .escaped = escaped};
}

static int compare(enum kb_sorted_by by, const struct kb_sorted_line *a, const struct kb_sorted_line *b)
{
    int order = by == KB_BY_DIGEST ? memcmp(a->digest, b->digest, DIGITS) : 0;
    if (!order)
        order = memcmp(a->path, b->path, a->path_n < b->path_n ? a->path_n : b->path_n);
    return order ? order : (a->path_n > b->path_n) - (a->path_n < b->path_n);
}

static int by_line(const void *a, const void *b, void *by)
{
    const struct line *x = a, *y = b;
    const struct kb_sorted_line x_line = line_of(x->text, x->n), y_line = line_of(y->text, y->n);
    int order = compare(*(const enum kb_sorted_by *)by, &x_line, &y_line);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static int broken(struct kb_err *err)
{
    return kb_fail(err, KB_EWORKER, "the list of entries holds a line that is none",
                   "項目の一覧に、読み取れない行があります");
}

static bool is_line(const char *text, size_t n)
{
    size_t head = HEAD + (n && text[0] == '\\');
    if (n < head + 2 || n > KB_MANIFEST_LINE_MAX)
        return false;
    for (size_t i = head - HEAD; i < head - 2; i++)
        if (!(text[i] >= '0' && text[i] <= '9') && !(text[i] >= 'a' && text[i] <= 'f'))
            return false;
    return text[head - 2] == ' ' && text[head - 1] == ' ';
}

static int write_run(struct kb_sorted *sorted, struct line *lines, size_t n, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    qsort_r(lines, n, sizeof *lines, by_line, &sorted->by);
    char *buffer = kb_alloc(arena, WRITE_BYTES, 1);
    size_t held = 0;
    struct run run = {.start = sorted->n ? sorted->runs[sorted->n - 1].end : 0};
    run.end = run.start;
    for (size_t i = 0; i <= n; i++) {
        if ((i == n || held + lines[i].n > WRITE_BYTES) && held) {
            if (kb_write_all(sorted->fd, buffer, held))
                return kb_fail(err, kb_code_of_errno(errno), "/var/tmp cannot be written: %s",
                               "/var/tmp に書き込めません: %s", strerror(errno));
            held = 0;
        }
        if (i == n)
            break;
        memcpy(buffer + held, lines[i].text, lines[i].n);
        held += lines[i].n;
        run.end += lines[i].n;
    }
    sorted->runs = realloc(sorted->runs, (sorted->n + 1) * sizeof *sorted->runs);
    if (!sorted->runs)
        abort();
    sorted->runs[sorted->n++] = run;
    return 0;
}

/* The whole lines of what is in memory, as a run; ret_taken: their bytes. */
static int sort_piece(struct kb_sorted *sorted, const char *text, size_t n, size_t *ret_taken, struct kb_err *err)
{
    struct line *lines = NULL;
    size_t count = 0, room = 0, at = 0;
    int code = 0;
    for (const char *end; !code && at < n && (end = memchr(text + at, '\n', n - at)); at += lines[count++].n) {
        if (count == room) {
            room = room ? 2 * room : 4096;
            lines = realloc(lines, room * sizeof *lines);
            if (!lines)
                abort();
        }
        size_t line_n = (size_t)(end - text) + 1 - at;
        if (!is_line(text + at, line_n)) {
            code = broken(err);
            break;
        }
        lines[count] = (struct line){.text = text + at, .n = (uint32_t)line_n, .number = (uint32_t)count};
    }
    if (!code && !at)
        code = broken(err); /* no end of a line in all of it */
    if (!code)
        code = write_run(sorted, lines, count, err);
    free(lines);
    *ret_taken = at;
    return code;
}

static int sort_all(struct kb_sorted *sorted, int fd, struct kb_err *err)
{
    char *text = malloc(KB_SORT_BYTES);
    size_t held = 0;
    int64_t at = 0;
    int code = 0;
    if (!text)
        abort();
    while (!code) {
        ssize_t got = pread(fd, text + held, KB_SORT_BYTES - held, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            code = kb_fail(err, KB_EIO, "the list of entries cannot be read: %s", "項目の一覧を読めません: %s",
                           strerror(errno));
        if (got > 0) {
            at += got;
            held += (size_t)got;
        }
        if (code || (got > 0 && held < KB_SORT_BYTES))
            continue;
        if (!held)
            break;
        size_t taken = 0;
        code = sort_piece(sorted, text, held, &taken, err);
        memmove(text, text + taken, held - taken);
        held -= taken;
        if (!got && held && !code)
            code = broken(err); /* the last line has no end */
        if (!got)
            break;
    }
    free(text);
    return code;
}

static int fill(const struct kb_sorted *sorted, struct run *run, struct kb_err *err)
{
    memmove(run->window, run->window + run->from, run->n);
    run->from = 0;
    while (run->n < READ_BYTES && run->at < run->end) {
        int64_t left = run->end - run->at;
        size_t want = READ_BYTES - run->n;
        ssize_t got = pread(sorted->fd, run->window + run->n, left < (int64_t)want ? (size_t)left : want, run->at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return kb_fail(err, KB_EIO, "the sorted list cannot be read back: %s", "並べ替えた一覧を読み戻せません: %s",
                           got ? strerror(errno) : "end of file");
        run->at += got;
        run->n += (size_t)got;
    }
    return 0;
}

/* The next line of a run into run->line; it stays in the window until the next call. */
static int advance(const struct kb_sorted *sorted, struct run *run, struct kb_err *err)
{
    const char *end = run->n ? memchr(run->window + run->from, '\n', run->n) : NULL;
    run->have = false;
    if (!end) {
        int code = fill(sorted, run, err);
        if (code || !run->n)
            return code;
        end = memchr(run->window, '\n', run->n);
        if (!end)
            return broken(err);
    }
    const char *text = run->window + run->from;
    size_t n = (size_t)(end - text) + 1;
    run->line = line_of(text, n);
    run->from += n;
    run->n -= n;
    run->have = true;
    return 0;
}

int kb_sorted_rewind(struct kb_sorted *sorted, struct kb_err *err)
{
    int code = 0;
    for (size_t i = 0; !code && i < sorted->n; i++) {
        struct run *run = &sorted->runs[i];
        run->at = run->start;
        run->from = run->n = 0;
        code = advance(sorted, run, err);
    }
    return code;
}

int kb_sorted_new(int fd, enum kb_sorted_by by, struct kb_sorted **ret_sorted, struct kb_err *err)
{
    struct kb_sorted *sorted = calloc(1, sizeof *sorted);
    if (!sorted)
        abort();
    sorted->by = by;
    sorted->fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    int code = sorted->fd < 0 ? kb_fail(err, kb_code_of_errno(errno), "/var/tmp cannot be written: %s",
                                        "/var/tmp に書き込めません: %s", strerror(errno))
                              : sort_all(sorted, fd, err);
    for (size_t i = 0; i < sorted->n; i++) {
        sorted->runs[i].window = malloc(READ_BYTES);
        if (!sorted->runs[i].window)
            abort();
    }
    if (!code)
        code = kb_sorted_rewind(sorted, err);
    if (code) {
        kb_sorted_free(sorted);
        return code;
    }
    *ret_sorted = sorted;
    return 0;
}

void kb_sorted_free(struct kb_sorted *sorted)
{
    if (!sorted)
        return;
    for (size_t i = 0; i < sorted->n; i++)
        free(sorted->runs[i].window);
    free(sorted->runs);
    free(sorted->last);
    kb_close_p(&sorted->fd);
    free(sorted);
}

/* The windows move on: what is given stands on its own. */
static void keep(struct kb_sorted *sorted, const struct kb_sorted_line *line)
{
    size_t n = HEAD + line->path_n;
    if (n > sorted->last_room) {
        sorted->last_room = 2 * n;
        sorted->last = realloc(sorted->last, sorted->last_room);
        if (!sorted->last)
            abort();
    }
    memcpy(sorted->last, line->digest, n);
}

int kb_sorted_next(struct kb_sorted *sorted, struct kb_sorted_line *ret_line, struct kb_err *err)
{
    struct run *first = NULL;
    for (size_t i = 0; i < sorted->n; i++) {
        struct run *run = &sorted->runs[i];
        if (run->have && (!first || compare(sorted->by, &run->line, &first->line) < 0))
            first = run;
    }
    if (!first)
        return 0;
    keep(sorted, &first->line);
    struct kb_sorted_line line = {.digest = sorted->last,
                                  .path = sorted->last + HEAD,
                                  .path_n = first->line.path_n,
                                  .escaped = first->line.escaped};
    for (size_t i = 0; i < sorted->n; i++) { /* of equal paths the last, in the order of the list */
        struct run *run = &sorted->runs[i];
        while (run->have && !compare(sorted->by, &run->line, &line)) {
            memcpy(sorted->last, run->line.digest, DIGITS);
            int code = advance(sorted, run, err);
            if (code)
                return code;
        }
    }
    *ret_line = line;
    return 1;
}

const char *kb_sorted_path(const struct kb_sorted_line *line, struct kb_arena *arena)
{
    char *path = kb_strndup(arena, line->path, line->path_n);
    size_t n = 0;
    for (size_t i = 0; i < line->path_n; i++) {
        bool pair = line->escaped && path[i] == '\\' && i + 1 < line->path_n;
        i += pair;
        path[n++] = !pair || path[i] == '\\' ? path[i] : path[i] == 'n' ? '\n' : path[i] == 'r' ? '\r' : path[i];
    }
    return kb_escape(arena, path, n);
}
