/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: one read finds every planted fault, and nothing is green that was not checked. */
#include "archives.h"

static void test_good(void **state)
{
    (void)state;
    make_source();
    for (size_t i = 0; i < N_KINDS; i++) {
        SHELL(kinds[i].make);
        struct outcome *o = pass(
            (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = kinds[i].name, .manifest = "src.sha256"});
        if (o->code || o->n || o->result.files != 3) {
            show(o, kinds[i].name);
            fail_msg("%s: %d files", kinds[i].name, (int)o->result.files);
        }
        assert_string_equal(o->result.detected, kinds[i].detected);
        assert_int_equal(o->result.files_matched, 3);
        assert_int_equal(o->result.files_compared, 3);
        assert_int_equal(o->result.links, strstr(kinds[i].make, "-x link") ? 0 : 1);
        assert_int_equal(o->result.bytes_unpacked, 370000 + 13);
        assert_int_equal(o->result.bytes_read, size_of(kinds[i].name));
        assert_int_equal(o->result.proof.exists, KB_REACHED);
        assert_int_equal(o->result.proof.read, KB_REACHED);
        assert_int_equal(o->result.proof.hash, KB_REACHED);
        assert_int_equal(o->result.proof.structure, KB_REACHED);
        assert_int_equal(o->result.proof.restored, KB_NOT_APPLICABLE);
        assert_int_equal(o->result.caveats.n, 0);
        assert_int_equal(strlen(o->result.sha256), 64);
        outcome_free(o);
    }
}

/* A byte flipped in the middle of the content, and a file cut short: with and without a manifest. */
static void test_flipped_and_cut(void **state)
{
    (void)state;
    make_source();
    for (size_t i = 0; i < N_KINDS; i++) {
        SHELL(kinds[i].make);
        int64_t size = size_of(kinds[i].name);
        char bad[64];
        const char *dot = strchr(kinds[i].name, '.');
        (void)snprintf(bad, sizeof bad, "bad%s", dot);
        copy(kinds[i].name, bad);
        flip(bad, size / 2);
        for (int listed = 0; listed < 2; listed++) {
            struct outcome *o = pass((struct kb_job_set){
                .format = KB_FORMAT_ARCHIVE, .file = bad, .manifest = listed ? "src.sha256" : NULL});
            bool must = listed || kinds[i].self_checked;
            bool luck = !strcmp(kinds[i].name, "a.tar.lzma"); /* its decoder may stumble, without any checksum */
            if (!luck && !o->bad == must) {
                show(o, kinds[i].name);
                fail_msg("%s flipped, manifest %d", kinds[i].name, listed);
            }
            if (listed)
                assert_int_not_equal(o->result.proof.hash, KB_REACHED);
            if (!must && !o->bad) /* lzma has no checksum, tar and cpio neither: that is said */
                assert_int_equal(o->result.caveats.n, 2);
            assert_non_null(o->result.sha256); /* the whole file was hashed all the same */
            outcome_free(o);
        }
        for (int64_t keep = size - 1; keep > 0; keep = keep > size - 30 ? keep - 7 : keep - size / 5) {
            copy(kinds[i].name, bad);
            assert_int_equal(truncate(bad, keep), 0);
            struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = bad});
            /* the padding of a plain tar or cpio behind its end mark may be cut */
            bool padding = (!strncmp(kinds[i].detected, "tar", 4) || !strncmp(kinds[i].detected, "cpio", 5)) &&
                           keep > size - 4096;
            if (!o->bad && !padding) {
                show(o, bad);
                fail_msg("%s cut to %d of %d is green", kinds[i].name, (int)keep, (int)size);
            }
            if (o->bad && keep < size - 4096) {
                bool named = told(o, "archive-truncated", NULL) || told(o, "archive-broken", NULL) ||
                             told(o, "format-refused", NULL);
                if (!named)
                    show(o, bad);
                assert_true(named);
                assert_int_equal(o->result.proof.structure, KB_NOT_REACHED);
            }
            outcome_free(o);
        }
    }
}

