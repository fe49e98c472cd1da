/* SPDX-License-Identifier: Apache-2.0 */
/* HTML being written by libxml2: text is made harmless here, elements get a full end tag, faults are told once at the
 * end. */
#pragma once

#include "grid.h"

/* kb_page_new(arena, err): NULL with a fault; otherwise kb_page_free it in every case. */
struct kb_page *kb_page_new(struct kb_arena *arena, struct kb_err *err);
void kb_page_free(struct kb_page *page);

/* kb_page_open(page, tag, class): class NULL for none; attributes may follow until the first text or element. */
void kb_page_open(struct kb_page *page, const char *tag, const char *class_);
void kb_page_attribute(struct kb_page *page, const char *name, const char *value);
void kb_page_text(struct kb_page *page, const char *text);
void kb_page_close(struct kb_page *page);
/* kb_page_put: open, text, close. */
void kb_page_put(struct kb_page *page, const char *tag, const char *class_, const char *text);
/* kb_page_doctype, kb_page_void: <!DOCTYPE html>; an element without content or end tag (meta). */
void kb_page_doctype(struct kb_page *page);
void kb_page_void(struct kb_page *page, const char *tag, const char *name, const char *value, const char *name2,
                  const char *value2);
/* kb_page_style: a style element; css is ours and holds neither < nor &. */
void kb_page_style(struct kb_page *page, const char *css);

/* kb_page_grid(page, grid, class): a table; heads become th, facts become th and td. Nothing for a grid without rows.
 */
void kb_page_grid(struct kb_page *page, const struct kb_grid *grid, const char *class_);
/* kb_page_cell: one td with its tone and alignment. */
void kb_page_cell(struct kb_page *page, const struct kb_cell *cell, bool right);

/* kb_page_end(page, ret_bytes, ret_n, err): the finished bytes in the arena, with a NUL that is not counted. */
int kb_page_end(struct kb_page *page, char **ret_bytes, size_t *ret_n, struct kb_err *err);

extern const char kb_page_css[];
