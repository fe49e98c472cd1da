/* SPDX-License-Identifier: Apache-2.0 */
/* The whole record on a terminal: the sections of the page, in the same order and words. */
#include <inttypes.h>

#include "content.h"
#include "judged.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "screen.h"

static void section(const struct kb_view *view, enum kb_word title)
{
    (void)fprintf(view->out, "\n%s\n", kb_view_word(view, title));
    for (size_t i = kb_width(kb_view_word(view, title)); i > 0; i--)
        (void)fputc('-', view->out);
    (void)fputc('\n', view->out);
}

static void head(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    if (!kb_text_is_empty(r->plan.organization))
        (void)fprintf(view->out, "%s\n", kb_view_text(view, r->plan.organization));
    (void)fprintf(view->out, "%s",
                  kb_view_word(view, r->kind == KB_RECORD_VERIFY ? KB_W_TITLE_VERIFY : KB_W_TITLE_DRILL));
    if (r->id >= 0)
        (void)fprintf(view->out, " %06" PRId64, r->id);
    if (!kb_text_is_empty(r->title))
        (void)fprintf(view->out, "  %s", kb_view_text(view, r->title));
    (void)fprintf(view->out, "\n%s  %s\n\n", kb_view_date(view, r->started),
                  kb_view_fiscal_year(view, r->started, r->fiscal_year_start));
    kb_screen_broken(view);
    kb_screen_interrupted(view);
    kb_screen_verdict(view);
    if (kb_is_on_track(r) && !kb_view_is_broken(view))
        kb_screen_wrap(view, "", "", KB_TONE_DIM, kb_view_word(view, KB_W_ON_TRACK_NOTE));
    section(view, KB_W_SUMMARY);
    kb_screen_facts(view, kb_content_drill(view), "  ");
}

static void functions(const struct kb_view *view)
{
    if (!view->record->functions.n)
        return;
    section(view, KB_W_FUNCTIONS);
    kb_screen_table(view, kb_content_functions(view), "  ");
}

static void findings(const struct kb_view *view)
{
    size_t n;
    const struct kb_group *groups = kb_content_findings(view, &n);
    section(view, KB_W_FINDINGS);
    if (!n)
        (void)fprintf(view->out, "  %s\n", kb_view_word(view, KB_W_NO_FINDING));
    for (size_t i = 0; i < n; i++) {
        enum kb_tone tone = kb_finding_tone(groups[i].first);
        kb_screen_wrap(view, kb_sprintf(view->arena, "  %s ", kb_view_mark(view, tone)), "    ", tone, groups[i].title);
        if (*groups[i].about)
            kb_screen_wrap(view, "    ", "    ", KB_TONE_DIM, groups[i].about);
        kb_screen_table(view, groups[i].grid, "    ");
        kb_screen_wrap(
            view, kb_sprintf(view->arena, view->lang == KB_JA ? "    %s：" : "    %s: ", kb_view_word(view, KB_W_NEXT)),
            "      ", KB_TONE_PLAIN, kb_view_text(view, groups[i].first->next));
    }
}

static void timelines(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    if (!r->functions.n)
        return;
    section(view, KB_W_TIMELINES);
    for (size_t i = 0; i < r->functions.n; i++) {
        (void)fprintf(view->out, "  %s\n", kb_view_text(view, r->functions.v[i].title));
        kb_screen_facts(view, kb_content_function(view, &r->functions.v[i]), "    ");
        kb_screen_table(view, kb_content_parts(view, &r->functions.v[i]), "    ");
    }
    kb_screen_wrap(view, "  ", "  ", KB_TONE_DIM, kb_view_word(view, KB_W_PATH_NOTE));
}

static void units(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    section(view, KB_W_UNITS);
    if (!r->units.n)
        (void)fprintf(view->out, "  %s\n", kb_view_word(view, KB_W_NO_UNIT));
    kb_screen_table(view, kb_content_units(view), "  ");
    for (size_t i = 0; i < r->units.n; i++) {
        (void)fprintf(view->out, "\n  %s\n", kb_unit_title(view, &r->units.v[i]));
        kb_screen_facts(view, kb_content_unit(view, &r->units.v[i]), "    ");
        if (kb_unit_was_read(&r->units.v[i]))
            kb_screen_table(view, kb_content_proof(view, &r->units.v[i]), "    ");
        kb_screen_table(view, kb_content_steps(view, &r->units.v[i]), "    ");
    }
}

static void media(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    section(view, KB_W_MEDIA);
    if (!r->media.n)
        (void)fprintf(view->out, "  %s\n", kb_view_word(view, KB_W_NO_MEDIUM));
    for (size_t i = 0; i < r->media.n; i++) {
        (void)fprintf(view->out, "  %s\n", kb_medium_title(view, r->media.v[i].state.medium));
        kb_screen_facts(view, kb_content_medium(view, &r->media.v[i]), "    ");
    }
}

static void place(const struct kb_view *view)
{
    section(view, KB_W_ENVIRONMENT);
    kb_screen_facts(view, kb_content_place(view), "  ");
}

static void list(const struct kb_view *view, enum kb_word title, enum kb_word none, const struct kb_text *texts,
                 size_t n)
{
    section(view, title);
    if (!n)
        kb_screen_wrap(view, "  ", "  ", KB_TONE_PLAIN, kb_view_word(view, none));
    for (size_t i = 0; i < n; i++)
        kb_screen_wrap(view, "  - ", "    ", KB_TONE_PLAIN, kb_view_text(view, texts[i]));
}

static void limits(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    list(view, KB_W_DEVIATIONS, KB_W_NO_DEVIATION, r->deviations.v, r->deviations.n);
    list(view, KB_W_NOT_PROVEN, KB_W_NO_NOT_PROVEN, r->not_proven.v, r->not_proven.n);
}

static void evidence(const struct kb_view *view)
{
    section(view, KB_W_EVIDENCE);
    if (view->seal->state == KB_SEAL_NONE)
        kb_screen_wrap(view, "  ", "  ", KB_TONE_WARN, kb_view_word(view, KB_W_NO_SEAL_TEXT));
    kb_screen_wrap(view, "  ", "  ", KB_TONE_PLAIN, kb_view_word(view, KB_W_DERIVED));
    kb_screen_facts(view, kb_content_seal(view), "  ");
    /* commands are never wrapped: they are there to be copied */
    (void)fprintf(view->out, "  %s\n  # %s\n  %s\n  # %s\n  %s\n", kb_view_word(view, KB_W_CHECK_HOW),
                  kb_view_word(view, KB_W_CHECK_LEDGER), kb_content_check_ledger(view),
                  kb_view_word(view, KB_W_CHECK_FILES), kb_content_check_files(view));
    kb_screen_wrap(view, "  ", "  ", KB_TONE_DIM, kb_view_word(view, KB_W_CHECK_LIMIT));
}

static void (*const sections[])(const struct kb_view *view) = {
    head, functions, findings, timelines, units, media, place, limits, evidence,
};

int kb_report_text(const struct kb_report *report, FILE *out, struct kb_err *err)
{
    struct kb_view view;
    KB_SCOPED_ARENA arena = kb_arena_new();
    int code = kb_view_begin(report, arena, &view, err);
    if (code)
        return code;
    view.out = out;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        sections[i](&view);
    return kb_screen_done(&view, err);
}
