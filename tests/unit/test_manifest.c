/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: checksum lists of every dialect are read as their tools write them, and one that cannot be trusted says which
 * line. */
#include "tools.h"

#include "../../agent/verify/manifest.h"
#include "koboshi/archive.h"

#define H1 "1111111111111111111111111111111111111111111111111111111111111111"
#define H2 "2222222222222222222222222222222222222222222222222222222222222222"
#define M1 "d41d8cd98f00b204e9800998ecf8427e"
#define S1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"

struct flaws {
    int n;
    char first[256], expected[256];
};

static void flaw(void *owner, struct kb_text expected, struct kb_text found)
{
    struct flaws *f = owner;
    assert_non_null(expected.ja);
    assert_non_null(found.ja);
    if (getenv("KB_TEST_SHOW"))
        print_message("  %s | %s | %s\n", expected.ja, found.en, found.ja);
    if (f->n++)
        return;
    (void)snprintf(f->first, sizeof f->first, "%s", found.en);
    (void)snprintf(f->expected, sizeof f->expected, "%s", expected.en);
}

/* Fed in pieces of `step` bytes. */
static struct kb_manifest *parse_n(const char *name, const char *text, size_t n, size_t step, struct flaws *flaws,
                                   bool *ret_good)
{
    static struct kb_names *names;
    if (!names)
        names = kb_names_new(KB_NAMES_AUTO);
    *flaws = (struct flaws){0};
    struct kb_manifest *m = kb_manifest_new(
        &(struct kb_manifest_params){.owner = flaws, .flaw = flaw, .name = name, .names = names});
    for (size_t i = 0; i < n; i += step)
        kb_manifest_add(m, text + i, n - i < step ? n - i : step);
    *ret_good = kb_manifest_end(m);
    return m;
}

static struct kb_manifest *parse(const char *text, size_t step, struct flaws *flaws, bool *ret_good)
{
    return parse_n(NULL, text, strlen(text), step, flaws, ret_good);
}

static void test_good(void **state)
{
    (void)state;
    const char *text = "\xef\xbb\xbf# made by sha256sum\n" H1 "  a.txt\r\n" H2 " *./総務/見積.xlsx\n\n" H1
                       "  with  spaces \n\\" H2 "  line\\nfeed\\\\x\n" H1 "  a.txt\n" H2 "  last";
    for (size_t step = 1; step < 300; step += 37) {
        struct flaws flaws;
        bool good;
        struct kb_manifest *m = parse(text, step, &flaws, &good);
        assert_true(good);
        assert_int_equal(flaws.n, 0);
        assert_int_equal(kb_manifest_count(m), 5);
        assert_string_equal(kb_manifest_dialect(m), "GNU");
        assert_int_equal(kb_manifest_kinds(m), 1u << KB_DIGEST_SHA256);
        struct kb_listed *a = kb_manifest_find(m, "a.txt");
        assert_non_null(a);
        assert_int_equal(kb_listed_digest(m, a, KB_DIGEST_SHA256)[0], 0x11);
        assert_null(kb_listed_digest(m, a, KB_DIGEST_MD5));
        assert_non_null(kb_manifest_find(m, "総務/見積.xlsx"));
        assert_int_equal(kb_manifest_find(m, "総務/見積.xlsx")->line, 3);
        assert_non_null(kb_manifest_find(m, "with  spaces "));
        assert_non_null(kb_manifest_find(m, "line\nfeed\\x"));
        assert_non_null(kb_manifest_find(m, "last"));
        assert_null(kb_manifest_find(m, "./a.txt"));
        assert_null(kb_manifest_find(m, "b"));
        kb_manifest_free(m);
    }
}

