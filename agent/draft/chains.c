/* SPDX-License-Identifier: Apache-2.0 */
/* A full backup and its parts, told by one word in their names. */
#include "chains.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "koboshi/arena.h"
#include "koboshi/text.h"

/* Longer words first: `inc` is in `incremental`. */
static const struct word {
    const char *text;
    int kind; /* enum kb_chain_kind, -1: the full backup */
} words[] = {
    {"complete", -1},
    {"full", -1},
    {"フル", -1},
    {"完全", -1},
    {"全体", -1},
    {"differential", KB_CHAIN_DIFFERENTIAL},
    {"diff", KB_CHAIN_DIFFERENTIAL},
    {"差分", KB_CHAIN_DIFFERENTIAL},
    {"incremental", KB_CHAIN_INCREMENTAL},
    {"incr", KB_CHAIN_INCREMENTAL},
    {"inc", KB_CHAIN_INCREMENTAL},
    {"増分", KB_CHAIN_INCREMENTAL},
};

static const char *leaf(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The word of this kind in the name, and the path without it; NULL: none. */
static const char *without(const char *path, bool full, int *ret_kind, struct kb_arena *arena)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *at = strcasestr(leaf(path), words[i].text);
        if (!at || (words[i].kind < 0) != full)
            continue;
        *ret_kind = words[i].kind;
        return kb_sprintf(arena, "%.*s\1%s", (int)(at - path), path, at + strlen(words[i].text));
    }
    return NULL;
}

/* share-full is of share; a name that is the word alone keeps it. */
static const char *title_without(const char *title, struct kb_arena *arena)
{
    int unused;
    char *rest = kb_strdup(arena, title);
    const char *marked = without(title, true, &unused, arena), *mark = marked ? strchr(marked, '\1') : NULL;
    if (!mark)
        return title;
    size_t n = (size_t)(mark - marked);
    while (n && strchr("-_. ", marked[n - 1]))
        n--;
    (void)sprintf(rest, "%.*s%s", (int)n, marked, mark + 1 + (n ? 0 : strspn(mark + 1, "-_. ")));
    return *rest ? rest : title;
}

static void join(struct kb_draft_set *full, const struct kb_draft_set *part, int kind, struct kb_arena *arena)
{
    struct kb_draft_copy *copy = &full->copies.v[0];
    const struct kb_draft_copy *of_part = &part->copies.v[0];
    struct kb_set_chain *chain = kb_alloc(arena, 1, sizeof *chain);
    *chain = (struct kb_set_chain){
        .full = leaf(copy->path), .part = leaf(of_part->path), .max_parts = KB_ABSENT, .kind = kind};
    full->chain = chain;
    full->format = KB_FORMAT_CHAIN;
    full->method = -1;
    full->title = title_without(full->title, arena);
    full->retention = (struct kb_retention){KB_ABSENT, KB_ABSENT, KB_ABSENT, KB_ABSENT};
    copy->why = kb_text_new(arena, "%d full backups and %d parts; parts: %s%.0s",
                            "フル%d個と増分・差分%d個、増分・差分は%.0s%s", (int)copy->n, (int)of_part->n,
                            of_part->why.en, of_part->why.ja);
    copy->interval = of_part->interval;
    copy->manifest = copy->newest_manifest = NULL;
    if (of_part->newest_time > copy->newest_time)
        copy->newest_time = of_part->newest_time;
    copy->path = kb_strndup(arena, copy->path, (size_t)(leaf(copy->path) - copy->path - 1));
    copy->newest = kb_strndup(arena, copy->newest, (size_t)(leaf(copy->newest) - copy->newest - 1));
}

void kb_chains_join(struct kb_draft *draft, size_t from, struct kb_arena *arena)
{
    for (size_t f = from; f < draft->sets.n; f++) {
        struct kb_draft_set *full = &draft->sets.v[f];
        int kind = -1;
        const char *rest = without(full->copies.v[0].path, true, &kind, arena);
        /* a chain lies in a folder of its own: that is what its path names */
        if (!rest || full->format != KB_FORMAT_ARCHIVE || !strchr(rest, '/'))
            continue;
        for (size_t p = from; p < draft->sets.n; p++) {
            const struct kb_draft_set *part = &draft->sets.v[p];
            const char *other = part->format == full->format ? without(part->copies.v[0].path, false, &kind, arena)
                                                             : NULL;
            if (!other || strcmp(other, rest) != 0)
                continue;
            join(full, part, kind, arena);
            memmove(&draft->sets.v[p], &draft->sets.v[p + 1], (draft->sets.n - p - 1) * sizeof *draft->sets.v);
            draft->sets.n--;
            f -= p < f;
            break;
        }
    }
}
