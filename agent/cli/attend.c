/* SPDX-License-Identifier: Apache-2.0 */
/* The talk with people who are led through a drill. */
#include "attend.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/assess.h"

/* --- lines that fit the terminal --- */

static size_t columns_of(const struct kb_talk *talk)
{
    return talk->cli->terminal ? kb_terminal_width(STDERR_FILENO) : 0;
}

static void put(const struct kb_talk *talk, const char *indent, const char *text)
{
    (void)fputs(indent, stderr);
    kb_show_wrapped(stderr, columns_of(talk), kb_width(indent), indent, text);
}

/* --- what is told --- */

static const char *pick(const struct kb_talk *talk, const char *en, const char *ja)
{
    return talk->cli->lang == KB_JA ? ja : en;
}

static const char *safe(struct kb_arena *arena, const char *text)
{
    return text ? kb_printable(arena, text) : "";
}

static const char *unit_title(const struct kb_talk *talk, struct kb_arena *arena, const struct kb_record_unit *unit)
{
    const char *title = kb_pick(unit->title, talk->cli->lang);
    return safe(arena, *title ? title : unit->set);
}

static const char *step_title(const struct kb_talk *talk, struct kb_arena *arena, const struct kb_record_step *step)
{
    const char *title = kb_pick(step->text, talk->cli->lang);
    return safe(arena, *title ? title : kb_pick(kb_step_act_text(step->act), talk->cli->lang));
}

static void tell_fact(const struct kb_talk *talk, struct kb_arena *arena, const char *label, const char *value)
{
    if (*value)
        put(talk, "  ", kb_sprintf(arena, "%s: %s", label, value));
}

/* As the company calls it, and who that is. */
static const char *role_text(const struct kb_talk *talk, struct kb_arena *arena, const struct kb_attend_news *news)
{
    const struct kb_role *role = news->role;
    const char *title = role ? kb_pick(role->title, talk->cli->lang) : "";
    const char *who = role && role->primary ? kb_pick(role->primary->who, talk->cli->lang) : "";
    title = safe(arena, *title ? title : news->plan->role);
    return *who ? kb_sprintf(arena, talk->cli->lang == KB_JA ? "%s（%s）" : "%s (%s)", title, safe(arena, who)) : title;
}

static void tell_step(const struct kb_talk *talk, struct kb_arena *arena, const struct kb_attend_news *news)
{
    size_t at = (size_t)(news->step - news->unit->steps.v) + 1;
    (void)fputc('\n', stderr);
    const char *head =
        talk->cli->lang == KB_JA
            ? kb_sprintf(arena, "■ %s  手順 %zu/%zu", unit_title(talk, arena, news->unit), at, news->unit->steps.n)
            : kb_sprintf(arena, "== %s: step %zu of %zu", unit_title(talk, arena, news->unit), at, news->unit->steps.n);
    put(talk, "", head);
    put(talk, "  ", step_title(talk, arena, news->step));
    tell_fact(talk, arena, pick(talk, "By", "担当"), role_text(talk, arena, news));
    tell_fact(talk, arena, pick(talk, "Done when", "完了の証拠"),
              safe(arena, kb_pick(news->plan->done, talk->cli->lang)));
    if (news->step->declared != KB_ABSENT)
        tell_fact(talk, arena, pick(talk, "Planned", "計画の所要時間"),
                  kb_show_ns(arena, news->step->declared * KB_NS_PER_S, talk->cli->lang));
}

static const char *medium_name(const struct kb_talk *talk, const struct kb_medium *medium)
{
    const char *title = kb_pick(medium->title, talk->cli->lang);
    return medium->label ? medium->label : *title ? title : medium->id;
}

static void tell_waiting(const struct kb_talk *talk, struct kb_arena *arena, const struct kb_attend_news *news)
{
    const char *home = safe(arena, kb_pick(news->medium->home, talk->cli->lang));
    const char *name = safe(arena, medium_name(talk, news->medium));
    struct kb_text where = *home ? kb_text_new(arena, ", kept at: %s", "（保管場所: %s）", home)
                                 : (struct kb_text){"", ""};
    struct kb_text text = news->alternative
                              ? kb_text_new(arena, "or for %s%s%.0s", "または %s%.0s%s", name, where.en, where.ja)
                              : kb_text_new(arena, "Waiting for %s%s%.0s", "%s を待っています%.0s%s", name, where.en,
                                            where.ja);
    put(talk, "  ", kb_pick(text, talk->cli->lang));
    const char *detail = safe(arena, kb_pick(news->detail, talk->cli->lang));
    if (*detail)
        put(talk, "  ! ", detail);
}

