/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: whatever a worker does (lie, crash, hang, flood, leave early), the agent hears of one outcome and goes on. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../agent/run/child.h"
#include "../../agent/run/outcome.h"
#include "../../agent/run/reply.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

struct seen {
    int replies, ends;
    struct kb_child_outcome outcome;
    char text[256];
};

static void on_reply(void *owner, const struct kb_reply *reply)
{
    struct seen *seen = owner;
    seen->replies++;
    if (reply->finding)
        (void)snprintf(seen->text, sizeof seen->text, "%s", kb_pick(reply->finding->title, KB_EN));
}

static void on_ended(void *owner, const struct kb_child_outcome *outcome)
{
    struct seen *seen = owner;
    seen->ends++;
    seen->outcome = *outcome;
}

/* A worker that is a shell script: `say JSON` sends one message on fd 3. */
static const char prelude[] =
    "#!/bin/sh\n"
    "say() { n=$(printf %s \"$1\" | wc -c); "
    "printf \"$(printf '\\\\%03o\\\\%03o\\\\%03o\\\\%03o' 0 0 $((n / 256)) $((n % 256)))\" >&3; "
    "printf %s \"$1\" >&3; }\n";

static struct seen run_script_of(const struct kb_job *job, struct kb_arena *arena, const char *script,
                                 int64_t timeout_s)
{
    char path[] = "/tmp/kb-worker-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    const char *text = kb_sprintf(arena, "%sHELLO='{\"kind\":\"hello\",\"build_id\":\"%s\"}'\n%s\n", prelude,
                                  kb_build_id(), script);
    assert_int_equal(kb_write_all(fd, text, strlen(text)), 0);
    assert_int_equal(fchmod(fd, 0700), 0);
    assert_int_equal(close(fd), 0);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    struct seen seen = {0};
    struct kb_child_params params = {.program = path,
                                     .job = job,
                                     .list_fd = -1,
                                     .timeout_s = timeout_s,
                                     .arena = arena,
                                     .owner = &seen,
                                     .reply = on_reply,
                                     .ended = on_ended};
    struct kb_child *child = NULL;
    struct kb_err err = {0};
    assert_int_equal(kb_child_start(&loop, &params, &child, &err), 0);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(seen.ends, 1);
    return seen;
}

static struct seen run_script(struct kb_arena *arena, const char *script, int64_t timeout_s)
{
    return run_script_of(&(struct kb_job){.stage = KB_STAGE_MEDIA_OPEN, .zone = "UTC"}, arena, script, timeout_s);
}

