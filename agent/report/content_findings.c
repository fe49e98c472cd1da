/* SPDX-License-Identifier: Apache-2.0 */
/* Findings gathered by rule and generation, so that what to do is said once and every entry still stands in the list.
 */
#include "content.h"

#include <inttypes.h>
#include <string.h>

#include "judged.h"
#include "koboshi/arena.h"

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static bool same_text(struct kb_text a, struct kb_text b)
{
    return same(a.ja, b.ja) && same(a.en, b.en);
}

static bool same_group(const struct kb_finding *a, const struct kb_finding *b)
{
    return a->severity == b->severity && same(a->rule, b->rule) && same(a->set, b->set) && same(a->medium, b->medium) &&
           same(a->file, b->file) && same_text(a->title, b->title) && same_text(a->next, b->next);
}

static const char *set_title(const struct kb_view *view, const char *set)
{
    for (size_t i = 0; i < view->record->units.n; i++)
        if (same(view->record->units.v[i].set, set))
            return kb_unit_title(view, &view->record->units.v[i]);
    return kb_view_string(view, set);
}

static const char *about_text(const struct kb_view *view, const struct kb_finding *finding)
{
    const char *parts[] = {finding->set ? set_title(view, finding->set) : NULL,
                           finding->medium ? kb_medium_title(view, finding->medium) : NULL,
                           finding->file ? kb_view_string(view, finding->file) : NULL};
    const char *text = "";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i])
            text = kb_sprintf(view->arena, "%s%s%s", text, *text ? " ・ " : "", parts[i]);
    return text;
}

static void add_row(const struct kb_view *view, struct kb_grid *grid, const struct kb_finding *finding)
{
    const char *where = finding->entry ? kb_view_string(view, finding->entry) : kb_view_word(view, KB_W_WHOLE);
    if (finding->entry_hex)
        where = kb_sprintf(view->arena, "%s\n%s: %s", where, kb_view_word(view, KB_W_RAW_NAME),
                           kb_view_string(view, finding->entry_hex));
    if (finding->count > 1) {
        const char *more = kb_pick(kb_text_new(view->arena, "%s more, counted and not listed one by one",
                                               "ほか%s件（一覧の上限を超えたため件数のみ）",
                                               kb_show_count(view->arena, finding->count)),
                                   view->lang);
        where = finding->entry ? kb_sprintf(view->arena, "%s\n%s", where, more) : more;
    }
    kb_grid_cell(grid, where, KB_TONE_PLAIN);
    kb_grid_cell(grid, kb_view_text(view, finding->expected), KB_TONE_PLAIN);
    kb_grid_cell(grid, kb_view_text(view, finding->found), KB_TONE_PLAIN);
}

static struct kb_group group_of(const struct kb_view *view, const struct kb_finding *first)
{
    struct kb_group group = {
        .first = first,
        .title = kb_sprintf(
            view->arena, view->lang == KB_JA ? "%s：%s" : "%s: %s", kb_view_name(view, KB_T_SEVERITY, first->severity),
            kb_text_is_empty(first->title) ? kb_view_string(view, first->rule) : kb_view_text(view, first->title)),
        .about = about_text(view, first),
        .grid = kb_grid_new(view),
    };
    kb_grid_column(group.grid, kb_view_word(view, KB_W_WHERE), false);
    kb_grid_column(group.grid, kb_view_word(view, KB_W_EXPECTED), false);
    kb_grid_column(group.grid, kb_view_word(view, KB_W_FOUND), false);
    return group;
}

const struct kb_group *kb_content_findings(const struct kb_view *view, size_t *ret_n)
{
    const struct kb_record *r = view->record;
    struct kb_group *groups = NULL;
    size_t n = 0;
    for (size_t i = 0; i < r->findings.n; i++) {
        const struct kb_finding *finding = &r->findings.v[i];
        size_t at = n;
        while (at > 0 && !same_group(groups[at - 1].first, finding)) /* its group is mostly the last one */
            at--;
        if (!at) {
            groups = kb_grow(view->arena, groups, n, sizeof *groups);
            groups[n++] = group_of(view, finding);
            at = n;
        }
        add_row(view, groups[at - 1].grid, finding);
    }
    *ret_n = n;
    return groups;
}
