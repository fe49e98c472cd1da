/* SPDX-License-Identifier: Apache-2.0 */
/* The questions, in words of an office, each with an example and a way to leave it out. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utf8proc.h>

#include "init.h"
#include "koboshi/arena.h"
#include "koboshi/limits.h"

enum kind { WORDS, TIME };

static const struct question {
    enum kind kind;
    size_t offset; /* in struct kb_draft_answers */
    struct kb_text asks, example;
    const char *otherwise; /* taken for an empty answer; NULL: it stays unsaid */
} questions[] = {
    {WORDS,
     offsetof(struct kb_draft_answers, company),
     {"会社名は何ですか", "What is the company called?"},
     {"サンプル燃料株式会社", "Sample Fuels Ltd."},
     NULL},
    {WORDS,
     offsetof(struct kb_draft_answers, industry),
     {"業種は何ですか", "What line of business is it in?"},
     {"エネルギー供給業", "energy supply"},
     NULL},
    {WORDS,
     offsetof(struct kb_draft_answers, function),
     {"止まると困る仕事は何ですか（いちばん大事なもの1つ）", "Which work hurts most when it stops? (one)"},
     {"受発注・配送", "orders and delivery"},
     NULL},
    {WORDS,
     offsetof(struct kb_draft_answers, owner),
     {"その仕事の責任者は誰ですか", "Who answers for that work?"},
     {"業務課長", "head of sales"},
     NULL},
    {TIME,
     offsetof(struct kb_draft_answers, mtpd),
     {"その仕事が何日（何時間）止まると取引を失いますか", "After how many days (hours) without it is trade lost?"},
     {"3日", "3d"},
     "3d"},
    {TIME,
     offsetof(struct kb_draft_answers, rto),
     {"何時間（何日）以内に再開したいですか", "Within how many hours (days) must it run again?"},
     {"8時間", "8h"},
     "8h"},
    {TIME,
     offsetof(struct kb_draft_answers, rpo),
     {"データは何日前まで戻っても仕事になりますか", "How many days may the data go back?"},
     {"1日", "1d"},
     "1d"},
    {WORDS,
     offsetof(struct kb_draft_answers, leader),
     {"誰が復旧しますか", "Who restores the systems?"},
     {"総務（情報システム兼務）", "office manager"},
     NULL},
    {WORDS,
     offsetof(struct kb_draft_answers, phone),
     {"その人の電話番号（メールが止まっても通じるもの）", "Their telephone number (one that works when mail does not)"},
     {"090-0000-0002", "090-0000-0002"},
     NULL},
    {WORDS,
     offsetof(struct kb_draft_answers, deputy),
     {"その人がいないときは誰が代わりますか", "Who stands in when they are away?"},
     {"業務課長", "head of sales"},
     NULL},
    {WORDS,
     offsetof(struct kb_draft_answers, home),
     {"バックアップのディスクは普段どこに置いてありますか", "Where is the backup disk kept?"},
     {"金庫（本社）", "safe, head office"},
     NULL},
    {TIME,
     offsetof(struct kb_draft_answers, retrieval),
     {"そこから取ってきてつなぐまでに何分（何時間）かかりますか",
      "How many minutes (hours) until it is fetched and attached?"},
     {"30分", "30m"},
     "30m"},
};
enum { N_QUESTIONS = sizeof questions / sizeof *questions, ANSWER_MAX = 400 };

/* One line without blanks around it; full-width digits and letters as their ASCII namesakes where `narrow`. NULL: the
 * end of the input. */
static const char *read_line(struct kb_cli *cli, bool narrow)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n = getline(&line, &room, stdin);
    while (n > 0 && strchr("\r\n \t", line[n - 1]))
        line[--n] = '\0';
    const char *text = n < 0 ? NULL : kb_strdup(cli->arena, line + strspn(line, " \t"));
    free(line);
    utf8proc_uint8_t *plain = text && narrow && kb_is_utf8(text, strlen(text))
                                  ? utf8proc_NFKC((const utf8proc_uint8_t *)text)
                                  : NULL;
    if (plain)
        text = kb_strdup(cli->arena, (const char *)plain);
    free(plain);
    return text;
}

