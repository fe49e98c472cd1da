/* SPDX-License-Identifier: Apache-2.0 */
/* Leads people through their steps: whose turn it is, and what each answer does. */
#include "attend.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

#define ACT(id) (1u << KB_ACT_##id)

/* How often a medium that is waited for is looked for, and how often the state is shown to be alive. */
enum { TICK_MS = 3000 };

/* What may be done at a step, by how far it is. */
enum {
    ACTS_BEFORE = ACT(START) | ACT(NOTE) | ACT(SKIP) | ACT(TIMES) | ACT(LATER) | ACT(LIST) | ACT(STOP),
    ACTS_RUNNING = ACT(DONE) | ACT(PAUSE) | ACT(NOTE) | ACT(SKIP) | ACT(TIMES) | ACT(LIST) | ACT(STOP),
    ACTS_PAUSED = ACT(RESUME) | ACT(NOTE) | ACT(SKIP) | ACT(LIST) | ACT(STOP),
    ACTS_WAITING = ACT(LOOK) | ACT(PAUSE) | ACT(NOTE) | ACT(SKIP) | ACT(TIMES) | ACT(LIST) | ACT(STOP),
    ACTS_NEEDING = ACT(LOOK) | ACT(LIST) | ACT(STOP), /* the next automatic step has nothing to read */
    ACTS_PAPER = ACT(TIMES) | ACT(NOTE) | ACT(SKIP) | ACT(LIST) | ACT(STOP),
    ACTS_INTERRUPT = ACT(RESUME) | ACT(STOP) | ACT(DONE),
};

void kb_attend_ask_act(struct kb_attend_run *a)
{
    bool needs = !a->paper && kb_step_is_automatic(kb_attend_open_step(a)->act);
    unsigned acts = a->paper                       ? ACTS_PAPER
                    : needs                        ? ACTS_NEEDING
                    : a->paused_since != KB_ABSENT ? ACTS_PAUSED
                    : a->waiting                   ? ACTS_WAITING
                    : a->running                   ? ACTS_RUNNING
                                                   : ACTS_BEFORE;
    kb_attend_ask(a, KB_ASK_ACT, acts);
}

/* --- a step from its beginning to its end --- */

static void event(struct kb_attend_run *a, const char *what)
{
    kb_event(&a->drill->events, kb_drill_now(a->drill), what,
             json_pack("{s:s, s:s, s:s, s:s*}", "set", kb_attend_open_unit(a)->set->id, "step",
                       kb_attend_open_step(a)->id, "do", kb_step_do_names[kb_attend_open_step(a)->act], "by",
                       kb_attend_open_step(a)->by));
}

static void begin(struct kb_attend_run *a)
{
    struct kb_record_step *step = kb_attend_open_step(a);
    step->started = kb_wall_s();
    step->start_ns = kb_drill_now(a->drill);
    a->running = true;
    a->paused_ns = 0;
    event(a, "attended_step_started");
}

static void go_on(struct kb_attend_run *a)
{
    if (a->paused_since != KB_ABSENT)
        a->paused_ns += kb_drill_now(a->drill) - a->paused_since;
    a->paused_since = KB_ABSENT;
}

static void close_step(struct kb_attend_run *a, enum kb_unit_status status)
{
    kb_attend_open_step(a)->status = (int)status;
    event(a, status == KB_UNIT_GOOD ? "attended_step_done" : "attended_step_left");
    if (a->paper)
        kb_unit_settle(a->paper);
    else
        a->unit->at++;
    a->paper = NULL;
    a->shown = a->running = a->waiting = false;
    a->paused_since = a->done_ns = KB_ABSENT;
    a->paused_ns = 0;
    kb_attend_save(a->drill);
}

/* The clock stops when the work is done, not when the name has been typed. */
void kb_attend_mark_done(struct kb_attend_run *a)
{
    go_on(a);
    a->done_ns = kb_drill_now(a->drill);
    a->done_wall = kb_wall_s();
}

