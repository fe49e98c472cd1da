/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: each mistake in a plan is told once, at its line and column, with what to write instead, in both languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/limits.h"
#include "koboshi/plan.h"

static const char base[] = "koboshi: 1\n"                                    /* 1 */
                           "plan:\n"                                         /* 2 */
                           "  id: a\n"                                       /* 3 */
                           "  title: 計画\n"                                 /* 4 */
                           "  version: \"1\"\n"                              /* 5 */
                           "systems:\n"                                      /* 6 */
                           "  files: {backup_sets: [share]}\n"               /* 7 */
                           "media:\n"                                        /* 8 */
                           "  usb: {kind: hdd, fs_uuid: AAAA-0001}\n"        /* 9 */
                           "backup_sets:\n"                                  /* 10 */
                           "  share:\n"                                      /* 11 */
                           "    format: archive\n"                           /* 12 */
                           "    copies:\n"                                   /* 13 */
                           "      - {medium: usb, path: \"s-%Y%m%d.tar\"}\n" /* 14 */
                           "functions:\n"                                    /* 15 */
                           "  order:\n"                                      /* 16 */
                           "    rto: 4h\n"                                   /* 17 */
                           "    critical: true\n"                            /* 18 */
                           "    priority: 1\n"                               /* 19 */
                           "    needs: [files]\n"                            /* 20 */
                           "procedures:\n"                                   /* 21 */
                           "  back:\n"                                       /* 22 */
                           "    steps:\n"                                    /* 23 */
                           "      - {id: restore, do: restore}\n"            /* 24 */
                           "      - id: look\n"                              /* 25 */
                           "        do: probe\n"                             /* 26 */
                           "        probes:\n"                               /* 27 */
                           "          - {files: \"**\", at_least: 1}\n"      /* 28 */
                           "drills:\n"                                       /* 29 */
                           "  all: {systems: [files]}\n";                    /* 30 */

/* `cut` of the base plan becomes `put`; then there is exactly this one mistake. */
struct mistake {
    const char *cut, *put;
    int line, column;
    const char *en, *ja;
};

static const struct kb_diags *diagnose(struct kb_arena *arena, const char *text, size_t n)
{
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    struct kb_err err = {0};
    int code = kb_plan_parse("plan.yaml", text, n, arena, &plan, &diags, &err);
    assert_int_equal(code, diags->list.n ? KB_EPLAN : 0);
    if (code) {
        assert_null(plan);
        assert_non_null(strstr(err.frame[0].en, "plan.yaml"));
        assert_string_not_equal(err.frame[0].ja, "");
    }
    return diags;
}

static char *changed(struct kb_arena *arena, const char *cut, const char *put)
{
    const char *at = strstr(base, cut);
    assert_non_null(at);
    return kb_sprintf(arena, "%.*s%s%s", (int)(at - base), base, put, at + strlen(cut));
}

static void check(const struct mistake *m, const char *text)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_diags *diags = diagnose(arena, text, strlen(text));
    const struct kb_diag *d = diags->list.v;
    if (diags->list.n != 1 || d->line != m->line || d->column != m->column || !strstr(d->text.en, m->en) ||
        !strstr(d->text.ja, m->ja)) {
        printf("wanted %d:%d %s / %s, got %zu:\n", m->line, m->column, m->en, m->ja, diags->list.n);
        kb_diags_print(stdout, diags, "plan.yaml", text, strlen(text), KB_EN, false);
        kb_diags_print(stdout, diags, "plan.yaml", text, strlen(text), KB_JA, false);
        fail();
    }
}

static void check_all(const struct mistake *mistakes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        check(&mistakes[i], changed(arena, mistakes[i].cut, mistakes[i].put));
    }
}
#define CHECK_ALL(mistakes) check_all(mistakes, sizeof(mistakes) / sizeof *(mistakes))

static void test_base_is_good(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_diags *diags = diagnose(arena, base, sizeof base - 1);
    kb_diags_print(stdout, diags, "base", base, sizeof base - 1, KB_EN, false);
    assert_int_equal(diags->list.n, 0);
}

