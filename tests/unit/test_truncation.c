/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a backup that was cut short is never green, wherever it was cut: every 4 KiB and beside every header; and what
 * cannot be known of a single compressed file is said. */
#include "archives.h"

enum { STEP = 4096, SIGNATURES = 12 };

/* What begins a part of some format or filter. */
static const struct {
    const char *bytes;
    size_t n, before; /* the part begins this much before them */
} signatures[SIGNATURES] = {
    {"ustar", 5, 257},
    {"070701", 6, 0},
    {"070707", 6, 0},
    {"070702", 6, 0},
    {"PK\1\2", 4, 0},
    {"PK\3\4", 4, 0},
    {"PK\5\6", 4, 0},
    {"PK\6\6", 4, 0},
    {"\x1f\x8b\x08", 3, 0},
    {"\x28\xb5\x2f\xfd", 4, 0},
    {"\x04\x22\x4d\x18", 4, 0},
    {"\xfd"
     "7zXZ",
     5, 0},
};

struct cuts {
    int64_t *v;
    size_t n, room;
};

static void add(struct cuts *cuts, int64_t at, int64_t size)
{
    if (at < 0 || at >= size)
        return;
    if (cuts->n == cuts->room)
        cuts->v = reallocarray(cuts->v, cuts->room = cuts->room ? cuts->room * 2 : 64, sizeof *cuts->v);
    assert_non_null(cuts->v);
    cuts->v[cuts->n++] = at;
}

static void add_around(struct cuts *cuts, int64_t at, int64_t size)
{
    add(cuts, at - 1, size);
    add(cuts, at, size);
    add(cuts, at + 1, size);
}

static uint8_t *load(const char *name, int64_t size)
{
    uint8_t *bytes = malloc((size_t)size + 1);
    assert_non_null(bytes);
    int fd = open(name, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(kb_read_full(fd, bytes, (size_t)size), size);
    assert_int_equal(close(fd), 0);
    return bytes;
}

static int by_place(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static struct cuts cuts_of(const uint8_t *bytes, int64_t size)
{
    struct cuts cuts = {0};
    for (int64_t at = 0; at < size; at += STEP)
        add(&cuts, at, size);
    for (int64_t at = size - 24; at < size; at++)
        add(&cuts, at, size);
    for (size_t i = 0; i < SIGNATURES; i++) {
        const uint8_t *from = bytes;
        int64_t left = size;
        while ((from = memmem(from, (size_t)left, signatures[i].bytes, signatures[i].n))) {
            add_around(&cuts, from - bytes - (int64_t)signatures[i].before, size);
            from++;
            left = size - (from - bytes);
        }
    }
    qsort(cuts.v, cuts.n, sizeof *cuts.v, by_place);
    size_t n = 0;
    for (size_t i = 0; i < cuts.n; i++)
        if (!n || cuts.v[n - 1] != cuts.v[i])
            cuts.v[n++] = cuts.v[i];
    cuts.n = n;
    return cuts;
}

static bool only_zeros(const uint8_t *bytes, int64_t from, int64_t size)
{
    while (from < size && !bytes[from])
        from++;
    return from == size;
}

/* The whole content, and the end mark of the format, were there: what was cut is padding. */
static bool is_padding(const char *name, const uint8_t *bytes, int64_t keep, int64_t size)
{
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = name, .manifest = "src.sha256"});
    bool whole = !o->code && !o->bad && o->result.files_matched == 3 && o->result.proof.hash == KB_REACHED;
    if (!whole)
        show(o, name);
    outcome_free(o);
    return whole && only_zeros(bytes, keep, size);
}

static void sweep(size_t kind)
{
    char cut[64];
    (void)snprintf(cut, sizeof cut, "cut%s", strchr(kinds[kind].name, '.'));
    int64_t size = size_of(kinds[kind].name);
    uint8_t *bytes = load(kinds[kind].name, size);
    struct cuts cuts = cuts_of(bytes, size);
    size_t padding = 0;
    for (size_t i = 0; i < cuts.n; i++) {
        put(cut, bytes, (size_t)cuts.v[i]);
        struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = cut});
        assert_int_equal(o->code, 0);
        if (o->bad)
            assert_int_not_equal(o->result.proof.structure, KB_REACHED);
        else if (is_padding(cut, bytes, cuts.v[i], size))
            padding++;
        else
            fail_msg("%s cut to %lld of %lld is green", kinds[kind].name, (long long)cuts.v[i], (long long)size);
        outcome_free(o);
    }
    assert_true(cuts.n > 60);
    assert_true(padding < cuts.n / 2);
    free(cuts.v);
    free(bytes);
}

static void test_archives(void **state)
{
    (void)state;
    make_source();
    for (size_t i = 0; i < N_KINDS; i++) {
        SHELL(kinds[i].make);
        sweep(i);
    }
}

/* One compressed file: a cut between two members looks like the end, so it says that it cannot know; a manifest of the
 * whole knows. */
static const struct {
    const char *name, *make;
} dumps[] = {
    {"d.sql.gz", "(head -c 50000 src/big.bin | gzip; tail -c +50001 src/big.bin | gzip) > d.sql.gz"},
    {"d.sql.bz2", "(head -c 50000 src/big.bin | bzip2; tail -c +50001 src/big.bin | bzip2) > d.sql.bz2"},
    {"d.sql.xz", "(head -c 50000 src/big.bin | xz; tail -c +50001 src/big.bin | xz) > d.sql.xz"},
    {"d.sql.zst", "(head -c 50000 src/big.bin | zstd -q; tail -c +50001 src/big.bin | zstd -q) > d.sql.zst"},
    {"d.sql.lz4", "(head -c 50000 src/big.bin | lz4 -q; tail -c +50001 src/big.bin | lz4 -q) > d.sql.lz4"},
};

static bool says_what_it_cannot_know(const struct outcome *o)
{
    for (size_t i = 0; i < o->result.caveats.n; i++)
        if (strstr(o->result.caveats.v[i].en, "between two members"))
            return true;
    return false;
}

/* Whether it is green without a manifest; with one it never is. */
static bool is_green(const char *name)
{
    struct kb_job_set set = {.format = KB_FORMAT_FILE, .unpack = true, .file = name};
    struct outcome *alone = pass(set);
    set.manifest = "d.sha256";
    struct outcome *listed = pass(set);
    bool green = !alone->bad && !alone->warned;
    assert_int_equal(alone->code, 0);
    assert_true(listed->bad > 0);
    if (green)
        assert_true(says_what_it_cannot_know(alone));
    outcome_free(alone);
    outcome_free(listed);
    return green;
}

static void test_single_files(void **state)
{
    (void)state;
    make_source();
    for (size_t i = 0; i < sizeof dumps / sizeof *dumps; i++) {
        SHELL(dumps[i].make);
        RUN_TO("d.sha256", "sha256sum", dumps[i].name);
        int64_t size = size_of(dumps[i].name);
        uint8_t *bytes = load(dumps[i].name, size);
        struct cuts cuts = cuts_of(bytes, size);
        size_t green = 0;
        for (size_t k = 0; k < cuts.n; k++) {
            put(dumps[i].name, bytes, (size_t)cuts.v[k]);
            green += is_green(dumps[i].name);
        }
        if (green > 1) /* the one border between the two members, if a cut falls on it */
            fail_msg("%s: %zu cuts are green", dumps[i].name, green);
        free(cuts.v);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archives),
        cmocka_unit_test(test_single_files),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
