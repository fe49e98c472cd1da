/* SPDX-License-Identifier: Apache-2.0 */
/* Two sorted lists side by side: what changed, is gone, is new, or only got another ending. */
#include "koboshi/change.h"

#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "moves.h"

/* ENDINGS: of a rename; one that hits most files is among the first. NEAR: names that begin alike lie side by side.
 * KNOWN: endings of the earlier list that are remembered, 4,096 of them in twice the room. */
enum { ENDINGS = 256, ENDING_MAX = 96, NEAR = 8, KNOWN = 8192, SUFFIX_MAX = 16, DIGITS = 64 };

struct ending {
    char *text;
    int64_t files;
};

/* Names that only one list has, and that have found no counterpart yet. */
struct near {
    size_t next;
    struct name {
        char *path;
        size_t n, room;
        char digest[DIGITS];
        bool open, escaped;
    } v[NEAR];
};

struct comparison {
    const struct kb_change_params *params;
    struct kb_arena *arena;
    struct kb_change change;
    struct near vanished, added;
    struct kb_moves *moves;
    struct ending endings[ENDINGS];
    size_t n_endings;
    uint64_t known[KNOWN]; /* hashes of the endings of the earlier list */
    size_t n_known;
};

static uint64_t hash(const char *text, size_t n)
{
    uint64_t h = 0xcbf29ce484222325; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3;
    return h ? h : 1;
}

/* Where the ending of the last component begins, at its dot; n if it has none. */
static size_t ending_of(const char *path, size_t n)
{
    for (size_t i = n; i-- > 0 && path[i] != '/';)
        if (path[i] == '.')
            return i && path[i - 1] != '/' ? i : n;
    return n;
}

static bool is_known(struct comparison *c, uint64_t ending, bool add)
{
    size_t slot = ending % KNOWN;
    for (; c->known[slot]; slot = (slot + 1) % KNOWN)
        if (c->known[slot] == ending)
            return true;
    if (add && c->n_known < KNOWN / 2) {
        c->known[slot] = ending;
        c->n_known++;
    }
    return c->n_known >= KNOWN / 2; /* no more can be told apart: none is called new */
}

static void append(struct comparison *c, const char **list, int64_t n, const struct kb_sorted_line *line)
{
    if (n > KB_CHANGE_EXAMPLES)
        return;
    if (n == KB_CHANGE_EXAMPLES)
        *list = kb_sprintf(c->arena, "%s, …", *list);
    else
        *list = kb_sprintf(c->arena, "%s%s%s", *list ? *list : "", *list ? ", " : "", kb_sorted_path(line, c->arena));
}

static void note_ending(struct comparison *c, const char *text, size_t n)
{
    size_t i = 0;
    while (i < c->n_endings && (strlen(c->endings[i].text) != n || memcmp(c->endings[i].text, text, n) != 0))
        i++;
    if (i == ENDINGS)
        return;
    if (i == c->n_endings)
        c->endings[c->n_endings++] = (struct ending){.text = kb_strndup(c->arena, text, n)};
    c->endings[i].files++;
}

/* How a vanished name became this one: 0 not, else where its new ending begins. */
static size_t becomes(struct comparison *c, const struct name *gone, const char *path, size_t n)
{
    if (n > gone->n + 1 && n - gone->n <= ENDING_MAX && path[gone->n] == '.' && !memcmp(path, gone->path, gone->n))
        return gone->n;
    size_t at = ending_of(path, n);
    bool same_stem = at < n && at == ending_of(gone->path, gone->n) && !memcmp(path, gone->path, at);
    return same_stem && n - at <= SUFFIX_MAX && !is_known(c, hash(path + at, n - at), false) ? at : 0;
}

/* Whoever has to make room has found no counterpart by name. */
static void leave(const struct comparison *c, const struct near *near, struct name *name)
{
    if (!name->open)
        return;
    const struct kb_sorted_line line = {
        .digest = name->digest, .path = name->path, .path_n = name->n, .escaped = name->escaped};
    near == &c->vanished ? kb_moves_gone(c->moves, &line) : kb_moves_came(c->moves, &line);
    name->open = false;
}

static void put(const struct comparison *c, struct near *near, const struct kb_sorted_line *line)
{
    struct name *name = &near->v[near->next++ % NEAR];
    leave(c, near, name);
    if (line->path_n > name->room) {
        name->room = 2 * line->path_n;
        name->path = realloc(name->path, name->room);
        if (!name->path)
            abort();
    }
    memcpy(name->path, line->path, line->path_n);
    memcpy(name->digest, line->digest, DIGITS);
    name->n = line->path_n;
    name->escaped = line->escaped;
    name->open = true;
}

static void renamed(struct comparison *c, struct name *other, const char *ending, size_t n,
                    const struct kb_sorted_line *shown)
{
    other->open = false;
    note_ending(c, ending, n);
    append(c, &c->change.renamed_list, c->change.renamed++, shown);
}

