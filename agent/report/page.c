/* SPDX-License-Identifier: Apache-2.0 */
/* The one wrapper around xmlTextWriter. */
#include "page.h"

#include <stdlib.h>

#include <libxml/xmlwriter.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

struct kb_page {
    struct kb_arena *arena;
    xmlBuffer *buffer;
    xmlTextWriter *writer;
    bool failed; /* sticky: libxml2 fails for want of memory only, told once by kb_page_end */
};

static const xmlChar *xml(const char *text)
{
    return (const xmlChar *)text;
}

static void check(struct kb_page *page, int written)
{
    page->failed |= written < 0;
}

void kb_page_free(struct kb_page *page)
{
    if (!page)
        return;
    xmlFreeTextWriter(page->writer);
    xmlBufferFree(page->buffer);
    free(page);
}

struct kb_page *kb_page_new(struct kb_arena *arena, struct kb_err *err)
{
    struct kb_page *page = calloc(1, sizeof *page);
    if (page) {
        page->arena = arena;
        page->buffer = xmlBufferCreate();
        if (page->buffer)
            xmlBufferSetAllocationScheme(page->buffer, XML_BUFFER_ALLOC_DOUBLEIT);
        page->writer = page->buffer ? xmlNewTextWriterMemory(page->buffer, 0) : NULL;
    }
    if (!page || !page->writer) {
        kb_page_free(page);
        (void)kb_fail(err, KB_EIO, "not enough memory for the report", "報告書を作るメモリが足りません");
        return NULL;
    }
    return page;
}

void kb_page_open(struct kb_page *page, const char *tag, const char *class_)
{
    check(page, xmlTextWriterStartElement(page->writer, xml(tag)));
    if (class_)
        kb_page_attribute(page, "class", class_);
}

void kb_page_attribute(struct kb_page *page, const char *name, const char *value)
{
    check(page, xmlTextWriterWriteAttribute(page->writer, xml(name), xml(kb_harmless(page->arena, value))));
}

void kb_page_text(struct kb_page *page, const char *text)
{
    check(page, xmlTextWriterWriteString(page->writer, xml(kb_harmless(page->arena, text))));
}

void kb_page_close(struct kb_page *page)
{
    /* <div/> is an open <div> to an HTML parser */
    check(page, xmlTextWriterFullEndElement(page->writer));
}

void kb_page_put(struct kb_page *page, const char *tag, const char *class_, const char *text)
{
    kb_page_open(page, tag, class_);
    kb_page_text(page, text);
    kb_page_close(page);
}

void kb_page_doctype(struct kb_page *page)
{
    check(page, xmlTextWriterWriteRaw(page->writer, xml("<!DOCTYPE html>\n")));
}

void kb_page_void(struct kb_page *page, const char *tag, const char *name, const char *value, const char *name2,
                  const char *value2)
{
    check(page, xmlTextWriterStartElement(page->writer, xml(tag)));
    kb_page_attribute(page, name, value);
    if (name2)
        kb_page_attribute(page, name2, value2);
    check(page, xmlTextWriterEndElement(page->writer));
}

void kb_page_style(struct kb_page *page, const char *css)
{
    kb_page_open(page, "style", NULL);
    check(page, xmlTextWriterWriteRaw(page->writer, xml(css)));
    kb_page_close(page);
}

void kb_page_cell(struct kb_page *page, const struct kb_cell *cell, bool right)
{
    static const char *const classes[][2] = {
        [KB_TONE_PLAIN] = {NULL, "right"},       [KB_TONE_GOOD] = {"good", "right good"},
        [KB_TONE_WARN] = {"warn", "right warn"}, [KB_TONE_BAD] = {"bad", "right bad"},
        [KB_TONE_DIM] = {"dim", "right dim"},
    };
    kb_page_put(page, "td", classes[cell->tone][right], cell->text);
}

void kb_page_grid(struct kb_page *page, const struct kb_grid *grid, const char *class_)
{
    size_t rows = kb_grid_rows(grid);
    bool facts = !grid->columns[0].head;
    if (!rows)
        return;
    kb_page_open(page, "table", class_);
    if (!facts) {
        kb_page_open(page, "thead", NULL);
        kb_page_open(page, "tr", NULL);
        for (size_t i = 0; i < grid->n_columns; i++)
            kb_page_put(page, "th", grid->columns[i].right ? "right" : NULL, grid->columns[i].head);
        kb_page_close(page);
        kb_page_close(page);
    }
    kb_page_open(page, "tbody", NULL);
    for (size_t row = 0; row < rows; row++) {
        kb_page_open(page, "tr", NULL);
        for (size_t i = 0; i < grid->n_columns; i++)
            if (facts && i == 0)
                kb_page_put(page, "th", NULL, kb_grid_at(grid, row, i)->text);
            else
                kb_page_cell(page, kb_grid_at(grid, row, i), grid->columns[i].right);
        kb_page_close(page);
    }
    kb_page_close(page);
    kb_page_close(page);
}

int kb_page_end(struct kb_page *page, char **ret_bytes, size_t *ret_n, struct kb_err *err)
{
    check(page, xmlTextWriterFlush(page->writer));
    if (page->failed)
        return kb_fail(err, KB_EIO, "not enough memory for the report", "報告書を作るメモリが足りません");
    int n = xmlBufferLength(page->buffer);
    *ret_bytes = kb_strndup(page->arena, xmlBufferContent(page->buffer), (size_t)n);
    *ret_n = (size_t)n;
    return 0;
}
