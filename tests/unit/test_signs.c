/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: what a file begins with is held against its name without false alarms on what offices really have, and names
 * that ransomware leaves are known. */
#include <stdlib.h>
#include <string.h>

#include "../../agent/verify/endings.h"
#include "tools.h"

#define JUDGE(name, literal) kb_ending_judge(name, (const uint8_t *)(literal), sizeof(literal) - 1)

/* The same bytes in every run, as even as encrypted ones. */
static void noise(uint8_t *to, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        to[i] = (uint8_t)(seed >> 11);
    }
}

static void test_tables_are_searchable(void **state)
{
    (void)state;
    assert_true(kb_ending_sorted());
    assert_true(kb_ransom_names_sorted());
    assert_int_equal(strlen(kb_ransom_names_dated()), strlen("2026-11-23"));
}

static void test_real_formats_fit(void **state)
{
    (void)state;
    static const char ole[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 rest";
    assert_int_equal(JUDGE("見積.xlsx", "PK\3\4 rest"), KB_ENDING_FITS);
    assert_int_equal(JUDGE("見積.XLSX", "PK\3\4 rest"), KB_ENDING_FITS);
    assert_int_equal(JUDGE("給与.xlsx", ole), KB_ENDING_SEALED); /* a password: common, never odd */
    assert_int_equal(JUDGE("給与.docx", ole), KB_ENDING_SEALED);
    assert_int_equal(JUDGE("古い.xls", ole), KB_ENDING_FITS);
    assert_int_equal(JUDGE("古い.xls", "\x09\x04\x06\x00\x00\x00"), KB_ENDING_FITS);
    assert_int_equal(JUDGE("出力.xls", "<html><table><tr><td>business programs export this"), KB_ENDING_FITS);
    assert_int_equal(JUDGE("契約.doc", "{\\rtf1\\ansi"), KB_ENDING_FITS);
    assert_int_equal(JUDGE("図.pdf", "\xef\xbb\xbf%PDF-1.7"), KB_ENDING_FITS);
    assert_int_equal(JUDGE("写真.jpg", "\xff\xd8\xff\xe1"), KB_ENDING_FITS);
    assert_int_equal(JUDGE("写真.jpg", "\x89PNG\r\n\x1a\n"), KB_ENDING_FITS); /* what browsers save */
    assert_int_equal(JUDGE("台帳.accdb", "\0\1\0\0Standard ACE DB\0"), KB_ENDING_FITS);
    assert_int_equal(JUDGE("台帳.mdb", "\0\1\0\0Standard Jet DB\0"), KB_ENDING_FITS);
    assert_int_equal(JUDGE("図面.dwg", "AC1032"), KB_ENDING_FITS);
    assert_int_equal(JUDGE("文書.jtd", ole), KB_ENDING_FITS);
    assert_int_equal(JUDGE("a.sqlite", "SQLite format 3\0"), KB_ENDING_FITS);
    assert_int_equal(JUDGE("a.7z", "7z\xbc\xaf\x27\x1c"), KB_ENDING_FITS);
    assert_int_equal(JUDGE("a.lzh", "\x20\x00-lh5-"), KB_ENDING_FITS);
}

static void test_what_says_nothing_is_not_judged(void **state)
{
    (void)state;
    assert_int_equal(JUDGE("見積.xlsx", ""), KB_ENDING_UNKNOWN); /* empty */
    assert_int_equal(JUDGE("~$見積.xlsx", "\x05owner"), KB_ENDING_UNKNOWN);
    assert_int_equal(JUDGE("._見積.xlsx", "\0\5\26\7"), KB_ENDING_UNKNOWN);
    assert_int_equal(JUDGE("なし", "anything"), KB_ENDING_UNKNOWN);
    assert_int_equal(JUDGE(".xlsx", "anything"), KB_ENDING_UNKNOWN);
    assert_int_equal(JUDGE("a.dat", "anything"), KB_ENDING_UNKNOWN);
    assert_int_equal(JUDGE("短い.txt", "\1\2\3"), KB_ENDING_UNKNOWN);
}

static void test_texts_of_japan_fit(void **state)
{
    (void)state;
    static const char utf8[] = "議事録。今日の出席者は次のとおりです。営業、総務、技術。";
    assert_int_equal(JUDGE("a.txt", utf8), KB_ENDING_FITS);
    for (size_t cut = 33; cut < sizeof utf8; cut++) /* wherever the first bytes end */
        assert_int_equal(kb_ending_judge("a.txt", (const uint8_t *)utf8, cut), KB_ENDING_FITS);
    /* 「品名,数量,備考」「灯油,200,表ソ能」… as CP932, EUC-JP, ISO-2022-JP, half-width kana */
    assert_int_equal(JUDGE("a.csv",
                           "\x95i\x96\xbc,\x90\x94\x97\xca,\x94\xf5\x8dl\r\n\x93\x94\x96\xfb,200,\x95\\\x83\\\x94\\\r\n"
                           "\x8cy\x96\xfb,18,\x95\\\x83\\\x94\\\r\n"),
                     KB_ENDING_FITS);
    assert_int_equal(
        JUDGE("a.csv",
              "\xc9\xca\xcc\xbe,\xbf\xf4\xce\xcc,\xc8\xf7\xb9\xcd\n\xc5\xf4\xcc\xfd,200,\xc9\xbd\xa5\xbd\xc7\xbd\n"
              "\xb7\xda\xcc\xfd,18\n"),
        KB_ENDING_FITS);
    assert_int_equal(JUDGE("a.txt", "\x1b$BIJL>\x1b(B,\x1b$B?tNL\x1b(B\n\x1b$BEtL}\x1b(B,200 and more of it\n"),
                     KB_ENDING_FITS);
    assert_int_equal(
        JUDGE("a.csv", "\xb3\xb8\xb9,\xba\xbb\xbc,100,\xbd\xbe\xbf,\xc0\xc1\xc2,200,\xc3\xc4\xc5,300,\xc6\r\n"),
        KB_ENDING_FITS);
    /* a licence or a supplier's note in ISO 8859-1 */
    assert_int_equal(
        JUDGE("a.txt", "\xa9 2005 M\xfcller GmbH, K\xf6ln. All rights reserved \xb7 caf\xe9 d\xe9j\xe0 vu\r\n"),
        KB_ENDING_FITS);
    assert_int_equal(JUDGE("a.txt", "\xff\xfe"
                                    "a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0m\0n\0o\0p\0q\0"),
                     KB_ENDING_FITS);
    assert_int_equal(JUDGE("a.txt", "a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0m\0n\0o\0p\0q\0r\0s\0"), KB_ENDING_FITS);
}

static void test_noise_under_any_name_is_odd(void **state)
{
    (void)state;
    static const char *const names[] = {"a.xlsx", "a.docx", "a.pdf", "a.jpg", "a.zip", "a.xls",
                                        "a.txt",  "a.csv",  "a.mdb", "a.dwg", "a.jtd", "a.html"};
    uint8_t lead[1024];
    for (uint32_t seed = 1; seed <= 200; seed++) {
        noise(lead, sizeof lead, seed * 2654435761u);
        assert_true(kb_is_noise(lead, sizeof lead));
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (kb_ending_judge(names[i], lead, sizeof lead) != KB_ENDING_ODD)
                fail_msg("%s passed with seed %u", names[i], seed);
    }
    memset(lead, 0, sizeof lead);
    assert_int_equal(kb_ending_judge("a.txt", lead, sizeof lead), KB_ENDING_ODD);
    assert_int_equal(kb_ending_judge("a.xlsx", lead, sizeof lead), KB_ENDING_ODD);
    assert_false(kb_is_noise(lead, sizeof lead));
}

static void test_texts_are_no_noise(void **state)
{
    (void)state;
    uint8_t lead[1024];
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    noise(lead, sizeof lead, 5);
    assert_false(kb_is_noise(lead, 511)); /* too little to say */
    for (size_t i = 0; i < sizeof lead; i++)
        lead[i] = (uint8_t)base64[lead[i] & 63];
    assert_false(kb_is_noise(lead, sizeof lead));
}

static void test_names_that_ransomware_leaves(void **state)
{
    (void)state;
    assert_int_equal(kb_ransom_name("見積.xlsx.lockbit"), KB_RANSOM_ENDING);
    assert_int_equal(kb_ransom_name("見積.xlsx.id[1A2B3C4D-2803].[mail@example.com].PHOBOS"), KB_RANSOM_ENDING);
    assert_int_equal(kb_ransom_name("見積.xlsx.akira"), KB_RANSOM_COMMON); /* and a given name */
    assert_int_equal(kb_ransom_name("見積.xlsx.WNCRY"), KB_RANSOM_ENDING);
    assert_int_equal(kb_ransom_name("RyukReadMe.html"), KB_RANSOM_NOTE);
    assert_int_equal(kb_ransom_name("見積.xlsx.locked"), KB_RANSOM_COMMON);
    assert_int_equal(kb_ransom_name("akira_readme.txt"), KB_RANSOM_NOTE);
    assert_int_equal(kb_ransom_name("RESTORE-MY-FILES.TXT"), KB_RANSOM_NOTE);
    assert_int_equal(kb_ransom_name("How_To_Decrypt.html"), KB_RANSOM_NOTE);
    static const char *const honest[] = {"README.txt",
                                         "README_ja.txt",
                                         "readme.md",
                                         "lockbit",
                                         ".lockbit",
                                         "見積.xlsx",
                                         "info.txt",
                                         "",
                                         "recover.txt",
                                         "akira",
                                         "lock.txt",
                                         "a.",
                                         "_readme.txt",
                                         "How_To_Decrypt.pdf",
                                         "recover-old-files.txt",
                                         "写真.ransom"};
    for (size_t i = 0; i < sizeof honest / sizeof *honest; i++)
        if (kb_ransom_name(honest[i]))
            fail_msg("%s is called a name of ransomware", honest[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_are_searchable),           cmocka_unit_test(test_real_formats_fit),
        cmocka_unit_test(test_what_says_nothing_is_not_judged), cmocka_unit_test(test_texts_of_japan_fit),
        cmocka_unit_test(test_noise_under_any_name_is_odd),     cmocka_unit_test(test_texts_are_no_noise),
        cmocka_unit_test(test_names_that_ransomware_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
