/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: whatever people answer while they are led through a drill, each step is asked for in its order, measured
 * without its pauses, named, and kept over a stop; and steps of people alone prove nothing about a backup. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/key.h"
#include "koboshi/ledger.h"
#include "koboshi/run.h"

static const char plan_text[] =
    "koboshi: 1\n"
    "plan: {id: people, title: 計画, version: \"1\", language: ja, timezone: Asia/Tokyo}\n"
    "systems:\n"
    "  web: {title: Web, backup_sets: [site], depends_on: [files]}\n"
    "  files: {title: 共有, backup_sets: [share]}\n"
    "media: {a: {kind: folder, mount: /nowhere/at/all, title: A}}\n"
    "backup_sets:\n"
    "  share: {title: 共有, format: archive, recovery: call, copies: [{medium: a, path: \"s-%Y%m%d.tar\"}]}\n"
    "  site: {title: Web, format: archive, recovery: look, copies: [{medium: a, path: \"w-%Y%m%d.tar\"}]}\n"
    "procedures:\n"
    "  call:\n"
    "    title: 連絡\n"
    "    steps: [{id: call, do: manual, role: lead, expect: 5m, ja: 電話する}, {id: go, do: decision, role: chief, ja: "
    "決める}, {id: tell, do: manual, role: lead, ja: 伝える}]\n"
    "  look:\n"
    "    title: 確認\n"
    "    steps: [{id: accept, do: manual, role: owner, level: L6, ja: 見る}]\n";

/* One question that must come, and its answer. */
struct talk {
    enum kb_attend_asks asks;
    int act;
    const char *text;
    int64_t number;
    bool yes;
    const char *step; /* it must be about */
    const char *offered;
    int sleep_ms; /* before it is answered */
    bool refused; /* the same is asked again */
};
#define ACT_(act_)                                                                                                     \
    {                                                                                                                  \
        .asks = KB_ASK_ACT, .act = KB_ACT_##act_                                                                       \
    }
#define WHO(name)                                                                                                      \
    {                                                                                                                  \
        .asks = KB_ASK_WHO, .text = (name)                                                                             \
    }
#define NO_CLOCK                                                                                                       \
    {                                                                                                                  \
        .asks = KB_ASK_CLOCK, .number = KB_ABSENT                                                                      \
    }
#define TIME(what, at)                                                                                                 \
    {                                                                                                                  \
        .asks = KB_ASK_##what, .number = (at)                                                                          \
    }

struct stage {
    const struct talk *talk;
    size_t n, at, said, told_steps, gaps;
    char steps[200]; /* ids in the order they were told */
};

static char dir[] = "/tmp/koboshi-attend-XXXXXX";
static struct kb_arena *arena;
static const struct kb_plan *plan;

static void on_tell(void *owner, const struct kb_attend_news *news)
{
    struct stage *stage = owner;
    stage->said += news->kind == KB_NEWS_SAID;
    stage->gaps += news->kind == KB_NEWS_GAP;
    if (news->kind != KB_NEWS_STEP)
        return;
    stage->told_steps++;
    (void)strncat(stage->steps, news->step->id, sizeof stage->steps - strlen(stage->steps) - 2);
    (void)strcat(stage->steps, " ");
}

static void on_ask(void *owner, const struct kb_attend_question *question)
{
    struct stage *stage = owner;
    if (stage->at < stage->n && question->asks != stage->talk[stage->at].asks)
        fail_msg("question %zu is %d, expected %d", stage->at, (int)question->asks, (int)stage->talk[stage->at].asks);
}

static bool on_answer(void *owner, const struct kb_attend_question *question, const char *line, struct kb_arena *memory,
                      struct kb_attend_answer *ret_answer)
{
    struct stage *stage = owner;
    (void)line;
    (void)memory;
    const struct talk *talk = &stage->talk[stage->at++];
    if (talk->step)
        assert_string_equal(question->step->id, talk->step);
    if (question->asks == KB_ASK_WHO && talk->offered)
        assert_string_equal(question->fallback ? question->fallback : "nobody", talk->offered);
    const struct timespec pause = {.tv_nsec = talk->sleep_ms * 1000000L};
    (void)nanosleep(&pause, NULL);
    *ret_answer = (struct kb_attend_answer){
        .act = talk->act, .text = talk->text, .number = talk->number, .yes = talk->yes};
    return true;
}

static void on_withdraw(void *owner)
{
    (void)owner;
}

