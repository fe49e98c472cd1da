/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a disk that turns is known as such through partitions, mappings and loop devices; a virtual one, or one of
 * which nothing is known, is not taken for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <fcntl.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/media.h"

static char dir[] = "/tmp/kb-spindle-XXXXXX";
static struct kb_arena *arena;

static void put(const char *path, const char *text)
{
    const char *whole = kb_sprintf(arena, "%s/%s", dir, path);
    char *folder = kb_strdup(arena, whole);
    *strrchr(folder, '/') = '\0';
    assert_int_equal(kb_mkdir_p(folder, 0700, NULL), 0);
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void number(const char *numbers, const char *device)
{
    const char *folder = kb_sprintf(arena, "%s/dev/block", dir);
    assert_int_equal(kb_mkdir_p(folder, 0700, NULL), 0);
    assert_int_equal(symlink(kb_sprintf(arena, "%s/%s", dir, device), kb_sprintf(arena, "%s/%s", folder, numbers)), 0);
}

static void test_kinds(void **state)
{
    (void)state;
    put("devices/pci/ata1/block/sda/queue/rotational", "1\n");
    put("devices/pci/ata1/block/sda/sda1/partition", "1\n");
    number("8:0", "devices/pci/ata1/block/sda");
    number("8:1", "devices/pci/ata1/block/sda/sda1");
    put("devices/pci/nvme/block/nvme0n1/queue/rotational", "0\n");
    number("259:0", "devices/pci/nvme/block/nvme0n1");
    put("devices/pci/virtio3/block/vda/queue/rotational", "1\n");
    number("254:0", "devices/pci/virtio3/block/vda");
    put("devices/virtual/block/dm-0/queue/rotational", "0\n"); /* the disk below counts */
    assert_int_equal(kb_mkdir_p(kb_sprintf(arena, "%s/devices/virtual/block/dm-0/slaves", dir), 0700, NULL), 0);
    assert_int_equal(symlink(kb_sprintf(arena, "%s/devices/pci/ata1/block/sda/sda1", dir),
                             kb_sprintf(arena, "%s/devices/virtual/block/dm-0/slaves/sda1", dir)),
                     0);
    number("253:0", "devices/virtual/block/dm-0");
    assert_true(kb_media_spins(dir, makedev(8, 0)));
    assert_true(kb_media_spins(dir, makedev(8, 1)));
    assert_false(kb_media_spins(dir, makedev(259, 0)));
    assert_false(kb_media_spins(dir, makedev(254, 0)));
    assert_true(kb_media_spins(dir, makedev(253, 0)));
    assert_false(kb_media_spins(dir, makedev(9, 9)));
    assert_false(kb_media_spins(dir, makedev(0, 4000)));
}

/* A loop device is as the disk that its file lies on; a file that is gone says nothing. */
static void test_loop(void **state)
{
    (void)state;
    struct stat st;
    const char *image = kb_sprintf(arena, "%s/disk.img", dir);
    put("disk.img", "x");
    assert_int_equal(stat(image, &st), 0);
    put("devices/virtual/block/loop0/loop/backing_file", kb_sprintf(arena, "%s\n", image));
    put("devices/virtual/block/loop0/queue/rotational", "0\n");
    number("7:0", "devices/virtual/block/loop0");
    assert_false(kb_media_spins(dir, makedev(7, 0))); /* of its disk this sysfs knows nothing */
    if (major(st.st_dev)) {
        (void)unlink(kb_sprintf(arena, "%s/dev/block/%u:%u", dir, major(st.st_dev), minor(st.st_dev)));
        put("devices/pci/ata9/block/sdz/queue/rotational", "1\n");
        number(kb_sprintf(arena, "%u:%u", major(st.st_dev), minor(st.st_dev)), "devices/pci/ata9/block/sdz");
        assert_true(kb_media_spins(dir, makedev(7, 0)));
    }
    assert_int_equal(unlink(image), 0);
    assert_false(kb_media_spins(dir, makedev(7, 0)));
    put("devices/virtual/block/dm-1/slaves/x", ""); /* one that is below itself */
    assert_int_equal(unlink(kb_sprintf(arena, "%s/devices/virtual/block/dm-1/slaves/x", dir)), 0);
    assert_int_equal(symlink(kb_sprintf(arena, "%s/devices/virtual/block/dm-1", dir),
                             kb_sprintf(arena, "%s/devices/virtual/block/dm-1/slaves/dm-1", dir)),
                     0);
    number("253:1", "devices/virtual/block/dm-1");
    assert_false(kb_media_spins(dir, makedev(253, 1)));
}

/* A file that lies on no disk, as below FUSE or in memory: the loop device speaks for itself. */
static void test_loop_on_none(void **state)
{
    (void)state;
    struct stat st;
    char image[] = "/dev/shm/kb-spindle-XXXXXX";
    KB_SCOPED_FD fd = mkstemp(image);
    if (fd < 0 || fstat(fd, &st) || major(st.st_dev)) {
        print_message("/dev/shm is no file system without a disk\n");
        if (fd >= 0)
            (void)unlink(image);
        skip();
    }
    put("devices/virtual/block/loop1/loop/backing_file", kb_sprintf(arena, "%s\n", image));
    put("devices/virtual/block/loop1/queue/rotational", "0\n");
    number("7:1", "devices/virtual/block/loop1");
    bool calm = !kb_media_spins(dir, makedev(7, 1));
    put("devices/virtual/block/loop1/queue/rotational", "1\n");
    bool spins = kb_media_spins(dir, makedev(7, 1));
    assert_int_equal(unlink(image), 0);
    assert_true(calm);
    assert_true(spins);
}

static int setup(void **state)
{
    (void)state;
    arena = kb_arena_new();
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    struct kb_err err = {0};
    kb_arena_free(arena);
    return kb_remove_tree(AT_FDCWD, dir, &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kinds), cmocka_unit_test(test_loop),
                                       cmocka_unit_test(test_loop_on_none)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
