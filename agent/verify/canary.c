/* SPDX-License-Identifier: Apache-2.0 */
/* Files that never change, held against the hash that the plan has of them. */
#include "canary.h"

#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "tally.h"

struct canary {
    const struct kb_canary *plan;
    const char *path; /* of it, without a leading `./` */
    enum { UNSEEN, READ, UNREAD, NO_FILE, LATER } state;
    struct kb_sha256 found;
};

struct kb_canaries {
    size_t n;
    struct canary v[]; /* by path */
};

/* A leading `./` is dropped, as in manifests. */
static const char *plain(const char *path)
{
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    return path;
}

static int by_path(const void *a, const void *b)
{
    const struct canary *x = a, *y = b;
    return strcmp(x->path, y->path);
}

struct kb_canaries *kb_canaries_new(const struct kb_job_set *set)
{
    if (!set->canary.n)
        return NULL;
    struct kb_canaries *canaries = calloc(1, sizeof *canaries + set->canary.n * sizeof *canaries->v);
    if (!canaries)
        abort();
    for (size_t i = 0; i < set->canary.n; i++)
        canaries->v[canaries->n++] = (struct canary){.plan = &set->canary.v[i], .path = plain(set->canary.v[i].path)};
    qsort(canaries->v, canaries->n, sizeof *canaries->v, by_path);
    return canaries;
}

void kb_canaries_free(struct kb_canaries *canaries)
{
    free(canaries);
}

/* The first that does not come before this path. */
static size_t first_at(const struct kb_canaries *canaries, const char *path)
{
    size_t low = 0, high = canaries->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(canaries->v[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool kb_canaries_have(const struct kb_canaries *canaries, const char *path)
{
    size_t i = canaries ? first_at(canaries, plain(path)) : 0;
    return canaries && i < canaries->n && !strcmp(canaries->v[i].path, plain(path));
}

void kb_canaries_take(struct kb_tally *tally, const struct kb_sha256 *digest)
{
    struct kb_canaries *canaries = tally->canaries;
    const struct kb_entry *entry = &tally->entry;
    const char *path = entry->path ? plain(entry->path) : NULL;
    for (size_t i = canaries && path ? first_at(canaries, path) : 0; canaries && path && i < canaries->n; i++) {
        struct canary *canary = &canaries->v[i];
        if (strcmp(canary->path, path) != 0)
            return;
        canary->state = digest ? READ : tally->later ? LATER : entry->kind == KB_ENTRY_FILE ? UNREAD : NO_FILE;
        if (digest)
            canary->found = *digest;
    }
}

static void tell(struct kb_tally *tally, const struct canary *canary, enum kb_rule_id rule, struct kb_text found)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *path = canary->plan->path;
    const struct kb_entry entry = {.shown = kb_escape(arena, path, strlen(path)), .raw = path, .raw_n = strlen(path)};
    kb_tally_tell(tally, rule, &entry,
                  kb_text_new(arena, "SHA-256 %.16s… (canary of the plan)", "SHA-256 %.16s…（計画の canary）",
                              canary->plan->sha256),
                  found);
}

/* true: it is as the plan has it. */
static bool judge(struct kb_tally *tally, const struct canary *canary, bool whole)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_sha256 expected;
    bool known = !kb_sha256_parse(canary->plan->sha256, strlen(canary->plan->sha256), &expected);
    if (canary->state == READ && known && !memcmp(expected.bytes, canary->found.bytes, sizeof expected.bytes))
        return true;
    if (canary->state == READ)
        tell(tally, canary, KB_RULE_CANARY_DIFFERS,
             kb_text_new(arena, "SHA-256 %s…", "SHA-256 %s…", kb_hex(arena, canary->found.bytes, 8)));
    else if (canary->state == NO_FILE)
        tell(tally, canary, KB_RULE_CANARY_UNREAD,
             (struct kb_text){.en = "a link or folder: name the file itself in the plan",
                              .ja = "リンクかフォルダです（計画には実体のファイルを書いてください）"});
    else if (canary->state == UNREAD)
        tell(tally, canary, KB_RULE_CANARY_UNREAD,
             (struct kb_text){.en = "it is there, but its content could not be read",
                              .ja = "ファイルはありますが、内容を読めませんでした"});
    else if (!whole)
        tell(tally, canary, KB_RULE_CANARY_UNREAD,
             (struct kb_text){.en = "the backup could not be read to its end, and up to there it was not found",
                              .ja = "バックアップを最後まで読めず、そこまでには見つかりませんでした"});
    else
        tell(tally, canary, KB_RULE_CANARY_MISSING,
             (struct kb_text){.en = "no such file in the backup", .ja = "バックアップにありません"});
    return false;
}

void kb_canaries_close(struct kb_tally *tally, bool whole)
{
    for (size_t i = 0; tally->canaries && i < tally->canaries->n; i++) {
        if (tally->canaries->v[i].state == LATER)
            continue;
        tally->result->canaries++;
        tally->result->canaries_good += judge(tally, &tally->canaries->v[i], whole);
    }
}
