/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a disk is told by what it is: partitions, clones, containers that are open or not, disks on which nothing is
 * known. Real containers and partition tables; where the kernel has no dm-crypt, a loop device stands for the opened
 * container in a sysfs of the test's own. */
#include "disk_bench.h"

static void test_partition(void **state)
{
    (void)state;
    NEEDS_ROOT();
    if (access("/sbin/sfdisk", X_OK)) {
        print_message("skipped: sfdisk is not installed (package fdisk)\n");
        skip();
    }
    const char *image = below(t.dir, "a.img"), *table = below(t.dir, "table");
    write_file(table, "label: gpt\nstart=2048, size=40960\n");
    RUN("truncate", "-s", "32M", image);
    /* what was on it before it was partitioned: the whole disk still says the same UUID */
    RUN("/sbin/mkfs.ext4", "-q", "-U", d.uuid, image);
    RUN("sh", "-c", kb_sprintf(t.arena, "/sbin/sfdisk -q %s < %s", image, table));
    struct disk *disk = attach(image);
    RUN("partx", "-a", disk->device);
    const char *partition = kb_sprintf(t.arena, "%sp1", disk->device);
    RUN("/sbin/mkfs.ext4", "-q", "-U", d.uuid, "-L", d.label, partition);
    const char *before = disk_sha256(disk);
    struct kb_job_medium medium = hdd();
    const struct kb_medium_state *found = open_medium(&medium, NULL, 0);
    assert_status(found, KB_MEDIUM_READY);
    assert_string_equal(found->device, partition);
    close_medium(&medium);
    assert_string_equal(disk_sha256(disk), before);
    RUN("partx", "-d", disk->device);
    assert_nothing_left();
}

/* --- a sysfs of our own ----------------------------------------------------------------------------------------------
 */

static struct {
    char block[64];
} s;

static void sysfs_file(const char *folder, const char *name, const char *text)
{
    write_file(below(folder, name), text);
}

/* One device below the folder that becomes /sys/class/block; devno as "7:0". */
static const char *sysfs_device(const char *parent, const char *name, const char *devno)
{
    const char *folder = below(parent, name);
    struct kb_err err = {0};
    assert_int_equal(kb_mkdir_p(folder, 0755, &err), 0);
    sysfs_file(folder, "size", "32768\n");
    sysfs_file(folder, "dev", kb_sprintf(t.arena, "%s\n", devno));
    if (strcmp(parent, s.block) != 0)
        assert_int_equal(symlink(folder, below(s.block, name)), 0);
    return folder;
}

static const char *devno_of(const struct disk *disk)
{
    struct stat st;
    assert_int_equal(fstat(disk->loop, &st), 0);
    return kb_sprintf(t.arena, "%u:%u", (unsigned)(st.st_rdev >> 8), (unsigned)(st.st_rdev & 0xff));
}

/* The disk under its own name as if it were in a USB case. */
static const char *sysfs_usb(const struct disk *disk, const char *serial)
{
    const char *parent = below(t.dir, "sys/devices/usb1");
    struct kb_err err = {0};
    assert_int_equal(kb_mkdir_p(parent, 0755, &err), 0);
    const char *folder = sysfs_device(parent, strrchr(disk->device, '/') + 1, devno_of(disk));
    if (serial)
        sysfs_file(folder, "serial", serial);
    return folder;
}

static void sysfs_begin(void)
{
    (void)snprintf(s.block, sizeof s.block, "%s/block", t.dir);
    make_folder(s.block);
}

static void sysfs_on(void)
{
    assert_int_equal(mount(s.block, "/sys/class/block", NULL, MS_BIND, NULL), 0);
}

static void sysfs_off(void)
{
    assert_int_equal(umount2("/sys/class/block", 0), 0);
}

/* A node /dev/dm-0 that is really the disk, in a /dev of our own. */
static void dev_on(const struct disk *disk)
{
    struct stat st;
    assert_int_equal(fstat(disk->loop, &st), 0);
    assert_int_equal(mount("dev", "/dev", "tmpfs", 0, NULL), 0);
    assert_int_equal(mknod("/dev/dm-0", S_IFBLK | 0600, st.st_rdev), 0);
    for (size_t i = 0; i < d.n_disks; i++) {
        assert_int_equal(fstat(d.disks[i].loop, &st), 0);
        assert_int_equal(mknod(d.disks[i].device, S_IFBLK | 0600, st.st_rdev), 0);
    }
}

static void dev_off(void)
{
    assert_int_equal(umount2("/dev", 0), 0);
}

