/* SPDX-License-Identifier: Apache-2.0 */
/* Columns are counted as a terminal shows them, not in bytes. */
#include "screen.h"

#include <errno.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

static const char gap[] = "  ";
enum { LEAST = 20 }; /* columns of wrapped text, however narrow it is */

void kb_screen_toned(const struct kb_view *view, enum kb_tone tone, const char *text)
{
    static const char *const codes[] = {[KB_TONE_GOOD] = "\033[32m",
                                        [KB_TONE_WARN] = "\033[33m",
                                        [KB_TONE_BAD] = "\033[1;31m",
                                        [KB_TONE_DIM] = "\033[2m"};
    if (view->color && codes[tone])
        (void)fprintf(view->out, "%s%s\033[0m", codes[tone], text);
    else
        (void)fputs(text, view->out);
}

void kb_screen_wrap(const struct kb_view *view, const char *first, const char *rest, enum kb_tone tone,
                    const char *text)
{
    const char *prefix = first;
    do {
        size_t n, used = kb_width(prefix);
        const char *line = kb_next_line(&text, used + LEAST < view->columns ? view->columns - used : LEAST, &n);
        (void)fputs(prefix, view->out);
        kb_screen_toned(view, tone, kb_strndup(view->arena, line, n));
        (void)fputc('\n', view->out);
        prefix = rest;
    } while (*text);
}

static const char *one_line(struct kb_arena *arena, const char *text)
{
    if (!strchr(text, '\n'))
        return text;
    char *line = kb_strdup(arena, text);
    for (char *at = line; (at = strchr(at, '\n'));)
        *at = ' ';
    return line;
}

static const char *cell_line(const struct kb_grid *grid, size_t row, size_t column)
{
    return one_line(grid->arena, kb_grid_at(grid, row, column)->text);
}

struct kb_screen_widths kb_screen_measure(const struct kb_grid *grid)
{
    struct kb_screen_widths widths = {.total = 0};
    size_t rows = kb_grid_rows(grid);
    for (size_t i = 0; i < grid->n_columns; i++) {
        widths.of[i] = grid->columns[i].head ? kb_width(grid->columns[i].head) : 0;
        for (size_t row = 0; row < rows; row++) {
            size_t width = kb_width(cell_line(grid, row, i));
            widths.of[i] = width > widths.of[i] ? width : widths.of[i];
        }
        widths.total += widths.of[i] + (i ? sizeof gap - 1 : 0);
    }
    return widths;
}

static void put_cell(const struct kb_view *view, const char *text, enum kb_tone tone, size_t width, bool right,
                     bool last)
{
    size_t used = kb_width(text), pad = width > used ? width - used : 0;
    (void)fprintf(view->out, "%*s", right ? (int)pad : 0, "");
    kb_screen_toned(view, tone, text);
    (void)fprintf(view->out, "%*s%s", right || last ? 0 : (int)pad, "", last ? "\n" : gap);
}

void kb_screen_heads(const struct kb_view *view, const struct kb_grid *grid, const struct kb_screen_widths *widths,
                     const char *indent)
{
    (void)fputs(indent, view->out);
    for (size_t i = 0; i < grid->n_columns; i++)
        put_cell(view, grid->columns[i].head, KB_TONE_DIM, widths->of[i], grid->columns[i].right,
                 i + 1 == grid->n_columns);
}

void kb_screen_row(const struct kb_view *view, const struct kb_grid *grid, const struct kb_screen_widths *widths,
                   size_t row, const char *indent)
{
    (void)fputs(indent, view->out);
    for (size_t i = 0; i < grid->n_columns; i++)
        put_cell(view, cell_line(grid, row, i), kb_grid_at(grid, row, i)->tone, widths->of[i], grid->columns[i].right,
                 i + 1 == grid->n_columns);
}

static void pair(const struct kb_view *view, const char *indent, const char *label, size_t width,
                 const struct kb_cell *value)
{
    size_t used = kb_width(label), pad = width > used ? width - used : 0;
    const char *first = kb_sprintf(view->arena, "%s%s%*s%s", indent, label, (int)pad, "", gap);
    const char *rest = kb_sprintf(view->arena, "%*s", (int)kb_width(first), "");
    if (kb_width(first) + LEAST > view->columns && kb_width(first) + kb_width(value->text) > view->columns) {
        (void)fprintf(view->out, "%s%s\n", indent, label);
        first = rest = kb_sprintf(view->arena, "%*s    ", (int)kb_width(indent), "");
    }
    kb_screen_wrap(view, first, rest, value->tone, value->text);
}

void kb_screen_facts(const struct kb_view *view, const struct kb_grid *grid, const char *indent)
{
    size_t rows = kb_grid_rows(grid);
    struct kb_screen_widths widths = kb_screen_measure(grid);
    for (size_t row = 0; row < rows; row++)
        pair(view, indent, kb_grid_at(grid, row, 0)->text, widths.of[0], kb_grid_at(grid, row, 1));
}

void kb_screen_item(const struct kb_view *view, const struct kb_grid *grid, size_t row, const char *indent)
{
    size_t label = 0;
    for (size_t i = 0; i < grid->n_columns; i++)
        label = kb_width(grid->columns[i].head) > label ? kb_width(grid->columns[i].head) : label;
    for (size_t i = 0; i < grid->n_columns; i++)
        pair(view, i ? kb_sprintf(view->arena, "%s  ", indent) : kb_sprintf(view->arena, "%s- ", indent),
             grid->columns[i].head, label, kb_grid_at(grid, row, i));
}

void kb_screen_table(const struct kb_view *view, const struct kb_grid *grid, const char *indent)
{
    size_t rows = kb_grid_rows(grid);
    struct kb_screen_widths widths = kb_screen_measure(grid);
    if (!rows)
        return;
    if (kb_width(indent) + widths.total <= view->columns) {
        kb_screen_heads(view, grid, &widths, indent);
        for (size_t row = 0; row < rows; row++)
            kb_screen_row(view, grid, &widths, row, indent);
        return;
    }
    for (size_t row = 0; row < rows; row++)
        kb_screen_item(view, grid, row, indent);
}

int kb_screen_done(const struct kb_view *view, struct kb_err *err)
{
    if (fflush(view->out) || ferror(view->out))
        return kb_fail(err, KB_EIO, "the report could not be written out: %s", "報告書を出力できませんでした: %s",
                       strerror(errno));
    return 0;
}
