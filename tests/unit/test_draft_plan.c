/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: the plan that is written loads, whatever files and people are called, says each medium as what it is, and
 * believes nothing that leads out of the place that was scanned. */
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

/* What a worker tells is not believed where it leads out of the place. */
static void test_paths_that_lead_out(void **state)
{
    (void)state;
    const struct kb_seen seen[] = {
        {.path = "..", .kind = KB_SEEN_FOLDER},
        {.path = "../x-20261120.tar", .kind = KB_SEEN_FILE, .looked_into = true, .container = "tar"},
        {.path = "/etc/x-20261120.tar", .kind = KB_SEEN_FILE, .looked_into = true, .container = "tar"},
        {.path = "a/x-20261120.tar", .kind = KB_SEEN_FILE, .looked_into = true, .container = "tar"},
        {.path = "", .kind = KB_SEEN_FILE, .looked_into = true, .container = "tar"},
        {.path = "good-20261120.tar",
         .kind = KB_SEEN_FILE,
         .looked_into = true,
         .container = "tar",
         .tool = KB_TOOL_OTHER},
    };
    const struct kb_medium_state medium = {.root = "/mnt"};
    const struct kb_scan_end end = {0};
    struct kb_scanned scanned = {.path = "/mnt", .state = &medium, .end = &end};
    scanned.seen.n = sizeof seen / sizeof *seen;
    scanned.seen.v = kb_alloc(t.arena, scanned.seen.n, sizeof *seen);
    memcpy(scanned.seen.v, seen, sizeof seen);
    const struct kb_draft *draft = kb_draft_infer(&scanned, 1, t.now, t.arena);
    want_set(draft, "good-%Y%m%d.tar", KB_FORMAT_ARCHIVE, 1);
    assert_int_equal(draft->sets.n, 1);
}

static void test_media(void **state)
{
    (void)state;
    struct kb_medium_state media[] = {{.root = "/mnt/a",
                                       .fs_uuid = "5E2C1A3B2C1A0F4D",
                                       .label = "控え: \"A\"",
                                       .serial = "WD-1",
                                       .device = "/dev/sdb1",
                                       .fs_type = "ntfs"},
                                      {.root = "/mnt/b",
                                       .fs_uuid = "012",
                                       .luks_uuid = "0be357c9-64e6-4edd-8118-dba4d763d0bf",
                                       .container = "luks",
                                       .device = "/dev/dm-0",
                                       .fs_type = "ext4"},
                                      {.root = "/mnt/nas", .source = "//nas.local/backup", .fs_type = "cifs"},
                                      {.root = "/srv/no", .fs_type = "ext4"}};
    struct kb_seen seen = {.path = "x-20261120.tar", .looked_into = true, .container = "tar", .tool = KB_TOOL_OTHER};
    const struct kb_scan_end end = {0};
    struct kb_scanned scanned[4] = {0};
    for (size_t i = 0; i < 4; i++)
        scanned[i] = (struct kb_scanned){.path = media[i].root, .state = &media[i], .end = &end, .seen = {1, &seen}};
    const struct kb_draft *draft = kb_draft_infer(scanned, 4, t.now, t.arena);
    assert_int_equal(draft->sets.n, 0); /* `012` is no UUID: with such a medium nothing loads */
    media[1].fs_uuid = "0125-AAAA";
    const struct kb_plan *plan = load(kb_draft_infer(scanned, 4, t.now, t.arena), KB_JA);
    assert_int_equal(plan->backup_sets.v[0].copies.n, 4);
    assert_int_equal(plan->media.n, 4);
    assert_int_equal(plan->media.v[0].kind, KB_MEDIUM_HDD);
    assert_string_equal(plan->media.v[0].label, "控え: \"A\"");
    assert_string_equal(plan->media.v[0].serial, "WD-1");
    assert_string_equal(plan->media.v[1].luks_uuid, media[1].luks_uuid);
    assert_int_equal(plan->media.v[1].encryption->kind, KB_ENCRYPTION_LUKS);
    assert_int_equal(plan->media.v[2].kind, KB_MEDIUM_NAS);
    assert_string_equal(plan->media.v[2].source, "//nas.local/backup");
    assert_string_equal(plan->media.v[3].id, "folder-no");
}