static void test_keys_and_types(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"rto: 4h", "rtoo: 4h", 17, 5, "did you mean `rto`", "`rto` の誤り"},
        {"format: archive", "fromat: archive\n    format: archive", 12, 5, "did you mean `format`", "`format` の誤り"},
        {"critical: true", "Critical: true", 18, 5, "did you mean `critical`", "`critical`"},
        {"critical: true", "wibble: true", 18, 5, "keys that can stand here: title, owner", "使えるキー: title, owner"},
        {"  version: \"1\"\n", "", 2, 1, "`version` is missing", "`version` がありません"},
        {"format: archive\n", "recovery: back\n", 11, 3, "`format` is missing", "`format` がありません"},
        {"{medium: usb, path", "{path", 14, 9, "`medium` is missing", "`medium` がありません"},
        {"[files]}\n", "[]}\n", 30, 18, "`systems` is empty", "`systems` が空"},
        {"rto: 4h", "rto: [4h]", 17, 10, "a duration such as 90m, 4h, 1h30m or 7d, not a list", "リストになっています"},
        {"needs: [files]", "needs: files", 20, 12, "a list such as [a, b], not `files`", "リスト"},
        {"title: 計画", "title: {ja: 計画, de: Plan}", 4, 19, "unknown key `de`", "使えるキー: ja, en"},
        {"priority: 1", "priority: first", 19, 15, "a whole number", "整数"},
        {"priority: 1", "priority: \"1\"", 19, 15, "without quotes", "引用符を付けず"},
        {"priority: 1", "priority: 0", 19, 15, "between 1 and 999", "1 から 999"},
        {"kind: hdd", "kind: hddd", 9, 15, "did you mean `hdd`", "`hdd` の誤り"},
        {"kind: hdd", "kind: tape", 9, 15, "one of: hdd, rdx, nas, folder, snapshot, cloud_export",
         "使える値: hdd, rdx, nas, folder, snapshot, cloud_export"},
        {"rto: 4h", "rto: 4h\n    rto: 5h", 18, 5, "written twice; the first is on line 17", "最初は 17 行目"},
        {"files: {backup_sets: [share]}", "Files: {}\n  files: {backup_sets: [share]}", 7, 3, "small letters",
         "小文字"},
        {"id: a\n", "id: ''\n", 3, 7, "`id` is empty", "`id` が空"},
        {"rto: 4h", "rto:", 17, 5, "`rto` has no value", "`rto` に値がありません"},
        {"koboshi: 1", "koboshi: 2", 1, 10, "a newer koboshi is needed", "新しい版の koboshi が必要"},
    };
    CHECK_ALL(mistakes);
}

static void test_references(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"needs: [files]", "needs: [flies]", 20, 13, "did you mean `files`", "`files` の誤り"},
        {"needs: [files]", "needs: [mainframe]", 20, 13, "defined there: files", "定義済み: files"},
        {"medium: usb", "medium: usa", 14, 18, "not defined under `media`; did you mean `usb`", "`usb` の誤り"},
        {"{backup_sets: [share]}", "{backup_sets: [share], on: srv}", 7, 37, "the plan has no `hosts` block",
         "`hosts` がありません"},
        {"{systems: [files]}", "{systems: [files], threat: ransomwear}", 30, 35, "did you mean `ransomware`",
         "`ransomware` の誤り"},
        {"{backup_sets: [share]}", "{backup_sets: [share], depends_on: [files]}", 7, 46, "files → files",
         "循環しています: files → files"},
        {"files: {backup_sets: [share]}",
         "files: {backup_sets: [share], depends_on: [b]}\n  b: {depends_on: [c]}\n  c: {depends_on: [b]}", 9, 20,
         "in a circle: b → c → b", "b → c → b"},
    };
    CHECK_ALL(mistakes);
}

