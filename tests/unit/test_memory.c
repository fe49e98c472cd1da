/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what a pass and a restore hold does not pass the bound, whatever the format: 32 MiB for the whole worker, the
 * decoder's window for each thread that decodes, and 100 bytes and the path for each line of the manifest. */
#include <stdatomic.h>

#include "shapes.h"

#if KB_SANITIZED
/* sanitizer/allocator_interface.h of LLVM's compiler-rt, which gcc's libraries have and its headers lack */
int __sanitizer_install_malloc_and_free_hooks(void (*took)(const volatile void *, size_t),
                                              void (*gave)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *memory);
#endif

/* Of the 32 MiB: what a worker has before the first byte is read (program, pages of libraries, the job, stacks). */
enum { WHOLE = 32 << 20, BEFORE = 12 << 20 };
enum { FILES = 2048, PATH_BYTES = 33, LISTED = FILES + 1 };

/* --- what is held --- */

#if KB_SANITIZED
/* The resident size would be the sanitizer's: what is asked for and not given back is counted. */
static atomic_llong held, most;

static void took(const volatile void *memory, size_t n)
{
    (void)memory;
    long long now = atomic_fetch_add(&held, (long long)n) + (long long)n, before = atomic_load(&most);
    while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
        ;
}

static void gave(const volatile void *memory)
{
    if (memory)
        (void)atomic_fetch_sub(&held, (long long)__sanitizer_get_allocated_size(memory));
}

static int64_t begin_measure(void)
{
    static bool hooked;
    if (!hooked)
        assert_true(__sanitizer_install_malloc_and_free_hooks(took, gave) > 0);
    hooked = true;
    atomic_store(&most, atomic_load(&held));
    return atomic_load(&held);
}

static int64_t most_held(void)
{
    return atomic_load(&most);
}
#else
#include <malloc.h>

static int64_t status_of(const char *name)
{
    char text[8192], *at;
    int fd = open("/proc/self/status", O_RDONLY);
    ssize_t n = read(fd, text, sizeof text - 1);
    (void)close(fd);
    assert_true(n > 0);
    text[n] = '\0';
    assert_non_null(at = strstr(text, name));
    return strtoll(at + strlen(name), NULL, 10) * 1024;
}

/* proc(5), clear_refs: 5 sets the peak back to what is resident now. */
static int64_t begin_measure(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY);
    (void)malloc_trim(0); /* what was given back by the tests before is not there to be taken again */
    if (fd < 0 || write(fd, "5", 1) != 1)
        skip();
    (void)close(fd);
    return status_of("VmRSS:");
}

static int64_t most_held(void)
{
    return status_of("VmHWM:");
}
#endif

/* The meter sees what a thread takes and gives back. */
static void test_meter(void **state)
{
    (void)state;
    enum { N = 40 << 20 };
    int64_t before = begin_measure();
    char *memory = malloc(N);
    assert_non_null(memory);
    for (size_t i = 0; i < N; i += 4096)
        ((volatile char *)memory)[i] = 1;
    free(memory);
    int64_t grown = most_held() - before;
    assert_true(grown > N - (1 << 20) && grown < N + (4 << 20)); /* the kernel counts pages some at a time */
}

/* --- the data --- */

/* window: KiB as the file's header says, more where blocks are decoded side by side: window, packed and unpacked bytes
 * of one. */
static const struct {
    const char *name, *make;
    int64_t window;
    size_t decoders; /* at most; 0: as many as there are threads */
} made[] = {
    {"m.tar", "tar -C s -cf m.tar .", 0, 1},
    {"m.cpio", "cd s && find . | sort | cpio -o -H newc > ../m.cpio", 0, 1},
    {"m.tar.gz", "gzip -1 < m.tar > m.tar.gz", 32, 1},
    {"m.tar.bz2", "bzip2 -1 < m.tar > m.tar.bz2", 100, 1},
    {"m.tar.zst", "zstd -q -1 m.tar", 512, 1},
    {"m.long.tar.zst", "zstd -q -1 --long=27 < m.tar > m.long.tar.zst", 128 << 10, 1},
    {"m.tar.lz4", "lz4 -q -B7 m.tar m.tar.lz4", 4 << 10, 1},
    {"m.tar.xz", "xz -T1 -0 < m.tar > m.tar.xz", 256, 1},
    {"m.blocks.tar.xz", "xz -T2 -0 --block-size=2MiB < m.tar > m.blocks.tar.xz", 256 + 4096, 0},
    {"m.tar.lzma", "xz --format=lzma -0 < m.tar > m.tar.lzma", 256, 1},
    {"m.zip", "cd s && zip -1 -qr ../m.zip .", 32, 0},
    {"m.7z", "cd s && 7z a -bd -y -m0=lzma:d=1m -mx1 ../m.7z .", 1024, 1},
};
enum { MADE = sizeof made / sizeof *made };

