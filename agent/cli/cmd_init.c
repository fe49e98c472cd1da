/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi init: a first plan that loads, and the key. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init.h"
#include "koboshi/arena.h"
#include "koboshi/key.h"

struct init {
    struct kb_init_files files;
    struct kb_draft *draft; /* NULL: nothing was scanned */
    struct kb_draft_answers answers;
    bool answered;
    struct kb_keypair *pair; /* the new key; NULL if there is one */
    const char *fingerprint;
};

/* The zone of this machine; one that was never set says UTC, which no office means. */
static const char *zone_here(struct kb_cli *cli)
{
    char link[256];
    const char *zone = getenv("TZ"), *mark = "zoneinfo/";
    ssize_t n = readlink("/etc/localtime", link, sizeof link - 1);
    link[n > 0 ? n : 0] = '\0';
    const char *at = strstr(link, mark);
    if (!zone || !kb_zone_exists(zone))
        zone = at && kb_zone_exists(at + strlen(mark)) ? at + strlen(mark) : "UTC";
    bool set = strcmp(zone, "UTC") != 0 && strcmp(zone, "Etc/UTC") != 0;
    return set || cli->lang == KB_EN ? kb_strdup(cli->arena, zone) : "Asia/Tokyo";
}

static int find_files(struct kb_cli *cli, struct init *init, struct kb_err *err)
{
    const char *given = cli->n_args ? cli->args[0] : ".";
    char *here = getcwd(NULL, 0);
    size_t n = strlen(given);
    while (n > 1 && given[n - 1] == '/')
        n--;
    const char *dir = *given == '/'         ? kb_strndup(cli->arena, given, n)
                      : !strcmp(given, ".") ? kb_strdup(cli->arena, here ? here : "")
                                            : kb_sprintf(cli->arena, "%s/%.*s", here ? here : "", (int)n, given);
    free(here);
    if (!*given || !kb_is_utf8(dir, strlen(dir)))
        return kb_fail(err, KB_EUSAGE, "the folder `%s` has no name that can be used", "フォルダ名 `%s` は使えません",
                       kb_escape(cli->arena, given, n));
    init->files.dir = dir;
    init->files.plan = kb_sprintf(cli->arena, "%s/plan.yaml", dir);
    return kb_init_is_free(&init->files, err);
}

static int find_key(struct kb_cli *cli, struct init *init, struct kb_err *err)
{
    struct kb_keypair *pair = NULL;
    bool there = !access(kb_place_key(cli), F_OK);
    int code = there ? kb_keypair_load(kb_place_key(cli), &pair, err) : kb_keypair_generate(&pair, err);
    if (code)
        return code;
    init->fingerprint = kb_pubkey_fingerprint(cli->arena, kb_keypair_public(pair));
    if (there)
        kb_keypair_free(pair);
    else
        init->pair = pair;
    return 0;
}

static int make_text(struct kb_cli *cli, struct init *init, struct kb_err *err)
{
    const char *from = cli->option[KB_OPTION_FROM];
    if (from)
        return kb_init_sample(cli, from, &init->files.text, &init->files.n, err);
    const struct kb_draft_text text = {.lang = cli->lang,
                                       .zone = zone_here(cli),
                                       .fingerprint = init->fingerprint,
                                       .answers = init->answered ? &init->answers : NULL,
                                       .now = kb_wall_s()};
    int code = kb_zone_use(text.zone, err); /* dates in names are local ones */
    if (!code && cli->scans.n)
        code = kb_init_scan(cli, &init->draft, err);
    if (code)
        return code;
    if (init->draft && !init->draft->sets.n)
        return 0;
    init->files.text = kb_draft_plan(init->draft, &text, cli->arena);
    init->files.n = strlen(init->files.text);
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    code = kb_plan_parse(init->files.plan, init->files.text, init->files.n, cli->arena, &plan, &diags, err);
    cli->diags = diags;
    if (code == KB_EPLAN && diags)
        kb_diags_print(stderr, diags, init->files.plan, init->files.text, init->files.n, cli->lang, false);
    return code;
}

