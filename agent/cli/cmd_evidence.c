/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi evidence list|verify|export: the ledger for owners, auditors and experts. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/ledger.h"
#include "koboshi/pack.h"

/* As people read it; words of a newer koboshi stay as they are. */
static const char *told(const struct kb_cli *cli, const char *word)
{
    static const struct {
        const char *word, *ja;
    } words[] = {{"ledger_created", "台帳の作成"},
                 {"drill_started", "訓練の開始"},
                 {"drill_finished", "訓練の終了"},
                 {"drill_interrupted", "訓練の中断"},
                 {"verified", "検証"},
                 {"not_run", "未実施"},
                 {"approval", "計画の承認"},
                 {"medium_seen", "媒体の着脱"},
                 {"medium_swapped", "ディスクの交換"},
                 {"recovered", "台帳の修復"},
                 {"completed", "完了"},
                 {"cancelled", "中止"},
                 {"fault", "検査側の異常"},
                 {"present", "接続中"},
                 {"arrived", "接続"},
                 {"left", "取り外し"}};
    for (size_t i = 0; cli->lang == KB_JA && i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i].word, word))
            return words[i].ja;
    return word;
}

/* "hdd-a left", "hdd-a → hdd-b (weekly)" */
static const char *medium_of(const struct kb_cli *cli, const struct kb_line *line)
{
    if (!line->medium)
        return "";
    if (line->presence)
        return kb_sprintf(cli->arena, "  %s %s", line->medium, told(cli, line->presence));
    return kb_sprintf(cli->arena, "  %s → %s%s%s%s", line->medium, line->medium_in ? line->medium_in : "?",
                      line->rotation ? " (" : "", line->rotation ? line->rotation : "", line->rotation ? ")" : "");
}

static void show_line(const struct kb_cli *cli, const struct kb_line *line)
{
    enum { KIND_COLUMNS = 18 };
    const char *kind = told(cli, line->kind), *rest = "";
    if (line->drill != KB_ABSENT)
        rest = kb_sprintf(cli->arena, "  #%06lld", (long long)line->drill);
    if (line->name)
        rest = kb_sprintf(cli->arena, "%s  %s", rest, line->name);
    if (line->status)
        rest = kb_sprintf(cli->arena, "%s  %s", rest, told(cli, line->status));
    if (line->by)
        rest = kb_sprintf(cli->arena, "%s  %s", rest, line->by);
    rest = kb_sprintf(cli->arena, "%s%s", rest, medium_of(cli, line));
    size_t width = kb_width(kind), pad = *rest && width < KIND_COLUMNS ? KIND_COLUMNS - width : 0;
    (void)printf("%6lld  %s  %s%*s%s\n", (long long)line->seq, kb_time_show(cli->arena, line->time), kind, (int)pad, "",
                 rest);
}

static int list(struct kb_cli *cli, struct kb_err *err)
{
    struct kb_lines lines = {0};
    int code = kb_ledger_lines(cli->ledger, cli->arena, &lines, err);
    if (code)
        return code;
    json_t *all = json_array();
    for (size_t i = 0; i < lines.n; i++) {
        const struct kb_line *line = &lines.v[i];
        if (cli->json) {
            (void)json_array_append_new(all, kb_shape_write(&kb_line_shape, line));
            continue;
        }
        show_line(cli, line);
    }
    if (cli->json)
        kb_show_json("evidence", 0, json_pack("{s:O}", "lines", all));
    json_decref(all);
    return 0;
}

static void show_flaw(const struct kb_cli *cli, const struct kb_flaw *flaw)
{
    (void)printf("  %s ", flaw->bad ? "✗" : "·");
    if (flaw->line != KB_ABSENT)
        kb_print(stdout, cli->lang, "line %lld: ", "%lld行目: ", (long long)flaw->line);
    if (flaw->drill != KB_ABSENT)
        kb_print(stdout, cli->lang, "drill %lld: ", "訓練 %lld: ", (long long)flaw->drill);
    (void)printf("%s%s%s\n", flaw->file ? flaw->file : "", flaw->file ? ": " : "", kb_pick(flaw->what, cli->lang));
    if (*kb_pick(flaw->expected, cli->lang))
        kb_print(stdout, cli->lang, "    │ expected: %s\n", "    │ 期待: %s\n", kb_pick(flaw->expected, cli->lang));
    if (*kb_pick(flaw->found, cli->lang))
        kb_print(stdout, cli->lang, "    │ found: %s\n", "    │ 結果: %s\n", kb_pick(flaw->found, cli->lang));
}

