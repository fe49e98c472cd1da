/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi verify: the pass without restore, over plain paths or the backup sets of a plan. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/ledger.h"
#include "koboshi/report.h"
#include "secrets.h"

static void on_progress(void *owner, const struct kb_progress *progress)
{
    kb_progress_show(owner, "", progress);
}

static void show_noted(const struct kb_cli *cli, const char *mark, struct kb_text text)
{
    (void)fputs(mark, stdout);
    kb_show_wrapped(stdout, cli->columns, kb_width(mark), "    ", kb_pick(text, cli->lang));
}

/* A terminal's worth, and of one rule a few: what to do is the same for all of them. --json has them all. */
static void show_findings(struct kb_cli *cli, const struct kb_finding *findings, size_t n)
{
    enum { SHOWN = 20, OF_ONE_RULE = 5 };
    size_t shown = 0, of_rule = 0, more = 0;
    for (size_t i = 0; i < n; i++) {
        of_rule = i && !strcmp(findings[i].rule, findings[i - 1].rule) ? of_rule + 1 : 1;
        bool show = shown < SHOWN && of_rule <= OF_ONE_RULE;
        if (show)
            kb_show_finding(cli, &findings[i]);
        shown += show;
        more += !show;
    }
    if (more)
        show_noted(cli, "  … ",
                   kb_text_new(cli->arena, "%s more findings; --json lists them all",
                               "ほかに指摘 %s 件（--json で全件）", kb_show_count(cli->arena, (int64_t)more)));
}

enum { MARK_COLUMNS = 5 }; /* of the widest, and the gap */

/* What it was judged as, where that is more than a list of hashes; NULL: it is not. */
static const char *bag_text(struct kb_cli *cli, const struct kb_set_result *r)
{
    if (!r->manifest_kind || strncmp(r->manifest_kind, "BagIt", 5))
        return NULL;
    return kb_pick(kb_text_new(cli->arena, "a bag: %s", "バッグ: %s", r->manifest_kind), cli->lang);
}

/* The path, and how many files were read as one with it. */
static const char *path_text(struct kb_cli *cli, const char *path, const struct kb_cli_pieces *pieces)
{
    const char *shown = kb_escape(cli->arena, path, strlen(path));
    return pieces->n
               ? kb_pick(kb_text_new(cli->arena, "%s (%zu pieces as one)", "%s（分割 %zu 個を結合）", shown, pieces->n),
                         cli->lang)
               : shown;
}

static void show_path(struct kb_cli *cli, const char *path, const struct kb_cli_pieces *pieces,
                      const struct kb_path_result *item)
{
    const struct kb_set_result *r = &item->result;
    const char *parts[] = {
        path_text(cli, path, pieces),
        kb_pick(kb_text_new(cli->arena, "%s files", "%s ファイル", kb_show_count(cli->arena, r->files)), cli->lang),
        kb_show_bytes(cli->arena, r->bytes_read),
        kb_show_ns(cli->arena, r->read_ns, cli->lang),
        kb_show_rate(cli->arena, r->bytes_read, r->read_ns),
        kb_proof_told(cli->arena, item->proof, cli->lang),
        bag_text(cli, r)};
    size_t n = sizeof parts / sizeof *parts;
    int status = item->fault ? KB_UNIT_NOT_RUN : (int)item->status; /* a fault is no verdict */
    (void)printf("%s  ", kb_show_mark(cli, status));
    kb_show_parts(stdout, cli->columns, MARK_COLUMNS, "    ", parts, parts[n - 1] ? n : n - 1);
    show_findings(cli, item->findings.v, item->findings.n);
    for (size_t i = 0; i < r->caveats.n; i++)
        show_noted(cli, "  · ", r->caveats.v[i]);
}

static json_t *path_json(const char *path, const struct kb_cli_pieces *pieces, const struct kb_path_result *item,
                         struct kb_arena *arena)
{
    json_t *names = pieces->n ? json_array() : NULL;
    for (size_t i = 0; i < pieces->n; i++) {
        const char *name = strrchr(pieces->paths[i], '/') + 1;
        (void)json_array_append_new(names, json_string(kb_escape(arena, name, strlen(name))));
    }
    return json_pack("{s:s, s:o*, s:s, s:s*, s:o, s:o, s:o*}", "path", kb_escape(arena, path, strlen(path)), "pieces",
                     names, "status", kb_unit_status_names[item->status], "proof", item->proof, "result",
                     kb_shape_write(&kb_set_result_shape, &item->result), "findings",
                     kb_findings_json(item->findings.v, item->findings.n), "fault",
                     item->fault ? kb_shape_write(&kb_fault_shape, item->fault) : NULL);
}