static void test_skippable_frame_first(void **state)
{
    (void)state;
    make_source();
    SHELL("printf '\\120\\052\\115\\030\\004\\000\\000\\000skip' > first.tar.lz4 && "
          "tar -C src -cf - . | lz4 -q >> first.tar.lz4");
    struct outcome *o = pass(
        (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "first.tar.lz4", .manifest = "src.sha256"});
    assert_int_equal(told(o, "skippable-first", NULL), 1);
    assert_int_equal(o->n, 1);
    assert_int_equal(o->result.files, 3);
    assert_int_equal(o->result.proof.structure, KB_REACHED);
    outcome_free(o);
}

static void test_truncated_says_so(void **state)
{
    (void)state;
    make_source();
    static const char *const names[] = {"a.tar.zst", "a.tar.gz", "a.tar",     "a.zip",
                                        "a.7z",      "a.tar.xz", "a.tar.lz4", "a.tar.bz2"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (size_t k = 0; k < N_KINDS; k++) {
            if (!strcmp(kinds[k].name, names[i]))
                SHELL(kinds[k].make);
        }
        assert_int_equal(truncate(names[i], size_of(names[i]) * 2 / 3), 0);
        struct outcome *o = pass(
            (struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = names[i], .manifest = "src.sha256"});
        if (told(o, "archive-truncated", NULL) != 1) {
            show(o, names[i]);
            fail_msg("%s cut", names[i]);
        }
        assert_int_equal(told(o, "zero-files", NULL), 0);
        outcome_free(o);
    }
}

static void test_tar_cut_at_entry_border(void **state)
{
    (void)state;
    SHELL("rm -rf c && mkdir c && printf one > c/a && printf two > c/b && tar -C c -b1 -cf c.tar a b");
    assert_int_equal(size_of("c.tar"), 6 * 512);
    static const struct {
        int64_t keep;
        size_t told;
    } cuts[] = {{6 * 512, 0}, {5 * 512, 1}, {4 * 512, 1}, {2 * 512, 1}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(truncate("c.tar", cuts[i].keep), 0);
        struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "c.tar"});
        if (told(o, "no-end-of-archive", NULL) != cuts[i].told) {
            show(o, "c.tar");
            fail_msg("kept %d", (int)cuts[i].keep);
        }
        assert_int_equal(o->result.proof.structure, cuts[i].told ? KB_NOT_REACHED : KB_REACHED);
        outcome_free(o);
    }
    /* a last file whose content is zeros is no end mark */
    SHELL("head -c 1024 /dev/zero > c/z && tar -C c -b1 -cf z.tar a z");
    assert_int_equal(truncate("z.tar", 5 * 512), 0);
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "z.tar"});
    assert_int_equal(told(o, "no-end-of-archive", NULL), 1);
    outcome_free(o);
    /* data after the end mark: two tars one after the other */
    SHELL("tar -C c -cf z.tar a z && cat z.tar z.tar > twice.tar");
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "twice.tar"});
    assert_int_equal(told(o, "trailing-data", NULL), 1);
    assert_int_equal(o->bad, 0);
    outcome_free(o);
    SHELL("gzip -c z.tar > z.tar.gz && printf junk >> z.tar.gz");
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "z.tar.gz"});
    assert_int_equal(told(o, "trailing-data", NULL), 1);
    outcome_free(o);
}

