/* SPDX-License-Identifier: Apache-2.0 */
/* The block a drill ends with: a line per backup and function, what to do under each red one, and the verdict. */
#include <inttypes.h>
#include <string.h>

#include "content.h"
#include "judged.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "screen.h"

/* Under one line; more than this scrolls the verdict away, the report has them all. */
enum { FINDINGS_SHOWN = 3 };

static bool survives(const struct kb_record *r, const char *medium)
{
    for (size_t u = 0; u < r->units.n; u++)
        for (size_t k = 0; k < r->units.v[u].survival.n; k++) {
            const struct kb_survival *s = &r->units.v[u].survival.v[k];
            if (s->survives && s->medium && medium && !strcmp(s->medium, medium))
                return true;
        }
    return false;
}

/* The media that hold a surviving copy of anything, unless all of them do. */
static const char *survivors(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    const char *names = "";
    size_t n = 0;
    bool judged = false;
    for (size_t u = 0; u < r->units.n; u++)
        judged |= r->units.v[u].survival.n > 0;
    for (size_t i = 0; i < r->media.n; i++)
        if (survives(r, r->media.v[i].state.medium))
            names = kb_sprintf(view->arena, "%s%s%s", names, n++ ? ", " : "",
                               kb_medium_title(view, r->media.v[i].state.medium));
    if (judged && n && n < r->media.n)
        return kb_sprintf(view->arena, view->lang == KB_JA ? "（使えるのは %s のみ）" : " (only %s can be used)",
                          names);
    if (judged && !n && r->media.n)
        return view->lang == KB_JA ? "（使える媒体はありません）" : " (no medium can be used)";
    return "";
}

/* Side by side as far as they fit. */
static void put_parts(const struct kb_view *view, const char *const *parts, size_t n, const char *between)
{
    const char *line = parts[0], *indent = "";
    for (size_t i = 1; i <= n; i++) {
        const char *longer = i < n ? kb_sprintf(view->arena, "%s%s%s", line, between, parts[i]) : NULL;
        if (longer && kb_width(indent) + kb_width(longer) <= view->table_columns) {
            line = longer;
            continue;
        }
        if (kb_width(line) <= view->table_columns)
            (void)fprintf(view->out, "%s%s\n", indent, line);
        else
            kb_screen_wrap(view, indent, "    ", KB_TONE_PLAIN, line);
        indent = "  ";
        line = i < n ? parts[i] : "";
    }
}

static void header(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    const char *colon = view->lang == KB_JA ? "：" : ": ";
    const char *title = kb_text_is_empty(r->title)
                            ? kb_view_word(view, r->kind == KB_RECORD_VERIFY ? KB_W_TITLE_VERIFY : KB_W_TITLE_DRILL)
                            : kb_view_text(view, r->title);
    const char *parts[4] = {title}, *media = "";
    size_t n = 1;
    if (r->threat)
        parts[n++] = kb_sprintf(view->arena, "%s%s%s%s", kb_view_word(view, KB_W_THREAT), colon,
                                kb_view_text(view, r->threat->title), survivors(view));
    for (size_t i = 0; i < r->media.n; i++)
        media = kb_sprintf(view->arena, "%s%s%s", media, i ? ", " : "",
                           kb_medium_title(view, r->media.v[i].state.medium));
    if (r->media.n)
        parts[n++] = kb_sprintf(view->arena, "%s%s%s", kb_view_word(view, KB_W_MEDIUM), colon, media);
    parts[n++] = kb_view_time(view, r->started);
    put_parts(view, parts, n, "   ");
    if (r->attended)
        kb_screen_wrap(view, kb_sprintf(view->arena, "  %s%s", kb_view_word(view, KB_W_ATTENDED), colon), "    ",
                       KB_TONE_PLAIN, kb_attended_text(view));
}

