/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: small files written by several threads are what one thread writes, with the same findings in the same order. */
#include "restore_trial.h"

enum { FILES = 900, LARGEST = 600 << 10 };

static unsigned char bytes[LARGEST + 16];

static void sized(struct trial *t, const char *path, int64_t size)
{
    struct kb_entry e = {.kind = KB_ENTRY_FILE, .path = path, .shown = path, .raw = path, .raw_n = strlen(path)};
    e.size = size;
    e.mode = 0640;
    e.mtime_ns = INT64_C(1700000000500000000);
    assert_int_equal(t->sink.entry(t->sink.owner, &e, NULL), 0);
}

static void data(struct trial *t, size_t offset, size_t n)
{
    assert_int_equal(t->sink.data(t->sink.owner, (int64_t)offset, bytes + offset, n, NULL), 0);
}

static void ends(struct trial *t, size_t size)
{
    struct kb_sha256 digest = kb_sha256_of(bytes, size);
    assert_int_equal(t->sink.end(t->sink.owner, (int64_t)size, &digest, NULL, NULL), 0);
}

static void whole(struct trial *t, const char *path, size_t size)
{
    sized(t, path, (int64_t)size);
    data(t, 0, size / 3);
    data(t, size / 3, size - size / 3);
    ends(t, size);
}

static const char *too_long(struct trial *t, size_t i)
{
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    return kb_sprintf(t->arena, "%zu/%s%zu", i / 40, name, i);
}

static const char *path_of(struct trial *t, size_t i)
{
    return i % 11 ? kb_sprintf(t->arena, "%zu/%zu", i / 40, i) : kb_sprintf(t->arena, "top-%zu", i);
}

static void many(struct trial *t)
{
    for (size_t i = 0, size = 1; i < FILES; i++, size = size * 31 % (i % 50 ? 20011 : LARGEST)) {
        if (i % 97 == 5)
            whole(t, too_long(t, i), size);
        else if (i % 97 == 6) /* of a name that is there */
            whole(t, path_of(t, i - 3), size);
        else if (i % 97 == 7) /* in a folder that is a file */
            whole(t, kb_sprintf(t->arena, "%s/x", path_of(t, i - 3)), size);
        else
            whole(t, path_of(t, i), size);
    }
}

static char *said_by(int64_t threads)
{
    struct trial *t = begin_set(top, (struct kb_job_set){.threads = threads});
    many(t);
    (void)finish(t);
    char *said = NULL;
    assert_true(asprintf(&said, "%lld restored, %lld read again, %lld bytes\n", (long long)t->result.files_restored,
                         (long long)t->result.files_reread, (long long)t->result.bytes_reread) > 0);
    assert_int_equal(t->result.files_restored, FILES - 3 * 10);
    for (size_t i = 0; i < t->n; i++) {
        char *more = NULL;
        assert_true(
            asprintf(&more, "%s%s %s %s\n", said, t->findings[i].rule, t->findings[i].entry, t->findings[i].found) > 0);
        free(said);
        said = more;
    }
    assert_int_equal(t->n, 3 * 10);
    end(t);
    return said;
}

static void test_by_threads(void **state)
{
    (void)state;
    char *one = said_by(1);
    for (int64_t threads = 2; threads <= 5; threads++) {
        char *more = said_by(threads);
        assert_string_equal(more, one);
        free(more);
    }
    free(one);
}

static void looks(const struct trial *t, const char *path, off_t size)
{
    struct stat st;
    assert_int_equal(stat(in(t, path), &st), 0);
    assert_int_equal(st.st_size, size);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(st.st_mtim.tv_sec, 1700000000);
    assert_int_equal(st.st_mtim.tv_nsec, 500000000);
}

/* What turns out not to be as its entry said is written all the same. */
static void test_not_as_said(void **state)
{
    (void)state;
    struct trial *t = begin_set(top, (struct kb_job_set){.threads = 2});
    memset(bytes + 100, 0, 100);
    whole(t, "plain", 50);
    sized(t, "hole", 300);
    data(t, 0, 100);
    data(t, 200, 100);
    ends(t, 300);
    sized(t, "hole at its end", 200);
    data(t, 0, 100);
    ends(t, 200);
    sized(t, "longer", 100);
    data(t, 0, 90);
    data(t, 90, 210);
    ends(t, 300);
    whole(t, "empty", 0);
    sized(t, "unread", 100);
    data(t, 0, 50);
    assert_int_equal(t->sink.end(t->sink.owner, 50, NULL, NULL, NULL), 0);
    sized(t, "without an end", 100);
    data(t, 0, 50);
    whole(t, "last", 70);
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_int_equal(t->result.files_restored, 6);
    assert_int_equal(t->result.files_reread, 6);
    assert_int_equal(t->n, 0);
    looks(t, "plain", 50);
    looks(t, "hole", 300);
    looks(t, "hole at its end", 200);
    looks(t, "longer", 300);
    looks(t, "empty", 0);
    assert_int_not_equal(access(in(t, "unread"), F_OK), 0);
    assert_int_not_equal(access(in(t, "without an end"), F_OK), 0);
    end(t);
}

/* Nobody may wait for what is given up. */
static void test_given_up(void **state)
{
    (void)state;
    struct trial *t = begin_set(top, (struct kb_job_set){.threads = 4});
    many(t);
    sized(t, "the last", 100);
    end(t);
}

static int fill(void **state)
{
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    return set_up(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_by_threads, tripwire),
        cmocka_unit_test_teardown(test_not_as_said, tripwire),
        cmocka_unit_test_teardown(test_given_up, tripwire),
    };
    return cmocka_run_group_tests(tests, fill, tear_down);
}
