/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a key is taken as it was written, and what cannot be one is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "koboshi/err.h"
#include "koboshi/limits.h"
#include "koboshi/passphrase.h"

static int read_from(const char *bytes, size_t n, struct kb_passphrase **ret)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], bytes, n), n);
    (void)close(ends[1]);
    struct kb_err err = {0};
    int code = kb_passphrase_read(ends[0], ret, &err);
    (void)close(ends[0]);
    return code;
}

static void test_as_written(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } rows[] = {
        {"geheim", "geheim"},   {"geheim\n", "geheim"},         {"geheim\r\n", "geheim"}, {" a b \n", " a b "},
        {"ひみつ\n", "ひみつ"}, {"two\nlines\n", "two\nlines"}, {"x\n\n", "x\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        KB_SCOPED_PASSPHRASE p = NULL;
        assert_int_equal(read_from(rows[i].bytes, strlen(rows[i].bytes), &p), 0);
        assert_string_equal(kb_passphrase_text(p), rows[i].text);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static char big[KB_PASSPHRASE_MAX + 2];
    memset(big, 'x', sizeof big);
    struct kb_passphrase *p = NULL;
    assert_int_equal(read_from("", 0, &p), KB_ECONFIG);
    assert_int_equal(read_from("\n", 1, &p), KB_ECONFIG);
    assert_int_equal(read_from("a\0b", 3, &p), KB_ECONFIG);
    assert_int_equal(read_from(big, sizeof big, &p), KB_ECONFIG);
    assert_null(p);
    assert_int_equal(read_from(big, KB_PASSPHRASE_MAX, &p), 0);
    kb_passphrase_free(p);
}

static void test_handed_on(void **state)
{
    (void)state;
    KB_SCOPED_PASSPHRASE p = NULL;
    KB_SCOPED_PASSPHRASE again = NULL;
    assert_int_equal(read_from("geheim\n", 7, &p), 0);
    struct kb_err err = {0};
    int fd = -1;
    assert_int_equal(kb_passphrase_pipe(p, &fd, &err), 0);
    assert_int_equal(kb_passphrase_read(fd, &again, &err), 0);
    (void)close(fd);
    assert_string_equal(kb_passphrase_text(again), "geheim");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_written),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_handed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
