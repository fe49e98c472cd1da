/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: from names as they really lie on disks come the right pattern, interval and retention; what is no backup is
 * left out and told; and whatever a file is called, the plan that is written loads and finds it. */
#include "draft_bench.h"

static int set_up(void **state)
{
    (void)state;
    return bench_set_up();
}

static int tear_down(void **state)
{
    (void)state;
    return bench_tear_down();
}

static void test_every_workday(void **state)
{
    (void)state;
    put_days("share/share-%Y%m%d.tar", "2026-10-05", 47, 1, true, TAR);
    const struct kb_draft *draft = infer();
    const struct kb_draft_set *set = want_set(draft, "share/share-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 35);
    assert_true(set->copies.v[0].interval == KB_BUSINESS_DAY);
    assert_int_equal(set->retention.daily, 35);
    assert_string_equal(set->title, "share");
    assert_string_equal(set->copies.v[0].why.ja, "2026-10-05〜2026-11-20の35世代、間隔の中央値1日、土日なし");
    assert_string_equal(
        set->copies.v[0].why.en,
        "35 generations from 2026-10-05 to 2026-11-20, median interval 1 day, none on Saturday or Sunday");
    assert_int_equal(draft->sets.n, 1);
    assert_int_equal(draft->unknown.n, 0);
}

/* Each disk has one week from Monday to Friday; alone it says "daily". */
static void test_weeks_in_turn(void **state)
{
    (void)state;
    static const char *const disks[] = {"a", "b"};
    put_days("a/share-%Y%m%d.tar", "2026-11-16", 5, 1, false, TAR);
    put_days("b/share-%Y%m%d.tar", "2026-11-09", 5, 1, false, TAR);
    const struct kb_draft_set *alone = want_set(infer_places(disks, 1), "share-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 5);
    assert_true(alone->copies.v[0].interval == 86400);
    const struct kb_draft *draft = infer_places(disks, 2);
    const struct kb_draft_set *set = want_set(draft, "share-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 5);
    assert_int_equal(set->copies.n, 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(set->copies.v[i].interval == KB_BUSINESS_DAY);
    put_days("b/share-%Y%m%d.tar", "2026-11-14", 1, 1, false, TAR); /* a Saturday after all */
    set = want_set(infer_places(disks, 2), "share-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 5);
    assert_true(set->copies.v[0].interval == 86400);
}

static void test_intervals(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int count, step;
        int64_t interval;
    } rows[] = {
        {"daily-%Y%m%d.tar", 20, 1, 86400},
        {"weekly-%Y%m%d.tar", 8, 7, 7 * 86400},
        {"monthly-%Y%m%d.tar", 6, 30, 31 * 86400},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        put_days(rows[i].path, "2026-05-02", rows[i].count * rows[i].step, rows[i].step, false, TAR);
    const struct kb_draft *draft = infer();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct kb_draft_set *set = want_set(draft, rows[i].path, KB_FORMAT_ARCHIVE, rows[i].count);
        assert_true(set->copies.v[0].interval == rows[i].interval);
    }
    assert_int_equal(want_set(draft, rows[1].path, KB_FORMAT_ARCHIVE, 8)->retention.weekly, 8);
    assert_int_equal(want_set(draft, rows[2].path, KB_FORMAT_ARCHIVE, 6)->retention.monthly, 6);
    assert_int_equal(draft->sets.n, 3); /* mixed in one folder, told apart */
}

static void test_gaps_and_the_future(void **state)
{
    (void)state;
    put_days("db-%Y%m%d.tar", "2026-10-01", 10, 1, false, TAR);
    put_days("db-%Y%m%d.tar", "2026-10-25", 10, 1, false, TAR);
    put_as("db-20991231.tar", TAR);
    const struct kb_draft_set *set = want_set(infer(), "db-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 20);
    assert_true(set->copies.v[0].interval == 86400);
    assert_non_null(strstr(set->copies.v[0].why.ja, "最も長い空きは15日"));
    assert_non_null(strstr(set->copies.v[0].why.ja, "未来の日付の1世代は除く"));
    assert_non_null(strstr(set->copies.v[0].why.en, "longest gap 15 days"));
    assert_string_equal(set->copies.v[0].newest, "db-20261103.tar");
}

static void test_one_file(void **state)
{
    (void)state;
    put_as("backup.tar", TAR);
    put_as("once/db-20261120.tar", TAR);
    const struct kb_draft *draft = infer();
    const struct kb_draft_set *set = want_set(draft, "backup.tar", KB_FORMAT_ARCHIVE, 1);
    assert_true(set->copies.v[0].interval == KB_ABSENT);
    assert_true(set->retention.daily == KB_ABSENT);
    assert_non_null(strstr(set->copies.v[0].why.ja, "間隔はわかりません"));
    want_set(draft, "once/db-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 1);
}

/* Each is put twice, a day apart. */
static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second, *pattern;
    } rows[] = {
        {"a-2026-11-19.tar", "a-2026-11-20.tar", "a-%Y-%m-%d.tar"},
        {"b_2026_11_19.tar", "b_2026_11_20.tar", "b_%Y_%m_%d.tar"},
        {"c-20261119-223015.tar", "c-20261120-223101.tar", "c-%Y%m%d-%H%M%S.tar"},
        {"d-20261119T2230.tar", "d-20261120T2231.tar", "d-%Y%m%dT%H%M.tar"},
        {"e20261119223015.tar", "e20261120223015.tar", "e%Y%m%d%H%M%S.tar"},
        {"会計 2026年11月19日.tar", "会計 2026年11月20日.tar", "会計 %Y年%m月%d日.tar"},
        {"f-2026-11-19_22-30-15.tar", "f-2026-11-20_22-31-00.tar", "f-%Y-%m-%d_%H-%M-%S.tar"},
        {"20261119_g.tar", "20261120_g.tar", "%Y%m%d_g.tar"},
        {"h%20261119.tar", "h%20261120.tar", "h%%%Y%m%d.tar"},
        {"i*?\\20261119.tar", "i*?\\20261120.tar", "i???%Y%m%d.tar"},
        {"j:20261119.tar", "j:20261120.tar", "j?%Y%m%d.tar"},
        {"k-20261119-20261119.tar", "k-20261120-20261120.tar", "k-%Y%m%d-%Y%m%d.tar"},
        {"l-12345678-20261119.tar", "l-12345678-20261120.tar", "l-12345678-%Y%m%d.tar"},
        {"m-202610.tar", "m-202611.tar", "m-??????.tar"},
        {"2026/10/n-20261031.tar", "2026/11/n-20261120.tar", "%Y/%m/n-%Y%m%d.tar"},
        {"o/2026/11/19/x.tar", "o/2026/11/20/x.tar", "o/%Y/%m/%d/x.tar"},
        {"p/2026-11-19/x.tar", "p/2026-11-20/x.tar", "p/%Y-%m-%d/x.tar"},
        {"q-v1.2-20261119.tar", "q-v1.2-20261120.tar", "q-v1.2-%Y%m%d.tar"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_as(rows[i].first, TAR);
        put_as(rows[i].second, TAR);
    }
    const struct kb_draft *draft = infer();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        want_set(draft, rows[i].pattern, KB_FORMAT_ARCHIVE, 2);
    assert_int_equal(draft->sets.n, sizeof rows / sizeof *rows);
}

static void test_weekdays(void **state)
{
    (void)state;
    static const char *const days[] = {"月", "火", "水", "木", "金"}, *const english[] = {"Mon", "Tue", "Wed", "Thu",
                                                                                          "Fri"};
    for (int i = 0; i < 5; i++) {
        int64_t monday = t.now - 7 * INT64_C(86400);
        put(kb_sprintf(t.arena, "会計/%s/books.zip", days[i]), ZIP, monday + i * INT64_C(86400));
        put(kb_sprintf(t.arena, "給与_%s.zip", days[i]), ZIP, monday + i * INT64_C(86400));
        put(kb_sprintf(t.arena, "job-%s.tar", english[i]), TAR, monday + i * INT64_C(86400));
        put(kb_sprintf(t.arena, "曜日/%s曜日/f.txt", days[i]), TEXT, monday + i * INT64_C(86400));
        put(kb_sprintf(t.arena, "弥生/%s/売上.KB26", days[i]), TEXT, monday + i * INT64_C(86400));
    }
    put_as("水.tar", TAR); /* alone it is water */
    const struct kb_draft *draft = infer();
    static const struct {
        const char *path;
        int format;
    } rows[] = {{"会計/%{weekday:月火水木金}/books.zip", KB_FORMAT_ARCHIVE},
                {"給与_%{weekday:月火水木金}.zip", KB_FORMAT_ARCHIVE},
                {"job-%{weekday:Mon,Tue,Wed,Thu,Fri}.tar", KB_FORMAT_ARCHIVE},
                {"曜日/%{weekday:月火水木金}曜日", KB_FORMAT_TREE},
                {"弥生/%{weekday:月火水木金}/売上.KB26", KB_FORMAT_FILE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct kb_draft_set *set = want_set(draft, rows[i].path, rows[i].format, 5);
        assert_true(set->copies.v[0].interval == KB_BUSINESS_DAY);
        assert_int_equal(set->retention.daily, 5);
    }
    want_set(draft, "水.tar", KB_FORMAT_ARCHIVE, 1);
    assert_int_equal(want_set(draft, rows[4].path, KB_FORMAT_FILE, 5)->tool, KB_TOOL_YAYOI);
    assert_int_equal(draft->sets.n, 6);
    load(draft, KB_JA);
}

static void test_eras_and_short_years(void **state)
{
    (void)state;
    put_as("a/令和8年11月19日.tar", TAR);
    put_as("a/令和8年11月20日.tar", TAR);
    put_as("b/share-R081119.tar", TAR);
    put_as("b/share-R081120.tar", TAR);
    put_as("c/db261119.tar", TAR);
    put_as("c/db261120.tar", TAR);
    const struct kb_draft *draft = infer();
    want_set(draft, "a/%{era}%m月%d日.tar", KB_FORMAT_ARCHIVE, 2);
    want_set(draft, "b/share-%{era}%m%d.tar", KB_FORMAT_ARCHIVE, 2);
    want_set(draft, "c/db%y%m%d.tar", KB_FORMAT_ARCHIVE, 2);
    assert_int_equal(draft->sets.n, 3);
}

static void test_split_files(void **state)
{
    (void)state;
    for (int day = 18; day < 21; day++)
        for (int part = 1; part < 5; part++)
            put_as(kb_sprintf(t.arena, "share-202611%d.tar.%03d", day, part), part == 1 ? TAR : TEXT);
    put_as("report.001", TEXT); /* no part of anything */
    const struct kb_draft *draft = infer();
    const struct kb_draft_set *set = want_set(draft, "share-%Y%m%d.tar.%{part}", KB_FORMAT_ARCHIVE, 3);
    assert_int_equal(set->copies.v[0].newest_bytes, 1024 + 3 * 5);
    assert_int_equal(draft->sets.n, 1);
}

static void test_chains(void **state)
{
    (void)state;
    put_days("week/share-full-%Y%m%d.tar", "2026-11-01", 21, 7, false, TAR);
    put_days("week/share-inc-%Y%m%d.tar", "2026-11-02", 19, 1, false, TAR);
    put_days("月次/フル_%Y%m%d.tar", "2026-11-01", 1, 1, false, TAR);
    put_days("月次/差分_%Y%m%d.tar", "2026-11-02", 5, 1, false, TAR);
    const struct kb_draft *draft = infer();
    const struct kb_draft_set *week = want_set(draft, "week", KB_FORMAT_CHAIN, 3);
    assert_string_equal(week->chain->full, "share-full-%Y%m%d.tar");
    assert_string_equal(week->chain->part, "share-inc-%Y%m%d.tar");
    assert_int_equal(week->chain->kind, KB_CHAIN_INCREMENTAL);
    assert_string_equal(week->title, "share");
    assert_string_equal(week->id, "share");
    assert_true(week->copies.v[0].interval == 86400);
    assert_int_equal(want_set(draft, "月次", KB_FORMAT_CHAIN, 1)->chain->kind, KB_CHAIN_DIFFERENTIAL);
    assert_int_equal(draft->sets.n, 2);
    load(draft, KB_JA);
}

static void test_litter_and_strays(void **state)
{
    (void)state;
    static const char *const litter[] = {"Thumbs.db",
                                         ".DS_Store",
                                         "~$20261120.tar",
                                         "desktop.ini",
                                         "._share-20261120.tar",
                                         "System Volume Information/IndexerVolumeGuid-20261120.tar",
                                         "$RECYCLE.BIN/S-1/x.tar",
                                         "lost+found/x.tar",
                                         "@eaDir/x.tar",
                                         ".Trash-1000/files/x.tar"};
    static const char *const strays[] = {"share-20261118 (1).tar", "share-20261118 - コピー.tar",
                                         "コピー ～ share-20261118.tar", "share-20261118 - Copy.tar",
                                         "share-20261118 - コピー (2).tar"};
    for (size_t i = 0; i < sizeof litter / sizeof *litter; i++)
        put_as(litter[i], TAR);
    for (size_t i = 0; i < sizeof strays / sizeof *strays; i++)
        put_as(strays[i], TAR);
    put_days("share-%Y%m%d.tar", "2026-11-16", 5, 1, false, TAR);
    put_as("メモ.txt", TEXT);
    const struct kb_draft *draft = infer();
    want_set(draft, "share-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 5);
    assert_int_equal(draft->sets.n, 1);
    assert_int_equal(draft->unknown.n, 2);
    assert_string_equal(draft->unknown.v[0].first, "メモ.txt");
    assert_int_equal(draft->unknown.v[1].n, 5);
    assert_non_null(strstr(draft->unknown.v[1].why.ja, "手作業"));
}

static void test_content_counts(void **state)
{
    (void)state;
    put_days("a/data-%Y%m%d.zip", "2026-11-16", 3, 1, false, TEXT); /* called zip, and none */
    put_days("b/data-%Y%m%d.bin", "2026-11-16", 3, 1, false, ZIP);  /* a zip under another name */
    put_days("c/book-%Y%m%d.xlsx", "2026-11-16", 3, 1, false, OFFICE);
    put_days("d/orders-%Y%m%d.db", "2026-11-16", 3, 1, false, SQLITE);
    put_days("e/log-%Y%m%d.log", "2026-11-16", 3, 1, false, TEXT);
    put_as("installer.exe", EXE);
    put_days("f/image-%Y%m%d.vhdx", "2026-11-16", 3, 1, false, VHDX);
    put_days("g/image-%Y%m%d.vhdx", "2026-11-16", 3, 1, false, BLANK); /* never written: no empty tar */
    const struct kb_draft *draft = infer();
    want_set(draft, "a/data-%Y%m%d.zip", KB_FORMAT_FILE, 3);
    want_set(draft, "b/data-%Y%m%d.bin", KB_FORMAT_ARCHIVE, 3);
    const struct kb_draft_set *orders = want_set(draft, "d/orders-%Y%m%d.db", KB_FORMAT_FILE, 3);
    assert_string_equal(orders->sqlite, "orders.db");
    const struct kb_draft_set *image = want_set(draft, "f/image-%Y%m%d.vhdx", KB_FORMAT_FILE, 3);
    assert_non_null(strstr(image->format_why.en, "VHDX"));
    want_set(draft, "g/image-%Y%m%d.vhdx", KB_FORMAT_FILE, 3);
    want_set(draft, "c", KB_FORMAT_TREE, 1); /* papers and logs with dates are a folder that people work in */
    want_set(draft, "e", KB_FORMAT_TREE, 1);
    assert_int_equal(draft->sets.n, 7);
}

static void test_folders(void **state)
{
    (void)state;
    for (int day = 16; day < 21; day++)
        for (int i = 0; i < 6; i++) {
            put_as(kb_sprintf(t.arena, "full/202611%d/総務/f%d.txt", day, i), TEXT);
            put_as(kb_sprintf(t.arena, "packed/2026-11-%d/share.tar", day), TAR);
            put_as(kb_sprintf(t.arena, "packed/2026-11-%d/orders.db", day), SQLITE);
        }
    for (int i = 0; i < 9; i++) {
        put_as(kb_sprintf(t.arena, "mirror/総務/2026/議事録202611%02d.docx", i + 10), OFFICE);
        put_as(kb_sprintf(t.arena, "mirror/営業/見積%d.txt", i), TEXT);
    }
    put_as("mirror/営業/旧データ.zip", ZIP);
    put_as("mirror/写真/2026/11/p1.txt", TEXT);
    const struct kb_draft *draft = infer();
    want_set(draft, "full/%Y%m%d", KB_FORMAT_TREE, 5);
    want_set(draft, "packed/%Y-%m-%d/share.tar", KB_FORMAT_ARCHIVE, 5);
    want_set(draft, "packed/%Y-%m-%d/orders.db", KB_FORMAT_FILE, 5);
    const struct kb_draft_set *mirror = want_set(draft, "mirror", KB_FORMAT_TREE, 1);
    assert_int_equal(mirror->method, KB_METHOD_MIRROR);
    assert_non_null(strstr(mirror->copies.v[0].why.en, ", 20 files"));
    assert_int_equal(draft->sets.n, 4);
    put_as("mirror/1/2/3/4/5/6/7/8/9/10.txt", TEXT); /* deeper than is looked */
    mirror = want_set(infer(), "mirror", KB_FORMAT_TREE, 1);
    assert_non_null(strstr(mirror->copies.v[0].why.en, ", at least 20 files"));
    assert_non_null(strstr(mirror->copies.v[0].why.ja, "20 ファイル以上"));
}

static void test_manifests(void **state)
{
    (void)state;
    put_days("a/share-%Y%m%d.tar", "2026-11-16", 5, 1, false, TAR);
    put_days("a/share-%Y%m%d.sha256", "2026-11-17", 4, 1, false, TEXT);
    put_days("b/db-%Y%m%d.tar", "2026-11-16", 5, 1, false, TAR);
    put_days("b/db-%Y%m%d.tar.sha256", "2026-11-16", 5, 1, false, TEXT);
    put_days("c/x-%Y%m%d.tar", "2026-11-16", 5, 1, false, TAR);
    put_as("c/SHA256SUMS", TEXT);
    put_days("d/y-%Y%m%d.tar", "2026-11-16", 5, 1, false, TAR);
    put_as("d/z-20261120.sha256", TEXT); /* of something else */
    const struct kb_draft *draft = infer();
    const struct kb_draft_set *a = want_set(draft, "a/share-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 5);
    assert_string_equal(a->copies.v[0].manifest, "a/share-%Y%m%d.sha256");
    assert_string_equal(a->copies.v[0].manifest_why.ja, "5世代中4世代にあります");
    assert_string_equal(want_set(draft, "b/db-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 5)->copies.v[0].manifest,
                        "b/db-%Y%m%d.tar.sha256");
    assert_string_equal(want_set(draft, "c/x-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 5)->copies.v[0].manifest, "c/SHA256SUMS");
    assert_null(want_set(draft, "d/y-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 5)->copies.v[0].manifest);
    assert_int_equal(draft->sets.n, 4);
}

static void test_manifests_of_other_tools(void **state)
{
    (void)state;
    static const char *const own[] = {"sha512", "md5", "hashdeep", "mtree", "zip.b2", "zip.sha1", "md5sum.txt"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        put_days(kb_sprintf(t.arena, "d%zu/x-%%Y%%m%%d.zip", i), "2026-11-16", 5, 1, false, ZIP);
        put_days(kb_sprintf(t.arena, "d%zu/x-%%Y%%m%%d.%s", i, own[i]), "2026-11-16", 5, 1, false, TEXT);
    }
    const struct kb_draft *draft = infer();
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        assert_string_equal(
            want_set(draft, kb_sprintf(t.arena, "d%zu/x-%%Y%%m%%d.zip", i), KB_FORMAT_ARCHIVE, 5)->copies.v[0].manifest,
            kb_sprintf(t.arena, "d%zu/x-%%Y%%m%%d.%s", i, own[i]));
    assert_int_equal(draft->sets.n, sizeof own / sizeof *own); /* no list is taken for a backup */
}

static void test_manifests_side_by_side(void **state)
{
    (void)state;
    put_days("a/x-%Y%m%d.tar", "2026-11-16", 5, 1, false, TAR);
    put_days("a/x-%Y%m%d.tar.md5", "2026-11-16", 5, 1, false, TEXT);
    put_days("a/x-%Y%m%d.tar.sha256", "2026-11-16", 5, 1, false, TEXT);
    put_days("b/x-%Y%m%d.tar", "2026-11-16", 5, 1, false, TAR);
    put_days("b/x-%Y%m%d.tar.md5", "2026-11-16", 5, 1, false, TEXT);
    put_as("b/SHA512SUMS.txt", TEXT);
    put_days("c/x-%Y%m%d.tar", "2026-11-16", 5, 1, false, TAR);
    put_days("c/x-%Y%m%d.tar.md5", "2026-11-16", 5, 1, false, TEXT);
    put_as("c/MD5SUMS", TEXT);
    const struct kb_draft *draft = infer();
    assert_string_equal(want_set(draft, "a/x-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 5)->copies.v[0].manifest,
                        "a/x-%Y%m%d.tar.sha256");
    assert_string_equal(want_set(draft, "b/x-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 5)->copies.v[0].manifest,
                        "b/SHA512SUMS.txt");
    assert_string_equal(want_set(draft, "c/x-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 5)->copies.v[0].manifest,
                        "c/x-%Y%m%d.tar.md5");
}

static void test_two_places(void **state)
{
    (void)state;
    put_days("one/share/share-%Y%m%d.tar", "2026-11-02", 14, 1, true, TAR);
    put_days("one/db-%Y%m%d.tar", "2026-11-02", 14, 1, true, TAR);
    put_days("two/share/share-%Y%m%d.tar", "2026-11-09", 14, 1, true, TAR);
    put_days("two/deep/db-%Y%m%d.tar", "2026-11-02", 7, 1, true, TAR);
    const struct kb_draft *draft = infer_places((const char *[]){"one", "two"}, 2);
    assert_int_equal(draft->media.n, 2);
    assert_int_equal(draft->sets.n, 2);
    const struct kb_draft_set *share = want_set(draft, "share/share-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 10);
    assert_int_equal(share->copies.n, 2);
    assert_int_equal(share->copies.v[0].medium, 1); /* the newer one comes first */
    assert_int_equal(share->copies.v[1].medium, 0);
    const struct kb_draft_set *db = want_set(draft, "db-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 10);
    assert_string_equal(db->copies.v[1].path, "deep/db-%Y%m%d.tar");
    load(draft, KB_JA);
    load(draft, KB_EN);
}

static void test_walk_stays_inside(void **state)
{
    (void)state;
    put_as("share-20261120.tar", TAR);
    assert_int_equal(symlink("/", kb_sprintf(t.arena, "%s/everything", t.dir)), 0);
    assert_int_equal(mkfifo(kb_sprintf(t.arena, "%s/pipe-20261120.tar", t.dir), 0644), 0);
    const char *deep = "";
    for (int i = 0; i <= KB_SCAN_DEPTH_MAX; i++)
        deep = kb_sprintf(t.arena, "%sd%d/", deep, i);
    put_as(kb_sprintf(t.arena, "%sx-20261120.tar", deep), TAR);
    const struct kb_draft *draft = infer();
    want_set(draft, "share-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 1);
    assert_int_equal(draft->sets.n, 1);
    assert_int_equal(draft->unknown.n, 2);
    assert_int_equal(draft->unknown.v[0].n, 2); /* the link and the pipe */
    assert_non_null(strstr(draft->unknown.v[1].why.en, "too deep"));
    assert_int_equal(t.end.stopped, KB_SCAN_DEPTH);
}

static void count_bytes(void *owner, const struct kb_seen *seen)
{
    *(int64_t *)owner += (int64_t)kb_json_bytes(seen->path) + 100;
}

/* More than the agent takes of one worker is not told: it would be taken for a lie. */
static void test_long_names_end_the_walk(void **state)
{
    (void)state;
    enum { FILES = 16000 };
    char name[241];
    memset(name, 1, sizeof name - 1); /* each byte is told as three */
    name[sizeof name - 1] = '\0';
    struct kb_err err = {0};
    const char *folder = kb_sprintf(t.arena, "%s/%s/%s/%s", t.dir, name, name, name);
    assert_int_equal(kb_mkdir_p(folder, 0755, &err), 0);
    KB_SCOPED_FD at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < FILES; i++)
        assert_int_equal(mknodat(at, kb_sprintf(t.arena, "%s%06d", name, i), S_IFREG | 0644, 0), 0);
    struct kb_survey *survey = NULL;
    struct kb_scan_end end;
    int64_t bytes = 0;
    assert_int_equal(kb_survey_open(t.dir, &survey, &err), 0);
    kb_survey_run(survey, count_bytes, &bytes, t.arena, &end);
    kb_survey_free(survey);
    assert_int_equal(end.stopped, KB_SCAN_ENTRIES);
    assert_true(bytes > KB_SCAN_TOLD_BYTES_MAX / 2 && bytes < KB_REPLIES_BYTES_MAX);
}

static void test_collections(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++)
        put_as(kb_sprintf(t.arena, "downloads/program%c.zip", i < 26 ? 'a' + i : 'A' + i - 26), ZIP);
    put_days("downloads/share-%Y%m%d.tar", "2026-11-02", 3, 1, false, TAR);
    const struct kb_draft *draft = infer();
    assert_int_equal(want_set(draft, "downloads", KB_FORMAT_TREE, 1)->method, KB_METHOD_MIRROR);
    assert_int_equal(draft->sets.n, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_every_workday),
        TEST(test_weeks_in_turn),
        TEST(test_intervals),
        TEST(test_gaps_and_the_future),
        TEST(test_one_file),
        TEST(test_names),
        TEST(test_litter_and_strays),
        TEST(test_weekdays),
        TEST(test_eras_and_short_years),
        TEST(test_split_files),
        TEST(test_chains),
        TEST(test_content_counts),
        TEST(test_folders),
        TEST(test_manifests),
        TEST(test_manifests_of_other_tools),
        TEST(test_manifests_side_by_side),
        TEST(test_two_places),
        TEST(test_walk_stays_inside),
        TEST(test_long_names_end_the_walk),
        TEST(test_collections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
