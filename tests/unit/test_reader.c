/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: names come out of every format as their bytes were stored, with their kind, mode, time and target. */
#include "tools.h"

#include "koboshi/reader.h"

#define NFC "\xe3\x81\x8c.txt"             /* が */
#define NFD "\xe3\x81\x8b\xe3\x82\x99.txt" /* か + ゛ */

struct file_source {
    int fd;
    struct kb_extent extent;
    struct kb_extents extents;
    size_t step;
    char buffer[1 << 16];
};

static ssize_t next(void *owner, const void **ret_bytes)
{
    struct file_source *s = owner;
    *ret_bytes = s->buffer;
    return read(s->fd, s->buffer, s->step);
}

static size_t n_flaws;
static void flaw(void *owner, const struct kb_reader_flaw *f)
{
    (void)owner;
    print_message("flaw: %s\n", f->found.en);
    n_flaws++;
}

/* One line per entry: kind, escaped path, mode, size, target, raw bytes, content. */
static char *list(const char *file, struct kb_arena *arena, size_t step)
{
    struct file_source *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->fd = open(file, O_RDONLY);
    s->step = step;
    assert_true(s->fd >= 0);
    s->extent = (struct kb_extent){.fd = s->fd, .size = size_of(file)};
    s->extents = (struct kb_extents){.n = 1, .v = &s->extent, .size = s->extent.size};
    struct kb_names *names = kb_names_new(KB_NAMES_AUTO);
    struct kb_reader *reader = kb_reader_open(&(struct kb_reader_params){
        .source = {.owner = s, .next = next, .extents = &s->extents},
        .name = file,
        .format = KB_FORMAT_ARCHIVE,
        .names = names,
        .flaw = flaw,
    });
    char *out = kb_strdup(arena, "");
    const struct kb_entry *e;
    int r, more;
    n_flaws = 0;
    while ((r = kb_reader_next(reader, &e)) == 1) {
        char content[9] = "";
        uint64_t sum = 0;
        const void *bytes;
        size_t n;
        int64_t offset;
        while ((more = kb_reader_block(reader, &bytes, &n, &offset)) == 1) {
            for (size_t i = 0; i < n; i++) {
                if (offset + (int64_t)i < 8)
                    content[offset + (int64_t)i] = ((const char *)bytes)[i];
                sum = sum * 31 + ((const uint8_t *)bytes)[i];
            }
        }
        assert_int_equal(more, 0);
        out = kb_sprintf(arena, "%s%c %s %o %s%s [%s] %s%s %d\n", out, "FDSHO"[e->kind], e -> shown, e -> mode,
                         e -> target ? "-> " : "", e->target ? e->target : "", kb_hex(arena, e->raw, e->raw_n), content,
                         e->encrypted ? " encrypted" : "", e->size > 100 ? (int)(sum % 100000) : 0);
    }
    assert_int_equal(r, 0);
    assert_int_equal(n_flaws, 0);
    assert_true(kb_reader_facts(reader).whole);
    kb_reader_close(reader);
    kb_names_free(names);
    assert_int_equal(close(s->fd), 0);
    free(s);
    return out;
}

/* Every place where `from` stands in the file becomes `to`, of the same length. */
static void patch(const char *file, const char *from, const char *to, size_t n)
{
    size_t size = (size_t)size_of(file), hits = 0;
    int fd = open(file, O_RDWR);
    char *bytes = malloc(size);
    assert_non_null(bytes);
    assert_int_equal(kb_read_full(fd, bytes, size), (ssize_t)size);
    for (char *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), from, n)); at += n, hits++)
        memcpy(at, to, n);
    assert_int_equal(pwrite(fd, bytes, size, 0), (ssize_t)size);
    assert_true(hits > 0);
    assert_int_equal(close(fd), 0);
    free(bytes);
}

