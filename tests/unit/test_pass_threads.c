/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: whatever the archive is like, one thread and several say the same, word for word and in the same order. */
#include "tools.h"

#include "koboshi/limits.h"

/* All that a pass says, as text. */
struct account {
    char *text;
    size_t n;
    FILE *out;
};

static void write_finding(void *owner, const struct kb_finding *f)
{
    struct account *a = owner;
    (void)fprintf(a->out, "[%s] %d %s %s | %s | %s | %s | %s\n", f->rule, (int)f->severity, f->entry ? f->entry : "-",
                  f->entry_hex ? f->entry_hex : "-", f->expected.en, f->expected.ja, f->found.en, f->found.ja);
}

/* Content as it comes: pieces may be cut differently, what they are together may not. */
struct taker {
    struct account *account;
    struct kb_hasher *hasher;
    int fail_after; /* entries */
};

static int take_entry(void *owner, const struct kb_entry *entry, struct kb_err *err)
{
    struct taker *t = owner;
    (void)fprintf(t->account->out, "entry %s %d %d\n", entry->path, (int)entry->kind, (int)entry->mode);
    kb_hasher_begin(t->hasher);
    return t->fail_after-- ? 0 : kb_fail(err, KB_EIO, "disk full", "ディスクがいっぱいです");
}

static int take_data(void *owner, int64_t offset, const void *bytes, size_t n, struct kb_err *err)
{
    struct taker *t = owner;
    (void)offset;
    (void)err;
    kb_hasher_add(t->hasher, bytes, n);
    return 0;
}

static int take_end(void *owner, int64_t size, const struct kb_sha256 *digest, const struct kb_sha256 *expected,
                    struct kb_err *err)
{
    struct taker *t = owner;
    char given[KB_SHA256_HEX_SIZE] = "-", own[KB_SHA256_HEX_SIZE];
    (void)err;
    if (digest)
        kb_sha256_hex(*digest, given);
    kb_sha256_hex(kb_hasher_end(t->hasher), own);
    (void)fprintf(t->account->out, "end %lld %s %s %d\n", (long long)size, given, own, expected != NULL);
    return 0;
}

static void write_result(FILE *out, const struct kb_set_result *r)
{
    (void)fprintf(out, "%lld files %lld folders %lld links %lld skipped %lld read %lld unpacked %lld of %lld match\n",
                  (long long)r->files, (long long)r->folders, (long long)r->links, (long long)r->skipped,
                  (long long)r->bytes_read, (long long)r->bytes_unpacked, (long long)r->files_matched,
                  (long long)r->files_compared);
    (void)fprintf(out, "%s %s L%d%d%d%d\n", r->sha256 ? r->sha256 : "-", r->detected ? r->detected : "-",
                  r->proof.exists, r->proof.read, r->proof.hash, r->proof.structure);
    for (size_t i = 0; i < r->caveats.n; i++)
        (void)fprintf(out, "%s\n", r->caveats.v[i].en);
}

