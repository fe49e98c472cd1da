/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi swap: may the disk of the week be exchanged? */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/ledger.h"

static int find_rotation(const struct kb_cli *cli, const struct kb_plan *plan, const struct kb_rotation **ret_rotation,
                         struct kb_err *err)
{
    const char *names = "";
    const char *wanted = cli->n_args > 1 ? cli->args[1] : NULL;
    for (size_t i = 0; i < plan->rotations.n; i++) {
        names = kb_sprintf(cli->arena, "%s%s%s", names, i ? ", " : "", plan->rotations.v[i].id);
        if (wanted ? !strcmp(wanted, plan->rotations.v[i].id) : plan->rotations.n == 1) {
            *ret_rotation = &plan->rotations.v[i];
            return 0;
        }
    }
    if (!plan->rotations.n)
        return kb_fail(err, KB_EUSAGE,
                       "the plan has no `rotations`: no disks that take turns. Write, for example, rotations: {weekly: "
                       "{disks: [hdd-a, hdd-b], swap: fri}}",
                       "計画に rotations（交代で使うディスク）がありません。例えば rotations: {weekly: {disks: [hdd-a, "
                       "hdd-b], swap: fri}} と書いてください");
    return wanted
               ? kb_fail(err, KB_EUSAGE, "the plan has no rotation `%s`; it has: %s",
                         "計画に交換サイクル `%s` はありません。あるのは: %s",
                         kb_escape(cli->arena, wanted, strlen(wanted)), names)
               : kb_fail(err, KB_EUSAGE, "name one of the rotations: %s", "交換サイクルを指定してください: %s", names);
}

static int find_to(const struct kb_cli *cli, struct kb_swap_params *params, struct kb_err *err)
{
    const char *to = cli->option[KB_OPTION_TO];
    for (size_t i = 0; to && i < params->rotation->disks.n; i++)
        if (!strcmp(params->rotation->disks.v[i], to))
            params->to = kb_plan_medium(params->plan, to);
    if (!to || params->to)
        return 0;
    return kb_fail(err, KB_EUSAGE, "`%s` is no disk of the rotation %s",
                   "`%s` は交換サイクル %s のディスクではありません", kb_escape(cli->arena, to, strlen(to)),
                   params->rotation->id);
}

static const char *moment(struct kb_cli *cli, int64_t utc_s)
{
    return utc_s == KB_ABSENT ? "–" : kb_time_show(cli->arena, utc_s);
}

static const char *size_of(struct kb_cli *cli, const struct kb_generation *generation)
{
    return !generation || generation->bytes == KB_ABSENT ? "–" : kb_show_bytes(cli->arena, generation->bytes);
}

static void show_set(struct kb_cli *cli, const struct kb_swap_set *set)
{
    static const struct kb_text answers[] = {
        {"計画になし", "none in the plan"}, {"なし", "missing"}, {"あり", "there"}};
    const char *title = kb_pick(set->set->title, cli->lang);
    (void)printf("  %s\n", kb_printable(cli->arena, *title ? title : set->set->id));
    if (!set->newest)
        return;
    kb_print(stdout, cli->lang, "    %s  %s  (%lld generations)\n", "    %s  %s（%lld 世代）\n",
             kb_escape(cli->arena, set->newest->path, strlen(set->newest->path)),
             moment(cli, set->newest->point_in_time), (long long)set->n);
    kb_print(stdout, cli->lang, "    fresh until %s · %s (before: %s) · verified %s · manifest %s\n",
             "    期限 %s ・ %s（前の世代 %s）・ 検証 %s ・ ハッシュ一覧 %s\n", moment(cli, set->fresh_until),
             size_of(cli, set->newest), size_of(cli, set->previous), moment(cli, set->verified),
             kb_pick(answers[set->manifest + 1], cli->lang));
    if (set->compared)
        kb_print(stdout, cli->lang, "    since it was here last: %lld new, %lld gone, %lld rewritten\n",
                 "    前回からの変化: 新しい世代 %lld、なくなった世代 %lld、書き換え %lld\n", (long long)set->n_new,
                 (long long)set->n_vanished, (long long)set->n_rewritten);
}

