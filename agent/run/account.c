/* SPDX-License-Identifier: Apache-2.0 */
/* The record's frame: who, where, on which clock, with what verdict, and what it does not prove. */
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "drill.h"
#include "koboshi/arena.h"
#include "koboshi/assess.h"
#include "koboshi/err.h"
#include "medium.h"

static const char *os_name(struct kb_arena *arena)
{
    char line[256], name[256] = "";
    FILE *file = fopen("/etc/os-release", "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "PRETTY_NAME=\"%255[^\"]\"", name) == 1)
            break;
    if (file)
        (void)fclose(file);
    return *name ? kb_printable(arena, name) : NULL;
}

static void note_host(struct kb_record_host *host, struct kb_arena *arena)
{
    struct utsname name;
    if (!uname(&name)) {
        host->name = kb_printable(arena, kb_strdup(arena, name.nodename));
        host->kernel = kb_printable(arena, kb_sprintf(arena, "%s %s", name.sysname, name.release));
        host->machine = kb_strdup(arena, name.machine);
    }
    host->os = os_name(arena);
}

const char *kb_operator_name(struct kb_arena *arena)
{
    const struct passwd *user = getpwuid(getuid());
    const char *name = user ? user->pw_name : "?", *behind = getenv("SUDO_USER");
    return kb_printable(arena, behind ? kb_sprintf(arena, "%s (sudo: %s)", name, behind) : kb_strdup(arena, name));
}

static void add_text(struct kb_arena *arena, void *list_, const char *en, const char *ja)
{
    KB_LIST_OF(struct kb_text) *list = list_;
    list->v = kb_grow(arena, list->v, list->n, sizeof *list->v);
    list->v[list->n++] = (struct kb_text){.ja = ja, .en = en};
}

void kb_not_proven(struct drill *drill, struct kb_text text)
{
    add_text(drill->arena, &drill->record->not_proven, text.en, text.ja);
}

static void note_plan(struct drill *drill)
{
    const struct kb_plan *plan = drill->params->plan;
    const struct kb_approved *approved = plan->plan.approval ? plan->plan.approval->approved : NULL;
    char *hex = kb_alloc(drill->arena, KB_SHA256_HEX_SIZE, 1),
         *material = kb_alloc(drill->arena, KB_SHA256_HEX_SIZE, 1);
    kb_sha256_hex(plan->sha256, hex);
    kb_sha256_hex(kb_plan_material_sha256(plan), material);
    enum kb_approval_state approval = kb_plan_approval(plan);
    drill->record->plan = (struct kb_record_plan){
        .id = plan->plan.id,
        .version = plan->plan.version,
        .sha256 = hex,
        .title = plan->plan.title,
        .organization = plan->plan.organization ? plan->plan.organization->name : (struct kb_text){0},
        .material_sha256 = material,
        .approval = kb_approval_names[approval],
        .approved_by = approved ? approved->by : NULL,
        .approved_on = approved ? approved->date : NULL,
    };
    if (approval == KB_APPROVAL_CHANGED)
        add_text(drill->arena, &drill->record->deviations,
                 kb_sprintf(drill->arena, "The plan was changed since its approval on %s by %s.", approved->date,
                            kb_printable(drill->arena, approved->by)),
                 kb_sprintf(drill->arena, "計画は %s の承認（%s）の後に変更されています。", approved->date,
                            kb_printable(drill->arena, approved->by)));
}