static void test_yaml_features(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"id: a\n", "id: &x a\n", 3, 7, "anchors (&x)", "アンカー"},
        {"id: a\n", "id: !!str a\n", 3, 7, "tags", "タグ"},
        {"drills:\n", "<<: {}\ndrills:\n", 29, 1, "merge keys", "マージキー"},
        {"drills:\n", "---\ndrills:\n", 29, 1, "a second document", "2つ目の文書"},
        {"drills:\n", "? [a]\n: b\ndrills:\n", 29, 3, "a key must be one word", "キーには1つの語"},
        {"title: 計画", "title: *x", 4, 10, "aliases (*x)", "エイリアス"},
        {"title: 計画", "title: \"a\\u0007\"", 4, 10, "control characters", "制御文字"},
    };
    CHECK_ALL(mistakes);
}

static void test_traps(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"rto: 4h", "rto: 4:00", 17, 10, "write 4h", "4h と書きます"},
        {"rto: 4h", "rto: 1:30", 17, 10, "write 1h30m", "1h30m"},
        {"rto: 4h", "rto: 90", 17, 10, "has no unit; write 90s, 90m", "単位がありません"},
        {"rto: 4h", "rto: 4 hours", 17, 10, "write 4h", "4h"},
        {"rto: 4h", "rto: ４時間", 17, 10, "full-width characters; write 4時間", "半角で 4時間"},
        {"rto: 4h", "rto: ~", 17, 10, "no value", "値なし"},
        {"critical: true", "critical: yes", 18, 15, "write true (without quotes), not `yes`", "true と書いて"},
        {"critical: true", "critical: off", 18, 15, "write false", "false と書いて"},
        {"critical: true", "critical: \"true\"", 18, 15, "without quotes", "引用符なし"},
        {"critical: true", "critical: 1", 18, 15, "true or false", "true か false"},
        {"priority: 1", "priority: 012", 19, 15, "write 12", "12 と書きます"},
        {"priority: 1", "priority: 1_0", 19, 15, "write 10", "10 と書きます"},
        {"priority: 1", "priority: ３", 19, 15, "full-width characters; write 3", "半角で 3"},
        {"priority: 1", "priority: null", 19, 15, "no value", "値なし"},
        {"title: 計画", "title: no", 4, 10, "write \"no\"", "\"no\" と引用符"},
        {"title: 計画", "title: On", 4, 10, "read as true or false", "true/false"},
        {"title: 計画", "title: 12:30", 4, 10, "base of 60; write \"12:30\"", "60進数"},
        {"title: 計画", "title: 012", 4, 10, "write \"012\"", "8進数"},
        {"title: 計画", "title: 1_000", 4, 10, "write \"1_000\"", "\"1_000\""},
        {"title: 計画", "title: 0x1F", 4, 10, "hexadecimal", "16進数"},
        {"needs: [files]", "needs: [files, no]", 20, 20, "write \"no\"", "\"no\""},
        {"  order:\n", "  yes:\n", 16, 3, "write \"yes\"", "\"yes\""},
    };
    CHECK_ALL(mistakes);
    /* quoted they are text, and a plain number is the text that is written */
    static const char *const fine[] = {"title: \"no\"", "title: '12:30'",    "title: 1.10",
                                       "title: 2026",   "title: 2026-11-23", "title: norway"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const char *text = changed(arena, "title: 計画", fine[i]);
        assert_int_equal(diagnose(arena, text, strlen(text))->list.n, 0);
    }
}

