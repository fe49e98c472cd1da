/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a medium that fails is read again, the place is named to the byte, and what was not read is never called good.
 */
#include "tools.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "../../agent/verify/reading.h"

/* Takes the place of libc's pread in this program: a disk with one bad sector. */
static atomic_llong bad_at = -1;
static atomic_size_t fails_above; /* requests larger than this fail when they touch the sector */

static atomic_bool fails_once; /* then it is good */
static atomic_llong came;      /* bytes asked for, all together */

ssize_t pread64(int fd, void *bytes, size_t n, off64_t offset);
ssize_t pread64(int fd, void *bytes, size_t n, off64_t offset)
{
    long long bad = bad_at;
    came += (long long)n;
    if (bad >= 0 && n > fails_above && offset <= bad && bad < offset + (off64_t)n) {
        if (fails_once)
            bad_at = -1;
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pread64, fd, bytes, n, offset);
}

static void disk_is_good(void)
{
    bad_at = -1;
    fails_once = false;
}

static void disk_fails(long long at, size_t above)
{
    bad_at = at;
    fails_above = above;
}

static void make(void)
{
    SHELL("rm -rf r && mkdir r");
    put_noise("r/a", 3000000, 1);
    put_noise("r/b", 5000, 2);
    SHELL("cd r && sha256sum a b > ../r.sha256 && tar -cf ../r.tar a b && gzip -c ../r.tar > ../r.tar.gz && rm -f "
          "../r.zip && zip -qr ../r.zip a b");
}

static void test_second_read_helps(void **state)
{
    (void)state;
    make();
    static const char *const files[] = {"r.tar", "r.tar.gz", "r.zip"};
    for (size_t i = 0; i < 3; i++) {
        disk_fails(2000001, 4096);
        struct outcome *o = pass(
            (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = files[i], .manifest = "r.sha256"});
        disk_is_good();
        if (told(o, "read-again", NULL) != 1 || o->n != 1)
            show(o, files[i]);
        assert_int_equal(told(o, "read-again", NULL), 1);
        assert_int_equal(o->n, 1);
        assert_int_equal(o->result.proof.read, KB_REACHED);
        assert_int_equal(o->result.proof.hash, KB_REACHED);
        assert_non_null(strstr(o->findings[0].found, "bytes 1572864 to 2097151"));
        outcome_free(o);
    }
}

static void test_lost_for_good(void **state)
{
    (void)state;
    make();
    static const char *const files[] = {"r.tar", "r.tar.gz", "r.zip"};
    for (size_t i = 0; i < 3; i++) {
        disk_fails(2000001, 0);
        struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = files[i]});
        disk_is_good();
        assert_int_equal(told(o, "zero-files", NULL), 0);
        assert_true(told(o, "read-failed", NULL) >= 1);
        assert_int_equal(told(o, "archive-truncated", NULL), 0);
        assert_int_equal(told(o, "archive-broken", NULL), 0);
        assert_int_equal(o->result.proof.read, KB_NOT_REACHED);
        assert_int_equal(o->result.proof.structure, KB_NOT_REACHED);
        assert_null(o->result.sha256);
        assert_non_null(strstr(o->findings[o->n - 1].found, "bytes 1998848 to 2002943"));
        outcome_free(o);
    }
}

/* In the order of the disk too: also a failure that is gone when the file is read again is told. */
static void test_folder_by_place(void **state)
{
    (void)state;
    make();
    for (int order = KB_ORDER_PHYSICAL; order <= KB_ORDER_NAMES; order++)
        for (int once = 0; once < 2; once++) {
            disk_fails(2000001, 4096);
            fails_once = once;
            struct outcome *o = pass(
                (struct kb_job_set){.format = KB_FORMAT_TREE, .file = "r", .manifest = "r.sha256", .order = order});
            disk_is_good();
            assert_int_equal(told(o, "read-again", "a"), 1);
            assert_int_equal(o->n, 1);
            /* what was asked for at once: as much as lies together, or a buffer */
            assert_non_null(strstr(o->findings[0].found, order == KB_ORDER_PHYSICAL ? "bytes 1048576 to 2097151"
                                                                                    : "bytes 1835008 to 2097151"));
            assert_int_equal(o->result.files_matched, 2);
            assert_int_equal(o->result.proof.hash, KB_REACHED);
            outcome_free(o);
        }
}

