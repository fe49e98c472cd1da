/* SPDX-License-Identifier: Apache-2.0 */
/* The list of complaints, safe quoting, and the edit distance behind "did you mean". */
#include "complain.h"

#include <ctype.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"

enum { QUOTE_COLUMNS = 60, NEAR = 2 };

bool kb_complaints_room(struct kb_complaints *c)
{
    if (c->slips_only)
        return false;
    if (c->n < KB_DIAG_MAX)
        return true;
    c->n_more++;
    return false;
}

void kb_complaints_add(struct kb_complaints *c, struct kb_at at, struct kb_text text)
{
    c->v = kb_grow(c->arena, c->v, c->n, sizeof *c->v);
    c->v[c->n++] = (struct kb_diag){.line = at.line, .column = at.column, .text = text};
}

void kb_complaints_only(struct kb_complaints *c)
{
    c->v = NULL;
    c->n = c->n_more = 0;
    c->slips_only = false;
}

static bool stands_before(const struct kb_diag *a, const struct kb_diag *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

struct kb_diags *kb_complaints_done(struct kb_complaints *c)
{
    for (size_t i = 1; i < c->n;
         i++) { /* by insertion: equal places keep their order, and there are KB_DIAG_MAX at most */
        struct kb_diag moved = c->v[i];
        size_t at = i;
        for (; at && stands_before(&moved, &c->v[at - 1]); at--)
            c->v[at] = c->v[at - 1];
        c->v[at] = moved;
    }
    struct kb_diags *diags = kb_alloc(c->arena, 1, sizeof *diags);
    diags->list.v = c->v;
    diags->list.n = c->n;
    diags->n_more = c->n_more;
    return diags;
}

const char *kb_quote(struct kb_arena *arena, const char *text)
{
    size_t n = strlen(text), columns = 0;
    char *out = kb_alloc(arena, 3 * (n < 4096 ? n : 4096) + 8, 1), *at = out;
    for (size_t i = 0; i < n && i < 4096;) {
        size_t step = 1;
        while (i + step < n && ((unsigned char)text[i + step] & 0xc0) == 0x80 && step < 4)
            step++;
        const char *shown = text[i] == '%' ? "%" : kb_escape(arena, text + i, step);
        columns += kb_width(shown);
        if (columns > QUOTE_COLUMNS) {
            memcpy(at, "…", sizeof "…");
            return out;
        }
        memcpy(at, shown, strlen(shown));
        at += strlen(shown);
        i += step;
    }
    *at = '\0';
    return out;
}

/* Names are compared as typed by hand: case and the kind of hyphen do not count. */
static char folded(char c)
{
    return c == '_' ? '-' : (char)tolower((unsigned char)c);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Damerau's distance (optimal string alignment) over rows of at most KB_ID_MAX + 1 cells. */
static int distance(const char *a, size_t n, const char *b, size_t m)
{
    int rows[3][KB_ID_MAX + 1];
    int *two_up = rows[0], *up = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        up[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            bool same = folded(a[i - 1]) == folded(b[j - 1]);
            row[j] = least(least(up[j] + 1, row[j - 1] + 1), up[j - 1] + !same);
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]))
                row[j] = least(row[j], two_up[j - 2] + 1);
        }
        int *spare = two_up;
        two_up = up;
        up = row;
        row = spare;
    }
    return up[m];
}

void kb_nearest_offer(struct kb_nearest *nearest, const char *candidate)
{
    size_t n = strlen(nearest->wanted), m = strlen(candidate);
    if (!n || n > KB_ID_MAX || m > KB_ID_MAX || n > m + NEAR || m > n + NEAR)
        return;
    /* two slips in a word of three letters make any other word */
    int allowed = n <= 3 ? 1 : NEAR;
    int d = distance(nearest->wanted, n, candidate, m);
    if (d <= allowed && (!nearest->name || d < nearest->distance)) {
        nearest->name = candidate;
        nearest->distance = d;
    }
}

const char *kb_near_name(const char *wanted, const char *const *names, size_t n)
{
    struct kb_nearest nearest = {.wanted = wanted};
    for (size_t i = 0; i < n; i++)
        kb_nearest_offer(&nearest, names[i]);
    return nearest.name;
}