static void test_syntax(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"  id: a\n", "\tid: a\n", 3, 1, "tabs cannot indent", "タブ"},
        {"    rto: 4h\n", "  \trto: 4h\n", 17, 3, "tabs cannot indent", "タブ"},
        {"id: a\n", "id：a\n", 3, 5, "full-width colon", "全角のコロン"},
        {"{kind: hdd,", "{kind：hdd,", 9, 13, "full-width colon", "全角のコロン"},
        {"title: 計画", "title: \"C:\\Users\"", 4, 15, "write \\ as \\\\", "\\\\ と書く"},
        {"  id: a\n", "  id:　a\n", 3, 6, "full-width space", "全角の空白"},
        {"    rto: 4h\n", "    rto:4h\n", 17, 8, "a space after the colon", "半角スペースを入れて"},
        {"[files]}\n", "[files}\n", 30, 24, "closing `]`", "閉じ括弧「]」"},
        {"title: 計画", "title: @計画", 4, 10, "quotes", "引用符"},
        {"title: 計画", "title: *計画", 4, 11, "quotes", "引用符"},
        {"title: 計画", "title: a: b", 4, 11, "colon", "コロン"},
        {"    priority: 1", "   priority: 1", 19, 4, "indentation", "字下げ"},
    };
    CHECK_ALL(mistakes);
    check(&(struct mistake){NULL, NULL, 1, 1, "the plan is empty", "計画が空"}, "");
    check(&(struct mistake){NULL, NULL, 1, 1, "the plan is empty", "計画が空"}, "# nothing\n");
    check(&(struct mistake){NULL, NULL, 1, 1, "a block of keys", "キーのブロック"}, "- a\n- b\n");
    check(&(struct mistake){NULL, NULL, 1, 1, "the file should be a block of keys", "ファイル全体"}, "plan\n");
    check(&(struct mistake){NULL, NULL, 3, 1, "full-width space", "全角の空白"}, "koboshi: 1\nplan:\n　id: x\n");
    check(&(struct mistake){NULL, NULL, 3, 8, "line 2", "2 行目"}, "koboshi: 1\nplan: {id: x\nsystems: {}\n");
    check(&(struct mistake){NULL, NULL, 2, 7, "never ends", "閉じられていません"},
          "koboshi: 1\nplan: \"x\nsystems: y\n");
}

static void test_encodings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        int line, column;
        const char *en, *ja;
    } cases[] = {
        {"koboshi: 1\nplan: {title: \x8c\x76\x89\xe6}\n", 30, 2, 15, "Shift_JIS", "Shift_JIS"},
        {"koboshi: 1\n# \xff\xfe\xfd\n", 17, 2, 3, "not UTF-8", "UTF-8"},
        {"\xff\xfek\0o\0", 6, 1, 1, "UTF-16", "UTF-16"},
        {"k\0o\0b\0", 6, 1, 1, "UTF-16", "UTF-16"},
        {"koboshi: 1\n# a\033[31m\n", 20, 2, 4, "U+001B", "U+001B"},
        {"koboshi: 1\n# \xe3\x80\x80\xc2\x9b\n", 19, 2, 4, "U+009B", "U+009B"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const struct kb_diags *diags = diagnose(arena, cases[i].text, cases[i].n);
        assert_int_equal(diags->list.n, 1);
        assert_int_equal(diags->list.v->line, cases[i].line);
        assert_int_equal(diags->list.v->column, cases[i].column);
        assert_non_null(strstr(diags->list.v->text.en, cases[i].en));
        assert_non_null(strstr(diags->list.v->text.ja, cases[i].ja));
    }
}

