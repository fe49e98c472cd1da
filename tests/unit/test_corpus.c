/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: archives that nobody here made never crash, hang or fool the pass: KOBOSHI_CORPUS names the folder of samples.
 */
#include "tools.h"

#include <signal.h>

enum { SECONDS = 20, GREEN = 0, RED = 1, FAULT = 2 };

/* In a child, so that a crash or a hang is seen as one. Returns its status as waitpid gives it. */
static int verify_in_child(const char *path, bool loud)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)alarm(SECONDS);
        const char *slash = strrchr(path, '/');
        (void)snprintf(tools_folder, sizeof tools_folder, "%.*s", (int)(slash - path), path);
        struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = slash + 1});
        if (loud)
            show(o, path);
        int verdict = o->code ? FAULT : o->bad || o->warned ? RED : GREEN;
        outcome_free(o);
        (void)fflush(NULL);
        _exit(verdict);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void test_samples(void **state)
{
    (void)state;
    struct kb_err err = {0};
    assert_int_equal(kb_verify_prepare(&err), 0);
    const char *corpus = getenv("KOBOSHI_CORPUS");
    if (!corpus) {
        print_message("skipped: KOBOSHI_CORPUS is not set\n");
        skip();
    }
    char path[1024], line[2048], name[512], verdict[64];
    (void)snprintf(path, sizeof path, "%s/libarchive/oracle.tsv", corpus);
    FILE *oracle = fopen(path, "r");
    assert_non_null(oracle);
    int n = 0, green = 0, wrong = 0;
    while (fgets(line, sizeof line, oracle)) {
        if (*line == '#' || sscanf(line, "%511[^\t]\t%63[^\t]", name, verdict) != 2)
            continue;
        char folder[] = "/tmp/koboshi-sample-XXXXXX"; /* short path: the samples are linked into it */
        assert_non_null(mkdtemp(folder));
        const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
        char link[600];
        (void)snprintf(path, sizeof path, "%s/libarchive/samples/%s", corpus, name);
        (void)snprintf(link, sizeof link, "%s/%s", folder, base);
        RUN("cp", "--", path, link);
        int status = verify_in_child(link, false);
        bool must_be_red = !strcmp(verdict, "FATAL") || !strcmp(verdict, "FAILED");
        bool lived = WIFEXITED(status) && WEXITSTATUS(status) <= RED;
        green += lived && WEXITSTATUS(status) == GREEN;
        if (!lived || (must_be_red && WEXITSTATUS(status) == GREEN)) {
            print_message("%s: oracle %s, status %#x\n", name, verdict, (unsigned)status);
            wrong++;
        }
        if (getenv("KB_TEST_SHOW") && !strcmp(verdict, "OK") && lived && WEXITSTATUS(status) == RED)
            (void)verify_in_child(link, true);
        assert_int_equal(unlink(link), 0);
        assert_int_equal(rmdir(folder), 0);
        n++;
    }
    (void)fclose(oracle);
    print_message("%d samples, %d good\n", n, green);
    assert_true(n > 100);
    assert_true(green > 50);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