static const char *state_of(const struct kb_talk *talk, struct kb_arena *arena, const struct kb_attend_news *news,
                            const struct kb_record_step *step)
{
    if (step == news->step)
        return pick(talk, "-> now", "→ いま");
    if (step->skipped)
        return pick(talk, "skipped", "省略");
    if (step->status == KB_UNIT_GOOD)
        return kb_sprintf(arena, "%s %s %s", pick(talk, "done", "済"), kb_show_ns(arena, step->ns, talk->cli->lang),
                          safe(arena, step->by));
    if (step->entered_later != KB_ABSENT)
        return pick(talk, "to be entered", "あとで記入");
    return step->status == KB_UNIT_FAILED ? pick(talk, "failed", "失敗") : pick(talk, "to do", "これから");
}

static void tell_list(const struct kb_talk *talk, struct kb_arena *arena, const struct kb_attend_news *news)
{
    for (size_t i = 0; i < news->record->units.n; i++) {
        const struct kb_record_unit *unit = &news->record->units.v[i];
        put(talk, "", unit_title(talk, arena, unit));
        for (size_t k = 0; k < unit->steps.n; k++)
            put(talk, "  ",
                kb_sprintf(arena, "%zu. [%s] %s", k + 1, state_of(talk, arena, news, &unit->steps.v[k]),
                           step_title(talk, arena, &unit->steps.v[k])));
    }
}

static void tell_gap(const struct kb_talk *talk, struct kb_arena *arena, const struct kb_attend_news *news)
{
    struct kb_text text = kb_text_new(arena, "Drill %lld goes on. It was interrupted from %s.",
                                      "訓練 %lld を再開します。%s から中断していました。", (long long)news->record->id,
                                      kb_time_show(arena, news->gap->from));
    put(talk, "", kb_pick(text, talk->cli->lang));
    tell_fact(talk, arena, pick(talk, "Interrupted for", "中断していた時間"),
              kb_show_ns(arena, news->gap->ns, talk->cli->lang));
}

static void on_tell(void *owner, const struct kb_attend_news *news)
{
    struct kb_talk *talk = owner;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *name = news->medium ? safe(arena, medium_name(talk, news->medium)) : "";
    kb_progress_clear(talk->progress);
    switch (news->kind) {
    case KB_NEWS_STEP:
        tell_step(talk, arena, news);
        break;
    case KB_NEWS_WAITING:
        tell_waiting(talk, arena, news);
        break;
    case KB_NEWS_LIST:
        tell_list(talk, arena, news);
        break;
    case KB_NEWS_GAP:
        tell_gap(talk, arena, news);
        break;
    case KB_NEWS_SAID:
        put(talk, "  ! ", safe(arena, kb_pick(news->detail, talk->cli->lang)));
        break;
    case KB_NEWS_HERE:
        put(talk, "  ", kb_pick(kb_text_new(arena, "%s is here.", "%s を確認しました。", name), talk->cli->lang));
        break;
    case KB_NEWS_DETACH:
        put(talk, "  ",
            kb_pick(kb_text_new(arena, "%s may be detached now.", "%s は取り外せます。", name), talk->cli->lang));
        break;
    case KB_NEWS_STOPPED:
        put(talk, "",
            pick(talk, "Stopping; what was done so far is kept.", "中断します。ここまでの記録は保存されています。"));
        break;
    }
}

/* --- what is asked --- */

static const char *clock_question(const struct kb_talk *talk, struct kb_arena *arena)
{
    char text[16];
    time_t now = (time_t)kb_wall_s();
    struct tm tm;
    if (!localtime_r(&now, &tm) || !strftime(text, sizeof text, "%H:%M:%S", &tm))
        return "";
    return kb_pick(
        kb_text_new(
            arena,
            "This machine's clock says %s. By how many seconds does your own clock (radio clock, time signal) "
            "differ? + if yours is ahead, - if behind; or type the time it shows. Enter: not compared.",
            "この機器の時計は %s です。手元の時計（電波時計・時報117）との差は何秒ですか。手元の時計が進んでい"
            "れば +、遅れていれば − を付けます。手元の時計の時刻をそのまま入力することもできます。Enter: 確認しない",
            text),
        talk->cli->lang);
}

