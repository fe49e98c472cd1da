/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest while its lines are read: what the dialects share. */
#pragma once

#include "keyed.h"
#include "manifest.h"

/* What a dialect says to a line. */
enum kb_taken {
    KB_TAKEN,
    KB_NOT_ITS_OWN, /* of another shape */
    KB_TOLD,        /* of its shape, and wrong in a way that it told itself */
};

/* How a file's bytes are to be read where it has no byte order mark. */
enum kb_encoding {
    KB_ENCODING_UNKNOWN,
    KB_ENCODING_BYTES,
    KB_ENCODING_LATIN1,
    KB_ENCODING_UTF16LE,
    KB_ENCODING_UTF16BE
};

/* What a dialect is given as lines. */
enum kb_lines {
    KB_LINES_LF,   /* LF or CR LF ends them */
    KB_LINES_CR,   /* a CR alone too */
    KB_LINES_TAGS, /* tags, and the text between two of them; the dialect counts them itself */
};

struct kb_dialect {
    const char *name;
    struct kb_text expected; /* for people: what its lines look like */
    enum kb_lines lines;
    /* begins: this line can be the first of such a list; NULL: no line decides it (the files of a bag) */
    bool (*begins)(const struct kb_manifest *m, const char *s, size_t n);
    enum kb_taken (*take)(struct kb_manifest *m, const char *s, size_t n);
    /* end: what is held is complete now; may be NULL */
    void (*end)(struct kb_manifest *m);
};
extern const struct kb_dialect kb_dialect_gnu, kb_dialect_reversed, kb_dialect_bsd, kb_dialect_hashdeep,
    kb_dialect_mtree, kb_dialect_certutil, kb_dialect_fciv, kb_dialect_fciv_xml, kb_dialect_get_filehash,
    kb_dialect_csv;

enum { KB_COLUMNS_MAX = 16 };
enum kb_column { KB_COLUMN_OTHER, KB_COLUMN_SIZE, KB_COLUMN_HASH, KB_COLUMN_ALGORITHM, KB_COLUMN_PATH };

/* A piece of text that grows up to a line's length. */
struct kb_piece {
    char *s;
    size_t n, room;
};

/* Lines that mean something only together. */
struct kb_held {
    struct kb_piece line; /* mtree: continued lines; PowerShell: what the last field holds so far */
    struct kb_piece path; /* mtree: the current folder; certutil, PowerShell: of the item */
    struct kb_piece set;  /* mtree: /set; hashdeep: "Invoked from" */
    struct kb_sum sum;
    int field;               /* PowerShell: the last one seen */
    int kind;                /* certutil: announced by the line before */
    bool has_path, has_hash; /* of the item */
    size_t n_columns;        /* hashdeep, CSV */
    struct {
        uint8_t what; /* enum kb_column */
        int8_t kind;  /* of KB_COLUMN_HASH; -1: any */
    } columns[KB_COLUMNS_MAX];
};

/* Of the table by hash. */
struct kb_slot {
    uint32_t hash;
    uint32_t number; /* of the item, from 1; 0: free */
};

struct kb_manifest {
    struct kb_manifest_params params;
    struct kb_key128 key;
    char *pool; /* paths and digests */
    size_t n_pool, pool_room;
    char *found; /* of those that differ: their digests, then what was found instead */
    size_t n_found, found_room;
    struct kb_listed *items;
    size_t n, room;
    struct kb_slot *slots;
    size_t n_slots;
    uint32_t last;   /* number of the item that was found last; 0: none */
    unsigned known;  /* kinds that can be computed here; KB_DIGEST_EITHER if one of its two */
    unsigned kinds;  /* of all items; KB_DIGEST_EITHER among them */
    unsigned either; /* what such digests turned out to be: bits of digest.h */
    int digits_128;  /* what the file's name says that they are */
    char *folded;    /* a path made ready to be stored */

    const struct kb_dialect *dialect;
    uint32_t dialect_line;
    uint8_t head[3]; /* of the file, until its encoding is known */
    size_t n_head;
    int declared; /* enum kb_encoding: what it is without a mark */
    int encoding; /* enum kb_encoding */
    uint8_t odd;  /* UTF-16: the first byte of a unit */
    bool has_odd;
    uint16_t high; /* UTF-16: the first unit of a pair; 0: none */
    char *line;    /* what came of the current line before */
    size_t n_line;
    uint32_t number; /* of the current line, from 1 */
    size_t flaws;
    bool too_long, broken;
    bool after_cr; /* of KB_LINES_CR: an LF now ends nothing more */
    struct kb_held held;
};

/* kb_manifest_begin_file(m, dialect, encoding): what is added from here on is another file. kb_manifest_end_file: its
 * last line. */
void kb_manifest_begin_file(struct kb_manifest *m, const struct kb_dialect *dialect, enum kb_encoding encoding);
void kb_manifest_end_file(struct kb_manifest *m);
/* kb_manifest_flaw(m, expected, en, ja): the current line is wrong. kb_manifest_flaw_of: and a piece of it, escaped. */
void kb_manifest_flaw(struct kb_manifest *m, struct kb_text expected, const char *en, const char *ja);
void kb_manifest_flaw_of(struct kb_manifest *m, const char *en, const char *ja, const char *s, size_t n);
/* kb_manifest_take(m): puts held.sum; tells what is wrong with it. */
enum kb_taken kb_manifest_take(struct kb_manifest *m);

/* kb_piece_add(piece, s, n): false if it would be longer than a line may be. */
bool kb_piece_add(struct kb_piece *piece, const char *s, size_t n);

/* kb_line_starts(s, n, with), kb_line_is_blank(s, n): spaces and tabs only; kb_line_number(s, n, ret_number): digits
 * and nothing else, false if not. */
bool kb_line_starts(const char *s, size_t n, const char *with);
bool kb_line_is_blank(const char *s, size_t n);
bool kb_line_number(const char *s, size_t n, int64_t *ret_number);
/* kb_kind_of_digits(m, digits): the kind of a digest of so many digits, -1: none. */
int kb_kind_of_digits(const struct kb_manifest *m, size_t digits);
/* kb_kind_named(name, n): "SHA256", "sha-256", "SHA2-256", "rmd160": -1. */
int kb_kind_named(const char *name, size_t n);
/* kb_kind_name(kind): also of KB_DIGEST_EITHER. kb_kind_size: bytes. */
const char *kb_kind_name(int kind);
size_t kb_kind_size(int kind);
size_t kb_kinds_size(unsigned kinds);
/* kb_manifest_room(m, n): the end of the pool, with n bytes of room; what pointed into it is void. */
char *kb_manifest_room(struct kb_manifest *m, size_t n);
/* kb_is_absolute(s, n, windows): from the root of a machine, a drive or a server. */
bool kb_is_absolute(const char *s, size_t n, bool windows);
