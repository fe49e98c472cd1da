/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, wrapped text and colors on a terminal. */
#pragma once

#include "grid.h"

void kb_screen_toned(const struct kb_view *view, enum kb_tone tone, const char *text);
/* kb_screen_wrap(view, first, rest, text): text in lines of at most view->columns, the first after `first`, the
 * others after `rest`; Japanese is broken between characters but never before closing or after opening punctuation. */
void kb_screen_wrap(const struct kb_view *view, const char *first, const char *rest, enum kb_tone tone,
                    const char *text);

/* Columns each column of the grid needs; what stands in several lines of a cell is shown in one. */
struct kb_screen_widths {
    size_t of[KB_GRID_COLUMNS_MAX], total;
};
struct kb_screen_widths kb_screen_measure(const struct kb_grid *grid);
void kb_screen_heads(const struct kb_view *view, const struct kb_grid *grid, const struct kb_screen_widths *widths,
                     const char *indent);
void kb_screen_row(const struct kb_view *view, const struct kb_grid *grid, const struct kb_screen_widths *widths,
                   size_t row, const char *indent);

/* kb_screen_facts: label and value, wrapped. kb_screen_table: aligned, or label and value per row where it is too wide.
 */
void kb_screen_facts(const struct kb_view *view, const struct kb_grid *grid, const char *indent);
void kb_screen_table(const struct kb_view *view, const struct kb_grid *grid, const char *indent);
/* kb_screen_item: one row of a table that is too wide, as label and value. */
void kb_screen_item(const struct kb_view *view, const struct kb_grid *grid, size_t row, const char *indent);

/* kb_screen_done(view, err): what was printed has reached `out`. */
int kb_screen_done(const struct kb_view *view, struct kb_err *err);

/* In lines.c, shared by both terminal reports. */
void kb_screen_verdict(const struct kb_view *view);
void kb_screen_broken(const struct kb_view *view);
void kb_screen_interrupted(const struct kb_view *view);
