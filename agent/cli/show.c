/* SPDX-License-Identifier: Apache-2.0 */
/* Faults, findings and JSON on the terminal. */
#include <string.h>

#include "cli.h"
#include "koboshi/arena.h"

void kb_show_err(FILE *out, const struct kb_err *err, enum kb_lang lang)
{
    KB_SCOPED_ARENA arena = kb_arena_new(); /* paths and values stand in it as people gave them */
    (void)fputs("koboshi: ", out);
    for (size_t i = err->n_frames; i-- > 0;)
        (void)fprintf(out, "%s%s", kb_printable(arena, lang == KB_JA ? err->frame[i].ja : err->frame[i].en),
                      i ? ": " : "\n");
}

void kb_show_json(const char *verb, int exit_status, json_t *body)
{
    KB_SCOPED_JSON whole = json_pack("{s:i, s:s*, s:i}", "koboshi", 1, "verb", verb, "exit", exit_status);
    (void)json_object_update(whole, body);
    json_decref(body);
    KB_SCOPED_ARENA arena = kb_arena_new();
    size_t n = 0;
    (void)puts(kb_json_dump(arena, whole, JSON_INDENT(2), &n));
}

static const char *paint(const struct kb_cli *cli, const char *code)
{
    return cli->color ? code : "";
}

const char *kb_show_mark(const struct kb_cli *cli, int status)
{
    static const struct {
        const char *color, *word;
    } marks[] = {
        [KB_UNIT_GOOD] = {"\033[32m", "OK"},    [KB_UNIT_CONDITIONAL] = {"\033[33m", "OK*"},
        [KB_UNIT_FAILED] = {"\033[31m", "NG"},  [KB_UNIT_NOT_RUN] = {"\033[33m", "–"},
        [KB_UNIT_CANCELED] = {"\033[33m", "–"}, [KB_UNIT_PARTIAL] = {"\033[33m", "…"},
    };
    return kb_sprintf(cli->arena, "%s%s%s", paint(cli, marks[status].color), marks[status].word, paint(cli, "\033[0m"));
}

void kb_show_wrapped(FILE *out, size_t columns, size_t used, const char *rest, const char *text)
{
    enum { LEAST = 12 }; /* columns of text, however narrow it is */
    if (!columns) {
        (void)fprintf(out, "%s\n", text);
        return;
    }
    for (const char *begin = text; *text || text == begin; used = kb_width(rest)) {
        size_t n;
        const char *line = kb_next_line(&text, columns > used + LEAST ? columns - used : LEAST, &n);
        (void)fprintf(out, "%s%.*s\n", line == begin ? "" : rest, (int)n, line);
        if (!*text)
            break;
    }
}

void kb_show_parts(FILE *out, size_t columns, size_t used, const char *rest, const char *const *parts, size_t n)
{
    static const char gap[] = "  ";
    bool first = true; /* of its line */
    for (size_t i = 0; i < n; i++) {
        size_t width = kb_width(parts[i]), margin = kb_width(rest);
        if (!first && columns && used + sizeof gap - 1 + width > columns) {
            (void)fprintf(out, "\n%s", rest);
            used = margin;
            first = true;
        }
        (void)fputs(first ? "" : gap, out);
        used += first ? 0 : sizeof gap - 1;
        first = false;
        if (columns && used + width > columns) { /* too long for a line of its own */
            kb_show_wrapped(out, columns, used, rest, parts[i]);
            if (i + 1 == n)
                return;
            (void)fputs(rest, out);
            used = margin;
            first = true;
        } else {
            (void)fputs(parts[i], out);
            used += width;
        }
    }
    (void)fputc('\n', out);
}

static void show_line(const struct kb_cli *cli, const char *en, const char *ja, const char *value)
{
    if (!value || !*value)
        return;
    const char *label = cli->lang == KB_JA ? ja : en;
    (void)printf("    │ %s: ", label);
    kb_show_wrapped(stdout, cli->columns, kb_width(label) + 8, "    │   ", value);
}

json_t *kb_findings_json(const struct kb_finding *findings, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, kb_shape_write(&kb_finding_shape, &findings[i]));
    return list;
}

static const char *brief(const struct kb_cli *cli, struct kb_text text)
{
    return kb_brief(cli->arena, kb_pick(text, cli->lang), KB_BRIEF_COLUMNS);
}

void kb_show_finding(const struct kb_cli *cli, const struct kb_finding *finding)
{
    static const char *const colors[] = {[KB_NOTE] = "", [KB_WARN] = "\033[33m", [KB_BAD] = "\033[31m"};
    static const char *const marks[] = {[KB_NOTE] = "·", [KB_WARN] = "!", [KB_BAD] = "✗"};
    (void)printf("  %s%s ", paint(cli, colors[finding->severity]), marks[finding->severity]);
    kb_show_wrapped(stdout, cli->columns, 4, "    ", kb_pick(finding->title, cli->lang));
    (void)fputs(paint(cli, "\033[0m"), stdout);
    show_line(cli, "where", "場所", finding->entry ? finding->entry : finding->file);
    show_line(cli, "expected", "期待", brief(cli, finding->expected));
    show_line(cli, "found", "結果", brief(cli, finding->found));
    show_line(cli, "next", "次", kb_pick(finding->next, cli->lang));
}