static void sysfs_mapping(const struct disk *inside, const struct disk *outside, const char *dm_uuid)
{
    const char *folder = sysfs_device(s.block, "dm-0", devno_of(inside)), *outer = strrchr(outside->device, '/') + 1;
    make_folder(below(folder, "dm"));
    sysfs_file(folder, "dm/uuid", dm_uuid);
    make_folder(below(folder, "slaves"));
    assert_int_equal(symlink(below(s.block, outer), kb_sprintf(t.arena, "%s/slaves/%s", folder, outer)), 0);
    const char *holders = kb_sprintf(t.arena, "%s/%s/holders", s.block, outer);
    make_folder(holders);
    assert_int_equal(symlink(folder, below(holders, "dm-0")), 0);
}

/* --- containers ------------------------------------------------------------------------------------------------------
 */

static void needs_cryptsetup(void)
{
    NEEDS_ROOT();
    if (access("/sbin/cryptsetup", X_OK)) {
        print_message("skipped: cryptsetup is not installed (package cryptsetup-bin)\n");
        skip();
    }
}

static struct disk *make_container(const char *name, const char *uuid)
{
    const char *image = below(t.dir, name), *key = below(t.dir, "key");
    write_file(key, "復旧訓練");
    RUN("truncate", "-s", "32M", image);
    RUN("/sbin/cryptsetup", "luksFormat", "-q", "--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations",
        "1000", "--uuid", uuid, "--key-file", key, image);
    return attach(image);
}

static struct kb_job_medium encrypted(void)
{
    struct kb_job_medium medium = hdd();
    medium.luks_uuid = d.other_uuid;
    return medium;
}

static void test_luks_locked(void **state)
{
    (void)state;
    needs_cryptsetup();
    struct disk *disk = make_container("a.img", d.other_uuid);
    const char *before = disk_sha256(disk);
    struct kb_job_medium medium = encrypted();
    const struct kb_medium_state *found = open_medium(&medium, NULL, 0);
    assert_status(found, KB_MEDIUM_LOCKED);
    assert_true(heard_rule("medium-locked"));
    assert_int_equal(t.heard.n_findings, 1);
    assert_string_equal(found->container, "luks");
    assert_string_equal(found->luks_uuid, d.other_uuid);
    assert_null(found->fs_uuid);
    assert_non_null(strstr(found->detail.ja, "cryptsetup open --readonly"));
    assert_non_null(strstr(found->detail.en, disk->device));
    assert_int_equal(is_readonly(disk), 0);
    assert_string_equal(disk_sha256(disk), before);

    struct kb_job_medium mixed_up = hdd(); /* blkid shows this UUID as well */
    mixed_up.fs_uuid = d.other_uuid;
    assert_status(open_medium(&mixed_up, NULL, 0), KB_MEDIUM_LOCKED);
    assert_non_null(strstr(t.heard.state->detail.ja, "luks_uuid に書き"));

    RUN("cp", "--sparse=always", disk->path, below(t.dir, "clone.img"));
    (void)attach(below(t.dir, "clone.img"));
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_TWICE);
}

/* How the kernel shows an opened container. */
static const char *mapping_name(const char *type, const char *uuid)
{
    char hex[33];
    size_t n = 0;
    for (const char *at = uuid; *at && n < sizeof hex - 1; at++)
        if (*at != '-')
            hex[n++] = *at;
    hex[n] = '\0';
    return kb_sprintf(t.arena, "CRYPT-%s-%s-koboshi-hdd-a\n", type, hex);
}

static const struct kb_medium_state *open_inside(const struct kb_job_medium *medium, struct disk *inside)
{
    dev_on(inside);
    sysfs_on();
    const struct kb_medium_state *found = open_medium(medium, NULL, 0);
    sysfs_off();
    return found;
}

static void close_inside(const struct kb_job_medium *medium)
{
    close_medium(medium);
    dev_off();
    assert_nothing_left();
}

