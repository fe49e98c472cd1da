/* SPDX-License-Identifier: Apache-2.0 */
/* Probes: exactly one kind each, the keys of that kind, and an answer that can be judged. */
#include "checks.h"

#include <string.h>
#include <strings.h>

#include "koboshi/digest.h"

enum { FILES = 1 << 0, SHA256 = 1 << 1, OPENS = 1 << 2, SQLITE = 1 << 3, COMMAND = 1 << 4, CSV = 1 << 5 };

static bool written(struct kb_checker *c, const void *field)
{
    return kb_mark_of(c->l, field) != NULL;
}

/* The one kind of this probe, 0 if that has been complained about. */
static int kind_of(struct kb_checker *c, const struct kb_probe *probe)
{
    const struct {
        int kind;
        const void *field;
    } rows[] = {{FILES, &probe->files},   {SHA256, &probe->sha256}, {OPENS, &probe->opens},
                {SQLITE, &probe->sqlite}, {CSV, &probe->csv},       {COMMAND, &probe->command}};
    int kind = 0, n = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!written(c, rows[i].field))
            continue;
        kind = rows[i].kind;
        n++;
    }
    if (n == 1)
        return kind;
    KB_WRONG(
        c, NULL, probe, "a probe has exactly one of files, sha256, opens, sqlite, csv and command; here are %d",
        "確認には files・sha256・opens・sqlite・csv・command のうち1つだけを書いてください（ここには %d 個あります）",
        n);
    return 0;
}

