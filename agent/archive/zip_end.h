/* SPDX-License-Identifier: Apache-2.0 */
/* The end records of a zip: which one counts, and whether they agree. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kb_reader;

struct kb_zip_end {
    int64_t directory;     /* byte of the file where the directory begins */
    int64_t directory_end; /* and where it ends: end records follow */
    int64_t base;          /* bytes before what the zip counts as its first */
    uint64_t entries;      /* as said */
    bool wide;             /* by zip64 records */
};

/* kb_zip_find_end(reader, ret_end): false: the directory cannot be found (told). What is strange about the end is told.
 */
bool kb_zip_find_end(struct kb_reader *reader, struct kb_zip_end *ret_end);

enum kb_zip_refusal { KB_ZIP_VOLUMES, KB_ZIP_CLOSED };
/* kb_zip_refuse(reader, why): tells it by name. */
void kb_zip_refuse(struct kb_reader *reader, enum kb_zip_refusal why);