static void test_starter(void **state)
{
    (void)state;
    const struct kb_draft_answers answers = {.company = "株式会社 # \"起き上がり\": 『小法師』",
                                             .function = "受発注・配送",
                                             .owner = "- 業務課長",
                                             .home = "no",
                                             .rto = 8 * 3600,
                                             .mtpd = 3 * 86400,
                                             .rpo = 86400,
                                             .retrieval = 5400};
    for (int lang = KB_JA; lang <= KB_EN; lang++)
        for (int with = 0; with < 2; with++) {
            const struct kb_draft_text text = {
                .lang = (enum kb_lang)lang, .zone = "Asia/Tokyo", .answers = with ? &answers : NULL, .now = t.now};
            const char *plan = kb_draft_plan(NULL, &text, t.arena);
            const struct kb_plan *loaded = load_text(plan);
            int lines = 0;
            for (const char *at = plan; *at; at++)
                lines += *at == '\n';
            assert_in_range(lines, 20, 50);
            assert_int_equal(loaded->functions.n, 1);
            if (!with)
                continue;
            assert_string_equal(loaded->plan.organization->name.ja, answers.company);
            assert_string_equal(loaded->functions.v[0].owner.ja, answers.owner);
            assert_string_equal(loaded->media.v[0].home.ja, "no");
            assert_int_equal(loaded->media.v[0].retrieval, 5400);
            assert_int_equal(loaded->functions.v[0].mtpd, 3 * 86400);
        }
}

/* Bytes that names are made of, the awkward ones first. */
static const char *const morsels[] = {"'",
                                      "\"",
                                      ":",
                                      " #",
                                      "-",
                                      "%",
                                      " ",
                                      "\t",
                                      "\n",
                                      "\\",
                                      "*",
                                      "?",
                                      "[",
                                      "]",
                                      "{",
                                      "}",
                                      ",",
                                      "&",
                                      "!",
                                      "|",
                                      ">",
                                      "@",
                                      "`",
                                      "\x01",
                                      "\x7f",
                                      "\xc2\x85",
                                      "\xe2\x80\xa8",
                                      "\xe2\x80\xae",
                                      "\xef\xbb\xbf",
                                      "\xef\xbf\xbe",
                                      "\xff",
                                      "\x83\x5c",
                                      "表",
                                      "ソ",
                                      "か\xe3\x82\x99",
                                      "（",
                                      "：",
                                      "　",
                                      "１２",
                                      "😀",
                                      "~",
                                      "no",
                                      "on",
                                      "null",
                                      "0x1F",
                                      "1_000",
                                      "12:30",
                                      "0",
                                      "7",
                                      "a",
                                      "Z",
                                      "%Y",
                                      "%{era}",
                                      "月",
                                      "R8",
                                      "令和",
                                      "...",
                                      "---",
                                      ".tar",
                                      "=",
                                      "<<",
                                      "$",
                                      "\r"};

/* Up to seven morsels in a row. */
static const char *any_name(unsigned *seed)
{
    char *name = kb_alloc(t.arena, 200, 1);
    int n = 1 + (int)(*seed >> 16) % 7;
    for (int k = 0; k < n; k++) {
        *seed = *seed * 1103515245u + 12345u;
        strcat(name, morsels[(*seed >> 16) % (sizeof morsels / sizeof *morsels)]);
    }
    return name;
}

