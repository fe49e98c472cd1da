/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a report shows what the record holds, all of it, in both languages, and nothing a hostile medium wrote acts in
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libxml/xmlreader.h>

#include "../../agent/report/view.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/report.h"
#include "report_records.h"

typedef int print_fn(const struct kb_report *report, FILE *out, struct kb_err *err);

static char *printed(print_fn *print, const struct kb_record *record, int lang, bool color)
{
    char *text = NULL;
    size_t n = 0;
    struct kb_err err = {0};
    FILE *out = open_memstream(&text, &n);
    const struct kb_report report = {.record = record,
                                     .seal = &seal,
                                     .lang = lang,
                                     .color = color,
                                     .record_file = "ledger/drills/000042/record.json",
                                     .report_file = "ledger/drills/000042/report.html"};
    assert_non_null(out);
    assert_int_equal(print(&report, out, &err), 0);
    assert_int_equal(fclose(out), 0);
    return text;
}

static char *html_of(struct kb_arena *arena, const struct kb_record *record, int lang)
{
    char *bytes = NULL;
    size_t n = 0;
    struct kb_err err = {0};
    const struct kb_report report = {.record = record, .seal = &seal, .lang = lang};
    assert_int_equal(kb_report_html(&report, arena, &bytes, &n, &err), 0);
    assert_int_equal(strlen(bytes), n);
    const char *folder = getenv("KB_REPORT_SAMPLES"); /* to look at the pages by eye */
    if (folder) {
        const char *name = kb_sprintf(arena, "%s/%s-%s.html", folder,
                                      record->status == KB_RECORD_FAULT ? "fault"
                                      : record->status                  ? "cancelled"
                                      : record->units.v == units        ? "good"
                                                                        : "bad",
                                      kb_lang_names[lang]);
        FILE *out = fopen(name, "w");
        assert_non_null(out);
        assert_int_equal(fwrite(bytes, 1, n, out), n);
        assert_int_equal(fclose(out), 0);
    }
    return bytes;
}

/* All text a parser sees in the page, and what elements it is made of. */
static const char *parsed(struct kb_arena *arena, const char *html, size_t *ret_tables)
{
    const char *text = "";
    int more;
    xmlTextReader *reader = xmlReaderForMemory(html, (int)strlen(html), "page", "UTF-8", XML_PARSE_NONET);
    assert_non_null(reader);
    *ret_tables = 0;
    while ((more = xmlTextReaderRead(reader)) == 1) {
        const char *name = (const char *)xmlTextReaderConstName(reader);
        if (xmlTextReaderNodeType(reader) == XML_READER_TYPE_ELEMENT) {
            *ret_tables += !strcmp(name, "table");
            for (size_t i = 0; i < 6; i++)
                assert_string_not_equal(name,
                                        ((const char *const[]){"script", "img", "link", "iframe", "object", "a"})[i]);
        }
        if (xmlTextReaderNodeType(reader) == XML_READER_TYPE_TEXT)
            text = kb_sprintf(arena, "%s|%s", text, (const char *)xmlTextReaderConstValue(reader));
    }
    assert_int_equal(more, 0); /* well-formed to the end */
    xmlFreeTextReader(reader);
    return text;
}

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("missing: %s\nin: %s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("must not stand there: %s\nin: %s", part, text);
}

static void test_labels(void **state)
{
    (void)state;
    for (int i = 0; i < KB_WORD_COUNT; i++) {
        struct kb_text text = kb_word((enum kb_word)i);
        assert_true(text.ja && *text.ja && text.en && *text.en);
        assert_true(kb_is_utf8(text.ja, strlen(text.ja)));
        for (const char *c = text.en; *c; c++)
            assert_false((unsigned char)*c >= 0xe3 && (unsigned char)*c <= 0xef); /* Japanese left in English */
        assert_lacks(text.ja, "RTA");
        assert_lacks(text.ja, "RPA");
    }
    assert_string_equal(kb_name(KB_T_VERDICT, KB_VERDICT_CONDITIONAL).ja, "条件付き達成");
    assert_string_equal(kb_name(KB_T_LEVEL, 6).en, "Accepted by a person of the business");
    assert_string_equal(kb_name(KB_T_VERDICT, 99).ja, "?");
    assert_string_equal(kb_name(KB_T_VERDICT, -1).ja, "?");
}

