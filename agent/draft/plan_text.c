/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as text: what was found or answered, and where nothing is known an example. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "koboshi/arena.h"
#include "koboshi/draft.h"
#include "koboshi/text.h"
#include "lines.h"

struct writer {
    struct kb_yaml yaml;
    struct kb_arena *arena;
    const struct kb_draft *draft; /* NULL: the starter plan */
    const struct kb_draft_text *text;
};

#define PUT(w, ...) kb_yaml_put(&(w)->yaml, __VA_ARGS__)
#define SAY(w, ...) kb_yaml_say(&(w)->yaml, __VA_ARGS__)

static const char *value(struct writer *w, const char *text)
{
    return kb_yaml_value(w->arena, text);
}

/* Words of the starter plan in the language of the plan. */
static const char *word(struct writer *w, const char *en, const char *ja)
{
    return value(w, w->text->lang == KB_JA ? ja : en);
}

static const char *today(struct writer *w)
{
    time_t t = (time_t)w->text->now;
    struct tm tm = {0};
    char text[32] = "";
    if (!localtime_r(&t, &tm) || !strftime(text, sizeof text, "%Y-%m-%d", &tm))
        return "?";
    return kb_strdup(w->arena, text);
}

static void put_head(struct writer *w)
{
    const struct kb_draft_answers *answers = w->text->answers;
    if (w->draft) {
        SAY(w, 0,
            "Recovery plan, drafted on %s from what lies on the media. Lines with `inferred:` are guesses: check them,",
            "復旧計画。%s に媒体の中身から下書きしました。「推定」とある行は推測です。", today(w));
        SAY(w, 0, "correct them, then take the comment away.", "確かめて直し、済んだら注記を消してください。");
    } else {
        SAY(w, 0,
            "Recovery plan, a first one (%s). Put your own names, disks and times in place of the examples, then:",
            "はじめての復旧計画（%s）。例の値を自社のものに置き換えて、次の順に使います。", today(w));
        SAY(w, 0, "  koboshi check plan.yaml    every mistake with line and column",
            "  koboshi check plan.yaml    書き間違いを行と桁で確かめる");
        SAY(w, 0, "  koboshi drill plan.yaml    restore for real into a scratch folder, and time it",
            "  koboshi drill plan.yaml    実際に作業フォルダへ復元し、時間を計る");
    }
    PUT(w, "koboshi: 1\n\nplan:\n  id: recovery\n  title: %s\n", word(w, "Recovery plan", "復旧計画"));
    if (answers && answers->company && answers->industry)
        PUT(w, "  organization: {name: %s, industry: %s}\n", value(w, answers->company), value(w, answers->industry));
    else if (answers && answers->company)
        PUT(w, "  organization: %s\n", value(w, answers->company));
    PUT(w, "  version: \"0.1\"\n  language: %s\n  timezone: %s\n\n", kb_lang_names[w->text->lang],
        value(w, w->text->zone));
}

static const char *set_list(struct writer *w)
{
    const char *list = "";
    for (size_t i = 0; w->draft && i < w->draft->sets.n; i++)
        list = kb_sprintf(w->arena, "%s%s%s", list, i ? ", " : "", w->draft->sets.v[i].id);
    return w->draft ? list : "files";
}

static void put_duration(struct writer *w, const char *key, int64_t seconds)
{
    if (seconds != KB_ABSENT)
        PUT(w, "    %s: %s\n", key, kb_yaml_duration(w->arena, seconds));
}

static void put_roles(struct writer *w)
{
    const struct kb_draft_answers *answers = w->text->answers;
    if (!answers || !answers->leader)
        return;
    SAY(w, 0, "Who does it, and who does it in their absence", "誰が復旧するか、不在のときは誰が代わるか");
    PUT(w, "roles:\n  recovery-lead:\n    title: %s\n    primary: {who: %s", word(w, "Recovery lead", "復旧責任者"),
        value(w, answers->leader));
    if (answers->phone)
        PUT(w, ", phone: %s", value(w, answers->phone));
    PUT(w, "}\n");
    if (answers->deputy)
        PUT(w, "    deputy: {who: %s}\n", value(w, answers->deputy));
    PUT(w, "\n");
}

