/* SPDX-License-Identifier: Apache-2.0 */
/* What libyaml could not read, said so that an office worker can mend it; usual slips are looked for first. */
#include "node.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"

/* Problem as libyaml 0.2 words it; whether the place to show is where the thing began; what to say. */
static const struct {
    const char *problem;
    bool at_context;
    struct kb_text says;
} sentences[] = {
    {"found character that cannot start any token",
     false,
     {"この文字で値を始めることはできません。値を引用符 \" \" で囲んでください",
      "a value cannot begin with this character; put the value in quotes \"…\""}},
    {"could not find expected ':'",
     true,
     {"この行に「キー: 値」のコロン（:）がないか、字下げがずれています",
      "this line lacks the colon of `key: value`, or its indentation is off"}},
    {"mapping values are not allowed in this context",
     false,
     {"ここにコロン（:）は置けません。前の行の書き方か字下げを確認し、値に「: 」を含むなら引用符 \" \" "
      "で囲んでください",
      "no colon can stand here; see whether the line before is complete and the indentation right, and quote a value "
      "that holds `: `"}},
    {"found unexpected ':'",
     false,
     {"値に「:」を含む場合は引用符 \" \" で囲んでください", "put a value that holds `:` in quotes \"…\""}},
    {"mapping keys are not allowed in this context",
     false,
     {"ここにキーは置けません。字下げを確認してください",
      "no key can stand here; see whether the indentation is right"}},
    {"block sequence entries are not allowed in this context",
     false,
     {"ここに「- 」の項目は置けません。改行して字下げしてください",
      "no `- ` item can stand here; begin it on a line of its own"}},
    {"found a tab character that violates indentation",
     false,
     {"字下げにタブは使えません。半角スペースを使ってください", "tabs cannot indent; use spaces"}},
    {"found a tab character where an indentation space is expected",
     false,
     {"字下げにタブは使えません。半角スペースを使ってください", "tabs cannot indent; use spaces"}},
    {"found unexpected end of stream",
     true,
     {"ここで始まる引用符が閉じられていません", "the quote that begins here never ends"}},
    {"found unexpected document indicator",
     true,
     {"ここで始まる引用符が閉じられていません", "the quote that begins here never ends"}},
    {"found unknown escape character",
     false,
     {"二重引用符の中の \\ は \\\\ と書くか、単一引用符 ' ' を使ってください",
      "inside \"…\" write \\ as \\\\, or use '…'"}},
    {"did not find expected hexdecimal number",
     false,
     {"二重引用符の中の \\ は \\\\ と書くか、単一引用符 ' ' を使ってください",
      "inside \"…\" write \\ as \\\\, or use '…'"}},
    {"found incompatible YAML document",
     false,
     {"%YAML の行は不要です。削除してください", "the %YAML line is not needed; delete it"}},
    {"did not find expected alphabetic or numeric character",
     false,
     {"* や & で始まる値は引用符 \" \" で囲んでください", "put a value that begins with * or & in quotes \"…\""}},
    {"did not find expected key",
     false,
     {"この行の字下げが、前のどのブロックとも合っていません", "the indentation of this line fits no block above it"}},
    {"did not find expected '-' indicator",
     false,
     {"この行の字下げが、リストの他の項目（- ）と合っていません",
      "the indentation of this line does not fit the items (`- `) of the list above"}},
    {"did not find expected ',' or '}'",
     false,
     {"ここに「,」か閉じ括弧「}」が必要です", "a `,` or the closing `}` is missing here"}},
    {"did not find expected ',' or ']'",
     false,
     {"ここに「,」か閉じ括弧「]」が必要です", "a `,` or the closing `]` is missing here"}},
    {"did not find expected node content", false, {"ここに値がありません", "a value is missing here"}},
    {"did not find expected <document start>",
     false,
     {"この行は計画の続きとして読めません。字下げを確認してください",
      "this line cannot be read as part of the plan; see whether the indentation is right"}},
    {"did not find expected comment or line break",
     false,
     {"> や | で始まる値は引用符 \" \" で囲んでください", "put a value that begins with > or | in quotes \"…\""}},
};

static const char wide_colon[] = "：", wide_space[] = "　";

static bool begins(const char *text, size_t n, const char *what)
{
    return n >= strlen(what) && !memcmp(text, what, strlen(what));
}

/* Keys and ids are ASCII; a colon after Japanese is part of a sentence. */
static bool is_key_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* The slip at text[i]; in_key: no `: ` has been seen since this entry began. */
static enum kb_slip slip_at(const char *text, size_t n, size_t i, bool in_key, bool blank_before)
{
    if (begins(text + i, n - i, wide_space) && (blank_before || (i && text[i - 1] == ':')))
        return KB_SLIP_WIDE_SPACE;
    if (!in_key || !i || !is_key_letter(text[i - 1]))
        return KB_SLIP_NONE;
    if (begins(text + i, n - i, wide_colon))
        return KB_SLIP_WIDE_COLON;
    bool tight = text[i] == ':' && i + 1 < n && !strchr(" \t/", text[i + 1]);
    return tight && !begins(text + i + 1, n - i - 1, wide_space) ? KB_SLIP_TIGHT_COLON : KB_SLIP_NONE;
}