void kb_account_begin(struct drill *drill)
{
    const struct kb_run_params *params = drill->params;
    struct kb_record *record = drill->record;
    record->format = KB_RECORD_FORMAT;
    record->kind = params->kind;
    record->agent_version = kb_version();
    record->language = params->plan->plan.language;
    record->zone = params->plan->plan.timezone;
    record->fiscal_year_start = kb_fiscal_year_start(params->plan);
    record->drill = params->drill ? params->drill->id : NULL;
    record->title = params->drill ? params->drill->title : params->plan->plan.title;
    record->rto_from = kb_rto_from_names[params->plan->plan.rto_from];
    record->operator_ = kb_operator_name(drill->arena);
    record->started = drill->start_wall_ns / KB_NS_PER_S;
    record->disrupted_at_given = params->disrupted_at != KB_ABSENT;
    record->disrupted_at = record->disrupted_at_given ? params->disrupted_at : record->started;
    note_plan(drill);
    note_host(&record->host, drill->arena);
    kb_network_account(drill);
    char id[KB_BOOT_ID_SIZE];
    struct kb_err err = {0};
    record->clock.source = "system";
    record->clock.boot_id = kb_boot_id(id, &err) ? NULL : kb_strdup(drill->arena, id);
    struct timex timex = {0};
    record->clock.synchronized = adjtimex(&timex) >= 0 && !(timex.status & STA_UNSYNC);
    if (!drill->threat)
        return;
    struct kb_record_threat *threat = kb_alloc(drill->arena, 1, sizeof *threat);
    *threat = (struct kb_record_threat){
        .id = drill->threat->id, .title = drill->threat->title, .detect = drill->threat->detect};
    record->threat = drill->record_threat = threat;
}

static void note_clock(struct drill *drill)
{
    struct kb_record *record = drill->record;
    record->ns = kb_drill_now(drill);
    record->finished = kb_wall_s();
    char id[KB_BOOT_ID_SIZE];
    struct kb_err unasked = {0};
    record->clock.boot_changed = record->clock.boot_id && !kb_boot_id(id, &unasked) &&
                                 strcmp(id, record->clock.boot_id) != 0; /* a process thawed on another machine */
    int64_t jump = kb_wall_ns() - drill->start_wall_ns - record->ns;
    record->clock.jump_ns = llabs(jump) < KB_NS_PER_S ? 0 : jump;
}

static void note_media(struct drill *drill)
{
    struct kb_record *record = drill->record;
    record->media.v = kb_alloc(drill->arena, drill->n_media, sizeof *record->media.v);
    for (size_t i = 0; i < drill->n_media; i++) {
        const struct medium_run *medium = &drill->media[i];
        if (!medium->asked)
            continue; /* cancelled before anything was known of it */
        record->media.v[record->media.n++] = (struct kb_record_medium){
            .state = medium->seen.medium && !medium->open ? medium->seen : medium->state,
            .home = medium->plan->home,
            .retrieval = medium->plan->retrieval,
            .wanted_label = medium->plan->label,
            .wanted_fs_uuid = medium->plan->fs_uuid,
            .kind = kb_medium_kind_names[medium->plan->kind],
            .key_used = medium->state.container && medium->state.status == KB_MEDIUM_READY && medium->plan->encryption
                            ? medium->plan->encryption->key
                            : NULL,
        };
    }
}

static bool nothing_ran(const struct drill *drill)
{
    for (size_t i = 0; i < drill->n_units; i++)
        if (drill->units[i].started || drill->units[i].failed) /* that a threat leaves nothing is a result */
            return false;
    return true;
}

/* Where the agent itself failed, its clocks and findings say nothing about the backups. */
static bool can_be_judged(const struct drill *drill)
{
    for (size_t i = 0; i < drill->n_units; i++)
        if (drill->units[i].record->fault && drill->fault.code)
            return false;
    return !drill->canceled && !nothing_ran(drill);
}

static void assess(struct drill *drill)
{
    struct kb_record *record = drill->record;
    const struct kb_assess_input input = {.plan = drill->params->plan,
                                          .threat = drill->threat,
                                          .disrupted_at = record->disrupted_at,
                                          .units = record->units.v,
                                          .n_units = record->units.n};
    const struct kb_record_function *functions = NULL;
    size_t n = 0, n_findings = 0;
    if (record->kind == KB_RECORD_DRILL && can_be_judged(drill))
        kb_assess_functions(&input, drill->arena, &functions, &n);
    record->functions.v = kb_alloc(drill->arena, n, sizeof *functions);
    record->functions.n = n;
    if (n)
        memcpy(record->functions.v, functions, n * sizeof *functions);
    const struct kb_finding *findings = NULL;
    kb_assess_findings(&input, functions, n, drill->arena, &findings, &n_findings);
    for (size_t i = 0; i < n_findings; i++)
        kb_drill_finding(drill, &findings[i]);
    if (can_be_judged(drill))
        record->verdict = kb_assess_verdict(record->units.v, record->units.n, functions, n);
}

