/* SPDX-License-Identifier: Apache-2.0 */
/* The threat × copy matrix, for people and for programs. */
#include "matrix.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/ledger.h"

static bool read_log(struct kb_cli *cli, const struct kb_plan *plan, struct kb_media_log *ret_log)
{
    struct kb_lines lines = {0};
    struct kb_err err = {0};
    if (!kb_ledger_exists(cli->ledger))
        return false;
    if (kb_ledger_lines(cli->ledger, cli->arena, &lines, &err)) {
        kb_show_err(stderr, &err, cli->lang); /* the plan can be judged without it */
        return false;
    }
    *ret_log = kb_media_log_of(plan, &lines, cli->arena);
    return true;
}

static void add_rows(struct kb_cli *cli, struct kb_matrix *matrix, const struct kb_presence *presence,
                     const struct kb_system *system, const struct kb_set *set)
{
    const struct kb_plan *plan = matrix->plan;
    for (size_t copy = 0; copy < set->copies.n; copy++) {
        struct kb_survival *cells = kb_alloc(cli->arena, plan->threats.n, sizeof *cells);
        for (size_t i = 0; i < plan->threats.n; i++) {
            const struct kb_survival_input input = {
                .presence = presence, .threat = &plan->threats.v[i], .system = system, .set = set, .at = presence->now};
            cells[i] = kb_survival_of(&input, copy, cli->arena);
        }
        matrix->rows.v = kb_grow(cli->arena, matrix->rows.v, matrix->rows.n, sizeof *matrix->rows.v);
        matrix->rows.v[matrix->rows.n++] = (struct kb_matrix_row){system, set, copy, cells};
    }
}

static bool has_set(const struct kb_system *system, const char *set)
{
    for (size_t i = 0; i < system->backup_sets.n; i++)
        if (!strcmp(system->backup_sets.v[i], set))
            return true;
    return false;
}

struct kb_matrix kb_matrix_of(struct kb_cli *cli, const struct kb_plan *plan)
{
    struct kb_media_log log;
    struct kb_matrix matrix = {.plan = plan, .log = read_log(cli, plan, &log)};
    const struct kb_presence presence = {.plan = plan, .log = matrix.log ? &log : NULL, .now = kb_wall_s()};
    for (size_t i = 0; i < plan->backup_sets.n; i++) {
        const struct kb_set *set = &plan->backup_sets.v[i];
        size_t before = matrix.rows.n;
        for (size_t k = 0; k < plan->systems.n; k++)
            if (has_set(&plan->systems.v[k], set->id))
                add_rows(cli, &matrix, &presence, &plan->systems.v[k], set);
        if (matrix.rows.n == before)
            add_rows(cli, &matrix, &presence, NULL, set);
    }
    return matrix;
}

/* One word of two columns each, so that the table stays straight in every font. */
static const char *mark_of(const struct kb_survival *survival)
{
    return survival->assumed ? "△" : survival->survives ? "○" : "×";
}

static const char *row_name(const struct kb_cli *cli, const struct kb_matrix *matrix, const struct kb_matrix_row *row)
{
    const char *title = kb_pick(row->set->title, cli->lang);
    const struct kb_medium *medium = kb_plan_medium(matrix->plan, row->set->copies.v[row->copy].medium);
    bool shared = false;
    for (size_t i = 0; i < matrix->rows.n; i++)
        shared |= matrix->rows.v[i].set == row->set && matrix->rows.v[i].system != row->system;
    return kb_sprintf(cli->arena, "%s%s%s%s  %zu %s", *title ? title : row->set->id, shared ? " (" : "",
                      shared ? row->system->id : "", shared ? ")" : "", row->copy + 1,
                      medium->label ? medium->label : medium->id);
}

static void pad(const char *text, size_t width)
{
    size_t is = kb_width(text);
    (void)printf("%s%*s", text, (int)(is < width ? width - is : 0), "");
}

static void table(const struct kb_cli *cli, const struct kb_matrix *matrix)
{
    const struct kb_plan *plan = matrix->plan;
    size_t widest = 0;
    for (size_t i = 0; i < matrix->rows.n; i++) {
        size_t width = kb_width(row_name(cli, matrix, &matrix->rows.v[i]));
        widest = width > widest ? width : widest;
    }
    (void)printf("  %*s", (int)widest, "");
    for (size_t i = 0; i < plan->threats.n; i++)
        (void)printf("  %s", plan->threats.v[i].id);
    (void)fputc('\n', stdout);
    for (size_t i = 0; i < matrix->rows.n; i++) {
        (void)fputs("  ", stdout);
        pad(row_name(cli, matrix, &matrix->rows.v[i]), widest);
        for (size_t k = 0; k < plan->threats.n; k++) {
            (void)fputs("  ", stdout);
            bool last = k + 1 == plan->threats.n;
            pad(mark_of(&matrix->rows.v[i].cells[k]), last ? 0 : strlen(plan->threats.v[k].id));
        }
        (void)fputc('\n', stdout);
    }
}

/* Two disks of one rotation that only an assumption takes: they are not attached together, unless it goes on for longer
 * than a turn. */
static bool one_is_away(const struct kb_matrix *matrix, size_t from, size_t to, size_t threat)
{
    enum { TURN_S = 7 * 86400 };
    const struct kb_rotation *first = NULL;
    const char *medium = NULL;
    if (matrix->plan->threats.v[threat].detect >= TURN_S)
        return false;
    for (size_t i = from; i < to; i++) {
        const struct kb_survival *cell = &matrix->rows.v[i].cells[threat];
        const struct kb_rotation *rotation = kb_plan_rotation_of(matrix->plan, cell->medium);
        if (cell->survives || !cell->assumed || !rotation)
            continue;
        if (rotation == first && strcmp(medium, cell->medium) != 0)
            return true;
        first = rotation;
        medium = cell->medium;
    }
    return false;
}

