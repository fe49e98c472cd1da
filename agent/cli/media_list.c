/* SPDX-License-Identifier: Apache-2.0 */
/* The register of media: what is here now, and what the ledger knows of each. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/ledger.h"

struct row {
    const struct kb_look_medium *look;
    struct kb_medium_history history;
    bool here;
};

static const struct kb_text states[] = {
    [KB_MEDIUM_READY] = {"接続中", "here"},        [KB_MEDIUM_ABSENT] = {"なし", "absent"},
    [KB_MEDIUM_WRONG] = {"別のディスク", "wrong"}, [KB_MEDIUM_EMPTY] = {"空", "empty"},
    [KB_MEDIUM_TWICE] = {"2台ある", "twice"},      [KB_MEDIUM_UNREADABLE] = {"読めない", "unreadable"},
    [KB_MEDIUM_LOCKED] = {"ロック中", "locked"},
};
static const char *const state_names[] = {
    [KB_MEDIUM_READY] = "here",   [KB_MEDIUM_ABSENT] = "absent", [KB_MEDIUM_WRONG] = "wrong",
    [KB_MEDIUM_EMPTY] = "empty",  [KB_MEDIUM_TWICE] = "twice",   [KB_MEDIUM_UNREADABLE] = "unreadable",
    [KB_MEDIUM_LOCKED] = "locked"};

/* What the ledger says counts only as long as it is what is seen. */
static int64_t since_of(const struct row *row)
{
    return row->here == row->history.here ? row->history.since : KB_ABSENT;
}

static struct kb_text health_of(const struct row *row)
{
    static const struct kb_text words[] = {[KB_HEALTH_UNKNOWN] = {"未取得", "not known"},
                                           [KB_HEALTH_PASSED] = {"合格", "passed"},
                                           [KB_HEALTH_FAILED] = {"不合格", "FAILED"}};
    static const struct kb_text none = {"–", "–"};
    if (!kb_medium_is_disk(row->look->medium->kind))
        return none;
    return words[row->look->health ? row->look->health->verdict : KB_HEALTH_UNKNOWN];
}

static const char *rate(struct kb_arena *arena, int64_t bytes_per_s)
{
    return bytes_per_s == KB_ABSENT ? "–" : kb_show_rate(arena, bytes_per_s, KB_NS_PER_S);
}

static void print_table(struct kb_cli *cli, const struct row *rows, size_t n)
{
    static const char *const ja[] = {"媒体", "状態", "いつから", "最終検証", "読取速度", "健康"};
    static const char *const en[] = {"medium", "state", "since", "verified", "read speed", "health"};
    struct kb_table table = kb_table_begin(cli->arena, cli->lang == KB_JA ? ja : en, 6);
    for (size_t i = 0; i < n; i++) {
        const struct row *row = &rows[i];
        kb_table_cell(&table, row->look->medium->id);
        kb_table_cell(&table, kb_pick(states[row->look->state.status], cli->lang));
        kb_table_cell(&table, kb_show_day(cli->arena, since_of(row)));
        kb_table_cell(&table, kb_show_day(cli->arena, row->history.verified));
        kb_table_cell(&table, rate(cli->arena, row->history.last_rate));
        kb_table_cell(&table, kb_pick(health_of(row), cli->lang));
    }
    kb_table_print(&table, stdout);
}

/* Whole months since the day of purchase. */
static int64_t months_since(const char *date)
{
    int year, month, day;
    int64_t bought;
    if (!date || sscanf(date, "%d-%d-%d", &year, &month, &day) != 3 ||
        !kb_time_local(year, month, day, 0, 0, 0, &bought) || bought > kb_wall_s())
        return KB_ABSENT;
    return (kb_wall_s() - bought) * 12 / 31556952; /* seconds of a mean Gregorian year */
}

static void add_part(struct kb_cli *cli, const char **text, struct kb_text label, const char *value)
{
    if (value && *value)
        *text = kb_sprintf(cli->arena, "%s%s%s %s", *text, **text ? (cli->lang == KB_JA ? "、" : ", ") : "",
                           kb_pick(label, cli->lang), kb_printable(cli->arena, value));
}