/* One bad file of a folder does not keep the others from being read. */
static void test_folder(void **state)
{
    (void)state;
    make();
    disk_fails(2000001, 0); /* b is shorter than that */
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_TREE, .file = "r", .manifest = "r.sha256"});
    disk_is_good();
    assert_int_equal(told(o, "read-failed", "a"), 1);
    assert_int_equal(o->result.files, 2);
    assert_int_equal(o->result.files_matched, 1);
    assert_int_equal(o->result.proof.read, KB_NOT_REACHED);
    assert_int_equal(o->result.proof.hash, KB_NOT_REACHED);
    outcome_free(o);
}

/* A zip of many slices, read by several threads: what is behind the place is not judged, by whomever it was read. */
static void test_lost_within_zip(void **state)
{
    (void)state;
    SHELL("rm -rf z z.zip && mkdir z && cd z && for i in $(seq 100 400); do seq $i 20000 | rev > $i; done && "
          "zip -1 -qr ../z.zip .");
    const int64_t size = size_of("z.zip");
    for (int64_t at = size / 8; at < size; at += size / 5) {
        struct outcome *one = NULL;
        for (int threads = 1; threads <= 4; threads++) {
            disk_fails(at, 0);
            struct outcome *o = pass(
                (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "z.zip", .threads = threads});
            disk_is_good();
            assert_int_equal(o->code, 0);
            assert_true(told(o, "read-failed", NULL) >= 1);
            assert_int_equal(told(o, "read-failed", NULL) + told(o, "read-again", NULL), o->n);
            assert_int_equal(o->result.proof.structure, KB_NOT_REACHED);
            assert_int_equal(o->result.proof.read, KB_NOT_REACHED);
            if (!one) {
                one = o;
                continue;
            }
            assert_int_equal(o->n, one->n);
            for (size_t i = 0; i < o->n; i++)
                assert_string_equal(o->findings[i].found, one->findings[i].found);
            assert_int_equal(o->result.files, one->result.files);
            assert_int_equal(o->result.bytes_unpacked, one->result.bytes_unpacked);
            outcome_free(o);
        }
        outcome_free(one);
    }
}

static int refuse_entry(void *owner, const struct kb_entry *entry, struct kb_err *err)
{
    (void)owner;
    (void)entry;
    return kb_fail(err, KB_EIO, "disk full", "ディスクがいっぱいです");
}

/* After a fault nothing more of the medium is read, by none of the threads. */
static void test_fault_ends_reading(void **state)
{
    (void)state;
    SHELL("rm -rf z z.* && mkdir z && cd z && for i in $(seq 100 199); do "
          "head -c 600000 /dev/urandom > $i; done && zip -0 -qr ../z.zip . && tar -cf ../z.tar . && "
          "zstd -qf ../z.tar");
    const struct kb_sink sink = {.entry = refuse_entry};
    static const char *const files[] = {"z.zip", "z.tar", "z.tar.zst"};
    for (size_t i = 0; i < 3; i++)
        for (int threads = 1; threads <= 4; threads += 3) {
            came = 0;
            struct outcome *o = pass_sink(
                (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = files[i], .threads = threads}, &sink, -1);
            assert_int_equal(o->code, KB_EIO);
            if (came >= 40 << 20)
                print_message("%s, %d threads: %lld bytes\n", files[i], threads, (long long)came);
            assert_true(came < 40 << 20); /* of 60 MB */
            outcome_free(o);
        }
}

/* A zip is read in sequence and by its directory: a place that neither can read is told once, with its bytes. */
static void test_zip_place_told_once(void **state)
{
    (void)state;
    SHELL("rm -rf z z.zip z.7z && mkdir z && for i in $(seq 10); do seq $i 300000 > z/$i; done && zip -qr z.zip z");
    for (int threads = 1; threads <= 4; threads += 3) {
        disk_fails(1000000, 0);
        struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "z.zip", .threads = threads});
        disk_is_good();
        if (o->n != 2)
            show(o, "z.zip");
        assert_int_equal(o->n, 2); /* what came before it in the same request, and the place */
        assert_int_equal(told(o, "read-again", NULL), 1);
        assert_string_equal(o->findings[1].rule, "read-failed");
        assert_non_null(strstr(o->findings[1].found, "bytes 999424 to 1003519"));
        assert_int_equal(o->result.proof.read, KB_NOT_REACHED);
        assert_int_equal(o->result.proof.structure, KB_NOT_REACHED);
        outcome_free(o);
    }
}