static void test_luks_opened(void **state)
{
    (void)state;
    needs_cryptsetup();
    struct disk *outside = make_container("outside.img", d.other_uuid), *inside = make_disk("a.img", "ext4", d.uuid);
    write_backups(inside, "ext4", false);
    const char *before = disk_sha256(inside);
    sysfs_begin();
    (void)sysfs_usb(outside, "WD-1");
    sysfs_mapping(inside, outside, mapping_name("LUKS2", d.other_uuid));
    struct kb_job_medium medium = encrypted();
    medium.serial = "WD-1"; /* that of the disk below */
    const struct kb_medium_state *found = open_inside(&medium, inside);
    assert_status(found, KB_MEDIUM_READY);
    assert_string_equal(found->device, "/dev/dm-0");
    assert_string_equal(found->container, "luks");
    assert_string_equal(found->luks_uuid, d.other_uuid);
    assert_string_equal(found->fs_uuid, d.uuid);
    assert_string_equal(found->serial, "WD-1");
    assert_int_equal(is_readonly(inside), 1);
    check_listing();
    close_inside(&medium);
    assert_int_equal(is_readonly(inside), 0);
    assert_string_equal(disk_sha256(inside), before);

    /* the same file system, opened from a container that is not the plan's */
    medium.luks_uuid = "11111111-2222-3333-4444-555555555555";
    found = open_inside(&medium, inside);
    assert_status(found, KB_MEDIUM_WRONG);
    assert_non_null(strstr(found->detail.ja, d.other_uuid));
    assert_non_null(strstr(found->detail.ja, medium.luks_uuid));
    close_inside(&medium);

    /* the right container, and something else in it */
    medium = encrypted();
    medium.fs_uuid = "11111111-2222-3333-4444-555555555555";
    found = open_inside(&medium, inside);
    assert_status(found, KB_MEDIUM_WRONG);
    assert_non_null(strstr(found->detail.en, d.uuid));
    close_inside(&medium);

    medium = hdd();
    medium.fs_uuid = d.other_uuid;
    found = open_inside(&medium, inside);
    assert_status(found, KB_MEDIUM_WRONG);
    assert_non_null(strstr(found->detail.en, "as luks_uuid"));
    close_inside(&medium);

    /* a plan that does not name the container */
    medium = hdd();
    found = open_inside(&medium, inside);
    assert_status(found, KB_MEDIUM_READY);
    assert_string_equal(found->luks_uuid, d.other_uuid);
    close_inside(&medium);
}

static void test_luks_not_encrypted(void **state)
{
    (void)state;
    NEEDS_ROOT();
    struct disk *disk = make_disk("a.img", "ext4", d.uuid); /* a copy made without encryption */
    struct kb_job_medium medium = encrypted();
    const struct kb_medium_state *found = open_medium(&medium, NULL, 0);
    assert_status(found, KB_MEDIUM_WRONG);
    assert_non_null(strstr(found->detail.ja, "暗号化されていません"));
    assert_int_equal(is_readonly(disk), 0);
}

/* The header of a BitLocker volume of Windows 7 and later (libbde, "BitLocker Drive Encryption format", volume header
 * and FVE metadata block header). */
static struct disk *make_bitlocker(const char *name)
{
    static const uint8_t guid[] = {0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
                                   0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};
    static const uint8_t block[] = {'-', 'F', 'V', 'E', '-', 'F', 'S', '-', 0x40, 0, 2, 0, 4, 0};
    const char *image = below(t.dir, name);
    uint8_t boot[512] = {0xeb, 0x58, 0x90, '-', 'F', 'V', 'E', '-', 'F', 'S', '-', 0x00, 0x02, 0x08};
    RUN("truncate", "-s", "16M", image);
    struct disk *disk = attach(image);
    memcpy(boot + 160, guid, sizeof guid);
    for (size_t i = 0; i < 3; i++) {
        boot[176 + 8 * i + 2] = (uint8_t)(i + 1); /* three copies of the metadata, 64 KiB apart */
        assert_int_equal(pwrite(disk->loop, block, sizeof block, (off_t)(i + 1) << 16), sizeof block);
    }
    boot[510] = 0x55;
    boot[511] = 0xaa;
    assert_int_equal(pwrite(disk->loop, boot, sizeof boot, 0), sizeof boot);
    assert_int_equal(fsync(disk->loop), 0);
    return disk;
}

static const struct kb_medium_state *open_alone(const struct kb_job_medium *medium)
{
    sysfs_on();
    const struct kb_medium_state *found = open_medium(medium, NULL, 0);
    sysfs_off();
    assert_nothing_left();
    return found;
}

static void test_bitlocker_locked(void **state)
{
    (void)state;
    NEEDS_ROOT();
    struct disk *disk = make_bitlocker("a.img");
    const char *before = disk_sha256(disk);
    sysfs_begin();
    (void)sysfs_usb(disk, "WD-1");
    struct kb_job_medium medium = hdd();
    const struct kb_medium_state *found = open_alone(&medium);
    assert_status(found, KB_MEDIUM_LOCKED);
    assert_true(heard_rule("medium-locked"));
    assert_string_equal(found->container, "bitlocker");
    assert_non_null(strstr(found->detail.ja, "この媒体かもしれません"));
    assert_non_null(strstr(found->detail.en, "--type bitlk"));
    medium.serial = "wd-1";
    assert_non_null(strstr(open_alone(&medium)->detail.ja, "シリアル番号から"));
    assert_int_equal(t.heard.state->status, KB_MEDIUM_LOCKED);
    medium.serial = "WD-2"; /* the other disk of the rotation, locked as it should be */
    found = open_alone(&medium);
    assert_status(found, KB_MEDIUM_WRONG);
    assert_string_equal(found->serial, "WD-1");
    assert_string_equal(disk_sha256(disk), before);
}

