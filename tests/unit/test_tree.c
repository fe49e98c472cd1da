/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: with any number of threads and in any order of reading a folder has the same findings, list and counts; one
 * that is verified in parts says what was verified, and goes on with the oldest. */
#include "koboshi/limits.h"
#include "koboshi/verified.h"
#include "tools.h"

#include "../../agent/verify/stock.h"

/* Some hundred files in many folders, empty, large and sparse ones, links, and what is no file. */
static void make_folder(void)
{
    SHELL("rm -rf d && mkdir -p d/deep/a/b/c/d d/empty 'd/名前' && mkfifo d/fifo && ln -s / d/abs && : > d/nothing");
    for (int i = 0; i < 60; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "d/n%02d", i);
        assert_int_equal(mkdir(name, 0700), 0);
        for (int k = 0; k < 8; k++) {
            (void)snprintf(name, sizeof name, "d/n%02d/f%d", i, k);
            put_noise(name, (size_t)(i * 131 + k * 4099), (uint64_t)(i * 8 + k + 1));
        }
    }
    put_noise("d/large", (3 << 20) + 17, 99);
    put_noise("d/deep/a/b/c/d/x", 70000, 98);
    put_noise("d/名前/見積.bin", 1 << 20, 97);
    SHELL("truncate -s 9M d/sparse && printf x >> d/sparse");
    SHELL("cd d && find . -type f -print0 | sort -z | xargs -0 sha256sum > ../d.sha256");
}

static struct outcome *run_order(int order, int64_t threads, const struct kb_sink *sink, const char *list)
{
    char source[512], manifest[512];
    struct outcome *o = calloc(1, sizeof *o);
    assert_non_null(o);
    o->arena = kb_arena_new();
    (void)snprintf(source, sizeof source, "%s/d", tools_folder);
    (void)snprintf(manifest, sizeof manifest, "%s/d.sha256", tools_folder);
    const struct kb_job_set set = {.set = "share",
                                   .medium = "hdd-a",
                                   .format = KB_FORMAT_TREE,
                                   .file = "d",
                                   .source = source,
                                   .manifest = manifest,
                                   .order = order,
                                   .threads = threads,
                                   .seconds = KB_ABSENT};
    struct kb_pass *pass;
    int fd = open(list, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(kb_pass_open(&set, o->arena, &pass, &o->err), 0);
    const struct kb_reporter reporter = {.owner = o, .finding = collect};
    o->code = kb_pass_run(pass, sink, fd, &reporter, o->arena, &o->result, &o->err);
    kb_pass_close(pass);
    assert_int_equal(close(fd), 0);
    return o;
}

static void same(const struct outcome *a, const struct outcome *b)
{
    assert_int_equal(a->code, 0);
    assert_int_equal(b->code, 0);
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n && i < 64; i++) {
        assert_string_equal(a->findings[i].rule, b->findings[i].rule);
        assert_string_equal(a->findings[i].entry, b->findings[i].entry);
        assert_string_equal(a->findings[i].found, b->findings[i].found);
    }
    assert_int_equal(a->result.files, b->result.files);
    assert_int_equal(a->result.folders, b->result.folders);
    assert_int_equal(a->result.links, b->result.links);
    assert_int_equal(a->result.skipped, b->result.skipped);
    assert_int_equal(a->result.bytes_read, b->result.bytes_read);
    assert_int_equal(a->result.bytes_unpacked, b->result.bytes_unpacked);
    assert_int_equal(a->result.files_matched, b->result.files_matched);
    assert_int_equal(a->result.proof.read, b->result.proof.read);
    assert_int_equal(a->result.proof.hash, b->result.proof.hash);
    SHELL("cmp list.a list.b");
}

static void every_way(const char *what)
{
    struct outcome *one = run_order(KB_ORDER_NAMES, 1, NULL, "list.a");
    static const struct {
        int order;
        int64_t threads;
    } ways[] = {
        {KB_ORDER_NAMES, 2}, {KB_ORDER_NAMES, 7}, {KB_ORDER_NAMES, 0}, {KB_ORDER_PHYSICAL, 0}, {KB_ORDER_AUTO, 3}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct outcome *o = run_order(ways[i].order, ways[i].threads, NULL, "list.b");
        if (o->n != one->n)
            show(o, what);
        same(one, o);
        outcome_free(o);
    }
    outcome_free(one);
}

