/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: the right disk is found and read without one bit of it changing; every wrong one is refused by name. Real file
 * systems on loop devices, in a mount namespace of this process, so that nothing is left behind even by a crash. */
#include "disk_bench.h"

static void check_untouched(const char *fs_type, bool unclean)
{
    struct disk *disk = make_disk("a.img", fs_type, d.uuid);
    write_backups(disk, fs_type, unclean);
    const char *before = disk_sha256(disk);
    struct kb_job_medium medium = hdd();
    const struct kb_medium_state *state = open_medium(&medium, NULL, 0);
    assert_status(state, KB_MEDIUM_READY);
    assert_string_equal(state->device, disk->device);
    assert_string_equal(state->fs_type, fs_type);
    assert_string_equal(state->fs_uuid, d.uuid);
    assert_string_equal(state->label, d.label);
    assert_string_equal(state->root, d.mount_at);
    assert_true(state->mounted_by_us && !state->writable_elsewhere && state->bytes > MIB);
    assert_int_equal(state->unclean, unclean);
    assert_int_equal(heard_rule("medium-unclean"), unclean);
    assert_int_equal(t.heard.n_findings, unclean);
    assert_non_null(strstr(state->options, "noexec"));
    assert_non_null(strstr(state->options, "norecovery")); /* how the kernel spells noload, too */
    assert_int_equal(is_readonly(disk), 1);
    assert_int_equal(open(below(d.mount_at, "x"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -1);
    if (!unclean)
        check_listing();
    close_medium(&medium);
    assert_nothing_left();
    assert_int_equal(is_readonly(disk), 0);
    assert_string_equal(disk_sha256(disk), before);
    close_medium(&medium);
    if (!unclean)
        return;
    /* the fault is a real one: a plain read-only mount does change this disk */
    make_folder(below(t.dir, "plain"));
    assert_int_equal(mount(disk->device, below(t.dir, "plain"), fs_type, MS_RDONLY, NULL), 0);
    assert_int_equal(umount2(below(t.dir, "plain"), 0), 0);
    assert_string_not_equal(disk_sha256(disk), before);
}

static void test_ext4_clean(void **state)
{
    (void)state;
    NEEDS_ROOT();
    check_untouched("ext4", false);
}

static void test_ext4_unclean(void **state)
{
    (void)state;
    NEEDS_ROOT();
    check_untouched("ext4", true);
}

static void test_ext3_unclean(void **state)
{
    (void)state;
    NEEDS_ROOT();
    check_untouched("ext3", true);
}

static void test_ext2_clean(void **state)
{
    (void)state;
    NEEDS_ROOT();
    check_untouched("ext2", false);
}

static void test_xfs_clean(void **state)
{
    (void)state;
    needs_file_system("xfs");
    check_untouched("xfs", false);
}

static void test_xfs_unclean(void **state)
{
    (void)state;
    needs_file_system("xfs");
    check_untouched("xfs", true);
}

static void test_absent(void **state)
{
    (void)state;
    NEEDS_ROOT();
    struct kb_job_medium medium = hdd();
    const struct kb_medium_state *found = open_medium(&medium, NULL, 0);
    assert_status(found, KB_MEDIUM_ABSENT);
    assert_true(heard_rule("medium-absent"));
    assert_int_equal(t.heard.n_generations, 0);
    assert_nothing_left();
    medium.fs_uuid = NULL;
    struct kb_err err = {0};
    struct kb_medium_state unused;
    assert_int_equal(kb_media_locate(&medium, t.arena, &unused, &err), KB_EPLAN);
}

static void test_wrong(void **state)
{
    (void)state;
    NEEDS_ROOT();
    struct disk *disk = make_disk("b.img", "ext4", d.other_uuid);
    struct kb_job_medium medium = hdd();
    const struct kb_medium_state *found = open_medium(&medium, NULL, 0);
    assert_status(found, KB_MEDIUM_WRONG);
    assert_string_equal(found->device, disk->device);
    assert_string_equal(found->fs_uuid, d.other_uuid);
    assert_true(heard_rule("medium-wrong"));
    assert_non_null(strstr(t.heard.findings[0]->found.ja, d.other_uuid));
    assert_non_null(strstr(t.heard.findings[0]->expected.ja, d.uuid));
    assert_int_equal(is_readonly(disk), 0);
}

static void test_twice(void **state)
{
    (void)state;
    NEEDS_ROOT();
    struct disk *disk = make_disk("a.img", "ext4", d.uuid);
    RUN("cp", "--sparse=always", disk->path, below(t.dir, "clone.img"));
    struct disk *clone = attach(below(t.dir, "clone.img"));
    struct kb_job_medium medium = hdd();
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_TWICE);
    assert_true(heard_rule("medium-twice"));
    assert_non_null(strstr(t.heard.findings[0]->found.en, disk->device));
    assert_non_null(strstr(t.heard.findings[0]->found.en, clone->device));
}

static void test_exchanged_while_mounting(void **state)
{
    (void)state;
    NEEDS_ROOT();
    const struct disk *disk = make_disk("a.img", "ext4", d.uuid);
    struct disk *other = make_disk("b.img", "ext4", d.other_uuid);
    const char *before = disk_sha256(other);
    struct kb_job_medium medium = hdd();
    struct kb_medium_state found;
    struct kb_err err = {0};
    assert_int_equal(kb_media_locate(&medium, t.arena, &found, &err), 0);
    assert_status(&found, KB_MEDIUM_READY);
    assert_string_equal(found.device, disk->device);
    found.device = other->device; /* as if it had taken this name since */
    assert_int_equal(kb_media_mount(&medium, t.arena, &found, &err), 0);
    assert_status(&found, KB_MEDIUM_UNREADABLE);
    assert_null(found.root);
    assert_non_null(strstr(found.detail.en, d.other_uuid));
    assert_nothing_left();
    assert_int_equal(is_readonly(other), 0);
    assert_string_equal(disk_sha256(other), before);
}

static void test_uuid_case_and_serial(void **state)
{
    (void)state;
    NEEDS_ROOT();
    struct disk *disk = make_disk("a.img", "ext4", d.uuid);
    struct kb_job_medium medium = hdd();
    char *upper = kb_strdup(t.arena, d.uuid), *to = upper; /* in capitals and without dashes */
    for (const char *at = d.uuid; *at; at++)
        if (*at != '-')
            *to++ = (char)(*at >= 'a' && *at <= 'f' ? *at - 'a' + 'A' : *at);
    *to = '\0';
    medium.fs_uuid = upper;
    medium.serial = "WD-XXXX1"; /* a loop device has none: not known is not wrong */
    const struct kb_medium_state *found = open_medium(&medium, NULL, 0);
    assert_status(found, KB_MEDIUM_READY);
    assert_null(found->serial);
    close_medium(&medium);
    assert_int_equal(is_readonly(disk), 0);
}

static void test_mounted_by_others(void **state)
{
    (void)state;
    NEEDS_ROOT();
    struct disk *disk = make_disk("a.img", "ext4", d.uuid);
    write_backups(disk, "ext4", false);
    const char *at = below(t.dir, "保管");
    make_folder(at);
    assert_int_equal(mount(disk->device, at, "ext4", 0, NULL), 0);
    struct kb_job_medium medium = hdd();
    const struct kb_medium_state *found = open_medium(&medium, NULL, 0);
    assert_status(found, KB_MEDIUM_READY);
    assert_string_equal(found->root, at);
    assert_true(found->writable_elsewhere && !found->mounted_by_us && !found->unclean);
    assert_true(heard_rule("medium-writable"));
    check_listing();
    close_medium(&medium);
    assert_int_equal(access(below(at, "会計"), F_OK), 0); /* still mounted */
    assert_int_equal(is_readonly(disk), 0);

    assert_int_equal(mount(NULL, at, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    found = open_medium(&medium, NULL, 0);
    assert_status(found, KB_MEDIUM_READY);
    assert_true(!found->writable_elsewhere && !t.heard.n_findings);

    /* a bind mount of a folder is not the medium */
    make_folder(below(t.dir, "bind"));
    assert_int_equal(mount(below(at, "会計"), below(t.dir, "bind"), NULL, MS_BIND, NULL), 0);
    assert_int_equal(umount2(at, 0), 0);
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_UNREADABLE);
    assert_non_null(strstr(t.heard.findings[0]->found.en, "in use"));
    assert_int_equal(umount2(below(t.dir, "bind"), 0), 0);
}

static void test_without_root(void **state)
{
    (void)state;
    NEEDS_ROOT();
    struct disk *disk = make_disk("a.img", "ext4", d.uuid);
    write_backups(disk, "ext4", false);
    const char *at = below(t.dir, "保管");
    make_folder(at);
    assert_int_equal(chmod(t.dir, 0755), 0);
    struct kb_job_medium medium = hdd();
    assert_int_equal(seteuid(65534), 0);
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_ABSENT);
    assert_non_null(strstr(t.heard.findings[0]->found.en, "root"));
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(mount(disk->device, at, "ext4", MS_RDONLY, NULL), 0);
    assert_int_equal(seteuid(65534), 0);
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_READY);
    assert_string_equal(t.heard.state->fs_uuid, d.uuid);
    check_listing();
    close_medium(&medium);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(umount2(at, 0), 0);
}

