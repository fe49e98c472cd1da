/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a folder read in the order of its disk is restored as one read by its names: same files, findings and counts,
 * also when names collide, room runs out or the scratch place fails; nothing that waited for its name stays behind. */
#include <errno.h>
#include <sys/mount.h>

#include "koboshi/restore.h"
#include "tools.h"

/* Files that lie in pieces among each other, empty, sparse, in folders, links. */
static void make_folder(void)
{
    SHELL("rm -rf d && mkdir -p d/deep/a/b d/empty 'd/名前' && : > d/nothing && ln -s n01/f1 d/link && ln d/nothing "
          "d/hard");
    for (int i = 0; i < 30; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "d/n%02d", i);
        assert_int_equal(mkdir(name, 0750), 0);
        for (int k = 0; k < 8; k++) {
            (void)snprintf(name, sizeof name, "d/n%02d/f%d", i, k);
            put_noise(name, (size_t)(i * 231 + k * 5099), (uint64_t)(i * 8 + k + 1));
            assert_int_equal(chmod(name, k % 2 ? 0640 : 0444), 0);
        }
    }
    put_noise("d/large", (3 << 20) + 17, 99);
    put_noise("d/名前/見積.bin", 1 << 20, 97);
    SHELL("for i in 1 2 3; do for f in d/p d/q d/deep/a/b/r; do head -c 210000 /dev/urandom >> $f; sync -d "
          "$f; "
          "done; done; truncate -s 2M d/sparse && printf x >> d/sparse; touch -d '2020-02-02 02:02:02.5' d/n0*/f1 d/p");
    SHELL("cd d && find . -type f -print0 | sort -z | xargs -0 sha256sum > ../d.sha256");
}

/* What comes in its turn, of the last restore. */
static struct kb_sink inner;
static int64_t in_turn;

static int count_data(void *owner, int64_t offset, const void *bytes, size_t n, struct kb_err *err)
{
    in_turn += (int64_t)n;
    return inner.data(owner, offset, bytes, n, err);
}

/* Restored below `place` with the job's order; what is there is listed in `list`. */
static struct outcome *restore(struct kb_job_set set, const char *place, const char *list)
{
    char source[512], manifest[512], scratch[512];
    struct outcome *o = calloc(1, sizeof *o);
    assert_non_null(o);
    o->arena = kb_arena_new();
    (void)snprintf(source, sizeof source, "%s/d", tools_folder);
    (void)snprintf(manifest, sizeof manifest, "%s/d.sha256", tools_folder);
    (void)snprintf(scratch, sizeof scratch, "%s/%s/scratch", tools_folder, place);
    set.set = "share";
    set.format = KB_FORMAT_TREE;
    set.file = "d";
    set.source = source;
    set.manifest = manifest;
    set.scratch = scratch;
    set.seconds = KB_ABSENT;
    const struct kb_reporter reporter = {.owner = o, .finding = collect};
    struct kb_pass *pass;
    struct kb_scratch *s = NULL;
    assert_int_equal(kb_pass_open(&set, o->arena, &pass, &o->err), 0);
    assert_int_equal(kb_scratch_new(&set, geteuid(), getegid(), KB_ABSENT, &reporter, o->arena, &s, &o->err), 0);
    assert_non_null(s);
    if (strcmp(place, "taken") == 0) /* by somebody else, since it was measured */
        SHELL("head -c 3600000 /dev/zero > taken/other");
    struct kb_sink sink = inner = kb_scratch_sink(s);
    sink.data = count_data;
    in_turn = 0;
    o->code = kb_pass_run(pass, &sink, -1, &reporter, o->arena, &o->result, &o->err);
    assert_int_equal(o->code, 0);
    assert_int_equal(kb_scratch_finish(s, &o->err), 0);
    assert_int_equal(kb_scratch_reread(s, o->arena, &o->result, &o->err), 0);
    kb_scratch_free(s);
    kb_pass_close(pass);
    char *command = NULL;
    assert_true(
        asprintf(&command,
                 "cd %s && find . -printf '%%P %%y %%m %%s %%T@ %%l\\n' | grep -v '^ d' | sort > %s/%s && find . "
                 "-type f -print0 | sort -z | xargs -0 sha256sum >> %s/%s",
                 scratch, tools_folder, list, tools_folder, list) > 0);
    SHELL(command);
    free(command);
    assert_int_equal(kb_scratch_remove(scratch, &o->err), 0);
    SHELL("rm -f taken/other");
    return o;
}