/* As a shell takes it back. */
static const char *quoted(struct kb_cli *cli, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+:@%,=";
    if (*text && !text[strspn(text, plain)])
        return text;
    const char *out = "'";
    for (const char *at = text; *at; at++)
        out = *at == '\'' ? kb_sprintf(cli->arena, "%s'\\''", out) : kb_sprintf(cli->arena, "%s%c", out, *at);
    return kb_printable(cli->arena, kb_sprintf(cli->arena, "%s'", out));
}

/* The options that say where things are, as they were given. */
static const char *places(struct kb_cli *cli, bool scratch)
{
    static const struct {
        enum kb_option_id id;
        const char *name;
    } rows[] = {{KB_OPTION_LEDGER, "--ledger"}, {KB_OPTION_KEYS, "--keys"}, {KB_OPTION_SCRATCH, "--scratch"}};
    const char *text = "";
    for (size_t i = 0; i < (scratch ? 3 : 2); i++)
        if (cli->option[rows[i].id])
            text = kb_sprintf(cli->arena, "%s %s %s", text, rows[i].name, quoted(cli, cli->option[rows[i].id]));
    return text;
}

static void tell_sets(struct kb_cli *cli, const struct kb_draft *draft)
{
    for (size_t i = 0; i < draft->sets.n; i++) {
        const struct kb_draft_set *set = &draft->sets.v[i];
        (void)printf("  %s  %s\n", kb_printable(cli->arena, set->title), kb_format_names[set->format]);
        for (size_t k = 0; k < set->copies.n; k++) {
            const struct kb_draft_copy *copy = &set->copies.v[k];
            (void)printf("    %s  %s\n      %s\n", draft->media.v[copy->medium].id,
                         kb_printable(cli->arena, copy->path), kb_pick(copy->why, cli->lang));
        }
        if (set->expect_why.en)
            (void)printf("    %s\n", kb_pick(set->expect_why, cli->lang));
    }
    for (size_t i = 0; i < draft->unknown.n; i++) {
        const struct kb_draft_unknown *unknown = &draft->unknown.v[i];
        const char *n = kb_show_count(cli->arena, unknown->n);
        kb_print(stdout, cli->lang, "  unknown: %s × %s%.0s in %s, e.g. %s\n", "  不明: %s件 %.0s%s（%s）、例 %s\n", n,
                 unknown->why.en, unknown->why.ja, unknown->place, unknown->first);
    }
}

static void tell(struct kb_cli *cli, const struct init *init)
{
    const char *given = cli->n_args ? cli->args[0] : ".";
    size_t n = strlen(given);
    while (n > 1 && given[n - 1] == '/')
        n--;
    bool here = !strcmp(given, ".");
    const char *plan = quoted(cli, here ? "plan.yaml" : kb_sprintf(cli->arena, "%.*s/plan.yaml", (int)n, given));
    kb_print(stdout, cli->lang, "%s is written.\n", "%s を作成しました。\n",
             kb_printable(cli->arena, init->files.plan));
    if (init->draft)
        tell_sets(cli, init->draft);
    kb_print(stdout, cli->lang, init->pair ? "new key: %s\n" : "key: %s\n", init->pair ? "新しい鍵: %s\n" : "鍵: %s\n",
             kb_printable(cli->arena, kb_place_key(cli)));
    kb_print(stdout, cli->lang, "  fingerprint, to be kept on paper away from this machine: %s\n",
             "  指紋（紙に控え、この機器とは別の場所に保管）: %s\n", init->fingerprint);
    if (init->draft)
        kb_print(stdout, cli->lang, "Next:\n", "次に実行するコマンド:\n");
    else
        kb_print(stdout, cli->lang, "Next, after you have put your own values into it:\n",
                 "自社の値に書き換えてから、次に実行するコマンド:\n");
    (void)printf("  koboshi check %s%s\n", plan, places(cli, false));
    (void)printf("  koboshi drill %s%s\n", plan, places(cli, true));
    (void)printf("  koboshi report%s\n  koboshi status %s%s\n", places(cli, false), plan, places(cli, false));
    (void)printf("  koboshi evidence verify --key %s%s\n", init->fingerprint, places(cli, false));
}