/* fault > 1 > 0, over all paths */
static int worse(int status, const struct kb_path_result *item)
{
    int this = item->fault ? (int)-item->fault->code : item->status != KB_UNIT_GOOD;
    return this > status ? this : status;
}

static void add_caveat(struct kb_cli *cli, struct kb_set_result *r, struct kb_text told)
{
    struct kb_text *caveats = kb_alloc(cli->arena, r->caveats.n + 1, sizeof *caveats);
    caveats[0] = told;
    if (r->caveats.n)
        memcpy(caveats + 1, r->caveats.v, r->caveats.n * sizeof *caveats);
    r->caveats.v = caveats;
    r->caveats.n++;
}

/* The first and the last of a split backup may be missing without a gap in the names. */
static struct kb_text joined_text(struct kb_cli *cli, const struct kb_cli_pieces *pieces)
{
    const char *first = strrchr(pieces->paths[0], '/') + 1, *last = strrchr(pieces->paths[pieces->n - 1], '/') + 1;
    return kb_text_new(
        cli->arena,
        "Read as one file, by their names: %1$s to %2$s. If a piece before or behind them is missing, "
        "bring it here and verify again.",
        "名前に従い、%1$s から %2$s までを1つのファイルとして読みました。この前か後の部分が欠けている場合は、"
        "同じフォルダに置いて検証し直してください。",
        kb_escape(cli->arena, first, strlen(first)), kb_escape(cli->arena, last, strlen(last)));
}

/* A piece of a split backup is red for what it is, not for what the pass makes of it. */
static void tell_pieces(struct kb_cli *cli, const char *path, const struct kb_cli_pieces *pieces,
                        struct kb_path_result *item)
{
    struct kb_text told;
    if (item->status == KB_UNIT_GOOD || item->fault)
        return;
    if (pieces->n)
        add_caveat(cli, &item->result, joined_text(cli, pieces));
    else if (kb_cli_piece(cli, path, &told))
        add_caveat(cli, &item->result, told);
}

/* Those that lie beside it, if it is one of several. false: they were verified already, under another name of them. */
static bool take_pieces(struct kb_cli *cli, const char *given, const char **before, size_t *n_before,
                        struct kb_cli_pieces *ret_pieces)
{
    struct stat st;
    char *whole = realpath(given, NULL);
    *ret_pieces = (struct kb_cli_pieces){0};
    bool found = whole && !stat(whole, &st) && S_ISREG(st.st_mode) && kb_cli_pieces(cli, whole, ret_pieces);
    free(whole);
    for (size_t i = 0; found && i < *n_before; i++)
        if (!strcmp(before[i], ret_pieces->paths[0]))
            return false;
    if (found)
        before[(*n_before)++] = ret_pieces->paths[0];
    return true;
}

static int verify_path(struct kb_cli *cli, const char *given, const struct kb_cli_pieces *pieces, int key_fd,
                       struct kb_path_result *item, struct kb_err *err)
{
    struct kb_run_path path = {.list_fd = -1, .n_pieces = pieces->n, .pieces = pieces->paths};
    int code = kb_cli_format(cli, given, &path.format, err);
    if (!code)
        code = kb_cli_order(cli, &path.order, err);
    if (code)
        return code;
    if (!kb_is_utf8(given, strlen(given)))
        return kb_fail(err, KB_EUSAGE, "%s is not UTF-8; verify its folder, or rename it",
                       "%s は UTF-8 ではありません。上のフォルダを指定するか、名前を変えてください",
                       kb_escape(cli->arena, given, strlen(given)));
    char *whole = realpath(given, NULL);
    const char *manifest = cli->option[KB_OPTION_MANIFEST];
    char *whole_manifest = manifest ? realpath(manifest, NULL) : NULL;
    if (!whole || (manifest && !whole_manifest)) {
        const char *missing = whole ? manifest : given;
        code = kb_fail(err, kb_code_of_errno(errno), "%s: %s", "%s: %s",
                       kb_escape(cli->arena, missing, strlen(missing)), strerror(errno));
    } else {
        path.path = whole;
        path.key_fd = key_fd;
        path.manifest = whole_manifest;
        struct kb_progress_view view;
        kb_progress_begin(&view, cli);
        code = kb_run_verify_path(&path, &cli->place, on_progress, &view, cli->arena, item, err);
        kb_progress_clear(&view);
        if (!code && path.format == KB_FORMAT_ARCHIVE)
            tell_pieces(cli, given, pieces, item);
    }
    free(whole);
    free(whole_manifest);
    return code;
}

