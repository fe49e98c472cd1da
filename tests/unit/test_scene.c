/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: whatever comes, goes, grows or is mounted changes the scene, and nothing else does; the kernel's messages are
 * told from those of anybody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/media.h"

static char dir[] = "/tmp/kb-scene-XXXXXX";
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

static void disk(const char *name, const char *number, const char *size, const char *sequence)
{
    put(kb_sprintf(arena, "class/block/%s/dev", name), number);
    put(kb_sprintf(arena, "class/block/%s/size", name), size);
    put(kb_sprintf(arena, "class/block/%s/diskseq", name), sequence);
}

static const char *scene(void)
{
    struct kb_sha256 sum;
    struct kb_err err = {0};
    if (kb_media_scene(dir, kb_sprintf(arena, "%s/mountinfo", dir), &sum, &err))
        fail_msg("%s", err.frame[0].en);
    char *hex = kb_alloc(arena, KB_SHA256_HEX_SIZE, 1);
    kb_sha256_hex(sum, hex);
    return hex;
}

static void test_changes(void **state)
{
    (void)state;
    put("mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
    disk("sda", "8:0\n", "1000\n", "1\n");
    disk("loop0", "7:0\n", "0\n", "2\n"); /* an empty slot */
    const char *first = scene();
    assert_string_equal(scene(), first);
    disk("loop0", "7:0\n", "0\n", "9\n");
    assert_string_equal(scene(), first);
    disk("loop0", "7:0\n", "2048\n", "9\n"); /* something is in it */
    const char *filled = scene();
    assert_string_not_equal(filled, first);
    disk("loop0", "7:0\n", "2048\n", "10\n"); /* and something else of the same size */
    assert_string_not_equal(scene(), filled);
    disk("loop0", "7:0\n", "0\n", "10\n");
    assert_string_equal(scene(), first);
    disk("sdb", "8:16\n", "1000\n", "3\n");
    const char *second = scene();
    assert_string_not_equal(second, first);
    put("mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:16 / /mnt rw - ext4 /dev/sdb rw\n");
    assert_string_not_equal(scene(), second);
}

static void test_not_there(void **state)
{
    (void)state;
    struct kb_sha256 sum;
    struct kb_err err = {0};
    assert_int_equal(kb_media_scene("/nowhere", "/proc/self/mountinfo", &sum, &err), KB_ECONFIG);
    assert_int_equal(kb_media_scene(dir, "/nowhere", &sum, &err), KB_ECONFIG);
    assert_int_equal(kb_media_scene("/sys", "/proc/self/mountinfo", &sum, &err), 0);
}

/* A datagram of the same words on a socket of another kind has no kernel behind it. */
static void test_others(void **state)
{
    (void)state;
    static const char words[] = "add@/devices/x\0ACTION=add\0SUBSYSTEM=block";
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
    assert_int_equal(send(ends[0], words, sizeof words, 0), sizeof words);
    assert_false(kb_uevents_drain(ends[1]));
    (void)close(ends[0]);
    (void)close(ends[1]);
    int fd = kb_uevents_open();
    if (fd < 0) {
        print_message("this machine gives no kernel events\n");
        skip();
    }
    (void)kb_uevents_drain(fd); /* never blocks */
    (void)close(fd);
}

static int begin(void **state)
{
    (void)state;
    arena = kb_arena_new();
    return mkdtemp(dir) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    struct kb_err err = {0};
    kb_arena_free(arena);
    return kb_remove_tree(AT_FDCWD, dir, &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_not_there),
        cmocka_unit_test(test_others),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