static json_t *sets_json(const struct kb_cli *cli, const struct kb_draft *draft)
{
    json_t *list = json_array();
    for (size_t i = 0; draft && i < draft->sets.n; i++) {
        const struct kb_draft_set *set = &draft->sets.v[i];
        json_t *copies = json_array();
        for (size_t k = 0; k < set->copies.n; k++)
            (void)json_array_append_new(copies, json_pack("{s:s, s:s, s:I}", "medium",
                                                          draft->media.v[set->copies.v[k].medium].id, "path",
                                                          kb_printable(cli->arena, set->copies.v[k].path),
                                                          "generations", (json_int_t)set->copies.v[k].n));
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "id", set->id, "title",
                                                    kb_printable(cli->arena, set->title), "format",
                                                    kb_format_names[set->format], "copies", copies));
    }
    return list;
}

static json_t *unknown_json(const struct kb_draft *draft)
{
    json_t *list = json_array();
    for (size_t i = 0; draft && i < draft->unknown.n; i++) {
        const struct kb_draft_unknown *unknown = &draft->unknown.v[i];
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I}", "place", unknown->place, "first",
                                                    unknown->first, "ja", unknown->why.ja, "en", unknown->why.en,
                                                    "count", (json_int_t)unknown->n));
    }
    return list;
}

static int nothing_found(struct kb_cli *cli, const struct init *init)
{
    if (cli->json) {
        kb_show_json("init", 1,
                     json_pack("{s:n, s:o, s:o}", "plan", "sets", json_array(), "unknown", unknown_json(init->draft)));
        return 1;
    }
    kb_print(stdout, cli->lang, "Nothing there looks like a backup; no plan was written.\n",
             "バックアップと思われるものがありませんでした。計画は作成していません。\n");
    tell_sets(cli, init->draft);
    kb_print(stdout, cli->lang, "`koboshi init` without --scan writes a starter plan to fill in by hand.\n",
             "--scan なしの `koboshi init` で、手で書き込むための計画のひな形を作れます。\n");
    return 1;
}

static int make(struct kb_cli *cli, struct init *init, struct kb_err *err)
{
    bool alone = !cli->scans.n && !cli->option[KB_OPTION_FROM] && !cli->option[KB_OPTION_ASK];
    if (cli->option[KB_OPTION_FROM] && (cli->scans.n || cli->option[KB_OPTION_ASK]))
        return kb_fail(err, KB_EUSAGE, "--from copies a sample as it is; it does not go with --scan or --ask",
                       "--from は見本をそのまま写します。--scan や --ask とは一緒に使えません");
    int code = find_files(cli, init, err);
    if (!code)
        code = find_key(cli, init, err);
    init->answered = cli->option[KB_OPTION_ASK] || (!code && alone && kb_init_offers(cli));
    if (!code && init->answered)
        code = kb_init_ask(cli, &init->answers, err);
    if (!code)
        code = make_text(cli, init, err);
    if (code)
        return code;
    if (!init->files.text)
        return nothing_found(cli, init);
    init->files.pair = init->pair;
    code = kb_init_write(cli, &init->files, err);
    if (code)
        return code;
    if (cli->json)
        kb_show_json("init", 0,
                     json_pack("{s:s, s:s, s:s, s:o, s:o}", "plan", init->files.plan, "key", kb_place_key(cli),
                               "fingerprint", init->fingerprint, "sets", sets_json(cli, init->draft), "unknown",
                               unknown_json(init->draft)));
    else
        tell(cli, init);
    return 0;
}

static int init_verb(struct kb_cli *cli, struct kb_err *err)
{
    struct init init = {0};
    int code = make(cli, &init, err);
    kb_keypair_free(init.pair);
    return code;
}

const struct kb_cmd kb_cmd_init = {
    .name = "init",
    .arguments = "[DIR]",
    .summary = {"計画の下書きと鍵を作る（--scan でディスクの中身から推定）",
                "write a first plan and the key; --scan infers it from what lies on disks"},
    .detail = {"DIR   plan.yaml を作るフォルダ（なければ作る。既定: 今のフォルダ）\n例: koboshi init work --scan "
               "/mnt/a --scan /mnt/b\n",
               "DIR   folder for plan.yaml, made if it is not there (default: this folder)\nExample: koboshi init work "
               "--scan /mnt/a --scan /mnt/b\n"},
    .options = KB_OPTS_ALWAYS | KB_OPT(SANDBOX) | KB_OPT(SCAN) | KB_OPT(FROM) | KB_OPT(ASK),
    .max_args = 1,
    .run = init_verb,
};
