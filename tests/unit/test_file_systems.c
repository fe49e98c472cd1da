/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: NTFS, exFAT, btrfs and FAT disks are read, clean or not, without one bit of them changing; the programs that
 * read them leave with the medium. */
#include "disk_bench.h"

#include <dirent.h>

#include "koboshi/sandbox.h"

#include "../../agent/media/journal.h"

enum { KANJI = 3, UNITS_MAX = 255 }; /* bytes of one in UTF-8; the longest name on NTFS and exFAT */

static const char *driver_note(void)
{
    return kb_sprintf(t.arena, "%s.driver", d.mount_at);
}

/* The process named in the note beside the mount point. */
static pid_t driver_process(void)
{
    char *text;
    size_t n;
    struct kb_err err = {0};
    assert_int_equal(kb_file_read(AT_FDCWD, driver_note(), 4096, t.arena, &text, &n, &err), 0);
    pid_t pid = (pid_t)strtol(text, NULL, 10);
    assert_true(pid > 1);
    return pid;
}

static void assert_no_driver_left(pid_t pid)
{
    (void)waitpid(pid, NULL, WNOHANG);
    assert_nothing_left();
    assert_gone(driver_note());
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void check_unclean_is(bool unclean)
{
    assert_int_equal(t.heard.state->unclean, unclean);
    assert_int_equal(heard_rule("medium-unclean"), unclean);
    assert_int_equal(t.heard.n_findings, unclean);
}

/* Opens, reads and closes it. */
static void check_untouched(struct disk *disk, const char *fs_type, const char *driver, bool unclean)
{
    const char *before = disk_sha256(disk);
    struct kb_job_medium medium = hdd();
    const struct kb_medium_state *state = open_medium(&medium, NULL, 0);
    assert_status(state, KB_MEDIUM_READY);
    check_unclean_is(unclean);
    assert_string_equal(state->fs_type, fs_type);
    assert_string_equal(state->driver, driver);
    assert_string_equal(state->fs_uuid, d.uuid);
    assert_string_equal(state->label, d.label);
    assert_string_equal(state->root, d.mount_at);
    assert_true(state->mounted_by_us && !state->writable_elsewhere && state->bytes > MIB);
    static const char *const wanted[] = {"ro,", "nosuid", "nodev", "noexec"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(strstr(state->options, wanted[i]));
    assert_int_equal(is_readonly(disk), 1);
    assert_int_equal(open(below(d.mount_at, "x"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -1);
    check_listing();
    pid_t pid = maker_of(fs_type)->writer ? driver_process() : 0;
    close_medium(&medium);
    if (pid)
        assert_no_driver_left(pid);
    assert_nothing_left();
    assert_int_equal(is_readonly(disk), 0);
    assert_string_equal(disk_sha256(disk), before);
}

/* The fault is a real one: what a desktop does when the disk is plugged in changes it. */
static void check_writable_changes(struct disk *disk, const char *fs_type)
{
    const char *before = disk_sha256(disk);
    unmount_writable(disk, mount_writable(disk, fs_type));
    assert_string_not_equal(disk_sha256(disk), before);
}

/* What lies on the disk at the moment when its cable is pulled. */
static struct disk *pull_cable(struct disk *disk, const char *fs_type)
{
    const char *at = mount_writable(disk, fs_type), *image = below(t.dir, "pulled.img");
    fill(at);
    int fd = open(below(at, names[0]), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(kb_write_all(fd, "x", 1), 0);
    assert_int_equal(fsync(fd), 0);
    assert_int_equal(close(fd), 0);
    (void)fsync(disk->loop);
    RUN("cp", "--sparse=always", disk->path, image);
    unmount_writable(disk, at);
    assert_int_equal(ftruncate(disk->image, 0), 0); /* nobody shall take it for the medium */
    assert_int_equal(ioctl(disk->loop, LOOP_SET_CAPACITY, 0), 0);
    return attach(image);
}

static void test_ntfs_clean(void **state)
{
    (void)state;
    needs_file_system("ntfs");
    struct disk *disk = make_disk("a.img", "ntfs", NULL);
    write_backups(disk, "ntfs", false);
    check_untouched(disk, "ntfs", "ntfs-3g", false);
}

static void test_ntfs_dirty(void **state)
{
    (void)state;
    needs_file_system("ntfs");
    struct disk *disk = make_disk("a.img", "ntfs", NULL);
    write_backups(disk, "ntfs", false);
    RUN("ntfsfix", disk->device); /* it leaves the volume marked for chkdsk */
    check_untouched(disk, "ntfs", "ntfs-3g", true);
    assert_non_null(strstr(t.heard.findings[0]->found.ja, "chkdsk"));
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

/* A restart page of $LogFile as Windows writes it while the volume is mounted, or after it was detached. */
static void make_restart_page(uint8_t page[4096], unsigned number, bool is_clean)
{
    memset(page, 0, 4096);
    memcpy(page, "RSTR", 4);
    put16(page + 4, 0x1e); /* update sequence: nine entries, all of them 0 */
    put16(page + 6, 9);
    put16(page + 0x10, 4096);
    put16(page + 0x14, 4096);
    put16(page + 0x18, 0x30);
    put16(page + 0x1a, 1);
    put16(page + 0x1c, 1);
    put16(page + 0x30, number);
    put16(page + 0x38, 1);
    put16(page + 0x3a, 0xffff);
    put16(page + 0x3e, is_clean ? 2 : 0);
}

/* mkntfs fills $LogFile, and nothing else of this length, with 0xff. */
static off_t find_log(const struct disk *disk)
{
    uint8_t page[4096], all[4096];
    memset(all, 0xff, sizeof all);
    for (off_t at = 0; pread(disk->loop, page, sizeof page, at) == sizeof page; at += (off_t)sizeof page)
        if (!memcmp(page, all, sizeof page) && pread(disk->loop, page, sizeof page, at + 65536) == sizeof page &&
            !memcmp(page, all, sizeof page))
            return at;
    fail_msg("no $LogFile");
    return 0;
}

static void write_log(struct disk *disk, bool first_clean, bool second_clean)
{
    uint8_t pages[2][4096];
    make_restart_page(pages[0], 1, first_clean);
    make_restart_page(pages[1], 2, second_clean); /* the newer one */
    off_t at = find_log(disk);
    assert_int_equal(pwrite(disk->loop, pages, sizeof pages, at), sizeof pages);
    assert_int_equal(fsync(disk->loop), 0);
}

static void test_ntfs_log_open(void **state)
{
    (void)state;
    needs_file_system("ntfs");
    struct disk *disk = make_disk("a.img", "ntfs", NULL);
    write_backups(disk, "ntfs", false);
    write_log(disk, true, false);
    check_untouched(disk, "ntfs", "ntfs-3g", true);
    assert_non_null(strstr(t.heard.findings[0]->found.en, "fast start-up"));
    check_writable_changes(disk, "ntfs");
}

static void test_ntfs_log_closed(void **state)
{
    (void)state;
    needs_file_system("ntfs");
    struct disk *disk = make_disk("a.img", "ntfs", NULL);
    write_backups(disk, "ntfs", false);
    write_log(disk, false, true);
    check_untouched(disk, "ntfs", "ntfs-3g", false);
}

static void test_ntfs_hibernated(void **state)
{
    (void)state;
    needs_file_system("ntfs");
    struct disk *disk = make_disk("a.img", "ntfs", NULL);
    const char *at = mount_writable(disk, "ntfs");
    fill(at);
    write_file(below(at, "hiberfil.sys"), "HIBR and what was in memory");
    unmount_writable(disk, at);
    check_untouched(disk, "ntfs", "ntfs-3g", true);
    assert_non_null(strstr(t.heard.findings[0]->found.en, "hibernated"));
}

/* Hostile numbers in every place that is followed: told or not, never a crash. */
static void test_ntfs_damaged(void **state)
{
    (void)state;
    needs_file_system("ntfs");
    struct disk *disk = make_disk("a.img", "ntfs", NULL);
    uint8_t boot[512], record[4096], kept[4096];
    struct kb_text why;
    assert_int_equal(pread(disk->loop, boot, sizeof boot, 0), sizeof boot);
    off_t mft = (off_t)(boot[0x30] | boot[0x31] << 8) * boot[0x0d] * 512;
    for (size_t i = 0x0b; i < 0x48; i++) {
        uint8_t byte = boot[i];
        for (unsigned value = 0; value < 256; value += 15) {
            boot[i] = (uint8_t)value;
            assert_int_equal(pwrite(disk->image, boot, sizeof boot, 0), sizeof boot);
            (void)kb_journal_is_dirty(disk->image, "ntfs", &why);
        }
        boot[i] = byte;
    }
    assert_int_equal(pwrite(disk->image, boot, sizeof boot, 0), sizeof boot);
    assert_int_equal(pread(disk->image, record, sizeof record, mft), sizeof record);
    memcpy(kept, record, sizeof kept);
    for (size_t i = 2 * 1024; i < 4 * 1024; i++) {
        for (unsigned value = 0; value < 256; value += 85) {
            record[i] = (uint8_t)value;
            assert_int_equal(pwrite(disk->image, record, sizeof record, mft), sizeof record);
            (void)kb_journal_is_dirty(disk->image, "ntfs", &why);
        }
        record[i] = kept[i];
    }
    memset(record, 0, sizeof record); /* the records from number 4 on, the root folder among them */
    for (off_t at = 4096; at < 16384; at += 4096)
        assert_int_equal(pwrite(disk->loop, record, sizeof record, mft + at), sizeof record);
    assert_int_equal(fsync(disk->loop), 0);
    struct kb_job_medium medium = hdd();
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_UNREADABLE);
    assert_true(heard_rule("medium-unreadable"));
    assert_nothing_left();
    assert_gone(driver_note());
    assert_int_equal(is_readonly(disk), 0);
}

static void test_exfat_clean(void **state)
{
    (void)state;
    needs_file_system("exfat");
    struct disk *disk = make_disk("a.img", "exfat", NULL);
    write_backups(disk, "exfat", false);
    check_untouched(disk, "exfat", "exfat-fuse", false);
}

static void test_exfat_unclean(void **state)
{
    (void)state;
    needs_file_system("exfat");
    struct disk *disk = pull_cable(make_disk("a.img", "exfat", NULL), "exfat");
    check_untouched(disk, "exfat", "exfat-fuse", true);
    assert_non_null(strstr(t.heard.findings[0]->found.ja, "安全な取り外し"));
    uint8_t flags = 4; /* what a driver writes there that has met a bad cluster */
    assert_int_equal(pwrite(disk->loop, &flags, 1, 106), 1);
    check_untouched(disk, "exfat", "exfat-fuse", true);
    assert_non_null(strstr(t.heard.findings[0]->found.en, "errors"));
}

static void test_btrfs_clean(void **state)
{
    (void)state;
    needs_file_system("btrfs");
    struct disk *disk = make_disk("a.img", "btrfs", d.uuid);
    write_backups(disk, "btrfs", false);
    check_untouched(disk, "btrfs", "btrfs", false);
}

static void test_btrfs_unclean(void **state)
{
    (void)state;
    needs_file_system("btrfs");
    struct disk *disk = make_disk("a.img", "btrfs", d.uuid);
    write_backups(disk, "btrfs", false);
    const char *at = mount_writable(disk, "btrfs");
    int fd = open(below(at, "書きかけ"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_int_equal(kb_write_all(fd, "x", 1), 0);
    assert_int_equal(fsync(fd), 0); /* into the log alone */
    RUN("cp", "--sparse=always", disk->path, below(t.dir, "pulled.img"));
    (void)close(fd);
    unmount_writable(disk, at);
    assert_int_equal(ftruncate(disk->image, 0), 0);
    assert_int_equal(ioctl(disk->loop, LOOP_SET_CAPACITY, 0), 0);
    disk = attach(below(t.dir, "pulled.img"));
    check_untouched(disk, "btrfs", "btrfs", true);
    const char *before = disk_sha256(disk);
    make_folder(below(t.dir, "plain"));
    assert_int_equal(mount(disk->device, below(t.dir, "plain"), "btrfs", MS_RDONLY, NULL), 0);
    assert_int_equal(umount2(below(t.dir, "plain"), 0), 0);
    assert_string_not_equal(disk_sha256(disk), before); /* a plain read-only mount replays the log */
}

static void set_byte(struct disk *disk, off_t at, uint8_t value)
{
    assert_int_equal(pwrite(disk->image, &value, 1, at), 1);
}

static void check_fat(const char *bits, off_t state_at, off_t fat_at)
{
    struct kb_text why = {0};
    const char *image = below(t.dir, "fat.img");
    RUN("rm", "-f", image);
    RUN("/sbin/mkfs.vfat", "-C", "-F", bits, image, !strcmp(bits, "32") ? "65536" : "16384");
    struct disk disk = {.image = open(image, O_RDWR | O_CLOEXEC)};
    uint8_t byte;
    assert_int_equal(pread(disk.image, &byte, 1, fat_at), 1);
    assert_false(kb_journal_is_dirty(disk.image, "vfat", &why));
    set_byte(&disk, state_at, 1);
    assert_true(kb_journal_is_dirty(disk.image, "vfat", &why));
    assert_non_null(strstr(why.ja, "安全な取り外し"));
    set_byte(&disk, state_at, 0);
    unsigned clean = !strcmp(bits, "32") ? 0x08 : 0x80;
    set_byte(&disk, fat_at, (uint8_t)(byte & ~clean));
    assert_true(kb_journal_is_dirty(disk.image, "vfat", &why));
    assert_non_null(strstr(why.en, "dirty"));
    set_byte(&disk, fat_at, (uint8_t)(byte & ~(clean >> 1)));
    assert_true(kb_journal_is_dirty(disk.image, "vfat", &why));
    assert_non_null(strstr(why.en, "errors"));
    set_byte(&disk, fat_at, byte);
    set_byte(&disk, 0x0b, 0); /* no bytes in a sector */
    set_byte(&disk, 0x0c, 0);
    assert_false(kb_journal_is_dirty(disk.image, "vfat", &why));
    (void)close(disk.image);
}

static void test_fat_marks(void **state)
{
    (void)state;
    needs_file_system("vfat");
    check_fat("32", 0x41, 32 * 512 + 7);
    check_fat("16", 0x25, 4 * 512 + 3);
}

static bool kernel_has(const char *fs_type)
{
    return !strcmp(OUTPUT_OF("grep", "-owm1", fs_type, "/proc/filesystems"), fs_type);
}

static void test_fat_disk(void **state)
{
    (void)state;
    needs_file_system("vfat");
    struct disk *disk = make_disk("a.img", "vfat", NULL);
    const char *before = disk_sha256(disk);
    struct kb_job_medium medium = hdd();
    const struct kb_medium_state *found = open_medium(&medium, NULL, 0);
    if (kernel_has("vfat")) {
        assert_status(found, KB_MEDIUM_READY);
        assert_string_equal(found->driver, "vfat");
        close_medium(&medium);
    } else {
        assert_status(found, KB_MEDIUM_UNREADABLE);
        assert_non_null(strstr(t.heard.findings[0]->found.ja, "linux-image-amd64"));
    }
    assert_nothing_left();
    assert_int_equal(is_readonly(disk), 0);
    assert_string_equal(disk_sha256(disk), before);
}

static void test_driver_missing(void **state)
{
    (void)state;
    needs_file_system("ntfs");
    if (kernel_has("ntfs3")) {
        print_message("skipped: this kernel has ntfs3\n");
        skip();
    }
    struct disk *disk = make_disk("a.img", "ntfs", NULL);
    write_backups(disk, "ntfs", false);
    struct kb_job_medium medium = hdd();
    assert_int_equal(mount("/dev/null", "/usr/bin/ntfs-3g", NULL, MS_BIND, NULL), 0); /* for this process alone */
    const struct kb_medium_state *found = open_medium(&medium, NULL, 0);
    assert_int_equal(umount2("/usr/bin/ntfs-3g", 0), 0);
    assert_status(found, KB_MEDIUM_UNREADABLE);
    assert_non_null(strstr(found->detail.en, "install the Debian package"));
    assert_non_null(strstr(found->detail.ja, "ntfs-3g"));
    assert_nothing_left();
    assert_int_equal(is_readonly(disk), 0);
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_READY);
    close_medium(&medium);
}

/* What the program holds of the one that started it. */
static void check_process(pid_t pid, const char *device)
{
    const char *folder = kb_sprintf(t.arena, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char target[256] = "";
        if (e->d_name[0] == '.')
            continue;
        assert_true(readlink(below(folder, e->d_name), target, sizeof target - 1) > 0);
        if (strcmp(target, "/dev/null") != 0 && strcmp(target, "/dev/fuse") != 0 && strcmp(target, device) != 0)
            fail_msg("it holds %s", target);
    }
    (void)closedir(dir);
    char data[512] = "";
    int fd = open(kb_sprintf(t.arena, "/proc/%d/environ", (int)pid), O_RDONLY | O_CLOEXEC);
    ssize_t n = kb_read_full(fd, data, sizeof data - 1);
    (void)close(fd);
    for (ssize_t i = 0; i < n - 1; i++)
        if (!data[i])
            data[i] = ' ';
    assert_string_equal(data, "PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8");
    assert_int_equal(getsid(pid), pid);
}

static void test_driver_process(void **state)
{
    (void)state;
    static const char *const types[] = {"ntfs", "exfat"};
    for (size_t i = 0; i < 2; i++) {
        needs_file_system(types[i]);
        struct disk *disk = make_disk(types[i], types[i], NULL);
        write_backups(disk, types[i], false);
        assert_int_equal(setenv("SECRET", "x", 1), 0);
        struct kb_job_medium medium = hdd();
        assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_READY);
        pid_t pid = driver_process();
        check_process(pid, disk->device);
        assert_int_equal(kill(pid, SIGSTOP), 0); /* it hangs */
        close_medium(&medium);
        assert_no_driver_left(pid);
        assert_int_equal(is_readonly(disk), 0);
    }
}

static void test_driver_after_a_crash(void **state)
{
    (void)state;
    needs_file_system("ntfs");
    struct disk *disk = make_disk("a.img", "ntfs", NULL);
    write_backups(disk, "ntfs", false);
    struct kb_job_medium medium = hdd();
    struct kb_err err = {0};
    assert_int_equal(kb_adopt_orphans(&err), 0); /* not every machine that runs tests has an init that reaps */
    pid_t worker = fork();
    assert_true(worker >= 0);
    if (!worker) {
        (void)open_medium(&medium, NULL, 0);
        (void)raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(worker, &status, 0), worker);
    assert_true(WIFSIGNALED(status));
    pid_t pid = driver_process();
    assert_int_equal(kill(pid, 0), 0);
    assert_int_equal(access(below(d.mount_at, "会計"), F_OK), 0); /* it outlives the worker */
    assert_int_equal(kb_media_sweep(below(t.dir, "mnt"), &err), 0);
    assert_no_driver_left(pid);
    assert_gone(below(t.dir, "mnt"));
    assert_int_equal(is_readonly(disk), 0);

    /* it died by itself, while mounted */
    assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_READY);
    pid = driver_process();
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(access(below(d.mount_at, "会計"), F_OK), -1);
    close_medium(&medium);
    assert_no_driver_left(pid);

    /* a note of a process whose number somebody else has now */
    assert_int_equal(kb_mkdir_p(below(t.dir, "mnt/1"), 0700, &err), 0);
    pid_t other = fork();
    if (!other) {
        (void)pause();
        _exit(0);
    }
    write_file(driver_note(), kb_sprintf(t.arena, "%d 1 /usr/bin/ntfs-3g\n", (int)other));
    assert_int_equal(kb_media_sweep(below(t.dir, "mnt"), &err), 0);
    assert_gone(driver_note());
    assert_int_equal(waitpid(other, NULL, WNOHANG), 0);
    assert_int_equal(kill(other, SIGKILL), 0);
    assert_int_equal(waitpid(other, NULL, 0), other);
}

/* 255 code units are 765 bytes of UTF-8: listed as what they are. */
static void test_long_names(void **state)
{
    (void)state;
    static const char *const types[] = {"ntfs", "exfat"};
    char name[UNITS_MAX * KANJI + 1];
    for (size_t i = 0; i < UNITS_MAX; i++)
        memcpy(name + i * KANJI, "表", KANJI);
    name[UNITS_MAX * KANJI] = '\0';
    for (size_t i = 0; i < 2; i++) {
        needs_file_system(types[i]);
        struct disk *disk = make_disk(types[i], types[i], NULL);
        const char *at = mount_writable(disk, types[i]);
        fill(at);
        write_file(kb_sprintf(t.arena, "%s/会計/%s", at, name), "long");
        unmount_writable(disk, at);
        struct kb_job_medium medium = hdd();
        assert_status(open_medium(&medium, NULL, 0), KB_MEDIUM_READY);
        check_listing();
        assert_int_equal(access(kb_sprintf(t.arena, "%s/会計/%s", d.mount_at, name), F_OK), 0);
        close_medium(&medium);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ntfs_clean),      TEST(test_ntfs_dirty),      TEST(test_ntfs_log_open),
        TEST(test_ntfs_log_closed), TEST(test_ntfs_hibernated), TEST(test_ntfs_damaged),
        TEST(test_exfat_clean),     TEST(test_exfat_unclean),   TEST(test_btrfs_clean),
        TEST(test_btrfs_unclean),   TEST(test_fat_marks),       TEST(test_fat_disk),
        TEST(test_driver_missing),  TEST(test_driver_process),  TEST(test_driver_after_a_crash),
        TEST(test_long_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
