/* SPDX-License-Identifier: Apache-2.0 */
/* A mistake as people see it: place, sentence, the line itself, a caret under the column. */
#include "node.h"

#include <string.h>

#include "koboshi/arena.h"

/* Columns of the source line that are shown, and how far left of the caret a long line begins. */
enum { SHOWN = 100, BEFORE = 50 };

static size_t character(const char *text, size_t n)
{
    size_t step = 1;
    while (step < n && step < 4 && ((unsigned char)text[step] & 0xc0) == 0x80)
        step++;
    return step;
}

/* One character made safe for a terminal; `%` alone is not ambiguous here, because nothing reads this back. */
static const char *safe(struct kb_arena *arena, const char *text, size_t n)
{
    if (*text == '\t')
        return "    ";
    return *text == '%' ? "%" : kb_escape(arena, text, n);
}

static void print_line(FILE *out, struct kb_arena *arena, const char *text, size_t n, int column, bool color)
{
    size_t skipped = 0, before = 0, width = 0;
    int at = 1;
    /* how wide is what stands left of the caret? */
    for (size_t i = 0; i < n && at < column; at++) {
        size_t step = character(text + i, n - i);
        before += kb_width(safe(arena, text + i, step));
        i += step;
    }
    size_t hide = before > SHOWN - 20 ? before - BEFORE : 0;
    fputs(hide ? "  …" : "  ", out);
    for (size_t i = 0; i < n;) {
        size_t step = character(text + i, n - i);
        const char *shown = safe(arena, text + i, step);
        i += step;
        if (skipped < hide) {
            skipped += kb_width(shown);
            continue;
        }
        width += kb_width(shown);
        if (width > SHOWN) {
            fputs("…", out);
            break;
        }
        fputs(shown, out);
    }
    size_t indent = 2 + (hide ? 1 : 0) + before - (hide ? skipped : 0);
    fprintf(out, "\n%*s%s^%s\n", (int)indent, "", color ? "\033[1;31m" : "", color ? "\033[0m" : "");
}

void kb_diags_print(FILE *out, const struct kb_diags *diags, const char *path, const char *source, size_t n,
                    enum kb_lang lang, bool color)
{
    const char *bold = color ? "\033[1m" : "", *plain = color ? "\033[0m" : "";
    for (size_t i = 0; i < diags->list.n; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const struct kb_diag *diag = &diags->list.v[i];
        fprintf(out, "%s%s:%d:%d:%s %s\n", bold, kb_escape(arena, path, strlen(path)), diag->line, diag->column, plain,
                kb_pick(diag->text, lang));
        size_t length = 0;
        const char *line = source ? kb_source_line(source, n, diag->line, &length) : NULL;
        if (line && kb_is_utf8(line, length)) /* in another encoding it would tell nobody anything */
            print_line(out, arena, line, length, diag->column, color);
    }
    if (diags->n_more)
        kb_print(out, lang, "… and %zu more\n", "… ほか %zu 件\n", diags->n_more);
}