/* Worst first, otherwise in the order of the work. */
static void sort_findings(struct drill *drill)
{
    struct kb_record *record = drill->record;
    struct kb_finding *sorted = kb_alloc(drill->arena, drill->n_findings, sizeof *sorted);
    size_t n = 0;
    for (int severity = KB_BAD; severity >= KB_NOTE; severity--)
        for (size_t i = 0; i < drill->n_findings; i++)
            if (record->findings.v[i].severity == severity)
                sorted[n++] = record->findings.v[i];
    record->findings.v = sorted;
}

/* What an attended drill rests on is what was typed. */
static void note_limits_of_people(struct drill *drill)
{
    struct kb_record *record = drill->record;
    const struct kb_record_attended *attended = record->attended;
    if (attended && attended->by.n)
        add_text(drill->arena, &record->not_proven,
                 kb_sprintf(drill->arena,
                            "The names of people are as they were given at this machine (operator: %s); they are no "
                            "signatures.",
                            record->operator_),
                 kb_sprintf(drill->arena,
                            "実施した人の名前は、この機器で入力されたもので（操作者: %s）、本人の署名ではありません。",
                            record->operator_));
    if (attended && attended->scripted)
        add_text(drill->arena, &record->not_proven,
                 "The answers of people were read from a file or another program, not from a terminal.",
                 "人の回答は、端末からではなく、ファイルや他のプログラムから読み取ったものです。");
    if (attended && attended->interruptions.n)
        add_text(drill->arena, &record->not_proven,
                 "What was done before an interruption was kept in a file signed with the agent's key; that no earlier "
                 "state of it was put back is not shown.",
                 "中断までの経過は、エージェントの鍵で署名したファイルに保存していました。そのファイルが途中の古いもの"
                 "に戻されていないことまでは示していません。");
}

/* An honest record names its own limits; each line is true of every drill, or said only when it applies. */
static void note_limits(struct drill *drill)
{
    struct kb_record *record = drill->record;
    bool people = false, restored = false, opened = true, accepted = false;
    for (size_t i = 0; i < drill->n_units; i++) {
        const struct kb_record_unit *unit = &record->units.v[i];
        restored |= unit->result.files_restored > 0;
        opened &= unit->result.proof.opened == KB_REACHED;
        for (size_t k = 0; k < unit->steps.n; k++)
            people |= !kb_step_is_automatic(unit->steps.v[k].act) && unit->steps.v[k].source != KB_TIME_ATTENDED;
        accepted |= unit->result.proof.accepted == KB_REACHED;
    }
    if (people && record->attended)
        add_text(
            drill->arena, &record->not_proven,
            "Steps of people that were not measured (skipped, or the medium was there already) count with the time the "
            "plan declares.",
            "測っていない人の手順（省略したもの、媒体が最初から接続されていたもの）の時間は、計画に書かれた値です。");
    else if (people)
        add_text(drill->arena, &record->not_proven,
                 "Steps done by people were not carried out; their times are those the plan declares.",
                 "人が行う手順は実施していません。その時間は計画に書かれた値です。");
    if (!restored)
        add_text(drill->arena, &record->not_proven,
                 "Nothing was restored; that the data can be written back is not shown.",
                 "復元は行っていません。書き戻せることは示していません。");
    if (restored)
        add_text(drill->arena, &record->not_proven,
                 "Owners, access rights (NTFS, ACL), extended attributes and Active Directory were not restored.",
                 "所有者・アクセス権（NTFS、ACL）・拡張属性・Active Directory は復元していません。");
    if (restored)
        add_text(drill->arena, &record->not_proven,
                 "The data was restored onto the verification machine, not onto the production server.",
                 "検証機に復元したもので、本番サーバへの復元ではありません。");
    if (!opened)
        add_text(drill->arena, &record->not_proven,
                 "Not every backup was opened; for those, no application has read the data.",
                 "すべてのバックアップを開いたわけではありません。開いていないものは業務ソフトで読めるか未確認です。");
    kb_sample_limits(drill);
    note_limits_of_people(drill);
    add_text(drill->arena, &record->not_proven,
             accepted ? "Applications, licences and settings were not brought back."
                      : "Applications, licences and settings were not brought back; no person has accepted the result.",
             accepted ? "業務ソフト・ライセンス・設定の復旧は含みません。"
                      : "業務ソフト・ライセンス・設定の復旧と、業務担当者による確認は含みません。");
    struct kb_text hosts = kb_threat_hosts(drill);
    if (hosts.ja)
        add_text(drill->arena, &record->not_proven, hosts.en, hosts.ja);
}