static void test_media_and_sets(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"kind: hdd, fs_uuid: AAAA-0001", "kind: hdd", 9, 3, "`fs_uuid` is missing", "`fs_uuid` がありません"},
        {"kind: hdd, fs_uuid: AAAA-0001", "kind: folder", 9, 3, "`mount` is missing", "`mount` がありません"},
        {"AAAA-0001", "AAAA-0001, mount: /mnt", 9, 47, "`mount` is for media of kind nas, folder",
         "種類が nas, folder"},
        {"kind: hdd, fs_uuid: AAAA-0001", "kind: nas, mount: /mnt/nas", 9, 3, "`source` is missing",
         "`source` がありません"},
        {"AAAA-0001", "AAAA-0001, source: //nas/b", 9, 48, "`source` is for media of kind nas", "種類が nas の"},
        {"AAAA-0001", "AAAA-0001, fs: cifs", 9, 44, "`fs` is for media of kind nas", "種類が nas の"},
        {"fs_uuid: AAAA-0001", "fs_uuid: BACKUP", 9, 29, "the UUID that blkid shows", "blkid"},
        {"media:\n", "media:\n  b: {kind: hdd, fs_uuid: aaaa-0001}\n", 10, 29, "`b` and `usb` have the same fs_uuid",
         "同じ"},
        {"s-%Y%m%d", "/s-%Y%m%d", 14, 29, "relative to the medium's root", "相対パス"},
        {"s-%Y%m%d", "../s-%Y%m%d", 14, 29, "`..`", "「..」"},
        {"s-%Y%m%d", "a\\\\s-%Y%m%d", 14, 29, "not \\", "/ を使って"},
        {"s-%Y%m%d", "s-%Q%m%d", 14, 29, "%Y %y %m %d", "%Y %y %m %d"},
        {"s-%Y%m%d", "s-%{eras}", 14, 29, "%{era}", "%{era}"},
        {"s-%Y%m%d", "s-%{weekday:月火水木}", 14, 29, "from Monday on", "月曜日から順に"},
        {"s-%Y%m%d", "s-%{era}-%{era}", 14, 29, "once in one name", "1つの名前に1回"},
        {"s-%Y%m%d", "%{part}/s-%Y%m%d", 14, 29, "in the last name", "最後の名前"},
        {"s-%Y%m%d", "s-%Y%d", 14, 29, "needs year, %m and %d", "揃えて"},
        {"s-%Y%m%d.tar\"}", "s-%Y%m%d.%{part}\", manifest: \"%{part}.sha\"}", 14, 59, "it cannot hold %{part}",
         "%{part} は書けません"},
        {"s-%Y%m%d.tar\"}", "s-%Y%m%d.tar\", manifest: \"%{era}.sha\"}", 14, 55, "holds %{era}", "%{era} があります"},
        {"format: archive", "format: chain\n    chain: {full: \"f-%Q\", part: p}", 13, 19, "%Y %y %m %d", "%Y %y"},
        {"format: archive", "format: chain\n    chain: {full: a, part: a}", 13, 28, "same as `full`", "`full` と同じ"},
        {"format: archive", "format: chain\n    chain: {full: \"f%M\", part: p}", 13, 19, "a time needs", "時刻は"},
        {"s-%Y%m%d", "s-%H%M", 14, 29, "a time needs", "時刻は"},
        {".tar\"}", ".tar\", manifest: \"s-%Y%m%d%H.sha\"}", 14, 55, "holds %H", "%H があります"},
        {".tar\"}", ".tar\", manifest: \"*.sha\"}", 14, 55, "holds 1 of * and ?, `path` holds 0",
         "は 1 個、`path` は 0 個"},
        {"s-%Y%m%d.tar\"}", "*-%Y%m%d?.tar\", manifest: \"*-%Y%m%d.sha\"}", 14, 56, "write as many, or none", "同じ数"},
        {"s-%Y%m%d", "**/s-%Y%m%d", 14, 29, "one * per folder", "フォルダごとに *"},
        {"s-%Y%m%d", "*?*?*?*?*?*?*?*?*", 14, 29, "16 of * and ?", "16個まで"},
        {"format: archive", "format: archive\n    unpack: true", 13, 13, "format: file", "format: file"},
        {"format: archive", "format: file\n    as: a/b", 13, 9, "one file name", "ファイル名を1つ"},
        {"id: a\n", "id: a\n  timezone: Asia/Tokio\n", 4, 13, "no time zone `Asia/Tokio`", "「Asia/Tokio」"},
        {"backup_sets: [share]", "kind: x", 30, 18, "would check nothing", "何も確認できません"},
        {"drills:\n", "evidence: {key: SHA256:abc}\ndrills:\n", 29, 17, "43 characters", "43文字"},
    };
    CHECK_ALL(mistakes);
    /* as many wildcards as the path has, or none */
    static const char *const fine[] = {
        "*-%Y%m%d?.tar\", manifest: \"?/%Y/%m%d*.sha\"}", "*-%Y%m%d?.tar\", manifest: \"%Y-%m-%d.sha\"}",
        "*?*?*?*?*?*?*?*?\", manifest: \"SHA256SUMS\"}", "%{fy}/%{era}%m%d/%y%m.zip\", manifest: \"%{era}%m%d.sha\"}",
        "%{weekday:Mon,Tue,Wed,Thu,Fri,Sat}/s-%Y.%{part}\"}"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const char *text = changed(arena, "s-%Y%m%d.tar\"}", fine[i]);
        const struct kb_diags *diags = diagnose(arena, text, strlen(text));
        kb_diags_print(stdout, diags, fine[i], text, strlen(text), KB_EN, false);
        assert_int_equal(diags->list.n, 0);
    }
}