static const char *bought(struct kb_cli *cli, const struct kb_medium *medium)
{
    int64_t months = months_since(medium->purchased);
    if (months == KB_ABSENT)
        return medium->purchased;
    struct kb_text text = kb_text_new(cli->arena, "%s (%lldy %lldm)", "%s（%lld年%lldか月）", medium->purchased,
                                      (long long)(months / 12), (long long)(months % 12));
    return kb_pick(text, cli->lang);
}

static const char *number(struct kb_arena *arena, int64_t n)
{
    return n == KB_ABSENT ? NULL : kb_show_count(arena, n);
}

static const char *custodian(const struct kb_plan *plan, const struct kb_medium *medium)
{
    const struct kb_secret *key = medium->encryption && medium->encryption->key
                                      ? kb_plan_key(plan, medium->encryption->key)
                                      : NULL;
    return key ? key->custodian : NULL;
}

static void show_line(const char *text)
{
    if (*text)
        (void)printf("  %s\n", text);
}

static void print_details(struct kb_cli *cli, const struct kb_plan *plan, const struct row *row)
{
    const struct kb_medium *medium = row->look->medium;
    const struct kb_medium_state *state = &row->look->state;
    const struct kb_health *health = row->look->health;
    const char *who = "", *where = "", *speed = "", *feels = "";
    (void)printf("\n%s: %s\n", medium->id, kb_pick(state->detail, cli->lang));
    add_part(cli, &who, (struct kb_text){"ラベル", "label"}, medium->label);
    add_part(cli, &who, (struct kb_text){"UUID", "UUID"}, medium->fs_uuid);
    add_part(cli, &who, (struct kb_text){"シリアル", "serial"}, medium->serial ? medium->serial : state->serial);
    add_part(cli, &where, (struct kb_text){"保管", "kept at"}, kb_pick(medium->home, cli->lang));
    add_part(cli, &where, (struct kb_text){"鍵の管理", "key with"}, custodian(plan, medium));
    add_part(cli, &where, (struct kb_text){"購入", "bought"}, bought(cli, medium));
    if (row->history.n_reads) {
        add_part(cli, &speed, (struct kb_text){"読取 前回", "read: last"}, rate(cli->arena, row->history.last_rate));
        add_part(cli, &speed, (struct kb_text){"最高", "best"}, rate(cli->arena, row->history.best_rate));
        add_part(cli, &speed, (struct kb_text){"回数", "passes"}, number(cli->arena, row->history.n_reads));
    }
    if (health) {
        add_part(cli, &feels, (struct kb_text){"SMART", "SMART"}, kb_pick(health_of(row), cli->lang));
        add_part(cli, &feels, (struct kb_text){"理由:", "because"}, kb_pick(health->reason, cli->lang));
        add_part(cli, &feels, (struct kb_text){"代替セクタ", "sectors replaced"},
                 number(cli->arena, health->reallocated));
        add_part(cli, &feels, (struct kb_text){"保留セクタ", "waiting"}, number(cli->arena, health->pending));
        add_part(cli, &feels, (struct kb_text){"通電時間", "hours on"}, number(cli->arena, health->power_on_hours));
        add_part(cli, &feels, (struct kb_text){"温度", "°C"}, number(cli->arena, health->celsius));
    }
    show_line(who);
    show_line(where);
    show_line(speed);
    show_line(feels);
}

static void print_strangers(struct kb_cli *cli, const struct kb_look *look)
{
    if (look->disks.n)
        kb_print(stdout, cli->lang,
                 "\nattached, not in the plan (`koboshi media learn PLAN --device … --id …` adds one):\n",
                 "\n接続中で計画にないもの（`koboshi media learn 計画 --device … --id …` で追加できます）:\n");
    for (size_t i = 0; i < look->disks.n; i++) {
        const struct kb_disk *disk = &look->disks.v[i];
        const char *uuid = disk->fs_uuid ? disk->fs_uuid : disk->luks_uuid;
        (void)printf("  %s  %s  %s  %s  %s\n", disk->device, disk->fs_type ? disk->fs_type : "?",
                     disk->label ? disk->label : "–", uuid ? uuid : "–", kb_show_bytes(cli->arena, disk->bytes));
    }
}