static void finding_lines(const struct kb_view *view, const struct kb_finding *f)
{
    const struct {
        enum kb_word label;
        const char *text;
    } rows[] = {
        {KB_W_WHERE, f->entry    ? kb_view_string(view, f->entry)
                     : f->file   ? kb_view_string(view, f->file)
                     : f->medium ? kb_medium_title(view, f->medium)
                                 : NULL},
        {KB_W_EXPECTED, kb_text_is_empty(f->expected) ? NULL : kb_view_text(view, f->expected)},
        {KB_W_FOUND, kb_text_is_empty(f->found) ? NULL : kb_view_text(view, f->found)},
        {KB_W_REASON, kb_text_is_empty(f->title) ? NULL : kb_view_text(view, f->title)},
        {KB_W_NEXT, kb_text_is_empty(f->next) ? NULL : kb_view_text(view, f->next)},
    };
    const char *bar = kb_sprintf(view->arena, "    %s ", kb_view_mark(view, kb_finding_tone(f)));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!rows[i].text)
            continue;
        const char *first = kb_sprintf(view->arena, view->lang == KB_JA ? "%s%s：" : "%s%s: ", bar,
                                       kb_view_word(view, rows[i].label));
        kb_screen_wrap(view, first, kb_sprintf(view->arena, "    │ %*s", (int)(kb_width(first) - 6), ""), KB_TONE_PLAIN,
                       kb_brief(view->arena, rows[i].text, KB_BRIEF_COLUMNS));
        bar = "    │ ";
    }
}

static bool belongs_to_unit(const struct kb_record *r, const struct kb_finding *finding, size_t n_units)
{
    for (size_t i = 0; i < n_units; i++)
        if (kb_finding_is_of(finding, &r->units.v[i]))
            return true;
    return false;
}

/* Notes about the restore change nothing and are in the report; those on time and data say why a verdict is held back.
 */
static bool is_shown(const struct kb_finding *finding)
{
    return finding->severity != KB_NOTE || finding->axis != KB_AXIS_RESTORE;
}

/* Findings of one unit; of none of them when unit is NULL. A set that several units share is told under the first. */
static void findings_of(const struct kb_view *view, size_t unit)
{
    const struct kb_record *r = view->record;
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < r->findings.n; i++) {
        const struct kb_finding *finding = &r->findings.v[i];
        bool mine = unit == r->units.n
                        ? !belongs_to_unit(r, finding, r->units.n)
                        : kb_finding_is_of(finding, &r->units.v[unit]) && !belongs_to_unit(r, finding, unit);
        if (!mine || !is_shown(finding))
            continue;
        if (shown++ < FINDINGS_SHOWN)
            finding_lines(view, finding);
        else
            more++;
    }
    if (more)
        kb_screen_wrap(
            view, "    … ", "      ", KB_TONE_PLAIN,
            kb_pick(kb_text_new(view->arena, "%zu more in the report", "ほか%zu件は報告書に記載しています", more),
                    view->lang));
}

static void row(const struct kb_view *view, const struct kb_grid *grid, const struct kb_screen_widths *widths,
                size_t row)
{
    if (2 + widths->total > view->table_columns) {
        kb_screen_item(view, grid, row, "  ");
        return;
    }
    if (!row)
        kb_screen_heads(view, grid, widths, "  ");
    kb_screen_row(view, grid, widths, row, "  ");
}

static void units(const struct kb_view *view)
{
    const struct kb_grid *grid = kb_content_units(view);
    struct kb_screen_widths widths = kb_screen_measure(grid);
    if (!view->record->units.n) {
        (void)fprintf(view->out, "  %s\n", kb_view_word(view, KB_W_NO_UNIT));
        return;
    }
    for (size_t i = 0; i < view->record->units.n; i++) {
        row(view, grid, &widths, i);
        findings_of(view, i);
    }
}

static void functions(const struct kb_view *view)
{
    const struct kb_grid *grid = kb_content_functions(view);
    struct kb_screen_widths widths = kb_screen_measure(grid);
    for (size_t i = 0; i < view->record->functions.n; i++)
        row(view, grid, &widths, i);
    findings_of(view, view->record->units.n);
}

void kb_screen_broken(const struct kb_view *view)
{
    char rule[KB_VIEW_COLUMNS + 1];
    if (!kb_view_is_broken(view))
        return;
    memset(rule, '=', view->columns);
    rule[view->columns] = '\0';
    kb_screen_wrap(view, "", "", KB_TONE_BAD, rule);
    kb_screen_wrap(view, "  ", "  ", KB_TONE_BAD, kb_view_word(view, KB_W_BROKEN_HEAD));
    kb_screen_wrap(view, "  ", "  ", KB_TONE_PLAIN, kb_view_word(view, KB_W_BROKEN_TEXT));
    kb_screen_wrap(view, "", "", KB_TONE_BAD, rule);
}