/* fail_after < 0: no sink fails. */
static char *account_of(struct kb_job_set set, int64_t threads, int fail_after)
{
    struct account a = {0};
    a.out = open_memstream(&a.text, &a.n);
    assert_non_null(a.out);
    struct taker taker = {.account = &a, .hasher = kb_hasher_new(), .fail_after = fail_after};
    kb_hasher_begin(taker.hasher);
    const struct kb_sink sink = {.owner = &taker, .entry = take_entry, .data = take_data, .end = take_end};
    const struct kb_reporter reporter = {.owner = &a, .finding = write_finding};
    char source[512], manifest[512];
    (void)snprintf(source, sizeof source, "%s/%s", tools_folder, set.file);
    (void)snprintf(manifest, sizeof manifest, "%s/%s", tools_folder, set.manifest ? set.manifest : "");
    set.source = source;
    set.manifest = set.manifest ? manifest : NULL;
    set.set = "share";
    set.medium = "hdd-a";
    set.threads = threads;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_pass *pass;
    struct kb_err err = {0};
    struct kb_set_result result = {0};
    int list = open("list", O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(kb_pass_open(&set, arena, &pass, &err), 0);
    int code = kb_pass_run(pass, &sink, list, &reporter, arena, &result, &err);
    kb_pass_close(pass);
    char line[4096];
    FILE *lines = fdopen(list, "r");
    assert_non_null(lines);
    rewind(lines);
    while (fgets(line, sizeof line, lines))
        (void)fputs(line, a.out);
    (void)fclose(lines);
    (void)fprintf(a.out, "code %d\n", code);
    if (!code)
        write_result(a.out, &result);
    kb_hasher_free(taker.hasher);
    (void)fclose(a.out);
    return a.text;
}

static void same_for_all(struct kb_job_set set, int fail_after)
{
    char *one = account_of(set, 1, fail_after);
    for (int64_t threads = 2; threads <= 4; threads += 2) {
        char *more = account_of(set, threads, fail_after);
        if (strcmp(one, more)) {
            print_message("--- 1 thread\n%s--- %d threads\n%s", one, (int)threads, more);
            fail_msg("%s differs", set.file);
        }
        free(more);
    }
    free(one);
}

static const char *const made[] = {
    "tar -C s -cf m.tar .",
    "tar -C s --zstd -cf m.tar.zst .",
    "tar -C s -cf - . | gzip -1 > m.tar.gz",
    "tar -C s -cf - . | lz4 -q > m.tar.lz4",
    "cd s && find . | sort | cpio -o -H newc 2>/dev/null > ../m.cpio",
    "rm -f m.zip && cd s && zip -qry ../m.zip .",
    "rm -f m.7z && cd s && 7z a -bd -y -snl ../m.7z . > /dev/null",
};
static const char *const names[] = {"m.tar", "m.tar.zst", "m.tar.gz", "m.tar.lz4", "m.cpio", "m.zip", "m.7z"};
enum { N_MADE = sizeof made / sizeof *made };

/* Many small ones, some large, names of all kinds. */
static void make_source(void)
{
    SHELL("rm -rf s && mkdir -p s/d s/総務 && for i in $(seq 300); do echo \"$i\" > s/d/f$i; done && ln -s f1 s/d/l");
    put_noise("s/large.bin", 5000000, 1);
    put_noise("s/d/mid.bin", 270000, 2);
    put_noise("s/総務/z.bin", 1 << 20, 3);
    SHELL("ln s/large.bin s/twin && : > s/empty && mkfifo s/fifo");
    SHELL("cd s && find . -type f | sort | xargs -d '\\n' sha256sum > ../s.sha256 && echo 'x' >> ../s.sha256 &&"
          "sed -i '3s/^./0/;7d' ../s.sha256");
    for (size_t i = 0; i < N_MADE; i++)
        SHELL(made[i]);
}

static void test_good_and_broken(void **state)
{
    (void)state;
    make_source();
    for (size_t i = 0; i < N_MADE; i++) {
        struct kb_job_set set = {.format = KB_FORMAT_ARCHIVE, .file = names[i], .manifest = "s.sha256"};
        same_for_all(set, -1);
        char bad[32];
        (void)snprintf(bad, sizeof bad, "bad%s", strchr(names[i], '.'));
        set.file = bad;
        int64_t size = size_of(names[i]);
        for (int64_t part = 1; part < 8; part += 2) {
            copy(names[i], bad);
            flip(bad, size * part / 8);
            same_for_all(set, -1);
            assert_int_equal(truncate(bad, size * part / 8), 0);
            same_for_all(set, -1);
        }
    }
}

static void test_single(void **state)
{
    (void)state;
    make_source();
    SHELL("zstd -qf s/large.bin -o large.bin.zst && cp s/large.bin large.bin");
    same_for_all((struct kb_job_set){.format = KB_FORMAT_FILE, .file = "large.bin"}, -1);
    same_for_all((struct kb_job_set){.format = KB_FORMAT_FILE, .file = "large.bin.zst", .unpack = true}, -1);
    assert_int_equal(truncate("large.bin.zst", size_of("large.bin.zst") / 2), 0);
    same_for_all((struct kb_job_set){.format = KB_FORMAT_FILE, .file = "large.bin.zst", .unpack = true}, -1);
    same_for_all((struct kb_job_set){.format = KB_FORMAT_FILE, .file = "large.bin.zst"}, -1);
}

/* A hole of a terabyte, and a file of zeros that packs a thousand times: stopped where it is told, at once. */
static void test_bombs(void **state)
{
    (void)state;
    SHELL("rm -rf b && mkdir b && echo one > b/a && truncate -s 1T b/sparse && echo two > b/z &&"
          "tar -C b -S -cf bomb.tar a sparse z && head -c 300000000 /dev/zero | zstd -q > zeros.zst &&"
          "rm b/sparse && head -c 300000000 /dev/zero > b/sparse && tar -C b --zstd -cf zeros.tar.zst a sparse z");
    same_for_all((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "bomb.tar"}, -1);
    same_for_all((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "zeros.tar.zst"}, -1);
    same_for_all((struct kb_job_set){.format = KB_FORMAT_FILE, .file = "zeros.zst", .unpack = true}, -1);
    char *said = account_of((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "bomb.tar"}, 2, -1);
    assert_non_null(strstr(said, "budget-exceeded"));
    free(said);
    SHELL("rm -r b");
}

/* A sink that fails ends it all, and is told once. */
static void test_failing_sink(void **state)
{
    (void)state;
    make_source();
    for (int after = 0; after < 300; after = after * 3 + 1)
        for (size_t i = 0; i < N_MADE; i++)
            same_for_all((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = names[i]}, after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_and_broken),
        cmocka_unit_test(test_single),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_failing_sink),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