static void check_companions(struct kb_checker *c, const struct kb_probe *probe, int kind)
{
    const struct {
        const char *name;
        const void *field;
        int kinds;
        const char *belongs;
    } rows[] = {
        {"at_least", &probe->at_least, FILES, "files"},
        {"is", &probe->is, SHA256, "sha256"},
        {"integrity", &probe->integrity, SQLITE, "sqlite"},
        {"query", &probe->query, SQLITE, "sqlite"},
        {"expect", &probe->expect, SQLITE | COMMAND, "sqlite, command"},
        {"timeout", &probe->timeout, OPENS | SQLITE | COMMAND, "opens, sqlite, command"},
        {"exit", &probe->exit, COMMAND, "command"},
        {"encoding", &probe->encoding, CSV, "csv"},
        {"rows", &probe->rows, CSV, "csv"},
        {"header", &probe->header, CSV, "csv"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!(rows[i].kinds & kind) && written(c, rows[i].field))
            KB_WRONG(c, rows[i].field, probe, "`%s` belongs to another kind of probe (%s)",
                     "`%s` は他の種類の確認（%s）に使うキーです", rows[i].name, rows[i].belongs);
    if (kind == SHA256 && !written(c, &probe->is))
        KB_WRONG(c, NULL, probe, "`sha256` needs `is`: the 64 digits the file should have",
                 "`sha256` には `is`（期待するハッシュ、16進数64桁）が必要です");
    if (kind == SQLITE && written(c, &probe->query) && !written(c, &probe->expect))
        KB_WRONG(c, &probe->query, probe, "`query` needs `expect`: an answer that nobody judges proves nothing",
                 "`query` には `expect`（期待する答え）が必要です。判定しない問い合わせは何の証明にもなりません");
    if (kind == SQLITE && written(c, &probe->expect) && !written(c, &probe->query))
        KB_WRONG(c, &probe->expect, probe, "`expect` needs `query`: there is no answer to judge",
                 "`expect` には `query` が必要です。判定する答えがありません");
}

void kb_check_inner_path(struct kb_checker *c, const char *name, const char *const *field)
{
    if (!kb_mark_good(c->l, field))
        return;
    bool inside = **field != '/' && !strchr(*field, '\\');
    for (const char *at = *field; inside && *at; at += strspn(at, "/")) {
        size_t n = strcspn(at, "/");
        inside = !(n == 2 && !memcmp(at, "..", 2));
        at += n;
    }
    if (!inside)
        KB_WRONG(c, field, NULL, "`%s`: write `%s` relative to what was restored, with / and without `..`",
                 "`%s`: 「%s」は復元先からの相対パスで、/ 区切り、「..」なしで書いてください", name,
                 kb_shown(c, *field));
}

static bool is_number(const char *text)
{
    text += *text == '-';
    size_t n = strspn(text, "0123456789");
    if (!n)
        return false;
    text += n;
    if (*text == '.') {
        n = strspn(text + 1, "0123456789");
        return n && !text[1 + n];
    }
    return !*text;
}

static bool is_expectation(const char *text)
{
    int64_t ignored;
    size_t n = strlen(text);
    if (!strncmp(text, "> ", 2))
        return is_number(text + 2);
    if (!strncmp(text, ">= ", 3))
        return is_number(text + 3);
    if (!strncmp(text, "== ", 3))
        return n > 3;
    if (!strncmp(text, "age < ", 6))
        return kb_duration_parse(text + 6, &ignored);
    return !strncmp(text, "contains \"", 10) && n > 11 && text[n - 1] == '"';
}

static void check_values(struct kb_checker *c, const struct kb_probe *probe)
{
    kb_check_inner_path(c, "files", &probe->files);
    kb_check_inner_path(c, "sha256", &probe->sha256);
    kb_check_inner_path(c, "opens", &probe->opens);
    kb_check_inner_path(c, "sqlite", &probe->sqlite);
    kb_check_inner_path(c, "csv", &probe->csv);
    bool number = kb_mark_good(c->l, &probe->rows) && strchr(">=", *probe->rows) && is_expectation(probe->rows);
    if (kb_mark_good(c->l, &probe->rows) && !number)
        KB_WRONG(c, &probe->rows, probe, "`rows`: `%s` is none of `> N`, `>= N`, `== N`",
                 "`rows`: 「%s」は使えません。`> N`・`>= N`・`== N` のどれかを書いてください",
                 kb_shown(c, probe->rows));
    if (kb_mark_good(c->l, &probe->is) && !strcasecmp(probe->is, kb_sha256_of_nothing))
        KB_WRONG(c, &probe->is, probe,
                 "`is` is the hash of an empty file, which proves nothing; use a file with content",
                 "`is` が空のファイルのハッシュです。何の証明にもならないため、中身のあるファイルを使ってください");
    if (kb_mark_good(c->l, &probe->expect) && !is_expectation(probe->expect))
        KB_WRONG(c, &probe->expect, probe,
                 "`expect`: `%s` is none of `> N`, `>= N`, `== V`, `contains \"…\"`, `age < 24h`",
                 "`expect`: 「%s」は使えません。`> N`・`>= N`・`== V`・`contains \"…\"`・`age < 24h` "
                 "のどれかを書いてください",
                 kb_shown(c, probe->expect));
}

void kb_check_argv(struct kb_checker *c, const struct kb_argv *argv, const void *object)
{
    if (!kb_mark_good(c->l, argv))
        return;
    if (!argv->n) {
        KB_WRONG(c, argv, object, "`command` is empty; write the program and its arguments",
                 "`command` が空です。プログラムと引数を書いてください");
        return;
    }
    const char *const *program = &argv->v[0];
    size_t n = strlen(*program);
    if (!kb_mark_good(c->l, program))
        return;
    if (!strchr(*program, '/') || (*program)[n - 1] == '/')
        KB_WRONG(
            c, program, object,
            "`command`: write `%s` with its folder, as /usr/bin/… or ./… (from the plan file's folder)",
            "`command`: 「%s」は /usr/bin/… か ./…（計画ファイルのフォルダから）のようにフォルダ付きで書いてください",
            kb_shown(c, *program));
    else if (strstr(*program, "/scratch/"))
        KB_WRONG(
            c, program, object,
            "`command`: a program among the restored files is never run; use one that lies beside the plan",
            "`command`: 復元したファイルの中のプログラムは実行しません。計画ファイルの側に置いたものを使ってください");
}

void kb_check_probes(struct kb_checker *c)
{
    for (size_t p = 0; p < c->plan->procedures.n; p++) {
        for (size_t s = 0; s < c->plan->procedures.v[p].steps.n; s++) {
            const struct kb_step *step = &c->plan->procedures.v[p].steps.v[s];
            for (size_t i = 0; i < step->probes.n; i++) {
                int kind = kind_of(c, &step->probes.v[i]);
                if (kind)
                    check_companions(c, &step->probes.v[i], kind);
                check_values(c, &step->probes.v[i]);
                kb_check_argv(c, (const void *)&step->probes.v[i].command, &step->probes.v[i]);
            }
        }
    }
}