/* Only what was answered; the starter shows what there is to say. */
static void put_functions(struct writer *w)
{
    const struct kb_draft_answers *answers = w->text->answers;
    bool said = answers && answers->function;
    if (!said && w->draft) {
        SAY(w, 0, "Work that hurts when it stops goes here; without it the data is drilled, and no time is judged:",
            "止まると困る仕事を書くと、時間とデータの古さも判定されます。例:");
        SAY(w, 0, "functions: {order: {title: Orders, rto: 8h, rpo: 24h, needs: [%s]}}",
            "functions: {order: {title: 受発注, rto: 8h, rpo: 24h, needs: [%s]}}", set_list(w));
        PUT(w, "\n");
        return;
    }
    SAY(w, 0,
        "Work that hurts when it stops. mtpd: trade is lost after this; rto: to be running again by then; rpo: data "
        "may be this old",
        "止まると困る仕事。mtpd: これ以上止まると取引を失う、rto: いつまでに再開するか、rpo: "
        "何日前のデータまで許せるか");
    PUT(w, "functions:\n  order:\n    title: %s\n", said ? value(w, answers->function) : word(w, "Orders", "受発注"));
    if (said ? answers->owner != NULL : true)
        PUT(w, "    owner: %s\n", said ? value(w, answers->owner) : word(w, "Head of sales", "業務課長"));
    put_duration(w, "mtpd", said ? answers->mtpd : 3 * 86400);
    put_duration(w, "rto", said ? answers->rto : 8 * 3600);
    put_duration(w, "rpo", said ? answers->rpo : 86400);
    PUT(w, "    needs: [%s]\n\n", set_list(w));
}

static void put_systems(struct writer *w)
{
    SAY(w, 0, "IT systems, and the backups each is restored from", "仕組み（システム）と、復元に使うバックアップ");
    PUT(w, "systems:\n");
    if (!w->draft)
        PUT(w, "  files: {title: %s, backup_sets: [share]}\n", word(w, "File share", "共有フォルダ"));
    for (size_t i = 0; w->draft && i < w->draft->sets.n; i++)
        PUT(w, "  %s: {title: %s, backup_sets: [%s]}\n", w->draft->sets.v[i].id, value(w, w->draft->sets.v[i].title),
            w->draft->sets.v[i].id);
    PUT(w, "\n");
}

static void put_home(struct writer *w, int kind)
{
    const struct kb_draft_answers *answers = w->text->answers;
    if (kind != KB_MEDIUM_HDD)
        return;
    if (answers && answers->home)
        PUT(w, "    home: %s\n", value(w, answers->home));
    if (answers && answers->retrieval != KB_ABSENT)
        PUT(w, "    retrieval: %s\n", kb_yaml_duration(w->arena, answers->retrieval));
}

static void put_text(struct writer *w, const char *key, const char *text)
{
    if (text)
        PUT(w, "    %s: %s\n", key, value(w, text));
}

static void put_starter_media(struct writer *w)
{
    const struct kb_draft_answers *answers = w->text->answers;
    PUT(w, "  hdd-a:\n    kind: hdd\n    label: BK-A\n");
    PUT(w, "    fs_uuid: 01234567-89ab-cdef-0123-456789abcdef");
    PUT(w, "%s",
        w->text->lang == KB_JA ? "  # 例。接続して blkid で調べる\n" : "  # example; attach the disk and ask blkid\n");
    if (!answers) /* who was asked and gave no answer was told that none is written */
        PUT(w, "    home: %s\n", word(w, "Safe, head office", "金庫（本社）"));
    if (!answers || answers->retrieval == KB_ABSENT)
        PUT(w, "    retrieval: 30m\n");
    put_home(w, KB_MEDIUM_HDD);
}

