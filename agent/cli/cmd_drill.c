/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi drill: the whole drill, from plan to signed record. */
#include <string.h>
#include <unistd.h>

#include "attend.h"
#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/ledger.h"
#include "koboshi/report.h"
#include "sealed.h"
#include "secrets.h"

/* What the watch of a drill needs. */
struct watching {
    struct kb_progress_view view;
    struct kb_talk talk;
};

static const char *title_of(const struct kb_cli *cli, const struct kb_record_unit *unit)
{
    const char *title = kb_pick(unit->title, cli->lang);
    return *title ? title : unit->set;
}

/* The word for people; English keeps the id, which is what the plan calls it. */
static const char *step_word(const struct kb_cli *cli, const struct kb_record_step *step)
{
    static const char *const words[] = {
        [KB_DO_VERIFY] = "検証", [KB_DO_RESTORE] = "検証・復元", [KB_DO_PROBE] = "使用確認"};
    bool known = (size_t)step->act < sizeof words / sizeof *words && words[step->act];
    return cli->lang == KB_JA && known ? words[step->act] : step->id;
}

static void on_started(void *owner, const struct kb_record_unit *unit, const struct kb_record_step *step)
{
    struct kb_progress_view *view = &((struct watching *)owner)->view;
    kb_progress_clear(view);
    if (!view->cli->terminal)
        (void)fprintf(stderr, "%s: %s %s\n", kb_printable(view->cli->arena, title_of(view->cli, unit)),
                      step_word(view->cli, step), unit->file ? unit->file : "");
}

static void on_progress(void *owner, const struct kb_record_unit *unit, const struct kb_progress *progress)
{
    struct watching *watching = owner;
    if (!watching->talk.asking)
        kb_progress_show(&watching->view, title_of(watching->view.cli, unit), progress);
}

static void on_stalled(void *owner, const struct kb_record_unit *unit, const struct kb_stall *stall)
{
    struct watching *watching = owner;
    if (!watching->talk.asking)
        kb_progress_stalled(&watching->view, title_of(watching->view.cli, unit), stall);
}

static void on_ended(void *owner, const struct kb_record_unit *unit)
{
    struct kb_progress_view *view = &((struct watching *)owner)->view;
    kb_progress_clear(view);
    if (!view->cli->terminal)
        (void)fprintf(stderr, "%s: %s\n", kb_printable(view->cli->arena, title_of(view->cli, unit)),
                      unit->status == KB_UNIT_NOT_RUN ? kb_pick((struct kb_text){"未実施", "not run"}, view->cli->lang)
                      : unit->status == KB_UNIT_CANCELED
                          ? kb_pick((struct kb_text){"中止", "cancelled"}, view->cli->lang)
                          : kb_show_mark(view->cli, unit->status));
}

/* Without a name: the plan's only drill, or all systems. */
static int find_drill(const struct kb_cli *cli, const struct kb_plan *plan, const struct kb_drill **ret_drill,
                      struct kb_err *err)
{
    *ret_drill = plan->drills.n == 1 ? &plan->drills.v[0] : NULL;
    if (cli->n_args < 2)
        return 0;
    *ret_drill = kb_plan_drill(plan, cli->args[1]);
    if (*ret_drill)
        return 0;
    const char *names = "";
    for (size_t i = 0; i < plan->drills.n; i++)
        names = kb_sprintf(cli->arena, "%s%s%s", names, i ? ", " : "", plan->drills.v[i].id);
    const char *given = kb_escape(cli->arena, cli->args[1], strlen(cli->args[1]));
    return kb_fail(err, KB_EUSAGE, "the plan has no drill `%s`; it has: %s",
                   "計画に訓練 `%s` はありません。あるのは: %s", given, names);
}

bool kb_drill_has(const struct kb_drill *drill, const char *system)
{
    for (size_t i = 0; drill && i < drill->systems.n; i++)
        if (!strcmp(drill->systems.v[i], system))
            return true;
    return !drill || !drill->systems.n;
}

static int check_systems(const struct kb_cli *cli, const struct kb_plan *plan, const struct kb_drill *drill,
                         struct kb_err *err)
{
    const char *names = "";
    for (size_t i = 0; i < plan->systems.n; i++)
        if (kb_drill_has(drill, plan->systems.v[i].id))
            names = kb_sprintf(cli->arena, "%s%s%s", names, *names ? ", " : "", plan->systems.v[i].id);
    for (size_t i = 0; i < cli->systems.n; i++) {
        const char *given = kb_escape(cli->arena, cli->systems.v[i], strlen(cli->systems.v[i]));
        if (!kb_plan_system(plan, cli->systems.v[i]))
            return kb_fail(err, KB_EUSAGE, "the plan has no system `%s`; the drill has: %s",
                           "計画にシステム `%s` はありません。この訓練にあるのは: %s", given, names);
        if (!kb_drill_has(drill, cli->systems.v[i]))
            return kb_fail(err, KB_EUSAGE, "the system `%s` is not part of the drill `%s`, which has: %s",
                           "システム `%s` は訓練 `%s` の対象ではありません。対象は: %s", given, drill->id, names);
    }
    return 0;
}