void kb_attend_measured(struct kb_attend_run *a, const char *by, enum kb_time_source source)
{
    struct kb_record_step *step = kb_attend_open_step(a);
    int64_t ns = a->done_ns - step->start_ns - a->paused_ns;
    step->ns = ns > 0 ? ns : 0; /* across a restart of the machine the clock may have been set back */
    step->ended = a->done_wall;
    step->paused_ns = a->paused_ns ? a->paused_ns : KB_ABSENT;
    step->by = by;
    if (source != KB_TIME_DECLARED)
        step->source = (int)source;
    close_step(a, KB_UNIT_GOOD);
}

static void entered(struct kb_attend_run *a)
{
    struct kb_record_step *step = kb_attend_open_step(a);
    step->started = a->from;
    step->ended = a->until;
    step->start_ns = a->from * KB_NS_PER_S - a->drill->start_wall_ns;
    step->ns = (a->until - a->from) * KB_NS_PER_S;
    step->paused_ns = KB_ABSENT;
    step->entered_later = kb_wall_s();
    step->source = KB_TIME_ATTENDED;
    close_step(a, KB_UNIT_GOOD);
}

static void skip(struct kb_attend_run *a, const char *reason)
{
    struct kb_arena *arena = a->drill->arena;
    struct kb_record_step *step = kb_attend_open_step(a);
    const struct kb_step *plan = kb_attend_open_plan(a);
    bool acceptance = plan->level && !strcmp(plan->level, "L6");
    struct kb_finding *finding = kb_finding_make(arena, acceptance ? KB_RULE_ACCEPTANCE_SKIPPED : KB_RULE_STEP_SKIPPED);
    finding->set = kb_attend_open_unit(a)->set->id;
    finding->expected = plan->text;
    finding->found = kb_text_new(arena, "skipped, because: %s", "省略（理由: %s）", reason);
    kb_drill_finding(a->drill, finding);
    step->skipped = reason;
    step->entered_later = KB_ABSENT;
    if (a->running)
        step->ended = kb_wall_s();
    close_step(a, KB_UNIT_NOT_RUN);
}

void kb_attend_step(struct unit_run *unit)
{
    struct kb_attend_run *a = unit->drill->attend;
    if (a->stopped || unit->drill->canceled)
        return;
    bool waits = kb_attend_open_step(a)->act == KB_DO_WAIT_MEDIUM && kb_attend_wants(a) != NULL;
    if (a->shown) {
        if (a->waiting)
            kb_attend_looked(a);
        return;
    }
    a->shown = true;
    kb_attend_tell(a, KB_NEWS_STEP, NULL, (struct kb_text){0});
    if (a->running && a->gap_open) {
        a->gap_open = false;
        kb_attend_ask(a, KB_ASK_WENT_ON, 0);
        return;
    }
    a->gap_open = false;
    if (a->done_ns != KB_ABSENT) { /* all but the name was there when the program ended */
        kb_attend_ask(a, KB_ASK_WHO, 0);
        return;
    }
    if (!waits) {
        kb_attend_ask_act(a);
        return;
    }
    if (!a->running)
        begin(a);
    kb_attend_leave_out(a);
    a->waiting = true;
    if (a->paused_since != KB_ABSENT)
        kb_attend_ask_act(a);
    else
        kb_attend_look(a);
}

/* --- what each act does --- */

static void act_start(struct kb_attend_run *a)
{
    begin(a);
    kb_attend_ask_act(a);
}

static void act_done(struct kb_attend_run *a)
{
    kb_attend_mark_done(a);
    kb_attend_ask(a, KB_ASK_WHO, 0);
}

static void act_look(struct kb_attend_run *a)
{
    kb_attend_look(a); /* it is asked again when nothing was found */
}

static void act_pause(struct kb_attend_run *a)
{
    a->paused_since = kb_drill_now(a->drill);
    event(a, "attended_step_paused");
    kb_attend_ask_act(a);
}

static void act_resume(struct kb_attend_run *a)
{
    go_on(a);
    event(a, "attended_step_resumed");
    if (a->waiting)
        kb_attend_look(a);
    else
        kb_attend_ask_act(a);
}

static void act_note(struct kb_attend_run *a)
{
    kb_attend_ask(a, KB_ASK_NOTE, 0);
}