/* Disks that hold the same take turns as a rule; when they are swapped nothing on them tells. */
static void offer_rotation(struct writer *w)
{
    const char *disks = "";
    int n = 0;
    for (size_t i = 0; i < w->draft->media.n; i++)
        for (size_t s = 0; w->draft->media.v[i].kind == KB_MEDIUM_HDD && s < w->draft->sets.n; s++) {
            const struct kb_draft_set *set = &w->draft->sets.v[s];
            size_t c = 0;
            while (c < set->copies.n && set->copies.v[c].medium != i)
                c++;
            if (c == set->copies.n || set->copies.n < 2)
                continue;
            disks = kb_sprintf(w->arena, "%s%s%s", disks, n++ ? ", " : "", w->draft->media.v[i].id);
            break;
        }
    if (n < 2)
        return;
    SAY(w, 0, "If these disks take turns, say on which day they are swapped:",
        "交代で使うディスクなら、交換する曜日を書いてください:");
    SAY(w, 0, "rotations: {weekly: {disks: [%s], swap: fri, connected: always}}",
        "rotations: {weekly: {disks: [%s], swap: fri, connected: always}}", disks);
    PUT(w, "\n");
}

static void put_media(struct writer *w)
{
    SAY(w, 0, "Where backups lie. home: where the disk is kept; retrieval: time to fetch it",
        "バックアップの置き場所。home: 保管場所、retrieval: 取ってくるまでの時間");
    PUT(w, "media:\n");
    if (!w->draft)
        put_starter_media(w);
    for (size_t i = 0; w->draft && i < w->draft->media.n; i++) {
        const struct kb_draft_medium *medium = &w->draft->media.v[i];
        PUT(w, "  %s:\n    kind: %s", medium->id, kb_medium_kind_names[medium->kind]);
        kb_yaml_note(&w->yaml, medium->why);
        put_text(w, "label", medium->label);
        put_text(w, "fs_uuid", medium->fs_uuid);
        put_text(w, "luks_uuid", medium->luks_uuid);
        put_text(w, "serial", medium->serial);
        put_text(w, "encryption", medium->encryption);
        put_text(w, "mount", medium->mount);
        put_text(w, "source", medium->source);
        put_text(w, "fs", medium->fs);
        put_home(w, medium->kind);
    }
    PUT(w, "\n");
    if (w->draft)
        offer_rotation(w);
}

static void put_copy(struct writer *w, const struct kb_draft_copy *copy)
{
    PUT(w, "      - medium: %s\n        path: %s", w->draft->media.v[copy->medium].id, value(w, copy->path));
    kb_yaml_note(&w->yaml, copy->why);
    if (copy->manifest) {
        PUT(w, "        manifest: %s", value(w, copy->manifest));
        kb_yaml_note(&w->yaml, copy->manifest_why);
    }
    if (copy->interval != KB_ABSENT)
        PUT(w, "        interval: %s\n", kb_yaml_duration(w->arena, copy->interval));
}

static void put_retention(struct writer *w, const struct kb_retention *retention)
{
    const struct {
        const char *key;
        int64_t n;
    } rows[] = {{"daily", retention->daily},
                {"weekly", retention->weekly},
                {"monthly", retention->monthly},
                {"yearly", retention->yearly}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].n != KB_ABSENT) {
            PUT(w, "    retention: {%s: %" PRId64 "}", rows[i].key, rows[i].n);
            kb_yaml_note(&w->yaml, kb_text_new(w->arena, "as many are there", "いま残っている世代数"));
        }
}

static void put_expect(struct writer *w, const struct kb_draft_set *set)
{
    if (set->min_files == KB_ABSENT && set->min_bytes == KB_ABSENT) {
        if (set->expect_why.en)
            SAY(w, 4, "%s%.0s", "%.0s%s", set->expect_why.en, set->expect_why.ja);
        return;
    }
    PUT(w, "    expect: {");
    if (set->min_files != KB_ABSENT)
        PUT(w, "min_files: %" PRId64 ", ", set->min_files);
    PUT(w, "min_bytes: %s}", kb_yaml_size(w->arena, set->min_bytes));
    kb_yaml_note(&w->yaml, set->expect_why);
}