/* The drill with these answers and then the end of them; the record, NULL if it was stopped. */
static const struct kb_record *lead(struct stage *stage, const struct talk *talk, size_t n, bool resume, int *ret_exit)
{
    char path[200];
    assert_in_range(snprintf(path, sizeof path, "%s/answers", dir), 1, sizeof path - 1);
    FILE *answers = fopen(path, "w+");
    assert_non_null(answers);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(fputs("x\n", answers) < 0, 0);
    assert_int_equal(fflush(answers), 0);
    rewind(answers);
    *stage = (struct stage){.talk = talk, .n = n};
    const struct kb_run_attend attend = {.owner = stage,
                                         .input = fileno(answers),
                                         .resume = resume,
                                         .tell = on_tell,
                                         .ask = on_ask,
                                         .answer = on_answer,
                                         .withdraw = on_withdraw};
    const struct kb_run_place place = {.worker = "/bin/false",
                                       .ledger = kb_sprintf(arena, "%s/ledger", dir),
                                       .scratch = kb_sprintf(arena, "%s/scratch", dir),
                                       .mounts = kb_sprintf(arena, "%s/mnt", dir),
                                       .locks = kb_sprintf(arena, "%s/locks", dir),
                                       .attended = kb_sprintf(arena, "%s/attended", dir)};
    struct kb_ledger *ledger = NULL;
    struct kb_err err = {0};
    const struct kb_record *record = NULL;
    if (kb_ledger_open(place.ledger, kb_sprintf(arena, "%s/agent.pem", dir), &ledger, &err))
        fail_msg("%s", err.frame[0].en);
    const struct kb_run_params params = {.plan = plan,
                                         .kind = KB_RECORD_DRILL,
                                         .disrupted_at = KB_ABSENT,
                                         .keep = true, /* cleaning up would need a worker */
                                         .place = &place,
                                         .attend = &attend,
                                         .ledger = ledger};
    if (kb_run_drill(&params, arena, &record, ret_exit, &err))
        fail_msg("%s", err.frame[0].en);
    kb_ledger_free(ledger);
    (void)fclose(answers);
    return record;
}

static const struct kb_record_step *step_of(const struct kb_record *record, const char *id)
{
    for (size_t i = 0; i < record->units.n; i++)
        for (size_t k = 0; k < record->units.v[i].steps.n; k++)
            if (!strcmp(record->units.v[i].steps.v[k].id, id))
                return &record->units.v[i].steps.v[k];
    fail_msg("no step %s", id);
    return NULL;
}

static void names_are_offered_by_role_and_steps_come_in_order(void **state)
{
    (void)state;
    static const struct talk talk[] = {
        {.asks = KB_ASK_CLOCK, .number = 3},
        {.asks = KB_ASK_ACT, .act = KB_ACT_START, .step = "call"},
        ACT_(DONE),
        {.asks = KB_ASK_WHO, .offered = "lead", .text = "山田"},
        {.asks = KB_ASK_ACT, .act = KB_ACT_START, .step = "go"},
        ACT_(DONE),
        {.asks = KB_ASK_WHO, .offered = "山田", .text = "社長"},
        {.asks = KB_ASK_ACT, .act = KB_ACT_START, .step = "tell"},
        ACT_(DONE),
        {.asks = KB_ASK_WHO, .offered = "山田", .text = NULL}, /* as offered: who did that role's last step */
        {.asks = KB_ASK_ACT, .act = KB_ACT_START, .step = "accept"},
        ACT_(DONE),
        WHO("課長"),
        {.asks = KB_ASK_CLOCK, .number = -2},
    };
    struct stage stage;
    int status;
    const struct kb_record *record = lead(&stage, talk, sizeof talk / sizeof *talk, false, &status);
    assert_non_null(record);
    assert_string_equal(stage.steps, "call go tell accept "); /* files first: web depends on it */
    assert_string_equal(step_of(record, "tell")->by, "山田");
    assert_string_equal(step_of(record, "go")->by, "社長");
    assert_int_equal(step_of(record, "go")->source, KB_TIME_ATTENDED);
    assert_int_equal(record->clock.operator_offset_s, 3);
    assert_int_equal(record->clock.operator_offset_end_s, -2);
    assert_int_equal(record->attended->by.n, 3);
    /* nothing was read: people alone never make a unit green */
    assert_int_equal(status, 1);
    for (size_t i = 0; i < record->units.n; i++)
        assert_int_equal(record->units.v[i].status, KB_UNIT_FAILED);
}