static void test_dates(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_record r = good_record();
    struct kb_view view;
    const struct kb_report report = {.record = &r};
    struct kb_err err = {0};
    assert_int_equal(kb_view_begin(&report, arena, &view, &err), 0);
    static const struct {
        const char *at, *date, *year;
    } cases[] = {
        {"2026-12-05T09:00:00+09:00", "令和8年（2026年）12月5日（土）", "令和8年度"},
        {"2027-03-31T23:59:59+09:00", "令和9年（2027年）3月31日（水）", "令和8年度"},
        {"2027-04-01T00:00:00+09:00", "令和9年（2027年）4月1日（木）", "令和9年度"},
        {"2019-05-01T00:00:00+09:00", "令和元年（2019年）5月1日（水）", "令和元年度"},
        {"2019-04-30T23:59:59+09:00", "2019年4月30日（火）", "令和元年度"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t at;
        assert_true(kb_time_parse(cases[i].at, &at));
        assert_string_equal(kb_view_date(&view, at), cases[i].date);
        assert_string_equal(kb_view_fiscal_year(&view, at, NULL), cases[i].year);
    }
    int64_t march;
    assert_true(kb_time_parse("2027-03-21T00:00:00+09:00", &march));
    assert_string_equal(kb_view_fiscal_year(&view, march, "03-21"), "令和9年度");
    assert_string_equal(kb_view_fiscal_year(&view, march - 1, "03-21"), "令和8年度");
    assert_string_equal(kb_harmless(arena, "a\033[31m\tb\xff\xe2\x80\xae\nc<&"),
                        "a\xef\xbf\xbd[31m b\xef\xbf\xbd\xef\xbf\xbd\nc<&");
    assert_string_equal(kb_view_seconds(&view, INT64_MAX), "–");
    assert_string_equal(kb_view_seconds(&view, KB_ABSENT), "–");
    r.zone = "Mars/Olympus";
    assert_int_equal(kb_view_begin(&report, arena, &view, &err), KB_ECONFIG);
}

static void test_html_good(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_record r = good_record();
    size_t tables;
    const char *html = html_of(arena, &r, KB_JA), *text = parsed(arena, html, &tables);
    static const char *const parts[] = {"復元訓練報告書",
                                        "令和8年（2026年）12月5日（土）　令和8年度",
                                        "作成",
                                        "確認",
                                        "承認",
                                        "48,211",
                                        "2.9 GiB",
                                        "23.4秒",
                                        "127 MiB/s",
                                        "L4 +L5",
                                        "6時間42分",
                                        "8時間",
                                        "○ 達成見込み",
                                        "Landlock ABI 2（files, refer）、seccomp 許可リスト方式、no_new_privs あり",
                                        "uid 993（koboshi-worker）",
                                        "7日14時間",
                                        "× 未達",
                                        "計画値 5時間50分",
                                        "推定 50分",
                                        "実測 2分",
                                        "本番換算（推定）",
                                        "検知まで12時間は含まず",
                                        "未取得",
                                        "187",
                                        "3338C941480204B9",
                                        "agent@drill-pc1",
                                        "sha256sum -c SHA256SUMS",
                                        "NTFSのアクセス権は",
                                        "drills/000042/record.json"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_holds(text, parts[i]);
    assert_holds(text, seal.head);
    assert_holds(text, seal.key);
    assert_holds(text, seal.ledger);
    assert_true(tables >= 12);
    assert_int_equal(strncmp(html, "<!DOCTYPE html>\n<html lang=\"ja\">", 32), 0);
    assert_lacks(html, "RTA");
    assert_lacks(html, "RPA");
    assert_lacks(html, "http"); /* nothing is loaded from anywhere */
    assert_lacks(html, "url(");
    for (const char *end = html; (end = strstr(end, "/>")); end += 2) /* only void elements may close themselves */
        assert_true(end - html < 400);
    const char *english = parsed(arena, html_of(arena, &r, KB_EN), &tables);
    assert_holds(english, "✓ on track");
    assert_holds(english, "fiscal year 2026 (from April)");
    for (const char *at = english; (at = strchr(at, '\xe3'));) /* no kana left in English */
        fail_msg("Japanese in the English page: %.40s", at);
}

static void test_html_hostile(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_record r = bad_record();
    for (int lang = KB_JA; lang <= KB_EN; lang++) {
        size_t tables;
        const char *html = html_of(arena, &r, lang), *text = parsed(arena, html, &tables);
        assert_lacks(html, "<script");
        assert_lacks(html, "<img");
        assert_lacks(html, "\033");
        assert_lacks(html, "\x01");
        assert_lacks(html, "\xe2\x80\xae");
        assert_true(kb_is_utf8(html, strlen(html)));
        assert_holds(html, "&lt;script&gt;alert(1)&lt;/script&gt;.xlsx");
        for (size_t i = 0; i < r.findings.n; i++) {
            const struct kb_finding *f = &r.findings.v[i];
            assert_holds(text, kb_pick(f->title, lang));
            assert_holds(text, kb_pick(f->next, lang));
            assert_holds(text, f->entry ? f->entry : "");
            assert_holds(text, kb_harmless(arena, kb_pick(f->found, lang)));
            assert_holds(text, kb_harmless(arena, kb_pick(f->expected, lang)));
        }
        assert_holds(text, "91e896b12f955c2e646f63");
        assert_holds(text, "1,234");
        assert_holds(text, lang == KB_JA ? "未取得（計画：BK-A）" : "not obtained (plan: BK-A)");
        assert_holds(text, lang == KB_JA ? "-12.5秒" : "-12.5 s");
        assert_lacks(text, "|0|");
        assert_lacks(text, "|0 B|");
        /* detection counts here: 12 h + 6 h 42 min; where it is not declared, it is a lower bound and says so */
        assert_holds(text, lang == KB_JA ? "18時間42分、推定を含む\n（検知 12時間 ＋ 復旧 6時間42分）"
                                         : "18h42m, partly estimated\n(detection 12h + recovery 6h42m)");
        assert_holds(text,
                     lang == KB_JA ? "|1分2秒以上\n（検知まで：未申告）" : "|at least 1m2s\n(detection: not declared)");
        assert_holds(text, lang == KB_JA ? "未申告 1工程" : "not declared 1 part(s)");
        assert_holds(text, lang == KB_JA ? "復元できず再開不可" : "data not restored");
    }
}

static void test_interrupted(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_record r = canceled_record();
    size_t tables;
    const char *text = parsed(arena, html_of(arena, &r, KB_JA), &tables);
    assert_holds(text, "途中で中止されました");
    assert_holds(text, "– 判定なし");
    assert_holds(text, "バックアップ1件：中止 1件");
    assert_lacks(text, "|0|");
    assert_lacks(text, "OK");
    (void)html_of(arena, &r, KB_EN);
    char *lines = printed(kb_report_lines, &r, KB_JA, false);
    assert_holds(lines, "- 中止");
    assert_holds(lines, "復元 判定なし ・ 時間 判定なし ・ データ 判定なし");
    assert_lacks(lines, " 0 ");
    assert_lacks(lines, "OK");
    free(lines);
    r.status = KB_RECORD_FAULT;
    r.fault = &unit_fault;
    text = parsed(arena, html_of(arena, &r, KB_JA), &tables);
    assert_holds(text, "作業プロセスが応答しません（SIGKILL）\n（終了コード 14）");
    char *english = printed(kb_report_text, &r, KB_EN, false);
    assert_holds(english, "the worker did not answer (SIGKILL)");
    free(english);
}

/* What no program of ours writes but a forged record may hold: nothing at all, and values out of every range. */
static void test_forged(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_record_step step = {.act = 99, .status = -7, .source = 99, .ns = INT64_MAX, .declared = INT64_MAX};
    struct kb_record_part part = {.source = 99, .start_s = INT64_MAX, .length_s = INT64_MAX, .critical = true};
    struct kb_record_unit unit = {.status = 99, .pit_source = -1, .age_s = INT64_MAX, .point_in_time = INT64_MAX};
    struct kb_record_function function = {.recovery_s = INT64_MAX,
                                          .detect_s = INT64_MAX,
                                          .counts_detection = true,
                                          .rto = INT64_MAX,
                                          .rpo = INT64_MIN + 1,
                                          .age_s = INT64_MAX,
                                          .time = 99,
                                          .data = -1};
    struct kb_record_medium medium = {.state = {.status = 99}};
    struct kb_finding finding = {.severity = 99, .count = INT64_MAX};
    struct kb_fault fault = {.code = INT64_MIN};
    struct kb_record empty = {.id = -1}, r = {.id = INT64_MAX,
                                              .started = INT64_MAX,
                                              .finished = INT64_MIN + 1,
                                              .ns = INT64_MAX,
                                              .status = 99,
                                              .kind = 99,
                                              .fault = &fault,
                                              .clock = {.jump_ns = INT64_MAX},
                                              .verdict = {99, -1, 99}};
    unit.result = (struct kb_set_result){
        .files = INT64_MAX, .bytes_read = INT64_MAX, .read_ns = 1, .proof = {9, -1, 9, 9, 9, 9, 9}};
    unit.steps.n = unit.steps.n + 1;
    unit.steps.v = &step;
    function.parts.n = 1;
    function.parts.v = &part;
    r.units.n = r.functions.n = r.media.n = r.findings.n = 1;
    r.units.v = &unit;
    r.functions.v = &function;
    r.media.v = &medium;
    r.findings.v = &finding;
    const struct kb_record *records[] = {&empty, &r};
    for (size_t i = 0; i < 2; i++) {
        size_t tables;
        char *bytes, *text = printed(kb_report_text, records[i], KB_JA, true),
                     *lines = printed(kb_report_lines, records[i], KB_EN, true);
        size_t n;
        const struct kb_report report = {.record = records[i]};
        assert_int_equal(kb_report_html(&report, arena, &bytes, &n, NULL), 0);
        assert_holds(parsed(arena, bytes, &tables), kb_word(KB_W_NO_SEAL_TEXT).ja);
        assert_lacks(text, "OK");
        assert_lacks(lines, "OK");
        free(text);
        free(lines);
    }
}

/* What it says first is that it is not to be believed, and it judges nothing. */
static void test_broken(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_record r = good_record();
    struct kb_report_seal bent = seal;
    bent.state = KB_SEAL_BROKEN;
    for (int lang = 0; lang <= KB_EN; lang++) {
        const struct kb_report report = {.record = &r, .seal = &bent, .lang = lang};
        const char *warning = kb_pick(kb_word(KB_W_BROKEN_HEAD), lang), *title = kb_pick(r.title, lang),
                   *none = kb_pick(kb_name(KB_T_VERDICT, KB_VERDICT_NONE), lang);
        char *page, *text[2];
        size_t n, tables;
        assert_int_equal(kb_report_html(&report, arena, &page, &n, NULL), 0);
        (void)parsed(arena, page, &tables);
        const char *axes = strstr(page, "<section class=\"axes\">"), *end = strstr(axes, "</section>"),
                   *box = strstr(page, "<div class=\"banner bad\">");
        assert_true(box && box > strstr(page, "</header>") && box < axes);
        assert_holds(box, warning);
        const char *shown = kb_strndup(arena, axes, (size_t)(end - axes));
        assert_holds(shown, none);
        for (int verdict = KB_VERDICT_MET; verdict <= KB_VERDICT_MISSED; verdict++)
            assert_lacks(shown, kb_pick(kb_name(KB_T_VERDICT, verdict), lang));
        assert_lacks(shown, "○");
        assert_lacks(shown, "✓");
        assert_holds(page, kb_pick(kb_name(KB_T_SEAL, KB_SEAL_BROKEN), lang));
        for (size_t i = 0; i < 2; i++) {
            n = 0;
            FILE *out = open_memstream(&text[i], &n);
            assert_int_equal((i ? kb_report_lines : kb_report_text)(&report, out, NULL), 0);
            assert_int_equal(fclose(out), 0);
            const char *said = strstr(text[i], warning), *under = strstr(text[i], title);
            assert_true(said && under && said > under);
            size_t line = 0;
            for (const char *at = text[i]; at < said; at++)
                line += *at == '\n';
            assert_in_range(line, 1, 5);
            assert_holds(text[i], none);
            free(text[i]);
        }
    }
}

static void test_never_hollow(void **state)
{
    (void)state;
    struct kb_record r = good_record();
    static struct kb_record_unit hollow;
    hollow = units[0];
    kb_shape_init(&kb_set_result_shape, &hollow.result);
    r.units.n = 1;
    r.units.v = &hollow;
    for (int64_t files = 0; files >= KB_ABSENT && files <= 0; files = files ? 1 : KB_ABSENT) {
        hollow.result.files = files;
        char *lines = printed(kb_report_lines, &r, KB_JA, false);
        assert_holds(lines, "✗ NG 検査できたファイルが1つもありません");
        assert_holds(lines, "復元 未達");
        assert_lacks(lines, "OK");
        assert_lacks(lines, " 0 ");
        free(lines);
    }
}

/* The column at which a word stands, as a terminal counts. */
static size_t column_of(const char *line, const char *word)
{
    char before[512];
    const char *at = strstr(line, word);
    assert_non_null(at);
    assert_true((size_t)(at - line) < sizeof before);
    memcpy(before, line, (size_t)(at - line));
    before[at - line] = '\0';
    return kb_width(before);
}

/* A note about the restore is in the report only; one that says why the time is not proven stays on the screen. */
static void test_notes(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_finding notes[] = {old_data[0], *kb_finding_make(arena, KB_RULE_PROBE_PROGRAM),
                                 *kb_finding_make(arena, KB_RULE_NAMES_ALIKE),
                                 *kb_finding_make(arena, KB_RULE_RTO_UNKNOWN)};
    for (size_t i = 1; i < 4; i++) {
        notes[i].set = i < 3 ? units[0].set : NULL;
        notes[i].expected = notes[i].found = kb_text_new(arena, "note %zu", "注記%zu", i);
    }
    struct kb_record r = good_record();
    r.findings.n = sizeof notes / sizeof *notes;
    r.findings.v = notes;
    char *lines = printed(kb_report_lines, &r, KB_JA, false), *text = printed(kb_report_text, &r, KB_JA, false),
         *json = printed(kb_report_json, &r, KB_JA, false);
    assert_lacks(lines, "注記1");
    assert_lacks(lines, "注記2");
    assert_lacks(lines, "ほか"); /* nor counted as left out for want of room */
    assert_holds(lines, "結果：注記3");
    assert_holds(lines, "参考 3件）\n");
    const char *html = html_of(arena, &r, KB_JA);
    for (size_t i = 1; i < 4; i++) {
        const char *note = kb_sprintf(arena, "注記%zu", i);
        assert_holds(text, note);
        assert_holds(html, note);
        assert_holds(json, note);
    }
    free(lines);
    free(text);
    free(json);
}

static void test_lines(void **state)
{
    (void)state;
    struct kb_record r = good_record();
    char *lines = printed(kb_report_lines, &r, KB_JA, false);
    char *share = strstr(lines, "  共有フォルダ"), *orders = strstr(lines, "  受発注データベース");
    assert_non_null(share);
    assert_non_null(orders);
    share = strndup(share, strcspn(share, "\n"));
    orders = strndup(orders, strcspn(orders, "\n"));
    assert_int_equal(column_of(share, "✓ OK"), column_of(orders, "✓ OK"));
    assert_int_equal(column_of(share, "L4 +L5"), column_of(orders, "L1 +L3"));
    assert_int_equal(column_of(share, "127 MiB/s"), column_of(orders, "132 MiB/s"));
    assert_int_equal(column_of(share, "BK-B"), column_of(orders, "BK-B"));
    free(share);
    free(orders);
    if (getenv("KB_REPORT_SAMPLES"))
        (void)printf("%s\n", lines);
    static const char *const parts[] = {
        "月次リストア訓練   想定した脅威：ランサムウェア   媒体：BK-B（hdd-b）   2026-12-05 09:00 JST\n",
        "48,211",
        "2.9 GiB",
        "23.4秒",
        "6時間42分",
        "✓ 達成見込み",
        "7日14時間",
        "✗ 未達",
        "    ✗ 期待：24時間以内\n",
        "    │ 結果：7日14時間前",
        "    │ 理由：データが目標復旧時点（RPO）より古いです\n",
        "    │ 次：バックアップの間隔",
        "記録 ledger/drills/000042/record.json（署名済み）  報告書 ledger/drills/000042/report.html\n",
        "復元 達成 ・ 時間 達成見込み ・ データ 未達（指摘事項：不合格 1件）\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_holds(lines, parts[i]);
    assert_lacks(lines, "\033");
    free(lines);
    lines = printed(kb_report_lines, &r, KB_EN, true);
    assert_holds(lines, "\033[1;31m✗ missed\033[0m");
    assert_holds(lines, "Restore \033[32mmet\033[0m ・ Time \033[32mon track\033[0m");
    free(lines);
}

static void test_text(void **state)
{
    (void)state;
    struct kb_record r = bad_record();
    for (int lang = KB_JA; lang <= KB_EN; lang++) {
        char *text = printed(kb_report_text, &r, lang, false);
        if (getenv("KB_REPORT_SAMPLES"))
            (void)printf("%s\n", text);
        assert_lacks(text, "\033");
        assert_lacks(text, "\xff");
        assert_lacks(text, "\xe2\x80\xae");
        for (size_t i = 0; i < r.findings.n; i++)
            assert_holds(text, r.findings.v[i].entry ? r.findings.v[i].entry : "");
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
            if (!strstr(line, "ssh-keygen") && kb_width(line) > 100)
                fail_msg("%zu columns: %s", kb_width(line), line);
        free(text);
    }
}

static void test_cannot_write(void **state)
{
    (void)state;
    struct kb_record r = good_record();
    const struct kb_report report = {.record = &r, .lang = KB_JA};
    struct kb_err err = {0};
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_int_equal(kb_report_text(&report, full, &err), KB_EIO);
    assert_int_equal(err.n_frames, 1);
    (void)fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),       cmocka_unit_test(test_dates),       cmocka_unit_test(test_html_good),
        cmocka_unit_test(test_html_hostile), cmocka_unit_test(test_interrupted), cmocka_unit_test(test_forged),
        cmocka_unit_test(test_never_hollow), cmocka_unit_test(test_lines),       cmocka_unit_test(test_notes),
        cmocka_unit_test(test_broken),       cmocka_unit_test(test_text),        cmocka_unit_test(test_cannot_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
