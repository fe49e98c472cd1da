/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a file of a format that is not accepted is told to be that, once, and nothing that would be said of another. */
#include "tools.h"

#include "koboshi/job.h"

static void test_one_sentence(void **state)
{
    (void)state;
    SHELL("mkdir d; echo x > d/x; echo y > d/y; bsdtar --format=iso9660 -cf a.iso d; bsdtar --format=xar -cf a.xar d;"
          "bsdtar --format=ar -cf a.deb d/x; printf 'Rar!\\032\\007\\000xxxxxxxxxxxxxxx' > a.rar;"
          "printf 'MSCF\\000\\000\\000\\000xxxxxxxxxxxxxxxxx' > a.cab; echo x | openssl enc -aes-256-cbc -pbkdf2 -k x "
          "> a.enc;"
          "7z a -bd -px -mhe=on a.7z d > log");
    static const struct {
        const char *name, *rule, *says;
    } files[] = {
        {"a.iso", "format-refused", "ISO 9660"}, {"a.xar", "format-refused", "XAR"},
        {"a.deb", "format-refused", "ar / deb"}, {"a.rar", "format-refused", "RAR"},
        {"a.cab", "format-refused", "CAB"},      {"a.enc", "encrypted", "OpenSSL enc"},
        {"a.7z", "encrypted", "encrypted"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = files[i].name});
        if (o->code || o->n != 1 || told(o, files[i].rule, NULL) != 1 || !strstr(o->findings[0].found, files[i].says) ||
            o->result.caveats.n) {
            show(o, files[i].name);
            for (size_t k = 0; k < o->result.caveats.n; k++)
                print_message("  · %s\n", o->result.caveats.v[k].en);
            fail_msg("%s: %s and nothing else", files[i].name, files[i].rule);
        }
        outcome_free(o);
    }
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_FILE, .file = "a.iso"});
    assert_true(o->n == 0 && o->result.caveats.n == 2); /* opaque, no manifest */
    outcome_free(o);
    SHELL("head -c 10240 /dev/zero > empty.tar"); /* zeros without a disc behind them */
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "empty.tar"});
    assert_string_equal(o->result.detected, "tar");
    assert_int_equal(told(o, "zero-files", NULL), 1);
    outcome_free(o);
}

/* A cpio may say of a name that it is 2.5 GB long: no more of it is kept than a header may take. */
static void test_name_of_gigabytes(void **state)
{
    (void)state;
    SHELL("{ printf 07070100000001000081A4000000000000000000000001; printf %048d 0; printf 9550000000000000;"
          "head -c 40000000 /dev/zero; } > a.cpio");
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "a.cpio"});
    if (o->code || told(o, "archive-broken", NULL) != 1 || !strstr(o->findings[0].expected, "16.0 MiB"))
        show(o, "a.cpio");
    assert_int_equal(told(o, "archive-broken", NULL), 1);
    assert_non_null(strstr(o->findings[0].expected, "16.0 MiB"));
    assert_int_equal(o->result.proof.read, KB_REACHED);
    assert_int_equal(o->result.proof.structure, KB_NOT_REACHED);
    outcome_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_sentence), cmocka_unit_test(test_name_of_gigabytes)};
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