static void test_bad(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no line"},
        {"\n# nothing\n", "no line"},
        {H1 "  a\nhello\n", "line 2"},
        {H1 "  a\nSHA256 (b) = " H2 "\n", "line 2: a line as in BSD lists; from line 1 on this is a GNU list"},
        {"SHA256 (b) = " H2 "\n" M1 "  b\n", "as in GNU lists"},
        {"SHA256 (b) = " M1 "\n", "not the digits of this kind"},
        {"RMD160 (b) = " S1 "\n", "a kind of digest that is not compared"},
        {"BLAKE2b-256 (b) = " H1 "\n", "a kind of digest that is not compared"},
        {"1234567890abcdef  a\n", "a hash of 16 digits"},
        {H1 "  \n", "line 1"},
        {H1 " a\n" H1 "  a\n", "line 2: a line as in GNU lists"},
        {H1 "  a\n" H2 "  ./a\n", "line 2: stands twice with different hashes (first in line 1)"},
        {M1 "  a\n" S1 "  a\n" H1 "  a\n" S1 "  b\n" H2 "  a\n", "line 5: stands twice"},
        {"\\" H1 "  bad\\escape\n", "line 1"},
        {"html\033[31m", "%1B"},
        {"%%%% HASHDEEP-1.0\n%%%% size,tiger,filename\n", "columns"},
        {"%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n1," M1 ",a\nx\n", "line 4"},
        {"%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n1," M1 ",a\n2," M1 ",a\n", "line 4: stands twice"},
        {"#mtree\n./a type=file size=1\n", "line 2: no digest"},
        {"#mtree\n./a type=file sha256digest=12\n", "line 2: a value that cannot be read"},
        {"#mtree\n./a\\Q type=file md5=" M1 "\n", "line 2: an escape"},
        {"#mtree\n./a type=file md5=" M1 " \\\n", "ends within a continued line"},
        {"SHA256 hash of a.zip:\n", "ends before the hash"},
        {"SHA256 hash of a.zip:\n" M1 "\n", "line 2"},
        {"SHA256 hash of a.zip:\nCertUtil: -hashfile command FAILED: 0x80070002\n", "line 2"},
        {"// File Checksum Integrity Verifier version 2.05.\n" H1 " a\n", "line 2"},
        {"Algorithm : SHA256\nHash      : " H1 "\n", "not whole"},
        {"\"Algorithm\",\"Hash\",\"Path\"\n\"SHA256\",\"" M1 "\",\"a\"\n", "line 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flaws flaws;
        bool good;
        struct kb_manifest *m = parse(cases[i].text, 1000, &flaws, &good);
        assert_false(good);
        if (!strstr(flaws.first, cases[i].says))
            fail_msg("case %zu says: %s", i, flaws.first);
        kb_manifest_free(m);
    }
}

static void test_many_and_long(void **state)
{
    (void)state;
    struct flaws flaws = {0};
    struct kb_manifest *m = kb_manifest_new(&(struct kb_manifest_params){.owner = &flaws, .flaw = flaw});
    char line[128];
    for (int i = 0; i < 20000; i++) {
        int n = snprintf(line, sizeof line, "%064x  dir/%d\n", i, i);
        kb_manifest_add(m, line, (size_t)n);
    }
    for (int i = 0; i < 30; i++) { /* one line of 30 KB */
        memset(line, 'x', sizeof line);
        for (int k = 0; k < 8; k++)
            kb_manifest_add(m, line, sizeof line);
    }
    kb_manifest_add(m, "\n", 1);
    assert_false(kb_manifest_end(m));
    assert_int_equal(flaws.n, 1);
    assert_non_null(strstr(flaws.first, "line 20001"));
    assert_int_equal(kb_manifest_count(m), 20000);
    assert_int_equal(kb_listed_digest(m, kb_manifest_find(m, "dir/4660"), KB_DIGEST_SHA256)[31], 0x34);
    for (int i = 0; i < 40000; i++) { /* in the order of the list, then in none; each twice */
        int wanted = i < 20000 ? i / 2 : i / 2 * 7919 % 20000;
        (void)snprintf(line, sizeof line, "dir/%d", wanted);
        assert_ptr_equal(kb_manifest_find(m, line), kb_manifest_at(m, (size_t)wanted));
    }
    assert_null(kb_manifest_find(m, "dir/20000"));
    assert_null(kb_manifest_find(m, "dir/"));
    kb_manifest_free(m);
}

