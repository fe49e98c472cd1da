/* SPDX-License-Identifier: Apache-2.0 */
/* What people type while they are led through a drill, and what it means. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attend.h"
#include "koboshi/arena.h"

/* key: what is typed; by_enter: an empty line means it too. */
static const struct {
    int act;
    const char *key, *word_ja, *word_en;
    bool by_enter;
    struct kb_text label;
} acts[] = {
    {KB_ACT_START, "s", "開始", "start", true, {"開始", "start"}},
    {KB_ACT_LOOK, "f", "確認", "find", true, {"今すぐ確認", "look now"}},
    {KB_ACT_DONE, "d", "完了", "done", false, {"完了", "done"}},
    {KB_ACT_RESUME, "r", "再開", "resume", false, {"再開", "resume"}},
    {KB_ACT_PAUSE, "p", "一時停止", "pause", false, {"一時停止", "pause"}},
    {KB_ACT_NOTE, "n", "メモ", "note", false, {"メモ", "note"}},
    {KB_ACT_SKIP, "k", "省略", "skip", false, {"省略", "skip"}},
    {KB_ACT_TIMES, "t", "時刻", "times", false, {"時刻を記入", "times from paper"}},
    {KB_ACT_LATER, "a", "あとで", "after", false, {"あとで記入", "enter later"}},
    {KB_ACT_LIST, "l", "一覧", "list", false, {"一覧", "list"}},
    {KB_ACT_STOP, "q", "中断", "quit", false, {"中断して後で再開", "stop, resume later"}},
};
static const struct {
    int act;
    const char *key;
    bool by_enter;
    struct kb_text label;
} interrupts[] = {
    {KB_ACT_RESUME, "r", true, {"続ける", "go on"}},
    {KB_ACT_STOP, "q", false, {"中断して後で再開", "stop, resume later"}},
    {KB_ACT_DONE, "c", false, {"訓練を中止（再開できません）", "cancel the drill for good"}},
};
enum { N_ACTS = sizeof acts / sizeof *acts, N_INTERRUPTS = sizeof interrupts / sizeof *interrupts };

const char *const *kb_talk_acts(const struct kb_attend_question *question, enum kb_lang lang, struct kb_arena *arena,
                                size_t *ret_n)
{
    const char **parts = kb_alloc(arena, N_ACTS + N_INTERRUPTS, sizeof *parts);
    size_t n = 0;
    bool interrupt = question->asks == KB_ASK_INTERRUPT;
    for (size_t i = 0; interrupt && i < N_INTERRUPTS; i++)
        parts[n++] = kb_sprintf(arena, "%s%s %s", interrupts[i].key, interrupts[i].by_enter ? "/Enter" : "",
                                kb_pick(interrupts[i].label, lang));
    for (size_t i = 0; !interrupt && i < N_ACTS; i++)
        if (question->acts & (1u << acts[i].act))
            parts[n++] = kb_sprintf(arena, "%s%s %s", acts[i].key, acts[i].by_enter ? "/Enter" : "",
                                    kb_pick(acts[i].label, lang));
    *ret_n = n;
    return parts;
}

/* As it was meant: without blanks at both ends, full-width characters (U+FF01 … U+FF5E, U+3000) as plain ones. */
static char *plain(struct kb_arena *arena, const char *line)
{
    char *text = kb_alloc(arena, strlen(line) + 1, 1), *at = text;
    for (const unsigned char *c = (const unsigned char *)line; *c;) {
        unsigned code = 0;
        if ((c[0] & 0xf0) == 0xe0 && c[1] && c[2])
            code = (c[0] & 0x0fu) << 12 | (c[1] & 0x3fu) << 6 | (c[2] & 0x3fu);
        bool wide = code >= 0xff01 && code <= 0xff5e;
        if (wide || code == 0x3000) {
            *at++ = wide ? (char)(code - 0xff01 + 0x21) : ' ';
            c += 3;
        } else {
            *at++ = (char)*c++;
        }
    }
    while (at > text && isspace((unsigned char)at[-1]))
        at--;
    *at = '\0';
    return text + strspn(text, " \t");
}

static int act_of(const struct kb_attend_question *question, const char *text)
{
    bool interrupt = question->asks == KB_ASK_INTERRUPT;
    for (size_t i = 0; interrupt && i < N_INTERRUPTS; i++)
        if (*text ? !strcasecmp(text, interrupts[i].key) : interrupts[i].by_enter)
            return interrupts[i].act;
    for (size_t i = 0; !interrupt && i < N_ACTS; i++) {
        if (!(question->acts & (1u << acts[i].act)))
            continue;
        if (*text
                ? !strcasecmp(text, acts[i].key) || !strcasecmp(text, acts[i].word_en) || !strcmp(text, acts[i].word_ja)
                : acts[i].by_enter)
            return acts[i].act;
    }
    return -1;
}

/* A whole number up to 9,999 and what follows it. */
static bool number(const char **at, int *ret)
{
    size_t n = strspn(*at, "0123456789");
    if (!n || n > 4)
        return false;
    *ret = atoi(*at);
    *at += n;
    return true;
}