static void same(const struct outcome *a, const struct outcome *b)
{
    if (a->n != b->n) {
        show(a, "by names");
        show(b, "by the disk");
    }
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n && i < 64; i++) {
        assert_string_equal(a->findings[i].rule, b->findings[i].rule);
        assert_string_equal(a->findings[i].entry, b->findings[i].entry);
        if (strcmp(a->findings[i].rule, "space") != 0) /* what is free is told in bytes */
            assert_string_equal(a->findings[i].found, b->findings[i].found);
    }
    assert_int_equal(a->result.files, b->result.files);
    assert_int_equal(a->result.skipped, b->result.skipped);
    assert_int_equal(a->result.bytes_read, b->result.bytes_read);
    assert_int_equal(a->result.bytes_unpacked, b->result.bytes_unpacked);
    assert_int_equal(a->result.files_matched, b->result.files_matched);
    assert_int_equal(a->result.files_restored, b->result.files_restored);
    assert_int_equal(a->result.bytes_restored, b->result.bytes_restored);
    assert_int_equal(a->result.files_reread, b->result.files_reread);
    assert_int_equal(a->result.proof.read, b->result.proof.read);
    assert_int_equal(a->result.proof.hash, b->result.proof.hash);
    assert_int_equal(a->result.proof.restored, b->result.proof.restored);
    SHELL("cmp list.a list.b || { diff list.a list.b | head; exit 1; }");
}

/* The caller frees what came by names. */
static struct outcome *both(struct kb_job_set set, const char *place)
{
    set.order = KB_ORDER_NAMES;
    set.threads = 1;
    struct outcome *one = restore(set, place, "list.a");
    for (int64_t threads = 1; threads < 6; threads += 2) {
        set.order = KB_ORDER_PHYSICAL;
        set.threads = threads;
        struct outcome *o = restore(set, place, "list.b");
        same(one, o);
        outcome_free(o);
    }
    return one;
}

static void test_good(void **state)
{
    (void)state;
    make_folder();
    struct outcome *o = both((struct kb_job_set){0}, ".");
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.files_restored, 248);
    assert_int_equal(in_turn, 0); /* by the disk every content came ahead, those in pieces too */
    assert_int_equal(o->result.proof.restored, KB_REACHED);
    outcome_free(o);
    SHELL(
        "grep -q '^p f 644 630000 1580[0-9]*.5' list.b && grep -q '^n01/f0 f 644' list.b && grep -q '^link l' list.b");
}

static void test_faults(void **state)
{
    (void)state;
    make_folder();
    flip("d/n07/f3", 5);
    flip("d/large", 3 << 20);
    flip("d/q", 400000);
    SHELL("rm d/n21/f2 && echo more > d/n29/more && mkfifo d/fifo && : > 'd/odd\\..\\b' && ln -s /etc d/out");
    SHELL("cp d/q d/Q && cp d/n01/f1 d/n01/F1 && echo y > 'd/a:b' && echo z > d/CON");
    struct outcome *o = both((struct kb_job_set){.target_fs = "ntfs"}, ".");
    assert_int_equal(told(o, "entry-differs", "n07/f3"), 1);
    assert_int_equal(told(o, "entry-differs", "q"), 1);
    assert_int_equal(told(o, "names-collide", "q"), 1);
    assert_int_equal(told(o, "names-collide", "n01/f1"), 1);
    assert_int_equal(told(o, "not-representable", "CON"), 1);
    assert_int_equal(o->result.proof.restored, KB_NOT_REACHED);
    outcome_free(o);
}

static void test_sample(void **state)
{
    (void)state;
    make_folder();
    struct outcome *o = both((struct kb_job_set){.sample = 20, .seed = 4711}, ".");
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.proof.restored, KB_REACHED);
    assert_true(o->result.files_restored > 10 && o->result.files_restored < 150);
    outcome_free(o);
}

static void small_place(const char *name, const char *options)
{
    SHELL("mkdir -p small taken");
    if (geteuid() != 0 || mount("none", name, "tmpfs", MS_NOSUID | MS_NODEV, options)) {
        print_message("not root, or no tmpfs: a full file system cannot be made (%s)\n", strerror(errno));
        skip();
    }
}

/* What fits by its names is there, and not what happens to lie at the beginning of the disk. */
static void test_small_scratch(void **state)
{
    (void)state;
    make_folder();
    small_place("small", "size=6m");
    struct outcome *o = both((struct kb_job_set){0}, "small");
    assert_int_equal(umount("small"), 0);
    assert_int_equal(told(o, "space", NULL), 2);
    assert_true(o->result.files_restored > 10 && o->result.files_restored < 248);
    outcome_free(o);
    small_place("small", "size=16m,nr_inodes=150");
    o = both((struct kb_job_set){0}, "small");
    assert_int_equal(umount("small"), 0);
    assert_int_equal(told(o, "space", NULL), 2);
    outcome_free(o);
}