static void test_after_a_crash(void **state)
{
    (void)state;
    NEEDS_ROOT();
    struct disk *disk = make_disk("a.img", "ext4", d.uuid);
    write_backups(disk, "ext4", false);
    struct kb_job_medium medium = hdd();
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_READY);
    const struct kb_medium_state *again = open_medium(&medium, NULL, 0);
    assert_status(again, KB_MEDIUM_READY);
    assert_true(again->mounted_by_us);
    check_listing();
    struct kb_err err = {0};
    assert_int_equal(kb_media_sweep(below(t.dir, "mnt"), &err), 0);
    assert_nothing_left();
    assert_gone(below(t.dir, "mnt"));
    assert_int_equal(is_readonly(disk), 0);
    assert_int_equal(kb_media_sweep(below(t.dir, "none"), &err), 0);

    /* a note about a disk that is not there any more does not touch the one that took its name */
    int on = 1;
    make_folder(below(t.dir, "mnt"));
    make_folder(below(t.dir, "mnt/1"));
    write_file(kb_sprintf(t.arena, "%s.read-only", d.mount_at), kb_sprintf(t.arena, "7:999 1 %s\n", disk->device));
    write_file(below(t.dir, "mnt/1/.m1.read-only.new"), ""); /* killed while it wrote its note */
    assert_int_equal(ioctl(disk->loop, BLKROSET, &on), 0);
    assert_int_equal(kb_media_sweep(below(t.dir, "mnt"), &err), 0);
    assert_nothing_left();
    assert_gone(below(t.dir, "mnt"));
    assert_int_equal(is_readonly(disk), 1);
}

