/* SPDX-License-Identifier: Apache-2.0 */
/* The page as a whole, and its sections from the findings on. */
#include <inttypes.h>
#include <string.h>

#include "content.h"
#include "html_parts.h"
#include "judged.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "page.h"

static void findings(const struct kb_view *view)
{
    static const char *const classes[] = {[KB_TONE_PLAIN] = "finding",
                                          [KB_TONE_GOOD] = "finding",
                                          [KB_TONE_WARN] = "finding warn",
                                          [KB_TONE_BAD] = "finding bad",
                                          [KB_TONE_DIM] = "finding dim"};
    size_t n;
    const struct kb_group *groups = kb_content_findings(view, &n);
    kb_page_put(view->page, "h2", NULL, kb_view_word(view, KB_W_FINDINGS));
    if (!n)
        kb_page_put(view->page, "p", NULL, kb_view_word(view, KB_W_NO_FINDING));
    for (size_t i = 0; i < n; i++) {
        enum kb_tone tone = kb_finding_tone(groups[i].first);
        kb_page_open(view->page, "section", classes[tone]);
        kb_page_put(view->page, "h3", NULL,
                    kb_sprintf(view->arena, "%s %s", kb_view_mark(view, tone), groups[i].title));
        if (*groups[i].about)
            kb_page_put(view->page, "p", "small", groups[i].about);
        kb_page_grid(view->page, groups[i].grid, "found");
        kb_page_open(view->page, "p", "next");
        kb_page_put(view->page, "strong", NULL,
                    kb_sprintf(view->arena, view->lang == KB_JA ? "%s：" : "%s: ", kb_view_word(view, KB_W_NEXT)));
        kb_page_text(view->page, kb_view_text(view, groups[i].first->next));
        kb_page_close(view->page);
        kb_page_close(view->page);
    }
}

static void units(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    kb_page_put(view->page, "h2", NULL, kb_view_word(view, KB_W_UNITS));
    if (!r->units.n)
        kb_page_put(view->page, "p", NULL, kb_view_word(view, KB_W_NO_UNIT));
    kb_page_grid(view->page, kb_content_units(view), "units");
    for (size_t i = 0; i < r->units.n; i++) {
        const struct kb_record_unit *unit = &r->units.v[i];
        kb_page_put(view->page, "h3", NULL, kb_unit_title(view, unit));
        kb_page_grid(view->page, kb_content_unit(view, unit), "facts");
        if (kb_unit_was_read(unit)) {
            kb_page_put(view->page, "h4", NULL, kb_view_word(view, KB_W_FACT));
            kb_page_grid(view->page, kb_content_proof(view, unit), "proof");
        }
        if (unit->steps.n) {
            kb_page_put(view->page, "h4", NULL, kb_view_word(view, KB_W_STEPS));
            kb_page_grid(view->page, kb_content_steps(view, unit), "steps");
        }
    }
}

static void media(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    kb_page_put(view->page, "h2", NULL, kb_view_word(view, KB_W_MEDIA));
    if (!r->media.n)
        kb_page_put(view->page, "p", NULL, kb_view_word(view, KB_W_NO_MEDIUM));
    kb_page_open(view->page, "div", "media");
    for (size_t i = 0; i < r->media.n; i++) {
        kb_page_open(view->page, "div", NULL);
        kb_page_put(view->page, "h3", NULL, kb_medium_title(view, r->media.v[i].state.medium));
        kb_page_grid(view->page, kb_content_medium(view, &r->media.v[i]), "facts");
        kb_page_close(view->page);
    }
    kb_page_close(view->page);
}

static void place(const struct kb_view *view)
{
    kb_page_put(view->page, "h2", NULL, kb_view_word(view, KB_W_ENVIRONMENT));
    kb_page_grid(view->page, kb_content_place(view), "facts");
}

static void list(const struct kb_view *view, enum kb_word title, enum kb_word none, const struct kb_text *texts,
                 size_t n)
{
    kb_page_put(view->page, "h2", NULL, kb_view_word(view, title));
    if (!n) {
        kb_page_put(view->page, "p", NULL, kb_view_word(view, none));
        return;
    }
    kb_page_open(view->page, "ul", NULL);
    for (size_t i = 0; i < n; i++)
        kb_page_put(view->page, "li", NULL, kb_view_text(view, texts[i]));
    kb_page_close(view->page);
}

