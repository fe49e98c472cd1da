/* SPDX-License-Identifier: Apache-2.0 */
/* Columns counted as a terminal shows them: a kanji takes two. */
#include <stdlib.h>

#include "cli.h"
#include "koboshi/arena.h"

static const char gap[] = "  ";

struct kb_table kb_table_begin(struct kb_arena *arena, const char *const *heads, size_t n)
{
    struct kb_table table = {.arena = arena, .n_columns = n};
    if (n > KB_TABLE_MAX)
        abort(); /* a table of ours that is wrong in itself */
    for (size_t i = 0; i < n; i++)
        table.heads[i] = heads[i];
    return table;
}

void kb_table_cell(struct kb_table *table, const char *text)
{
    table->cells = kb_grow(table->arena, (void *)(uintptr_t)table->cells, table->n_cells, sizeof *table->cells);
    table->cells[table->n_cells++] = text;
}

static void put(FILE *out, const char *text, size_t width, bool last)
{
    size_t used = kb_width(text);
    (void)fprintf(out, "%s%*s%s", text, last || used > width ? 0 : (int)(width - used), "", last ? "\n" : gap);
}

void kb_table_print(const struct kb_table *table, FILE *out)
{
    size_t n = table->n_columns, rows = n ? table->n_cells / n : 0, widths[KB_TABLE_MAX] = {0}, total = 0, label = 0;
    for (size_t i = 0; i < n; i++) {
        widths[i] = kb_width(table->heads[i]);
        label = widths[i] > label ? widths[i] : label;
        for (size_t row = 0; row < rows; row++) {
            size_t width = kb_width(table->cells[row * n + i]);
            widths[i] = width > widths[i] ? width : widths[i];
        }
        total += widths[i] + (i ? sizeof gap - 1 : 0);
    }
    bool fits = total <= KB_TABLE_COLUMNS;
    for (size_t i = 0; fits && i < n; i++)
        put(out, table->heads[i], widths[i], i + 1 == n);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < n; i++) {
            if (!fits) {
                (void)fputs(i ? "  " : "- ", out);
                put(out, table->heads[i], label, false);
            }
            put(out, table->cells[row * n + i], widths[i], i + 1 == n || !fits);
        }
}
