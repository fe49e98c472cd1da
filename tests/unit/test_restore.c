/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: nothing is written outside the scratch folder, what is not restored is said, and the re-read sees every change.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../../agent/sandbox/confine.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/restore.h"

static char top[] = "/tmp/koboshi-restore-XXXXXX";

/* One restore with the findings it made. */
struct trial {
    struct kb_arena *arena;
    struct kb_job_set set;
    struct kb_reporter reporter;
    struct kb_scratch *scratch;
    struct kb_sink sink;
    struct kb_set_result result;
    size_t n;
    struct {
        const char *rule, *entry, *found;
        int severity;
    } findings[64];
};

static void collect(void *owner, const struct kb_finding *finding)
{
    struct trial *t = owner;
    assert_true(t->n < 64);
    assert_non_null(finding->found.ja);
    assert_non_null(finding->expected.ja);
    t->findings[t->n].rule = finding->rule;
    t->findings[t->n].severity = finding->severity;
    t->findings[t->n].entry = finding->entry ? kb_strdup(t->arena, finding->entry) : "";
    t->findings[t->n++].found = kb_strdup(t->arena, finding->found.en);
}

static bool found(const struct trial *t, const char *rule, const char *entry)
{
    for (size_t i = 0; i < t->n; i++)
        if (!strcmp(t->findings[i].rule, rule) && !strcmp(t->findings[i].entry, entry))
            return true;
    for (size_t i = 0; i < t->n; i++)
        print_message("  %s: %s: %s\n", t->findings[i].rule, t->findings[i].entry, t->findings[i].found);
    return false;
}

static struct trial *begin_in(const char *folder, const char *target_fs)
{
    struct kb_arena *arena = kb_arena_new();
    struct trial *t = kb_alloc(arena, 1, sizeof *t);
    t->arena = arena;
    t->set = (struct kb_job_set){.set = "share", .medium = "hdd-b", .file = "share.tar", .target_fs = target_fs};
    t->set.scratch = kb_sprintf(arena, "%s/scratch", folder);
    t->reporter = (struct kb_reporter){.owner = t, .finding = collect};
    struct kb_err err = {0};
    if (kb_scratch_new(&t->set, geteuid(), getegid(), KB_ABSENT, &t->reporter, arena, &t->scratch, &err))
        fail_msg("%s", err.frame[0].en);
    if (t->scratch)
        t->sink = kb_scratch_sink(t->scratch);
    return t;
}

static struct trial *begin(const char *target_fs)
{
    return begin_in(top, target_fs);
}

static void end(struct trial *t)
{
    kb_scratch_free(t->scratch);
    assert_int_equal(kb_scratch_remove(t->set.scratch, NULL), 0);
    assert_int_not_equal(access(t->set.scratch, F_OK), 0);
    assert_int_equal(kb_scratch_remove(t->set.scratch, NULL), 0); /* missing is success */
    kb_arena_free(t->arena);
}

static void entry(struct trial *t, enum kb_entry_kind kind, const char *path, const char *target)
{
    struct kb_entry e = {
        .kind = kind, .path = path, .shown = path, .raw = path, .raw_n = strlen(path), .target = target};
    e.size = KB_ABSENT;
    e.mode = kind == KB_ENTRY_FOLDER ? 0555 : 0644;
    e.mtime_ns = INT64_C(1700000000500000000);
    assert_int_equal(t->sink.entry(t->sink.owner, &e, NULL), 0);
    if (kind != KB_ENTRY_FILE)
        assert_int_equal(t->sink.end(t->sink.owner, 0, NULL, NULL, NULL), 0);
}

static void file(struct trial *t, const char *path, const char *content)
{
    struct kb_sha256 digest = kb_sha256_of(content, strlen(content));
    entry(t, KB_ENTRY_FILE, path, NULL);
    assert_int_equal(t->sink.data(t->sink.owner, 0, content, strlen(content), NULL), 0);
    assert_int_equal(t->sink.end(t->sink.owner, (int64_t)strlen(content), &digest, NULL, NULL), 0);
}

static int finish(struct trial *t)
{
    assert_int_equal(kb_scratch_finish(t->scratch, NULL), 0);
    assert_int_equal(kb_scratch_reread(t->scratch, t->arena, &t->result, NULL), 0);
    return t->result.proof.restored;
}