/* What the plan asks for and nothing looked at must not be taken for seen. */
static void note_unchecked(struct drill *drill)
{
    struct kb_arena *arena = drill->arena;
    for (size_t i = 0; i < drill->n_units; i++) {
        const struct kb_set *set = drill->units[i].set;
        const struct kb_record_unit *unit = drill->units[i].record;
        if (!set->expect || unit->result.files <= 0) /* what was not read at all is told as such */
            continue;
        if (set->expect->canary.n && !unit->result.canaries)
            add_text(
                arena, &drill->record->not_proven,
                kb_sprintf(arena, "The canary of %s was not looked at: the backup was not read to its entries.",
                           set->id),
                kb_sprintf(arena, "%s の canary は、バックアップの中まで読めなかったため確認していません。", set->id));
        if (set->expect->max_change != KB_ABSENT && !unit->change)
            add_text(arena, &drill->record->not_proven,
                     kb_sprintf(arena,
                                "How much of %s has changed (max_change) is not known: no earlier list of it "
                                "could be compared with.",
                                set->id),
                     kb_sprintf(arena, "%s の変化の割合（max_change）は、比較できる前回の一覧がないため分かりません。",
                                set->id));
    }
}

static void note_interruption(struct drill *drill, const struct kb_record_interruption *gap)
{
    struct kb_arena *arena = drill->arena;
    const char *from = kb_time_show(arena, gap->from);
    const char *en = gap->asked ? "stopped for later" : "the program had ended";
    const char *ja = gap->asked ? "後で再開するために停止" : "プログラムの停止";
    const char *operator_ = drill->record->operator_;
    const char *other = gap->resumed_by && operator_ && strcmp(gap->resumed_by, operator_) != 0 ? gap->resumed_by
                                                                                                : NULL;
    add_text(arena, &drill->record->deviations,
             kb_sprintf(arena, "The drill was interrupted from %s for %s: %s%s%s%s%s.", from,
                        kb_show_ns(arena, gap->ns, KB_EN), en,
                        gap->rebooted ? "; the machine was restarted, times across it are wall-clock differences" : "",
                        gap->counted ? "; the open step went on and its time counts" : "", other ? "; resumed by " : "",
                        other ? other : ""),
             kb_sprintf(arena, "%s から %s 中断しました（%s%s%s%s%s）。", from, kb_show_ns(arena, gap->ns, KB_JA), ja,
                        gap->rebooted ? "、再起動あり。再起動をまたぐ時間は時計の差" : "",
                        gap->counted ? "、実施中の手順は続いており、その時間も数えています" : "",
                        other ? "、再開した操作者: " : "", other ? other : ""));
}