/* Many small files, whose names have one length, and a large one of repeated blocks. */
static void make_source(void)
{
    put_noise("noise", FILES * 2048, 1);
    SHELL("mkdir -p s/folder-of-small-files && split -b 2048 -a 4 -d noise s/folder-of-small-files/file-000 &&"
          "head -c 1048576 noise > block && for i in $(seq 10); do cat block; done > s/large &&"
          "cd s && find . -type f | xargs sha256sum | sed 's,  ./,  ,' > ../s.sha256");
    for (size_t i = 0; i < MADE; i++)
        SHELL(made[i].make);
}

static int64_t bound(int64_t window_kib, size_t decoders)
{
    return WHOLE - BEFORE + window_kib * 1024 * (int64_t)decoders + LISTED * (int64_t)(PATH_BYTES + 100);
}

static void within(const char *what, int64_t threads, int64_t before, int64_t limit)
{
    int64_t grown = most_held() - before;
    print_message("%s, %d threads: %.1f of %.1f MiB\n", what, (int)threads, (double)grown / (1 << 20),
                  (double)limit / (1 << 20));
    if (grown > limit)
        fail_msg("%s holds too much", what);
}

static void all_was_compared(const struct kb_set_result *result)
{
    assert_int_equal(result->files_matched, LISTED);
    assert_int_equal(result->files_compared, LISTED);
}

static void verify(struct kb_job_set set, int64_t limit)
{
    set.manifest = "s.sha256";
    int64_t before = begin_measure();
    struct outcome *o = pass(set);
    within(set.file, set.threads, before, limit);
    assert_int_equal(o->code, 0);
    all_was_compared(&o->result);
    outcome_free(o);
}

static void test_archives(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADE; i++)
        for (int64_t threads = 2; threads <= (made[i].decoders ? 2 : 4); threads += 2)
            verify((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = made[i].name, .threads = threads},
                   bound(made[i].window, made[i].decoders ? made[i].decoders : (size_t)threads));
}

static void test_tree(void **state)
{
    (void)state;
    for (int order = KB_ORDER_PHYSICAL; order <= KB_ORDER_NAMES; order++)
        verify((struct kb_job_set){.format = KB_FORMAT_TREE, .file = "s", .threads = 2, .order = order}, bound(0, 1));
}

static void test_dump(void **state)
{
    (void)state;
    SHELL("gzip -1 < s/large > large.gz");
    int64_t before = begin_measure();
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_FILE, .file = "large.gz", .unpack = true});
    within("large.gz", 0, before, WHOLE - BEFORE);
    assert_int_equal(o->result.bytes_unpacked, size_of("s/large"));
    outcome_free(o);
}

/* What was restored is remembered beside the manifest until it was read again. */
static void restore(struct kb_job_set set, int64_t limit)
{
    char what[64];
    (void)snprintf(what, sizeof what, "%s restored", set.file);
    set.manifest = "s.sha256";
    set.threads = 2;
    int64_t before = begin_measure();
    struct outcome *o = restored(set);
    within(what, set.threads, before, limit);
    assert_int_equal(o->code, 0);
    all_was_compared(&o->result);
    assert_int_equal(o->result.files_reread, LISTED);
    assert_int_equal(o->result.proof.restored, KB_REACHED);
    outcome_free(o);
}

static void test_restore(void **state)
{
    (void)state;
    restore((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "m.tar.zst"}, bound(512, 1));
    restore((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "m.zip"}, bound(32, 2));
    restore((struct kb_job_set){.format = KB_FORMAT_TREE, .file = "s"}, bound(0, 1));
}

static int setup(void **state)
{
    if (tools_setup(state))
        return -1;
    make_source();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meter), cmocka_unit_test(test_archives), cmocka_unit_test(test_tree),
        cmocka_unit_test(test_dump),  cmocka_unit_test(test_restore),
    };
    return cmocka_run_group_tests(tests, setup, tools_teardown);
}
