/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests of generations in several files: a pass over them, also into a scratch folder that is read back. */
#pragma once

#include "koboshi/restore.h"
#include "tools.h"

enum { SHAPE_FILES_MAX = 16 };

/* NULL-terminated names in the test's folder become the set's segments; the n-th has the point in time n * 1,000,000.
 */
static inline struct kb_job_set in_files(struct kb_job_set set, const char *const *names)
{
    static struct kb_segment segments[SHAPE_FILES_MAX];
    static char paths[SHAPE_FILES_MAX][512];
    size_t n = 0;
    for (; names[n]; n++) {
        assert_true(n < SHAPE_FILES_MAX);
        (void)snprintf(paths[n], sizeof paths[n], "%s/%s", tools_folder, names[n]);
        segments[n] = (struct kb_segment){
            .path = paths[n], .file = names[n], .bytes = KB_ABSENT, .point_in_time = (int64_t)(n + 1) * 1000000};
    }
    set.segments.v = segments;
    set.segments.n = n;
    set.file = names[0];
    return set;
}
#define FILES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The pass into `scratch` below the test's folder, then the re-read: what the restore stage does. */
static inline struct outcome *restored(struct kb_job_set set)
{
    char source[512], manifest[512], scratch[512];
    struct outcome *o = calloc(1, sizeof *o);
    assert_non_null(o);
    o->arena = kb_arena_new();
    (void)snprintf(source, sizeof source, "%s/%s", tools_folder, set.file);
    (void)snprintf(scratch, sizeof scratch, "%s/scratch", tools_folder);
    set.source = source;
    set.scratch = scratch;
    if (set.manifest) {
        (void)snprintf(manifest, sizeof manifest, "%s/%s", tools_folder, set.manifest);
        set.manifest = manifest;
    }
    set.set = "share";
    assert_int_equal(kb_scratch_remove(scratch, NULL), 0);
    const struct kb_reporter reporter = {.owner = o, .finding = collect};
    struct kb_pass *pass;
    struct kb_scratch *to;
    assert_int_equal(kb_pass_open(&set, o->arena, &pass, &o->err), 0);
    assert_int_equal(kb_scratch_new(&set, geteuid(), getegid(), kb_pass_bytes(pass), &reporter, o->arena, &to, &o->err),
                     0);
    assert_non_null(to);
    const struct kb_sink sink = kb_scratch_sink(to);
    o->code = kb_pass_run(pass, &sink, -1, &reporter, o->arena, &o->result, &o->err);
    if (!o->code)
        o->code = kb_scratch_finish(to, &o->err);
    if (!o->code)
        o->code = kb_scratch_reread(to, o->arena, &o->result, &o->err);
    kb_scratch_free(to);
    kb_pass_close(pass);
    return o;
}

static inline bool has_caveat(const struct outcome *o, const char *en)
{
    for (size_t i = 0; i < o->result.caveats.n; i++)
        if (strstr(o->result.caveats.v[i].en, en))
            return true;
    return false;
}

static inline const char *found_by(const struct outcome *o, const char *rule)
{
    for (size_t i = 0; i < o->n && i < 64; i++)
        if (!strcmp(o->findings[i].rule, rule))
            return o->findings[i].found;
    return "";
}

/* Shows what was found when it is not what was wanted. */
#define WANT(o, what, condition)                                                                                       \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            show(o, what);                                                                                             \
            fail_msg("%s: %s", what, #condition);                                                                      \
        }                                                                                                              \
    } while (0)