/* What is wrong a million times is told a thousand times, and counted. */
static void test_hostile(void **state)
{
    (void)state;
    struct flaws flaws = {0};
    struct kb_manifest *m = kb_manifest_new(&(struct kb_manifest_params){.owner = &flaws, .flaw = flaw});
    for (int i = 0; i < 100000; i++)
        kb_manifest_add(m, "nonsense\n", 9);
    for (int i = 0; i < 100000; i++)
        kb_manifest_add(m, H1 "  ../../etc/passwd\n", 64 + 2 + 16 + 1);
    kb_manifest_add(m, H1 "  a\0b\n", 64 + 2 + 3 + 1);
    assert_false(kb_manifest_end(m));
    assert_int_equal(flaws.n, 1001);
    assert_int_equal(kb_manifest_count(m), 1);
    kb_manifest_free(m);
}

static void test_lines_are_sha256sums(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct flaws flaws;
    bool good;
    struct kb_sha256 digest;
    assert_int_equal(kb_sha256_parse(H1, 64, &digest), 0);
    size_t n;
    const char *line = kb_checksum_line(arena, "a\nb\\c\rd", &digest, &n);
    line = kb_strndup(arena, line, n);
    assert_string_equal(line, "\\" H1 "  a\\nb\\\\c\\rd\n");
    struct kb_manifest *m = parse(line, 10, &flaws, &good);
    assert_true(good);
    assert_non_null(kb_manifest_find(m, "a\nb\\c\rd"));
    assert_non_null(kb_manifest_find_file(m, "a\nb\\c\rd", NULL));
    assert_null(kb_manifest_find_file(m, "a", NULL));
    kb_manifest_free(m);
}