static void limits(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    list(view, KB_W_DEVIATIONS, KB_W_NO_DEVIATION, r->deviations.v, r->deviations.n);
    list(view, KB_W_NOT_PROVEN, KB_W_NO_NOT_PROVEN, r->not_proven.v, r->not_proven.n);
}

static void evidence(const struct kb_view *view)
{
    kb_page_open(view->page, "section", "evidence");
    kb_page_put(view->page, "h2", NULL, kb_view_word(view, KB_W_EVIDENCE));
    if (view->seal->state == KB_SEAL_NONE)
        kb_page_put(view->page, "p", "warn", kb_view_word(view, KB_W_NO_SEAL_TEXT));
    kb_page_put(view->page, "p", NULL, kb_view_word(view, KB_W_DERIVED));
    kb_page_grid(view->page, kb_content_seal(view), "facts mono");
    kb_page_put(view->page, "h4", NULL, kb_view_word(view, KB_W_CHECK_HOW));
    kb_page_put(view->page, "p", "small", kb_view_word(view, KB_W_CHECK_LEDGER));
    kb_page_put(view->page, "pre", NULL, kb_content_check_ledger(view));
    kb_page_put(view->page, "p", "small", kb_view_word(view, KB_W_CHECK_FILES));
    kb_page_put(view->page, "pre", NULL, kb_content_check_files(view));
    kb_page_put(view->page, "p", "note", kb_view_word(view, KB_W_CHECK_LIMIT));
    kb_page_close(view->page);
}

/* From what an owner decides on to what an auditor checks. */
static void (*const sections[])(const struct kb_view *view) = {
    kb_html_head, kb_html_verdict, kb_html_functions, findings, kb_html_timelines, units, media,
    place,        limits,          evidence,
};

/* On each sheet which record it belongs to: sheets get separated. Only hexadecimal digits of ours or of the head go
 * into CSS. */
static const char *sheet_css(const struct kb_view *view)
{
    const char *head = view->seal->head ? view->seal->head : "";
    size_t digits = strspn(head, "0123456789abcdef");
    return kb_sprintf(view->arena,
                      "@page { @bottom-left { content: \"%s %06" PRId64
                      "%s%.*s\"; font: 8pt sans-serif; color: #444; } }\n",
                      kb_view_word(view, KB_W_NUMBER), view->record->id < 0 ? 0 : view->record->id,
                      digits < 16 ? "" : " / ", digits < 16 ? 0 : 16, head);
}

static void whole(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    const char *title = kb_view_word(view, r->kind == KB_RECORD_VERIFY ? KB_W_TITLE_VERIFY : KB_W_TITLE_DRILL);
    kb_page_doctype(view->page);
    kb_page_open(view->page, "html", NULL);
    kb_page_attribute(view->page, "lang", kb_lang_names[view->lang]);
    kb_page_open(view->page, "head", NULL);
    kb_page_void(view->page, "meta", "charset", "utf-8", NULL, NULL);
    kb_page_void(view->page, "meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    kb_page_put(view->page, "title", NULL, r->id < 0 ? title : kb_sprintf(view->arena, "%s %06" PRId64, title, r->id));
    kb_page_style(view->page, kb_page_css);
    kb_page_style(view->page, sheet_css(view));
    kb_page_close(view->page);
    kb_page_open(view->page, "body", NULL);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        sections[i](view);
    kb_page_close(view->page);
    kb_page_close(view->page);
}

int kb_report_html(const struct kb_report *report, struct kb_arena *arena, char **ret_bytes, size_t *ret_n,
                   struct kb_err *err)
{
    struct kb_view view;
    int code = kb_view_begin(report, arena, &view, err);
    if (code)
        return code;
    view.page = kb_page_new(arena, err);
    if (!view.page)
        return KB_EIO;
    whole(&view);
    code = kb_page_end(view.page, ret_bytes, ret_n, err);
    kb_page_free(view.page);
    return code;
}