/* A bad place where the sizes stand behind a content is no contradiction of the zip. */
static void test_lost_descriptor(void **state)
{
    (void)state;
    SHELL("rm -rf z z.zip && mkdir z && seq 700000 > z/a && seq 300000 > z/b && zip -fd -qr z.zip z/a z/b");
    KB_SCOPED_FD fd = open("z.zip", O_RDONLY);
    static uint8_t bytes[4 << 20];
    const ssize_t n = read(fd, bytes, sizeof bytes);
    const uint8_t *behind = memmem(bytes, (size_t)n, "PK\7\x08", 4);
    assert_true(n > 0 && n < (ssize_t)sizeof bytes && behind);
    disk_fails(behind + 5 - bytes, 0);
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "z.zip"});
    disk_is_good();
    assert_true(told(o, "read-failed", NULL) >= 1);
    assert_int_equal(told(o, "read-failed", NULL) + told(o, "read-again", NULL), o->n);
    assert_int_equal(o->result.proof.structure, KB_NOT_REACHED);
    outcome_free(o);
}

static void test_lost_for_good_packed(void **state)
{
    (void)state;
    make();
    SHELL("zstd -qf r.tar && xz -fk -T2 --block-size=1MiB r.tar && lz4 -qf r.tar r.tar.lz4");
    static const char *const files[] = {"r.tar.zst", "r.tar.xz", "r.tar.lz4"};
    for (size_t i = 0; i < 3; i++)
        for (int threads = 1; threads <= 4; threads += 3) {
            disk_fails(2000001, 0);
            struct outcome *o = pass(
                (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = files[i], .threads = threads});
            disk_is_good();
            assert_int_equal(told(o, "archive-truncated", NULL) + told(o, "archive-broken", NULL), 0);
            assert_int_equal(told(o, "read-failed", NULL), 1);
            assert_int_equal(o->result.proof.structure, KB_NOT_REACHED);
            outcome_free(o);
        }
}

/* More places than are kept that came at the second try, then one that did not. */
static void test_many_places(void **state)
{
    (void)state;
    enum { PLACES = KB_BAD_RANGES_KEPT + 3, STEP = 10000 };
    put_noise("f", (PLACES + 1) * 2 * STEP, 4);
    KB_SCOPED_FD fd = open("f", O_RDONLY);
    struct kb_reading reading = {.fd = fd};
    static uint8_t buffer[STEP];
    for (int i = 0; i < PLACES; i++) {
        disk_fails(reading.offset, 4096);
        assert_int_equal(kb_reading_next(&reading, buffer, sizeof buffer), STEP);
        disk_is_good(); /* so that no two places touch */
        assert_int_equal(kb_reading_next(&reading, buffer, sizeof buffer), STEP);
    }
    disk_fails(reading.offset, 0);
    assert_int_equal(kb_reading_next(&reading, buffer, sizeof buffer), -1);
    disk_is_good();
    assert_int_equal(reading.n_bad, PLACES + 1);
    assert_false(reading.bad[KB_BAD_RANGES_KEPT - 1].recovered);
    assert_int_equal(reading.bad[KB_BAD_RANGES_KEPT - 1].from, reading.offset);
}

static void test_ranges(void **state)
{
    (void)state;
    put_noise("f", 20000, 4);
    KB_SCOPED_FD fd = open("f", O_RDONLY);
    struct kb_reading reading = {.fd = fd};
    static uint8_t buffer[20000];
    disk_fails(9000, 0);
    assert_int_equal(kb_reading_next(&reading, buffer, sizeof buffer), 8192);
    assert_int_equal(kb_reading_next(&reading, buffer, sizeof buffer), -1);
    disk_is_good();
    assert_int_equal(reading.n_bad, 2);
    assert_true(reading.bad[0].recovered && reading.bad[0].from == 0 && reading.bad[0].to == 8192);
    assert_true(!reading.bad[1].recovered && reading.bad[1].from == 8192 && reading.bad[1].to == 12288);
    assert_int_equal(reading.bad[1].cause, EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_second_read_helps),
        cmocka_unit_test(test_lost_for_good),
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_folder_by_place),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_lost_within_zip),
        cmocka_unit_test(test_zip_place_told_once),
        cmocka_unit_test(test_lost_descriptor),
        cmocka_unit_test(test_lost_for_good_packed),
        cmocka_unit_test(test_fault_ends_reading),
        cmocka_unit_test(test_many_places),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