static void act_skip(struct kb_attend_run *a)
{
    kb_attend_ask(a, KB_ASK_REASON, 0);
}

static void act_times(struct kb_attend_run *a)
{
    kb_attend_ask(a, KB_ASK_FROM, 0);
}

static void act_later(struct kb_attend_run *a)
{
    kb_attend_open_step(a)->entered_later = KB_TO_BE_ENTERED;
    close_step(a, KB_UNIT_NOT_RUN);
}

static void act_list(struct kb_attend_run *a)
{
    kb_attend_tell(a, KB_NEWS_LIST, NULL, (struct kb_text){0});
    kb_attend_ask_act(a);
}

/* What cannot be kept is not stopped: everything done so far would be lost. */
static bool stop(struct kb_attend_run *a)
{
    struct drill *drill = a->drill;
    int64_t paused_since = a->paused_since;
    if (a->stopped)
        return true;
    if (a->running && a->paused_since == KB_ABSENT)
        a->paused_since = kb_drill_now(drill);
    a->stopped = true;
    kb_event(&drill->events, kb_drill_now(drill), "stopped_for_later", NULL);
    if (!kb_attend_save(drill)) {
        a->stopped = false;
        a->paused_since = paused_since;
        kb_attend_say(a, "How far the drill is cannot be kept, so it cannot be stopped for later.",
                      "途中経過を保存できないため、後で再開する形では中断できません。");
        return false;
    }
    a->frozen = true;
    kb_attend_tell(a, KB_NEWS_STOPPED, NULL, (struct kb_text){0});
    kb_drill_cancel(drill);
    return true;
}

/* Nobody is left to ask: what cannot wait for later ends with a record. */
static void stop_or_cancel(struct kb_attend_run *a)
{
    if (!stop(a))
        kb_drill_cancel(a->drill);
}

static void act_stop(struct kb_attend_run *a)
{
    if (!stop(a))
        kb_attend_ask_act(a);
}

static void (*const acts[KB_ACT_COUNT])(struct kb_attend_run *a) = {
    [KB_ACT_START] = act_start,   [KB_ACT_DONE] = act_done, [KB_ACT_LOOK] = act_look, [KB_ACT_PAUSE] = act_pause,
    [KB_ACT_RESUME] = act_resume, [KB_ACT_NOTE] = act_note, [KB_ACT_SKIP] = act_skip, [KB_ACT_TIMES] = act_times,
    [KB_ACT_LATER] = act_later,   [KB_ACT_LIST] = act_list, [KB_ACT_STOP] = act_stop,
};

/* --- what each answer does --- */

static void on_clock(struct kb_attend_run *a, const struct kb_attend_answer *answer)
{
    if (a->clock_asked)
        a->drill->record->clock.operator_offset_end_s = answer->number;
    else
        a->drill->record->clock.operator_offset_s = answer->number;
    a->clock_asked_end = a->clock_asked;
    a->clock_asked = true;
    kb_attend_save(a->drill);
}

static void on_act(struct kb_attend_run *a, const struct kb_attend_answer *answer)
{
    acts[answer->act](a);
}

static void on_who(struct kb_attend_run *a, const struct kb_attend_answer *answer)
{
    const char *by = answer->text ? answer->text : kb_attend_who(a, kb_attend_open_plan(a));
    kb_attend_remember(a, kb_attend_open_plan(a), by);
    if (a->from == KB_ABSENT) {
        kb_attend_measured(a, by, KB_TIME_ATTENDED);
        return;
    }
    kb_attend_open_step(a)->by = by;
    kb_attend_ask(a, KB_ASK_SURE, 0);
}

static void on_note(struct kb_attend_run *a, const struct kb_attend_answer *answer)
{
    struct kb_record_step *step = kb_attend_open_step(a);
    if (answer->text)
        step->note = step->note ? kb_sprintf(a->drill->arena, "%s\n%s", step->note, answer->text) : answer->text;
    kb_attend_ask_act(a);
}

static void on_reason(struct kb_attend_run *a, const struct kb_attend_answer *answer)
{
    if (answer->text)
        skip(a, answer->text);
    else
        kb_attend_ask_act(a);
}