static void show_json(const struct kb_cli *cli, const struct kb_record *record, const char *record_file,
                      const char *report_file, int status)
{
    kb_show_json("drill", status,
                 json_pack("{s:s, s:s*, s:o}", "record_file", kb_printable(cli->arena, record_file), "report_file",
                           kb_printable(cli->arena, report_file), "record", kb_shape_write(&kb_record_shape, record)));
}

static int show_lines(struct kb_cli *cli, const struct kb_record *record, const char *record_file,
                      const char *report_file, struct kb_err *err)
{
    struct kb_report_seal seal;
    int code = kb_seal_of(cli, &seal, err);
    if (code)
        return code;
    const struct kb_report report = {.record = record,
                                     .seal = &seal,
                                     .lang = (int)cli->lang,
                                     .color = cli->color,
                                     .columns = cli->columns,
                                     .record_file = record_file,
                                     .report_file = report_file};
    code = kb_report_lines(&report, stdout, err);
    if (!code && record->scratch)
        kb_print(stdout, cli->lang, "restored data, still there: %s\n", "復元したデータ（残っています）: %s\n",
                 kb_printable(cli->arena, record->scratch));
    return code;
}

/* The record comes first: it is there whether or not a report could be made of it. */
static int show(struct kb_cli *cli, const struct kb_record *record, int status, struct kb_err *err)
{
    const char *folder = kb_sprintf(cli->arena, "%s/drills/%06lld", cli->ledger, (long long)record->id);
    const char *record_file = kb_sprintf(cli->arena, "%s/record.json", folder);
    const char *report_file = kb_sprintf(cli->arena, "%s/report.html", folder);
    struct kb_err no_report = {0};
    if (kb_render_report(cli, record->id, report_file, &no_report))
        report_file = NULL;
    if (no_report.code && (status <= 1 || status == -KB_EAGAIN))
        status = -no_report.code;
    int code = 0;
    if (cli->json)
        show_json(cli, record, record_file, report_file, status);
    else
        code = show_lines(cli, record, record_file, report_file, err);
    if (record->fault) {
        struct kb_err fault = {0};
        kb_fault_to_err(record->fault, &fault);
        kb_show_err(stderr, &fault, cli->lang);
    }
    if (no_report.code)
        kb_show_err(stderr, &no_report, cli->lang);
    return code ? code : status;
}

/* Only the keys of what this drill may read are asked for. */
static int take_keys(struct kb_cli *cli, const struct kb_plan *plan, const struct kb_drill *drill,
                     struct kb_cli_secrets *ret_secrets, struct kb_err *err)
{
    const struct kb_set **sets = NULL;
    size_t n = 0;
    for (size_t i = 0; i < plan->systems.n; i++) {
        const struct kb_system *system = &plan->systems.v[i];
        const char *host = cli->option[KB_OPTION_HOST];
        bool chosen = !cli->systems.n && kb_drill_has(drill, system->id) &&
                      (!host || (system->on && !strcmp(system->on, host)));
        for (size_t k = 0; k < cli->systems.n; k++)
            chosen |= !strcmp(cli->systems.v[k], system->id);
        for (size_t k = 0; chosen && k < system->backup_sets.n; k++) {
            sets = kb_grow(cli->arena, sets, n, sizeof *sets);
            sets[n++] = kb_plan_set(plan, system->backup_sets.v[k]);
        }
    }
    int code = kb_secrets_take(cli, plan, ret_secrets, err);
    return code ? code : kb_secrets_ask(ret_secrets, plan, sets, n, err);
}

/* It waits for `--resume`; there is no record yet. */
static int show_stopped(const struct kb_cli *cli, int status)
{
    if (cli->json)
        kb_show_json("drill", status, json_pack("{s:b}", "stopped", true));
    const char *name = cli->n_args > 1 ? kb_escape(cli->arena, cli->args[1], strlen(cli->args[1])) : "";
    kb_print(stderr, cli->lang,
             "The drill waits. To go on: koboshi drill %s %s --attend --resume (with the same folders as now)\n",
             "訓練は中断中です。再開: koboshi drill %s %s --attend --resume（フォルダの指定は今回と同じにします）\n",
             kb_escape(cli->arena, cli->args[0], strlen(cli->args[0])), name);
    return status;
}

