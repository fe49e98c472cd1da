/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of copies: below the medium's root, with dates that name a day. */
#include "checks.h"

#include <string.h>

#include "koboshi/limits.h"

/* The parts of a pattern that a generation fills in. */
struct parts {
    bool has[6]; /* of `letters` */
    int n_wild;  /* how many * and ? */
};
static const char letters[] = "YmdHMS";
enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND };

/* What is wrong with the pattern, NULL if nothing; both texts without arguments. */
static const struct kb_text *fault_of(const char *pattern, struct parts *ret_parts)
{
    static const struct kb_text absolute = {
        "媒体のルートからの相対パスを書いてください（/ やドライブ名で始めない）",
        "write it relative to the medium's root, without a leading / or drive letter"};
    static const struct kb_text backslash = {"区切りには \\ ではなく / を使ってください",
                                             "separate folders with /, not \\"};
    static const struct kb_text dots = {"「.」「..」や空のフォルダ名は使えません",
                                        "it cannot hold `.`, `..` or an empty folder name"};
    static const struct kb_text too_long = {"長すぎます（1つの名前は255バイトまで）",
                                            "it is too long (255 bytes for one name)"};
    static const struct kb_text control = {"改行やタブは使えません", "it cannot hold line breaks or tabs"};
    static const struct kb_text conversion = {
        "使える日付部分は %Y %m %d %H %M %S です（% そのものは %%）",
        "the date parts that can stand in it are %Y %m %d %H %M %S (and %% for a %)"};
    _Static_assert(KB_WILDCARDS_MAX == 16, "the text below says so");
    static const struct kb_text too_many = {"* と ? は合わせて16個までです", "it can hold 16 of * and ? at most"};
    static const struct kb_text any_depth = {"「**」だけの名前は使えません。フォルダごとに * を書いてください",
                                             "`**` cannot stand for folders of any depth; write one * per folder"};
    static const struct kb_text no_day = {"日付は年 %Y・月 %m・日 %d を揃えて書いてください",
                                          "a date needs all of %Y, %m and %d"};
    static const struct kb_text no_hour = {"時刻は %Y%m%d の後に、時 %H・分 %M・秒 %S の順に揃えて書いてください",
                                           "a time needs %Y%m%d, then %H, %M, %S without leaving out a larger part"};
    if (*pattern == '/' || (strlen(pattern) > 1 && pattern[1] == ':'))
        return &absolute;
    if (strchr(pattern, '\\'))
        return &backslash;
    if (pattern[strcspn(pattern, "\n\t")])
        return &control;
    for (const char *at = pattern;; at++) {
        size_t n = strcspn(at, "/");
        if (!n || (n == 1 && *at == '.') || (n == 2 && !memcmp(at, "..", 2)))
            return &dots;
        if (n == 2 && !memcmp(at, "**", 2))
            return &any_depth;
        if (n > KB_NAME_BYTES_MAX)
            return &too_long;
        at += n;
        if (!*at)
            break;
    }
    if (strlen(pattern) >= KB_PATH_BYTES_MAX)
        return &too_long;
    for (const char *at = pattern; *at; at++) {
        ret_parts->n_wild += *at == '*' || *at == '?';
        if (*at != '%' || *++at == '%')
            continue;
        const char *letter = *at ? strchr(letters, *at) : NULL;
        if (!letter)
            return &conversion;
        ret_parts->has[letter - letters] = true;
    }
    if (ret_parts->n_wild > KB_WILDCARDS_MAX)
        return &too_many;
    const bool *has = ret_parts->has;
    if (has[YEAR] != has[MONTH] || has[MONTH] != has[DAY])
        return &no_day;
    if ((has[HOUR] && !has[DAY]) || (has[MINUTE] && !has[HOUR]) || (has[SECOND] && !has[MINUTE]))
        return &no_hour;
    return NULL;
}

static bool check_pattern(struct kb_checker *c, const char *name, const char *const *field, const void *object,
                          struct parts *ret_parts)
{
    *ret_parts = (struct parts){.n_wild = 0};
    if (!kb_mark_good(c->l, field))
        return false;
    const struct kb_text *fault = fault_of(*field, ret_parts);
    if (!fault)
        return true;
    KB_WRONG(c, field, object, "`%s`: `%s` cannot be used: %s%.0s", "`%s`: 「%s」は使えません。%.0s%s", name,
             kb_shown(c, *field), fault->en, fault->ja);
    return false;
}

/* A manifest is found by what the generation's name filled in: it can ask for nothing else. */
static void check_manifest(struct kb_checker *c, const struct kb_copy *copy, const struct parts *path,
                           const struct parts *manifest)
{
    for (size_t i = 0; i < sizeof path->has; i++)
        if (manifest->has[i] && !path->has[i]) {
            KB_WRONG(c, &copy->manifest, copy,
                     "`manifest` holds %%%c, but `path` does not; it can only hold date parts of `path`",
                     "`manifest` に %%%c がありますが、`path` にはありません。path にある日付部分だけが使えます",
                     letters[i]);
            return;
        }
    if (manifest->n_wild && manifest->n_wild != path->n_wild)
        KB_WRONG(c, &copy->manifest, copy,
                 "`manifest` holds %d of * and ?, `path` holds %d; each takes what the one in `path` stood for: write "
                 "as many, or none",
                 "`manifest` の * と ? は %d 個、`path` は %d 個です。path の * と ? に当てはまった文字が順に入ります。"
                 "同じ数にするか、使わずに書いてください",
                 manifest->n_wild, path->n_wild);
    else if (!strcmp(copy->manifest, copy->path))
        KB_WRONG(c, &copy->manifest, copy,
                 "`manifest` is the same as `path`; write the file that holds the SHA-256 sums",
                 "`manifest` が `path` と同じです。SHA-256 の一覧ファイルを書いてください");
}

void kb_check_copies(struct kb_checker *c)
{
    for (size_t s = 0; s < c->plan->backup_sets.n; s++) {
        const struct kb_set *set = &c->plan->backup_sets.v[s];
        for (size_t i = 0; i < set->copies.n; i++) {
            const struct kb_copy *copy = &set->copies.v[i];
            struct parts path, manifest;
            bool good = check_pattern(c, "path", &copy->path, copy, &path);
            if (check_pattern(c, "manifest", &copy->manifest, copy, &manifest) && good)
                check_manifest(c, copy, &path, &manifest);
        }
    }
}
