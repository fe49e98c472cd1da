/* SPDX-License-Identifier: Apache-2.0 */
/* What the lines of the ledger say of one medium. */
#include "koboshi/register.h"

#include <string.h>
#include <strings.h>

static bool is_kind(const struct kb_line *line, enum kb_line_kind kind)
{
    return !strcmp(line->kind, kb_line_kind_names[kind]);
}

static bool is_same(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

static bool is_of(const struct kb_line *line, const char *plan)
{
    return !line->plan || is_same(line->plan, plan);
}

static bool is_good(const struct kb_line_read *read)
{
    return read->status == KB_UNIT_GOOD || read->status == KB_UNIT_CONDITIONAL;
}

static void see(struct kb_medium_history *history, bool here, int64_t time)
{
    if (history->since == KB_ABSENT || history->here != here)
        history->since = time;
    history->here = here;
    history->last = time;
}

static void count_read(struct kb_medium_history *history, const struct kb_line *line, const struct kb_line_read *read)
{
    enum { MEASURED_MS = 1000 };
    if (is_good(read)) {
        history->verified = line->time;
        history->verified_file = read->file;
    }
    if (read->ms < MEASURED_MS || read->bytes <= 0 || read->bytes > INT64_MAX / 1000)
        return;
    int64_t rate = read->bytes * 1000 / read->ms;
    history->n_reads++;
    history->last_rate = rate;
    if (history->best_rate == KB_ABSENT || rate > history->best_rate)
        history->best_rate = rate;
}

void kb_register_history(const struct kb_lines *lines, const char *plan, const char *medium,
                         struct kb_medium_history *ret_history)
{
    struct kb_medium_history history = {
        .since = KB_ABSENT, .last = KB_ABSENT, .verified = KB_ABSENT, .last_rate = KB_ABSENT, .best_rate = KB_ABSENT};
    for (size_t i = 0; i < lines->n; i++) {
        const struct kb_line *line = &lines->v[i];
        if (!is_of(line, plan))
            continue;
        if (is_kind(line, KB_LINE_MEDIUM_SEEN) && is_same(line->medium, medium))
            see(&history, !is_same(line->presence, "left"), line->time);
        if (is_kind(line, KB_LINE_MEDIUM_SWAPPED) && is_same(line->medium, medium)) {
            see(&history, false, line->time);
            history.left = line;
        }
        for (size_t k = 0; k < line->reads.n; k++)
            if (is_same(line->reads.v[k].medium, medium))
                count_read(&history, line, &line->reads.v[k]);
    }
    *ret_history = history;
}

int64_t kb_register_verified(const struct kb_lines *lines, const char *plan, const char *medium, const char *set,
                             const char *file)
{
    for (size_t i = lines->n; i-- > 0;) {
        const struct kb_line *line = &lines->v[i];
        for (size_t k = 0; is_of(line, plan) && k < line->reads.n; k++) {
            const struct kb_line_read *read = &line->reads.v[k];
            bool part = read->status == KB_UNIT_PARTIAL; /* nothing bad, not all of it: what was said before stands */
            if (!part && is_same(read->medium, medium) && is_same(read->set, set) && is_same(read->file, file))
                return is_good(read) ? line->time : KB_ABSENT; /* the last word on it */
        }
    }
    return KB_ABSENT;
}

bool kb_register_approved(const struct kb_lines *lines, const struct kb_plan *plan)
{
    const struct kb_approved *approved = plan->plan.approval ? plan->plan.approval->approved : NULL;
    for (size_t i = 0; approved && i < lines->n; i++) {
        const struct kb_line *line = &lines->v[i];
        if (is_kind(line, KB_LINE_APPROVAL) && is_same(line->plan, plan->plan.id) && is_same(line->by, approved->by) &&
            is_same(line->role, approved->role) && line->material_sha256 &&
            !strcasecmp(line->material_sha256, approved->material_sha256))
            return true;
    }
    return false;
}