static void put_set(struct writer *w, const struct kb_draft_set *set)
{
    PUT(w, "  %s:\n    title: %s\n", set->id, value(w, set->title));
    if (set->tool != KB_TOOL_OTHER)
        PUT(w, "    tool: %s\n", kb_tool_names[set->tool]);
    PUT(w, "    format: %s", kb_format_names[set->format]);
    kb_yaml_note(&w->yaml, set->format_why);
    if (set->chain)
        PUT(w, "    chain: {full: %s, part: %s, kind: %s}\n", value(w, set->chain->full), value(w, set->chain->part),
            kb_chain_kind_names[set->chain->kind]);
    if (set->method >= 0)
        PUT(w, "    method: %s\n", kb_method_names[set->method]);
    if (set->unpack)
        PUT(w, "    unpack: true\n");
    put_text(w, "as", set->as);
    if (set->sqlite)
        PUT(w, "    recovery: check-%s\n", set->id);
    PUT(w, "    copies:\n");
    for (size_t i = 0; i < set->copies.n; i++)
        put_copy(w, &set->copies.v[i]);
    put_retention(w, &set->retention);
    put_expect(w, set);
}

static void put_sets(struct writer *w)
{
    SAY(w, 0, "Backups. %%Y%%m%%d stands for the date in the name; manifest: the list of hashes beside it",
        "バックアップ。%%Y%%m%%d は名前の中の日付、manifest はハッシュの一覧（sha256sum、hashdeep、md5 "
        "など。なくてもよい）");
    PUT(w, "backup_sets:\n");
    if (!w->draft)
        PUT(w,
            "  share:\n    title: %s\n    format: archive\n    copies:\n      - {medium: hdd-a, path: "
            "\"share/share-%%Y%%m%%d.tar.zst\", manifest: \"share/share-%%Y%%m%%d.sha256\", interval: 24h}\n"
            "    expect: {min_files: 100, min_bytes: 10MB}\n",
            word(w, "File share", "共有フォルダ"));
    for (size_t i = 0; w->draft && i < w->draft->sets.n; i++)
        put_set(w, &w->draft->sets.v[i]);
    PUT(w, "\n");
}

/* A database is opened, where one was found. */
static void put_procedures(struct writer *w)
{
    bool any = false;
    for (size_t i = 0; w->draft && i < w->draft->sets.n; i++) {
        const struct kb_draft_set *set = &w->draft->sets.v[i];
        if (!set->sqlite)
            continue;
        if (!any)
            PUT(w, "procedures:\n");
        any = true;
        PUT(w,
            "  check-%s:\n    title: %s\n    steps:\n      - {id: restore, do: restore}\n"
            "      - {id: opens, do: probe, probes: [{sqlite: %s, integrity: true}]}\n",
            set->id, word(w, "Restore and open the database", "データベースを復元して開く"), value(w, set->sqlite));
    }
    if (any)
        PUT(w, "\n");
}

static void put_drills(struct writer *w)
{
    PUT(w, "drills:\n  monthly: {title: %s, systems: [%s]}\n", word(w, "Monthly restore drill", "月次リストア訓練"),
        set_list(w));
    if (w->text->fingerprint) {
        PUT(w, "\n");
        SAY(w, 0, "The key that must sign the records; keep this fingerprint on paper, away from this machine",
            "記録に署名する鍵の指紋。紙に控え、この機器とは別の場所に保管してください");
        PUT(w, "evidence: {key: %s}\n", value(w, w->text->fingerprint));
    }
}

static void put_unknown(struct writer *w)
{
    if (!w->draft || !w->draft->unknown.n)
        return;
    PUT(w, "\n");
    SAY(w, 0, "Not understood, and in no backup set:", "理解できず、計画に入れていないもの:");
    for (size_t i = 0; i < w->draft->unknown.n; i++) {
        const struct kb_draft_unknown *unknown = &w->draft->unknown.v[i];
        const char *n = kb_show_count(w->arena, unknown->n);
        SAY(w, 0, "  %s: %s × %s%.0s, e.g. %s", "  %s: %s件 %.0s%s、例 %s", unknown->place, n, unknown->why.en,
            unknown->why.ja, unknown->first);
    }
}

const char *kb_draft_plan(const struct kb_draft *draft, const struct kb_draft_text *text, struct kb_arena *arena)
{
    struct writer w = {.yaml = {.arena = arena, .lang = text->lang},
                       .arena = arena,
                       .draft = draft && draft->sets.n ? draft : NULL,
                       .text = text};
    put_head(&w);
    put_roles(&w);
    put_functions(&w);
    put_systems(&w);
    put_media(&w);
    put_sets(&w);
    put_procedures(&w);
    put_drills(&w);
    put_unknown(&w);
    return w.yaml.text;
}
