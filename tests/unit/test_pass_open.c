/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what this account has no right to open is its own fault; all else that is wrong is told of the backup. */
#include "tools.h"

/* In a child without root: exit status 0 if opening gives this code and, where it is a fault, names the cure. */
static void expect_opened(const struct kb_job_set *set, int code)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct kb_arena *arena = kb_arena_new();
        struct kb_pass *ready = NULL;
        struct kb_err err = {0};
        if (geteuid() == 0 && (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)))
            _exit(2);
        int r = kb_pass_open(set, arena, &ready, &err);
        bool told = r == KB_OK || (!ready && strstr(err.frame[0].en, "run koboshi as root") &&
                                   strstr(err.frame[0].ja, "root で実行"));
        kb_pass_close(ready);
        kb_arena_free(arena);
        _exit(r != code ? 3 : told ? 0 : 4);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* That this account may not read a backup says nothing about the backup. */
static void test_no_rights(void **state)
{
    (void)state;
    SHELL("mkdir src && echo abc > src/a");
    SHELL("chmod 0711 . && tar -C src -cf a.tar . && chmod 0644 a.tar && cp a.tar shut.tar && chmod 0 shut.tar");
    SHELL("rm -rf closed && mkdir closed && cp a.tar closed/ && chmod 0 closed");
    static const struct {
        int format;
        const char *file, *manifest;
        int code;
    } rows[] = {
        {KB_FORMAT_ARCHIVE, "a.tar", NULL, KB_OK},
        {KB_FORMAT_ARCHIVE, "gone.tar", NULL, KB_OK}, /* missing: a finding of the pass */
        {KB_FORMAT_TREE, "src", NULL, KB_OK},
        {KB_FORMAT_ARCHIVE, "shut.tar", NULL, KB_EPERM},
        {KB_FORMAT_ARCHIVE, "closed/a.tar", NULL, KB_EPERM},
        {KB_FORMAT_TREE, "closed", NULL, KB_EPERM},
        {KB_FORMAT_ARCHIVE, "a.tar", "shut.tar", KB_EPERM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char source[200], manifest[200];
        (void)snprintf(source, sizeof source, "%s/%s", tools_folder, rows[i].file);
        (void)snprintf(manifest, sizeof manifest, "%s/%s", tools_folder, rows[i].manifest ? rows[i].manifest : "");
        expect_opened(&(struct kb_job_set){.format = rows[i].format,
                                           .file = rows[i].file,
                                           .source = source,
                                           .manifest = rows[i].manifest ? manifest : NULL},
                      rows[i].code);
    }
    SHELL("chmod 0700 closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_rights),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