static void test_manifest_findings(void **state)
{
    (void)state;
    make_source();
    SHELL("tar -C src -cf a.tar .");
    SHELL("{ cat src.sha256; echo '1111111111111111111111111111111111111111111111111111111111111111  gone.txt'; } | "
          "grep -v mid > m");
    SHELL("sed -i 's/^....\\(.*big.bin\\)/0000\\1/' m");
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "a.tar", .manifest = "m"});
    assert_int_equal(told(o, "entry-missing", "gone.txt"), 1);
    assert_int_equal(told(o, "entry-extra", "mid.bin"), 1);
    assert_int_equal(told(o, "entry-differs", "big.bin"), 1);
    assert_int_equal(o->n, 3);
    assert_int_equal(o->result.files_compared, 2);
    assert_int_equal(o->result.files_matched, 1);
    assert_int_equal(o->result.proof.hash, KB_NOT_REACHED);
    assert_int_equal(o->result.proof.structure, KB_REACHED);
    outcome_free(o);

    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "a.tar", .manifest = "not-there"});
    assert_int_equal(told(o, "manifest-absent", NULL), 1);
    assert_int_equal(o->result.proof.hash, KB_NOT_REACHED);
    outcome_free(o);

    SHELL("cp src.sha256 broken && echo hello >> broken");
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "a.tar", .manifest = "broken"});
    assert_int_equal(told(o, "manifest-broken", NULL), 1);
    assert_int_equal(o->result.proof.hash, KB_NOT_REACHED);
    assert_int_equal(o->result.files_matched, 3);
    outcome_free(o);

    SHELL("sha256sum a.tar > whole");
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "a.tar", .manifest = "whole"});
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    assert_int_equal(o->result.caveats.n, 0);
    outcome_free(o);
    flip("a.tar", 200000);
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "a.tar", .manifest = "whole"});
    assert_int_equal(told(o, "file-differs", NULL), 1);
    assert_int_equal(o->n, 1);
    assert_int_equal(o->result.proof.hash, KB_NOT_REACHED);
    outcome_free(o);

    /* the manifest packed with the rest is not extra */
    SHELL("cp src.sha256 src/SHA256SUMS && tar -C src -cf self.tar .");
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "self.tar", .manifest = "src.sha256"});
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    outcome_free(o);
}

/* A manifest of some of the files vouches for those alone: that the backup is what was written is not shown. */
static void test_manifest_of_a_part(void **state)
{
    (void)state;
    make_source();
    SHELL("grep mid src.sha256 > part; tar -C src -cf a.tar .; rm -f a.zip; cd src && zip -qry ../a.zip .");
    const struct kb_job_set sets[] = {
        {.format = KB_FORMAT_ARCHIVE, .file = "a.tar", .manifest = "part"},
        {.format = KB_FORMAT_ARCHIVE, .file = "a.zip", .manifest = "part"},
        {.format = KB_FORMAT_TREE, .file = "src", .manifest = "part"},
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct outcome *o = pass(sets[i]);
        assert_int_equal(told(o, "entry-extra", NULL), 2);
        assert_int_equal(o->result.files_matched, 1);
        assert_int_equal(o->result.proof.read, KB_REACHED);
        assert_int_equal(o->result.proof.hash, KB_NOT_REACHED);
        outcome_free(o);
    }
    /* nor does it where what it leaves out could not be looked into */
    SHELL("rm -f e.zip; cd src && zip -q ../e.zip mid.bin && zip -q -P secret ../e.zip big.bin");
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "e.zip", .manifest = "part"});
    assert_int_equal(told(o, "encrypted", "big.bin"), 1);
    assert_int_equal(o->result.files_matched, 1);
    assert_int_equal(o->result.proof.hash, KB_NOT_REACHED);
    outcome_free(o);
}

static void test_links(void **state)
{
    (void)state;
    SHELL("rm -rf h && mkdir h && echo abc > h/a && ln h/a h/b && cd h && sha256sum a b > ../h.sha256 && tar -cf "
          "../h.tar a b");
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "h.tar", .manifest = "h.sha256"});
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.files_matched, 2);
    assert_int_equal(o->result.links, 1);
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    outcome_free(o);
    flip("h.tar", 512);
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "h.tar", .manifest = "h.sha256"});
    assert_int_equal(told(o, "entry-differs", "a"), 1);
    assert_int_equal(told(o, "entry-differs", "b"), 1);
    outcome_free(o);
    SHELL("cd h && printf 'a\nb\n' | cpio -o -H newc > ../h.cpio && printf 'a\nb\n' | cpio -o -H odc > ../ho.cpio");
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "h.cpio"});
    assert_int_equal(told(o, "format-refused", NULL), 1);
    outcome_free(o);
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "ho.cpio", .manifest = "h.sha256"});
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    outcome_free(o);
    /* a link to what is not there */
    SHELL("cd h && tar -cf ../l.tar a b && tar --delete -f ../l.tar a");
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "l.tar"});
    assert_int_equal(told(o, "entry-kind", "b"), 1);
    assert_int_equal(told(o, "zero-files", NULL), 1);
    outcome_free(o);
    SHELL("cd h && rm b && ln -s a b && tar -cf ../s.tar a b");
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "s.tar", .manifest = "h.sha256"});
    assert_int_equal(told(o, "entry-differs", "b"), 1);
    outcome_free(o);
}