static void show(struct kb_cli *cli, const struct kb_plan *plan, const struct kb_swap *swap)
{
    const char *in = swap->in ? kb_medium_name(cli->arena, swap->in) : "–";
    const char *out = kb_medium_name(cli->arena, swap->out);
    size_t bad = 0;
    const char *used = swap->turn.out ? kb_medium_name(cli->arena, kb_plan_medium(plan, swap->turn.out)) : NULL;
    struct kb_turn turn = swap->turn;
    turn.out = swap->out->id;
    turn.in = swap->in ? swap->in->id : NULL;
    kb_show_turn(cli, plan, &turn);
    bool ready = swap->state.status == KB_MEDIUM_READY;
    (void)printf("%s  %s\n", out, kb_pick(ready ? swap->look->state.detail : swap->state.detail, cli->lang));
    if (used && strcmp(swap->turn.out, swap->out->id) != 0)
        kb_print(stdout, cli->lang, "  · by the ledger, %s is in use: is its exchange missing there?\n",
                 "  · 台帳では %s が使用中です。前回の交換が記録されていない可能性があります\n", used);
    for (size_t i = 0; i < swap->sets.n; i++)
        show_set(cli, &swap->sets.v[i]);
    if (!swap->last)
        kb_print(stdout, cli->lang, "  · nothing to compare with: no earlier exchange of it is in the ledger\n",
                 "  · 前回との比較はできません（このディスクの交換が台帳にありません）\n");
    for (size_t i = 0; i < swap->findings.n; i++) {
        kb_show_finding(cli, &swap->findings.v[i]);
        bad += swap->findings.v[i].severity == KB_BAD;
    }
    if (swap->good)
        kb_print(stdout, cli->lang, "It may be exchanged: take out %s, attach %s.\n",
                 "交換できます。%s を外し、%s を接続してください。\n", out, in);
    else
        kb_print(stdout, cli->lang, "Do not exchange %s yet: %zu reasons.\n",
                 "まだ %s を交換しないでください（理由 %zu 件）。\n", out, bad);
    if (swap->state.status == KB_MEDIUM_READY && swap->state.root && !swap->state.mounted_by_us)
        kb_print(stdout, cli->lang, "Before you pull it: unmount %s.\n", "抜く前に %s をアンマウントしてください。\n",
                 kb_printable(cli->arena, swap->state.root));
}

static json_t *set_json(struct kb_cli *cli, const struct kb_swap_set *set)
{
    static const char *const answers[] = {NULL, "missing", "there"};
    struct kb_arena *arena = cli->arena;
    return json_pack("{s:s, s:I, s:s*, s:s*, s:o*, s:o*, s:s*, s:b, s:I, s:I, s:I}", "set", set->set->id, "generations",
                     (json_int_t)set->n, "fresh_until",
                     set->fresh_until == KB_ABSENT ? NULL : kb_time_rfc3339(arena, set->fresh_until), "verified",
                     set->verified == KB_ABSENT ? NULL : kb_time_rfc3339(arena, set->verified), "newest",
                     set->newest ? kb_shape_write(&kb_generation_shape, set->newest) : NULL, "previous",
                     set->previous ? kb_shape_write(&kb_generation_shape, set->previous) : NULL, "manifest",
                     answers[set->manifest + 1], "compared", set->compared, "new", (json_int_t)set->n_new, "vanished",
                     (json_int_t)set->n_vanished, "rewritten", (json_int_t)set->n_rewritten);
}

static void show_json(struct kb_cli *cli, const struct kb_swap *swap, bool logged, int status)
{
    json_t *sets = json_array();
    for (size_t i = 0; i < swap->sets.n; i++)
        (void)json_array_append_new(sets, set_json(cli, &swap->sets.v[i]));
    kb_show_json("swap", status,
                 json_pack("{s:o, s:s, s:s*, s:b, s:b, s:o, s:o, s:o}", "turn", kb_turn_json(cli, &swap->turn), "out",
                           swap->out->id, "in", swap->in ? swap->in->id : NULL, "good", swap->good, "logged", logged,
                           "state", kb_shape_write(&kb_medium_state_shape, &swap->state), "sets", sets, "findings",
                           kb_findings_json(swap->findings.v, swap->findings.n)));
}

static bool can_ask(void)
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

