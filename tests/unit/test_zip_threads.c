/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a zip read by several readers side by side tells what one reader tells, in the same order, damaged entries too.
 */
#include "tools.h"

/* A zip of some slices, with faults in several of them. */
static void put_large(void)
{
    put_text("large.py", "import zipfile, random, os\n"
                         "random.seed(5)\n"
                         "z = zipfile.ZipFile('large.zip', 'w', zipfile.ZIP_DEFLATED)\n"
                         "z.writestr('first', os.urandom(3000000).hex())\n"
                         "for i in range(1500):\n"
                         "    z.writestr('d%d/n%04d.txt' % (i % 7, i), 'line %d\\n' % i * random.randrange(1, 900))\n"
                         "z.writestr('large', bytes(30000000))\n"
                         "z.writestr('last', 'last')\n"
                         "z.close()\n"
                         "data = bytearray(open('large.zip', 'rb').read())\n"
                         "for i in (40, 300, 301, 900, 1400):\n" /* another name at the content */
                         "    at = data.index(b'n%04d.txt' % i)\n"
                         "    data[at:at + 5] = b'm%04d' % i\n"
                         "for i in (500, 1200): data[data.index(b'n%04d.txt' % i) + 20] ^= 255\n" /* content */
                         "for i in (700, 701, 1300):\n"                                           /* local header */
                         "    at = data.index(b'n%04d.txt' % i)\n"
                         "    data[data.rindex(b'PK\\3\\4', 0, at)] = 0\n"
                         "open('large.zip', 'wb').write(data)\n");
    RUN("python3", "large.py");
}

/* Same findings in the same order, same list, whoever reads what. */
static void test_threads(void **state)
{
    (void)state;
    put_large();
    struct outcome *one = NULL;
    for (int threads = 1; threads <= 5; threads++) {
        int fd = open(threads == 1 ? "list-1" : "list-n", O_RDWR | O_CREAT | O_TRUNC, 0600);
        assert_true(fd >= 0);
        struct outcome *o = pass_sink(
            (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "large.zip", .threads = threads}, NULL, fd);
        assert_int_equal(close(fd), 0);
        assert_int_equal(o->code, 0);
        if (!one) {
            one = o;
            assert_int_equal(told(o, "zip-differs", NULL), 5);
            assert_int_equal(told(o, "archive-broken", NULL), 5);
            assert_int_equal(told(o, "archive-broken", "d0/n0700.txt"), 1);
            assert_int_equal(o->n, 10);
            assert_int_equal(o->result.files, 1503 - 3);
            continue;
        }
        assert_int_equal(o->n, one->n);
        for (size_t i = 0; i < one->n; i++) {
            assert_string_equal(o->findings[i].rule, one->findings[i].rule);
            assert_string_equal(o->findings[i].entry, one->findings[i].entry);
            assert_string_equal(o->findings[i].found, one->findings[i].found);
        }
        assert_int_equal(o->result.bytes_unpacked, one->result.bytes_unpacked);
        assert_string_equal(o->result.sha256, one->result.sha256);
        RUN("cmp", "list-1", "list-n");
        outcome_free(o);
    }
    outcome_free(one);
}

/* A directory with long lines is shown to libarchive piece by piece. */
static void test_long_lines(void **state)
{
    (void)state;
    put_text("long.py", "import zipfile\n"
                        "z = zipfile.ZipFile('long.zip', 'w', zipfile.ZIP_DEFLATED)\n"
                        "for i in range(300):\n"
                        "    e = zipfile.ZipInfo('n%03d' % i)\n"
                        "    e.comment = b'x' * 60000\n"
                        "    z.writestr(e, 'line %d\\n' % i * 99)\n"
                        "z.close()\n");
    RUN("python3", "long.py");
    for (int threads = 1; threads <= 3; threads += 2) {
        struct outcome *o = pass(
            (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "long.zip", .threads = threads});
        if (o->n)
            show(o, "long.zip");
        assert_int_equal(o->n, 0);
        assert_int_equal(o->result.files, 300);
        assert_int_equal(o->result.proof.structure, KB_REACHED);
        outcome_free(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads), cmocka_unit_test(test_long_lines)};
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
