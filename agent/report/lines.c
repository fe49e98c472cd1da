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
static void survivors(const struct kb_view *view)
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
        kb_print(view->out, view->lang, " (only %s can be used)", "（使えるのは %s のみ）", names);
    else if (judged && !n && r->media.n)
        kb_print(view->out, view->lang, " (no medium can be used)", "（使える媒体はありません）");
}

static void header(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    const char *colon = view->lang == KB_JA ? "：" : ": ";
    const char *title = kb_text_is_empty(r->title)
                            ? kb_view_word(view, r->kind == KB_RECORD_VERIFY ? KB_W_TITLE_VERIFY : KB_W_TITLE_DRILL)
                            : kb_view_text(view, r->title);
    (void)fprintf(view->out, "%s", title);
    if (r->threat)
        (void)fprintf(view->out, "   %s%s%s", kb_view_word(view, KB_W_THREAT), colon,
                      kb_view_text(view, r->threat->title));
    if (r->threat)
        survivors(view);
    for (size_t i = 0; i < r->media.n; i++)
        (void)fprintf(view->out, "%s%s%s", i ? ", " : kb_sprintf(view->arena, "   %s", kb_view_word(view, KB_W_MEDIUM)),
                      i ? "" : colon, kb_medium_title(view, r->media.v[i].state.medium));
    (void)fprintf(view->out, "   %s\n", kb_view_time(view, r->started));
    if (r->attended)
        (void)fprintf(view->out, "  %s%s%s\n", kb_view_word(view, KB_W_ATTENDED), colon, kb_attended_text(view));
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
        kb_print(view->out, view->lang, "    … %zu more in the report\n", "    … ほか%zu件は報告書に記載しています\n",
                 more);
}

static void units(const struct kb_view *view)
{
    const struct kb_grid *grid = kb_content_units(view);
    struct kb_screen_widths widths = kb_screen_measure(grid);
    if (!view->record->units.n) {
        (void)fprintf(view->out, "  %s\n", kb_view_word(view, KB_W_NO_UNIT));
        return;
    }
    kb_screen_heads(view, grid, &widths, "  ");
    for (size_t i = 0; i < view->record->units.n; i++) {
        kb_screen_row(view, grid, &widths, i, "  ");
        findings_of(view, i);
    }
}

static void functions(const struct kb_view *view)
{
    const struct kb_grid *grid = kb_content_functions(view);
    struct kb_screen_widths widths = kb_screen_measure(grid);
    if (view->record->functions.n) {
        kb_screen_heads(view, grid, &widths, "  ");
        for (size_t i = 0; i < view->record->functions.n; i++)
            kb_screen_row(view, grid, &widths, i, "  ");
    }
    findings_of(view, view->record->units.n);
}

void kb_screen_broken(const struct kb_view *view)
{
    char rule[KB_SCREEN_COLUMNS + 1];
    if (!kb_view_is_broken(view))
        return;
    memset(rule, '=', sizeof rule - 1);
    rule[sizeof rule - 1] = '\0';
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

void kb_screen_verdict(const struct kb_view *view)
{
    struct kb_axis_shown axes[KB_AXES];
    kb_axes_of(view, axes);
    for (size_t i = 0; i < KB_AXES; i++) {
        (void)fprintf(view->out, "%s%s ", i ? " ・ " : "", kb_view_word(view, axes[i].name));
        kb_screen_toned(view, axes[i].tone, axes[i].verdict);
    }
    if (view->record->findings.n)
        (void)fprintf(view->out, view->lang == KB_JA ? "（%s）" : " (%s)", kb_findings_text(view));
    (void)fputc('\n', view->out);
}

static void files(const struct kb_view *view, const struct kb_report *report)
{
    static const enum kb_word signatures[] = {[KB_SEAL_NONE] = KB_W_UNSIGNED_SHORT,
                                              [KB_SEAL_SIGNED] = KB_W_SIGNED_SHORT,
                                              [KB_SEAL_VERIFIED] = KB_W_SIGNED_SHORT,
                                              [KB_SEAL_BROKEN] = KB_W_BROKEN_SHORT};
    int state = view->seal->state >= 0 && view->seal->state <= KB_SEAL_BROKEN ? view->seal->state : KB_SEAL_BROKEN;
    if (report->record_file)
        (void)fprintf(view->out, "%s %s%s", kb_view_word(view, KB_W_RECORD), kb_view_string(view, report->record_file),
                      kb_view_word(view, signatures[state]));
    if (report->report_file)
        (void)fprintf(view->out, "%s%s %s", report->record_file ? "  " : "", kb_view_word(view, KB_W_REPORT),
                      kb_view_string(view, report->report_file));
    if (report->record_file || report->report_file)
        (void)fputc('\n', view->out);
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