static void test_busy(void **state)
{
    (void)state;
    NEEDS_ROOT();
    struct disk *disk = make_disk("a.img", "ext4", d.uuid);
    struct kb_job_medium medium = hdd();
    int holder = open(disk->device, O_RDONLY | O_EXCL | O_CLOEXEC);
    assert_true(holder >= 0);
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_UNREADABLE);
    (void)close(holder);
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_READY);
    int reader = open(d.mount_at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct kb_err err = {0};
    assert_int_equal(kb_media_close(&medium, &err), KB_EIO); /* five seconds, then said */
    assert_true(*err.frame[0].ja);
    (void)close(reader);
    close_medium(&medium);
    assert_nothing_left();
}

static void test_broken(void **state)
{
    (void)state;
    NEEDS_ROOT();
    struct disk *disk = make_disk("a.img", "ext4", d.uuid);
    const char zeros[4096] = "";
    /* 16 MiB have blocks of 1 KiB: the group descriptors follow the superblock */
    assert_int_equal(pwrite(disk->loop, zeros, sizeof zeros, 2048), sizeof zeros);
    assert_int_equal(fsync(disk->loop), 0);
    struct kb_job_medium medium = hdd();
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_UNREADABLE);
    assert_true(heard_rule("medium-unreadable"));
    assert_nothing_left();
    assert_int_equal(is_readonly(disk), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ext4_clean),
        TEST(test_ext4_unclean),
        TEST(test_ext3_unclean),
        TEST(test_ext2_clean),
        TEST(test_xfs_clean),
        TEST(test_xfs_unclean),
        TEST(test_absent),
        TEST(test_wrong),
        TEST(test_twice),
        TEST(test_exchanged_while_mounting),
        TEST(test_uuid_case_and_serial),
        TEST(test_mounted_by_others),
        TEST(test_without_root),
        TEST(test_after_a_crash),
        TEST(test_busy),
        TEST(test_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