static void test_good(void **state)
{
    (void)state;
    make_folder();
    SHELL("rm d/fifo");
    struct outcome *o = run_order(KB_ORDER_NAMES, 4, NULL, "list.a");
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.files, 485);
    assert_int_equal(o->result.files_matched, 485);
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    assert_int_equal(o->result.proof.read, KB_REACHED);
    SHELL("test $(wc -l < list.a) = 485 && cd d && sha256sum --quiet -c ../list.a");
    outcome_free(o);
    every_way("good");
}

static void test_faults(void **state)
{
    (void)state;
    make_folder();
    flip("d/n07/f3", 5);
    flip("d/large", 3 << 20);
    SHELL("rm d/n31/f0 d/n00/f7 && echo more > d/n59/more && echo x >> d/deep/a/b/c/d/x");
    SHELL("cd d && mkdir odd && : > 'odd/a\\..\\b' && : > \"$(printf 'odd/c\\001d')\" && : > 'odd/C:x'");
    struct outcome *o = run_order(KB_ORDER_PHYSICAL, 0, NULL, "list.a");
    assert_int_equal(told(o, "entry-differs", "n07/f3"), 1);
    assert_int_equal(told(o, "entry-differs", "large"), 1);
    assert_int_equal(told(o, "entry-missing", "n31/f0"), 1);
    assert_int_equal(told(o, "entry-kind", "fifo"), 1);
    assert_int_equal(o->result.proof.hash, KB_NOT_REACHED);
    outcome_free(o);
    every_way("faults");
}

/* What a sink is given: the order of the walk and each content whole, also of files that do not wait in memory. */
struct taken {
    char last[4096];
    int64_t files, bytes, size;
    bool open;
    struct kb_hasher *hasher;
};

static int sink_entry(void *owner, const struct kb_entry *entry, struct kb_err *err)
{
    (void)err;
    struct taken *t = owner;
    assert_false(t->open);
    (void)snprintf(t->last, sizeof t->last, "%s", entry->path);
    t->open = entry->kind == KB_ENTRY_FILE;
    t->size = 0;
    kb_hasher_begin(t->hasher);
    return 0;
}

static int sink_data(void *owner, int64_t offset, const void *bytes, size_t n, struct kb_err *err)
{
    (void)err;
    struct taken *t = owner;
    assert_true(t->open);
    assert_int_equal(offset, t->size);
    kb_hasher_add(t->hasher, bytes, n);
    t->size += (int64_t)n;
    return 0;
}

static int sink_end(void *owner, int64_t size, const struct kb_sha256 *digest, const struct kb_sha256 *expected,
                    struct kb_err *err)
{
    (void)err;
    (void)expected;
    struct taken *t = owner;
    const struct kb_sha256 got = kb_hasher_end(t->hasher);
    assert_int_equal(size, t->size);
    assert_non_null(digest);
    assert_memory_equal(digest, &got, sizeof got);
    t->open = false;
    t->files++;
    t->bytes += size;
    return 0;
}

static void test_sink(void **state)
{
    (void)state;
    make_folder();
    SHELL("mkdir d/many && cd d/many && i=0; while [ $i -lt 60 ]; do cp ../名前/見積.bin $i; i=$((i+1)); done");
    SHELL("cd d && find . -type f -print0 | sort -z | xargs -0 sha256sum > ../d.sha256");
    struct outcome *one = run_order(KB_ORDER_NAMES, 1, NULL, "list.a");
    for (int64_t threads = 1; threads < 6; threads += 2) {
        struct taken t = {.hasher = kb_hasher_new()};
        const struct kb_sink sink = {.owner = &t, .entry = sink_entry, .data = sink_data, .end = sink_end};
        struct outcome *o = run_order(threads == 1 ? KB_ORDER_PHYSICAL : KB_ORDER_NAMES, threads, &sink, "list.b");
        same(one, o);
        assert_int_equal(t.files, o->result.files_matched);
        assert_int_equal(t.bytes, o->result.bytes_unpacked);
        kb_hasher_free(t.hasher);
        outcome_free(o);
    }
    outcome_free(one);
}