static void pauses_do_not_count_and_the_clock_stops_at_done(void **state)
{
    (void)state;
    static const struct talk talk[] = {
        NO_CLOCK,
        ACT_(START),
        {.asks = KB_ASK_ACT, .act = KB_ACT_PAUSE, .sleep_ms = 30},
        {.asks = KB_ASK_ACT, .act = KB_ACT_RESUME, .sleep_ms = 700},
        {.asks = KB_ASK_ACT, .act = KB_ACT_NOTE, .sleep_ms = 30},
        {.asks = KB_ASK_NOTE, .text = "一つ目"},
        ACT_(NOTE),
        {.asks = KB_ASK_NOTE, .text = NULL},
        ACT_(NOTE),
        {.asks = KB_ASK_NOTE, .text = "二つ目"},
        ACT_(DONE),
        {.asks = KB_ASK_WHO, .text = "山田", .sleep_ms = 700},
        ACT_(SKIP),
        {.asks = KB_ASK_REASON, .text = NULL}, /* not skipped after all */
        ACT_(SKIP),
        {.asks = KB_ASK_REASON, .text = "模擬"},
        ACT_(SKIP),
        {.asks = KB_ASK_REASON, .text = "模擬"},
        ACT_(SKIP),
        {.asks = KB_ASK_REASON, .text = "不在"},
        NO_CLOCK,
    };
    struct stage stage;
    int status;
    const struct kb_record *record = lead(&stage, talk, sizeof talk / sizeof *talk, false, &status);
    assert_non_null(record);
    const struct kb_record_step *call = step_of(record, "call");
    assert_in_range(call->ns, 60 * 1000000, 650 * 1000000);
    assert_in_range(call->paused_ns, 700 * 1000000, 5 * KB_NS_PER_S);
    assert_string_equal(call->note, "一つ目\n二つ目");
    assert_string_equal(step_of(record, "go")->skipped, "模擬");
    assert_int_equal(step_of(record, "go")->status, KB_UNIT_NOT_RUN);
    assert_true(record->clock.operator_offset_s == KB_ABSENT);
    size_t notes = 0, warnings = 0;
    for (size_t i = 0; i < record->findings.n; i++) {
        notes += !strcmp(record->findings.v[i].rule, "step-skipped");
        warnings += !strcmp(record->findings.v[i].rule, "acceptance-skipped");
    }
    assert_int_equal(notes, 2);
    assert_int_equal(warnings, 1);
}

static void what_may_not_be_done_is_asked_again(void **state)
{
    (void)state;
    static const struct talk talk[] = {
        NO_CLOCK,
        ACT_(DONE),                      /* it has not begun */
        ACT_(RESUME),                    /* nor been paused */
        {.asks = KB_ASK_ACT, .act = 77}, /* nor is that anything */
        {.asks = KB_ASK_ACT, .act = -1},
        ACT_(START),
        ACT_(START), /* it has begun */
        ACT_(DONE),
        WHO("山田"),
    };
    struct stage stage;
    int status;
    assert_null(lead(&stage, talk, sizeof talk / sizeof *talk, false, &status));
    assert_int_equal(status, 75);
    assert_string_equal(stage.steps, "call go ");
    assert_int_equal(stage.at, sizeof talk / sizeof *talk);
}

static void times_from_paper_are_judged(void **state)
{
    (void)state;
    int64_t now = kb_wall_s();
    const struct talk talk[] = {
        NO_CLOCK,
        ACT_(TIMES),
        TIME(FROM, now + 3600), /* the future: refused */
        TIME(FROM, now - 600),
        TIME(UNTIL, now - 700), /* before the start: refused */
        TIME(UNTIL, now - 300), /* before the drill began: told */
        WHO("山田"),
        {.asks = KB_ASK_SURE, .yes = false},
        ACT_(TIMES),
        TIME(FROM, now - 500),
        TIME(UNTIL, now - 300),
        WHO(NULL), /* nobody was named yet: the role */
        {.asks = KB_ASK_SURE, .yes = true},
        ACT_(LATER),
        ACT_(TIMES),
        TIME(FROM, now - 400),  /* overlaps */
        TIME(UNTIL, KB_ABSENT), /* back */
        ACT_(TIMES),
        TIME(FROM, now - 1000), /* before the first step of the procedure: told */
        TIME(UNTIL, now - 900),
        WHO("山田"),
        {.asks = KB_ASK_SURE, .yes = true},
        ACT_(LATER),
        {.asks = KB_ASK_ACT, .act = KB_ACT_TIMES, .step = "accept"}, /* what was left, in the order of the plan */
        TIME(FROM, now - 20),
        TIME(UNTIL, now - 10),
        WHO("課長"),
        {.asks = KB_ASK_SURE, .yes = true},
        {.asks = KB_ASK_ACT, .act = KB_ACT_TIMES, .step = "go"},
        TIME(FROM, now - 450),
        TIME(UNTIL, now - 350),
        WHO("社長"),
        {.asks = KB_ASK_SURE, .yes = true},
        NO_CLOCK,
    };
    struct stage stage;
    int status;
    const struct kb_record *record = lead(&stage, talk, sizeof talk / sizeof *talk, false, &status);
    assert_non_null(record);
    assert_true(step_of(record, "call")->ns == 200 * KB_NS_PER_S);
    assert_true(step_of(record, "call")->entered_later >= now);
    assert_true(step_of(record, "go")->started == now - 450);
    assert_int_equal(step_of(record, "go")->source, KB_TIME_ATTENDED);
    assert_string_equal(step_of(record, "go")->by, "社長");
    /* nothing was restored here: there was nothing to accept */
    assert_int_equal(record->units.v[0].result.proof.accepted, KB_NOT_REACHED);
    assert_in_range(stage.said, 8, 20);
}

