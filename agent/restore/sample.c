/* SPDX-License-Identifier: Apache-2.0 */
/* A sample of the files on its way to the scratch folder. */
#include "sample.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/file.h"
#include "koboshi/glob.h"
#include "lots.h"
#include "scratch.h"

enum { ALSO_BYTES_MAX = 128 << 10 }; /* one reply takes KB_FRAME_MAX */

/* One file or pattern that checks name. */
struct always {
    const char *path;
    int64_t wanted, matched; /* of a pattern; wanted 0: the one file */
    bool hit;                /* the entry at hand is of them */
    bool is_link;
};

struct kb_sample {
    struct kb_scratch *scratch;
    struct kb_sink to;
    struct kb_sample_seen seen;
    struct kb_arena *arena;
    struct kb_lots *lots;
    struct always *always;
    size_t n_always;
    bool in_class[KB_SAMPLE_CLASSES]; /* a file with content was taken */
    bool by_path;                     /* a chain: what was decided of a path holds for its later parts */
    bool taken;                       /* the file at hand */
    int class;                        /* of the file at hand */
    size_t also_bytes;
};

int kb_sample_class(int64_t size)
{
    static const int64_t up_to[KB_SAMPLE_CLASSES - 2] = {64 << 10, 1 << 20, 16 << 20, 256 << 20};
    int class = 0;
    if (size == KB_ABSENT)
        return KB_SAMPLE_CLASSES - 1;
    while (class < KB_SAMPLE_CLASSES - 2 && size > up_to[class])
        class ++;
    return class;
}

bool kb_sample_is_drawn(uint64_t lot, int64_t percent)
{
    return percent >= 100 || (percent > 0 && (unsigned __int128)lot * 100 < (unsigned __int128)percent << 64);
}

static int64_t scaled(int64_t ns, int64_t by, int64_t of)
{
    __int128 product = (__int128)ns * by / of;
    return product > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)product;
}

int64_t kb_sample_rest_ns(const struct kb_sample_seen *sample)
{
    if (sample->files_taken <= 0 || sample->bytes_taken <= 0)
        return KB_ABSENT;
    return scaled(sample->file_ns, sample->files - sample->files_taken, sample->files_taken) +
           scaled(sample->byte_ns, sample->bytes - sample->bytes_taken, sample->bytes_taken);
}

struct kb_sample *kb_sample_new(struct kb_scratch *scratch)
{
    const struct kb_job_set *set = scratch->set;
    if (set->sample <= 0 || set->sample >= 100)
        return NULL;
    struct kb_arena *arena = kb_arena_new();
    struct kb_sample *sample = kb_alloc(arena, 1, sizeof *sample);
    sample->arena = arena;
    sample->scratch = scratch;
    sample->seen.percent = set->sample;
    sample->seen.seed = set->seed;
    sample->lots = kb_lots_new(set->seed);
    sample->by_path = set->format == KB_FORMAT_CHAIN;
    sample->n_always = set->always.n;
    sample->always = kb_alloc(arena, set->always.n, sizeof *sample->always);
    for (size_t i = 0; i < set->always.n; i++) {
        const struct kb_job_always *from = &set->always.v[i];
        const char *path = from->path;
        if (from->at_least != KB_ABSENT)
            path += strncmp(path, "./", 2) ? 0 : 2;
        else if (kb_path_judge(path, strlen(path), arena, &path) != KB_PATH_SAFE)
            path = ""; /* no entry has it */
        sample->always[i] = (struct always){.path = path};
        if (from->at_least != KB_ABSENT)
            sample->always[i].wanted = from->at_least > 1 ? from->at_least : 1;
    }
    return sample;
}

void kb_sample_free(struct kb_sample *sample)
{
    if (!sample)
        return;
    kb_lots_free(sample->lots);
    kb_arena_free(sample->arena);
}