static const char *in(const struct trial *t, const char *path)
{
    return kb_sprintf(t->arena, "%s/%s", t->set.scratch, path);
}

static const char *content(const struct trial *t, const char *path)
{
    char *text = NULL;
    size_t n;
    return kb_file_read(AT_FDCWD, in(t, path), 1000, t->arena, &text, &n, NULL) ? NULL : text;
}

static void test_good(void **state)
{
    (void)state;
    struct trial *t = begin(NULL);
    entry(t, KB_ENTRY_FOLDER, "総務", NULL);
    file(t, "総務/見積.xlsx", "one");
    file(t, "深い/場所/にある/ファイル", "two");
    file(t, "空", "");
    entry(t, KB_ENTRY_HARDLINK, "総務/別名", "総務/見積.xlsx");
    entry(t, KB_ENTRY_HARDLINK, "別名の別名", "総務/別名");
    entry(t, KB_ENTRY_SYMLINK, "総務/上の空", "../空");
    entry(t, KB_ENTRY_SYMLINK, "最新", "深い/場所");
    entry(t, KB_ENTRY_FOLDER, "総務", NULL); /* named twice, as tar -r does */
    assert_int_equal(finish(t), KB_REACHED);
    assert_int_equal(t->n, 0);
    assert_int_equal(t->result.files_restored, 5);
    assert_int_equal(t->result.files_reread, 5);
    assert_int_equal(t->result.bytes_restored, 12);
    assert_string_equal(content(t, "総務/見積.xlsx"), "one");
    struct stat st, link;
    assert_int_equal(stat(in(t, "総務/見積.xlsx"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(st.st_mtim.tv_sec, 1700000000);
    assert_int_equal(st.st_mtim.tv_nsec, 500000000);
    assert_int_equal(st.st_nlink, 3);
    assert_int_equal(stat(in(t, "総務"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0755); /* 0555, and the owner may always */
    assert_int_equal(st.st_mtim.tv_sec, 1700000000);
    assert_int_equal(lstat(in(t, "最新"), &link), 0);
    assert_true(S_ISLNK(link.st_mode));
    end(t);
}

static void test_zero_files(void **state)
{
    (void)state;
    struct trial *t = begin(NULL);
    entry(t, KB_ENTRY_FOLDER, "空のフォルダ", NULL);
    assert_int_equal(finish(t), KB_NOT_REACHED);
    end(t);
}

/* Unsafe names come without a path; links that lead out, and writing through them. */
static void test_traversal(void **state)
{
    (void)state;
    struct trial *t = begin(NULL);
    struct kb_entry unsafe = {
        .kind = KB_ENTRY_FILE, .fault = KB_PATH_PARENT, .shown = "../trap", .raw = "../trap", .raw_n = 7};
    assert_int_equal(t->sink.entry(t->sink.owner, &unsafe, NULL), 0);
    assert_int_equal(t->sink.data(t->sink.owner, 0, "x", 1, NULL), 0);
    assert_int_equal(t->sink.end(t->sink.owner, 1, NULL, NULL, NULL), 0);
    unsafe.path = "/etc/trap"; /* a path nobody judged is a fault */
    assert_true(t->sink.entry(t->sink.owner, &unsafe, NULL) < 0);
    const char *outside = kb_sprintf(t->arena, "%s/outside", top);
    entry(t, KB_ENTRY_SYMLINK, "door", outside);
    entry(t, KB_ENTRY_SYMLINK, "door2", "../outside");
    file(t, "door/planted", "x");
    file(t, "door2/planted", "x");
    entry(t, KB_ENTRY_SYMLINK, "a/b/up", "../..");
    entry(t, KB_ENTRY_SYMLINK, "climb", "a/b/up/../outside/secret"); /* inside by its letters, outside on disk */
    entry(t, KB_ENTRY_SYMLINK, "empty", "");
    entry(t, KB_ENTRY_HARDLINK, "hard", "../outside/secret");
    entry(t, KB_ENTRY_HARDLINK, "unsafe-hard", NULL);
    entry(t, KB_ENTRY_OTHER, "device", NULL);
    file(t, "good", "good");
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_true(found(t, "names-collide", "door/planted") || found(t, "entry-kind", "door"));
    assert_true(found(t, "entry-kind", "climb"));
    assert_true(found(t, "entry-kind", "empty"));
    assert_true(found(t, "entry-kind", "hard"));
    assert_true(!found(t, "entry-kind", "unsafe-hard") && !found(t, "entry-kind", "device")); /* said by the pass */
    assert_int_not_equal(access(in(t, "device"), F_OK), 0);
    assert_int_not_equal(access(in(t, "hard"), F_OK), 0);
    struct stat st;
    assert_int_not_equal(lstat(in(t, "climb"), &st), 0);
    end(t);
}

/* The writer leans on nobody: names that should have been refused before do not get out either. */
static void test_unjudged_names(void **state)
{
    (void)state;
    struct trial *t = begin(NULL);
    file(t, "a/../../outside/planted", "x");
    file(t, "..", "x");
    entry(t, KB_ENTRY_FOLDER, "a/..", NULL);
    entry(t, KB_ENTRY_FOLDER, "../outside/folder", NULL);
    entry(t, KB_ENTRY_SYMLINK, "../outside/link", "good");
    file(t, "good", "x");
    entry(t, KB_ENTRY_HARDLINK, "../outside/hard", "good");
    size_t before = t->n;
    assert_int_equal(before, 4);
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_int_equal(t->n, 6);
    assert_int_equal(t->result.files_restored, 1);
    end(t);
}

/* A link that somebody else put there is not followed either. */
static void test_planted_link(void **state)
{
    (void)state;
    struct trial *t = begin(NULL);
    assert_int_equal(symlink("../outside", in(t, "door")), 0);
    assert_int_equal(symlink("../outside/secret", in(t, "last")), 0);
    file(t, "door/planted", "x");
    file(t, "door/sub/planted", "x");
    file(t, "last", "x");
    entry(t, KB_ENTRY_FOLDER, "door/folder", NULL);
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_true(found(t, "names-collide", "door/planted"));
    assert_true(found(t, "names-collide", "door/sub/planted"));
    assert_true(found(t, "names-collide", "last"));
    assert_true(found(t, "names-collide", "door/folder"));
    assert_true(found(t, "reread-differs", "door"));
    end(t);
}

static void test_names(void **state)
{
    (void)state;
    struct trial *t = begin(NULL);
    file(t, "twice", "first");
    file(t, "twice", "second");
    file(t, "Twice", "a name of its own on Linux");
    file(t, "file", "x");
    file(t, "file/below", "x");
    file(t, "folder/below", "x");
    file(t, "folder", "x");
    file(t, "\xe3\x81\x8c", "NFC");
    file(t, "\xe3\x81\x8b\xe3\x82\x99", "NFD");
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_int_equal(t->n, 4);
    assert_true(found(t, "names-collide", "twice"));
    assert_string_equal(content(t, "twice"), "first");
    assert_true(found(t, "names-collide", "file/below"));
    assert_true(found(t, "names-collide", "folder"));
    assert_true(found(t, "names-alike", "\xe3\x81\x8b\xe3\x82\x99"));
    assert_string_equal(content(t, "\xe3\x81\x8c"), "NFC");
    assert_string_equal(content(t, "\xe3\x81\x8b\xe3\x82\x99"), "NFD");
    assert_int_equal(t->result.files_restored, 6);
    end(t);
    t = begin(NULL); /* names that only look alike take nothing from the proof */
    file(t, "\xe3\x81\x8c", "NFC");
    file(t, "\xe3\x81\x8b\xe3\x82\x99", "NFD");
    assert_int_equal(finish(t), KB_REACHED);
    assert_int_equal(t->n, 1);
    assert_int_equal(t->findings[0].severity, KB_NOTE);
    end(t);
}

static void test_windows_target(void **state)
{
    (void)state;
    static const char *const bad[] = {"a:b",  "q?",     "con",    "NUL.txt", "COM1",    "lpt¹.log",
                                      "dot.", "space ", "dir./x", "b\\s",    "\x95\x5c"};
    static const char *const good[] = {"console", "com", "COM10", ".hidden", "見積", "nul1", "a b"};
    struct trial *t = begin("ntfs");
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        file(t, good[i], "x");
    file(t, "\xef\xbd\x81", "full-width a");
    assert_int_equal(t->n, 0);
    file(t, "見積/ReadMe", "1");
    assert_true(found(t, "names-collide", "見積/ReadMe")); /* 見積 is a file */
    file(t, "d/ReadMe", "1");
    file(t, "D/README", "2");
    assert_true(found(t, "names-collide", "D/README"));
    file(t, "\xef\xbc\xa1", "full-width A");
    assert_true(found(t, "names-collide", "\xef\xbc\xa1"));
    size_t before = t->n;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        file(t, bad[i], "x");
        assert_int_equal(t->n, before + i + 1);
        assert_string_equal(t->findings[t->n - 1].rule, "not-representable");
    }
    assert_int_equal(finish(t), KB_NOT_REACHED);
    end(t);
}

/* 86 kanji are 258 bytes: no name for ext4, but one for NTFS. 85 are one everywhere. */
static void test_long_names(void **state)
{
    (void)state;
    char name[400] = "";
    for (int i = 0; i < 85; i++)
        strcat(name, "漢");
    struct trial *t = begin("ntfs");
    file(t, name, "85");
    strcat(name, "字");
    struct kb_entry e = {
        .kind = KB_ENTRY_FILE, .fault = KB_PATH_NAME_TOO_LONG, .shown = name, .raw = name, .raw_n = strlen(name)};
    assert_int_equal(t->sink.entry(t->sink.owner, &e, NULL), 0);
    assert_int_equal(t->sink.end(t->sink.owner, 0, NULL, NULL, NULL), 0);
    assert_int_equal(t->n, 1);
    assert_true(found(t, "not-representable", name));
    assert_non_null(strstr(t->findings[0].found, "258 bytes"));
    assert_non_null(strstr(t->findings[0].found, "the target itself could hold it"));
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_int_equal(t->result.files_restored, 1);
    end(t);
}

static void test_sparse_and_large(void **state)
{
    (void)state;
    enum { MIB = 1 << 20 };
    struct trial *t = begin(NULL);
    unsigned char *block = kb_alloc(t->arena, MIB, 1), *whole = kb_alloc(t->arena, 8 * MIB, 1);
    for (size_t i = 0; i < MIB; i++)
        block[i] = (unsigned char)(i * 7 + i / 256);
    memcpy(whole + 3 * MIB, block, MIB);
    memcpy(whole + 5 * MIB, "tail", 4);
    struct kb_sha256 digest = kb_sha256_of(whole, 8 * MIB);
    entry(t, KB_ENTRY_FILE, "sparse", NULL);
    for (size_t at = 0, step = 1; at < MIB; at += step, step = step * 3 % 300001 + 1) {
        if (step > MIB - at)
            step = MIB - at;
        assert_int_equal(t->sink.data(t->sink.owner, (int64_t)(3 * MIB + at), block + at, step, NULL), 0);
    }
    assert_int_equal(t->sink.data(t->sink.owner, 5 * MIB, "tail", 4, NULL), 0);
    assert_int_equal(t->sink.end(t->sink.owner, 8 * MIB, &digest, &digest, NULL), 0);
    assert_int_equal(finish(t), KB_REACHED);
    struct stat st;
    assert_int_equal(stat(in(t, "sparse"), &st), 0);
    assert_int_equal(st.st_size, 8 * MIB);
    assert_true(st.st_blocks * 512 < 3 * MIB);
    end(t);
}

static void test_not_read_whole(void **state)
{
    (void)state;
    struct trial *t = begin(NULL);
    file(t, "good", "good");
    entry(t, KB_ENTRY_FILE, "half", NULL);
    assert_int_equal(t->sink.data(t->sink.owner, 0, "half", 4, NULL), 0);
    assert_int_equal(t->sink.end(t->sink.owner, 4, NULL, NULL, NULL), 0);
    entry(t, KB_ENTRY_FILE, "no end", NULL);
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_int_equal(t->result.files_restored, 1);
    assert_int_not_equal(access(in(t, "half"), F_OK), 0);
    assert_int_not_equal(access(in(t, "no end"), F_OK), 0);
    end(t);
}

static void test_proof_follows_the_pass(void **state)
{
    (void)state;
    struct kb_sha256 other = kb_sha256_of("other", 5), own = kb_sha256_of("good", 4);
    struct trial *t = begin(
        NULL); /* unlike the manifest: the pass says so; the memory of this machine is not to blame */
    entry(t, KB_ENTRY_FILE, "file", NULL);
    assert_int_equal(t->sink.data(t->sink.owner, 0, "good", 4, NULL), 0);
    assert_int_equal(t->sink.end(t->sink.owner, 4, &own, &other, NULL), 0);
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_int_equal(t->n, 0);
    end(t);
    t = begin(NULL);
    file(t, "file", "good");
    t->result.proof.structure = KB_NOT_REACHED;
    assert_int_equal(finish(t), KB_NOT_REACHED);
    end(t);
    t = begin(NULL);
    file(t, "file", "good");
    t->result.files = 2; /* the pass saw two */
    assert_int_equal(finish(t), KB_NOT_REACHED);
    end(t);
    t = begin(NULL);
    file(t, "file", "good");
    t->result.files = 1;
    t->result.skipped = 1; /* a device that never came here */
    assert_int_equal(finish(t), KB_NOT_REACHED);
    end(t);
    t = begin(NULL);
    entry(t, KB_ENTRY_OTHER, "device", NULL);
    file(t, "file", "good");
    assert_int_equal(finish(t), KB_NOT_REACHED);
    end(t);
}

/* The faults are planted between the restore and the re-read. */
static void test_reread(void **state)
{
    (void)state;
    struct trial *t = begin(NULL);
    static const char *const names[] = {"d/flipped", "d/shorter", "d/gone", "d/kept", "d/replaced"};
    for (size_t i = 0; i < 5; i++)
        file(t, names[i], "content");
    entry(t, KB_ENTRY_SYMLINK, "turned", "d/kept");
    assert_int_equal(kb_scratch_finish(t->scratch, NULL), 0);
    KB_SCOPED_FD fd = open(in(t, "d/flipped"), O_WRONLY);
    assert_int_equal(pwrite(fd, "C", 1, 0), 1);
    assert_int_equal(truncate(in(t, "d/shorter"), 3), 0);
    assert_int_equal(unlink(in(t, "d/gone")), 0);
    assert_int_equal(unlink(in(t, "d/replaced")), 0);
    assert_int_equal(symlink("kept", in(t, "d/replaced")), 0);
    assert_int_equal(unlink(in(t, "turned")), 0);
    assert_int_equal(symlink("/etc/passwd", in(t, "turned")), 0);
    KB_SCOPED_FD extra = open(in(t, "d/extra"), O_WRONLY | O_CREAT, 0600);
    assert_true(extra >= 0);
    assert_int_equal(mkdir(in(t, "extra folder"), 0700), 0);
    assert_int_equal(kb_scratch_reread(t->scratch, t->arena, &t->result, NULL), 0);
    assert_int_equal(t->result.proof.restored, KB_NOT_REACHED);
    assert_true(found(t, "reread-differs", "d/flipped"));
    assert_true(found(t, "reread-differs", "d/shorter"));
    assert_true(found(t, "reread-differs", "d/gone"));
    assert_true(found(t, "reread-differs", "d/replaced"));
    assert_true(found(t, "reread-differs", "turned"));
    assert_true(found(t, "reread-differs", "d/extra"));
    assert_true(found(t, "reread-differs", "extra folder"));
    assert_int_equal(t->n, 8); /* what replaced d/replaced is foreign, and the file itself is gone */
    end(t);
}

static void test_room_at_start(void **state)
{
    (void)state;
    struct trial *t = begin(NULL);
    struct kb_scratch *second = t->scratch;
    assert_int_equal(kb_scratch_new(&t->set, geteuid(), getegid(), 1, &t->reporter, t->arena, &second, NULL), KB_EIO);
    end(t);
    struct trial *large = begin(NULL);
    kb_scratch_free(large->scratch);
    assert_int_equal(kb_scratch_remove(large->set.scratch, NULL), 0);
    assert_int_equal(kb_scratch_new(&large->set, geteuid(), getegid(), INT64_C(1) << 60, &large->reporter, large->arena,
                                    &large->scratch, NULL),
                     0);
    assert_null(large->scratch);
    assert_int_equal(large->n, 1);
    assert_true(found(large, "space", ""));
    assert_int_not_equal(access(large->set.scratch, F_OK), 0);
    kb_arena_free(large->arena);
    assert_true(kb_scratch_remove("/", NULL) < 0);
    assert_true(kb_scratch_remove("/tmp/..", NULL) < 0);
    assert_true(kb_scratch_remove("relative", NULL) < 0);
}

static void mount_small(const char *folder, const char *options)
{
    if (geteuid() != 0 || mkdir(folder, 0700) || mount("none", folder, "tmpfs", MS_NOSUID | MS_NODEV, options)) {
        print_message("not root, or no tmpfs: a full file system cannot be made (%s)\n", strerror(errno));
        skip();
    }
}

static void test_out_of_space(void **state)
{
    (void)state;
    char folder[64];
    (void)snprintf(folder, sizeof folder, "%s/small", top);
    mount_small(folder, "size=1m");
    struct trial *t = begin_in(folder, NULL);
    char block[4096];
    memset(block, 'x', sizeof block);
    file(t, "small", "fits");
    entry(t, KB_ENTRY_FILE, "large", NULL);
    for (int64_t at = 0; at < 2 << 20; at += (int64_t)sizeof block)
        assert_int_equal(t->sink.data(t->sink.owner, at, block, sizeof block, NULL), 0);
    struct kb_sha256 digest = kb_sha256_of("", 0);
    assert_int_equal(t->sink.end(t->sink.owner, 2 << 20, &digest, NULL, NULL), 0);
    file(t, "late", "does not come any more");
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_int_equal(t->n, 2);
    assert_true(found(t, "space", "large"));
    assert_true(found(t, "space", ""));
    assert_non_null(strstr(t->findings[1].found, "2 entries"));
    assert_int_equal(t->result.files_restored, 1);
    end(t);
    assert_int_equal(umount(folder), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* The kernel says ENOSPC where the count at the start said yes: somebody else used the room. */
static void test_space_taken_by_others(void **state)
{
    (void)state;
    char folder[64];
    (void)snprintf(folder, sizeof folder, "%s/shared", top);
    mount_small(folder, "size=1m");
    struct trial *t = begin_in(folder, NULL);
    KB_SCOPED_FD other = open(kb_sprintf(t->arena, "%s/other", folder), O_WRONLY | O_CREAT, 0600);
    assert_int_equal(ftruncate(other, 1), 0);
    assert_int_equal(posix_fallocate(other, 0, 900 << 10), 0);
    char *block = kb_alloc(t->arena, 1, 512 << 10);
    entry(t, KB_ENTRY_FILE, "file", NULL);
    assert_int_equal(t->sink.data(t->sink.owner, 0, block, 512 << 10, NULL), 0);
    assert_true(found(t, "space", "file"));
    assert_int_equal(finish(t), KB_NOT_REACHED);
    end(t);
    (void)close(kb_steal(&other));
    assert_int_equal(umount(folder), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_out_of_inodes(void **state)
{
    (void)state;
    char folder[64], name[64];
    (void)snprintf(folder, sizeof folder, "%s/few", top);
    mount_small(folder, "size=8m,nr_inodes=40");
    struct trial *t = begin_in(folder, NULL);
    for (int i = 0; i < 60; i++) {
        (void)snprintf(name, sizeof name, "folder-%d/file", i);
        file(t, name, "x");
    }
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_int_equal(t->n, 2);
    assert_string_equal(t->findings[0].rule, "space");
    assert_true(t->result.files_restored > 10 && t->result.files_restored < 30);
    end(t);
    assert_int_equal(umount(folder), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* The whole of it as in the field: another account where we are root, the sources unreachable, scratch alone writable.
 */
static int confined(int64_t abi, uid_t uid)
{
    struct trial t = {.arena = kb_arena_new()};
    t.set = (struct kb_job_set){.set = "share", .scratch = kb_sprintf(t.arena, "%s/scratch", top)};
    t.reporter = (struct kb_reporter){.owner = &t, .finding = collect};
    const char *writes[] = {t.set.scratch, NULL};
    struct kb_confine params = {.level = KB_CONFINE_RESTORE, .write = writes, .user = geteuid() == 0 ? "nobody" : NULL};
    struct kb_confinement reached;
    if (kb_scratch_new(&t.set, uid, uid, 1000, &t.reporter, t.arena, &t.scratch, NULL) ||
        kb_confine_at_most(&params, abi, t.arena, &reached, NULL))
        return 1;
    t.sink = kb_scratch_sink(t.scratch);
    file(&t, "a/b/one", "one");
    file(&t, "two", "two");
    entry(&t, KB_ENTRY_FOLDER, "c", NULL);
    entry(&t, KB_ENTRY_HARDLINK, "c/linked", "a/b/one");
    entry(&t, KB_ENTRY_SYMLINK, "a/up", "../two");
    entry(&t, KB_ENTRY_FILE, "half", NULL);
    if (t.sink.end(t.sink.owner, 1, NULL, NULL, NULL) || kb_scratch_finish(t.scratch, NULL) ||
        kb_scratch_reread(t.scratch, t.arena, &t.result, NULL))
        return 1;
    return t.n || t.result.files_reread != 3 || t.result.bytes_reread != 9 || access(in(&t, "half"), F_OK) == 0;
}

static void test_confined(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    for (int i = 0; i < 2; i++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0)
            _exit(confined(i ? 2 : INT64_MAX, geteuid() == 0 ? 65534 : geteuid()));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_int_equal(kb_scratch_remove(kb_sprintf(arena, "%s/scratch", top), NULL), 0);
    }
}

static void plant(const char *name, const char *text)
{
    KB_SCOPED_FD fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0 && !kb_write_all(fd, text, strlen(text)));
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(top) || chdir(top) || mkdir("outside", 0700))
        return -1;
    plant("outside/secret", "tripwire");
    return chdir("/");
}

/* After each test: what lies beside the scratch folder is as it was. */
static int tripwire(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    char *text = NULL;
    size_t n;
    struct stat st;
    const char *path = kb_sprintf(arena, "%s/outside", top);
    if (kb_file_read(AT_FDCWD, kb_sprintf(arena, "%s/secret", path), 100, arena, &text, &n, NULL))
        return -1;
    if (strcmp(text, "tripwire") || stat(kb_sprintf(arena, "%s/secret", path), &st) || st.st_nlink != 1)
        return -1;
    return rename(kb_sprintf(arena, "%s/secret", path), kb_sprintf(arena, "%s/kept", top)) || rmdir(path) ||
           mkdir(path, 0700) || rename(kb_sprintf(arena, "%s/kept", top), kb_sprintf(arena, "%s/secret", path));
}

static int tear_down(void **state)
{
    (void)state;
    return kb_remove_tree(AT_FDCWD, top, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_good, tripwire),
        cmocka_unit_test_teardown(test_zero_files, tripwire),
        cmocka_unit_test_teardown(test_traversal, tripwire),
        cmocka_unit_test_teardown(test_unjudged_names, tripwire),
        cmocka_unit_test_teardown(test_planted_link, tripwire),
        cmocka_unit_test_teardown(test_names, tripwire),
        cmocka_unit_test_teardown(test_windows_target, tripwire),
        cmocka_unit_test_teardown(test_long_names, tripwire),
        cmocka_unit_test_teardown(test_sparse_and_large, tripwire),
        cmocka_unit_test_teardown(test_not_read_whole, tripwire),
        cmocka_unit_test_teardown(test_proof_follows_the_pass, tripwire),
        cmocka_unit_test_teardown(test_reread, tripwire),
        cmocka_unit_test_teardown(test_room_at_start, tripwire),
        cmocka_unit_test_teardown(test_out_of_space, tripwire),
        cmocka_unit_test_teardown(test_space_taken_by_others, tripwire),
        cmocka_unit_test_teardown(test_out_of_inodes, tripwire),
        cmocka_unit_test_teardown(test_confined, tripwire),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