static void test_bitlocker_opened(void **state)
{
    (void)state;
    needs_file_system("ntfs");
    struct disk *outside = make_bitlocker("outside.img"), *inside = make_disk("a.img", "ntfs", NULL);
    write_backups(inside, "ntfs", false);
    sysfs_begin();
    (void)sysfs_usb(outside, NULL);
    sysfs_mapping(inside, outside, "CRYPT-BITLK-4967d63b2e294ad88399f6a339e3d001-koboshi-hdd-a\n");
    struct kb_job_medium medium = hdd();
    dev_on(inside);
    assert_int_equal(mknod("/dev/null", S_IFCHR | 0666, 1 << 8 | 3), 0);
    assert_int_equal(mknod("/dev/fuse", S_IFCHR | 0666, 10 << 8 | 229), 0);
    sysfs_on();
    const struct kb_medium_state *found = open_medium(&medium, NULL, 0);
    sysfs_off();
    assert_status(found, KB_MEDIUM_READY);
    assert_string_equal(found->container, "bitlocker");
    assert_string_equal(found->luks_uuid, "4967d63b-2e29-4ad8-8399-f6a339e3d001");
    check_listing();
    close_inside(&medium);
}

/* --- identity --------------------------------------------------------------------------------------------------------
 */

static void test_serial(void **state)
{
    (void)state;
    NEEDS_ROOT();
    struct disk *disk = make_disk("a.img", "ext4", d.uuid);
    write_backups(disk, "ext4", false);
    sysfs_begin();
    const char *folder = sysfs_usb(disk, "WD-1");
    make_folder(below(folder, "device"));
    sysfs_file(folder, "device/model", "Elements 25A3 \n");
    struct kb_job_medium medium = hdd();
    medium.serial = "WD-9";
    const struct kb_medium_state *found = open_alone(&medium);
    assert_status(found, KB_MEDIUM_WRONG);
    assert_non_null(strstr(found->detail.ja, "WD-1"));
    assert_non_null(strstr(found->detail.ja, "WD-9"));
    assert_non_null(strstr(found->detail.ja, d.label));
    medium.serial = "wd-1";
    sysfs_on();
    found = open_medium(&medium, NULL, 0);
    sysfs_off();
    assert_status(found, KB_MEDIUM_READY);
    assert_string_equal(found->model, "Elements 25A3");
    close_medium(&medium);
}

static void test_rdx_is_a_disk(void **state)
{
    (void)state;
    NEEDS_ROOT();
    struct disk *disk = make_disk("a.img", "ext4", d.uuid);
    write_backups(disk, "ext4", false);
    struct kb_job_medium medium = hdd();
    medium.kind = KB_MEDIUM_RDX;
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_READY);
    check_listing();
    close_medium(&medium);
    assert_nothing_left();
}

static void test_blank_disk(void **state)
{
    (void)state;
    NEEDS_ROOT();
    const char *image = below(t.dir, "blank.img");
    RUN("truncate", "-s", "16M", image);
    struct disk *disk = attach(image);
    sysfs_begin();
    const char *folder = sysfs_usb(disk, NULL), *name = strrchr(disk->device, '/') + 1;
    struct kb_job_medium medium = hdd();
    const struct kb_medium_state *found = open_alone(&medium);
    assert_status(found, KB_MEDIUM_UNREADABLE);
    assert_non_null(strstr(found->detail.ja, "既知のファイルシステムがありません"));
    assert_non_null(strstr(found->detail.ja, "この媒体かもしれません"));

    /* the disk has a partition: it is the partition on which nothing is known */
    const char *partition = kb_sprintf(t.arena, "%sp1", name);
    const char *inner = sysfs_device(folder, partition, "259:77");
    sysfs_file(inner, "partition", "1\n");
    found = open_alone(&medium);
    assert_status(found, KB_MEDIUM_UNREADABLE);
    assert_string_equal(found->device, kb_sprintf(t.arena, "/dev/%s", partition));
    assert_non_null(strstr(found->detail.en, "cannot be read")); /* there is no such node */

    /* of another disk of this plan's it is known that it is not this one */
    sysfs_file(folder, "serial", "WD-1");
    medium.serial = "WD-2";
    assert_status(open_alone(&medium), KB_MEDIUM_ABSENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_partition),        TEST(test_luks_locked),      TEST(test_luks_opened), TEST(test_luks_not_encrypted),
        TEST(test_bitlocker_locked), TEST(test_bitlocker_opened), TEST(test_serial),      TEST(test_rdx_is_a_disk),
        TEST(test_blank_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