static void check_any_names(const char *folder, unsigned seed)
{
    enum { NAMES = 150 };
    int files = 0;
    for (int i = 0; i < NAMES; i++) {
        const char *some = any_name(&seed);
        const char *name = i % 2 ? kb_sprintf(t.arena, "%s-20261120", some) : kb_sprintf(t.arena, "20261120_%s", some);
        const char *path = kb_sprintf(t.arena, "%s/%s%s", folder, i % 3 ? "d/" : "", name);
        struct stat st;
        if (!lstat(kb_sprintf(t.arena, "%s/%s", t.dir, path), &st) || kb_survey_is_litter(name))
            continue;
        put_as(path, TAR);
        files++;
    }
    const struct kb_draft *draft = infer_places(&folder, 1);
    int64_t in_sets = 0, unknown = 0;
    for (size_t i = 0; i < draft->sets.n; i++)
        in_sets += draft->sets.v[i].copies.v[0].n;
    for (size_t i = 0; i < draft->unknown.n; i++) {
        unknown += draft->unknown.v[i].n;
        assert_null(strstr(draft->unknown.v[i].why.en, "cannot describe"));
    }
    assert_int_equal(in_sets + unknown, files);
    assert_true(in_sets > files / 2);
    for (int lang = KB_JA; lang <= KB_EN; lang++) {
        const struct kb_plan *plan = load(draft, (enum kb_lang)lang);
        assert_int_equal(plan->backup_sets.n, draft->sets.n);
        for (size_t i = 0; i < draft->sets.n; i++) {
            assert_string_equal(plan->backup_sets.v[i].copies.v[0].path, draft->sets.v[i].copies.v[0].path);
            assert_string_equal(plan->backup_sets.v[i].title.ja, draft->sets.v[i].title);
            assert_true(fits(plan->backup_sets.v[i].copies.v[0].path, draft->sets.v[i].copies.v[0].newest));
        }
    }
}

static void test_any_name(void **state)
{
    (void)state;
    check_any_names("r1", 20261123);
    check_any_names("r2", 42);
    check_any_names("r3", 7);
}

/* Folders that a tool has laid out are that tool's, whatever lies in them. */
static void test_tools(void **state)
{
    (void)state;
    static const char *const wsb[] = {"0a1b.vhdx", "2c3d.vhdx", "BackupSpecs.xml", "x_Components.xml"};
    static const char *const hyper[] = {"SynologyHyperBackup.bkpi", "_Syno_TaskConfig", "Config/target.db",
                                        "Pool/0/1.bucket"};
    for (size_t i = 0; i < sizeof wsb / sizeof *wsb; i++)
        put_as(kb_sprintf(t.arena, "WindowsImageBackup/SRV1/Backup 2026-11-20 120000/%s", wsb[i]), i < 2 ? VHDX : TEXT);
    put_as("WindowsImageBackup/SRV1/Catalog/GlobalCatalog", TEXT);
    for (size_t i = 0; i < sizeof hyper / sizeof *hyper; i++)
        put_as(kb_sprintf(t.arena, "nas_1.hbk/%s", hyper[i]), TEXT);
    put_days("sql/kyuyo_%Y%m%d.bak", "2026-11-16", 5, 1, true, TAPE);
    const struct kb_draft *draft = infer();
    const struct kb_draft_set *image = want_set(draft, "WindowsImageBackup/SRV1/Backup %Y-%m-%d %H%M%S", KB_FORMAT_TREE,
                                                1);
    assert_int_equal(image->tool, KB_TOOL_WSB);
    assert_int_equal(want_set(draft, "nas_1.hbk", KB_FORMAT_TREE, 1)->tool, KB_TOOL_HYPERBACKUP);
    assert_int_equal(want_set(draft, "sql/kyuyo_%Y%m%d.bak", KB_FORMAT_FILE, 5)->tool, KB_TOOL_MSSQL);
    const struct kb_plan *plan = load(draft, KB_JA);
    assert_int_equal(plan->backup_sets.n, draft->sets.n);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_starter), TEST(test_media), TEST(test_paths_that_lead_out), TEST(test_any_name), TEST(test_tools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
