/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a sink is given every entry in its order, and ends the pass as a fault when it fails. */
#include "tools.h"

/* A sink that writes down what it is told; it may fail at the n-th call. */
struct scribe {
    char log[4096];
    int calls, fail_at;
    int64_t bytes;
};

static int scribe_call(struct scribe *s, struct kb_err *err, const char *text)
{
    (void)strncat(s->log, text, sizeof s->log - strlen(s->log) - 1);
    return ++s->calls == s->fail_at ? kb_fail(err, KB_EIO, "disk full", "ディスクがいっぱいです") : 0;
}

static int scribe_entry(void *owner, const struct kb_entry *entry, struct kb_err *err)
{
    char text[256];
    (void)snprintf(text, sizeof text, "%c:%s;", "FDSHO"[entry->kind], entry -> path);
    return scribe_call(owner, err, text);
}

static int scribe_data(void *owner, int64_t offset, const void *bytes, size_t n, struct kb_err *err)
{
    struct scribe *s = owner;
    assert_true(bytes && offset >= 0);
    s->bytes += (int64_t)n;
    return scribe_call(s, err, "");
}

static int scribe_end(void *owner, int64_t size, const struct kb_sha256 *digest, const struct kb_sha256 *expected,
                      struct kb_err *err)
{
    char text[64];
    (void)snprintf(text, sizeof text, "end %d%s%s;", (int)size, digest ? "" : " unread", expected ? " listed" : "");
    return scribe_call(owner, err, text);
}

static void test_sink(void **state)
{
    (void)state;
    SHELL("rm -rf k && mkdir -p k/d && printf abc > k/d/f && ln k/d/f k/d/g && ln -s f k/d/s && mkfifo k/p &&"
          "cd k && sha256sum d/f > ../k.sha256 && tar --sort=name -cf ../k.tar .");
    struct scribe scribe = {.fail_at = -1};
    const struct kb_sink sink = {.owner = &scribe, .entry = scribe_entry, .data = scribe_data, .end = scribe_end};
    struct outcome *o = pass_sink(
        (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "k.tar", .manifest = "k.sha256"}, &sink, -1);
    assert_int_equal(o->code, 0);
    assert_string_equal(scribe.log, "D:d;F:d/f;end 3 listed;H:d/g;S:d/s;");
    assert_int_equal(scribe.bytes, 3);
    outcome_free(o);
    for (int at = 1; at < 6; at++) {
        scribe = (struct scribe){.fail_at = at};
        o = pass_sink((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "k.tar"}, &sink, -1);
        assert_int_equal(o->code, KB_EIO);
        assert_string_equal(o->err.frame[0].en, "disk full");
        outcome_free(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sink),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