static void on_from(struct kb_attend_run *a, const struct kb_attend_answer *answer)
{
    a->from = answer->number;
    if (a->from == KB_ABSENT) {
        kb_attend_ask_act(a);
    } else if (a->from > kb_wall_s()) {
        kb_attend_say(a, "That lies in the future.", "未来の時刻です。");
        kb_attend_ask(a, KB_ASK_FROM, 0);
    } else if (kb_attend_is_too_early(a)) {
        kb_attend_ask(a, KB_ASK_FROM, 0);
    } else {
        kb_attend_ask(a, KB_ASK_UNTIL, 0);
    }
}

static void on_until(struct kb_attend_run *a, const struct kb_attend_answer *answer)
{
    a->until = answer->number;
    bool future = a->until > kb_wall_s();
    if (a->until == KB_ABSENT) {
        a->from = KB_ABSENT;
        kb_attend_ask_act(a);
    } else if (future || a->until < a->from) {
        kb_attend_say(a, future ? "That lies in the future." : "The end lies before the start.",
                      future ? "未来の時刻です。" : "終了が開始より前です。");
        kb_attend_ask(a, KB_ASK_UNTIL, 0);
    } else {
        kb_attend_doubt_times(a);
        kb_attend_ask(a, KB_ASK_WHO, 0);
    }
}

static void on_sure(struct kb_attend_run *a, const struct kb_attend_answer *answer)
{
    if (answer->yes)
        entered(a);
    else
        kb_attend_open_step(a)->by = NULL;
    a->from = a->until = KB_ABSENT;
    if (!answer->yes)
        kb_attend_ask_act(a);
}

static void on_went_on(struct kb_attend_run *a, const struct kb_attend_answer *answer)
{
    struct kb_record_interruption *gap = &a->seen->interruptions.v[a->seen->interruptions.n - 1];
    gap->counted = answer->yes;
    if (!answer->yes)
        a->paused_ns += gap->ns;
    a->waiting = kb_attend_open_step(a)->act == KB_DO_WAIT_MEDIUM && kb_attend_wants(a) != NULL;
    if (a->waiting)
        kb_attend_look(a);
    else
        kb_attend_ask_act(a);
}

static void on_interrupt(struct kb_attend_run *a, const struct kb_attend_answer *answer)
{
    struct kb_attend_question before = a->asked_before;
    a->asked_before.asks = KB_ASK_NOTHING;
    if (answer->act == KB_ACT_STOP && stop(a))
        return;
    if (answer->act == KB_ACT_DONE)
        kb_drill_cancel(a->drill);
    else if (before.asks != KB_ASK_NOTHING)
        kb_attend_show(a, &before);
}

static void (*const answers[])(struct kb_attend_run *a, const struct kb_attend_answer *answer) = {
    [KB_ASK_CLOCK] = on_clock,         [KB_ASK_ACT] = on_act,       [KB_ASK_WHO] = on_who,
    [KB_ASK_NOTE] = on_note,           [KB_ASK_REASON] = on_reason, [KB_ASK_FROM] = on_from,
    [KB_ASK_UNTIL] = on_until,         [KB_ASK_SURE] = on_sure,     [KB_ASK_WENT_ON] = on_went_on,
    [KB_ASK_INTERRUPT] = on_interrupt,
};

static void on_line(void *owner, char *line)
{
    struct kb_attend_run *a = owner;
    struct kb_attend_answer answer = {.act = -1, .number = KB_ABSENT};
    struct kb_attend_question question = a->question;
    if (question.asks == KB_ASK_NOTHING)
        return;
    if (!line) {
        stop_or_cancel(a);
        return;
    }
    bool taken = kb_is_utf8(line, strlen(line)) &&
                 a->face->answer(a->face->owner, &question, line, a->drill->arena, &answer);
    if (question.asks == KB_ASK_ACT || question.asks == KB_ASK_INTERRUPT)
        taken = taken && answer.act >= 0 && answer.act < KB_ACT_COUNT && question.acts & (1u << answer.act);
    if (taken && question.asks == KB_ASK_WHO && !answer.text && !question.fallback)
        taken = false;
    if (!taken) {
        kb_attend_show(a, &question);
        return;
    }
    a->question.asks = KB_ASK_NOTHING;
    answers[question.asks](a, &answer);
    kb_drill_pump(a->drill);
}