/* What cannot be looked at is told beside the others, which are looked at all the same. */
static void could_not(struct kb_cli *cli, struct kb_path_result *item, const struct kb_err *err)
{
    *item = (struct kb_path_result){.status = KB_UNIT_FAILED, .fault = kb_fault_of(cli->arena, err)};
    kb_shape_init(&kb_set_result_shape, &item->result);
    item->proof = kb_proof_show(cli->arena, &item->result.proof, 0);
}

static int verify_paths(struct kb_cli *cli, struct kb_cli_secrets *secrets, struct kb_err *err)
{
    json_t *items = json_array();
    const char **joined = kb_alloc(cli->arena, cli->n_args, sizeof *joined);
    size_t n_joined = 0;
    int status = 0, code = 0;
    for (size_t i = 0; i < cli->n_args && code != KB_ECANCELED; i++) {
        struct kb_path_result item = {0};
        struct kb_cli_pieces pieces;
        int key_fd = 0;
        if (!take_pieces(cli, cli->args[i], joined, &n_joined, &pieces))
            continue;
        code = secrets->keys.open(secrets, NULL, &key_fd, err);
        if (!code)
            code = verify_path(cli, cli->args[i], &pieces, key_fd, &item, err);
        if (key_fd > 0)
            (void)close(key_fd);
        if (code == KB_ECANCELED)
            break;
        if (code)
            could_not(cli, &item, err);
        status = worse(status, &item);
        if (cli->json)
            (void)json_array_append_new(items, path_json(cli->args[i], &pieces, &item, cli->arena));
        else
            show_path(cli, cli->args[i], &pieces, &item);
        if (item.fault) {
            kb_fault_to_err(item.fault, err);
            kb_show_err(stderr, err, cli->lang);
        }
    }
    bool canceled = code == KB_ECANCELED;
    if (cli->json && !canceled)
        kb_show_json("verify", status, json_pack("{s:O}", "items", items));
    json_decref(items);
    return canceled ? code : status;
}

static int check_sets(const struct kb_cli *cli, const struct kb_plan *plan, struct kb_err *err)
{
    for (size_t i = 0; i < cli->n_args; i++)
        if (!kb_plan_set(plan, cli->args[i]))
            return kb_fail(err, KB_EUSAGE, "the plan has no backup set `%s`",
                           "計画にバックアップセット `%s` はありません",
                           kb_escape(cli->arena, cli->args[i], strlen(cli->args[i])));
    return 0;
}

static bool is_asked_for(const struct kb_cli *cli, const char *set)
{
    for (size_t i = 0; i < cli->n_args; i++)
        if (!strcmp(cli->args[i], set))
            return true;
    return !cli->n_args;
}

static void on_unit_progress(void *owner, const struct kb_record_unit *unit, const struct kb_progress *progress)
{
    kb_progress_show(owner, unit->set, progress);
}

static void on_unit_stalled(void *owner, const struct kb_record_unit *unit, const struct kb_stall *stall)
{
    kb_progress_stalled(owner, unit->set, stall);
}

static int show_record(struct kb_cli *cli, const struct kb_record *record, int status, struct kb_err *err)
{
    if (cli->json) {
        kb_show_json("verify", status, json_pack("{s:o}", "record", kb_shape_write(&kb_record_shape, record)));
        return status;
    }
    const struct kb_report report = {
        .record = record, .lang = (int)cli->lang, .color = cli->color, .columns = cli->columns};
    int code = kb_report_lines(&report, stdout, err);
    if (record->fault) {
        kb_fault_to_err(record->fault, err);
        kb_show_err(stderr, err, cli->lang);
    }
    return code ? code : status;
}

static int take_time(const struct kb_cli *cli, struct kb_run_params *params, struct kb_err *err)
{
    const char *given = cli->option[KB_OPTION_MAX_DURATION];
    if (given && (!kb_duration_parse(given, &params->max_duration) || params->max_duration <= 0))
        return kb_fail(err, KB_EUSAGE, "--max-duration takes a time such as 2h or 90m, not `%s`",
                       "--max-duration は 2h・90m のような時間です（`%s` は読めません）",
                       kb_escape(cli->arena, given, strlen(given)));
    return kb_cli_order(cli, &params->order, err);
}