static int by_text(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

static void take_vanished(struct comparison *c, const struct kb_sorted_line *line)
{
    append(c, &c->change.vanished_list, c->change.vanished++, line);
    if (c->params->n_unread) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        if (bsearch(kb_sorted_path(line, arena), c->params->unread, c->params->n_unread, sizeof *c->params->unread,
                    by_text))
            append(c, &c->change.unreadable_list, c->change.unreadable++, line);
    }
    const struct name gone = {.path = (char *)(uintptr_t)line->path, .n = line->path_n};
    struct name *best = NULL;
    size_t from = 0;
    for (size_t i = 0; i < NEAR; i++) { /* x.aaa lies before x.docx */
        struct name *other = &c->added.v[i];
        size_t at = other->open ? becomes(c, &gone, other->path, other->n) : 0;
        if (at > from)
            best = other, from = at;
    }
    if (best) {
        const struct kb_sorted_line shown = {.path = best->path, .path_n = best->n, .escaped = best->escaped};
        renamed(c, best, best->path + from, best->n - from, &shown);
        return;
    }
    put(c, &c->vanished, line);
}

static void take_added(struct comparison *c, const struct kb_sorted_line *line)
{
    append(c, &c->change.added_list, c->change.added++, line);
    struct name *best = NULL;
    size_t from = 0;
    for (size_t i = 0; i < NEAR; i++) { /* of a and a.doc it is the longer that became a.doc.x */
        struct name *other = &c->vanished.v[i];
        size_t at = other->open ? becomes(c, other, line->path, line->path_n) : 0;
        if (at > from)
            best = other, from = at;
    }
    if (best) {
        renamed(c, best, line->path + from, line->path_n - from, line);
        return;
    }
    put(c, &c->added, line);
}

static void take_both(struct comparison *c, const struct kb_sorted_line *before, const struct kb_sorted_line *now)
{
    enum { SHORT = 16 };
    if (!memcmp(before->digest, now->digest, DIGITS))
        return;
    if (!c->change.changed) {
        c->change.digest_before = kb_sprintf(c->arena, "%.*s…", SHORT, before->digest);
        c->change.digest_now = kb_sprintf(c->arena, "%.*s…", SHORT, now->digest);
    }
    append(c, &c->change.changed_list, c->change.changed++, now);
}

static int compare(const struct kb_sorted_line *a, const struct kb_sorted_line *b)
{
    int order = memcmp(a->path, b->path, a->path_n < b->path_n ? a->path_n : b->path_n);
    return order ? order : (a->path_n > b->path_n) - (a->path_n < b->path_n);
}

/* A list and its line at hand. */
struct side {
    struct kb_sorted *sorted;
    struct kb_sorted_line line;
    int have; /* as kb_sorted_next */
    int64_t *n;
};

static void step(struct side *side, struct kb_err *err)
{
    side->have = kb_sorted_next(side->sorted, &side->line, err);
    *side->n += side->have > 0;
}

static int merge(struct comparison *c, struct side *before, struct side *now, struct kb_err *err)
{
    step(before, err);
    step(now, err);
    while (before->have > 0 || now->have > 0) {
        if (before->have < 0 || now->have < 0)
            break;
        int order = !now->have ? -1 : !before->have ? 1 : compare(&before->line, &now->line);
        if (order < 0)
            take_vanished(c, &before->line);
        else if (order > 0)
            take_added(c, &now->line);
        else
            take_both(c, &before->line, &now->line);
        if (order <= 0)
            step(before, err);
        if (order >= 0)
            step(now, err);
    }
    return before->have < 0 ? before->have : now->have;
}

/* Before anything is compared: which endings there were. */
static int learn_endings(struct comparison *c, struct kb_sorted *sorted, struct kb_err *err)
{
    struct kb_sorted_line line;
    int r;
    while ((r = kb_sorted_next(sorted, &line, err)) > 0) {
        size_t at = ending_of(line.path, line.path_n);
        if (at < line.path_n && line.path_n - at <= SUFFIX_MAX)
            (void)is_known(c, hash(line.path + at, line.path_n - at), true);
    }
    return r ? r : kb_sorted_rewind(sorted, err);
}

static void choose_ending(struct comparison *c)
{
    for (size_t i = 0; i < c->n_endings; i++) {
        if (c->endings[i].files <= c->change.ending_files)
            continue;
        c->change.ending_files = c->endings[i].files;
        c->change.ending = kb_escape(c->arena, c->endings[i].text, strlen(c->endings[i].text));
    }
}

int kb_change_find(const struct kb_change_params *params, struct kb_arena *arena, struct kb_change *ret_change,
                   struct kb_err *err)
{
    KB_SCOPED_ARENA scratch = kb_arena_new();
    struct comparison *c = kb_alloc(scratch, 1, sizeof *c);
    c->params = params;
    c->arena = arena;
    c->moves = kb_moves_new();
    struct side before = {.n = &c->change.before}, now = {.n = &c->change.now};
    int code = kb_sorted_new(params->before_fd, KB_BY_PATH, &before.sorted, err);
    if (!code)
        code = learn_endings(c, before.sorted, err);
    if (!code)
        code = kb_sorted_new(params->now_fd, KB_BY_PATH, &now.sorted, err);
    if (!code)
        code = merge(c, &before, &now, err);
    kb_sorted_free(before.sorted);
    kb_sorted_free(now.sorted);
    for (size_t i = 0; i < NEAR; i++) {
        leave(c, &c->vanished, &c->vanished.v[i]);
        leave(c, &c->added, &c->added.v[i]);
        free(c->vanished.v[i].path);
        free(c->added.v[i].path);
    }
    if (!code)
        code = kb_moves_settle(c->moves, arena, &c->change, err);
    kb_moves_free(c->moves);
    if (code)
        return code;
    choose_ending(c);
    *ret_change = c->change;
    return 0;
}