static int check_attend(const struct kb_cli *cli, struct kb_err *err)
{
    bool attend = cli->option[KB_OPTION_ATTEND], resume = cli->option[KB_OPTION_RESUME],
         discard = cli->option[KB_OPTION_DISCARD];
    if ((resume || discard) && !attend)
        return kb_fail(err, KB_EUSAGE, "--resume and --discard belong to --attend",
                       "--resume と --discard は --attend と一緒に指定します");
    if (resume && discard)
        return kb_fail(err, KB_EUSAGE, "--resume and --discard exclude each other",
                       "--resume と --discard は同時に指定できません");
    if (resume && (cli->systems.n || cli->option[KB_OPTION_DISRUPTED_AT] || cli->option[KB_OPTION_GENERATION] ||
                   cli->option[KB_OPTION_THREAT] || cli->option[KB_OPTION_HOST] || cli->option[KB_OPTION_SEED] ||
                   cli->option[KB_OPTION_KEEP]))
        return kb_fail(err, KB_EUSAGE, "a resumed drill keeps the options it began with; leave them away",
                       "再開する訓練には、開始時の指定がそのまま使われます。指定を外してください");
    return 0;
}

static int drill(struct kb_cli *cli, struct kb_err *err)
{
    const struct kb_plan *plan = NULL;
    struct kb_run_params params = {.kind = KB_RECORD_DRILL, .disrupted_at = KB_ABSENT, .place = &cli->place};
    const char *at = cli->option[KB_OPTION_DISRUPTED_AT];
    int code = check_attend(cli, err);
    if (!code)
        code = kb_cli_order(cli, &params.order, err);
    if (!code)
        code = kb_cli_plan(cli, cli->args[0], &plan, err);
    if (!code && at && !kb_time_parse(at, &params.disrupted_at))
        code = kb_fail(err, KB_EUSAGE, "--disrupted-at takes a time such as 2026-12-05T09:00:00+09:00, not `%s`",
                       "--disrupted-at は 2026-12-05T09:00:00+09:00 の形式です（`%s` は読めません）",
                       kb_escape(cli->arena, at, strlen(at)));
    if (!code && params.disrupted_at != KB_ABSENT && params.disrupted_at > kb_wall_s())
        code = kb_fail(err, KB_EUSAGE, "--disrupted-at %s lies in the future", "--disrupted-at %s は未来の時刻です",
                       at);
    if (!code)
        code = find_drill(cli, plan, &params.drill, err);
    if (!code)
        code = check_systems(cli, plan, params.drill, err);
    if (!code)
        code = kb_cli_assumptions(cli, plan, &params, err);
    struct kb_ledger *ledger = NULL;
    if (!code)
        code = kb_place_ledger(cli, plan, &ledger, err);
    struct kb_cli_secrets secrets = {0};
    if (!code)
        code = take_keys(cli, plan, params.drill, &secrets, err);
    secrets.keys.owner = &secrets;
    params.keys = &secrets.keys;
    struct watching watching = {0};
    struct kb_run_attend attend;
    kb_progress_begin(&watching.view, cli);
    kb_talk_begin(&watching.talk, cli, &watching.view, &attend);
    attend.resume = cli->option[KB_OPTION_RESUME] != NULL;
    attend.discard = cli->option[KB_OPTION_DISCARD] != NULL;
    const struct kb_run_watch watch = {.owner = &watching,
                                       .unit_started = on_started,
                                       .unit_progress = on_progress,
                                       .unit_stalled = on_stalled,
                                       .unit_ended = on_ended};
    params.plan = plan;
    params.systems = cli->systems.v;
    params.n_systems = cli->systems.n;
    params.generation = cli->option[KB_OPTION_GENERATION];
    params.keep = cli->option[KB_OPTION_KEEP] != NULL;
    params.watch = &watch;
    params.attend = cli->option[KB_OPTION_ATTEND] ? &attend : NULL;
    params.ledger = ledger;
    const struct kb_record *record = NULL;
    int status = 0;
    if (!code)
        code = kb_run_drill(&params, cli->arena, &record, &status, err);
    kb_progress_clear(&watching.view);
    kb_secrets_done(&secrets);
    kb_ledger_free(ledger);
    if (code)
        return code;
    return record ? show(cli, record, status, err) : show_stopped(cli, status);
}

const struct kb_cmd kb_cmd_drill = {
    .name = "drill",
    .arguments = "PLAN [NAME]",
    .summary = {"訓練を実行する: 検証・復元・確認・計測・記録", "run a drill: verify, restore, probe, time, record"},
    .detail = {"PLAN  計画ファイル（YAML）\nNAME  計画の drills にある訓練（既定: "
               "1つしかなければそれ、ほかは全システム）\n例: koboshi drill plan.yaml monthly --threat ransomware\n",
               "PLAN  the plan, a YAML file\nNAME  a drill of the plan (default: its only one, else all "
               "systems)\nExample: koboshi drill plan.yaml monthly --threat ransomware\n"},
    .options = KB_OPTS_ALWAYS | KB_OPT(SANDBOX) | KB_OPT(SYSTEM) | KB_OPT(DISRUPTED_AT) | KB_OPT(GENERATION) |
               KB_OPT(KEEP) | KB_OPT(KEY_FILE) | KB_OPT(THREAT) | KB_OPT(HOST) | KB_OPT(SEED) | KB_OPT(ATTEND) |
               KB_OPT(RESUME) | KB_OPT(DISCARD) | KB_OPT(ORDER),
    .min_args = 1,
    .max_args = 2,
    .run = drill,
};
