/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a scratch place without room is said at the start or when it runs out, and nothing half-written stays. */
#include "restore_trial.h"

#include <sys/mount.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_room_at_start, tripwire),
        cmocka_unit_test_teardown(test_out_of_space, tripwire),
        cmocka_unit_test_teardown(test_space_taken_by_others, tripwire),
        cmocka_unit_test_teardown(test_out_of_inodes, tripwire),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