static void a_stop_keeps_what_was_done(void **state)
{
    (void)state;
    static const struct talk before[] = {
        {.asks = KB_ASK_CLOCK, .number = 1},
        ACT_(START),
        ACT_(DONE),
        WHO("山田"),
        ACT_(LATER),
        ACT_(START),
        {.asks = KB_ASK_ACT, .act = KB_ACT_PAUSE, .sleep_ms = 20},
        ACT_(STOP),
    };
    static const struct talk after[] = {
        {.asks = KB_ASK_ACT, .act = KB_ACT_RESUME, .step = "tell", .sleep_ms = 700},
        ACT_(DONE),
        {.asks = KB_ASK_WHO, .offered = "山田", .text = NULL},
        ACT_(START),
        ACT_(DONE),
        WHO("課長"),
        {.asks = KB_ASK_ACT, .act = KB_ACT_SKIP, .step = "go"},
        {.asks = KB_ASK_REASON, .text = "記録なし"},
        NO_CLOCK,
    };
    struct stage stage;
    int status;
    assert_null(lead(&stage, before, sizeof before / sizeof *before, false, &status));
    assert_int_equal(status, 75);
    const struct kb_record *record = lead(&stage, after, sizeof after / sizeof *after, true, &status);
    assert_non_null(record);
    assert_int_equal(stage.gaps, 1);
    assert_int_equal(record->id, 1);
    assert_int_equal(record->attended->interruptions.n, 1);
    assert_true(record->attended->interruptions.v[0].asked);
    assert_in_range(step_of(record, "tell")->ns, 15 * 1000000, 650 * 1000000);
    assert_in_range(step_of(record, "tell")->paused_ns, 700 * 1000000, 5 * KB_NS_PER_S);
    assert_string_equal(step_of(record, "call")->by, "山田");
    assert_string_equal(step_of(record, "go")->skipped, "記録なし");
    assert_true(step_of(record, "go")->entered_later == KB_ABSENT);
    assert_int_equal(record->clock.operator_offset_s, 1);
}

/* A folder of its own, with a key and a ledger, for each test. */
static int begin(void **state)
{
    (void)state;
    struct kb_err err = {0};
    const struct kb_diags *diags = NULL;
    memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
    arena = kb_arena_new();
    if (!mkdtemp(dir) || kb_zone_use("Asia/Tokyo", &err))
        return -1;
    const char *key = kb_sprintf(arena, "%s/agent.pem", dir), *ledger = kb_sprintf(arena, "%s/ledger", dir);
    struct kb_keypair *pair = NULL;
    bool made = !kb_keypair_generate(&pair, &err) && !kb_keypair_write(pair, key, &err);
    kb_keypair_free(pair);
    if (!made || kb_mkdir_p(ledger, 0700, &err) || kb_ledger_create(ledger, key, &err) ||
        kb_plan_parse("plan.yaml", plan_text, sizeof plan_text - 1, arena, &plan, &diags, &err)) {
        print_error("%s\n", err.frame[0].en);
        return -1;
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    kb_arena_free(arena);
    return kb_remove_tree(AT_FDCWD, dir, NULL);
}

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN); /* as the program does */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_are_offered_by_role_and_steps_come_in_order, begin, end),
        cmocka_unit_test_setup_teardown(pauses_do_not_count_and_the_clock_stops_at_done, begin, end),
        cmocka_unit_test_setup_teardown(what_may_not_be_done_is_asked_again, begin, end),
        cmocka_unit_test_setup_teardown(times_from_paper_are_judged, begin, end),
        cmocka_unit_test_setup_teardown(a_stop_keeps_what_was_done, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