static const char *question_text(const struct kb_talk *talk, struct kb_arena *arena, const struct kb_attend_question *q)
{
    switch (q->asks) {
    case KB_ASK_CLOCK:
        return clock_question(talk, arena);
    case KB_ASK_WHO:
        return q->fallback ? kb_pick(kb_text_new(arena, "Who did it? (Enter: %s)", "実施した人の名前（Enter: %s）",
                                                 safe(arena, q->fallback)),
                                     talk->cli->lang)
                           : pick(talk, "Who did it?", "実施した人の名前");
    case KB_ASK_NOTE:
        return pick(talk, "Note (Enter: none)", "メモ（Enter: なし）");
    case KB_ASK_REASON:
        return pick(talk, "Why is it skipped? (Enter: it is not)", "省略する理由（Enter: 省略しない）");
    case KB_ASK_FROM:
        return pick(talk, "Started at, such as 09:12 (Enter: back)", "開始時刻 例 09:12（Enter: 戻る）");
    case KB_ASK_UNTIL:
        return pick(talk, "Ended at, such as 09:40 (Enter: back)", "終了時刻 例 09:40（Enter: 戻る）");
    case KB_ASK_SURE:
        return kb_pick(kb_text_new(arena, "%s to %s, by %s: right? (y/n)", "%s ～ %s、%s。よろしいですか（y/n）",
                                   kb_time_show(arena, q->from), kb_time_show(arena, q->until),
                                   safe(arena, q->step->by)),
                       talk->cli->lang);
    case KB_ASK_WENT_ON:
        return pick(talk, "This step was open. Did the work on it go on meanwhile? (y/n)",
                    "この手順の途中でした。中断の間も作業は続いていましたか（y/n）");
    case KB_ASK_INTERRUPT:
        return pick(talk, "Interrupted. What now?", "割り込みました。どうしますか");
    default:
        return "";
    }
}

static void on_ask(void *owner, const struct kb_attend_question *question)
{
    struct kb_talk *talk = owner;
    KB_SCOPED_ARENA arena = kb_arena_new();
    kb_progress_clear(talk->progress);
    talk->asking = true;
    const char *text = question_text(talk, arena, question);
    if (*text)
        put(talk, "", text);
    if (question->asks == KB_ASK_ACT || question->asks == KB_ASK_INTERRUPT) {
        size_t n;
        const char *const *parts = kb_talk_acts(question, talk->cli->lang, arena, &n);
        (void)fputs("  ", stderr);
        kb_show_parts(stderr, columns_of(talk), 2, "  ", parts, n);
    }
    (void)fputs(talk->cli->terminal ? "> " : "", stderr);
}

static bool on_answer(void *owner, const struct kb_attend_question *question, const char *line, struct kb_arena *arena,
                      struct kb_attend_answer *ret_answer)
{
    struct kb_talk *talk = owner;
    struct kb_text wrong;
    if (kb_talk_answer(question, line, kb_wall_s(), arena, ret_answer, &wrong)) {
        talk->asking = false;
        return true;
    }
    put(talk, "  ! ", kb_pick(wrong, talk->cli->lang));
    return false;
}

static void on_withdraw(void *owner)
{
    struct kb_talk *talk = owner;
    talk->asking = false;
    if (talk->cli->terminal)
        (void)fputc('\n', stderr);
}

void kb_talk_begin(struct kb_talk *talk, const struct kb_cli *cli, struct kb_progress_view *progress,
                   struct kb_run_attend *ret_attend)
{
    *talk = (struct kb_talk){.cli = cli, .progress = progress};
    *ret_attend = (struct kb_run_attend){.owner = talk,
                                         .input = STDIN_FILENO,
                                         .tell = on_tell,
                                         .ask = on_ask,
                                         .answer = on_answer,
                                         .withdraw = on_withdraw};
}