/* One list per dialect: the paths that it must hold, and how many. */
static void test_dialects(void **state)
{
    (void)state;
    static const struct {
        const char *dialect, *text, *path;
        unsigned kinds;
        size_t n;
        int64_t size;
    } cases[] = {
        {"one-space", M1 " dir/a b\n" M1 " c\n", "dir/a b", 1u << KB_DIGEST_MD5, 2, KB_ABSENT},
        {"GNU", M1 " *dir\\sub\\a.txt\r\n", "dir/sub/a.txt", 1u << KB_DIGEST_MD5, 1, KB_ABSENT},
        {"GNU", "\\" M1 "  a\\\\b\n", "a\\b", 1u << KB_DIGEST_MD5, 1, KB_ABSENT},
        {"BSD", "SHA1 (a) (b) = " S1 "\nSHA256 (a) (b) = " H1 "\n", "a) (b",
         1u << KB_DIGEST_SHA1 | 1u << KB_DIGEST_SHA256, 1, KB_ABSENT},
        {"BSD", "SHA2-256(a.txt)= " H1 "\n", "a.txt", 1u << KB_DIGEST_SHA256, 1, KB_ABSENT},
        {"hashdeep",
         "%%%% HASHDEEP-1.0\n%%%% size,md5,sha1,tiger,filename\n## Invoked from: C:\\data\n## C:\\data> hashdeep -r .\n"
         "## \n12," M1 "," S1 ",00,C:\\data\\総務\\a,b.txt\n",
         "総務/a,b.txt", 1u << KB_DIGEST_MD5 | 1u << KB_DIGEST_SHA1, 1, 12},
        {"mtree",
         "#mtree v2.0\n/set type=file\n. type=dir\n  a\\040b sha1=" S1 " \\\n  md5digest=" M1
         "\n  sub type=dir\n    x\\M-c\\M^A\\M^B size=3 md5=" M1 "\n    l type=link link=x\n    ..\n  y md5=" M1
         "\n..\n",
         "sub/xあ", 1u << KB_DIGEST_MD5 | 1u << KB_DIGEST_SHA1, 3, 3},
        {"mtree", "/set type=dir\n./d mode=755\n/unset all\n./d/a sha512=" H1 H2 "\n", "d/a", 1u << KB_DIGEST_SHA512, 1,
         KB_ABSENT},
        {"certutil",
         "SHA256 hash of dir\\a.zip:\r\n" H1 "\r\nCertUtil: -hashfile command completed successfully.\r\n"
         "MD5 hash of file b c.zip:\r\nd4 1d 8c d9 8f 00 b2 04 e9 80 09 98 ec f8 42 7e\r\n"
         "CertUtil: -hashfile command completed successfully.\r\n",
         "dir/a.zip", 1u << KB_DIGEST_SHA256 | 1u << KB_DIGEST_MD5, 2, KB_ABSENT},
        {"certutil",
         "SHA256 \x83n\x83"
         "b\x83V\x83\x85 (\x91\xce\x8f\xdb \x95\\.zip):\r\n" H1 "\r\nCertUtil: -hashfile "
         "\x83R\x83}\x83\x93\x83h\x82\xcd\x90\xb3\x8f\xed\x82\xc9\x8a\xae\x97\xb9\x82\xb5\x82\xdc"
         "\x82\xb5\x82\xbd\x81"
         "B\r\n",
         "表.zip", 1u << KB_DIGEST_SHA256, 1, KB_ABSENT},
        {"FCIV",
         "//\r\n// File Checksum Integrity Verifier version 2.05.\r\n//\r\n" M1 " dir\\a b.txt\r\n" M1 " " S1
         " c\r\n" S1 " d\r\n",
         "dir/a b.txt", 1u << KB_DIGEST_MD5 | 1u << KB_DIGEST_SHA1, 3, KB_ABSENT},
        {"FCIV XML",
         "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<FCIV><FILE_ENTRY><name>dir\\a &amp; "
         "b.txt</name><MD5>1B2M2Y8AsgTpgAmY7PhCfg==</MD5></FILE_ENTRY><FILE_ENTRY><name>c</name>"
         "<MD5>1B2M2Y8AsgTpgAmY7PhCfg==</MD5><SHA1>2jmj7l5rSw0yVb/vlWAYkK/YBwk=</SHA1></FILE_ENTRY></FCIV>",
         "dir/a & b.txt", 1u << KB_DIGEST_MD5 | 1u << KB_DIGEST_SHA1, 2, KB_ABSENT},
        {"FCIV XML",
         "<FCIV>\n  <FILE_ENTRY>\n    <name>総務\\表.txt</name>\n    "
         "<SHA1>2jmj7l5rSw0yVb/vlWAYkK/YBwk=</SHA1>\n  </FILE_ENTRY>\n</FCIV>\n",
         "総務/表.txt", 1u << KB_DIGEST_SHA1, 1, KB_ABSENT},
        {"Get-FileHash",
         "\r\n\r\nAlgorithm : SHA256\r\nHash      : 11111111111111111111111111111111\r\n            "
         "11111111111111111111111111111111\r\nPath      : dir\\a.z\r\n            ip\r\n\r\n\r\nAlgorithm : MD5\r\n"
         "Hash      : " M1 "\r\nPath      : b\r\n\r\n",
         "dir/a.zip", 1u << KB_DIGEST_SHA256 | 1u << KB_DIGEST_MD5, 2, KB_ABSENT},
        {"Get-FileHash CSV",
         "#TYPE Microsoft.PowerShell.Commands.FileHashInfo\r\n\"Algorithm\",\"Hash\",\"Path\"\r\n\"SHA256\",\"" H1
         "\",\"dir\\a, \"\"b\"\".zip\"\r\n",
         "dir/a, \"b\".zip", 1u << KB_DIGEST_SHA256, 1, KB_ABSENT},
        {"GNU", H1 "  \x95\x5c/\x83\x5c.txt\n", "表/ソ.txt", 1u << KB_DIGEST_SHA256, 1, KB_ABSENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step < 2000; step += 499) {
            struct flaws flaws;
            bool good;
            struct kb_manifest *m = parse(cases[i].text, step, &flaws, &good);
            if (!good)
                fail_msg("case %zu: %s", i, flaws.first);
            assert_string_equal(kb_manifest_dialect(m), cases[i].dialect);
            assert_int_equal(kb_manifest_kinds(m), cases[i].kinds);
            if (kb_manifest_count(m) != cases[i].n || !kb_manifest_find(m, cases[i].path))
                fail_msg("case %zu: %zu items, first %s", i, kb_manifest_count(m),
                         kb_manifest_path(m, kb_manifest_at(m, 0)));
            assert_int_equal(kb_manifest_find(m, cases[i].path)->size, cases[i].size);
            kb_manifest_free(m);
        }
}

/* PowerShell's `>` writes UTF-16 with a byte order mark. */
static void test_utf16(void **state)
{
    (void)state;
    const char *line = H1 "  a.txt\r\n";
    for (int big = 0; big < 2; big++) {
        char text[512] = "";
        size_t n = 0;
        text[n++] = big ? '\xfe' : '\xff';
        text[n++] = big ? '\xff' : '\xfe';
        for (const char *s = line; *s; s++) {
            text[n++] = big ? '\0' : *s;
            text[n++] = big ? *s : '\0';
        }
        for (size_t step = 1; step < 8; step++) {
            struct flaws flaws;
            bool good;
            struct kb_manifest *m = parse_n(NULL, text, n, step, &flaws, &good);
            assert_true(good);
            assert_non_null(kb_manifest_find(m, "a.txt"));
            kb_manifest_free(m);
        }
    }
    struct flaws flaws;
    bool good;
    static const char pair[] = "\xff\xfe#\0=\xd8\x00\xde\n\0"; /* U+1F600, then nothing */
    kb_manifest_free(parse_n(NULL, pair, sizeof pair - 1, 1, &flaws, &good));
    assert_false(good);
    assert_non_null(strstr(flaws.first, "no line"));
}

static bool meets(struct kb_manifest *m, const char *path, const char *content)
{
    struct kb_digester *digester = kb_digester_new(kb_manifest_kinds(m));
    struct kb_digests digests;
    kb_digester_begin(digester);
    kb_digester_add(digester, content, strlen(content));
    kb_digester_end(digester, &digests);
    kb_digester_free(digester);
    return kb_listed_meet(m, kb_manifest_find(m, path), &digests, (int64_t)strlen(content));
}

/* What is not just as FCIV writes it is told, and no digest of another file is taken for one. */
static void test_fciv_xml(void **state)
{
    (void)state;
#define ENTRY(name, more) "<FILE_ENTRY><name>" name "</name>" more "</FILE_ENTRY>"
#define EMPTY_MD5         "<MD5>1B2M2Y8AsgTpgAmY7PhCfg==</MD5>"
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"<FCIV>" ENTRY("a", EMPTY_MD5), "line 2: the list ends before </FCIV>"},
        {"<FCIV>" ENTRY("a", EMPTY_MD5) "</FCI", "line 2: not such a line: </FCI"},
        {"<FCIV>" ENTRY("a", "") "</FCIV>", "line 1: no digest that can be compared"},
        {"<FCIV>" ENTRY("a", "<MD5>1B2M2Y8AsgTpgAmY7PhCf===</MD5>") "</FCIV>", "not such a line: 1B2M2"},
        {"<FCIV>" ENTRY("a", "<MD5>1B2M2Y8AsgTpgAmY7PhCfh==</MD5>") "</FCIV>", "not such a line: 1B2M2"},
        {"<FCIV>" ENTRY("a", "<MD5>1B2M2Y8AsgTpgAmY7PhC</MD5>") "</FCIV>", "not such a line: 1B2M2"},
        {"<FCIV>" ENTRY("a", "<SHA256>x</SHA256>") "</FCIV>", "not such a line: <SHA256>"},
        {"<FCIV>" ENTRY("&e;", EMPTY_MD5) "</FCIV>", "not such a line: &e;"},
        {"<FCIV>" ENTRY("a", EMPTY_MD5 EMPTY_MD5) "</FCIV>", "not such a line: 1B2M2"},
        {"<FCIV>" ENTRY("a", EMPTY_MD5) ENTRY("b", "<MD5>1B2M2Y8AsgTpgAmY7PhCfg==") "</FCIV>",
         "line 2: not such a line: </FILE_ENTRY>"},
        {"<FCIV><FILE_ENTRY>" EMPTY_MD5 "</FILE_ENTRY></FCIV>", "line 1: an entry without a name"},
        {"<FCIV>" ENTRY("a", EMPTY_MD5) ENTRY("a", "<MD5>AAAAAAAAAAAAAAAAAAAAAA==</MD5>") "</FCIV>",
         "line 2: stands twice with different hashes (first in line 1)"},
        {"<FCIV></FCIV>", "no line at all"},
        {"<FCIV>" ENTRY("a", EMPTY_MD5) "</FCIV><FCIV>", "line 2: not such a line: <FCIV>"},
        {"<!DOCTYPE x [<!ENTITY e \"a\">]><FCIV>" ENTRY("a", EMPTY_MD5) "</FCIV>",
         "line 1: not such a line: <!DOCTYPE"},
        {"<html><body>a</body></html>", "line 1: not such a line: <html>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step < 500; step += 249) {
            struct flaws flaws;
            bool good;
            kb_manifest_free(parse(cases[i].text, step, &flaws, &good));
            if (good || !strstr(flaws.first, cases[i].says))
                fail_msg("case %zu says: %s", i, good ? "good" : flaws.first);
        }
    /* an element longer than any path, in a database of one line that is longer than any line */
    const size_t n = 64 << 10;
    char *text = malloc(n + 100);
    assert_non_null(text);
    memset(text, 'x', n);
    memcpy(text, "<FCIV><FILE_ENTRY><name>", 24);
    memcpy(text + n, "</name></FILE_ENTRY></FCIV>", 28);
    struct flaws flaws;
    bool good;
    kb_manifest_free(parse(text, 1000, &flaws, &good));
    assert_true(!good && strstr(flaws.first, "longer than any path"));
    size_t at = (size_t)snprintf(text, n, "<FCIV>");
    for (int i = 0; at + 100 < n; i++)
        at += (size_t)snprintf(text + at, n - at, "<FILE_ENTRY><name>%d</name>" EMPTY_MD5 "</FILE_ENTRY>", i);
    memcpy(text + at, "</FCIV>", 8);
    struct kb_manifest *m = parse(text, 1000, &flaws, &good);
    if (!good || kb_manifest_count(m) < 500 || !meets(m, "7", ""))
        fail_msg("%zu entries: %s", kb_manifest_count(m), good ? "good" : flaws.first);
    kb_manifest_free(m);
    free(text);
}

