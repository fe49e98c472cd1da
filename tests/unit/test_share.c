/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: the right share is known by what is mounted, however it is spelt, and nothing else is taken for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/media/device.h"
#include "../../agent/media/share.h"
#include "koboshi/arena.h"
#include "koboshi/job.h"

static void test_source(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    static const struct {
        const char *wanted, *mounted, *below;
        bool is;
    } rows[] = {
        {"//nas.local/backup", "//nas.local/backup", "", true},
        {"//nas.local/backup", "//NAS.local/Backup/", "", true},
        {"\\\\nas\\backup", "//nas/backup", "", true},
        {"//nas/backup/share", "//nas/backup", "/share", true},
        {"//nas/backup", "//nas/backup2", "", false},
        {"//nas/backup", "//other/backup", "", false},
        {"//nas/backup/share", "//nas/backup", "/other", false},
        {"nas:/export/backup", "nas:/export/backup", "", true},
        {"NAS:/export/backup", "nas:/export/backup", "", true},
        {"nas:/export/backup", "nas:/export/Backup", "", false},
        {"nas:/export/backup", "nas:/export", "/backup", true},
        {"backup@nas:/srv", "backup@nas:/srv/", "", true},
        {"backup@nas:", "root@nas:", "", false},
        {"backup@nas:data", "backup@nas:", "/data", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (kb_share_source_is(rows[i].wanted, rows[i].mounted, rows[i].below, arena) != rows[i].is)
            fail_msg("%s is %s + %s", rows[i].wanted, rows[i].mounted, rows[i].below);
}

static void test_type(void **state)
{
    (void)state;
    static const struct {
        const char *wanted, *type;
        bool is;
    } rows[] = {
        {"nfs", "nfs4", true},   {"nfs", "nfs", true},          {"nfs", "cifs", false},
        {"cifs", "smb3", true},  {"sshfs", "fuse.sshfs", true}, {"fuse", "fuse.sshfs", true},
        {"fuse", "ext4", false}, {"cifs", "ext4", false},       {"fuse.sshfs", "fuse.davfs", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (kb_share_type_is(rows[i].wanted, rows[i].type) != rows[i].is)
            fail_msg("%s is %s", rows[i].wanted, rows[i].type);
}

static int judged_part(const char *source, const char *fs, const char *mounted, const char *root, const char *type)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_job_medium medium = {
        .id = "nas", .kind = KB_MEDIUM_NAS, .mount = "/mnt/nas", .source = source, .fs = fs};
    const struct kb_mount mount = {.source = mounted, .root = root, .target = "/mnt/nas", .fs_type = type};
    struct kb_medium_state state = {.status = KB_MEDIUM_READY, .root = "/mnt/nas"};
    kb_share_judge(&medium, &mount, "/mnt/nas", arena, &state);
    assert_int_equal(state.status == KB_MEDIUM_READY, state.root != NULL);
    return state.status;
}

static int judged(const char *source, const char *fs, const char *mounted, const char *type)
{
    return judged_part(source, fs, mounted, "/", type);
}

static void test_judge(void **state)
{
    (void)state;
    assert_int_equal(judged("//nas/backup", "cifs", "//nas/backup", "cifs"), KB_MEDIUM_READY);
    assert_int_equal(judged("//nas/backup", NULL, "//nas/backup", "cifs"), KB_MEDIUM_READY);
    assert_int_equal(judged(NULL, "nfs", "nas:/b", "nfs4"), KB_MEDIUM_READY);
    assert_int_equal(judged("//nas/backup", "cifs", "//nas/public", "cifs"), KB_MEDIUM_WRONG);
    assert_int_equal(judged("//nas/backup", "cifs", "nas:/backup", "nfs4"), KB_MEDIUM_WRONG);
    assert_int_equal(judged("//nas/backup", "cifs", "/dev/sda1", "ext4"), KB_MEDIUM_EMPTY);
    assert_int_equal(judged(NULL, NULL, "/dev/sda1", "ext4"), KB_MEDIUM_EMPTY);
    /* another folder of the right share, mounted by itself */
    assert_int_equal(judged_part("//nas/backup", "cifs", "//nas/backup", "/public", "cifs"), KB_MEDIUM_WRONG);
    assert_int_equal(judged_part("//nas/backup/public", "cifs", "//nas/backup", "/public", "cifs"), KB_MEDIUM_READY);
    assert_int_equal(judged_part("//nas/backup/public", "cifs", "//nas/backup/public", "/public", "cifs"),
                     KB_MEDIUM_READY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source),
        cmocka_unit_test(test_type),
        cmocka_unit_test(test_judge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