static int verify_plan(struct kb_cli *cli, struct kb_err *err)
{
    const struct kb_plan *plan = NULL;
    struct kb_ledger *ledger = NULL;
    int code = kb_cli_plan(cli, cli->option[KB_OPTION_PLAN], &plan, err);
    if (!code)
        code = check_sets(cli, plan, err);
    if (!code)
        code = kb_place_ledger(cli, plan, &ledger, err);
    struct kb_cli_secrets secrets = {0};
    const struct kb_set **sets = NULL;
    size_t n_sets = 0;
    for (size_t i = 0; !code && i < plan->backup_sets.n; i++)
        if (is_asked_for(cli, plan->backup_sets.v[i].id)) {
            sets = kb_grow(cli->arena, sets, n_sets, sizeof *sets);
            sets[n_sets++] = &plan->backup_sets.v[i];
        }
    if (!code)
        code = kb_secrets_take(cli, plan, &secrets, err);
    if (!code)
        code = kb_secrets_ask(&secrets, plan, sets, n_sets, err);
    secrets.keys.owner = &secrets;
    struct kb_progress_view view;
    kb_progress_begin(&view, cli);
    const struct kb_run_watch watch = {
        .owner = &view, .unit_progress = on_unit_progress, .unit_stalled = on_unit_stalled};
    struct kb_run_params params = {.plan = plan,
                                   .kind = KB_RECORD_VERIFY,
                                   .sets = cli->args,
                                   .n_sets = cli->n_args,
                                   .disrupted_at = KB_ABSENT,
                                   .place = &cli->place,
                                   .keys = &secrets.keys,
                                   .watch = &watch,
                                   .ledger = ledger};
    const struct kb_record *record = NULL;
    int status = 0;
    if (!code)
        code = take_time(cli, &params, err);
    if (!code)
        code = kb_run_drill(&params, cli->arena, &record, &status, err);
    kb_progress_clear(&view);
    kb_secrets_done(&secrets);
    kb_ledger_free(ledger);
    return code ? code : show_record(cli, record, status, err);
}

static int verify(struct kb_cli *cli, struct kb_err *err)
{
    if (cli->option[KB_OPTION_PLAN])
        return verify_plan(cli, err);
    if (cli->option[KB_OPTION_MAX_DURATION])
        return kb_fail(err, KB_EUSAGE, "--max-duration goes with --plan: a path alone leaves nothing to go on from",
                       "--max-duration は --plan と一緒に使います（パスだけの検証は途中の状態を残しません）");
    if (!cli->n_args)
        return kb_fail(err, KB_EUSAGE, "name a file or folder, or --plan PLAN; see `koboshi verify --help`",
                       "ファイルかフォルダ、または --plan 計画 を指定してください（`koboshi verify --help` を参照）");
    int format;
    enum kb_order order;
    int code = kb_cli_format_given(cli, &format, err); /* a wrong option is not a fault of each path */
    if (!code)
        code = kb_cli_order(cli, &order, err);
    struct kb_cli_secrets secrets = {0};
    if (!code)
        code = kb_secrets_take(cli, NULL, &secrets, err);
    if (!code)
        code = verify_paths(cli, &secrets, err);
    kb_secrets_done(&secrets);
    return code;
}

const struct kb_cmd kb_cmd_verify = {
    .name = "verify",
    .arguments = "PATH… | --plan PLAN [SET…]",
    .summary = {"復元せずに検証する: 最後まで読み、形式とハッシュを確かめる",
                "verify without restoring: read to the end, check structure and hashes"},
    .detail =
        {"PATH  計画なしで検証するバックアップ（ファイルかフォルダ）\nSET   計画のバックアップセットの識別名（既定: "
         "すべて）\n例: koboshi verify share-20261120.tar.zst --manifest share-20261120.sha256\n",
         "PATH  backups, files or folders, without a plan\nSET   ids of backup sets of the plan (default: "
         "all)\nExample: koboshi verify share-20261120.tar.zst --manifest share-20261120.sha256\n"},
    .options = KB_OPTS_ALWAYS | KB_OPT(SANDBOX) | KB_OPT(PLAN) | KB_OPT(FORMAT) | KB_OPT(MANIFEST) | KB_OPT(KEY_FILE) |
               KB_OPT(ORDER) | KB_OPT(MAX_DURATION),
    .max_args = SIZE_MAX,
    .run = verify,
};