static json_t *row_json(struct kb_cli *cli, const struct kb_plan *plan, const struct row *row)
{
    const struct kb_medium *medium = row->look->medium;
    const struct kb_medium_history *h = &row->history;
    int64_t since = since_of(row);
    json_t *json = json_pack(
        "{s:s, s:s, s:b, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:I, s:o, s:o*, s:o*}", "medium",
        medium->id, "status", state_names[row->look->state.status], "here", row->here, "since",
        since == KB_ABSENT ? NULL : kb_time_rfc3339(cli->arena, since), "label", medium->label, "fs_uuid",
        medium->fs_uuid, "serial", medium->serial, "home",
        *kb_pick(medium->home, cli->lang) ? kb_pick(medium->home, cli->lang) : NULL, "custodian",
        custodian(plan, medium), "purchased", medium->purchased, "verified",
        h->verified == KB_ABSENT ? NULL : kb_time_rfc3339(cli->arena, h->verified), "verified_file", h->verified_file,
        "passes", (json_int_t)h->n_reads, "state", kb_shape_write(&kb_medium_state_shape, &row->look->state), "health",
        row->look->health ? kb_shape_write(&kb_health_shape, row->look->health) : NULL, "fault",
        row->look->fault ? kb_shape_write(&kb_fault_shape, row->look->fault) : NULL);
    if (h->n_reads) {
        (void)json_object_set_new(json, "read_bytes_per_s", json_integer((json_int_t)h->last_rate));
        (void)json_object_set_new(json, "best_bytes_per_s", json_integer((json_int_t)h->best_rate));
    }
    return json;
}

static void print_json(struct kb_cli *cli, const struct kb_plan *plan, const struct kb_look *look,
                       const struct row *rows, json_t *findings, int status)
{
    json_t *media = json_array(), *disks = json_array();
    for (size_t i = 0; i < look->media.n; i++)
        (void)json_array_append_new(media, row_json(cli, plan, &rows[i]));
    for (size_t i = 0; i < look->disks.n; i++)
        (void)json_array_append_new(disks, kb_shape_write(&kb_disk_shape, &look->disks.v[i]));
    kb_show_json("media", status,
                 json_pack("{s:o, s:o, s:o}", "media", media, "not_in_plan", disks, "findings", findings));
}

/* What the agent could not look at, told once. */
static int fault_of(const struct kb_look *look, struct kb_err *err)
{
    const struct kb_fault *fault = look->fault;
    for (size_t i = 0; !fault && i < look->media.n; i++)
        fault = look->media.v[i].fault;
    if (!fault)
        return 0;
    kb_fault_to_err(fault, err);
    return err->code;
}

int kb_media_list(struct kb_cli *cli, const struct kb_plan *plan, struct kb_err *err)
{
    const struct kb_look *look = NULL;
    struct kb_lines lines = {0};
    size_t n = 0;
    int code = kb_ledger_exists(cli->ledger) ? kb_cli_lines(cli, &lines, err) : 0; /* none yet: nothing is known yet */
    if (!code)
        code = kb_run_look(plan, &cli->place, false, cli->arena, &look, err);
    if (code)
        return code;
    struct row *rows = kb_alloc(cli->arena, look->media.n, sizeof *rows);
    for (size_t i = 0; i < look->media.n; i++) {
        rows[i].look = &look->media.v[i];
        rows[i].here = kb_medium_is_here(rows[i].look->medium, &rows[i].look->state);
        kb_register_history(&lines, plan->plan.id, rows[i].look->medium->id, &rows[i].history);
    }
    const struct kb_finding *findings = kb_look_findings(plan, look, cli->arena, &n);
    int status = 0, fault = fault_of(look, err);
    for (size_t i = 0; i < n; i++)
        status |= findings[i].severity == KB_BAD;
    status = fault ? -fault : status;
    if (cli->json) {
        print_json(cli, plan, look, rows, kb_findings_json(findings, n), status);
    } else {
        print_table(cli, rows, look->media.n);
        for (size_t i = 0; i < look->media.n; i++)
            print_details(cli, plan, &rows[i]);
        print_strangers(cli, look);
        if (n)
            (void)puts("");
        for (size_t i = 0; i < n; i++)
            kb_show_finding(cli, &findings[i]);
    }
    if (fault)
        kb_show_err(stderr, err, cli->lang);
    return status;
}
