/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: an empty file that python packed into a zip by LZMA is no damage, and damage to it is noticed. */
#include "tools.h"

#include "koboshi/job.h"

static struct outcome *verify(const char *name)
{
    return pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = name});
}

/* An empty file that LZMA packed is empty, and nothing else is taken for one. */
static void test_empty_lzma(void **state)
{
    (void)state;
    put_text("lzma.py", "import zipfile, sys\n"
                        "with zipfile.ZipFile('lz.zip', 'w', zipfile.ZIP_LZMA) as z:\n"
                        "    z.writestr('a', ''); z.writestr('b', 'hello'); z.writestr('c', '')\n");
    RUN("python3", "lzma.py");
    struct outcome *o = verify("lz.zip");
    if (o->code || o->n || o->result.files != 3 || o->result.proof.structure != KB_REACHED)
        show(o, "lz.zip");
    assert_true(!o->code && !o->n && o->result.files == 3 && o->result.proof.structure == KB_REACHED);
    outcome_free(o);
    /* content of `a` at 31: version, size, five properties, then what the range coder made */
    static const int places[] = {33, 35, 40, 42, 45, 48};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        copy("lz.zip", "bad.zip");
        flip("bad.zip", places[i]);
        o = verify("bad.zip");
        if (!told(o, "archive-broken", "a") || o->result.proof.structure == KB_REACHED ||
            told(o, "archive-broken", "c"))
            fail_msg("a flip of byte %d was not noticed, or blamed on another", places[i]);
        outcome_free(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_empty_lzma)};
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
