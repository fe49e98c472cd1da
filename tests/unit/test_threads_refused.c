/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: where the system gives fewer threads than are wanted, or none, a pass tells the same or ends as a fault that
 * says so: it neither hangs nor dies nor leaks.
 */
#include "tools.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

/* Takes the place of libc's pthread_create in this program and in the libraries: an account that may run so many. */
static atomic_int running, most = INT_MAX;

struct start {
    void *(*run)(void *owner);
    void *owner;
};

static void *run_counted(void *start)
{
    const struct start s = *(struct start *)start;
    free(start);
    void *r = s.run(s.owner);
    (void)atomic_fetch_sub(&running, 1);
    return r;
}

typedef int create_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *owner)
{
    create_fn *create;
    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    if (atomic_fetch_add(&running, 1) >= most) {
        (void)atomic_fetch_sub(&running, 1);
        return EAGAIN;
    }
    struct start *start = malloc(sizeof *start);
    assert_non_null(start);
    *start = (struct start){run, owner};
    return create(thread, attr, run_counted, start);
}

static void make(void)
{
    SHELL("rm -rf t && mkdir -p t/d && seq 400000 > t/d/a && seq 7 900000 > t/b && for i in $(seq 600); do "
          "seq $i 2000 > t/d/$i; done; tar --sort=name -cf t.tar t && zstd -q t.tar && gzip -k t.tar && "
          "xz -T2 --block-size=1MiB -0 -k t.tar && zip -qr t.zip t");
}

static void check(const char *what, const struct outcome *o, const struct outcome *all)
{
    if (o->code) {
        assert_int_equal(o->code, KB_EIO);
        assert_non_null(strstr(o->err.frame[0].en, "a thread could not be started"));
        return;
    }
    if (o->n != all->n || o->result.bytes_unpacked != all->result.bytes_unpacked)
        show(o, what);
    assert_int_equal(o->n, all->n);
    assert_int_equal(o->result.bytes_unpacked, all->result.bytes_unpacked);
    assert_int_equal(o->result.files, all->result.files);
    if (all->result.sha256)
        assert_string_equal(o->result.sha256, all->result.sha256);
}

static void test_fewer(void **state)
{
    (void)state;
    make();
    static const struct kb_job_set sets[] = {
        {.format = KB_FORMAT_ARCHIVE, .file = "t.tar", .threads = 4},
        {.format = KB_FORMAT_ARCHIVE, .file = "t.tar.zst", .threads = 4},
        {.format = KB_FORMAT_ARCHIVE, .file = "t.tar.gz", .threads = 4},
        {.format = KB_FORMAT_ARCHIVE, .file = "t.tar.xz", .threads = 4},
        {.format = KB_FORMAT_ARCHIVE, .file = "t.zip", .threads = 4},
        {.format = KB_FORMAT_FILE, .file = "t.tar", .threads = 4},
        {.format = KB_FORMAT_TREE, .file = "t", .threads = 4},
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        most = INT_MAX;
        struct outcome *all = pass(sets[i]);
        assert_int_equal(all->code, 0);
        int good = 0;
        for (int n = 0; n < 12; n++) {
            most = n;
            struct outcome *o = pass(sets[i]);
            check(sets[i].file, o, all);
            assert_int_equal(running, 0);       /* all were joined */
            assert_true(o->code == 0 || !good); /* with more it does not get worse */
            good += o->code == 0;
            outcome_free(o);
        }
        assert_true(good >= 12 - 4); /* one that reads, one that hashes, one that parses, one that measures */
        outcome_free(all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fewer)};
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
