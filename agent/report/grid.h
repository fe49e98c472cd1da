/* SPDX-License-Identifier: Apache-2.0 */
/* A table or a list of facts before it is shown: built once, shown on a page and on a terminal alike. */
#pragma once

#include "view.h"

enum { KB_GRID_COLUMNS_MAX = 10 };

struct kb_cell {
    const char *text; /* harmless, may hold line feeds */
    enum kb_tone tone;
};

/* A grid without heads is a list of facts: label and value per row. */
struct kb_grid {
    struct kb_arena *arena;
    size_t n_columns;
    struct {
        const char *head;
        bool right; /* numbers */
    } columns[KB_GRID_COLUMNS_MAX];
    size_t n_cells; /* row by row */
    struct kb_cell *cells;
};

struct kb_grid *kb_grid_new(const struct kb_view *view);
/* kb_grid_facts(view): a grid of label and value. */
struct kb_grid *kb_grid_facts(const struct kb_view *view);
void kb_grid_column(struct kb_grid *grid, const char *head, bool right);
void kb_grid_cell(struct kb_grid *grid, const char *text, enum kb_tone tone);
/* kb_grid_fact(view, grid, label, value): one row of facts, plain. */
void kb_grid_fact(const struct kb_view *view, struct kb_grid *grid, enum kb_word label, const char *value);
size_t kb_grid_rows(const struct kb_grid *grid);
const struct kb_cell *kb_grid_at(const struct kb_grid *grid, size_t row, size_t column);