static void note_deviations(struct drill *drill)
{
    struct kb_record *record = drill->record;
    kb_threat_deviations(drill);
    for (size_t i = 0; record->attended && i < record->attended->interruptions.n; i++)
        note_interruption(drill, &record->attended->interruptions.v[i]);
    if (record->clock.jump_ns)
        add_text(drill->arena, &record->deviations,
                 "The wall clock was set while the drill ran; durations are not affected.",
                 "訓練中に時計が変更されました。所要時間の測定には影響しません。");
    for (size_t i = 0; i < drill->n_media; i++)
        if (drill->media[i].state.writable_elsewhere && drill->media[i].state.root) /* one that was used */
            add_text(drill->arena, &record->deviations,
                     kb_sprintf(drill->arena,
                                "Medium %s was mounted writable by somebody else during the drill (%s); that nothing "
                                "was written to it cannot be shown.",
                                drill->media[i].plan->id, kb_printable(drill->arena, drill->media[i].state.root)),
                     kb_sprintf(drill->arena,
                                "訓練中、媒体 %s が他のプログラムにより書き込み可能でマウントされていました（%s）。"
                                "書き込みがなかったことは示せません。",
                                drill->media[i].plan->id, kb_printable(drill->arena, drill->media[i].state.root)));
    for (size_t i = 0; i < drill->n_media; i++)
        if (drill->media[i].stuck)
            add_text(drill->arena, &record->deviations,
                     kb_sprintf(drill->arena, "Medium %s stopped answering and is still in use; detach it or restart.",
                                drill->media[i].plan->id),
                     kb_sprintf(drill->arena,
                                "媒体 %s が応答しなくなり、使用中のままです。取り外すか、機器を再起動してください。",
                                drill->media[i].plan->id));
    if (record->scratch_kept && drill->params->keep)
        add_text(drill->arena, &record->deviations,
                 "The restored data was kept (--keep); remove it when it is no longer needed.",
                 "復元したデータを残しました（--keep）。不要になったら削除してください。");
    else if (record->scratch_kept)
        add_text(drill->arena, &record->deviations, "The restored data could not be removed; remove it by hand.",
                 "復元したデータを削除できませんでした。手で削除してください。");
}

void kb_account_end(struct drill *drill)
{
    struct kb_record *record = drill->record;
    note_media(drill);
    record->scratch_kept = record->scratch && (drill->params->keep || drill->scratch_left);
    if (!record->scratch_kept)
        record->scratch = NULL;
    assess(drill);
    sort_findings(drill);
    record->status = drill->canceled ? KB_RECORD_CANCELED : KB_RECORD_COMPLETED;
    if (drill->fault.code) {
        record->fault = kb_fault_of(drill->arena, &drill->fault);
        if (!drill->canceled)
            record->status = KB_RECORD_FAULT;
    }
    note_clock(drill);
    note_limits(drill);
    note_unchecked(drill);
    note_deviations(drill);
}

static bool is_red(const struct drill *drill, bool *ret_absent)
{
    const char *absent = kb_rule(KB_RULE_MEDIUM_ABSENT)->name;
    for (size_t i = 0; i < drill->n_units; i++) /* whatever a worker calls its findings */
        if (drill->units[i].record->status == KB_UNIT_FAILED || drill->units[i].record->status == KB_UNIT_PARTIAL)
            return true;
    for (size_t i = 0; i < drill->n_findings; i++) {
        const struct kb_finding *finding = &drill->record->findings.v[i];
        if (finding->severity == KB_NOTE)
            continue; /* what the plan leaves open is said; it is nothing wrong with a backup */
        if (strcmp(finding->rule, absent) != 0)
            return true;
        *ret_absent = true;
    }
    return false;
}

int kb_account_exit(const struct drill *drill)
{
    bool absent = false;
    if (drill->record->status == KB_RECORD_CANCELED)
        return -KB_ECANCELED;
    if (drill->fault.code)
        return -drill->fault.code;
    return is_red(drill, &absent) ? 1 : absent ? -KB_EAGAIN : 0;
}