static void test_two_forms_stay_two(void **state)
{
    (void)state;
    SHELL("rm -rf n && mkdir n");
    put_text("n/" NFC, "c");
    put_text("n/" NFD, "d");
    SHELL("rm -f n.zip && cd n && tar --format=ustar -cf ../u.tar * && tar --format=pax -cf ../p.tar * && tar "
          "--format=gnu -cf ../g.tar * &&"
          "LC_ALL=C.UTF-8 zip -qX ../n.zip * && ls | cpio -o -H newc > ../n.cpio && zip -qX ../f.zip *");
    /* the flag that the name is UTF-8 (bit 11), in local headers and directory */
    patch("f.zip", "PK\3\4\x0a\0\0\0", "PK\3\4\x0a\0\0\x08", 8);
    patch("f.zip", "PK\1\2\x1e\3\x0a\0\0\0", "PK\1\2\x1e\3\x0a\0\0\x08", 10);
    static const char *const files[] = {"u.tar", "p.tar", "g.tar", "n.zip", "n.cpio", "f.zip"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const char *out = list(files[i], arena, 1000);
        if (!strstr(out, "F " NFC " ") || !strstr(out, "F " NFD " ") || !strstr(out, "[e3818c2e747874] c") ||
            !strstr(out, "[e3818be382992e747874] d"))
            fail_msg("%s:\n%s", files[i], out);
    }
}

static void test_cp932_zip(void **state)
{
    (void)state;
    SHELL("rm -rf w w.zip && mkdir -p w/WWWW && echo hi > w/WWWW/NN.txt && echo lo > w/UUUUUU.txt && cd w && zip -qrX "
          "../w.zip .");
    patch("w.zip", "WWWW", "\x91\x8d\x96\xb1", 4); /* 総務 */
    patch("w.zip", "NN.txt", "\x95\x5c.txt", 6);   /* 表: its second byte is a backslash */
    patch("w.zip", "UUUUUU", "見積", 6);           /* another name in the same archive is UTF-8 */
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *out = list("w.zip", arena, 65536);
    if (!strstr(out, "D 総務 ") || !strstr(out, "F 総務/表.txt ") || !strstr(out, "[918d96b12f955c2e747874] hi") ||
        !strstr(out, "F 見積.txt "))
        fail_msg("%s", out);
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "w.zip"});
    assert_int_equal(o->n, 0);
    outcome_free(o);
    /* written on Windows with a way out */
    SHELL("rm -f x.zip && cd w && zip -q ../x.zip UUUUUU.txt");
    patch("x.zip", "UUUUUU.txt", "..\\..\\a.tx", 10);
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "x.zip"});
    assert_int_equal(told(o, "name-unsafe", "..\\..\\a.tx"), 1);
    outcome_free(o);
}

static void test_attributes(void **state)
{
    (void)state;
    SHELL("rm -rf t && mkdir t && cd t && echo abc > f && chmod 4751 f && ln f hard && ln -s '../outside x' soft && "
          "mkdir d && chmod 700 d &&"
          "touch -d '2026-11-21T01:02:03.5Z' f && tar --format=pax -cf ../t.tar f hard soft d && zip -qyr ../t.zip f "
          "soft d");
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *out = list("t.tar", arena, 512);
    assert_string_equal(out, "F f 751  [66] abc\n 0\n"
                             "H hard 751 -> f [68617264]  0\n"
                             "S soft 777 -> ../outside x [736f6674]  0\n"
                             "D d 700  [642f]  0\n");
    out = list("t.zip", arena, 512);
    assert_non_null(strstr(out, "F f 751  [66] abc"));
    assert_non_null(strstr(out, "S soft 777 -> ../outside x"));
    assert_non_null(strstr(out, "D d 700 "));
}

/* Any size of the blocks that come from the medium gives the same entries. */
static void test_block_sizes(void **state)
{
    (void)state;
    SHELL("rm -rf s && mkdir s && cd s && seq 1 20000 > a && echo b > b && tar -cf ../s.tar . && gzip -c ../s.tar > "
          "../s.tar.gz &&"
          "head -c 9000 ../s.tar | zstd -q > ../s.tar.zst && tail -c +9001 ../s.tar | zstd -q >> ../s.tar.zst &&"
          "xz -c ../s.tar > ../s.tar.xz && head -c 512 /dev/zero >> ../s.tar.xz && lz4 -qc ../s.tar > ../s.tar.lz4 && "
          "bzip2 -c ../s.tar > ../s.tar.bz2");
    static const char *const files[] = {"s.tar", "s.tar.gz", "s.tar.zst", "s.tar.xz", "s.tar.lz4", "s.tar.bz2"};
    static const size_t steps[] = {1, 7, 511, 4096, 65536};
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *expected = list("s.tar", arena, 65536);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++)
            assert_string_equal(list(files[i], arena, steps[k]), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_forms_stay_two),
        cmocka_unit_test(test_cp932_zip),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_block_sizes),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
