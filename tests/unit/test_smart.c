/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what a disk says of itself is taken from smartctl's JSON and from nothing else; what it does not say is named,
 * and a program that lies, floods or hangs is only an unknown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/media.h"

static char dir[] = "/tmp/kb-smart-XXXXXX";
static struct kb_arena *arena;

/* A smartctl of ours: a script in a folder of its own, run by its absolute path. */
static const char *program(const char *script)
{
    const char *path = kb_sprintf(arena, "%s/smartctl", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", script) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
    return path;
}

static struct kb_health ask(const char *script)
{
    if (geteuid() != 0) {
        print_message("only root may ask a disk\n");
        skip();
    }
    struct kb_health health;
    const struct kb_smartctl fake = {program(script), 2};
    kb_media_health(&fake, "/dev/sdx", arena, &health);
    return health;
}

static struct kb_health said(const char *name)
{
    return ask(kb_sprintf(arena, "cat %s/smart/%s.json", KB_TEST_DATA, name));
}

static void test_ata(void **state)
{
    (void)state;
    struct kb_health health = said("good-ata");
    assert_int_equal(health.verdict, KB_HEALTH_PASSED);
    assert_string_equal(health.serial, "ZFN00000");
    assert_int_equal(health.power_on_hours, 8760);
    assert_int_equal(health.celsius, 34);
    assert_int_equal(health.reallocated, 0);
    assert_int_equal(health.pending, 0);
    assert_int_equal(health.media_errors, KB_ABSENT);
    health = said("bad-ata-failed");
    assert_int_equal(health.verdict, KB_HEALTH_FAILED);
    assert_int_equal(health.reallocated, 2040);
    assert_int_equal(health.pending, 16);
    health = said("bad-ata-worn");
    assert_int_equal(health.verdict, KB_HEALTH_PASSED);
    assert_int_equal(health.reallocated, 8);
}

static void test_nvme(void **state)
{
    (void)state;
    struct kb_health health = said("good-nvme");
    assert_int_equal(health.verdict, KB_HEALTH_PASSED);
    assert_int_equal(health.worn_percent, 3);
    assert_int_equal(health.media_errors, 0);
    assert_int_equal(health.reallocated, KB_ABSENT);
    health = said("bad-nvme-failed");
    assert_int_equal(health.verdict, KB_HEALTH_FAILED);
    assert_int_equal(health.worn_percent, 104);
    assert_int_equal(health.media_errors, 21);
}

static void test_no_answer(void **state)
{
    (void)state;
    struct kb_health health = said("unsupported-usb");
    assert_int_equal(health.verdict, KB_HEALTH_UNKNOWN);
    assert_non_null(strstr(health.reason.ja, "USB変換アダプタ"));
    assert_non_null(strstr(health.reason.en, "0x152d:0x0578"));
    health = said("unsupported-loop");
    assert_int_equal(health.verdict, KB_HEALTH_UNKNOWN);
    assert_non_null(strstr(health.reason.en, "Unable to detect device type"));
    struct kb_smartctl none = {"/nowhere/smartctl", 2};
    kb_media_health(&none, "/dev/sdx", arena, &health);
    assert_int_equal(health.verdict, KB_HEALTH_UNKNOWN);
    assert_non_null(strstr(health.reason.en, "not installed"));
    none.program = "/bin/cat";
    kb_media_health(&none, NULL, arena, &health);
    assert_non_null(strstr(health.reason.en, "not known"));
    kb_media_health(&none, "--scan", arena, &health); /* no option in the place of a device */
    assert_non_null(strstr(health.reason.en, "not known"));
}

static void test_hostile(void **state)
{
    (void)state;
    struct kb_health health = said("hostile-values");
    assert_int_equal(health.verdict, KB_HEALTH_PASSED);
    assert_int_equal(health.reallocated, KB_ABSENT);
    assert_int_equal(health.pending, KB_ABSENT);
    assert_int_equal(health.power_on_hours, KB_ABSENT);
    assert_int_equal(health.celsius, KB_ABSENT);
    assert_string_equal(health.model, "%1B[31mred%E2%80%AE");
    static const char *const scripts[] = {
        "exit 0",
        "echo '{\"smart_status\":{\"passed\":true}'",
        "echo '[1]'",
        "echo '{\"smart_status\":{\"passed\":\"yes\"}}'",
        "echo '{\"smart_status\":{\"passed\":true},\"smart_status\":{\"passed\":false}}'",
        "printf '\\377\\376'",
        "head -c 3000000 /dev/zero",
        "echo '{\"ata_smart_attributes\":{\"table\":7}}'",
    };
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        health = ask(scripts[i]);
        if (health.verdict != KB_HEALTH_UNKNOWN || !*kb_pick(health.reason, KB_JA))
            fail_msg("%s: verdict %d", scripts[i], health.verdict);
    }
    int64_t start = kb_boot_ns();
    health = ask("exec sleep 30");
    assert_int_equal(health.verdict, KB_HEALTH_UNKNOWN);
    assert_non_null(strstr(health.reason.en, "stopped"));
    assert_true(kb_boot_ns() - start < 10 * KB_NS_PER_S);
}

static void test_no_shell(void **state)
{
    (void)state;
    (void)ask(kb_sprintf(arena, "printf '%%s|' \"$@\" >%s/args; echo \"$PATH\" >>%s/args; ls /proc/self/fd >%s/fds",
                         dir, dir, dir));
    char *text;
    size_t n;
    struct kb_err err = {0};
    assert_int_equal(kb_file_read(AT_FDCWD, kb_sprintf(arena, "%s/args", dir), 4096, arena, &text, &n, &err), 0);
    assert_string_equal(text, "--json=c|-H|-A|-i|/dev/sdx|/usr/sbin:/usr/bin:/sbin:/bin\n");
    assert_int_equal(kb_file_read(AT_FDCWD, kb_sprintf(arena, "%s/fds", dir), 4096, arena, &text, &n, &err), 0);
    assert_string_equal(text, "0\n1\n2\n3\n"); /* the last is the folder that ls reads */
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
        cmocka_unit_test(test_ata),     cmocka_unit_test(test_nvme),     cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_hostile), cmocka_unit_test(test_no_shell),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