/* Whether checks need this file. */
static bool is_needed(struct kb_sample *s, const struct kb_entry *entry)
{
    bool needed = false;
    for (size_t i = 0; i < s->n_always; i++) {
        struct always *a = &s->always[i];
        bool enough = a->matched >= a->wanted && !s->by_path; /* of a chain a later part may delete it again */
        a->hit = a->wanted ? !enough && entry->kind == KB_ENTRY_FILE && kb_glob_matches(a->path, entry->path)
                           : !strcmp(a->path, entry->path);
        needed |= a->hit;
        a->is_link |= a->hit && entry->kind != KB_ENTRY_FILE && entry->kind != KB_ENTRY_FOLDER;
    }
    return needed;
}

static void note_also(struct kb_sample *s, const char *path)
{
    struct kb_sample_seen *seen = &s->seen;
    seen->also++;
    if (seen->also_taken.n == KB_SAMPLE_ALSO_MAX || s->also_bytes > ALSO_BYTES_MAX)
        return;
    const char *shown = kb_escape(s->arena, path, strlen(path));
    s->also_bytes += strlen(shown);
    if (!seen->also_taken.v)
        seen->also_taken.v = kb_alloc(s->arena, KB_SAMPLE_ALSO_MAX, sizeof *seen->also_taken.v);
    seen->also_taken.v[seen->also_taken.n++] = shown;
}

static bool is_held(const struct kb_sample *s, const char *path)
{
    return path && kb_items_find(&s->scratch->items, path);
}

static bool decide(struct kb_sample *s, const struct kb_entry *entry)
{
    struct kb_lot *known = NULL;
    uint64_t lot = s->by_path ? kb_lots_draw_once(s->lots, entry->path, &known) : kb_lots_draw(s->lots, entry->path);
    bool drawn = kb_sample_is_drawn(lot, s->seen.percent), fresh = !known || !known->decided;
    bool was_out = known && known->decided && !known->taken;
    bool first = entry->size != 0 && !s->in_class[s->class];
    bool needed = is_needed(s, entry);
    bool taken = fresh ? drawn || first || needed : known->taken;
    taken |= s->scratch->layer > 0 && is_held(s, entry->path);
    if (known) {
        known->decided = true;
        known->taken = taken;
    }
    s->seen.files += fresh;
    s->seen.files_taken += taken && (fresh || was_out);
    if (taken && !drawn && (fresh || was_out))
        note_also(s, entry->path);
    for (size_t i = 0; i < s->n_always && taken; i++)
        s->always[i].matched += s->always[i].hit;
    return taken;
}

/* A link is what it links to. What an earlier part of a chain put in its place is not it. */
static bool links_to_taken(struct kb_sample *s, const struct kb_entry *entry)
{
    (void)is_needed(s, entry);
    if (!entry->target || is_held(s, entry->target))
        return true;
    struct kb_item *old = s->scratch->layer > 0 ? kb_items_find(&s->scratch->items, entry->path) : NULL;
    if (old && old->layer < s->scratch->layer && kb_scratch_supersede(s->scratch, old))
        kb_scratch_skip(s->scratch, entry->path, errno);
    return false;
}

static int sample_entry(void *owner, const struct kb_entry *entry, struct kb_err *err)
{
    struct kb_sample *s = owner;
    s->taken = false;
    if (!entry->path) /* what the writer counts as skipped */
        return s->to.entry(s->to.owner, entry, err);
    if (entry->kind != KB_ENTRY_FILE) {
        bool made = entry->kind == KB_ENTRY_HARDLINK ? links_to_taken(s, entry) : (is_needed(s, entry), true);
        return made ? s->to.entry(s->to.owner, entry, err) : 0;
    }
    s->class = kb_sample_class(entry->size);
    s->taken = decide(s, entry);
    if (!s->taken)
        return 0;
    int64_t began = kb_boot_ns();
    int r = s->to.entry(s->to.owner, entry, err);
    s->seen.file_ns += kb_boot_ns() - began;
    return r;
}

static int sample_data(void *owner, int64_t offset, const void *bytes, size_t n, struct kb_err *err)
{
    struct kb_sample *s = owner;
    if (!s->taken)
        return 0;
    int64_t began = kb_boot_ns();
    int r = s->to.data(s->to.owner, offset, bytes, n, err);
    s->seen.byte_ns += kb_boot_ns() - began;
    return r;
}