void kb_screen_interrupted(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    if (r->status == KB_RECORD_COMPLETED && !r->fault)
        return;
    bool canceled = r->status == KB_RECORD_CANCELED;
    kb_screen_wrap(view, "", "", KB_TONE_BAD, kb_view_word(view, canceled ? KB_W_CANCELED_HEAD : KB_W_FAULT_HEAD));
    kb_screen_wrap(view, "  ", "  ", KB_TONE_PLAIN,
                   kb_view_word(view, canceled ? KB_W_CANCELED_TEXT : KB_W_FAULT_TEXT));
    if (r->fault)
        kb_screen_wrap(view, "  ", "  ", KB_TONE_PLAIN, kb_content_fault(view, r->fault));
}

/* A new line where so much more does not fit. */
static void turn(const struct kb_view *view, size_t *used, size_t more)
{
    if (!*used || *used + more <= view->table_columns)
        return;
    (void)fputc('\n', view->out);
    *used = 0;
}

void kb_screen_verdict(const struct kb_view *view)
{
    struct kb_axis_shown axes[KB_AXES];
    kb_axes_of(view, axes);
    size_t used = 0;
    for (size_t i = 0; i < KB_AXES; i++) {
        const char *name = kb_sprintf(view->arena, "%s%s ", i ? " ・ " : "", kb_view_word(view, axes[i].name));
        turn(view, &used, kb_width(name) + kb_width(axes[i].verdict));
        (void)fputs(used ? name : kb_sprintf(view->arena, "%s ", kb_view_word(view, axes[i].name)), view->out);
        kb_screen_toned(view, axes[i].tone, axes[i].verdict);
        used += kb_width(name) + kb_width(axes[i].verdict);
    }
    if (view->record->findings.n) {
        const char *findings = kb_sprintf(view->arena, view->lang == KB_JA ? "（%s）" : " (%s)",
                                          kb_findings_text(view));
        turn(view, &used, kb_width(findings));
        (void)fputs(findings + (!used && *findings == ' '), view->out);
    }
    (void)fputc('\n', view->out);
}

static void files(const struct kb_view *view, const struct kb_report *report)
{
    static const enum kb_word signatures[] = {[KB_SEAL_NONE] = KB_W_UNSIGNED_SHORT,
                                              [KB_SEAL_SIGNED] = KB_W_SIGNED_SHORT,
                                              [KB_SEAL_VERIFIED] = KB_W_SIGNED_SHORT,
                                              [KB_SEAL_BROKEN] = KB_W_BROKEN_SHORT};
    int state = view->seal->state >= 0 && view->seal->state <= KB_SEAL_BROKEN ? view->seal->state : KB_SEAL_BROKEN;
    /* never wrapped: they are there to be copied */
    const char *record = report->record_file ? kb_sprintf(view->arena, "%s %s%s", kb_view_word(view, KB_W_RECORD),
                                                          kb_view_string(view, report->record_file),
                                                          kb_view_word(view, signatures[state]))
                                             : "";
    const char *html = report->report_file ? kb_sprintf(view->arena, "%s %s", kb_view_word(view, KB_W_REPORT),
                                                        kb_view_string(view, report->report_file))
                                           : "";
    bool both = *record && *html, fit = kb_width(record) + kb_width(html) + 2 <= view->table_columns;
    if (*record || *html)
        (void)fprintf(view->out, "%s%s%s\n", record, !both ? "" : fit ? "  " : "\n", html);
}

int kb_report_lines(const struct kb_report *report, FILE *out, struct kb_err *err)
{
    struct kb_view view;
    KB_SCOPED_ARENA arena = kb_arena_new();
    int code = kb_view_begin(report, arena, &view, err);
    if (code)
        return code;
    view.out = out;
    header(&view);
    kb_screen_broken(&view);
    units(&view);
    functions(&view);
    kb_screen_interrupted(&view);
    files(&view, report);
    kb_screen_verdict(&view);
    return kb_screen_done(&view, err);
}