static bool word(const char **at, const char *text)
{
    size_t n = strlen(text);
    if (strncmp(*at, text, n) != 0)
        return false;
    *at += n;
    return true;
}

/* 9:12, 09:12:30, 9時12分 */
static bool clock_time(const char *text, int hms[3])
{
    hms[2] = 0;
    if (!number(&text, &hms[0]) || !(word(&text, ":") || word(&text, "時")) || !number(&text, &hms[1]))
        return false;
    if (word(&text, "分") && !*text)
        return hms[0] < 24 && hms[1] < 60;
    if (word(&text, ":") && !number(&text, &hms[2]))
        return false;
    return !*text && hms[0] < 24 && hms[1] < 60 && hms[2] < 60;
}

/* A time of day is the last one that is not in the future; before it may stand a date: 11-23, 2026-11-23. */
static bool time_of(const char *text, int64_t now, int64_t *ret_time)
{
    time_t t = (time_t)now;
    struct tm tm;
    int hms[3], date[3] = {0};
    if (!localtime_r(&t, &tm))
        return false;
    const char *blank = strchr(text, ' ');
    if (!blank) {
        if (!clock_time(text, hms) ||
            !kb_time_local(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, hms[0], hms[1], hms[2], ret_time))
            return false;
        if (*ret_time > now)
            *ret_time -= 24 * 3600;
        return true;
    }
    size_t n = 0;
    const char *at = text;
    while (n < 3 && number(&at, &date[n])) {
        n++;
        if (!word(&at, "-") && !word(&at, "/"))
            break;
    }
    if (at != blank || n < 2)
        return false;
    int year = n == 3 ? date[0] : tm.tm_year + 1900;
    return clock_time(blank + strspn(blank, " "), hms) &&
           kb_time_local(year, date[n - 2], date[n - 1], hms[0], hms[1], hms[2], ret_time);
}

/* Seconds ("+2", "-3"), or what the other clock shows at this moment. */
static bool offset_of(const char *text, int64_t now, int64_t *ret_offset)
{
    enum { HALF_DAY = 12 * 3600 };
    int hms[3];
    int64_t then;
    if (strchr(text, ':')) {
        time_t t = (time_t)now;
        struct tm tm;
        if (!clock_time(text, hms) || !localtime_r(&t, &tm))
            return false;
        then = hms[0] * 3600 + hms[1] * 60 + hms[2] - (tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
        *ret_offset = then > HALF_DAY ? then - 2 * HALF_DAY : then < -HALF_DAY ? then + 2 * HALF_DAY : then;
        return true;
    }
    bool minus = *text == '-';
    const char *at = text + (*text == '-' || *text == '+');
    int seconds;
    if (!number(&at, &seconds) || (*at && strcmp(at, "秒") != 0 && strcmp(at, "s") != 0))
        return false;
    *ret_offset = minus ? -seconds : seconds;
    return true;
}

static bool yes_or_no(const char *text, bool *ret_yes)
{
    *ret_yes = !strcasecmp(text, "y") || !strcasecmp(text, "yes") || !strcmp(text, "はい");
    return *ret_yes || !strcasecmp(text, "n") || !strcasecmp(text, "no") || !strcmp(text, "いいえ");
}

bool kb_talk_answer(const struct kb_attend_question *question, const char *line, int64_t now, struct kb_arena *arena,
                    struct kb_attend_answer *ret_answer, struct kb_text *ret_wrong)
{
    const char *text = plain(arena, line);
    *ret_wrong = (struct kb_text){.ja = "示された文字のどれかを入力してください。",
                                  .en = "Type one of the letters shown."};
    switch (question->asks) {
    case KB_ASK_ACT:
    case KB_ASK_INTERRUPT:
        ret_answer->act = act_of(question, text);
        return ret_answer->act >= 0;
    case KB_ASK_SURE:
    case KB_ASK_WENT_ON:
        *ret_wrong = (struct kb_text){.ja = "y か n を入力してください。", .en = "Type y or n."};
        return yes_or_no(text, &ret_answer->yes);
    case KB_ASK_CLOCK:
        *ret_wrong = (struct kb_text){.ja = "+2 のような秒数か、手元の時計の 09:00:15 のような時刻を入力してください。",
                                      .en = "Type seconds such as +2, or what your clock shows, such as 09:00:15."};
        return !*text || offset_of(text, now, &ret_answer->number);
    case KB_ASK_FROM:
    case KB_ASK_UNTIL:
        *ret_wrong = (struct kb_text){.ja = "09:12 または 2026-11-23 09:12 の形で入力してください。",
                                      .en = "Type a time such as 09:12 or 2026-11-23 09:12."};
        return !*text || time_of(text, now, &ret_answer->number);
    default: /* a text as it was typed */
        line += strspn(line, " \t");
        ret_answer->text = *text ? kb_printable(arena, kb_strdup(arena, line)) : NULL;
        *ret_wrong = (struct kb_text){.ja = "名前を入力してください。", .en = "Type a name."};
        return *text || question->asks != KB_ASK_WHO || question->fallback;
    }
}
