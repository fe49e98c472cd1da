/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a sample is what a stranger computes from seed and paths, never nothing, never stale, and never proof of the
 * files that it left out. */
#include "koboshi/sample.h"
#include "../../agent/run/reply.h"
#include "restore_trial.h"

#include <sys/statvfs.h>

enum { SEED = 42 };

static struct trial *begin_sample(struct kb_job_set set, int64_t percent, int64_t seed)
{
    set.sample = percent;
    set.seed = seed;
    return begin_set(top, set);
}

/* A file whose header says `size`; its content is what it is. The pass counts it. */
static void sized(struct trial *t, const char *path, int64_t size, const char *content)
{
    struct kb_entry e = {.kind = KB_ENTRY_FILE, .path = path, .shown = path, .size = size, .mode = 0644};
    struct kb_sha256 digest = kb_sha256_of(content, strlen(content));
    assert_int_equal(t->sink.entry(t->sink.owner, &e, NULL), 0);
    assert_int_equal(t->sink.data(t->sink.owner, 0, content, strlen(content), NULL), 0);
    assert_int_equal(t->sink.end(t->sink.owner, (int64_t)strlen(content), &digest, NULL, NULL), 0);
    t->result.files++;
}

static bool is_there(const struct trial *t, const char *path)
{
    return !access(in(t, path), F_OK);
}

static bool is_drawn(const char *path, int64_t percent)
{
    return kb_sample_is_drawn(kb_sample_lot(SEED, path), percent);
}

/* The n-th name of this form that is drawn, or is not. */
static const char *name_of(const struct trial *t, const char *form, bool drawn, int64_t percent, int n)
{
    for (int i = 0;; i++) {
        const char *name = kb_sprintf(t->arena, "%s%d", form, i);
        if (is_drawn(name, percent) == drawn && !n--)
            return name;
    }
}