/* Memory is what the kernel says, a signal is believed only when so much time can have been used. */
static void test_budgets(void **state)
{
    (void)state;
    static const char fills[] = "say \"$HELLO\"; x=$(head -c 100000000 /dev/zero | tr '\\0' x); sleep 60";
    static const struct {
        int64_t memory, cpu;
        const char *script;
        enum kb_child_end end;
        bool by_memory;
    } cases[] = {
        {64 << 20, 7 * 24 * 3600, fills, KB_CHILD_OVER, true},
        {4LL << 30, 7 * 24 * 3600, fills, KB_CHILD_TIMED_OUT, false},
        {4LL << 30, 1, "say \"$HELLO\"; sleep 1.1; kill -XCPU $$", KB_CHILD_OVER, false},
        {4LL << 30, 1, "say \"$HELLO\"; sleep 1.1; kill -SEGV $$", KB_CHILD_LOST, false},
        {4LL << 30, 7 * 24 * 3600, "say \"$HELLO\"; kill -XCPU $$", KB_CHILD_LOST, false},
        {4LL << 30, 1, "say \"$HELLO\"; say '{\"kind\":\"end\"}'; sleep 1.1; kill -XCPU $$", KB_CHILD_LIED, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        struct kb_budgets budgets = kb_budgets_usual;
        budgets.memory = cases[i].memory;
        budgets.cpu = cases[i].cpu;
        const struct kb_job_set set = {.set = "s", .budgets = &budgets};
        const struct kb_job job = {.stage = KB_STAGE_VERIFY, .zone = "UTC", .set = &set};
        struct seen seen = run_script_of(&job, arena, cases[i].script, 3);
        if (seen.outcome.end != cases[i].end)
            fail_msg("case %zu: ended as %d, not %d", i, seen.outcome.end, cases[i].end);
        assert_int_equal(seen.outcome.memory > cases[i].memory, cases[i].by_memory);
    }
}

static void test_outcomes(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        enum kb_child_end end;
        int replies;
    } cases[] = {
        {"say \"$HELLO\"; say '{\"kind\":\"end\"}'", KB_CHILD_DONE, 0},
        {"say \"$HELLO\"; say '{\"kind\":\"medium\",\"medium\":{\"medium\":\"d\",\"status\":\"absent\"}}'; say "
         "'{\"kind\":\"end\"}'",
         KB_CHILD_DONE, 1},
        {"say \"$HELLO\"; say '{\"kind\":\"end\"}'; exit 7", KB_CHILD_LOST, 0},
        {"say \"$HELLO\"; kill -9 $$", KB_CHILD_LOST, 0},
        {"say \"$HELLO\"; kill -SEGV $$", KB_CHILD_LOST, 0},
        {"exit 0", KB_CHILD_LOST, 0},
        {"say '{\"kind\":\"hello\",\"build_id\":\"another\"}'; sleep 60", KB_CHILD_LIED, 0},
        {"say '{\"kind\":\"progress\",\"progress\":{\"bytes\":5}}'; sleep 60", KB_CHILD_LIED, 0},
        {"say \"$HELLO\"; say \"$HELLO\"; sleep 60", KB_CHILD_LIED, 0},
        {"say \"$HELLO\"; say 'garbage'; sleep 60", KB_CHILD_LIED, 0},
        {"say \"$HELLO\"; say '{\"kind\":\"finding\"}'; sleep 60", KB_CHILD_LIED, 0},
        {"say \"$HELLO\"; say '{\"kind\":\"end\"}'; say '{\"kind\":\"end\"}'; sleep 60", KB_CHILD_LIED, 0},
        {"say \"$HELLO\"; say 'garbage'; exit 0", KB_CHILD_LIED, 0},
        {"say \"$HELLO\"; printf '\\377\\377\\377\\377' >&3; sleep 60", KB_CHILD_LIED, 0},
        {"say \"$HELLO\"; sleep 60", KB_CHILD_TIMED_OUT, 0},
        {"trap '' TERM INT HUP; say \"$HELLO\"; sleep 60", KB_CHILD_TIMED_OUT, 0},
        {"say \"$HELLO\"; say '{\"kind\":\"fault\",\"fault\":{\"code\":-10,\"frames\":[\"disk\"]}}'; say "
         "'{\"kind\":\"end\"}'; exit 10",
         KB_CHILD_FAULT, 0},
        /* it cannot know of a busy lock, and must not pass a failure off as one */
        {"say \"$HELLO\"; say '{\"kind\":\"fault\",\"fault\":{\"code\":-75,\"frames\":[\"busy\"]}}'; say "
         "'{\"kind\":\"end\"}'; exit 75",
         KB_CHILD_LIED, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        struct seen seen = run_script(arena, cases[i].script, 2);
        if (seen.outcome.end != cases[i].end)
            fail_msg("%s: ended as %d, not %d", cases[i].script, seen.outcome.end, cases[i].end);
        assert_int_equal(seen.replies, cases[i].replies);
        assert_false(seen.outcome.abandoned);
        if (cases[i].end == KB_CHILD_LOST || cases[i].end == KB_CHILD_LIED || cases[i].end == KB_CHILD_FAULT)
            assert_true(seen.outcome.fault && seen.outcome.fault->frames.n > 0);
    }
}

static void test_text_is_printable(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct seen seen = run_script(
        arena,
        "printf '\\033]0;owned\\007' >&2; say \"$HELLO\"; say "
        "'{\"kind\":\"finding\",\"finding\":{\"rule\":\"entry-differs\","
        "\"severity\":\"bad\",\"axis\":\"restore\",\"title\":\"a\\u001b[31mb\"}}'; say '{\"kind\":\"end\"}'",
        5);
    assert_int_equal(seen.outcome.end, KB_CHILD_DONE);
    assert_string_equal(seen.text, "a%1B[31mb");
    assert_string_equal(seen.outcome.said, "%1B]0;owned%07");
}

static bool count_frames(void *owner, const char *text, size_t n)
{
    (void)text;
    size_t *sum = owner;
    *sum += n;
    return true;
}

static void test_frames_in_pieces(void **state)
{
    (void)state;
    char stream[3 * (4 + 100)];
    for (size_t i = 0; i < 3; i++) {
        kb_frame_head((unsigned char *)stream + i * 104, 100);
        memset(stream + i * 104 + 4, 'x', 100);
    }
    for (size_t step = 1; step <= sizeof stream; step++) {
        struct kb_frames frames = {0};
        size_t sum = 0;
        for (size_t at = 0; at < sizeof stream; at += step)
            assert_true(kb_frames_add(&frames, stream + at, at + step > sizeof stream ? sizeof stream - at : step,
                                      count_frames, &sum));
        assert_int_equal(sum, 300);
        kb_frames_done(&frames);
    }
    struct kb_frames frames = {0};
    unsigned char head[4];
    kb_frame_head(head, KB_FRAME_MAX + 1);
    size_t sum = 0;
    assert_false(kb_frames_add(&frames, (const char *)head, 4, count_frames, &sum));
    kb_frames_done(&frames);
}

/* Nothing is green that checked nothing, whatever a worker believes. */
static void test_nothing_is_doubted(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_set_result result;
    kb_shape_init(&kb_set_result_shape, &result);
    result.proof.restored = KB_REACHED;
    assert_non_null(kb_outcome_nothing(arena, &result));
    result.files = 3;
    assert_string_equal(kb_outcome_nothing(arena, &result)->rule, "zero-files");
    result.bytes_read = 1;
    assert_null(kb_outcome_nothing(arena, &result));
    result.files = 0;
    assert_non_null(kb_outcome_nothing(arena, &result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_budgets),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_text_is_printable),
        cmocka_unit_test(test_frames_in_pieces),
        cmocka_unit_test(test_nothing_is_doubted),
    };
    (void)signal(SIGPIPE, SIG_IGN); /* as the program does: a worker may leave before it has read its job */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
