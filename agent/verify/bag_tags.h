/* SPDX-License-Identifier: Apache-2.0 */
/* A bag while its tag files are read. */
#pragma once

#include "bag.h"
#include "keyed.h"
#include "manifest_lines.h"
#include "tally.h"

/* Manifests of one bag: two per kind of digest, and some of kinds that are not known. */
enum { KB_BAG_FILES_MAX = 32 };

struct kb_bag_file {
    const char *name;            /* in the tally's arena */
    bool tag;                    /* tagmanifest-… */
    int kind;                    /* -1: not known */
    bool starred, dotted, twice; /* told once per file */
};

/* A path by what is left of it without case and composition. */
struct kb_twin {
    uint64_t folded; /* its hash */
    size_t at;       /* index in the manifest */
};

struct kb_bag {
    const struct kb_bag_source *source; /* while it is loaded */
    const char *prefix;                 /* of its paths: "" at the top, "name/" */
    const char *shown;                  /* its folder, escaped; NULL at the top */
    bool listed;                        /* its manifests say something: what they do not list is extra */
    bool unmeasured;                    /* a payload manifest is of a kind that was not computed */
    struct kb_tally *tally;
    struct kb_manifest *manifest;
    char version[16];
    int encoding; /* enum kb_encoding, of the tag files */
    bool modern;  /* since 1.0: each manifest lists all, %25 is a % */
    bool has_declaration, has_info, has_fetch, has_payload;
    size_t n_files;
    struct kb_bag_file files[KB_BAG_FILES_MAX];
    const char *reading; /* the tag file whose lines are being read; NULL: none */
    uint8_t file;        /* of `files` */
    unsigned payload_kinds;
    bool has_oxum;
    int64_t oxum_bytes, oxum_files;
    int64_t payload_bytes, payload_files; /* seen */
    int64_t excused;                      /* not seen as files, and not missed: their size is not known */
    struct kb_seen *fetched;              /* paths of fetch.txt */
    struct kb_twin *twins;                /* of what is there and equal, by hash; made when first asked for */
    size_t n_twins;
    struct kb_key128 twin_key;
    int64_t told;
    bool good;
};

extern const struct kb_dialect kb_bag_manifest_lines, kb_bag_info_lines, kb_bag_fetch_lines;

/* kb_bag_broken(bag, expected, found): a finding, and the bag is not good. */
void kb_bag_broken(struct kb_bag *bag, struct kb_text expected, struct kb_text found);
kb_manifest_flaw_fn kb_bag_flaw;
/* kb_bag_declaration(bag): bagit.txt. */
void kb_bag_declaration(struct kb_bag *bag);
/* kb_bag_read(bag, name, lines, file): a tag file at the top of the bag, line by line. */
void kb_bag_read(struct kb_bag *bag, const char *name, const struct kb_dialect *lines, uint8_t file);
/* kb_bag_twin(bag, listed): the path of what is there and equal, and has the name but for case and composition; NULL.
 */
const char *kb_bag_twin(struct kb_bag *bag, const struct kb_listed *listed);
