/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of copies: below the medium's root, with dates that name a day, and files that belong together. */
#include "checks.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/pattern.h"

/* The pattern in a field, NULL if there is none or it is wrong, which is said. */
static const struct kb_pattern *pattern_in(struct kb_checker *c, const char *name, const char *const *field,
                                           const void *object)
{
    const struct kb_pattern *pattern = NULL;
    struct kb_err err = {0};
    if (!kb_mark_good(c->l, field) || !kb_pattern_parse(*field, c->l->work, &pattern, &err))
        return pattern;
    KB_WRONG(c, field, object, "`%s`: `%s` cannot be used: %s%.0s", "`%s`: 「%s」は使えません。%.0s%s", name,
             kb_shown(c, *field), err.frame[0].en, err.frame[0].ja);
    return NULL;
}

static bool check_dates(struct kb_checker *c, const char *name, const char *const *field, const void *object,
                        const struct kb_pattern *pattern)
{
    struct kb_err err = {0};
    if (!kb_pattern_dates(pattern, &err))
        return true;
    KB_WRONG(c, field, object, "`%s`: `%s` cannot be used: %s%.0s", "`%s`: 「%s」は使えません。%.0s%s", name,
             kb_shown(c, *field), err.frame[0].en, err.frame[0].ja);
    return false;
}

/* A manifest is found by what the generation's name filled in: it can ask for nothing else. */
static void check_manifest(struct kb_checker *c, const struct kb_copy *copy, const struct kb_pattern *path,
                           const struct kb_pattern *manifest)
{
    struct kb_err err = {0};
    if (kb_pattern_fills(manifest, path, &err))
        KB_WRONG(c, &copy->manifest, copy, "%s%.0s", "%.0s%s", err.frame[0].en, err.frame[0].ja);
    else if (!strcmp(copy->manifest, copy->path))
        KB_WRONG(c, &copy->manifest, copy,
                 "`manifest` is the same as `path`; write the file that holds the SHA-256 sums",
                 "`manifest` が `path` と同じです。SHA-256 の一覧ファイルを書いてください");
}

/* %{file} is the name of what is found by this pattern. */
static bool is_free_of_file(struct kb_checker *c, const char *name, const char *const *field, const void *object,
                            const struct kb_pattern *pattern)
{
    if (pattern->has[KB_PART_FILE])
        KB_WRONG(c, field, object, "`%s`: %%{file} is the name of the backup itself; only `manifest` can hold it",
                 "`%s`: %%{file} はバックアップ自身の名前です。`manifest` にだけ書けます", name);
    return !pattern->has[KB_PART_FILE];
}

/* The names of a chain, for themselves. */
static bool check_chain(struct kb_checker *c, const struct kb_set_chain *chain)
{
    const struct kb_pattern *full = pattern_in(c, "full", &chain->full, chain),
                            *part = pattern_in(c, "part", &chain->part, chain);
    if (!full || !part || !is_free_of_file(c, "full", &chain->full, chain, full) ||
        !is_free_of_file(c, "part", &chain->part, chain, part))
        return false;
    if (full->has[KB_PART_NUMBER])
        KB_WRONG(c, &chain->full, chain, "%%{part} counts the parts of a chain; `full` is one file",
                 "%%{part} は増分・差分の番号です。`full` は1つのファイルなので書けません");
    if (!strcmp(chain->full, chain->part))
        KB_WRONG(c, &chain->part, chain, "`part` is the same as `full`; the two must be told apart by their names",
                 "`part` が `full` と同じです。名前で区別できるように書いてください");
    return true;
}

/* The path of a name in the folder of a chain; NULL if the two do not go together, which is said. */
static const struct kb_pattern *below(struct kb_checker *c, const struct kb_copy *copy, const char *name,
                                      const char *const *field, const struct kb_set_chain *chain)
{
    const struct kb_pattern *pattern = NULL;
    struct kb_err err = {0};
    if (kb_pattern_parse(kb_sprintf(c->l->work, "%s/%s", copy->path, *field), c->l->work, &pattern, &err)) {
        KB_WRONG(c, field, chain, "`%s`: `%s` cannot be used below `path`: %s%.0s",
                 "`%s`: 「%s」は path の中では使えません。%.0s%s", name, kb_shown(c, *field), err.frame[0].en,
                 err.frame[0].ja);
        return NULL;
    }
    return check_dates(c, name, field, chain, pattern) ? pattern : NULL;
}

static void check_copy(struct kb_checker *c, const struct kb_set *set, const struct kb_copy *copy, bool good_chain)
{
    const struct kb_pattern *path = pattern_in(c, "path", &copy->path, copy),
                            *manifest = pattern_in(c, "manifest", &copy->manifest, copy);
    bool folder = set->format == KB_FORMAT_CHAIN || set->format == KB_FORMAT_TREE;
    if (!path || !is_free_of_file(c, "path", &copy->path, copy, path) ||
        (set->format != KB_FORMAT_CHAIN && !check_dates(c, "path", &copy->path, copy, path)))
        return;
    if (path->has[KB_PART_NUMBER] && folder) {
        KB_WRONG(c, &copy->path, copy, "%%{part} is for split files; the path of a %s is a folder",
                 "%%{part} は分割ファイルに使います（format: %s の path はフォルダです）",
                 kb_format_names[set->format]);
        return;
    }
    if (manifest && set->format != KB_FORMAT_CHAIN)
        check_manifest(c, copy, path, manifest);
    if (!good_chain)
        return;
    const struct kb_pattern *full = below(c, copy, "full", &set->chain->full, set->chain),
                            *part = below(c, copy, "part", &set->chain->part, set->chain);
    if (full && part && manifest) {
        check_manifest(c, copy, full, manifest);
        check_manifest(c, copy, part, manifest);
    }
}

void kb_check_copies(struct kb_checker *c)
{
    for (size_t s = 0; s < c->plan->backup_sets.n; s++) {
        const struct kb_set *set = &c->plan->backup_sets.v[s];
        bool good_chain = set->chain && check_chain(c, set->chain) && set->format == KB_FORMAT_CHAIN;
        for (size_t i = 0; i < set->copies.n; i++)
            check_copy(c, set, &set->copies.v[i], good_chain);
    }
}
