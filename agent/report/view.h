/* SPDX-License-Identifier: Apache-2.0 */
/* What every part of a report needs: the record, the language, and values spelt for people and made harmless. */
#pragma once

#include "koboshi/report.h"
#include "words.h"

struct kb_page;

enum { KB_VIEW_COLUMNS = 100 };

struct kb_view {
    struct kb_arena *arena;
    const struct kb_record *record;
    const struct kb_report_seal *seal; /* never NULL */
    enum kb_lang lang;
    bool color;
    size_t columns;       /* texts are wrapped at */
    size_t table_columns; /* a table may have in kb_report_lines */
    FILE *out;            /* terminal; NULL for HTML */
    struct kb_page *page; /* HTML; NULL for a terminal */
};

enum kb_tone { KB_TONE_PLAIN, KB_TONE_GOOD, KB_TONE_WARN, KB_TONE_BAD, KB_TONE_DIM };

/* kb_view_is_broken(view): the check of the ledger failed: what the record says is not what was signed. */
bool kb_view_is_broken(const struct kb_view *view);

/* kb_view_begin(report, arena, ret_view, err): takes language and time zone from report and record. */
int kb_view_begin(const struct kb_report *report, struct kb_arena *arena, struct kb_view *ret_view, struct kb_err *err);

/*
 * kb_harmless(arena, text): text for people: what is no valid UTF-8, no XML character, a control or a bidirectional
 * control becomes U+FFFD, a tab a space; line feeds stay. Returns text itself where nothing had to change.
 */
const char *kb_harmless(struct kb_arena *arena, const char *text);

const char *kb_view_word(const struct kb_view *view, enum kb_word word);
const char *kb_view_name(const struct kb_view *view, enum kb_name_table table, int value);

/* Harmless text; missing or empty is "–". */
const char *kb_view_string(const struct kb_view *view, const char *text);
const char *kb_view_text(const struct kb_view *view, struct kb_text text);
bool kb_text_is_empty(struct kb_text text);

/* Numbers: "–" for KB_ABSENT and for what cannot be (negative counts). */
const char *kb_view_count(const struct kb_view *view, int64_t count);
const char *kb_view_bytes(const struct kb_view *view, int64_t bytes);
const char *kb_view_seconds(const struct kb_view *view, int64_t seconds);
const char *kb_view_ns(const struct kb_view *view, int64_t ns);

const char *kb_view_time(const struct kb_view *view, int64_t utc_s);
/* kb_view_clock: "09:25:00" on the day the record started, else "12-06 09:25:00". */
const char *kb_view_clock(const struct kb_view *view, int64_t utc_s);
/* kb_view_date: "令和8年（2026年）12月5日（土）", "5 December 2026 (Saturday)"; the era from 2019-05-01 on. */
const char *kb_view_date(const struct kb_view *view, int64_t utc_s);
/* kb_view_fiscal_year(view, utc_s, start): the year from `start` ("10-01", NULL: from April): "令和8年度", "fiscal year
 * 2026 (from April)". */
const char *kb_view_fiscal_year(const struct kb_view *view, int64_t utc_s, const char *start);

/* kb_view_mark: ○△×– on Japanese paper, ✓△✗– on English; on a terminal narrow marks that keep columns aligned. */
const char *kb_view_mark(const struct kb_view *view, enum kb_tone tone);