static void test_never_green_when_empty(void **state)
{
    (void)state;
    put_text("e", "");
    SHELL("rm -rf none; mkdir none; tar -cf e.tar -T /dev/null; gzip -c e > e.gz; zstd -qfc e > e.zst; gzip -c e.tar > "
          "e.tar.gz");
    SHELL("echo x > x && rm -f e.zip && zip -q e.zip x && zip -qd e.zip x || true; cp e e.7z; cp e zero.tar");
    static const struct kb_job_set sets[] = {
        {.format = KB_FORMAT_ARCHIVE, .file = "e.tar"},    {.format = KB_FORMAT_ARCHIVE, .file = "e.tar.gz"},
        {.format = KB_FORMAT_ARCHIVE, .file = "zero.tar"}, {.format = KB_FORMAT_ARCHIVE, .file = "e.gz"},
        {.format = KB_FORMAT_ARCHIVE, .file = "e.zst"},    {.format = KB_FORMAT_ARCHIVE, .file = "e.7z"},
        {.format = KB_FORMAT_TREE, .file = "none"},        {.format = KB_FORMAT_ARCHIVE, .file = "absent.tar"},
        {.format = KB_FORMAT_TREE, .file = "e"},           {.format = KB_FORMAT_ARCHIVE, .file = "none"},
        {.format = KB_FORMAT_FILE, .file = "e"},           {.format = KB_FORMAT_FILE, .file = "e.gz", .unpack = true},
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct outcome *o = pass(sets[i]);
        if (!o->bad || o->code) {
            show(o, sets[i].file);
            fail_msg("%s is green", sets[i].file);
        }
        outcome_free(o);
    }
    /* an empty file among others is a file like any other */
    SHELL("rm -rf z && mkdir z && : > z/empty && echo a > z/a && tar -C z -cf z.tar .");
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "z.tar"});
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.files, 2);
    outcome_free(o);
}

static void test_names_in_archives(void **state)
{
    (void)state;
    SHELL("rm -rf n && mkdir n && cd n && echo 1 > ok && printf x > \"$(printf 'a\\nb')\"");
    SHELL("cd n && tar -P -cf ../evil.tar ok --transform=s,ok,../evil, && tar -P -rf ../evil.tar /etc/hostname &&"
          "tar -rf ../evil.tar ok ok a*");
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "evil.tar"});
    assert_int_equal(told(o, "name-unsafe", "../evil"), 1);
    assert_int_equal(told(o, "name-unsafe", "/etc/hostname"), 1);
    assert_int_equal(told(o, "name-control", "a%0Ab"), 1);
    assert_true(told(o, "name-twice", "ok") >= 1 || o->result.links == 1);
    outcome_free(o);
    SHELL("cd n && tar -cf ../twice.tar ok && tar -rf ../twice.tar ok && rm -f fifo && mkfifo fifo && tar -rf "
          "../twice.tar fifo");
    o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "twice.tar"});
    assert_int_equal(told(o, "name-twice", "ok"), 1);
    assert_int_equal(told(o, "entry-kind", "fifo"), 1);
    assert_int_equal(o->result.skipped, 1);
    assert_int_equal(o->bad, 0);
    outcome_free(o);
    if (geteuid() == 0) {
        SHELL("cd n && mknod null c 1 3 && tar -cf ../dev.tar ok null");
        o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = "dev.tar"});
        assert_int_equal(told(o, "entry-kind", "null"), 1);
        outcome_free(o);
    }
}

static void test_encrypted(void **state)
{
    (void)state;
    make_source();
    SHELL("rm -f p.zip p.7z q.7z; cd src && zip -q -P secret ../p.zip big.bin && zip -q ../p.zip mid.bin &&"
          "7z a -bd -psecret ../p.7z big.bin >/dev/null && 7z a -bd -psecret -mhe=on ../q.7z big.bin >/dev/null");
    static const char *const names[] = {"p.zip", "p.7z", "q.7z"};
    for (size_t i = 0; i < 3; i++) {
        struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = names[i]});
        if (told(o, "encrypted", NULL) != 1) {
            show(o, names[i]);
            fail_msg("%s", names[i]);
        }
        assert_int_equal(o->result.proof.structure, KB_NOT_REACHED);
        assert_non_null(o->result.sha256);
        outcome_free(o);
    }
}