/* --- the drill around the steps --- */

bool kb_attend_turn(struct unit_run *unit)
{
    struct kb_attend_run *a = unit->drill->attend;
    if (!a || unit->drill->canceled)
        return true;
    if (!a->clock_asked) {
        if (kb_attend_is_silent(a))
            kb_attend_ask(a, KB_ASK_CLOCK, 0);
        return false;
    }
    if (!a->unit || a->unit->ended)
        a->unit = unit;
    return a->unit == unit;
}

/* The next step whose times are to come from paper. */
static bool find_paper(struct kb_attend_run *a)
{
    for (size_t i = 0; i < a->drill->n_units; i++) {
        const struct kb_record_unit *unit = a->drill->units[i].record;
        for (size_t k = 0; k < unit->steps.n; k++) {
            if (unit->steps.v[k].entered_later != KB_TO_BE_ENTERED)
                continue;
            a->paper = &a->drill->units[i];
            a->paper_at = k;
            return true;
        }
    }
    return false;
}

bool kb_attend_done(struct drill *drill)
{
    struct kb_attend_run *a = drill->attend;
    if (!a || drill->canceled || a->clock_asked_end)
        return true;
    if (!kb_attend_is_silent(a))
        return false;
    if (a->paper || find_paper(a)) {
        kb_attend_tell(a, KB_NEWS_STEP, NULL, (struct kb_text){0});
        kb_attend_ask_act(a);
        return false;
    }
    kb_attend_ask(a, KB_ASK_CLOCK, 0);
    return false;
}

/* Ctrl-C asks; a second one, a terminal that is gone, or the machine going down stops it for later. */
void kb_attend_signal(struct drill *drill, int number)
{
    struct kb_attend_run *a = drill->attend;
    if (number != SIGINT || a->question.asks == KB_ASK_INTERRUPT) {
        stop_or_cancel(a);
        return;
    }
    struct kb_attend_question before = a->question;
    kb_attend_ask(a, KB_ASK_INTERRUPT, ACTS_INTERRUPT);
    a->asked_before = before;
}

void kb_attend_cancel(struct drill *drill)
{
    if (!drill->attend)
        return;
    drill->attend->frozen = true;
    kb_attend_withdraw(drill->attend);
    drill->attend->question.asks = KB_ASK_NOTHING;
    kb_lines_in_want(&drill->attend->input, false);
    kb_drill_media_cancel(drill);
}

bool kb_attend_is_stopped(const struct drill *drill)
{
    return drill->attend && drill->attend->stopped;
}

static void on_tick(uv_timer_t *timer)
{
    struct kb_attend_run *a = timer->data;
    kb_attend_alive(a->drill);
    if (a->waiting && a->paused_since == KB_ABSENT && !a->stopped && !a->drill->canceled)
        kb_attend_look(a);
}

int kb_attend_begin(struct drill *drill, struct kb_err *err)
{
    struct kb_attend_run *a = drill->attend;
    if (!a)
        return 0;
    drill->record->attended = a->seen;
    a->seen->scripted |= !isatty(a->face->input);
    a->input.owner = a;
    a->input.line = on_line;
    (void)uv_timer_init(&drill->loop, &a->tick);
    a->tick.data = a;
    (void)uv_timer_start(&a->tick, on_tick, TICK_MS, TICK_MS);
    uv_unref((uv_handle_t *)&a->tick); /* what is asked, or a worker, keeps the loop alive */
    int code = kb_lines_in_open(&a->input, &drill->loop, a->face->input, err);
    if (!code && a->kept)
        kb_attend_tell(a, KB_NEWS_GAP, NULL, (struct kb_text){0});
    kb_attend_save(drill);
    return code;
}

void kb_attend_end(struct drill *drill)
{
    struct kb_attend_run *a = drill->attend;
    if (!a)
        return;
    kb_lines_in_close(&a->input);
    if (a->tick.data)
        uv_close((uv_handle_t *)&a->tick, NULL);
}