/* A set that no copy brings back: surely, or perhaps. The first reason stands for all. */
struct lost {
    const char *title, *why;
    bool assumed;
};

static bool is_lost(const struct kb_cli *cli, const struct kb_matrix *matrix, size_t from, size_t to, size_t k,
                    struct lost *ret_lost)
{
    const struct kb_matrix_row *first = &matrix->rows.v[from];
    const char *title = kb_pick(first->set->title, cli->lang);
    bool assumed = false;
    for (size_t i = from; i < to; i++) {
        assumed |= matrix->rows.v[i].cells[k].assumed;
        if (matrix->rows.v[i].cells[k].survives)
            return false;
    }
    if (assumed && one_is_away(matrix, from, to, k))
        return false;
    *ret_lost = (struct lost){*title ? title : first->set->id, kb_pick(first->cells[k].why, cli->lang), assumed};
    return true;
}

/* Sets that are lost for one reason in one line. */
static void tell_lost(const struct kb_cli *cli, const struct kb_threat *threat, const struct lost *lost, size_t n)
{
    const char *name = kb_pick(threat->title, cli->lang);
    name = *name && strcmp(name, threat->id) != 0
               ? kb_sprintf(cli->arena, cli->lang == KB_JA ? "%s（%s）" : "%s (%s)", name, threat->id)
               : threat->id;
    for (size_t i = 0; i < n; i++) {
        const char *titles = "";
        bool told = false;
        for (size_t k = 0; k < n; k++) {
            if (lost[k].assumed != lost[i].assumed || strcmp(lost[k].why, lost[i].why) != 0)
                continue;
            told |= k < i;
            titles = kb_sprintf(cli->arena, "%s%s%s", titles, *titles ? (cli->lang == KB_JA ? "、" : ", ") : "",
                                kb_printable(cli->arena, lost[k].title));
        }
        if (told)
            continue;
        if (lost[i].assumed)
            kb_print(stdout, cli->lang, "  △ %s: perhaps no copy of %s is left, if %s\n",
                     "  △ %s: %s の控えが残らないおそれがあります（例: %s）\n", name, titles, lost[i].why);
        else
            kb_print(stdout, cli->lang, "  × %s: no copy of %s is left, since %s\n",
                     "  × %s: %s の控えが残りません（例: %s）\n", name, titles, lost[i].why);
    }
}

/* What stays hidden in a table: sets that no copy brings back. */
static bool without_survivor(const struct kb_cli *cli, const struct kb_matrix *matrix)
{
    struct lost *lost = kb_alloc(cli->arena, matrix->rows.n + 1, sizeof *lost);
    bool any = false;
    for (size_t k = 0; k < matrix->plan->threats.n; k++) {
        size_t n = 0;
        for (size_t i = 0, to; i < matrix->rows.n; i = to) {
            const struct kb_matrix_row *first = &matrix->rows.v[i];
            for (to = i; to < matrix->rows.n && matrix->rows.v[to].set == first->set &&
                         matrix->rows.v[to].system == first->system;)
                to++;
            n += is_lost(cli, matrix, i, to, k, &lost[n]);
        }
        tell_lost(cli, &matrix->plan->threats.v[k], lost, n);
        any |= n > 0;
    }
    return any;
}

void kb_matrix_show(const struct kb_cli *cli, const struct kb_matrix *matrix)
{
    kb_print(stdout, cli->lang, "What each threat would leave, if it struck now:\n",
             "今起きた場合に残る控え（脅威別）:\n");
    table(cli, matrix);
    kb_print(stdout, cli->lang, "  ○ survives  × lost  △ assumed: %s\n", "  ○ 残る  × 失われる  △ 仮定による（%s）\n",
             matrix->log ? kb_pick((struct kb_text){"計画か接続の記録に足りないところがあります",
                                                    "the plan or the log of media leaves something open"},
                                   cli->lang)
                         : kb_pick((struct kb_text){"接続の記録がまだないため、どのディスクも接続中の可能性があります",
                                                    "there is no log of media yet; any disk may be the one attached"},
                                   cli->lang));
    if (without_survivor(cli, matrix))
        kb_print(
            stdout, cli->lang,
            "  Next: add a copy that such a threat does not reach (a disk kept elsewhere: `offsite`), and have the "
            "ledger know\n  which disk is attached: `koboshi media watch`, `koboshi swap`.\n",
            "  次: 失われない控えを加えてください（社外で保管する媒体には offsite "
            "を書きます）。どのディスクが接続中かは\n"
            "  koboshi media watch と koboshi swap が台帳に記録します。\n");
}

json_t *kb_matrix_json(const struct kb_matrix *matrix)
{
    json_t *list = json_array();
    for (size_t i = 0; i < matrix->rows.n; i++)
        for (size_t k = 0; k < matrix->plan->threats.n; k++) {
            const struct kb_matrix_row *row = &matrix->rows.v[i];
            json_t *cell = json_pack("{s:s*, s:s, s:s}", "system", row->system ? row->system->id : NULL, "set",
                                     row->set->id, "threat", matrix->plan->threats.v[k].id);
            json_t *rest = kb_shape_write(&kb_survival_shape, &row->cells[k]);
            (void)json_object_update(cell, rest);
            json_decref(rest);
            (void)json_array_append_new(list, cell);
        }
    return list;
}