static bool take_time(struct kb_cli *cli, const char *text, int64_t *ret_seconds)
{
    char *close = kb_strdup(cli->arena, text), *to = close;
    for (const char *at = text; *at; at++)
        if (*at != ' ')
            *to++ = *at;
    *to = '\0';
    return kb_duration_parse(close, ret_seconds) && *ret_seconds > 0;
}

/* 1 taken or left out, 0 ask again */
static int take(struct kb_cli *cli, const struct question *question, const char *text, void *field)
{
    bool time = question->kind == TIME;
    if (!*text && !question->otherwise)
        return 1;
    if (!kb_is_utf8(text, strlen(text)) || strlen(text) > ANSWER_MAX) {
        kb_print(stderr, cli->lang, "  Please write at most %d bytes of UTF-8 text.\n",
                 "  UTF-8 の文字で %d バイト以内で入力してください。\n", ANSWER_MAX);
        return 0;
    }
    if (time && !take_time(cli, *text ? text : question->otherwise, field)) {
        kb_print(stderr, cli->lang, "  `%s` is no length of time. Write it with a unit: 90m, 4h, 2d.\n",
                 "  「%s」は時間の長さとして読めません。30分・4時間・2日 のように単位を付けてください。\n",
                 kb_printable(cli->arena, text));
        return 0;
    }
    if (time)
        kb_print(stderr, cli->lang, "  → %s\n", "  → %s\n",
                 kb_show_ns(cli->arena, *(int64_t *)field * KB_NS_PER_S, cli->lang));
    else
        *(const char **)field = kb_printable(cli->arena, text);
    return 1;
}

static int ask(struct kb_cli *cli, const struct question *question, size_t number, void *field, struct kb_err *err)
{
    for (;;) {
        kb_print(stderr, cli->lang, "[%zu/%d] %s (e.g. %s; %s%s)\n> ", "[%zu/%d] %s（例: %s、%s%s）\n> ", number,
                 (int)N_QUESTIONS, kb_pick(question->asks, cli->lang), kb_pick(question->example, cli->lang),
                 cli->lang == KB_JA ? "Enterだけなら" : "Enter alone: ",
                 question->otherwise  ? kb_pick(question->example, cli->lang)
                 : cli->lang == KB_JA ? "書きません"
                                      : "left out");
        (void)fflush(stderr);
        const char *text = read_line(cli, question->kind == TIME);
        if (!text)
            return kb_fail(err, KB_ECANCELED, "cancelled; nothing was written", "中止しました。何も書き込んでいません");
        if (take(cli, question, text, field))
            return 0;
    }
}

int kb_init_ask(struct kb_cli *cli, struct kb_draft_answers *answers, struct kb_err *err)
{
    struct kb_draft_answers got = {.rto = KB_ABSENT, .mtpd = KB_ABSENT, .rpo = KB_ABSENT, .retrieval = KB_ABSENT};
    int code = 0;
    kb_print(stderr, cli->lang, "A few questions about your company. The plan can be changed at any time afterwards.\n",
             "会社について少しお尋ねします。計画は後からいつでも書き直せます。\n");
    for (size_t i = 0; !code && i < N_QUESTIONS; i++)
        code = ask(cli, &questions[i], i + 1, (char *)&got + questions[i].offset, err);
    if (!code)
        *answers = got;
    return code;
}

bool kb_init_offers(struct kb_cli *cli)
{
    if (!isatty(STDIN_FILENO) || !cli->terminal || cli->json)
        return false;
    kb_print(stderr, cli->lang, "Answer %d questions for the plan now? (y; Enter: no) ",
             "計画のための%d個の質問に今答えますか（y と入力。Enterだけなら質問なし） ", (int)N_QUESTIONS);
    (void)fflush(stderr);
    const char *text = read_line(cli, true);
    return text && (*text == 'y' || *text == 'Y' || !strncmp(text, "はい", strlen("はい")));
}