static void show_check(const struct kb_cli *cli, const struct kb_ledger_check *check)
{
    for (size_t i = 0; i < check->flaws.n; i++)
        show_flaw(cli, &check->flaws.v[i]);
    kb_print(
        stdout, cli->lang,
        "%s: %lld lines (%lld signed), %lld drills, %lld record folders and %lld files checked, %lld wrong\n",
        "%s: %lld 行（署名済み %lld 行）、訓練 %lld 件、記録フォルダ %lld 件・ファイル %lld 件を検査、異常 %lld 件\n",
        check->bad ? "NG" : "OK", (long long)check->lines, (long long)check->signed_lines, (long long)check->drills,
        (long long)check->drills_checked, (long long)check->files_checked, (long long)check->bad);
    if (check->established)
        kb_print(stdout, cli->lang, "signed by %s (the key asked for)\n", "署名者: %s（指定の鍵と一致）\n", check->key);
    else
        kb_print(stdout, cli->lang,
                 "signer NOT established: compare this fingerprint with the one on paper, or give it with --key: %s\n",
                 "署名者は未確認です。紙に控えた指紋と見比べるか、--key で指定してください: %s\n",
                 check->key ? check->key : "–");
}

static int verify(struct kb_cli *cli, struct kb_err *err)
{
    const struct kb_ledger_check_params params = {
        .dir = cli->n_args > 1 ? cli->args[1] : cli->ledger,
        .since = cli->option[KB_OPTION_SINCE],
        .key = cli->option[KB_OPTION_KEY],
        .whole = cli->n_args < 2, /* our own ledger holds every record; a pack says which it carries */
    };
    const struct kb_ledger_check *check = NULL;
    enum { FINGERPRINT = 50 }; /* "SHA256:" and 43 digits */
    if (params.key && (strncmp(params.key, "SHA256:", 7) != 0 || strlen(params.key) != FINGERPRINT))
        return kb_fail(err, KB_EUSAGE, "--key takes a fingerprint as `koboshi keygen` prints it (SHA256:…), not `%s`",
                       "--key は `koboshi keygen` が表示する指紋（SHA256:…）です（`%s` は読めません）",
                       kb_escape(cli->arena, params.key, strlen(params.key)));
    int code = kb_ledger_verify(&params, cli->arena, &check, err);
    if (code)
        return code;
    int status = check->bad ? 1 : 0;
    if (cli->json)
        kb_show_json("evidence", status, json_pack("{s:o}", "check", kb_shape_write(&kb_ledger_check_shape, check)));
    else
        show_check(cli, check);
    return status;
}

static int export(struct kb_cli *cli, struct kb_err *err)
{
    const char *out = cli->option[KB_OPTION_OUTPUT];
    if (!out)
        return kb_fail(err, KB_EUSAGE, "name the folder to make with --output",
                       "作るフォルダを --output で指定してください");
    struct kb_pack_params params = {.ledger = cli->ledger, .drill = KB_ABSENT, .out = out};
    if (cli->n_args > 1) {
        char *end = NULL;
        params.drill = strtoll(cli->args[1], &end, 10);
        if (params.drill < 1 || *end)
            return kb_fail(err, KB_EUSAGE, "a drill is named by its number, such as 42",
                           "訓練は番号（例: 42）で指定します");
    }
    int code = kb_pack_export(&params, err);
    if (code)
        return code;
    if (cli->json)
        kb_show_json("evidence", 0, json_pack("{s:s}", "pack", out));
    else
        kb_print(stdout, cli->lang, "%s\ncheck it anywhere with: cd %s && sh verify.sh FINGERPRINT\n",
                 "%s\nどの機器でも次で検証できます: cd %s && sh verify.sh 鍵の指紋\n", kb_printable(cli->arena, out),
                 kb_printable(cli->arena, out));
    return 0;
}

static int evidence(struct kb_cli *cli, struct kb_err *err)
{
    static const struct {
        const char *name;
        int (*run)(struct kb_cli *cli, struct kb_err *err);
    } verbs[] = {{"list", list}, {"verify", verify}, {"export", export}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(verbs[i].name, cli->args[0]))
            return verbs[i].run(cli, err);
    return kb_fail(err, KB_EUSAGE, "`koboshi evidence` takes list, verify or export",
                   "`koboshi evidence` の次は list・verify・export です");
}

const struct kb_cmd kb_cmd_evidence = {
    .name = "evidence",
    .arguments = "list | verify [FOLDER] | export [NUMBER] -o FOLDER",
    .summary = {"証跡（台帳）の一覧・検証・持ち出し", "list, verify or carry away the evidence"},
    .detail = {"list    台帳の行を表示する\nverify  "
               "台帳（または持ち出したフォルダ）が署名どおりか、署名者は誰かを確かめる\nexport  "
               "持ち出すフォルダを作る（すべての訓練、または番号で1件）\n例: koboshi evidence export -o evidence\n",
               "list    the lines of the ledger\nverify  is the ledger, or an exported folder, what was signed, and by "
               "whom\nexport  a folder to carry away, of all drills or of one\nExample: koboshi evidence export -o "
               "evidence\n"},
    .options = KB_OPTS_ALWAYS | KB_OPT(KEY) | KB_OPT(SINCE) | KB_OPT(OUTPUT),
    .min_args = 1,
    .max_args = 2,
    .run = evidence,
};
