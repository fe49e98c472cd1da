/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of a table, row by row. */
#include "grid.h"

#include <stdlib.h>

#include "koboshi/arena.h"

struct kb_grid *kb_grid_new(const struct kb_view *view)
{
    struct kb_grid *grid = kb_alloc(view->arena, 1, sizeof *grid);
    grid->arena = view->arena;
    return grid;
}

struct kb_grid *kb_grid_facts(const struct kb_view *view)
{
    struct kb_grid *grid = kb_grid_new(view);
    grid->n_columns = 2;
    return grid;
}

void kb_grid_column(struct kb_grid *grid, const char *head, bool right)
{
    if (grid->n_columns == KB_GRID_COLUMNS_MAX || grid->n_cells)
        abort(); /* a table of ours that is wrong in itself */
    grid->columns[grid->n_columns].head = head;
    grid->columns[grid->n_columns].right = right;
    grid->n_columns++;
}

void kb_grid_cell(struct kb_grid *grid, const char *text, enum kb_tone tone)
{
    grid->cells = kb_grow(grid->arena, grid->cells, grid->n_cells, sizeof *grid->cells);
    grid->cells[grid->n_cells++] = (struct kb_cell){.text = text, .tone = tone};
}

void kb_grid_fact(const struct kb_view *view, struct kb_grid *grid, enum kb_word label, const char *value)
{
    kb_grid_cell(grid, kb_view_word(view, label), KB_TONE_PLAIN);
    kb_grid_cell(grid, value, KB_TONE_PLAIN);
}

size_t kb_grid_rows(const struct kb_grid *grid)
{
    return grid->n_columns ? grid->n_cells / grid->n_columns : 0;
}

const struct kb_cell *kb_grid_at(const struct kb_grid *grid, size_t row, size_t column)
{
    return &grid->cells[row * grid->n_columns + column];
}