static bool is_confirmed(const struct kb_cli *cli)
{
    char answer[16] = "";
    (void)fflush(stdout);
    kb_print(stderr, cli->lang, "Write the exchange to the ledger? [y/N] ", "交換を台帳に記録しますか？ [y/N] ");
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* What was not done is never written as done: without --yes a person must say that it is. */
static int log_it(struct kb_cli *cli, const struct kb_swap_params *params, const struct kb_swap *swap, bool *ret_logged,
                  struct kb_err *err)
{
    bool yes = cli->option[KB_OPTION_YES] != NULL;
    if (!yes && (!swap->good || !can_ask()))
        return 0;
    if (!yes && !is_confirmed(cli))
        return kb_fail(err, KB_ECANCELED, "nothing was written to the ledger", "台帳には記録していません");
    int code = kb_run_swap_log(params, swap, cli->arena, err);
    *ret_logged = !code;
    return code;
}

static void show_logged(const struct kb_cli *cli, const struct kb_swap *swap, bool logged)
{
    if (logged)
        kb_print(stdout, cli->lang, "The exchange is in the ledger.\n", "交換を台帳に記録しました。\n");
    else if (swap->good)
        kb_print(stdout, cli->lang, "Nothing was written to the ledger; once it is exchanged, run again with --yes.\n",
                 "台帳には記録していません。交換するときは --yes を付けて実行してください。\n");
    else
        kb_print(stdout, cli->lang, "Nothing was written to the ledger; if it is exchanged all the same, use --yes.\n",
                 "台帳には記録していません。それでも交換する場合は --yes を付けて記録してください。\n");
}

static void on_progress(void *owner, const struct kb_record_unit *unit, const struct kb_progress *progress)
{
    kb_progress_show(owner, unit->set, progress);
}

static int judge(struct kb_cli *cli, struct kb_swap_params *params, struct kb_err *err)
{
    struct kb_progress_view view;
    kb_progress_begin(&view, cli);
    const struct kb_run_watch watch = {.owner = &view, .unit_progress = on_progress};
    const struct kb_swap *swap = NULL;
    params->watch = &watch;
    int code = kb_run_swap(params, cli->arena, &swap, err);
    kb_progress_clear(&view);
    if (code)
        return code;
    bool logged = false;
    int status = swap->good ? 0 : 1;
    if (!cli->json)
        show(cli, params->plan, swap);
    code = log_it(cli, params, swap, &logged, err);
    if (code)
        return code;
    if (cli->json)
        show_json(cli, swap, logged, status);
    else
        show_logged(cli, swap, logged);
    return status;
}

static int swap_disks(struct kb_cli *cli, struct kb_err *err)
{
    struct kb_swap_params params = {.place = &cli->place, .verify = cli->option[KB_OPTION_VERIFY] != NULL};
    int code = kb_cli_plan(cli, cli->args[0], &params.plan, err);
    if (!code)
        code = find_rotation(cli, params.plan, &params.rotation, err);
    if (!code)
        code = find_to(cli, &params, err);
    if (!code)
        code = kb_place_ledger(cli, params.plan, &params.ledger, err);
    if (!code)
        code = judge(cli, &params, err);
    kb_ledger_free(params.ledger);
    return code;
}

const struct kb_cmd kb_cmd_swap = {
    .name = "swap",
    .arguments = "PLAN [ROTATION]",
    .summary = {"ディスクの交換前に確かめる: 新しいか・検証したか・前回から何が変わったか。交換を台帳に残す",
                "before a disk is exchanged: is it fresh, verified, what has changed; logs the exchange"},
    .detail = {"PLAN      計画ファイル（YAML）\nROTATION  交換サイクルの識別名（既定: 1つしかなければそれ）\n例: "
               "koboshi swap plan.yaml --verify\n",
               "PLAN      the plan, a YAML file\nROTATION  id of the rotation (default: its only one)\nExample: "
               "koboshi swap plan.yaml --verify\n"},
    .options = KB_OPTS_ALWAYS | KB_OPT(SANDBOX) | KB_OPT(TO) | KB_OPT(VERIFY) | KB_OPT(YES),
    .min_args = 1,
    .max_args = 2,
    .run = swap_disks,
};
