/* SPDX-License-Identifier: Apache-2.0 */
/* A pass while it works: the files of its generation, and what is found out about the whole. */
#pragma once

#include <sys/stat.h>

#include "koboshi/extents.h"
#include "resume.h"
#include "stream.h"

/* A manifest, opened; path NULL: the plan names none. */
struct kb_manifest_file {
    const char *path; /* absolute */
    int fd;
    int cause; /* errno of what could not be opened */
};

/* One file (or the folder) of the generation. */
struct kb_part {
    const char *path; /* absolute */
    const char *name; /* base name */
    int fd;
    int cause; /* errno of what could not be opened */
    struct stat st;
    int64_t point_in_time; /* UTC seconds, KB_ABSENT if not known */
    bool hashed;           /* digests are those of all its bytes */
    struct kb_digests digests;
    struct kb_manifest_file manifest; /* its own, of a chain */
    const char *manifest_sha256;      /* once it was read */
};

struct kb_pass {
    const struct kb_job_set *set;
    size_t n; /* at least one */
    struct kb_part *parts;
    int held;                         /* keeps the mount from being taken away while it is read */
    size_t left_out;                  /* more than are taken */
    const char *name;                 /* base name of the whole: of a split file without the count of its parts */
    struct kb_manifest_file manifest; /* of the whole */
    bool own_manifests;               /* each part of a chain has one instead */
    struct kb_names *names;
    struct kb_names *manifest_names; /* those in manifests, and in the tag files of a bag */
    struct kb_manifest *listed;      /* once it was read, until kb_pass_close */
    bool one_reader;                 /* of a tree: its disk turns */
    bool physical;                   /* of a tree: read in the order of the disk */
    struct kb_resume *resume;        /* of a tree: earlier runs verified some of it; NULL: all is read */
};

/* kb_parts_open(pass, arena): all of them; what cannot be opened keeps its cause. kb_parts_close: as often as liked. */
void kb_parts_open(struct kb_pass *pass, struct kb_arena *arena);
void kb_parts_close(struct kb_pass *pass);
/* kb_part_open(path, more_flags, ret_cause): a descriptor to read from, without touching even the access time; -1. */
int kb_part_open(const char *path, int more_flags, int *ret_cause);
/* kb_part_is_there(pass, part, tally): it is open and of the kind the plan says; tells if not. */
bool kb_part_is_there(const struct kb_pass *pass, const struct kb_part *part, struct kb_tally *tally);
/* kb_parts_in_order(pass, tally): the names of a split file count without a gap; tells if not. Names that do not count
 * are not judged. */
bool kb_parts_in_order(const struct kb_pass *pass, struct kb_tally *tally);
/* kb_parts_judge_end(pass, tally, facts): a last part as large as the others may be followed by another that is lost;
 * tells, unless the content ends as it must or equals what is listed. Once proof is known. */
void kb_parts_judge_end(const struct kb_pass *pass, struct kb_tally *tally, const struct kb_reader_facts *facts);
/* kb_parts_extents(pass, first, n, arena): n of them as one; all are open. */
struct kb_extents kb_parts_extents(const struct kb_pass *pass, size_t first, size_t n, struct kb_arena *arena);

/* kb_manifest_open(path): never fails: what is wrong is told by kb_manifest_load. kb_manifest_close: as often as liked.
 */
struct kb_manifest_file kb_manifest_open(const char *path);
void kb_manifest_close(struct kb_manifest_file *file);
/* kb_manifest_load(file, names, tally, ret_digest, ret_good): the manifest as a table, which the caller frees; NULL if
 * there is none that could be read to its end, which is told. ret_digest: of its bytes; ret_good: nothing in it is
 * wrong. */
struct kb_manifest *kb_manifest_load(const struct kb_manifest_file *file, struct kb_names *names,
                                     struct kb_tally *tally, struct kb_sha256 *ret_digest, bool *ret_good);
/* kb_manifest_note(tally, manifest): its dialect and digests, for the result; once all was compared. */
void kb_manifest_note(struct kb_tally *tally, const struct kb_manifest *manifest);
/* kb_manifest_caveat(tally): what weak digests do not show. */
void kb_manifest_caveat(struct kb_tally *tally);

/* What the lines of a manifest stand for. */
enum kb_listing { KB_LISTS_ENTRIES, KB_LISTS_WHOLE, KB_LISTS_PARTS };
/* kb_listing_of(pass, manifest): WHOLE if a line names the generation itself: by its name, by its path from the folder
 * where the manifest lies, or the only path from a root that ends in its name. */
enum kb_listing kb_listing_of(const struct kb_pass *pass, struct kb_manifest *manifest);
/* kb_listed_whole(pass, manifest): that line. */
struct kb_listed *kb_listed_whole(const struct kb_pass *pass, struct kb_manifest *manifest);
/* kb_compare_whole(tally, manifest, listed, digests, size): one line against all bytes of the file that it names;
 * false: they differ, which is told. */
bool kb_compare_whole(struct kb_tally *tally, struct kb_manifest *manifest, struct kb_listed *listed,
                      const struct kb_digests *digests, int64_t size);
/* kb_compare_beside(tally): a caveat, if the list of files names something that is in this one too. */
void kb_compare_beside(struct kb_tally *tally);
/* kb_compare_parts(pass, tally, manifest, all): each file that was hashed against its line; `all` bytes together if
 * they are listed too (NULL: not hashed). Sets proof.hash. Lines of other files count only if they belong to this split
 * file. */
void kb_compare_parts(const struct kb_pass *pass, struct kb_tally *tally, struct kb_manifest *manifest,
                      const struct kb_digests *all);

/* kb_chain_run(pass, tally, digests, ret_result, err): part after part as archives of their own, later ones over
 * earlier ones; what they are together goes to ret_result (no digest). digests: bits of further kinds for each part. 0,
 * < 0 a fault. */
int kb_chain_run(struct kb_pass *pass, struct kb_tally *tally, unsigned digests, struct kb_stream_result *ret_result,
                 struct kb_err *err);