/* 128 digits are SHA-512 or BLAKE2b: as the file's name says, else whichever is equal. */
static void test_digits_128(void **state)
{
    (void)state;
    put_text("f", "content");
    SHELL("sha512sum f > x.sha512; b2sum f > x.b2; cp x.b2 SHA512SUMS; cp x.sha512 list; cp x.b2 list2");
    static const struct {
        const char *file, *name;
        bool equal;
    } cases[] = {{"x.sha512", "SHA-512", true},
                 {"x.b2", "BLAKE2b", true},
                 {"SHA512SUMS", "SHA-512", false},
                 {"list", "SHA-512", true},
                 {"list2", "BLAKE2b", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        int fd = open(cases[i].file, O_RDONLY);
        ssize_t n = read(fd, text, sizeof text);
        assert_true(n > 128 && !close(fd));
        struct flaws flaws;
        bool good;
        const char *names[KB_DIGEST_KINDS];
        struct kb_manifest *m = parse_n(cases[i].file, text, (size_t)n, 100, &flaws, &good);
        assert_true(good);
        assert_int_equal(meets(m, "f", "content"), cases[i].equal);
        assert_int_equal(kb_manifest_digests(m, names), 1);
        assert_string_equal(names[0], cases[i].name);
        assert_false(meets(m, "f", "another"));
        kb_manifest_free(m);
    }
}

/* Every digest and the size that is listed must be equal, not only the strongest one. */
static void test_all_are_compared(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    put_text("f", "content");
    SHELL("sha256sum --tag f > good; md5sum --tag f >> good; (sha256sum --tag f; echo \"MD5 (f) = " M1 "\") > bad");
    for (int i = 0; i < 2; i++) {
        char text[256];
        int fd = open(i ? "bad" : "good", O_RDONLY);
        ssize_t n = read(fd, text, sizeof text);
        assert_true(n > 100 && !close(fd));
        struct flaws flaws;
        bool good;
        struct kb_manifest *m = parse_n(NULL, text, (size_t)n, 100, &flaws, &good);
        assert_true(good);
        assert_int_equal(meets(m, "f", "content"), i == 0);
        if (i)
            assert_string_equal(kb_listed_text(arena, m, kb_manifest_find(m, "f")).en, "MD5 d41d8cd98f00b204…");
        kb_manifest_free(m);
    }
    const char *sized = "%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n9,9a0364b9e99bb480dd25e1f0284c8555,f\n";
    struct flaws flaws;
    bool good;
    struct kb_manifest *m = parse(sized, 100, &flaws, &good);
    assert_false(meets(m, "f", "content"));
    assert_string_equal(kb_listed_text(arena, m, kb_manifest_find(m, "f")).en, "9 bytes, MD5 9a0364b9e99bb480…");
    assert_string_equal(kb_listed_found_text(arena, m, kb_manifest_find(m, "f")).en, "7 bytes, MD5 9a0364b9e99bb480…");
    kb_manifest_free(m);
}

/* The cells of a row of README.md: its lists stand in backquotes. */
static int next_quoted(char **at, char **ret_text)
{
    char *open = strchr(*at, '`'), *close = open ? strchr(open + 1, '`') : NULL;
    if (!close)
        return 0;
    *close = '\0';
    *ret_text = open + 1;
    *at = close + 1;
    return 1;
}

/* `shown` with digits where it says HASH or MD5HASH. */
static void with_digits(const char *shown, char *ret_text)
{
    for (; *shown; shown++) {
        bool md5 = !strncmp(shown, "MD5HASH", 7), sha256 = !strncmp(shown, "HASH", 4) && strncmp(shown, "HASHDEEP", 8);
        if (!md5 && !sha256) {
            *ret_text++ = *shown;
            continue;
        }
        ret_text += sprintf(ret_text, "%s", md5 ? M1 : H1);
        shown += md5 ? 6 : 3;
    }
    *ret_text = '\0';
}

/* README.md: | `list` | made by | looks like |: each is read so, and lists dir/a.txt. */
static void test_readme(void **state)
{
    (void)state;
    FILE *file = fopen(KB_TEST_DATA "/../../README.md", "re");
    assert_non_null(file);
    char row[1024];
    int rows = 0;
    bool inside = false;
    while (fgets(row, sizeof row, file)) {
        inside |= !strncmp(row, "| list | made by |", 18);
        if (!inside || strncmp(row, "| `", 3)) {
            inside = inside && *row == '|';
            continue;
        }
        char text[2048] = "", *at = row, *name, *shown;
        assert_true(next_quoted(&at, &name));
        assert_non_null(at = strstr(at, " | "));
        assert_non_null(at = strstr(at + 3, " | "));
        while (next_quoted(&at, &shown)) {
            with_digits(shown, text + strlen(text));
            strcat(text, "\r\n");
        }
        struct flaws flaws;
        bool good;
        struct kb_manifest *m = parse(text, 100, &flaws, &good);
        if (!good || strcmp(kb_manifest_dialect(m), name) || kb_manifest_count(m) != 1 ||
            !kb_manifest_find(m, "dir/a.txt"))
            fail_msg("%s: %s", name, flaws.first);
        kb_manifest_free(m);
        rows++;
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rows, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_dialects),
        cmocka_unit_test(test_utf16),
        cmocka_unit_test(test_fciv_xml),
        cmocka_unit_test(test_digits_128),
        cmocka_unit_test(test_all_are_compared),
        cmocka_unit_test(test_many_and_long),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_lines_are_sha256sums),
        cmocka_unit_test(test_readme),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