static void test_refused(void **state)
{
    (void)state;
    make_source();
    SHELL("tar -C src -czf a.tar.gz . && cp a.tar.gz lie.tar.zst && gzip -c a.tar.gz > twice.tar.gz.gz && gzip -c "
          "a.tar.gz > twice.gz");
    SHELL("tar -C src -cf lie.tar.xz . && echo hello world > text.tar && ar rc a.ar src/mid.bin");
    SHELL("rm -f in.zip && zip -qr in.zip src && gzip -c in.zip > in.zip.gz && printf 'Salted__12345678' > s.tar");
    SHELL("printf 'Rar!\\032\\007\\000xxxxxxxxxxxxxxx' > a.rar; head -c 40000 /dev/zero | tr '\\0' 'x' > a.iso;"
          "printf CD001 | dd of=a.iso bs=1 seek=32769 conv=notrunc 2>/dev/null; printf '#mtree\\n' > a.mtree");
    static const struct {
        const char *file, *rule, *says;
    } cases[] = {
        {"lie.tar.zst", "format-refused", "gzip"},
        {"twice.tar.gz.gz", "format-refused", "twice"},
        {"twice.gz", "format-refused", "twice"},
        {"lie.tar.xz", "format-refused", "no such compression"},
        {"text.tar", "format-refused", "none of these"},
        {"a.ar", "format-refused", "ar / deb"},
        {"in.zip.gz", "format-refused", "zip inside"},
        {"s.tar", "encrypted", "OpenSSL"},
        {"a.rar", "format-refused", "RAR"},
        {"a.iso", "format-refused", "ISO 9660"},
        {"a.mtree", "format-refused", "mtree"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = cases[i].file});
        if (told(o, cases[i].rule, NULL) != 1 || !strstr(o->findings[0].found, cases[i].says)) {
            show(o, cases[i].file);
            fail_msg("%s", cases[i].file);
        }
        assert_non_null(o->result.sha256);
        outcome_free(o);
    }
    /* the same file is fine when it is not to be looked into */
    struct outcome *o = pass((struct kb_job_set){.format = KB_FORMAT_FILE, .file = "a.iso"});
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.caveats.n, 2);
    assert_string_equal(o->result.detected, "opaque");
    assert_int_equal(o->result.proof.structure, KB_NOT_APPLICABLE);
    assert_int_equal(o->result.proof.read, KB_REACHED);
    outcome_free(o);
}

static void test_single_file(void **state)
{
    (void)state;
    put_noise("orders.db", 200000, 9);
    SHELL("gzip -kf orders.db && sha256sum orders.db > in.sha256 && sha256sum orders.db.gz > out.sha256");
    int list = open("list", O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct outcome *o = pass_sink(
        (struct kb_job_set){.format = KB_FORMAT_FILE, .unpack = true, .file = "orders.db.gz", .manifest = "in.sha256"},
        NULL, list);
    assert_int_equal(close(list), 0);
    assert_int_equal(o->n, 0);
    assert_string_equal(o->result.detected, "gzip");
    assert_int_equal(o->result.proof.structure, KB_REACHED);
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    assert_int_equal(o->result.bytes_unpacked, 200000);
    outcome_free(o);
    RUN("cmp", "list", "in.sha256");
    o = pass((struct kb_job_set){
        .format = KB_FORMAT_FILE, .unpack = true, .as = "other.db", .file = "orders.db.gz", .manifest = "out.sha256"});
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    outcome_free(o);
    /* cut exactly between two members: cannot be seen, and that is said */
    SHELL("gzip -c orders.db >> orders.db.gz && cp orders.db.gz two.gz");
    o = pass((struct kb_job_set){.format = KB_FORMAT_FILE, .unpack = true, .file = "two.gz"});
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.bytes_unpacked, 400000);
    assert_int_equal(o->result.caveats.n, 2);
    outcome_free(o);
    /* only the CRC shows a flipped byte in stored data */
    flip("two.gz", 100000);
    o = pass((struct kb_job_set){.format = KB_FORMAT_FILE, .unpack = true, .file = "two.gz"});
    assert_int_equal(told(o, "archive-broken", NULL), 1);
    assert_int_equal(o->result.proof.structure, KB_NOT_REACHED);
    outcome_free(o);
    o = pass((struct kb_job_set){.format = KB_FORMAT_FILE, .unpack = true, .file = "orders.db"});
    assert_int_equal(told(o, "format-refused", NULL), 1);
    outcome_free(o);
}

