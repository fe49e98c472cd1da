/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what a generation held is restored, proof never exceeds what the pass saw, and the re-read sees every change.
 */
#include "restore_trial.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "../../agent/sandbox/confine.h"

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

static void test_a_write_that_fails(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {.rlim_cur = 4096, .rlim_max = before.rlim_max};
    struct trial *t = begin(NULL);
    char *block = kb_alloc(t->arena, 1, 1 << 20);
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    memset(block, 'x', 1 << 20);
    entry(t, KB_ENTRY_FILE, "too large", NULL);
    assert_int_equal(t->sink.data(t->sink.owner, 0, block, 1 << 20, NULL), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(found(t, "restore-write", "too large"));
    file(t, "good", "good");
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_int_equal(t->result.files_restored, 1);
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
    t->result.proof.hash = KB_NOT_REACHED; /* there is no manifest: what was read was restored all the same */
    assert_int_equal(finish(t), KB_REACHED);
    end(t);
    t = begin(NULL);
    file(t, "file", "good");
    t->set.manifest = "/medium/share.sha256";
    t->result.proof.hash = KB_NOT_REACHED;
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

/* Files of several folders, every seventh touched afterwards: what is told, and its order, is that of one thread. */
static char *reread_by(int64_t threads)
{
    enum { FILES = 300 };
    struct trial *t = begin(NULL);
    char *said = strdup("");
    t->set.threads = threads;
    for (int i = 0; i < FILES; i++)
        file(t, kb_sprintf(t->arena, "d%d/f%03d", i % 4, i), i % 3 ? "content" : "");
    assert_int_equal(kb_scratch_finish(t->scratch, NULL), 0);
    for (int i = 0; i < FILES; i += 7) {
        KB_SCOPED_FD fd = open(in(t, kb_sprintf(t->arena, "d%d/f%03d", i % 4, i)), O_WRONLY);
        assert_int_equal(pwrite(fd, "C", 1, i % 2), 1);
    }
    assert_int_equal(kb_scratch_reread(t->scratch, t->arena, &t->result, NULL), 0);
    assert_int_equal(t->result.files_reread, FILES);
    assert_int_equal(t->n, (FILES + 6) / 7);
    for (size_t i = 0; i < t->n; i++) {
        char *more = NULL;
        assert_true(asprintf(&more, "%s%s %s\n", said, t->findings[i].entry, t->findings[i].found) > 0);
        free(said);
        said = more;
    }
    end(t);
    return said;
}

static void test_reread_by_threads(void **state)
{
    (void)state;
    char *one = reread_by(1);
    for (int64_t threads = 2; threads <= 4; threads++) {
        char *more = reread_by(threads);
        assert_string_equal(more, one);
        free(more);
    }
    free(one);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_good, tripwire),
        cmocka_unit_test_teardown(test_zero_files, tripwire),
        cmocka_unit_test_teardown(test_sparse_and_large, tripwire),
        cmocka_unit_test_teardown(test_a_write_that_fails, tripwire),
        cmocka_unit_test_teardown(test_not_read_whole, tripwire),
        cmocka_unit_test_teardown(test_proof_follows_the_pass, tripwire),
        cmocka_unit_test_teardown(test_reread, tripwire),
        cmocka_unit_test_teardown(test_reread_by_threads, tripwire),
        cmocka_unit_test_teardown(test_confined, tripwire),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