static void test_steps_and_probes(void **state)
{
    (void)state;
    static const char probe[] = "{files: \"**\", at_least: 1}";
    static const struct mistake mistakes[] = {
        {"id: look", "id: restore", 25, 13, "stands twice", "2回あります"},
        {"{id: restore, do: restore}", "{id: restore, do: verify}", 26, 13, "nothing has been restored",
         "まだ何も復元"},
        {"        probes:\n          - {files: \"**\", at_least: 1}\n", "", 25, 9, "needs `probes`", "probes"},
        {"do: restore}", "do: restore, probes: [{opens: a}]}", 24, 44, "`probes` is for", "do: probe の工程"},
        {"do: restore}", "do: restore, media: [usb]}", 24, 43, "`media` is for", "do: wait_medium"},
        {"steps:\n", "steps:\n      - {id: x, do: manual}\n", 24, 9, "in `ja` or `en`", "ja か en"},
        {probe, "{at_least: 1}", 28, 13, "here are 0", "0 個"},
        {probe, "{files: a, opens: b}", 28, 13, "here are 2", "2 個"},
        {probe, "{opens: a, at_least: 1}", 28, 34, "another kind of probe", "他の種類"},
        {probe, "{sha256: a}", 28, 13, "needs `is`", "`is`"},
        {probe, "{sha256: a, is: abc}", 28, 29, "64 hexadecimal digits", "16進数64桁"},
        {probe, "{sha256: a, is: E3B0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}", 28, 29,
         "an empty file", "空のファイル"},
        {probe, "{sqlite: a.db, query: SELECT 1}", 28, 35, "`query` needs `expect`", "`expect`"},
        {probe, "{sqlite: a.db, query: SELECT 1, expect: \"> many\"}", 28, 53, "none of `> N`", "`> N`"},
        {probe, "{sqlite: a.db, query: SELECT 1, expect: 12}", 28, 53, "none of `> N`", "`> N`"},
        {probe, "{opens: ../a}", 28, 21, "without `..`", "「..」なし"},
        {probe, "{command: [sh, -c, ls]}", 28, 24, "with its folder", "フォルダ付き"},
        {probe, "{command: []}", 28, 23, "`command` is empty", "`command` が空"},
        {probe, "{command: [/var/lib/koboshi/scratch/x/run]}", 28, 24, "never run", "実行しません"},
        {probe, "{command: [./c], timeout: 2d}", 28, 39, "between 1.0 s and 1d", "1日 の範囲"},
    };
    CHECK_ALL(mistakes);
    static const char *const fine[] = {"\"> 0\"", "\">= 1.5\"", "== 12", "contains \"済\"", "age < 24h", "\"> -1\""};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        const char *text = changed(arena, probe, kb_sprintf(arena, "{sqlite: a, query: q, expect: %s}", fine[i]));
        assert_int_equal(diagnose(arena, text, strlen(text))->list.n, 0);
    }
}

/* Five slips in one plan: five complaints, in the order of the file, nothing that follows from another. */
static void test_five_at_once(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    static const char text[] = "koboshi: 1\n"
                               "plan: {id: a, titel: 計画, title: 計画, version: \"1\"}\n"
                               "systems: {files: {backup_sets: [shere]}}\n"
                               "media: {usb: {kind: hddd, label: A}}\n"
                               "backup_sets: {share: {format: archive, copies: [{medium: usb, path: /a}]}}\n"
                               "functions: {order: {rto: 4:00}}\n";
    static const int lines[] = {2, 3, 4, 5, 6};
    const struct kb_diags *diags = diagnose(arena, text, sizeof text - 1);
    assert_int_equal(diags->list.n, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(diags->list.v[i].line, lines[i]);
    assert_ptr_equal(diags->source, text);
}

static char *printed(const char *text, enum kb_lang lang, bool color)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    char *out = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&out, &n);
    kb_diags_print(memory, diagnose(arena, text, strlen(text)), "plan.yaml", text, strlen(text), lang, color);
    assert_int_equal(fclose(memory), 0);
    return out;
}