static void test_tree(void **state)
{
    (void)state;
    make_source();
    int list = open("list", O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct outcome *o = pass_sink(
        (struct kb_job_set){.format = KB_FORMAT_TREE, .file = "src", .manifest = "src.sha256"}, NULL, list);
    assert_int_equal(close(list), 0);
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.files, 3);
    assert_int_equal(o->result.folders, 2);
    assert_int_equal(o->result.links, 1);
    assert_int_equal(o->result.proof.read, KB_REACHED);
    assert_int_equal(o->result.proof.hash, KB_REACHED);
    assert_int_equal(o->result.proof.structure, KB_NOT_APPLICABLE);
    assert_null(o->result.sha256);
    outcome_free(o);
    SHELL("cd src && sha256sum -c --quiet ../list");
    flip("src/big.bin", 1000);
    SHELL("rm src/mid.bin && echo new > src/new && mkfifo src/pipe");
    o = pass((struct kb_job_set){.format = KB_FORMAT_TREE, .file = "src", .manifest = "src.sha256"});
    assert_int_equal(told(o, "entry-differs", "big.bin"), 1);
    assert_int_equal(told(o, "entry-missing", "mid.bin"), 1);
    assert_int_equal(told(o, "entry-extra", "new"), 1);
    assert_int_equal(told(o, "entry-kind", "pipe"), 1);
    assert_int_equal(o->n, 4);
    outcome_free(o);
    SHELL("ln -s src linked");
    o = pass((struct kb_job_set){.format = KB_FORMAT_TREE, .file = "linked"});
    assert_int_equal(told(o, "read-failed", NULL), 1);
    assert_int_equal(o->result.proof.exists, KB_NOT_REACHED);
    outcome_free(o);
}

/* After the pass is made ready nothing is opened any more: it runs where there is not one file. */
static void test_confined(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: chroot needs root\n");
        skip();
    }
    make_source();
    SHELL("rm -rf jail && mkdir jail");
    for (size_t i = 0; i < N_KINDS; i++) {
        SHELL(kinds[i].make);
        (void)fflush(NULL);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            char source[200], manifest[200];
            (void)snprintf(source, sizeof source, "%s/%s", tools_folder, kinds[i].name);
            (void)snprintf(manifest, sizeof manifest, "%s/src.sha256", tools_folder);
            const struct kb_job_set set = {
                .format = KB_FORMAT_ARCHIVE, .file = kinds[i].name, .source = source, .manifest = manifest};
            struct outcome o = {.arena = kb_arena_new()};
            struct kb_pass *ready;
            const struct kb_reporter reporter = {.owner = &o, .finding = collect};
            if (kb_pass_open(&set, o.arena, &ready, &o.err) || chroot("jail") || chdir("/"))
                _exit(2);
            int r = kb_pass_run(ready, NULL, -1, &reporter, o.arena, &o.result, &o.err);
            _exit(r || o.n || o.result.files_matched != 3);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (status)
            fail_msg("%s: %#x", kinds[i].name, (unsigned)status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_flipped_and_cut),
        cmocka_unit_test(test_skippable_frame_first),
        cmocka_unit_test(test_truncated_says_so),
        cmocka_unit_test(test_tar_cut_at_entry_border),
        cmocka_unit_test(test_manifest_findings),
        cmocka_unit_test(test_manifest_of_a_part),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_never_green_when_empty),
        cmocka_unit_test(test_names_in_archives),
        cmocka_unit_test(test_encrypted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_single_file),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_confined),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