enum kb_slip kb_slip_find(const char *text, size_t n, int *ret_column)
{
    bool in_key = true, blank = true; /* blank: only spaces and dashes since the entry began */
    char quote = '\0';
    int column = 0, depth = 0; /* depth: of { and [, where a comma begins the next entry */
    for (size_t i = 0; i < n; i++) {
        if (((unsigned char)text[i] & 0xc0) == 0x80)
            continue;
        column++;
        if (quote) {
            quote = text[i] == quote ? '\0' : quote;
            continue;
        }
        if (text[i] == '#' && (!i || text[i - 1] == ' '))
            return KB_SLIP_NONE;
        enum kb_slip slip = slip_at(text, n, i, in_key, blank);
        if (slip) {
            *ret_column = column - 1;
            return slip;
        }
        if ((text[i] == '"' || text[i] == '\'') && (!i || strchr(" [{,", text[i - 1])))
            quote = text[i];
        else if (text[i] == ':' && (i + 1 == n || text[i + 1] == ' '))
            in_key = false;
        depth += strchr("{[", text[i]) ? 1 : strchr("}]", text[i]) ? -1 : 0;
        if (strchr("{[", text[i]) || (text[i] == ',' && depth > 0))
            in_key = blank = true;
        blank = blank && strchr(" -{[,", text[i]);
    }
    return KB_SLIP_NONE;
}

void kb_slip_complain(enum kb_slip slip, struct kb_at at, struct kb_complaints *c)
{
    static const struct kb_text says[] = {
        [KB_SLIP_WIDE_COLON] = {"全角のコロン「：」です。半角のコロンと半角スペース「: 」にしてください",
                                "this is a full-width colon `：`; write a plain `: ` (colon and space)"},
        [KB_SLIP_WIDE_SPACE] = {"全角の空白（U+3000）です。半角スペースにしてください",
                                "this is a full-width space (U+3000); use plain spaces"},
        [KB_SLIP_TIGHT_COLON] = {"コロンの後に半角スペースを入れてください（キー: 値）",
                                 "put a space after the colon: `key: value`"},
    };
    if (!c->slips_only)
        kb_complaints_only(c);
    c->slips_only = true;
    if (c->n < KB_DIAG_MAX)
        kb_complaints_add(c, at, says[slip]);
    else
        c->n_more++;
}

/* Three lines are enough: libyaml notices a missing colon one entry later. */
static bool explain_slip(const char *source, size_t n, const struct kb_yaml_fault *fault, struct kb_complaints *c)
{
    int first = fault->at.line > 3 ? fault->at.line - 2 : 1;
    for (int line = first; line <= fault->at.line; line++) {
        size_t length = 0;
        const char *text = kb_source_line(source, n, line, &length);
        int column = 0;
        enum kb_slip slip = text ? kb_slip_find(text, length, &column) : KB_SLIP_NONE;
        if (slip) {
            kb_slip_complain(slip, (struct kb_at){line, column + 1}, c);
            return true;
        }
    }
    return false;
}

static bool explain_tab(const char *source, size_t n, const struct kb_yaml_fault *fault, struct kb_complaints *c)
{
    size_t length = 0;
    const char *text = kb_source_line(source, n, fault->at.line, &length);
    if (!text)
        return false;
    size_t spaces = 0;
    while (spaces < length && text[spaces] == ' ')
        spaces++;
    if (spaces == length || text[spaces] != '\t')
        return false;
    KB_COMPLAIN(c, ((struct kb_at){fault->at.line, (int)spaces + 1}), "tabs cannot indent; use spaces",
                "字下げにタブは使えません。半角スペースを使ってください");
    return true;
}

void kb_syntax_explain(const char *source, size_t n, const struct kb_yaml_fault *fault, struct kb_complaints *c)
{
    if (explain_tab(source, n, fault, c) || explain_slip(source, n, fault, c))
        return;
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        if (strcmp(sentences[i].problem, fault->problem))
            continue;
        const struct kb_text *says = &sentences[i].says;
        if (!sentences[i].at_context && fault->context.line < fault->at.line)
            KB_COMPLAIN(c, fault->at, "%s%.0s (in what begins on line %d)", "%.0s%s（%d 行目から始まる部分の中）",
                        says->en, says->ja, fault->context.line);
        else
            kb_complaints_add(c, sentences[i].at_context ? fault->context : fault->at, *says);
        return;
    }
    KB_COMPLAIN(c, fault->at, "this cannot be read as YAML: %s", "YAML として読めません: %s", fault->problem);
}
