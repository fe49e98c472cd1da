/* SPDX-License-Identifier: Apache-2.0 */
/* First sheet of the page: title and sign-off boxes, verdict per axis, functions and their timelines. */
#include "html_parts.h"

#include <inttypes.h>

#include "content.h"
#include "judged.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "page.h"

static void sign_boxes(const struct kb_view *view)
{
    static const enum kb_word roles[] = {KB_W_PREPARED, KB_W_CHECKED, KB_W_APPROVED};
    kb_page_open(view->page, "div", "sign");
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        kb_page_open(view->page, "div", NULL);
        kb_page_put(view->page, "p", NULL, kb_view_word(view, roles[i]));
        kb_page_put(view->page, "p", NULL, "");
        kb_page_put(view->page, "p", NULL, kb_view_word(view, KB_W_SIGN_DATE));
        kb_page_close(view->page);
    }
    kb_page_close(view->page);
}

void kb_html_head(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    bool ja = view->lang == KB_JA;
    kb_page_open(view->page, "header", "head");
    kb_page_open(view->page, "div", NULL);
    if (!kb_text_is_empty(r->plan.organization))
        kb_page_put(view->page, "p", "company", kb_view_text(view, r->plan.organization));
    kb_page_put(view->page, "h1", NULL,
                kb_view_word(view, r->kind == KB_RECORD_VERIFY ? KB_W_TITLE_VERIFY : KB_W_TITLE_DRILL));
    if (!kb_text_is_empty(r->title))
        kb_page_put(view->page, "p", "subtitle", kb_view_text(view, r->title));
    kb_page_put(view->page, "p", NULL,
                kb_sprintf(view->arena, ja ? "%s　%s" : "%s, %s", kb_view_date(view, r->started),
                           kb_view_fiscal_year(view, r->started, r->fiscal_year_start)));
    kb_page_put(
        view->page, "p", "small",
        kb_sprintf(view->arena, "%s %s", kb_view_word(view, KB_W_NUMBER),
                   r->id < 0 ? kb_view_word(view, KB_W_MISSING) : kb_sprintf(view->arena, "%06" PRId64, r->id)));
    kb_page_close(view->page);
    sign_boxes(view);
    kb_page_close(view->page);
}

static void broken(const struct kb_view *view)
{
    if (!kb_view_is_broken(view))
        return;
    kb_page_open(view->page, "div", "banner bad");
    kb_page_put(view->page, "strong", NULL, kb_view_word(view, KB_W_BROKEN_HEAD));
    kb_page_text(view->page, kb_view_word(view, KB_W_BROKEN_TEXT));
    kb_page_close(view->page);
}

static void banner(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    if (r->status == KB_RECORD_COMPLETED && !r->fault)
        return;
    bool canceled = r->status == KB_RECORD_CANCELED;
    kb_page_open(view->page, "div", "banner");
    kb_page_put(view->page, "strong", NULL, kb_view_word(view, canceled ? KB_W_CANCELED_HEAD : KB_W_FAULT_HEAD));
    kb_page_text(view->page, kb_view_word(view, canceled ? KB_W_CANCELED_TEXT : KB_W_FAULT_TEXT));
    if (r->fault)
        kb_page_put(view->page, "p", NULL, kb_content_fault(view, r->fault));
    kb_page_close(view->page);
}

void kb_html_verdict(const struct kb_view *view)
{
    static const char *const classes[] = {[KB_TONE_PLAIN] = "axis",
                                          [KB_TONE_GOOD] = "axis good",
                                          [KB_TONE_WARN] = "axis warn",
                                          [KB_TONE_BAD] = "axis bad",
                                          [KB_TONE_DIM] = "axis dim"};
    struct kb_axis_shown axes[KB_AXES];
    kb_axes_of(view, axes);
    broken(view);
    banner(view);
    kb_page_open(view->page, "section", "axes");
    for (size_t i = 0; i < KB_AXES; i++) {
        kb_page_open(view->page, "div", classes[axes[i].tone]);
        kb_page_put(view->page, "p", "name", kb_view_word(view, axes[i].name));
        kb_page_put(view->page, "p", "small", kb_view_word(view, axes[i].asks));
        kb_page_put(view->page, "p", "verdict",
                    kb_sprintf(view->arena, "%s %s", kb_view_mark(view, axes[i].tone), axes[i].verdict));
        kb_page_put(view->page, "p", "small", axes[i].note);
        kb_page_close(view->page);
    }
    kb_page_close(view->page);
    kb_page_put(view->page, "p", "note", kb_findings_text(view));
    if (kb_is_on_track(view->record) && !kb_view_is_broken(view))
        kb_page_put(view->page, "p", "note", kb_view_word(view, KB_W_ON_TRACK_NOTE));
    kb_page_put(view->page, "h2", NULL, kb_view_word(view, KB_W_SUMMARY));
    kb_page_grid(view->page, kb_content_drill(view), "facts overview");
}