static int sample_end(void *owner, int64_t size, const struct kb_sha256 *digest, const struct kb_sha256 *expected,
                      struct kb_err *err)
{
    struct kb_sample *s = owner;
    s->seen.bytes += digest ? size : 0;
    if (!s->taken)
        return 0;
    s->seen.bytes_taken += digest ? size : 0;
    s->in_class[s->class] |= digest && size > 0;
    s->taken = false;
    int64_t began = kb_boot_ns();
    int r = s->to.end(s->to.owner, size, digest, expected, err);
    s->seen.file_ns += kb_boot_ns() - began;
    return r;
}

static int sample_layer(void *owner, struct kb_err *err)
{
    struct kb_sample *s = owner;
    return s->to.layer(s->to.owner, err);
}

static int sample_keep(void *owner, const char *folder, const struct kb_dumped *dumped, size_t n, struct kb_err *err)
{
    struct kb_sample *s = owner;
    return s->to.keep(s->to.owner, folder, dumped, n, err);
}

/* Whether it will be taken depends on those before it: what is drawn is read again in its turn. */
static bool sample_expects(void *owner, uint32_t file, const struct kb_entry *entry)
{
    (void)owner, (void)file, (void)entry;
    return false;
}

static bool sample_has(void *owner, uint32_t file)
{
    (void)file;
    const struct kb_sample *s = owner;
    return !s->taken;
}

struct kb_sink kb_sample_sink(struct kb_sample *sample, struct kb_sink to)
{
    sample->to = to;
    return (struct kb_sink){.owner = sample,
                            .entry = sample_entry,
                            .data = sample_data,
                            .end = sample_end,
                            .layer = sample_layer,
                            .keep = sample_keep,
                            .expects = sample_expects,
                            .has = sample_has};
}

void kb_sample_spent(struct kb_sample *sample, int64_t file_ns, int64_t byte_ns)
{
    if (!sample)
        return;
    sample->seen.file_ns += file_ns;
    sample->seen.byte_ns += byte_ns;
}

void kb_sample_reread(struct kb_sample *sample, int64_t ns)
{
    if (!sample)
        return;
    const struct kb_sample_seen *seen = &sample->seen;
    bool per_file = (__int128)seen->files * seen->bytes_taken > (__int128)seen->bytes * seen->files_taken;
    kb_sample_spent(sample, per_file ? ns : 0, per_file ? 0 : ns);
}

/* Whether a check can open it, through links that stay inside. */
static bool can_be_opened(const struct kb_scratch *scratch, const char *path)
{
    KB_SCOPED_FD fd = kb_open_beneath(scratch->root, path, O_PATH, 0, RESOLVE_NO_MAGICLINKS);
    return fd >= 0;
}

void kb_sample_judge_links(const struct kb_sample *sample)
{
    for (size_t i = 0; sample && i < sample->n_always; i++) {
        const struct always *a = &sample->always[i];
        if (!a->is_link || can_be_opened(sample->scratch, a->path))
            continue;
        KB_SCOPED_ARENA arena = kb_arena_new();
        struct kb_finding *finding = kb_scratch_finding(sample->scratch, arena, KB_RULE_SAMPLE_LINK, a->path);
        finding->expected = kb_text_new(arena, "a file, as a check of the plan names it",
                                        "計画の確認が対象とするファイル");
        finding->found = kb_text_new(arena, "a link to a file that is not in the sample",
                                     "抜き取りに含まれないファイルへのリンクです");
        kb_scratch_report(sample->scratch, finding);
    }
}

int64_t kb_sample_left_out(const struct kb_sample *sample)
{
    return sample ? sample->seen.files - sample->seen.files_taken : 0;
}

const struct kb_sample_seen *kb_sample_seen(const struct kb_sample *sample, struct kb_arena *arena)
{
    struct kb_sample_seen *seen = kb_alloc(arena, 1, sizeof *seen);
    *seen = sample->seen;
    seen->also_taken.v = kb_alloc(arena, seen->also_taken.n, sizeof *seen->also_taken.v);
    for (size_t i = 0; i < seen->also_taken.n; i++)
        seen->also_taken.v[i] = kb_strdup(arena, sample->seen.also_taken.v[i]);
    return seen;
}