static void test_caret(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    char *out = printed(changed(arena, "{backup_sets: [share]}", "{title: 共有フォルダ, backup_sets: [shere]}"), KB_JA,
                        false);
    assert_string_equal(
        out, "plan.yaml:7:40: 「shere」は `backup_sets` に定義されていません。`share` の誤りではありませんか\n"
             "    files: {title: 共有フォルダ, backup_sets: [shere]}\n"
             "                                               ^\n");
    free(out);
    out = printed(changed(arena, "title: 計画", "title: no"), KB_EN, true);
    assert_string_equal(
        out, "\033[1mplan.yaml:4:10:\033[0m `title`: without quotes `no` is read as true or false; write \"no\"\n"
             "    title: no\n"
             "           \033[1;31m^\033[0m\n");
    free(out);
    /* a long line is cut on both sides of the caret */
    char *wide = kb_alloc(arena, 1000, 1);
    memset(wide, 'x', 600);
    out = printed(
        changed(arena, "{kind: hdd,", kb_sprintf(arena, "{label: %s, kin: hdd, kind: hdd, home: %s,", wide, wide)),
        KB_EN, false);
    const char *line = strchr(out, '\n') + 1, *caret = strchr(line, '\n') + 1;
    assert_true(caret - line < 130);
    assert_memory_equal(line, "  …", strlen("  …"));
    assert_memory_equal(caret - strlen("…\n"), "…\n", strlen("…\n"));
    /* … is one column of three bytes */
    assert_memory_equal(line + strspn(caret, " ") + 2, "kin: hdd", 8);
    free(out);
}

static void test_limits(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    char *deep = kb_alloc(arena, 200, 1);
    memset(deep, '[', 100);
    const struct kb_diags *diags = diagnose(arena, deep, 100);
    assert_int_equal(diags->list.n, 1);
    assert_non_null(strstr(diags->list.v->text.en, "levels deep"));

    size_t n = 0, room = 16 * (KB_PLAN_ITEMS_MAX + 10);
    char *many = kb_alloc(arena, room, 1);
    for (int i = 0; i < KB_DIAG_MAX + 50; i++)
        n += (size_t)snprintf(many + n, room - n, "k%d: 1\n", i);
    diags = diagnose(arena, many, n);
    assert_int_equal(diags->list.n, KB_DIAG_MAX);
    assert_int_equal(diags->n_more, 50 + 5); /* and the five required keys */
    for (int i = KB_DIAG_MAX + 50; i < KB_PLAN_ITEMS_MAX + 1; i++)
        n += (size_t)snprintf(many + n, room - n, "k%d: 1\n", i);
    diags = diagnose(arena, many, n);
    assert_int_equal(diags->list.n, 1);
    assert_non_null(strstr(diags->list.v->text.en, "more than 10000"));

    char *large = kb_alloc(arena, KB_PLAN_BYTES_MAX + 1, 1);
    memset(large, '\n', KB_PLAN_BYTES_MAX + 1);
    diags = diagnose(arena, large, KB_PLAN_BYTES_MAX + 1);
    assert_int_equal(diags->list.n, 1);
    assert_non_null(strstr(diags->list.v->text.en, "at most 4194304"));
}

/* A map written twice is read twice: the second reading begins anew, with room for its own entries only. */
static void test_map_twice(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *many = "media:\n";
    for (int i = 0; i < 500; i++)
        many = kb_sprintf(arena, "%s  m%d: {kind: folder, mount: /m%d}\n", many, i, i);
    const char *text = changed(arena, "media:\n", kb_sprintf(arena, "%smedia:\n", many));
    const struct kb_diags *diags = diagnose(arena, text, strlen(text));
    assert_int_equal(diags->list.n, 1);
    assert_non_null(strstr(diags->list.v[0].text.en, "written twice"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_is_good),   cmocka_unit_test(test_map_twice),
        cmocka_unit_test(test_keys_and_types), cmocka_unit_test(test_references),
        cmocka_unit_test(test_yaml_features),  cmocka_unit_test(test_traps),
        cmocka_unit_test(test_syntax),         cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_media_and_sets), cmocka_unit_test(test_steps_and_probes),
        cmocka_unit_test(test_five_at_once),   cmocka_unit_test(test_caret),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