/* One run that is resumed, as a worker does it; its records become what earlier runs left. */
static struct outcome *resume(int64_t seconds, int order)
{
    char source[512], manifest[512], verified[512];
    struct outcome *o = calloc(1, sizeof *o);
    assert_non_null(o);
    o->arena = kb_arena_new();
    (void)snprintf(source, sizeof source, "%s/d", tools_folder);
    (void)snprintf(manifest, sizeof manifest, "%s/d.sha256", tools_folder);
    (void)snprintf(verified, sizeof verified, "%s/verified", tools_folder);
    const struct kb_job_set set = {.set = "share",
                                   .format = KB_FORMAT_TREE,
                                   .file = "d",
                                   .source = source,
                                   .manifest = manifest,
                                   .order = order,
                                   .verified = verified,
                                   .seconds = seconds,
                                   .min_files = 400};
    struct kb_pass *pass;
    int fd = open("verified.new", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(kb_pass_open(&set, o->arena, &pass, &o->err), 0);
    kb_pass_resume(pass, fd);
    const struct kb_reporter reporter = {.owner = o, .finding = collect};
    o->code = kb_pass_run(pass, NULL, -1, &reporter, o->arena, &o->result, &o->err);
    kb_pass_close(pass);
    assert_int_equal(close(fd), 0);
    assert_int_equal(o->code, 0);
    assert_non_null(o->result.freshness);
    return o;
}

/* As if these records had been made `by` seconds earlier. */
static void age_records(int64_t by)
{
    char *bytes = NULL;
    size_t n = 0;
    struct kb_arena *arena = kb_arena_new();
    struct kb_err err = {0};
    assert_int_equal(kb_file_read(AT_FDCWD, "verified.new", 1 << 20, arena, &bytes, &n, &err), 0);
    for (size_t at = KB_VERIFIED_HEAD_BYTES; at + KB_VERIFIED_BYTES <= n; at += KB_VERIFIED_BYTES) {
        struct kb_verified v;
        kb_verified_read((uint8_t *)bytes + at, &v);
        v.when -= v.when > 0 ? by : 0;
        kb_verified_write(&v, (uint8_t *)bytes + at);
    }
    put("verified", bytes, n);
    kb_arena_free(arena);
}

static void test_resume(void **state)
{
    (void)state;
    for (int order = KB_ORDER_PHYSICAL; order <= KB_ORDER_NAMES; order++) {
        make_folder();
        SHELL("rm -f d/fifo verified verified.new");
        struct outcome *o = resume(0, order); /* no time at all */
        assert_int_equal(o->n, 0);
        assert_int_equal(o->result.freshness->files, 485);
        assert_int_equal(o->result.freshness->never, 485);
        assert_int_equal(o->result.files, 485);
        assert_int_equal(o->result.proof.read, KB_NOT_REACHED);
        assert_int_equal(o->result.proof.hash, KB_NOT_REACHED);
        outcome_free(o);

        o = resume(KB_ABSENT, order);
        assert_int_equal(o->n, 0);
        assert_int_equal(o->result.freshness->now, 485);
        assert_int_equal(o->result.proof.hash, KB_REACHED);
        outcome_free(o);
        assert_int_equal(size_of("verified.new"), KB_VERIFIED_HEAD_BYTES + 486 * KB_VERIFIED_BYTES);

        age_records(3 * 24 * 3600);
        SHELL("echo new > d/n03/f3 && touch -d '2020-01-01' d/n04/f4");
        o = resume(0, order); /* what changed since counts as never verified; what differs is not even looked at */
        assert_int_equal(o->n, 0);
        assert_int_equal(o->result.freshness->recent, 483);
        assert_int_equal(o->result.freshness->never, 2);
        assert_int_equal(o->result.freshness->now, 0);
        outcome_free(o);

        age_records(5 * 24 * 3600);
        o = resume(0, order);
        assert_int_equal(o->result.freshness->older, 483);
        outcome_free(o);

        o = resume(KB_ABSENT, order); /* n03/f3 is not as the manifest says: it stays unverified */
        assert_int_equal(told(o, "entry-differs", "n03/f3"), 1);
        assert_int_equal(o->result.freshness->now, 484);
        assert_int_equal(o->result.freshness->never, 1);
        outcome_free(o);

        SHELL("printf '\\n' >> d.sha256"); /* another manifest */
        age_records(60);
        o = resume(0, order);
        assert_int_equal(o->result.freshness->never, 485);
        outcome_free(o);
    }
}

/* State that was made up, cut, or is no state at all only makes more be verified. */
static void test_hostile_state(void **state)
{
    (void)state;
    make_folder();
    SHELL("rm -f d/fifo verified");
    outcome_free(resume(KB_ABSENT, KB_ORDER_NAMES));
    age_records(-3600); /* from the future */
    struct outcome *o = resume(0, KB_ORDER_NAMES);
    assert_int_equal(o->result.freshness->never, 485);
    outcome_free(o);
    outcome_free(resume(KB_ABSENT, KB_ORDER_NAMES));
    age_records(0);
    SHELL("truncate -s 1000 verified");
    o = resume(0, KB_ORDER_NAMES);
    assert_int_equal(o->result.freshness->recent, (1000 - KB_VERIFIED_HEAD_BYTES) / KB_VERIFIED_BYTES);
    outcome_free(o);
    static const char *const others[] = {"head -c 5000 /dev/urandom > verified", ": > verified",
                                         "rm verified; mkfifo verified", "rm verified; ln -s verified.new verified",
                                         "rm verified; mkdir verified"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        SHELL(others[i]);
        o = resume(0, KB_ORDER_NAMES);
        assert_int_equal(o->result.freshness->never, 485);
        outcome_free(o);
    }
    SHELL("rmdir verified");
}

/* The oldest are first, whatever the time reaches for. */
static void test_oldest_first(void **state)
{
    (void)state;
    SHELL(
        "rm -rf d verified && mkdir d && cd d && i=0; while [ $i -lt 9 ]; do echo $i > $i; i=$((i+1)); done; cd .. && "
        "sha256sum d/* | sed 's, d/, ,' > d.sha256");
    outcome_free(resume(KB_ABSENT, KB_ORDER_NAMES));
    age_records(3600);
    SHELL("echo 4 > d/n && mv d/n d/4"); /* another inode: never verified as it is now */
    outcome_free(resume(1, KB_ORDER_NAMES));
    uint8_t record[KB_VERIFIED_BYTES];
    struct kb_verified v;
    const struct kb_sha256 path = kb_sha256_of("4", 1);
    int fd = open("verified.new", O_RDONLY);
    assert_int_equal(pread(fd, record, sizeof record, KB_VERIFIED_HEAD_BYTES), sizeof record);
    kb_verified_read(record, &v);
    assert_memory_equal(v.print, path.bytes, KB_VERIFIED_PRINT);
    assert_int_equal(close(fd), 0);
}

/* What waits is bounded by what it takes: a link says up to 4 KB. */
static void test_waiting_links(void **state)
{
    (void)state;
    SHELL("rm -rf l && mkdir l && ln -s $(seq -s / 1000) l/a");
    struct stat st;
    KB_SCOPED_FD fd = open("l", O_RDONLY | O_DIRECTORY);
    assert_int_equal(fstat(fd, &st), 0);
    struct kb_walk *walk = kb_walk_new(fd, st.st_dev, true);
    struct kb_stock stock;
    kb_stock_init(&stock);
    assert_true(kb_stock_add(&stock, walk));
    assert_true(stock.bytes > 3800);
    assert_false(kb_stock_add(&stock, walk));
    kb_stock_done(&stock);
    kb_walk_free(walk);
}

/* Whatever sizes a damaged disk tells, their sum does not turn around. */
static void test_ahead(void **state)
{
    (void)state;
    struct kb_measure_rules rules = {.most = KB_UNPACKED_BYTES_MAX};
    assert_true(kb_measure_ahead(&rules, KB_UNPACKED_BYTES_MAX - 1));
    assert_true(kb_measure_ahead(&rules, 1));
    assert_false(kb_measure_ahead(&rules, INT64_MAX));
    assert_false(kb_measure_ahead(&rules, INT64_MAX));
    for (int i = 0; i < 1 << 18; i++)
        assert_false(kb_measure_ahead(&rules, KB_UNPACKED_BYTES_MAX));
}

static bool was_touched(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_atim.tv_sec != 978307200;
}

/* Where the account may keep them from changing, among files of others too. */
static void test_access_times(void **state)
{
    (void)state;
    enum { NOBODY = 65534 };
    if (geteuid() != 0) {
        print_message("not root: files of two accounts cannot be made\n");
        skip();
    }
    for (int order = KB_ORDER_PHYSICAL; order <= KB_ORDER_NAMES; order++) {
        SHELL("rm -rf d && mkdir d && cd d && for f in a c e; do echo $f > $f; done && cp a b && cp a d && chown 65534 "
              "b d "
              "&& sha256sum * > ../d.sha256 && touch -a -d @978307200 * && chmod 755 .. . && chmod 644 * ../d.sha256");
        pid_t child = fork();
        if (child == 0) {
            if (setresuid(NOBODY, NOBODY, NOBODY))
                _exit(2);
            _exit(run_order(order, 1, NULL, "/dev/null")->result.files_matched != 5);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        assert_false(was_touched("d/b") || was_touched("d/d"));
        if (!was_touched("d/c"))
            print_message("this file system keeps no access times: the test shows nothing\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waiting_links), cmocka_unit_test(test_ahead),        cmocka_unit_test(test_good),
        cmocka_unit_test(test_faults),        cmocka_unit_test(test_sink),         cmocka_unit_test(test_resume),
        cmocka_unit_test(test_hostile_state), cmocka_unit_test(test_oldest_first), cmocka_unit_test(test_access_times),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
