/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a sealed folder is what sha256sum -c and the pass agree on; a medium that fails is read again and named to the
 * byte. */
#include "tools.h"

#include <pthread.h>

#include "../../agent/verify/ring.h"
#include "koboshi/seal.h"

static int seal(const char *path, const char *skip, const char *out, struct kb_set_result *ret_result,
                struct kb_err *err)
{
    char full[512];
    (void)snprintf(full, sizeof full, "%s/%s", tools_folder, path);
    struct outcome *o = calloc(1, sizeof *o);
    assert_non_null(o);
    o->arena = kb_arena_new();
    const struct kb_reporter reporter = {.owner = o, .finding = collect};
    KB_SCOPED_FD fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int r = kb_seal(&(struct kb_seal){.path = full, .skip = skip, .out_fd = fd}, &reporter, o->arena, ret_result, err);
    outcome_free(o);
    return r;
}

static void test_seal(void **state)
{
    (void)state;
    SHELL("mkdir -p s/総務 && echo 1 > s/総務/見積.txt && echo 2 > \"$(printf 's/a\\nb\\\\c')\" && : > s/empty && ln "
          "-s empty s/link && echo old > s/SUMS");
    struct kb_set_result result;
    struct kb_err err = {0};
    assert_int_equal(seal("s", "SUMS", "new", &result, &err), 0);
    assert_int_equal(result.files, 3);
    SHELL("mv new s/SUMS && cd s && sha256sum -c --strict --quiet SUMS && test $(wc -l < SUMS) = 3");
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_TREE, .file = "s", .manifest = "s/SUMS"});
    assert_int_equal(o->bad, 0);
    assert_int_equal(told(o, "entry-extra", NULL), 0);
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    outcome_free(o);
    put_noise("one.bin", 5000, 3);
    assert_int_equal(seal("one.bin", NULL, "one.sha256", &result, &err), 0);
    RUN("sha256sum", "-c", "--strict", "--quiet", "one.sha256");
}

static void test_seal_refuses_half(void **state)
{
    (void)state;
    struct kb_set_result result;
    struct kb_err err = {0};
    SHELL("rm -rf none && mkdir none");
    assert_int_equal(seal("none", NULL, "x", &result, &err), KB_EIO);
    assert_non_null(strstr(err.frame[0].en, "Not one file"));
    assert_int_equal(seal("not-there", NULL, "x", &result, &err), KB_EIO);
    if (geteuid() == 0) {
        print_message("skipped: as root every file can be opened\n");
        return;
    }
    SHELL("mkdir -p s && echo 1 > s/locked && chmod 0 s/locked");
    assert_int_equal(seal("s", NULL, "x", &result, &err), KB_EIO);
}

struct feeder {
    struct kb_ring *ring;
    size_t blocks;
};

static void *feed(void *owner)
{
    struct feeder *f = owner;
    uint8_t *room;
    for (size_t i = 0; i < f->blocks && (room = kb_ring_room(f->ring)); i++) {
        room[0] = (uint8_t)i;
        kb_ring_put(f->ring, i + 1);
    }
    kb_ring_finish(f->ring, 0);
    return NULL;
}

static void test_ring(void **state)
{
    (void)state;
    for (int leaver = 0; leaver < 3; leaver++) { /* nobody, one, or both leave early */
        struct feeder f = {.ring = kb_ring_new(2), .blocks = 100};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, feed, &f), 0);
        const void *bytes;
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(kb_ring_take(f.ring, 1, &bytes), (ssize_t)i + 1);
            assert_int_equal(*(const uint8_t *)bytes, i);
        }
        if (leaver)
            kb_ring_leave(f.ring, 1);
        for (size_t i = 0; i < (leaver == 2 ? 2 : 100); i++) {
            assert_int_equal(kb_ring_take(f.ring, 0, &bytes), (ssize_t)i + 1);
            assert_int_equal(*(const uint8_t *)bytes, i);
            if (!leaver && i >= 3)
                assert_int_equal(kb_ring_take(f.ring, 1, &bytes), (ssize_t)i + 1);
        }
        if (leaver == 2)
            kb_ring_leave(f.ring, 0);
        else
            assert_int_equal(kb_ring_take(f.ring, 0, &bytes), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        kb_ring_free(f.ring);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seal),
        cmocka_unit_test(test_seal_refuses_half),
        cmocka_unit_test(test_ring),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