/* All is given up that had not got its name, and written by names as far as there is room. */
static void test_room_taken_meanwhile(void **state)
{
    (void)state;
    make_folder();
    small_place("taken", "size=11m");
    struct outcome *o = restore((struct kb_job_set){.order = KB_ORDER_PHYSICAL}, "taken", "list.a");
    assert_int_equal(umount("taken"), 0);
    assert_int_equal(told(o, "space", NULL), 2);
    assert_int_equal(o->n, 2);
    assert_int_equal(o->result.files_matched, 248);
    assert_int_equal(o->result.proof.restored, KB_NOT_REACHED);
    assert_true(o->result.files_restored > 100 && o->result.files_restored == o->result.files_reread);
    outcome_free(o);
}

static struct kb_entry sized(const char *path, int64_t size)
{
    return (struct kb_entry){.kind = KB_ENTRY_FILE,
                             .path = path,
                             .shown = path,
                             .raw = path,
                             .raw_n = strlen(path),
                             .size = size,
                             .mode = 0640,
                             .mtime_ns = KB_ABSENT};
}

/* Whatever the pass says, and in whatever order: more than was announced, what was not, what is over. */
static void test_misused(void **state)
{
    (void)state;
    char scratch[512];
    (void)snprintf(scratch, sizeof scratch, "%s/scratch", tools_folder);
    struct outcome *o = calloc(1, sizeof *o);
    assert_non_null(o);
    o->arena = kb_arena_new();
    const struct kb_job_set set = {.set = "share", .format = KB_FORMAT_TREE, .scratch = scratch};
    const struct kb_reporter reporter = {.owner = o, .finding = collect};
    struct kb_scratch *s = NULL;
    assert_int_equal(kb_scratch_new(&set, geteuid(), getegid(), KB_ABSENT, &reporter, o->arena, &s, &o->err), 0);
    const struct kb_sink sink = kb_scratch_sink(s);
    const struct kb_entry a = sized("a", 10), b = sized("b", 4), none = sized("none", KB_ABSENT);
    const struct kb_sha256 digest = kb_sha256_of("0123456789", 10);
    assert_true(sink.expects(s, 7, &a));
    assert_false(sink.expects(s, 7, &a));
    assert_false(sink.expects(s, 8, &none));
    assert_true(sink.expects(s, 5000, &b));
    sink.ahead(s, 8, 0, "xx", 2);
    sink.ahead(s, 7, 0, "01234", 5);
    sink.ahead(s, 5000, 0, "bb", 2);
    sink.ahead(s, 7, 5, "56789", 5);
    sink.ahead(s, 5000, 2, "bbb", 3); /* one more than it was to have */
    sink.ahead(s, 5000, 5, "b", 1);
    sink.ahead_end(s, 5000, true);
    sink.ahead_end(s, 7, true);
    sink.ahead_end(s, 9000, true);
    assert_true(sink.has(s, 7)); /* nobody asks for it */
    assert_int_equal(sink.entry(s, &b, &o->err), 0);
    assert_false(sink.has(s, 5000));
    assert_false(sink.has(s, 123456));
    assert_int_equal(sink.end(s, 0, NULL, NULL, &o->err), 0);
    assert_int_equal(sink.entry(s, &a, &o->err), 0);
    assert_true(sink.has(s, 7));
    assert_int_equal(sink.end(s, 10, &digest, NULL, &o->err), 0);
    sink.ahead_end(s, 7, false);
    SHELL("test \"$(cat scratch/a)\" = 0123456789 && test $(stat -c %a scratch/a) = 640");
    assert_int_equal(sink.entry(s, &b, &o->err), 0);
    assert_true(sink.expects(s, 1, &b));
    sink.ahead(s, 1, 0, "bbbb", 4);
    sink.ahead_end(s, 1, true);
    assert_true(sink.has(s, 1));
    assert_int_equal(sink.end(s, 4, NULL, NULL, &o->err), 0); /* it was not good in the end */
    SHELL("test ! -e scratch/b");
    assert_int_equal(kb_scratch_finish(s, &o->err), 0);
    SHELL("test \"$(ls -A scratch)\" = a");
    kb_scratch_free(s);
    assert_int_equal(kb_scratch_remove(scratch, &o->err), 0);
    outcome_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_small_scratch),
        cmocka_unit_test(test_room_taken_meanwhile),
        cmocka_unit_test(test_misused),
    };
    cmocka_set_test_filter(getenv("KB_ONLY"));
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
