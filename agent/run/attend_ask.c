/* SPDX-License-Identifier: Apache-2.0 */
/* What people are told and asked while they are led through a drill, one question at a time. */
#include "attend.h"

struct kb_record_step *kb_attend_open_step(const struct kb_attend_run *a)
{
    return a->paper ? &a->paper->record->steps.v[a->paper_at] : &a->unit->record->steps.v[a->unit->at];
}

const struct kb_step *kb_attend_open_plan(const struct kb_attend_run *a)
{
    return a->paper ? a->paper->plan_steps[a->paper_at] : a->unit->plan_steps[a->unit->at];
}

struct unit_run *kb_attend_open_unit(const struct kb_attend_run *a)
{
    return a->paper ? a->paper : a->unit;
}

/* --- asking and telling --- */

static bool has_step(const struct kb_attend_run *a)
{
    return a->paper || (a->unit && !a->unit->ended && a->unit->at < a->unit->record->steps.n);
}

void kb_attend_tell(struct kb_attend_run *a, enum kb_attend_news_kind kind, const struct kb_medium *medium,
                    struct kb_text detail)
{
    bool step = has_step(a);
    const struct kb_attend_news news = {
        .kind = kind,
        .record = a->drill->record,
        .unit = step ? kb_attend_open_unit(a)->record : NULL,
        .step = step ? kb_attend_open_step(a) : NULL,
        .plan = step ? kb_attend_open_plan(a) : NULL,
        .role = step && kb_attend_open_plan(a)->role
                    ? kb_plan_role(a->drill->params->plan, kb_attend_open_plan(a)->role)
                    : NULL,
        .medium = medium,
        .alternative = kind == KB_NEWS_WAITING && medium != kb_attend_wants(a)->plan,
        .detail = detail,
        .gap = kind == KB_NEWS_GAP ? &a->seen->interruptions.v[a->seen->interruptions.n - 1] : NULL};
    a->face->tell(a->face->owner, &news);
}

void kb_attend_say(struct kb_attend_run *a, const char *en, const char *ja)
{
    kb_attend_tell(a, KB_NEWS_SAID, NULL, (struct kb_text){.ja = ja, .en = en});
}

void kb_attend_show(struct kb_attend_run *a, const struct kb_attend_question *question)
{
    a->question = *question;
    a->face->ask(a->face->owner, &a->question);
    kb_lines_in_want(&a->input, true);
}

void kb_attend_ask(struct kb_attend_run *a, enum kb_attend_asks asks, unsigned acts)
{
    bool step = has_step(a) && asks != KB_ASK_CLOCK && asks != KB_ASK_INTERRUPT;
    struct kb_attend_question question = {.asks = asks,
                                          .acts = acts,
                                          .unit = step ? kb_attend_open_unit(a)->record : NULL,
                                          .step = step ? kb_attend_open_step(a) : NULL,
                                          .plan = step ? kb_attend_open_plan(a) : NULL,
                                          .from = a->from,
                                          .until = a->until};
    if (asks == KB_ASK_WHO)
        question.fallback = kb_attend_who(a, kb_attend_open_plan(a));
    if (a->stopped || a->drill->canceled)
        return;
    kb_attend_save(a->drill);
    if (a->question.asks == KB_ASK_INTERRUPT)
        a->asked_before = question; /* it comes back when that is answered */
    else
        kb_attend_show(a, &question);
}

void kb_attend_withdraw(struct kb_attend_run *a)
{
    a->asked_before.asks = KB_ASK_NOTHING;
    if (a->question.asks == KB_ASK_NOTHING || a->question.asks == KB_ASK_INTERRUPT)
        return;
    a->question.asks = KB_ASK_NOTHING;
    kb_lines_in_want(&a->input, false);
    kb_lines_in_drop(&a->input);
    a->face->withdraw(a->face->owner);
}

/* Nothing is open, nor pushed aside by Ctrl-C. */
bool kb_attend_is_silent(const struct kb_attend_run *a)
{
    return a->question.asks == KB_ASK_NOTHING ||
           (a->question.asks == KB_ASK_INTERRUPT && a->asked_before.asks == KB_ASK_NOTHING);
}