static void test_lots(void **state)
{
    (void)state;
    static const struct {
        int64_t seed;
        const char *path;
        uint64_t lot;
    } cases[] = {
        /* python3: int.from_bytes(hashlib.sha256(b"%d\n" % seed + path).digest()[:8], "big") */
        {0, "a", 0x0d3b8411bde7fa84},
        {42, "総務/規程/就業規則.txt", 0xdc3e79c1ea057953},
        {INT32_MAX, "x/y z.bin", 0xd11addf7a62c6e00},
        {7, "", 0x10159baf262b43a9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(kb_sample_lot(cases[i].seed, cases[i].path) == cases[i].lot);
    assert_true(kb_sample_is_drawn(UINT64_MAX, 100));
    assert_false(kb_sample_is_drawn(0, 0));
    assert_true(kb_sample_is_drawn(UINT64_MAX / 2, 50));
    assert_false(kb_sample_is_drawn(UINT64_MAX / 2 + 1, 50));
    assert_true(kb_sample_is_drawn(UINT64_C(0x028f5c28f5c28f5c), 1));
    assert_false(kb_sample_is_drawn(UINT64_C(0x028f5c28f5c28f5d), 1));
}

static void test_classes(void **state)
{
    (void)state;
    static const int64_t last[] = {64 << 10, 1 << 20, 16 << 20, 256 << 20};
    assert_int_equal(kb_sample_class(0), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(kb_sample_class(last[i]), i);
        assert_int_equal(kb_sample_class(last[i] + 1), i + 1);
    }
    assert_int_equal(kb_sample_class(INT64_MAX), 4);
    assert_int_equal(kb_sample_class(KB_ABSENT), 5);
}

static void test_share(void **state)
{
    (void)state;
    enum { N = 4000 };
    int64_t taken[2];
    for (int round = 0; round < 2; round++) {
        struct trial *t = begin_sample((struct kb_job_set){0}, 10, SEED);
        int64_t drawn = 0;
        for (int i = 0; i < N; i++) {
            const char *path = kb_sprintf(t->arena, "営業/%d/%d.txt", i % 40, i);
            sized(t, path, 10, "0123456789");
            drawn += is_drawn(path, 10) || !i;
            assert_int_equal(is_there(t, path), is_drawn(path, 10) || !i); /* the first file of its class */
        }
        assert_int_equal(finish(t), KB_REACHED);
        const struct kb_sample_seen *s = t->result.sample;
        assert_int_equal(t->result.coverage, KB_COVERAGE_SAMPLE);
        assert_true(s->percent == 10 && s->seed == SEED && s->files == N && s->bytes == N * 10);
        assert_true(s->files_taken == drawn && s->bytes_taken == drawn * 10 && t->result.files_restored == drawn);
        assert_in_range(drawn, N / 10 - 60, N / 10 + 60); /* three standard deviations */
        assert_int_equal(s->also, !is_drawn("営業/0/0.txt", 10));
        assert_true(s->file_ns > 0 && s->byte_ns > 0 && kb_sample_rest_ns(s) > s->file_ns);
        taken[round] = drawn;
        end(t);
    }
    assert_int_equal(taken[0], taken[1]);
}

static void test_rest(void **state)
{
    (void)state;
    struct kb_sample_seen s = {
        .files = 1000, .files_taken = 100, .bytes = 5000, .bytes_taken = 1000, .file_ns = 700, .byte_ns = 30};
    assert_int_equal(kb_sample_rest_ns(&s), 900 * 7 + 4 * 30);
    s.file_ns = INT64_MAX;
    assert_true(kb_sample_rest_ns(&s) > 0); /* no overflow */
    s.bytes_taken = 0;
    assert_int_equal(kb_sample_rest_ns(&s), KB_ABSENT);
}

/* However small it is, something with content comes back. */
static void test_never_nothing(void **state)
{
    (void)state;
    for (int seed = 0; seed < 30; seed++) {
        struct trial *t = begin_sample((struct kb_job_set){0}, 1, seed);
        sized(t, "空1", 0, "");
        sized(t, "空2", 0, "");
        sized(t, "帳簿", 5, "12345");
        sized(t, "控え", 3, "abc");
        assert_int_equal(finish(t), KB_REACHED);
        assert_true(is_there(t, "帳簿") && t->result.sample->bytes_taken >= 5);
        end(t);
    }
}

static void test_rare_sizes(void **state)
{
    (void)state;
    struct trial *t = begin_sample((struct kb_job_set){0}, 5, SEED);
    static const int64_t sizes[] = {10, 100 << 10, 2 << 20, 20 << 20, INT64_C(1) << 40, KB_ABSENT};
    const char *first[6], *second[6];
    for (int i = 0; i < 6; i++) {
        const char *form = kb_sprintf(t->arena, "d%d/", i);
        sized(t, first[i] = name_of(t, form, false, 5, 0), sizes[i], "x");
        sized(t, second[i] = name_of(t, form, false, 5, 1), sizes[i], "x");
    }
    for (int i = 0; i < 6; i++)
        assert_true(is_there(t, first[i]) && !is_there(t, second[i]));
    assert_int_equal(finish(t), KB_REACHED);
    assert_int_equal(t->result.sample->also, 6);
    assert_string_equal(t->result.sample->also_taken.v[5], first[5]);
    end(t);
}

static void test_links(void **state)
{
    (void)state;
    struct trial *t = begin_sample((struct kb_job_set){0}, 10, SEED);
    const char *in_it = name_of(t, "a", true, 10, 0), *out = name_of(t, "a", false, 10, 0);
    sized(t, in_it, 1, "i");
    sized(t, out, 1, "o");
    entry(t, KB_ENTRY_HARDLINK, "写し-in", in_it);
    entry(t, KB_ENTRY_HARDLINK, "写し-in2", "写し-in"); /* of a link that is taken */
    entry(t, KB_ENTRY_HARDLINK, "写し-out", out);
    entry(t, KB_ENTRY_SYMLINK, "最新", out);
    entry(t, KB_ENTRY_FOLDER, "空フォルダ", NULL);
    assert_int_equal(finish(t), KB_REACHED);
    struct stat st;
    assert_true(!lstat(in(t, "最新"), &st) && is_there(t, "空フォルダ"));
    assert_true(is_there(t, "写し-in") && is_there(t, "写し-in2") && !is_there(t, "写し-out") && !is_there(t, out));
    assert_int_equal(t->n, 0);
    assert_int_equal(t->result.files_restored, 3);
    assert_int_equal(t->result.sample->files_taken, 1);
    end(t);
}

static void test_always(void **state)
{
    (void)state;
    struct kb_job_always always[] = {
        {"./総務/canary.txt", KB_ABSENT}, {"**/*.pdf", 2}, {"../x", KB_ABSENT}, {"L", KB_ABSENT}};
    struct kb_job_set set = {.always = {4, always}};
    struct trial *t = begin_sample(set, 1, SEED);
    sized(t, "first", 1, "1");
    sized(t, name_of(t, "a/0.", false, 1, 0), 1, "x");
    sized(t, "総務/canary.txt", 6, "canary");
    const char *pdf[3];
    for (int i = 0, n = 0; i < 3; i++) {
        do
            pdf[i] = kb_sprintf(t->arena, "図/%d.pdf", n++);
        while (is_drawn(pdf[i], 1));
        sized(t, pdf[i], 1, "p");
    }
    entry(t, KB_ENTRY_SYMLINK, "L", pdf[2]);
    assert_int_equal(finish(t), KB_REACHED);
    assert_true(is_there(t, "総務/canary.txt") && is_there(t, pdf[0]) && is_there(t, pdf[1]) && !is_there(t, pdf[2]));
    assert_true(t->n == 1 && found(t, "sample-link", "L")); /* a check could not open it */
    end(t);
}

static void next_layer(struct trial *t)
{
    assert_int_equal(t->sink.layer(t->sink.owner, NULL), 0);
}

/* A later part of a chain is told of as the pass does: only names that are new count. */
static void again(struct trial *t, const char *path, int64_t size, const char *content)
{
    sized(t, path, size, content);
    t->result.files--;
}

static void test_chain(void **state)
{
    (void)state;
    struct trial *t = begin_sample((struct kb_job_set){.format = KB_FORMAT_CHAIN}, 10, SEED);
    const char *in_it = name_of(t, "f", true, 10, 0), *gone = name_of(t, "f", true, 10, 1);
    const char *out = name_of(t, "f", false, 10, 0), *turned = name_of(t, "f", false, 10, 1);
    const char *linked = name_of(t, "f", true, 10, 2);
    sized(t, in_it, 3, "old");
    sized(t, gone, 3, "old");
    sized(t, out, 3, "old");
    sized(t, turned, 3, "old");
    sized(t, linked, 3, "old");
    next_layer(t);
    again(t, in_it, 3, "new");
    again(t, out, INT64_C(1) << 40, "grown"); /* the first of its class, but it was left out of the full backup */
    entry(t, KB_ENTRY_FOLDER, turned, NULL);
    entry(t, KB_ENTRY_HARDLINK, linked, out); /* what it was must not stay there */
    next_layer(t);
    again(t, turned, 3, "new"); /* a file again: the folder of before must not stay there */
    again(t, out, 5, "again");
    const struct kb_dumped listed[] = {{'Y', in_it}, {'Y', out}, {'Y', turned}, {'Y', linked}};
    assert_int_equal(t->sink.keep(t->sink.owner, "", listed, 4, NULL), 0); /* `gone` was deleted */
    assert_int_equal(finish(t), KB_REACHED);
    assert_int_equal(t->n, 0);
    assert_string_equal(content(t, in_it), "new");
    assert_string_equal(content(t, turned), "new");
    assert_true(!is_there(t, out) && !is_there(t, gone) && !is_there(t, linked));
    const struct kb_sample_seen *s = t->result.sample;
    assert_true(s->files == 5 && s->files_taken == 4 && s->also == 1 && t->result.files_restored == 2);
    assert_true(s->bytes == 15 + 3 + 5 + 3 + 5 && s->bytes_taken == 9 + 3 + 3);
    end(t);
}

/* What the sample does not hold must not hide what was lost of it. */
static void test_not_hollow(void **state)
{
    (void)state;
    for (int fault = 0; fault < 4; fault++) {
        struct trial *t = begin_sample((struct kb_job_set){0}, 10, SEED);
        const char *in_it = name_of(t, "f", true, 10, 0), *out = name_of(t, "f", false, 10, 0);
        sized(t, in_it, 4, "data");
        sized(t, out, 4, "data");
        entry(t, KB_ENTRY_HARDLINK, "link", in_it);
        t->result.files += fault == 0; /* the pass saw one more than came here: a link is none */
        assert_int_equal(kb_scratch_finish(t->scratch, NULL), 0);
        if (fault == 1)
            assert_int_equal(truncate(in(t, in_it), 3), 0);
        if (fault == 2)
            plant(in(t, out), "data"); /* not of the sample: nobody wrote it */
        t->result.proof.read = fault == 3 ? KB_NOT_REACHED : KB_REACHED;
        assert_int_equal(kb_scratch_reread(t->scratch, t->arena, &t->result, NULL), 0);
        assert_int_equal(t->result.proof.restored, KB_NOT_REACHED);
        assert_int_equal(t->result.coverage, KB_COVERAGE_SAMPLE);
        end(t);
    }
}

/* A sample that is everything is no sample. */
static void test_everything(void **state)
{
    (void)state;
    static const int64_t percents[] = {0, KB_ABSENT, 99, 100, 101};
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
        struct trial *t = begin_sample((struct kb_job_set){0}, percents[i], SEED);
        for (int n = 0; n < 20; n++)
            sized(t, name_of(t, "f", true, 99, n), 1, "x");
        assert_int_equal(finish(t), KB_REACHED);
        assert_int_equal(t->result.coverage, KB_COVERAGE_FULL);
        assert_int_equal(t->result.sample != NULL, percents[i] == 99);
        assert_int_equal(t->result.files_restored, 20);
        end(t);
    }
}

/* Those who draw a sample for want of room are not kept from it. */
static void test_room(void **state)
{
    (void)state;
    struct statvfs room;
    assert_int_equal(statvfs(top, &room), 0);
    int64_t more = (int64_t)((uint64_t)room.f_bavail * room.f_frsize) * 2;
    static const struct {
        int64_t sample;
        int format;
        bool fits;
    } rows[] = {{0, KB_FORMAT_ARCHIVE, false},
                {10, KB_FORMAT_ARCHIVE, true},
                {90, KB_FORMAT_ARCHIVE, false},
                {10, KB_FORMAT_FILE, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trial *t = begin_set(top, (struct kb_job_set){0}); /* for its places */
        t->set.scratch = kb_sprintf(t->arena, "%s/room", top);
        t->set.sample = rows[i].sample;
        t->set.format = rows[i].format;
        struct kb_scratch *scratch = NULL;
        assert_int_equal(kb_scratch_new(&t->set, geteuid(), getegid(), more, &t->reporter, t->arena, &scratch, NULL),
                         0);
        assert_int_equal(scratch != NULL, rows[i].fits);
        kb_scratch_free(scratch);
        assert_int_equal(kb_scratch_remove(t->set.scratch, NULL), 0);
        t->set.scratch = kb_sprintf(t->arena, "%s/scratch", top);
        end(t);
    }
}

/* A worker whose figures contradict each other is not believed: no sample is passed off as everything. */
static void test_contradictions(void **state)
{
    (void)state;
    static const struct {
        int coverage;
        int64_t percent, files, taken, bytes, bytes_taken; /* percent 0: no sample */
        bool good;
    } rows[] = {
        {KB_COVERAGE_NONE, 0, 0, 0, 0, 0, true},      {KB_COVERAGE_FULL, 0, 0, 0, 0, 0, true},
        {KB_COVERAGE_SAMPLE, 10, 9, 1, 9, 1, true},   {KB_COVERAGE_FULL, 10, 9, 9, 9, 9, true},
        {KB_COVERAGE_SAMPLE, 0, 0, 0, 0, 0, false},   {KB_COVERAGE_FULL, 10, 9, 1, 9, 1, false},
        {KB_COVERAGE_SAMPLE, 10, 9, 9, 9, 9, false},  {KB_COVERAGE_SAMPLE, 10, 9, 10, 9, 1, false},
        {KB_COVERAGE_SAMPLE, 10, 9, 1, 9, 10, false}, {KB_COVERAGE_SAMPLE, 100, 9, 1, 9, 1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const struct kb_sample_seen sample = {.percent = rows[i].percent,
                                              .files = rows[i].files,
                                              .files_taken = rows[i].taken,
                                              .bytes = rows[i].bytes,
                                              .bytes_taken = rows[i].bytes_taken};
        struct kb_set_result result;
        kb_shape_init(&kb_set_result_shape, &result);
        result.coverage = rows[i].coverage;
        result.sample = rows[i].percent ? &sample : NULL;
        const struct kb_reply reply = {.kind = KB_REPLY_RESULT, .result = &result, .peak_bytes = KB_ABSENT};
        KB_SCOPED_JSON json = kb_shape_write(&kb_reply_shape, &reply);
        size_t n;
        const char *text = kb_json_dump(arena, json, JSON_COMPACT, &n);
        assert_int_equal(kb_reply_decode(text, n, arena) != NULL, rows[i].good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lots),           cmocka_unit_test(test_classes),       cmocka_unit_test(test_share),
        cmocka_unit_test(test_rest),           cmocka_unit_test(test_never_nothing), cmocka_unit_test(test_rare_sizes),
        cmocka_unit_test(test_links),          cmocka_unit_test(test_always),        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_not_hollow),     cmocka_unit_test(test_everything),    cmocka_unit_test(test_room),
        cmocka_unit_test(test_contradictions),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