void kb_html_functions(const struct kb_view *view)
{
    if (!view->record->functions.n)
        return;
    kb_page_put(view->page, "h2", NULL, kb_view_word(view, KB_W_FUNCTIONS));
    kb_page_grid(view->page, kb_content_functions(view), "functions");
}

/* Seconds the time axis of a function is long: its last part or its RTO, whichever is later, and some room. */
static int64_t axis_length(const struct kb_record_function *f, const struct kb_record_part *parts, size_t n)
{
    int64_t length = f->rto > 0 ? f->rto : 1;
    for (size_t i = 0; i < n; i++) {
        const struct kb_record_part *part = &parts[i];
        int64_t end = 0;
        if (part->start_s < 0 || __builtin_add_overflow(part->start_s, part->length_s > 0 ? part->length_s : 0, &end))
            continue;
        length = end > length ? end : length;
    }
    return length > INT64_MAX / 2000 ? INT64_MAX / 2000 : length + length / 20 + 1;
}

/* "left:12.5%": tenths of a percent, so that no locale can put a comma there. */
static const char *share(const struct kb_view *view, const char *property, int64_t seconds, int64_t length)
{
    int64_t permille = seconds <= 0 ? 0 : seconds >= length ? 1000 : seconds * 1000 / length;
    return kb_sprintf(view->arena, "%s:%" PRId64 ".%" PRId64 "%%", property, permille / 10, permille % 10);
}

static void bar(const struct kb_view *view, int64_t rto, const struct kb_record_part *part, int64_t length)
{
    static const char *const classes[] = {"bar s0", "bar s1", "bar s2", "bar s3", "bar s4"};
    bool known = part->length_s != KB_ABSENT && part->source >= 0 && part->source < KB_TIME_UNDECLARED;
    kb_page_open(view->page, "td", "track");
    if (rto > 0) {
        kb_page_open(view->page, "div", "limit");
        kb_page_attribute(view->page, "style", share(view, "left", rto, length));
        kb_page_close(view->page);
    }
    kb_page_open(view->page, "div", classes[known ? part->source : KB_TIME_UNDECLARED]);
    const char *left = share(view, "left", part->start_s, length);
    kb_page_attribute(view->page, "style",
                      known ? kb_sprintf(view->arena, "%s;%s", left, share(view, "width", part->length_s, length))
                            : left);
    kb_page_close(view->page);
    kb_page_close(view->page);
}

static void parts_table(const struct kb_view *view, const struct kb_record_function *f)
{
    size_t n;
    const struct kb_grid *grid = kb_content_parts(view, f);
    const struct kb_record_part *parts = kb_function_parts(view, f, &n);
    int64_t length = axis_length(f, parts, n);
    kb_page_open(view->page, "table", "parts");
    kb_page_open(view->page, "thead", NULL);
    kb_page_open(view->page, "tr", NULL);
    for (size_t i = 0; i < grid->n_columns; i++)
        kb_page_put(view->page, "th", grid->columns[i].right ? "right" : NULL, grid->columns[i].head);
    kb_page_put(view->page, "th", NULL, kb_view_word(view, KB_W_TIMELINE));
    kb_page_close(view->page);
    kb_page_close(view->page);
    kb_page_open(view->page, "tbody", NULL);
    for (size_t row = 0; row < n; row++) {
        kb_page_open(view->page, "tr", NULL);
        for (size_t i = 0; i < grid->n_columns; i++)
            kb_page_cell(view->page, kb_grid_at(grid, row, i), grid->columns[i].right);
        bar(view, f->rto, &parts[row], length);
        kb_page_close(view->page);
    }
    kb_page_close(view->page);
    kb_page_close(view->page);
}

void kb_html_timelines(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    if (!r->functions.n)
        return;
    kb_page_put(view->page, "h2", NULL, kb_view_word(view, KB_W_TIMELINES));
    for (size_t i = 0; i < r->functions.n; i++) {
        const struct kb_record_function *f = &r->functions.v[i];
        kb_page_put(view->page, "h3", NULL, kb_view_text(view, f->title));
        kb_page_grid(view->page, kb_content_function(view, f), "facts");
        if (f->parts.n || f->counts_detection)
            parts_table(view, f);
    }
    kb_page_put(view->page, "p", "note", kb_view_word(view, KB_W_PATH_NOTE));
    kb_page_put(view->page, "p", "note", kb_view_word(view, KB_W_BAR_NOTE));
}
